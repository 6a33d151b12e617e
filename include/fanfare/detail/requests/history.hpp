// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REQUESTS_HISTORY_HPP
#define FANFARE_DETAIL_REQUESTS_HISTORY_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/requests/client_request.hpp>
#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/history.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace fanfare::detail {

/// Bytes of messages in one answer over HTTP.
inline constexpr std::size_t max_history_answer = 1024 * 1024;

/// Reads `{since?, limit?, order?}`. What is wrong with it in words; empty if nothing is.
std::string read_history_request(const json::object& from, history_request& out);

/// The answer, as JSON text: `{room, epoch, offset, oldest, more, messages}`, with as many messages as `most` bytes hold.
std::string history_answer(std::string_view room, const history_part& part, std::size_t most);

/// Why a read failed, for people.
std::string history_problem(std::string_view room, const error_code& why);

/// One `history` request of a client.
struct history_operation {
    static void start(session& s, const incoming& message);

private:
    static void answer(client_request& request, const std::string& room, error_code ec, const history_part& part);
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/requests/history.ipp>
#endif

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REQUESTS_INBOX_HPP
#define FANFARE_DETAIL_REQUESTS_INBOX_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/session/session.hpp>
#include <fanfare/detail/wire/envelope.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace fanfare::detail {

/// One `inbox`, `mark` or `ack` request of a client.
struct inbox_operation {
    static void start(session& s, const incoming& message);

private:
    static void list(session& s, const incoming& message, const json::object& fields);
    static void mark(session& s, const incoming& message, const json::object& fields);
    static void acknowledge(session& s, const incoming& message, const json::object& fields);
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/requests/inbox.ipp>
#endif

#endif

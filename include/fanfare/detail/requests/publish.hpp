// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REQUESTS_PUBLISH_HPP
#define FANFARE_DETAIL_REQUESTS_PUBLISH_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/requests/client_request.hpp>
#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/message.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string>
#include <string_view>

namespace fanfare::detail {

/// What a client publishes.
struct client_message {
    std::string room;
    std::string type;
    std::string payload; ///< As it is written in the client's message.
    std::string key;     ///< Its idempotency key; empty: none.
    std::string trace;   ///< Empty: none.
};

/// One `publish` request of a client: a room, `{type, payload?, idempotency_key?}`, and beside them `trace`.
struct publish_operation {
    static void start(session& s, const incoming& message);

private:
    static void publish(const client_request_ptr& request, const client_message& what);
    static void answer(client_request& request, const std::string& room, const receipt& done);
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/requests/publish.ipp>
#endif

#endif

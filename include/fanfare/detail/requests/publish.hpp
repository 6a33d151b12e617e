// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REQUESTS_PUBLISH_HPP
#define FANFARE_DETAIL_REQUESTS_PUBLISH_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/session/session.hpp>
#include <fanfare/message.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string>
#include <string_view>

namespace fanfare::detail {

/// One `publish` request of a client.
struct publish_operation {
    /// `body` is `{type, payload?, idempotency_key?}`, checked.
    static void start(session& s, std::string_view room, const json::object& body, const json::value* request_id);

private:
    static void answer(session& s, const std::string& room, const json::value& id, const receipt& done);
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/requests/publish.ipp>
#endif

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_API_REVOKE_IPP
#define FANFARE_DETAIL_HTTP_API_REVOKE_IPP

#include <fanfare/detail/base/clock_math.hpp>
#include <fanfare/detail/base/json_fields.hpp>
#include <fanfare/detail/http_api/revoke.hpp>
#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/revocation.hpp>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace fanfare::detail {

// A NumericDate (RFC 7519 section 2): seconds since 1970, with or without a fraction, that a clock holds.
inline std::optional<std::chrono::system_clock::time_point> seconds_since_1970(const json::value& value)
{
    using namespace std::chrono;
    error_code ec;
    const auto seconds = value.to_number<double>(ec);
    if (ec || !(seconds >= 0 && seconds <= 253'402'300'799.0)) // to the end of the year 9999
        return std::nullopt;
    return time_of<system_clock::time_point>(milliseconds{static_cast<std::int64_t>(std::ceil(seconds * 1000))});
}

// A text that may be left out, but not be empty. False: that is answered.
inline bool read_api_text(const api_call& c, const json::object& body, std::string_view name, std::string& out)
{
    if (!body.contains(name))
        return true;
    auto text = c.text(body, name);
    if (text)
        out = std::move(*text);
    return text.has_value();
}

// What the body asks for. If that cannot be, it is answered.
inline std::optional<revocation> wanted_revocation(const api_call& c, const json::object& body)
{
    revocation what;
    if (!read_api_text(c, body, "user_id", what.user_id) || !read_api_text(c, body, "token_id", what.token_id) ||
        !read_api_text(c, body, "reason", what.reason))
        return std::nullopt;
    for (const auto& field : body)
        if (const auto name = field.key(); name != "user_id" && name != "token_id" && name != "reason" &&
                                           name != "issued_before" &&
                                           name != "expires_in") // a misspelt one would widen it
            return c.fail(400, error::invalid_message, "no such field: " + std::string{name}), std::nullopt;
    if (const auto* before = body.if_contains("issued_before")) {
        what.issued_before = seconds_since_1970(*before);
        if (!what.issued_before)
            return c.fail(400, error::invalid_message, "issued_before must be a number of seconds since 1970"),
                   std::nullopt;
    }
    if (body.contains("expires_in")) {
        const auto wanted = int_field(body, "expires_in");
        if (!wanted || *wanted < 1 || *wanted > 366 * 24 * 60 * 60)
            return c.fail(400, error::invalid_message,
                          "expires_in must be a whole number of seconds, from 1 to 31622400"),
                   std::nullopt;
        what.until = wall_now() + std::chrono::seconds{*wanted};
    }
    return what;
}

FANFARE_DECL void post_revoke(const api_call& c)
{
    const auto body = c.body(c.hub.options().max_json_depth);
    auto what = body ? wanted_revocation(c, *body) : std::nullopt;
    if (!what)
        return;
    std::string why;
    if (const auto wrong = c.hub.revocations.settle(*what, why))
        return c.fail(status_of(own_error(wrong)), own_error(wrong), why);
    c.hub.revocations.revoke(*what, [reply = api_reply{c}](error_code ec, const revoke_result& done) {
        if (ec)
            return reply.fail(ec);
        reply.answer(200, {{"connections", done.connections}, {"nodes", done.nodes}});
    });
}

} // namespace fanfare::detail

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_API_CALL_IPP
#define FANFARE_DETAIL_HTTP_API_CALL_IPP

#include <fanfare/detail/http/cors.hpp>
#include <fanfare/detail/http/message.hpp>
#include <fanfare/detail/http_api/call.hpp>
#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/detail/inbox/inbox_json.hpp>
#include <fanfare/detail/wire/envelope.hpp>

#include <boost/beast/http/field.hpp>

#include <charconv>
#include <cstdint>
#include <utility>

namespace fanfare::detail {

FANFARE_DECL int status_of(error code) noexcept
{
    switch (code) {
    case error::queue_full:
    case error::shutting_down:
    case error::too_many_tickets:
    case error::bus_unavailable:
    case error::delivery_unknown:
    case error::redis_failed:
    case error::store_failed:
    case error::store_full: return 503;
    case error::handler_failed: return 500;
    case error::timed_out: return 504;
    case error::message_too_large: return 413;
    case error::too_many_requests: return 429;
    case error::unknown_room:
    case error::not_found:
    case error::no_inbox: return 404;
    case error::forbidden: return 403;
    default: return 400;
    }
}

FANFARE_DECL void api_reply::answer(int status, const json::value& body) const
{
    std::string text;
    append_json(text, body);
    answer_text(status, std::move(text));
}

FANFARE_DECL void api_reply::answer_text(int status, std::string body) const
{
    http_response out{static_cast<http::status>(status), version};
    out.set(http::field::content_type, "application/json");
    out.set(http::field::cache_control, "no-store");
    out.body() = std::move(body);
    send(std::move(out));
}

FANFARE_DECL void api_reply::fail(int status, error code, std::string_view message) const
{
    send(error_response(status, code, message, version));
}

FANFARE_DECL void api_reply::fail(error code) const
{
    fail(status_of(code), code, make_error_code(code).message());
}

FANFARE_DECL void api_reply::fail(error_code code) const
{
    const auto own = own_error(code);
    fail(status_of(own), own, code.message());
}

FANFARE_DECL void api_reply::fail_inbox(error_code code) const
{
    const auto own = own_error(code);
    fail(status_of(own), own, inbox_error_text(code));
}

FANFARE_DECL void api_reply::fail_condition() const
{
    fail(412, error::invalid_message, "nothing here has the tag that If-Match names");
}

FANFARE_DECL void api_reply::send(http_response out) const
{
    const bool replaced = out.result_int() / 100 == 2 && instead_of_success != 0;
    if (replaced && instead_of_success == 412)
        return fail_condition();
    if (replaced)
        out.result(http::status::not_modified); // with the other fields of the 200 (RFC 9110 section 15.4.5)
    out.keep_alive(keep_alive);
    depends_on_origin(out);
    allow_origin(out, page);
    set_date(out);
    settle_payload(out);
    if (head)
        out.body().clear();
    done(std::move(out));
}

FANFARE_DECL void api_call::read_in_turn(read_kind kind, std::function<void(const read_turn&)> start) const
{
    const auto then = [reply = api_reply{*this}, start = std::move(start)](error_code ec, const read_turn& turn) {
        if (ec)
            return reply.fail(ec);
        start(turn);
    };
    hub.shards.read_in_turn(hub.shards.first(), kind, wanted, then);
}

FANFARE_DECL std::optional<json::object> api_call::body(std::size_t max_depth) const
{
    std::string why;
    auto value = parse_json(request.body(), max_depth, {}, why);
    if (!why.empty())
        return fail(400, error::invalid_json, "the body: " + why), std::nullopt;
    if (!value.is_object())
        return fail(400, error::invalid_message, "the body must be a JSON object"), std::nullopt;
    return std::move(value.get_object());
}

FANFARE_DECL std::optional<std::string> api_call::text(const json::object& in, std::string_view name) const
{
    const auto* v = in.if_contains(name);
    if (v && v->is_string() && !v->get_string().empty())
        return std::string{std::string_view{v->get_string()}};
    return fail(400, error::invalid_message, std::string{name} + " must be a string that is not empty"),
           std::nullopt;
}

FANFARE_DECL std::optional<std::string> api_call::maybe_key(const json::object& in, std::string_view name,
                                                            std::size_t max_size) const
{
    const auto* v = in.if_contains(name);
    if (!v || (v->is_string() && is_key(v->get_string(), max_size)))
        return v ? std::string{std::string_view{v->get_string()}} : std::string{};
    return fail(400, error::invalid_message,
                std::string{name} + " must be a string of 1 to " + std::to_string(max_size) +
                    " bytes, of characters that names may have"),
           std::nullopt;
}

FANFARE_DECL json::value number_or_text(const std::string& value)
{
    std::uint64_t number = 0;
    const auto read = std::from_chars(value.data(), value.data() + value.size(), number);
    if (read.ec == std::errc{} && read.ptr == value.data() + value.size())
        return number;
    return json::value(value);
}

} // namespace fanfare::detail

#endif

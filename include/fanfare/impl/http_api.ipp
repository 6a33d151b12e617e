// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_IMPL_HTTP_API_IPP
#define FANFARE_IMPL_HTTP_API_IPP

#include <fanfare/auth/origin.hpp>
#include <fanfare/detail/envelope.hpp>
#include <fanfare/http_api.hpp>

#include <boost/beast/http/field.hpp>
#include <boost/beast/http/verb.hpp>
#include <boost/json/serialize.hpp>

#include <optional>
#include <utility>
#include <vector>

namespace fanfare {

namespace detail {

inline std::string_view path_of(std::string_view target) noexcept
{
    return target.substr(0, target.find('?'));
}

// Takes the same time wherever two keys differ.
inline bool same_secret(std::string_view a, std::string_view b) noexcept
{
    if (a.size() != b.size())
        return false;
    unsigned different = 0;
    for (std::size_t i = 0; i != a.size(); ++i)
        different |= static_cast<unsigned>(static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]));
    return different == 0;
}

template <class Body>
handshake_request describe(const boost::beast::http::request<Body>& request, const asio::ip::address& caller)
{
    handshake_request::header_list headers;
    for (const auto& field : request)
        headers.emplace_back(std::string{field.name_string()}, std::string{field.value()});
    return {std::string{request.method_string()}, std::string{request.target()}, std::move(headers),
            caller.to_string()};
}

inline int status_of(error code) noexcept
{
    switch (code) {
    case error::queue_full:
    case error::shutting_down:
    case error::too_many_tickets: return 503;
    case error::message_too_large: return 413;
    case error::unknown_room: return 404;
    default: return 400;
    }
}

} // namespace detail

struct http_api::call {
    const request_type& request;
    const asio::ip::address& caller;
    handshake_request view;
    done_type done;

    void answer(int status, const json::value& body) const
    {
        response_type out{static_cast<boost::beast::http::status>(status), request.version()};
        out.set(boost::beast::http::field::content_type, "application/json");
        out.set(boost::beast::http::field::cache_control, "no-store");
        out.body() = json::serialize(body);
        send(std::move(out));
    }
    void fail(int status, error code, std::string_view message) const
    {
        send(detail::error_response(status, code, message, request.version()));
    }
    void fail(error code) const { fail(detail::status_of(code), code, make_error_code(code).message()); }
    void send(response_type out) const
    {
        out.keep_alive(request.keep_alive());
        out.prepare_payload();
        done(std::move(out));
    }
    // The JSON object in the body; answers an error if there is none.
    std::optional<json::object> body(std::size_t max_depth) const
    {
        std::string why;
        auto value = detail::parse_json(request.body(), max_depth, {}, why);
        if (!why.empty())
            return fail(400, error::invalid_json, "the body: " + why), std::nullopt;
        if (!value.is_object())
            return fail(400, error::invalid_message, "the body must be a JSON object"), std::nullopt;
        return std::move(value.get_object());
    }
    // A string field, not empty; answers an error if there is none.
    std::optional<std::string> text(const json::object& in, std::string_view name) const
    {
        const auto* v = in.if_contains(name);
        if (v && v->is_string() && !v->get_string().empty())
            return std::string{std::string_view{v->get_string()}};
        return fail(400, error::invalid_message, std::string{name} + " must be a string that is not empty"),
               std::nullopt;
    }
};

FANFARE_DECL http_api::http_api(std::shared_ptr<detail::hub_core> hub, http_api_options options)
    : hub_{std::move(hub)}, options_{std::move(options)}
{
}

FANFARE_DECL bool http_api::handles(std::string_view target) noexcept
{
    const auto path = detail::path_of(target);
    return path.starts_with("/api/v1/") || path == "/healthz" || path == "/readyz";
}

FANFARE_DECL void http_api::async_handle(const request_type& request, const asio::ip::address& caller,
                                         done_type done) const
{
    using verb = boost::beast::http::verb;
    const call c{request, caller, detail::describe(request, caller), std::move(done)};
    struct route {
        std::string_view path;
        verb method;
        void (http_api::*handler)(const call&) const;
    };
    static constexpr route routes[] = {{"/api/v1/publish", verb::post, &http_api::publish},
                                       {"/api/v1/notify", verb::post, &http_api::notify},
                                       {"/api/v1/tickets", verb::post, &http_api::issue_ticket},
                                       {"/api/v1/ws/stats", verb::get, &http_api::stats}};
    const auto path = c.view.path();
    if (path == "/healthz" || path == "/readyz") {
        const bool ready = path == "/healthz" || !hub_->stopping();
        return c.answer(ready ? 200 : 503, {{"status", ready ? "ok" : "draining"}});
    }
    for (const auto& r : routes) {
        if (r.path != path)
            continue;
        if (request.method() != r.method)
            return c.fail(405, error::invalid_message, "this path wants another method");
        if (r.method == verb::post && !may_write(c))
            return;
        return (this->*r.handler)(c);
    }
    if (path == "/api/v1/ws")
        return c.fail(426, error::invalid_message, "this path wants a WebSocket upgrade");
    c.fail(404, error::invalid_message, "no such path");
}

FANFARE_DECL bool http_api::may_write(const call& c) const
{
    if (!options_.admin_key.empty()) {
        if (detail::same_secret(c.view.bearer_token(), options_.admin_key))
            return true;
        c.fail(401, error::unauthorized, "this needs Authorization: Bearer with the admin key");
        return false;
    }
    // A page from elsewhere that a browser on this machine shows must not write either.
    const bool local = c.caller.is_loopback() || (c.caller.is_v6() && c.caller.to_v6().is_v4_mapped() &&
                                                  asio::ip::make_address_v4(asio::ip::v4_mapped, c.caller.to_v6())
                                                      .is_loopback());
    if (options_.allow_loopback_writes && local && origin_allow_list{}.allows(c.view))
        return true;
    c.fail(403, error::forbidden, "no admin key is configured");
    return false;
}

FANFARE_DECL void http_api::publish(const call& c) const
{
    const auto body = c.body(hub_->options().max_json_depth);
    if (!body)
        return;
    const auto room = c.text(*body, "room");
    const auto type = room ? c.text(*body, "type") : std::nullopt;
    if (!type)
        return;
    const auto* payload = body->if_contains("payload");
    const auto* key = body->if_contains("key");
    publish_options options;
    if (key && key->is_string())
        options.key = key->get_string();
    const auto done = hub_->publish(*room, nullptr, *type, payload ? *payload : json::value{}, options);
    if (!done)
        return c.fail(static_cast<error>(done.error.value()));
    c.answer(200, {{"room", *room},
                   {"local_receivers", done.local_receivers},
                   {"dispatched_to_cluster", done.dispatched_to_cluster}});
}

FANFARE_DECL void http_api::notify(const call& c) const
{
    const auto body = c.body(hub_->options().max_json_depth);
    if (!body)
        return;
    const auto user = c.text(*body, "user_id");
    const auto title = user ? c.text(*body, "title") : std::nullopt;
    const auto message = title ? c.text(*body, "message") : std::nullopt;
    if (!message)
        return;
    const auto* data = body->if_contains("data");
    const json::value payload{
        {"user_id", *user}, {"title", *title}, {"message", *message}, {"data", data ? *data : json::value{}}};
    const auto done = hub_->publish("user:" + *user, nullptr, "notification", payload, {});
    if (done.error == error::invalid_room)
        return c.fail(error::invalid_user);
    if (!done)
        return c.fail(static_cast<error>(done.error.value()));
    const auto* status = done.local_receivers != 0       ? "delivered_locally"
                         : done.dispatched_to_cluster ? "dispatched_to_cluster"
                                                      : "no_receiver";
    c.answer(200, {{"user_id", *user},
                   {"status", status},
                   {"local_receivers", done.local_receivers},
                   {"dispatched_to_cluster", done.dispatched_to_cluster}});
}

FANFARE_DECL void http_api::issue_ticket(const call& c) const
{
    if (!options_.issue_ticket)
        return c.fail(404, error::ticket_invalid, "this server issues no tickets");
    const auto body = c.body(hub_->options().max_json_depth);
    if (!body)
        return;
    identity who;
    const auto user = c.text(*body, "user_id");
    if (!user)
        return;
    error_code ec;
    if (!hub_->rules_for("user:" + *user, ec))
        return c.fail(error::invalid_user);
    who.user_id = *user;
    if (const auto* claims = body->if_contains("claims"); claims && claims->is_object())
        who.claims = claims->get_object();
    if (const auto* rooms = body->if_contains("rooms")) {
        const auto* list = rooms->if_array();
        if (!list || list->size() > hub_->options().max_rooms)
            return c.fail(400, error::invalid_message, "rooms must be an array of room names");
        for (const auto& room : *list) {
            if (!room.is_string() || !hub_->rules_for(room.get_string(), ec))
                return c.fail(400, error::invalid_room, "rooms must be an array of room names");
            who.rooms.emplace_back(std::string_view{room.get_string()});
        }
    }
    auto lifetime = options_.ticket_lifetime;
    if (const auto* wanted = body->if_contains("expires_in")) {
        if (!wanted->is_int64())
            return c.fail(400, error::invalid_message, "expires_in must be a number of seconds");
        lifetime = std::chrono::seconds{wanted->get_int64()};
    }
    const auto* origin = body->if_contains("origin");
    // The request is gone when a store answers later: the answer needs nothing of it but these.
    options_.issue_ticket(
        std::move(who), lifetime, origin && origin->is_string() ? std::string{std::string_view{origin->get_string()}} : "",
        [done = c.done, version = c.request.version(), keep = c.request.keep_alive(), lifetime](error_code failed,
                                                                                              std::string ticket) {
            response_type out;
            if (failed) {
                const auto code = failed.category() == error_category() ? static_cast<error>(failed.value())
                                                                        : error::handler_failed;
                out = detail::error_response(detail::status_of(code), code, failed.message(), version);
            } else {
                out = response_type{boost::beast::http::status::ok, version};
                out.set(boost::beast::http::field::content_type, "application/json");
                out.set(boost::beast::http::field::cache_control, "no-store");
                out.body() = json::serialize(json::value{{"ticket", ticket}, {"expires_in", lifetime.count()}});
            }
            out.keep_alive(keep);
            out.prepare_payload();
            done(std::move(out));
        });
}

FANFARE_DECL void http_api::stats(const call& c) const
{
    const auto s = hub_->stats();
    c.answer(200, {{"connections", s.connections},
                   {"rooms", s.rooms},
                   {"users", s.users},
                   {"accepted", s.accepted},
                   {"closed", s.closed},
                   {"refused", s.refused},
                   {"published", s.published},
                   {"publish_refused", s.publish_refused},
                   {"delivered", s.delivered},
                   {"writes", s.writes},
                   {"short_writes", s.short_writes},
                   {"dropped", s.dropped},
                   {"conflated", s.conflated},
                   {"slow_closed", s.slow_closed},
                   {"write_timeouts", s.write_timeouts},
                   {"idle_timeouts", s.idle_timeouts},
                   {"received", s.received},
                   {"bad_messages", s.bad_messages},
                   {"rate_limited", s.rate_limited},
                   {"protocol_errors", s.protocol_errors},
                   {"handler_failures", s.handler_failures}});
}

} // namespace fanfare

#endif

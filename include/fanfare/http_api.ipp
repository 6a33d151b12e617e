// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_HTTP_API_IPP
#define FANFARE_HTTP_API_IPP

#include <fanfare/auth/origin.hpp>
#include <fanfare/detail/base/random.hpp>
#include <fanfare/detail/requests/history.hpp>
#include <fanfare/detail/requests/inbox.hpp>
#include <fanfare/detail/requests/presence.hpp>
#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/http_api.hpp>

#include <boost/beast/http/field.hpp>
#include <boost/beast/http/verb.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>

#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace fanfare {

namespace detail {

inline std::string_view path_of(std::string_view target) noexcept
{
    return target.substr(0, target.find('?'));
}

inline int status_of(error code) noexcept
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
    case error::unknown_room:
    case error::not_found:
    case error::no_inbox: return 404;
    case error::forbidden: return 403;
    default: return 400;
    }
}

} // namespace detail

// What an answer needs of its request, which may be gone by then.
struct http_api::reply {
    unsigned version;
    bool keep_alive;
    done_type done;

    void answer(int status, const json::value& body) const { answer_text(status, json::serialize(body)); }
    void answer_text(int status, std::string body) const
    {
        response_type out{static_cast<boost::beast::http::status>(status), version};
        out.set(boost::beast::http::field::content_type, "application/json");
        out.set(boost::beast::http::field::cache_control, "no-store");
        out.body() = std::move(body);
        send(std::move(out));
    }
    void fail(int status, error code, std::string_view message) const
    {
        send(detail::error_response(status, code, message, version));
    }
    void fail(error code) const { fail(detail::status_of(code), code, make_error_code(code).message()); }
    void fail(error_code code) const
    {
        const auto own = detail::own_error(code);
        fail(detail::status_of(own), own, code.message());
    }
    // Of an inbox.
    void fail_inbox(error_code code) const
    {
        const auto own = detail::own_error(code);
        fail(detail::status_of(own), own, detail::inbox_error_text(code));
    }
    void send(response_type out) const
    {
        out.keep_alive(keep_alive);
        out.prepare_payload();
        done(std::move(out));
    }
};

struct http_api::call : reply {
    const request_type& request;
    const asio::ip::address& caller;
    handshake_request view;

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
    // A string field that may be missing: empty then. Answers an error if it is no string.
    std::optional<std::string> maybe_text(const json::object& in, std::string_view name) const
    {
        const auto* v = in.if_contains(name);
        if (!v || v->is_string())
            return v ? std::string{std::string_view{v->get_string()}} : std::string{};
        return fail(400, error::invalid_message, std::string{name} + " must be a string"), std::nullopt;
    }
};

FANFARE_DECL http_api::http_api(std::shared_ptr<detail::hub_core> hub, http_api_options options)
    : hub_{std::move(hub)}, options_{std::move(options)}
{}

FANFARE_DECL bool http_api::handles(std::string_view target) noexcept
{
    const auto path = detail::path_of(target);
    return path.starts_with("/api/v1/") || path == "/healthz" || path == "/readyz";
}

FANFARE_DECL void http_api::async_handle(const request_type& request, const asio::ip::address& caller,
                                         done_type done) const
{
    using verb = boost::beast::http::verb;
    const call c{{request.version(), request.keep_alive(), std::move(done)},
                 request,
                 caller,
                 detail::describe(request, caller)};
    struct route {
        std::string_view path;
        verb method;
        void (http_api::*handler)(const call&) const;
        bool guarded;
    };
    static constexpr route routes[] = {{"/api/v1/publish", verb::post, &http_api::publish, true},
                                       {"/api/v1/notify", verb::post, &http_api::notify, true},
                                       {"/api/v1/inbox", verb::get, &http_api::inbox, true},
                                       {"/api/v1/inbox/mark", verb::post, &http_api::inbox_mark, true},
                                       {"/api/v1/tickets", verb::post, &http_api::issue_ticket, true},
                                       {"/api/v1/ws/stats", verb::get, &http_api::stats, false},
                                       {"/api/v1/cluster", verb::get, &http_api::cluster, true},
                                       {"/api/v1/presence", verb::get, &http_api::presence, true},
                                       {"/api/v1/history", verb::get, &http_api::history, true},
                                       {"/api/v1/sse", verb::post, &http_api::speak, false}};
    const auto path = c.view.path();
    if (path == "/healthz" || path == "/readyz") {
        const auto bus = hub_->watch.status();
        if (path == "/readyz" && (hub_->life.stopping() || !bus.up))
            return c.answer(503, {{"status", bus.up ? "draining" : "bus_down"}, {"problem", bus.problem}});
        return c.answer(200, {{"status", "ok"}});
    }
    for (const auto& r : routes) {
        if (r.path != path)
            continue;
        if (request.method() != r.method)
            return c.fail(405, error::invalid_message, "this path wants another method");
        if (r.guarded && !may_write(c))
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
    const bool local =
        c.caller.is_loopback() || (c.caller.is_v6() && c.caller.to_v6().is_v4_mapped() &&
                                   asio::ip::make_address_v4(asio::ip::v4_mapped, c.caller.to_v6()).is_loopback());
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
    const auto key = c.maybe_text(*body, "key");
    const auto once = key ? c.maybe_text(*body, "idempotency_key") : std::nullopt;
    if (!once)
        return;
    const publish_options options{.key = *key, .idempotency_key = *once};
    const auto told = [to = reply{c}, room = *room](const receipt& done) {
        if (!done)
            return to.fail(done.error);
        to.answer(200, detail::receipt_fields({{"room", room}}, done));
    };
    if (const auto taken =
            hub_->messages.publish(*room, nullptr, *type, payload ? *payload : json::value{}, options, told);
        !taken)
        told(taken);
}

// What became of a notification. What is stored is answered as such, even where nobody could be told of it now.
inline json::object notified(const std::string& user, const receipt& done)
{
    const auto* status = done.local_receivers != 0 && !done.error    ? "delivered_locally"
                         : done.dispatched_to_cluster && !done.error ? "dispatched_to_cluster"
                         : done.stored                               ? "stored"
                                                                     : "no_receiver";
    auto fields = detail::receipt_fields({{"user_id", user}, {"status", status}}, done);
    if (!done.id.empty())
        fields["id"] = done.id;
    if (done.duplicate)
        fields["duplicate"] = true;
    if (done.error)
        fields["problem"] = to_string(detail::own_error(done.error));
    return fields;
}

FANFARE_DECL void http_api::notify(const call& c) const
{
    const auto body = c.body(hub_->options().max_json_depth);
    if (!body)
        return;
    const auto user = c.text(*body, "user_id");
    auto title = user ? c.text(*body, "title") : std::nullopt;
    auto message = title ? c.text(*body, "message") : std::nullopt;
    if (!message)
        return;
    const auto* data = body->if_contains("data");
    const auto* key = body->if_contains("idempotency_key");
    if (key && (!key->is_string() || key->get_string().size() > 128))
        return c.fail(400, error::invalid_message, "idempotency_key must be a string of at most 128 bytes");
    hub_->inbox.notify(*user,
                       {.title = std::move(*title),
                        .message = std::move(*message),
                        .data = data ? *data : json::value{},
                        .idempotency_key = key ? std::string{std::string_view{key->get_string()}} : std::string{}},
                       [to = reply{c}, user = *user](const receipt& done) {
                           if (!done && !done.stored)
                               return to.fail_inbox(done.error);
                           to.answer(200, notified(user, done));
                       });
}

// A number of the query; as text, if it is none, to be told as what it should be.
inline json::value number_or_text(const std::string& value)
{
    std::uint64_t number = 0;
    const auto read = std::from_chars(value.data(), value.data() + value.size(), number);
    if (read.ec == std::errc{} && read.ptr == value.data() + value.size())
        return number;
    return json::value(value);
}

FANFARE_DECL void http_api::history(const call& c) const
{
    const auto room = c.view.query("room");
    if (!room || room->empty())
        return c.fail(400, error::invalid_message, "this needs ?room=NAME");
    json::object fields;
    const auto epoch = c.view.query("epoch");
    const auto offset = c.view.query("offset");
    if (epoch || offset)
        fields["since"] = {{"epoch", epoch.value_or("")}, {"offset", number_or_text(offset.value_or(""))}};
    if (const auto limit = c.view.query("limit"))
        fields["limit"] = number_or_text(*limit);
    if (const auto order = c.view.query("order"))
        fields["order"] = *order;
    history_request what;
    if (const auto wrong = detail::read_history_request(fields, what); !wrong.empty())
        return c.fail(400, error::invalid_message, wrong);
    hub_->history.read_page(*room, what, [to = reply{c}, room = *room](error_code ec, const history_part& part) {
        if (!ec)
            return to.answer_text(200, detail::history_answer(room, part, detail::max_history_answer));
        const auto own = detail::own_error(ec);
        to.fail(detail::status_of(own), own, detail::history_problem(room, ec));
    });
}

FANFARE_DECL void http_api::inbox(const call& c) const
{
    const auto user = c.view.query("user_id");
    if (!user || user->empty())
        return c.fail(400, error::invalid_message, "this needs ?user_id=ID");
    json::object fields;
    for (const auto* name : {"cursor", "filter"})
        if (const auto value = c.view.query(name))
            fields[name] = *value;
    if (const auto limit = c.view.query("limit"))
        fields["limit"] = number_or_text(*limit);
    std::string why;
    const auto query = detail::read_inbox_query(fields, why);
    if (!why.empty())
        return c.fail(400, error::invalid_message, why);
    hub_->inbox.list(*user, query, [to = reply{c}](error_code ec, const inbox_page& page) {
        if (ec)
            return to.fail_inbox(ec);
        to.answer(200, detail::inbox_page_fields(page));
    });
}

FANFARE_DECL void http_api::inbox_mark(const call& c) const
{
    const auto body = c.body(hub_->options().max_json_depth);
    const auto user = body ? c.text(*body, "user_id") : std::nullopt;
    if (!user)
        return;
    std::string why;
    const auto mark = detail::read_inbox_mark(*body, why);
    if (!why.empty())
        return c.fail(400, error::invalid_message, why);
    hub_->inbox.mark(
        *user, mark, 0,
        [to = reply{c}, action = mark.action, all = mark.all](error_code ec, const inbox_marked& answer) {
            if (ec)
                return to.fail_inbox(ec);
            const fanfare::inbox_mark how{.action = action, .all = all};
            to.answer(200, detail::inbox_marked_fields(how, answer));
        });
}

// Whom a ticket is for; answers an error if that is not said well.
FANFARE_DECL std::optional<identity> http_api::ticket_holder(const call& c, const json::object& body) const
{
    const auto user = c.text(body, "user_id");
    if (!user)
        return std::nullopt;
    error_code ec;
    if (!hub_->rules.rules_for("user:" + *user, ec))
        return c.fail(error::invalid_user), std::nullopt;
    identity who;
    who.user_id = *user;
    if (const auto* claims = body.if_contains("claims")) {
        if (!claims->is_object())
            return c.fail(400, error::invalid_message, "claims must be an object"), std::nullopt;
        who.claims = claims->get_object();
    }
    const auto* rooms = body.if_contains("rooms");
    if (!rooms)
        return who;
    const auto* list = rooms->if_array();
    if (!list || list->size() > hub_->options().max_rooms)
        return c.fail(400, error::invalid_message, "rooms must be an array of room names"), std::nullopt;
    for (const auto& room : *list) {
        if (!room.is_string() || !hub_->rules.rules_for(room.get_string(), ec))
            return c.fail(400, error::invalid_room, "rooms must be an array of room names"), std::nullopt;
        who.rooms.emplace_back(std::string_view{room.get_string()});
    }
    return who;
}

FANFARE_DECL void http_api::issue_ticket(const call& c) const
{
    if (!options_.issue_ticket)
        return c.fail(404, error::ticket_invalid, "this server issues no tickets");
    const auto body = c.body(hub_->options().max_json_depth);
    if (!body)
        return;
    auto who = ticket_holder(c, *body);
    if (!who)
        return;
    auto lifetime = options_.ticket_lifetime;
    if (const auto* wanted = body->if_contains("expires_in")) {
        if (!wanted->is_int64())
            return c.fail(400, error::invalid_message, "expires_in must be a number of seconds");
        lifetime = std::chrono::seconds{wanted->get_int64()};
    }
    // An empty one would bind the ticket to no page at all.
    const bool bound = body->if_contains("origin") != nullptr;
    auto origin = bound ? c.text(*body, "origin") : std::string{};
    if (!origin)
        return;
    // The request is gone when a store answers later: the answer needs nothing of it but these.
    options_.issue_ticket(std::move(*who), lifetime, std::move(*origin),
                          [to = reply{c}, lifetime](error_code failed, std::string ticket) {
                              if (failed)
                                  return to.fail(failed);
                              to.answer(200, {{"ticket", ticket}, {"expires_in", lifetime.count()}});
                          });
}

// What the client of a stream of events has to say.
FANFARE_DECL void http_api::speak(const call& c) const
{
    const auto body = c.body(hub_->options().max_json_depth + 1);
    const auto session = body ? c.text(*body, "session") : std::nullopt;
    if (!session)
        return;
    const auto* message = body->if_contains("message");
    if (!message || !message->is_object())
        return c.fail(400, error::invalid_message, "message must be an envelope");
    std::string text;
    detail::append_json(text, *message);
    if (text.size() > hub_->options().max_message_size)
        return c.fail(error::message_too_large);
    // A session that is gone destroys `taken` without having set it.
    const auto taken = std::shared_ptr<bool>{
        new bool{false}, [to = reply{c}](const bool* yes) {
            *yes ? to.send(response_type{boost::beast::http::status::accepted, to.version})
                 : to.fail(404, error::not_found, "no such session on this server: connect again");
            delete yes;
        }};
    const auto number =
        session->size() > 32 ? hub_->node.number_of(std::string_view{*session}.substr(0, 32)) : std::nullopt;
    if (number)
        hub_->sessions.with_session(*number, [taken, secret = session->substr(32), text](detail::session& s) {
            *taken = s.open() && s.is_secret(secret);
            if (*taken)
                s.on_message(text);
        });
}

FANFARE_DECL void http_api::stats(const call& c) const
{
    c.answer(200, json::value_from(hub_->stats()));
}

FANFARE_DECL void http_api::presence(const call& c) const
{
    const auto room = c.view.query("room");
    if (!room || room->empty())
        return c.fail(400, error::invalid_message, "this needs ?room=NAME");
    detail::read_presence(hub_->rules, hub_->presence, *room, detail::presence_max_limit,
                          [to = reply{c}, room = *room](error_code ec, const presence_list& who) {
                              if (ec)
                                  return to.fail(ec);
                              to.answer(200, detail::presence_answer(room, who));
                          });
}

FANFARE_DECL void http_api::cluster(const call& c) const
{
    hub_->others.stats(std::chrono::seconds{2}, [to = reply{c}](error_code ec, const cluster_stats& all) {
        if (ec)
            return to.fail(ec);
        json::array nodes;
        for (const auto& one : all.nodes)
            nodes.push_back({{"id", one.id},
                             {"responded", one.responded},
                             {"heard_ago_ms", one.heard_ago.count()},
                             {"stats", json::value_from(one.stats)}});
        to.answer(200, {{"nodes", std::move(nodes)},
                        {"connections", all.connections},
                        {"rooms", all.rooms},
                        {"users", all.users}});
    });
}

} // namespace fanfare

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_GATEKEEPER_IPP
#define FANFARE_DETAIL_HTTP_GATEKEEPER_IPP

#include <fanfare/detail/base/clock_math.hpp>
#include <fanfare/detail/http/cors.hpp>
#include <fanfare/detail/http/gatekeeper.hpp>
#include <fanfare/detail/http/upgrade.hpp>
#include <fanfare/detail/http/wait_for_answer.hpp>
#include <fanfare/handshake.hpp>
#include <fanfare/http_api.hpp>
#include <fanfare/sse.hpp>

#include <boost/beast/http/verb.hpp>

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace fanfare::detail {

inline std::string_view path_in(const request_head& head) noexcept
{
    return path_of({head.target().data(), head.target().size()});
}

[[noreturn]] inline void refuse_path(std::string_view what, std::string_view path, const char* why)
{
    throw std::invalid_argument{"fanfare: " + std::string{what} + ", \"" + std::string{path} + "\", " + why};
}

// What holds for any path that stands in options.
inline void check_path(std::string_view what, std::string_view path)
{
    if (!path.starts_with('/'))
        refuse_path(what, path, "must begin with /");
    if (path.find('?') != std::string_view::npos)
        refuse_path(what, path, "must not have a query");
    if (path.find('#') != std::string_view::npos)
        refuse_path(what, path, "must not have a fragment");
    if (std::any_of(path.begin(), path.end(), [](unsigned char c) { return c <= 0x20 || c == 0x7f; }))
        refuse_path(what, path, "must not have white space or control characters");
}

FANFARE_DECL void check_websocket_path(std::string_view path)
{
    constexpr std::string_view what = "the path of the WebSocket";
    check_path(what, path);
    if (path != "/api/v1/ws" && http_api::has(path))
        refuse_path(what, path, "is one of the HTTP API's own");
}

FANFARE_DECL void check_path_prefix(std::string_view prefix)
{
    constexpr std::string_view what = "the prefix of paths";
    if (prefix.empty())
        return;
    check_path(what, prefix);
    if (prefix.ends_with('/'))
        refuse_path(what, prefix, "must not end with /");
}

FANFARE_DECL gatekeeper::gatekeeper(std::shared_ptr<hub_core> hub, endpoint_options options)
    : hub_{std::move(hub)}, options_{std::move(options)}
{
    check_websocket_path(options_.path);
    options_.timeout = bounded_time(options_.timeout);
}

FANFARE_DECL bool gatekeeper::is_for_events(const request_head& head) const
{
    if (!options_.events || head.target().starts_with('/'))
        return options_.events && path_in(head) == event_path;
    auto settled = head;
    settle_target(settled);
    return path_in(settled) == event_path;
}

FANFARE_DECL bool gatekeeper::handles(const request_head& head) const
{
    if (head.target().starts_with('/'))
        return purpose_of(head) != request_purpose::other;
    auto settled = head;
    settle_target(settled);
    return purpose_of(settled) != request_purpose::other;
}

FANFARE_DECL request_purpose gatekeeper::purpose_of(const request_head& head) const
{
    if (path_in(head) == options_.path && asks_for_websocket(head))
        return request_purpose::websocket;
    if (!is_for_events(head))
        return request_purpose::other;
    switch (head.method()) {
    case http::verb::get:
    case http::verb::head: return request_purpose::event_stream;
    case http::verb::options: return request_purpose::preflight;
    default: return request_purpose::other;
    }
}

FANFARE_DECL std::string_view gatekeeper::route_of(const request_head& head) const
{
    const auto path = path_in(head);
    return route_label(path == options_.path ? "/api/v1/ws" : path);
}

FANFARE_DECL std::string gatekeeper::page_of(const handshake_request& view) const
{
    return permitted_origin(view, options_.origins);
}

FANFARE_DECL std::optional<http_response> gatekeeper::answer_at_once(const arrival& client,
                                                                     request_purpose purpose) const
{
    const auto version = client.head.version();
    if (client.fault)
        return error_response(client.fault->status, error::invalid_message, client.fault->message, version);
    switch (purpose) {
    case request_purpose::websocket: return handshake_fault(client.head);
    case request_purpose::preflight: return preflight_response(version, event_methods, page_of(*client.view));
    case request_purpose::event_stream: return std::nullopt;
    case request_purpose::other: break;
    }
    if (path_in(client.head) == options_.path)
        return upgrade_required("this path wants a WebSocket upgrade", version);
    return error_response(404, error::invalid_message, "no such path", version);
}

FANFARE_DECL std::optional<refusal> gatekeeper::refuse_by_lists(const handshake_request& view) const
{
    if (auto refused = options_.hosts.check(view))
        return refused;
    return options_.origins.check(view);
}

// Before the authenticator: a proxy asks the next server with the same ticket, and a flood must not reach a store.
FANFARE_DECL std::optional<http_response> gatekeeper::refuse_by_hub(const asio::ip::address& from,
                                                                    unsigned version, error& why) const
{
    if (hub_->life.closing())
        return hub_refusal_response(why = error::shutting_down, version);
    if (const auto wait = hub_->admitted.arrive(from))
        return hub_refusal_response(why = error::too_many_connections, version, wait);
    return std::nullopt;
}

FANFARE_DECL asio::awaitable<decision> gatekeeper::examine(const arrival& client, shard* home) const
{
    decision out;
    out.purpose = purpose_of(client.head);
    out.answer = answer_at_once(client, out.purpose);
    if (out.answer) {
        if (out.purpose != request_purpose::preflight)
            hub_->admitted.count_refusal(error::invalid_message);
        co_return out;
    }
    const bool events = out.purpose == request_purpose::event_stream;
    const bool head = client.head.method() == http::verb::head; // safe (RFC 9110 section 9.2.1): uses no ticket up
    if (events)
        out.origin = page_of(*client.view);
    auto why = error::invalid_message;
    auto refused = refuse_by_lists(*client.view);
    if (refused)
        out.answer.emplace(refusal_response(*refused, client.head.version()));
    else if (!head)
        out.answer = refuse_by_hub(client.address, client.head.version(), why);
    if (!out.answer && !head) {
        auto result = co_await authenticate(client.view, home);
        if (result) {
            out.subprotocol = chosen_subprotocol(*client.view, result);
            out.who = std::move(result.who());
        } else {
            refused.emplace(std::move(result.why()));
            out.answer.emplace(refusal_response(*refused, client.head.version()));
        }
    }
    if (!out.answer && events)
        out.answer = answer_without_stream(client);
    if (out.answer) {
        allow_origin(*out.answer, out.origin);
        if (refused || !head)
            hub_->admitted.count_refusal(refused ? refused->code : why);
    }
    co_return out;
}

FANFARE_DECL asio::awaitable<auth_result> gatekeeper::authenticate(std::shared_ptr<const handshake_request> view,
                                                                   shard* home) const
{
    if (!options_.authenticate)
        co_return auth_result{identity{}};
    std::function<void(auth_done)> start = [this, view](auth_done done) {
        options_.authenticate(view, std::move(done));
    };
    auto answer = co_await wait_for_answer<auth_result>(options_.timeout, std::move(start));
    if (!answer)
        co_return auth_result{make_refusal(error::timed_out, 503)};
    if (!*answer && answer->why().cause)
        report(home, answer->why().cause);
    co_return std::move(*answer);
}

FANFARE_DECL std::optional<http_response> gatekeeper::answer_without_stream(const arrival& client) const
{
    const auto version = client.head.version();
    event_stream_request wanted;
    if (const auto problem = event_stream_problem(*hub_, *client.view, wanted); !problem.empty())
        return error_response(400, error::invalid_message, problem, version);
    if (client.head.method() != http::verb::head)
        return std::nullopt;
    return event_stream_head({}, version);
}

FANFARE_DECL arrival arrival_at(request_head head, const std::optional<asio::ip::address>& peer,
                                const trusted_proxies& proxies, bool has_tls, std::shared_ptr<const tls_peer> tls,
                                std::string early)
{
    auto fault = head_fault(head, has_tls);
    settle_target(head);
    const auto client = peer ? proxies.client_of(*peer, head) : std::optional{client_address{}};
    if (!client && !fault)
        fault.emplace(contradictory_proxies());
    const auto address = client ? client->address : *peer;
    auto view = std::make_shared<const handshake_request>(describe_request(head, address, std::move(tls)));
    return {std::move(head), std::move(view), address, std::move(early), std::move(fault)};
}

// What `on_exception` throws itself is contained by the hub.
FANFARE_DECL void gatekeeper::report(shard* home, const std::exception_ptr& cause) const
{
    if (home)
        return hub_->handlers.failed(*home, cause);
    hub_->shards.first().post([hub = hub_, cause](shard& s) { hub->handlers.failed(s, cause); });
}

} // namespace fanfare::detail

#endif

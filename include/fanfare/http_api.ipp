// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_HTTP_API_IPP
#define FANFARE_HTTP_API_IPP

#include <fanfare/auth/origin.hpp>
#include <fanfare/detail/base/first_call.hpp>
#include <fanfare/detail/base/random.hpp>
#include <fanfare/detail/http/cors.hpp>
#include <fanfare/detail/http/message.hpp>
#include <fanfare/detail/http/request_rules.hpp>
#include <fanfare/detail/http_api/call.hpp>
#include <fanfare/detail/http_api/events.hpp>
#include <fanfare/detail/http_api/inbox.hpp>
#include <fanfare/detail/http_api/messages.hpp>
#include <fanfare/detail/http_api/metrics.hpp>
#include <fanfare/detail/http_api/revoke.hpp>
#include <fanfare/detail/http_api/rooms.hpp>
#include <fanfare/detail/http_api/status.hpp>
#include <fanfare/detail/http_api/tickets.hpp>
#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/detail/net/endpoint_address.hpp>
#include <fanfare/handshake.hpp>
#include <fanfare/http_api.hpp>

#include <boost/beast/http/verb.hpp>

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>

namespace fanfare {

namespace detail {

struct api_route {
    std::string_view path;
    http::verb method;
    void (*handler)(const api_call&);
    bool guarded; // by the admin key
};

inline void get_upgrade(const api_call& c);

inline constexpr api_route api_routes[] = {{"/api/v1/publish", http::verb::post, &post_publish, true},
                                           {"/api/v1/notify", http::verb::post, &post_notify, true},
                                           {"/api/v1/inbox", http::verb::get, &get_inbox, true},
                                           {"/api/v1/inbox/mark", http::verb::post, &post_inbox_mark, true},
                                           {"/api/v1/tickets", http::verb::post, &post_ticket, true},
                                           {"/api/v1/revoke", http::verb::post, &post_revoke, true},
                                           {"/api/v1/ws/stats", http::verb::get, &get_stats, false},
                                           {"/api/v1/cluster", http::verb::get, &get_cluster, true},
                                           {"/api/v1/presence", http::verb::get, &get_presence, true},
                                           {"/api/v1/history", http::verb::get, &get_history, true},
                                           {event_path, http::verb::post, &post_event_message, false},
                                           {"/api/v1/ws", http::verb::get, &get_upgrade, false},
                                           {"/healthz", http::verb::get, &get_health, false},
                                           {"/readyz", http::verb::get, &get_health, false}};

// Whether the caller may use the guarded part of the API. If not, that is answered.
inline bool authorize_caller(const api_call& c)
{
    if (!c.options.admin_key.empty()) {
        if (same_secret(c.view.bearer_token(), c.options.admin_key))
            return true;
        c.fail(401, error::unauthorized, "this needs Authorization: Bearer with the admin key");
        return false;
    }
    // A browser on this machine may show a page of another origin: that one must not write.
    const bool open =
        c.options.allow_loopback_writes && unmapped(c.caller).is_loopback() && origin_allow_list{}.allows(c.view);
    if (open && c.options.hosts.allows(c.view))
        return true;
    c.fail(403, error::forbidden,
           open ? "no admin key is configured, and Host is not a name of this machine"
                : "no admin key is configured");
    return false;
}

// What is answered to a request that is to be carried out only under a condition which does not hold (RFC 9110 section
// 13.1); 0 if it holds. Nothing here has a tag or a date, so only `*` can match, and only what is read is there.
inline int failed_condition(const api_call& c, bool reads)
{
    if (!c.view.header_values("If-Match").empty() && (!reads || c.view.header("If-Match") != "*"))
        return 412;
    return reads && c.view.header("If-None-Match") == "*" ? 304 : 0;
}

// Whether the method is one of the route's. If not, that is answered.
inline bool has_method(const api_call& c, http::verb wanted)
{
    const auto method = c.request.method();
    if (method == wanted || (method == http::verb::head && wanted == http::verb::get))
        return true;
    const auto allowed = wanted == http::verb::get ? read_methods : write_methods;
    if (method == http::verb::options)
        c.send(preflight_response(c.version, allowed, c.page));
    else if (method == http::verb::unknown) // RFC 9110 section 9.1
        c.fail(501, error::invalid_message, "a method that is not known here");
    else
        c.send(wrong_method_response(allowed, c.version));
    return false;
}

inline void carry_out(api_call& c, const api_route& r)
{
    if (!has_method(c, r.method) || (r.guarded && !authorize_caller(c)))
        return;
    const bool reads = r.method == http::verb::get;
    c.instead_of_success = failed_condition(c, reads);
    if (c.instead_of_success != 0 && !reads)
        return c.fail_condition(); // before anything is done
    try {
        r.handler(c);
    } catch (const unreadable_parameter& e) { // before anything was answered
        c.fail(400, error::invalid_message, e.what());
    }
}

inline void get_upgrade(const api_call& c)
{
    c.send(upgrade_required("this path wants a WebSocket upgrade", c.version));
}

inline void route(api_call c)
{
    const auto path = c.view.path();
    for (const auto& r : api_routes)
        if (r.path == path)
            return carry_out(c, r);
    if (path == metrics_path && c.options.metrics != metrics_access::off)
        return carry_out(
            c, {metrics_path, http::verb::get, &get_metrics, c.options.metrics == metrics_access::admin});
    c.fail(404, error::invalid_message, "no such path");
}

} // namespace detail

FANFARE_DECL http_api::http_api(std::shared_ptr<detail::hub_core> hub, http_api_options options)
    : hub_{std::move(hub)}, options_{std::make_shared<const http_api_options>(std::move(options))}
{}

FANFARE_DECL std::string_view detail::route_label(std::string_view path) noexcept
{
    for (const auto& r : api_routes)
        if (r.path == path)
            return r.path;
    return path == metrics_path ? metrics_path : "other";
}

FANFARE_DECL bool http_api::handles(std::string_view target) const noexcept
{
    const auto path = detail::path_of(target);
    return path.starts_with("/api/v1/") || path == "/healthz" || path == "/readyz" ||
           (path == detail::metrics_path && options_->metrics != metrics_access::off);
}

FANFARE_DECL bool http_api::has(std::string_view path) noexcept
{
    return std::any_of(std::begin(detail::api_routes), std::end(detail::api_routes),
                       [path](const detail::api_route& r) { return r.path == path; });
}

FANFARE_DECL void http_api::complete(const request_type& request, const asio::ip::address& caller,
                                     done_type done) const
{
    const detail::first_call<response_type> once{std::move(done)};
    try {
        async_handle(request, caller, done_type{once});
    } catch (...) { // the application's function: `issue_ticket` may have answered before
        hub_->shards.first().post(
            [hub = hub_, cause = std::current_exception()](detail::shard& s) { hub->handlers.failed(s, cause); });
        once(detail::handler_failed_response(request.version()));
    }
}

FANFARE_DECL void http_api::async_handle(const request_type& request, const asio::ip::address& caller,
                                         done_type done, std::function<bool()> wanted) const
{
    auto view = describe_request(request, caller);
    const bool events = view.path() == detail::event_path; // the door's own list
    auto page = events ? std::string{} : detail::permitted_origin(view, options_->origins);
    const auto client = options_->proxies.client_of(caller, request);
    const auto local = client && !client->forwarded ? caller : asio::ip::address{};
    detail::route({{request.version(), detail::keeps_alive(request),
                    request.method() == boost::beast::http::verb::head, std::move(done), std::move(page)},
                   request,
                   local,
                   std::move(view),
                   *hub_,
                   *options_,
                   std::move(wanted)});
}

} // namespace fanfare

#endif

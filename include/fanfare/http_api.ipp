// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_HTTP_API_IPP
#define FANFARE_HTTP_API_IPP

#include <fanfare/auth/origin.hpp>
#include <fanfare/detail/base/random.hpp>
#include <fanfare/detail/http/message.hpp>
#include <fanfare/detail/http_api/call.hpp>
#include <fanfare/detail/http_api/events.hpp>
#include <fanfare/detail/http_api/inbox.hpp>
#include <fanfare/detail/http_api/messages.hpp>
#include <fanfare/detail/http_api/rooms.hpp>
#include <fanfare/detail/http_api/status.hpp>
#include <fanfare/detail/http_api/tickets.hpp>
#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/http_api.hpp>

#include <boost/beast/http/verb.hpp>

#include <utility>

namespace fanfare {

namespace detail {

struct api_route {
    std::string_view path;
    http::verb method;
    void (*handler)(const api_call&);
    bool guarded; // by the admin key
};

inline constexpr api_route api_routes[] = {{"/api/v1/publish", http::verb::post, &post_publish, true},
                                           {"/api/v1/notify", http::verb::post, &post_notify, true},
                                           {"/api/v1/inbox", http::verb::get, &get_inbox, true},
                                           {"/api/v1/inbox/mark", http::verb::post, &post_inbox_mark, true},
                                           {"/api/v1/tickets", http::verb::post, &post_ticket, true},
                                           {"/api/v1/ws/stats", http::verb::get, &get_stats, false},
                                           {"/api/v1/cluster", http::verb::get, &get_cluster, true},
                                           {"/api/v1/presence", http::verb::get, &get_presence, true},
                                           {"/api/v1/history", http::verb::get, &get_history, true},
                                           {"/api/v1/sse", http::verb::post, &post_event_message, false}};

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
    const bool local =
        c.caller.is_loopback() || (c.caller.is_v6() && c.caller.to_v6().is_v4_mapped() &&
                                   asio::ip::make_address_v4(asio::ip::v4_mapped, c.caller.to_v6()).is_loopback());
    if (c.options.allow_loopback_writes && local && origin_allow_list{}.allows(c.view))
        return true;
    c.fail(403, error::forbidden, "no admin key is configured");
    return false;
}

inline void route(const api_call& c)
{
    const auto path = c.view.path();
    if (path == "/healthz" || path == "/readyz")
        return get_health(c); // by any method, as balancers ask
    for (const auto& r : api_routes) {
        if (r.path != path)
            continue;
        if (c.request.method() != r.method)
            return c.fail(405, error::invalid_message, "this path wants another method");
        if (r.guarded && !authorize_caller(c))
            return;
        return r.handler(c);
    }
    if (path == "/api/v1/ws")
        return c.fail(426, error::invalid_message, "this path wants a WebSocket upgrade");
    c.fail(404, error::invalid_message, "no such path");
}

} // namespace detail

FANFARE_DECL http_api::http_api(std::shared_ptr<detail::hub_core> hub, http_api_options options)
    : hub_{std::move(hub)}, options_{std::move(options)}
{}

FANFARE_DECL bool http_api::handles(std::string_view target) noexcept
{
    const auto path = detail::path_of(target);
    return path.starts_with("/api/v1/") || path == "/healthz" || path == "/readyz";
}

FANFARE_DECL void http_api::async_handle(const request_type& request, const asio::ip::address& caller,
                                         done_type done, std::function<bool()> wanted) const
{
    detail::route({{request.version(), request.keep_alive(), std::move(done)},
                   request,
                   caller,
                   detail::describe(request, caller),
                   *hub_,
                   options_,
                   std::move(wanted)});
}

} // namespace fanfare

#endif

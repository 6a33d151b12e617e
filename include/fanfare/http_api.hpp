// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_HTTP_API_HPP
#define FANFARE_HTTP_API_HPP

#include <fanfare/auth/ticket.hpp>
#include <fanfare/config.hpp>
#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/hub.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace fanfare {

/// Who may use the HTTP side, and how it issues tickets.
struct http_api_options {
    /// Publish, notify, inbox, tickets, presence, history and cluster need `Authorization: Bearer KEY`.
    std::string admin_key{};
    /// Without a key: these requests are answered to callers on the loopback interface whose `Origin`, if any, is
    /// this server's own. For demos. Otherwise, without a key, they are refused.
    bool allow_loopback_writes = false;
    /// Issues tickets for `POST /api/v1/tickets`; see `issue_from`. Without one, that answers 404.
    std::function<void(identity, std::chrono::seconds, std::string origin,
                       std::function<void(error_code, std::string ticket)>)>
        issue_ticket{};
    /// How long a ticket is good when the request names no `expires_in`.
    std::chrono::seconds ticket_lifetime{30};
};

/// `http_api_options::issue_ticket` for any ticket store.
template <ticket_store Store>
auto issue_from(Store store)
{
    return [store](identity who, std::chrono::seconds lifetime, std::string origin,
                   std::function<void(error_code, std::string)> done) mutable {
        store.async_issue(std::move(who), lifetime, std::move(origin), std::move(done));
    };
}

/// The HTTP side of a hub: publish, notify, users' inboxes, tickets, presence, history, stats of hub and cluster, health;
/// and what the clients of event streams say (`POST /api/v1/sse`).
/// Mounted by `server`, or by an application into its own router:
/// @code
/// if (api.handles(request.target())) api.async_handle(request, peer, [](auto response) { ... });
/// @endcode
/// Thread-safe.
class http_api {
public:
    using request_type = boost::beast::http::request<boost::beast::http::string_body>;
    using response_type = boost::beast::http::response<boost::beast::http::string_body>;
    using done_type = std::function<void(response_type)>;

    template <class Bus, class Store>
    explicit http_api(hub<Bus, Store>& at, http_api_options options = {}) : http_api{at.core(), std::move(options)}
    {}
    http_api(std::shared_ptr<detail::hub_core> hub, http_api_options options);

    /// Whether the target (path and query) is one of the API's.
    static bool handles(std::string_view target) noexcept;

    /// Answers a request; every error is a response with `{"error":{"code","message"}}`. `done` is called once, at
    /// once or from where the ticket store completes.
    void async_handle(const request_type& request, const asio::ip::address& caller, done_type done) const;

private:
    std::shared_ptr<detail::hub_core> hub_;
    http_api_options options_;
};

} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/http_api.ipp>
#endif

#endif

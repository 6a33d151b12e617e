// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_HTTP_API_HPP
#define FANFARE_HTTP_API_HPP

#include <fanfare/auth/host.hpp>
#include <fanfare/auth/origin.hpp>
#include <fanfare/auth/ticket.hpp>
#include <fanfare/config.hpp>
#include <fanfare/detail/base/completion.hpp>
#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/hub.hpp>
#include <fanfare/metrics/prometheus.hpp>
#include <fanfare/trusted_proxies.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <chrono>
#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace fanfare {

/// Who may read `GET /metrics`.
enum class metrics_access {
    off,   ///< The path is not there: the application may have one of its own.
    open,  ///< Everybody who reaches the port.
    admin, ///< Whoever may use the part of the API that needs `http_api_options::admin_key`.
};

/// Who may use the HTTP API, and how it issues tickets.
struct http_api_options {
    /// Publish, notify, inbox, tickets, revoke, presence, history and cluster need `Authorization: Bearer KEY` (RFC
    /// 6750 section 2.1).
    std::string admin_key{};
    /// Without a key: these requests are answered to callers on the loopback interface whose `Host` is one of `hosts`, and
    /// whose `Origin`, if any, is this server's own. For demos. Otherwise, without a key, they are refused; and so is what a
    /// proxy of `proxies`, or of `server_options::proxies`, forwards.
    bool allow_loopback_writes = false;
    /// The names by which `allow_loopback_writes` may be used: those of the loopback interface, and what is added. Others
    /// may be a foreign page's, whose name points here (DNS rebinding), or a proxy's on this machine.
    host_allow_list hosts{};
    /// Pages of which other origins may read the answers and send `Authorization` and JSON (CORS; Fetch Standard, section
    /// 3.2). It opens nothing else: the key is needed as before. By default only this server's own pages. Not for the path
    /// of event streams, which has `server_options::origins` or `endpoint_options::origins`.
    origin_allow_list origins{};
    /// For an API in a router of your own: proxies whose requests, if they are forwarded by a header, are not taken for those
    /// of this machine. A `server` needs `server_options::proxies` only.
    trusted_proxies proxies{};
    /// Issues tickets for `POST /api/v1/tickets`; see `issue_from`. Without one, that answers 404. It calls the function that
    /// it is given once, from any thread. What it throws is answered with 500; see `http_api::async_handle`.
    std::function<void(identity, std::chrono::seconds, std::string origin,
                       std::function<void(error_code, std::string ticket)>)>
        issue_ticket{};
    /// How the link of the tickets' store stands, for `GET /readyz`; see `status_from`. Called from any thread.
    std::function<link_status()> tickets_status{};
    /// How long a ticket is good when the request names no `expires_in`.
    std::chrono::seconds ticket_lifetime{30};
    /// Who may read the hub's metrics at `GET /metrics`, for Prometheus; docs/metrics.md lists them. They name no room and
    /// no user. Times are among them with `hub_options::metrics` only.
    metrics_access metrics = metrics_access::off;
    /// Adds the application's own metrics to the page. Called for each `GET /metrics`, on any thread, from several at a
    /// time; it must not wait. What it throws, and what `prometheus_text` throws, is answered with 500; see
    /// `http_api::async_handle`.
    std::function<void(prometheus_text&)> more_metrics{};
};

/// `http_api_options::issue_ticket` for any ticket store, which is copied: a store is a handle. Thread-safe if the store is.
template <ticket_store Store>
auto issue_from(Store store)
{
    return [store](identity who, std::chrono::seconds lifetime, std::string origin,
                   std::function<void(error_code, std::string)> done) mutable {
        store.async_issue(std::move(who), lifetime, std::move(origin), std::move(done));
    };
}

/// `http_api_options::tickets_status` for any store that has `link_status status() const`, such as `redis_ticket_store`;
/// that of another store says that it is up. The store is copied. Thread-safe if the store is.
template <class Store>
std::function<link_status()> status_from(Store store)
{
    return [store] { return detail::status_of(store); };
}

/// The HTTP API of a hub: publish, notify, users' inboxes, tickets, revoke, presence, history, stats of hub and
/// cluster, health, metrics; and messages from the clients of event streams (`POST /api/v1/sse`). See docs/http_api.md. A part
/// of `server`, or used by an application in its own router:
/// @code
/// if (api.handles(request.target()))
///     answer = co_await api.async_handle(std::move(request), peer, asio::use_awaitable);
/// @endcode
/// Thread-safe.
class http_api {
public:
    using request_type = boost::beast::http::request<boost::beast::http::string_body>;
    using response_type = boost::beast::http::response<boost::beast::http::string_body>;
    /// Takes the response, from any thread.
    using done_type = std::function<void(response_type)>;

    /// The API of this hub, whose core it keeps alive.
    template <class Bus, class Store>
    explicit http_api(hub<Bus, Store>& at, http_api_options options = {}) : http_api{at.core(), std::move(options)}
    {}
    /// For the library's own parts.
    http_api(std::shared_ptr<detail::hub_core> hub, http_api_options options);

    /// Whether a request's target (path and query; RFC 9112 section 3.2) is the API's: `/healthz`, `/readyz`, all below
    /// `/api/v1/`, and `/metrics` unless `http_api_options::metrics` is off. Thread-safe.
    bool handles(std::string_view target) const noexcept;

    /// Whether one of its endpoints is on this path (without a query), whatever the options are; `/metrics` is not among
    /// these. Thread-safe.
    static bool has(std::string_view path) noexcept;

    /// Answers a request. A target that is not the API's is answered with 404.
    ///
    /// @param request The whole request, body included. Copied or moved.
    /// @param caller The address of the socket's other end, also behind a proxy: without an `admin_key` it decides about
    ///        loopback callers. What a proxy of `http_api_options::proxies` forwards is seen by the request's headers.
    /// @param token A completion token; the signature is `void(response_type)`. The response is ready to be written, with
    ///        `keep_alive` as the request wants it. To HEAD it has the length of the body, and no body (RFC 9110 section
    ///        9.3.2). Handlers need not be copyable. What is a `done_type` is not taken for a token, but for the callback of
    ///        the other form.
    ///
    /// Lifetimes: the API may be destroyed before the handler is called.
    /// Executor: the handler is called on its associated executor (of a coroutine with `use_awaitable`: the coroutine's), by
    /// default the hub's first; never before this function returns.
    /// Errors: every error is a response with `{"error":{"code","message"}}`; 500 (`handler_failed`) for what
    /// `http_api_options::issue_ticket` and `more_metrics` throw, which is told to `hub::on_exception`.
    /// Cancellation: not supported, and there is no time limit: `server` answers 504 after `handshake_timeout`.
    /// Thread-safe.
    template <asio::completion_token_for<void(response_type)> Token>
    auto async_handle(request_type request, asio::ip::address caller, Token&& token) const
        requires(!std::same_as<std::remove_cvref_t<Token>, done_type>)
    {
        return detail::initiate<void(response_type)>(
            [core = hub_] { return core->shards.first().executor(); }, std::forward<Token>(token),
            [api = *this, request = std::move(request), caller](auto done) {
                api.complete(request, caller, std::move(done));
            });
    }

    /// The same by a callback, without a detour through an executor.
    ///
    /// @param request The whole request, body included.
    /// @param caller The peer's address: without an `admin_key` it decides about loopback callers.
    /// @param done Takes the response, ready to be written, with `keep_alive` as the request wants it. To HEAD it has the
    ///        length of the body, and no body (RFC 9110 section 9.3.2).
    /// @param wanted Whether somebody waits for the response still; empty: always. Called on any thread.
    ///
    /// Lifetimes: `request` and `caller` are used only until this returns. The API may be destroyed before `done` is
    /// called.
    /// Executor: `done` is called once: before this returns, or later by whichever thread has the answer (of a shard, a
    /// bus, a store). It goes to its own executor itself.
    /// Errors: every error is a response with `{"error":{"code","message"}}`. Throws what
    /// `http_api_options::issue_ticket` and `more_metrics` throw: `done` is not called then, unless the issuer has answered
    /// before.
    /// Cancellation: what is to be read from a store waits for its turn; if the response is not `wanted` any more when
    /// that comes, nothing is read and `done` is destroyed without a call. There is no time limit: `server` answers 504
    /// after `handshake_timeout`.
    /// Thread-safe.
    void async_handle(const request_type& request, const asio::ip::address& caller, done_type done,
                      std::function<bool()> wanted = {}) const;

private:
    // With `done` called in any case, and told to `on_exception` what the application's functions throw.
    void complete(const request_type& request, const asio::ip::address& caller, done_type done) const;

    std::shared_ptr<detail::hub_core> hub_;
    std::shared_ptr<const http_api_options> options_;
};

namespace detail {
/// A path as metrics name it: if it is one of the API's, itself, as long as the program lives; else `other`.
std::string_view route_label(std::string_view path) noexcept;
} // namespace detail

} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/http_api.ipp>
#endif

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_SERVER_HPP
#define FANFARE_SERVER_HPP

#include <fanfare/auth.hpp>
#include <fanfare/auth/origin.hpp>
#include <fanfare/config.hpp>
#include <fanfare/http_api.hpp>
#include <fanfare/hub.hpp>
#include <fanfare/websocket.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace fanfare {

/// What a `server` listens on, whom it lets in, and its limits.
struct server_options {
    /// An IP address of this machine; `0.0.0.0` or `::` for all.
    std::string address = "0.0.0.0";
    /// 0: any free port; see `server::port`.
    std::uint16_t port = 8080;
    /// Where the upgrade happens.
    std::string path = "/api/v1/ws";
    /// Whether `GET /api/v1/sse` answers with a stream of events; see sse.hpp. The same clients may enter.
    bool events = true;
    /// Who a client is. Without one, everybody enters, anonymously.
    any_authenticator authenticate{};
    /// Pages of which origins may connect. By default those of this server's own host.
    origin_allow_list origins{};
    http_api_options api{};
    /// Answers requests outside the API: true if it has filled the response in, false for 404. Called on a shard's
    /// executor, from several threads if the hub has several shards. If it throws the answer is 500 with the code
    /// `handler_failed`; `hub::on_exception` is told.
    std::function<bool(const http_api::request_type&, http_api::response_type&)> on_request{};

    /// From accepting a TCP connection, or from the last response, to a whole request; then for the
    /// authenticator, and for the upgrade.
    std::chrono::milliseconds handshake_timeout{10'000};
    /// Bytes of a request's header and body. A longer `Content-Length` is refused with 413 before the body is read; who
    /// asks by `Expect: 100-continue` is told to go on.
    std::uint32_t max_header = 8 * 1024;
    std::uint64_t max_body = 1024 * 1024;
    /// TCP connections that have not become WebSockets; above it the oldest makes way for the newest.
    std::size_t max_http_connections = 16'384;
};

namespace detail {
class http_listener;
}

/// Listens for HTTP, upgrades to WebSocket, and hands the connections to a hub's shards, the least loaded first.
/// For applications without an HTTP server of their own.
///
/// Begins in the constructor; runs on the hub's executors. The destructor stops listening; connections that were
/// handed over stay with the hub. Thread-safe.
class server {
public:
    /// Throws `system_error`, naming the address, if it cannot listen there.
    template <class Bus, class Store>
    explicit server(hub<Bus, Store>& at, server_options options = {}) : server{at.core(), std::move(options)}
    {}
    ~server();
    server(const server&) = delete;
    server& operator=(const server&) = delete;

    /// The port that it listens on.
    std::uint16_t port() const noexcept;
    /// Accepts no more. Requests under way are answered. Thread-safe.
    void stop();

    /// Stops listening, then shuts the hub down; see `hub::async_shutdown`.
    template <class Token>
    auto async_shutdown(const shutdown_options& how, Token&& token)
    {
        stop();
        return asio::async_initiate<Token, void(error_code)>(
            [core = hub_](auto handler, const shutdown_options& options) {
                core->shutdown.begin(
                    options, detail::completion<error_code>(core->shards.first().executor(), std::move(handler)));
            },
            token, how);
    }

private:
    server(std::shared_ptr<detail::hub_core> hub, server_options options);

    std::shared_ptr<detail::hub_core> hub_;
    std::shared_ptr<detail::http_listener> listener_;
};

} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/server.ipp>
#endif

#endif

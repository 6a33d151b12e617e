// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_SERVER_HPP
#define FANFARE_SERVER_HPP

#include <fanfare/any_tls_context.hpp>
#include <fanfare/auth.hpp>
#include <fanfare/auth/host.hpp>
#include <fanfare/auth/origin.hpp>
#include <fanfare/config.hpp>
#include <fanfare/detail/base/completion.hpp>
#include <fanfare/http_api.hpp>
#include <fanfare/hub.hpp>
#include <fanfare/request_handler.hpp>
#include <fanfare/websocket.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace fanfare {

/// Where a `server` listens, who may connect, and its limits.
struct server_options {
    /// An IP address of this machine; `0.0.0.0` or `::` for all.
    std::string address = "0.0.0.0";
    /// 0: any free port; see `server::port`.
    std::uint16_t port = 8080;
    /// TLS, if it is set: a `tls_context` of `<fanfare/ssl.hpp>`. A client that sends GET, POST, PUT or HEAD without
    /// it is answered with 400.
    any_tls_context tls{};
    /// The path of the WebSocket upgrade (RFC 6455 section 4.2.1): it begins with `/`, has no query, no fragment and no
    /// white space, and is none of the API's paths but `/api/v1/ws`.
    std::string path = "/api/v1/ws";
    /// Whether `GET /api/v1/sse` answers with an event stream; see sse.hpp. `authenticate` and `origins` hold for it too.
    bool events = true;
    /// Finds out who a client is. Without one, every client is accepted, without a user.
    ///
    /// Called on a shard's executor, from several threads if the hub has several shards; it has `handshake_timeout`
    /// to answer, from any thread. Not asked for HEAD of the event stream, which connects nobody. No answer in time is
    /// refused with 503 (`timed_out`), an exception with 503 (`handler_failed`); the exception is told to
    /// `hub::on_exception`.
    any_authenticator authenticate{};
    /// Pages of which origins may connect (RFC 6454), and may read event streams. By default those of this server's own
    /// host.
    origin_allow_list origins{};
    /// By which names WebSockets and event streams may be asked for (`Host`; RFC 9110 section 7.2); others are refused with
    /// 403. By default any. Where nothing but the way to this server protects it, such as without an authenticator on a
    /// developer's machine, name the hosts: `host_allow_list{}` are those of the loopback interface.
    host_allow_list hosts = host_allow_list::any();
    /// Who may use the HTTP API.
    http_api_options api{};
    /// Answers requests outside the API: true if it has filled the response in, false for 404. A function, or a coroutine
    /// (`asio::awaitable<bool>`) for what has to wait; see request_handler.hpp. Called on a shard's executor, where the
    /// coroutine runs, too; from several threads if the hub has several shards. If it throws the answer is 500 with the
    /// code `handler_failed`; `hub::on_exception` is told.
    ///
    /// A coroutine has `handshake_timeout`. When that is over the client is answered 504 (`timed_out`), and the coroutine
    /// gets a terminal cancellation by its slot: what it waits for ends with `operation_aborted`. If it goes on all the
    /// same, nothing stops it; what its parameters refer to, and what its lambda has captured, lives until it has ended. What
    /// it answers is dropped then, and what it throws is told, but for `operation_aborted`.
    ///
    /// The target is a path and a query, also if it came in absolute form; then its host is in `Host` (RFC 9112 section
    /// 3.2.2). A HEAD that it answers with false is asked as GET, and the body is left out (RFC 9110 section 9.3.2).
    /// `Date`, `Connection` and the body's length are set for it.
    any_request_handler on_request{};

    /// For each of: the TLS handshake; reading a request, counted from accepting the TCP connection or from the last response; an answer of
    /// the authenticator; an answer of the API; an answer of `on_request`, if that is a coroutine; writing a response; the
    /// upgrade.
    std::chrono::milliseconds handshake_timeout{10'000};
    /// Bytes of a request's header. A longer one is answered with 431 (RFC 6585 section 5).
    std::uint32_t max_header = 8 * 1024;
    /// Bytes of a request's body. A longer `Content-Length` is answered with 413 before the body is read. A client that
    /// sends `Expect: 100-continue` is asked for the body if it is not (RFC 9110 section 10.1.1).
    std::uint64_t max_body = 1024 * 1024;
    /// TCP connections that have not become WebSockets or event streams. Above it the oldest is closed for the newest.
    std::size_t max_http_connections = 16'384;
};

namespace detail {
class http_listener;
}

/// Listens for HTTP, answers the requests of `http_api`, and gives WebSockets and event streams to a hub's shards, the
/// least loaded first. For applications without an HTTP server of their own.
///
/// Runs on the hub's executors, from its constructor on. Thread-safe.
/// @code
/// fanfare::server server{hub, {.port = 8080, .authenticate = fanfare::ticket_authenticator{tickets}}};
/// @endcode
class server {
public:
    /// Listens at once; connections are accepted when the hub's executors run.
    ///
    /// @param at The hub. The server keeps its core alive, but the executors' context must outlive the server.
    /// @param options Where to listen, who may connect, and the limits. Copied; what its functions refer to must live
    ///        until the executors' context has ended, since connections under way outlive the server.
    /// Throws `system_error`, naming the address and the port, if it cannot listen there, and `std::invalid_argument`,
    /// naming the path and what is wrong with it, if `server_options::path` cannot be one.
    template <class Bus, class Store>
    explicit server(hub<Bus, Store>& at, server_options options = {}) : server{at.core(), std::move(options)}
    {}
    /// `stop`. Connections that the hub has taken over stay open, and requests under way are answered.
    ~server();
    server(const server&) = delete;
    server& operator=(const server&) = delete;

    /// The port that it listens on: the one that the system chose if `server_options::port` is 0. Thread-safe.
    std::uint16_t port() const noexcept;

    /// Accepts no more connections. Requests under way are answered, then their connections are closed. WebSockets and
    /// event streams stay open. The acceptor is closed on the first shard, after this has returned; later calls do nothing.
    /// Thread-safe.
    void stop();

    /// Stops listening, then shuts the hub down: refuses new connections and publishes, and closes every connection. See
    /// `hub::async_shutdown`, which does the same without `stop`.
    ///
    /// @param how The close code, the spread of reconnects and the deadline. Copied.
    /// @param token A completion token; the signature is `void(error_code)`.
    ///
    /// Preconditions: the hub's executors run until it has completed.
    /// Lifetimes: neither the server nor the hub need outlive the operation.
    /// Executor: the handler is called on its associated executor, by default the first shard's; never before this
    /// function returns.
    /// Errors: `timed_out` if connections had to be cut at the deadline.
    /// Cancellation: not supported; the deadline ends it.
    /// Thread-safe.
    template <asio::completion_token_for<void(error_code)> Token>
    auto async_shutdown(const shutdown_options& how, Token&& token)
    {
        stop();
        return detail::initiate<void(error_code)>(
            [core = hub_] { return core->shards.first().executor(); }, std::forward<Token>(token),
            [core = hub_, how](auto done) { core->shutdown.begin(how, std::move(done)); });
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

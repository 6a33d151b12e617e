// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_SERVER_HPP
#define FANFARE_SERVER_HPP

#include <fanfare/any_tls_context.hpp>
#include <fanfare/auth.hpp>
#include <fanfare/auth/host.hpp>
#include <fanfare/auth/origin.hpp>
#include <fanfare/config.hpp>
#include <fanfare/detail/base/completion.hpp>
#include <fanfare/detail/http/open_acceptor.hpp>
#include <fanfare/http_api.hpp>
#include <fanfare/hub.hpp>
#include <fanfare/listen_options.hpp>
#include <fanfare/request_handler.hpp>
#include <fanfare/trusted_proxies.hpp>
#include <fanfare/websocket.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace fanfare {

/// Where a `server` listens, who may connect, and its limits.
struct server_options {
    /// An IP address of this machine; `0.0.0.0` or `::` for all. Together with `port`, `tls` and `proxy_protocol`
    /// the one place where the server listens, unless `listeners` or `listens` say otherwise.
    std::string address = "0.0.0.0";
    /// 0: any free port; see `server::port`.
    std::uint16_t port = 8080;
    /// TLS, if it is set: a `tls_context` of `<fanfare/ssl.hpp>`. A client that sends GET, POST, PUT or HEAD without
    /// it is answered with 400.
    any_tls_context tls{};
    /// Every connection begins with a PROXY header; see `listen_options::proxy_protocol`.
    bool proxy_protocol = false;
    /// If there are any, the places where the server listens, in place of `address`, `port`, `tls` and
    /// `proxy_protocol`: these must be as they are by default then, or the server's constructor throws
    /// `std::invalid_argument`. All other options are for all of them, and their connections count together.
    std::vector<listen_options> listeners{};
    /// False: the server listens nowhere by itself, only with the acceptors that `server::listen` is given. Then
    /// `address`, `port`, `tls`, `proxy_protocol` and `listeners` must be as they are by default.
    bool listens = true;
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
    /// The proxies that are believed when they say for which client they ask, by a header or by the PROXY protocol. By default
    /// none: a client's address is its connection's. The authenticator sees the address that they tell
    /// (`handshake_request::remote_address`), and `hub_options::max_connections_per_address` counts it. What a proxy forwards
    /// never has the rights of `http_api_options::allow_loopback_writes`.
    trusted_proxies proxies{};
    /// What a proxy leaves before the path: it is taken off each target that has it, before anything looks at that. With
    /// `/live` both `/live/api/v1/ws` and `/api/v1/ws` are the WebSocket's path. It begins with `/`, and does not end with it.
    /// Empty: nothing.
    std::string path_prefix{};
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

    /// For each of: reading a PROXY header; the TLS handshake; reading a request, counted from when the client may send it; an answer of
    /// the authenticator; an answer of the API; an answer of `on_request`, if that is a coroutine; writing a response; the
    /// upgrade. A request of which only a part has come by then is answered with 408 (RFC 9110 section 15.5.9); a
    /// connection without one is closed.
    std::chrono::milliseconds handshake_timeout{10'000};
    /// Bytes of a request's header. A longer one is answered with 431 (RFC 6585 section 5).
    std::uint32_t max_header = 8 * 1024;
    /// Bytes of a request's body. A longer `Content-Length` is answered with 413 before the body is read. A client that
    /// sends `Expect: 100-continue` is asked for the body if it is not (RFC 9110 section 10.1.1).
    std::uint64_t max_body = 1024 * 1024;
    /// Requests that are answered on one connection; the last answer says that it ends (RFC 9112 section 9.6), so that a
    /// client that asks on and on comes back by the balancer. 0: no limit.
    std::uint32_t max_requests_per_connection = 10'000;
    /// Connections, over all listeners, that have not become WebSockets or event streams. Above it the oldest is
    /// closed for the newest. 0: no limit.
    std::size_t max_http_connections = 16'384;
    /// TLS handshakes under way, over all listeners. Above it the oldest is closed for the newest, and counted in
    /// `hub_stats::tls_failed`: who connects and says nothing keeps no more of OpenSSL's memory than these have.
    /// 0: no limit.
    std::size_t max_tls_handshakes = 1'024;
};

namespace detail {
class http_listener;
/// `stop`, if it is there still. Thread-safe.
void stop_listening(const std::weak_ptr<http_listener>& listener);
} // namespace detail

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
    /// Throws `system_error`, naming the address and the port, or the path, if it cannot listen there; and
    /// `std::invalid_argument` if the options say in two ways where, if `server_options::path` or `path_prefix` cannot be one,
    /// which it names, or if there is a `proxy_protocol` without `proxies`. Then nothing stays open.
    template <class Bus, class Store>
    explicit server(hub<Bus, Store>& at, server_options options = {}) : server{at.core(), std::move(options)}
    {}
    /// `stop`. Connections that the hub has taken over stay open, and requests under way are answered.
    ~server();
    server(const server&) = delete;
    server& operator=(const server&) = delete;

    /// The port that it listens on, of several the first: the one that the system chose if `server_options::port` is
    /// 0. 0 for a Unix socket, and if it listens nowhere. Thread-safe.
    std::uint16_t port() const noexcept;
    /// The ports that it listens on: of `server_options::listeners`, in their order, and behind them of the acceptors
    /// that `listen` was given. 0 for a Unix socket. Thread-safe.
    std::vector<std::uint16_t> ports() const;

    /// Accepts connections from an acceptor that the application has opened as well: one that the service manager
    /// handed to the process (socket activation), for instance, or one with options of its own. It ends with `stop`,
    /// as the others do, but connections that it has not accepted are left to whoever else has the socket.
    ///
    /// @param acceptor `asio::ip::tcp::acceptor` or `asio::local::stream_protocol::acceptor`, with any executor. Open,
    ///        bound and listening; no operation is under way. Its socket moves to the first shard's executor. The file
    ///        of a Unix socket stays the application's: it is not removed.
    /// @param tls How TLS is spoken there; empty: it is not.
    /// @param proxy_protocol As `listen_options::proxy_protocol`.
    /// Throws `std::invalid_argument` if the acceptor is not open or does not listen, or if there is a `proxy_protocol` without
    /// `server_options::proxies`; `system_error` if its socket
    /// cannot be moved, or, with `error::shutting_down`, after `stop`. Then it is closed.
    /// Thread-safe.
    template <class Protocol, class Executor>
    void listen(asio::basic_socket_acceptor<Protocol, Executor> acceptor, any_tls_context tls = {},
                bool proxy_protocol = false)
    {
        listen_at(detail::taken_over(std::move(acceptor), hub_->shards.first().executor()), std::move(tls),
                  proxy_protocol);
    }

    /// Accepts no more connections but those that the system has made already. Requests under way, and those that have
    /// come and were not read yet, are answered, then their connections are closed; those without a request are
    /// closed. One of which only a part has come has `server_options::handshake_timeout`, and gets 408 after that.
    /// WebSockets and event streams stay open. The files of Unix sockets are removed at once; the acceptors are closed
    /// on the first shard, after this has returned. Later calls do nothing. Thread-safe.
    void stop();

    /// Shuts the hub down, and stops listening when that refuses new connections: at once, or after
    /// `shutdown_options::readiness_delay`. See `hub::async_shutdown`, which does the same without `stop`.
    ///
    /// @param how The times, the pace and the close code. Copied.
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
        return detail::initiate<void(error_code)>(
            [core = hub_] { return core->shards.first().executor(); }, std::forward<Token>(token),
            [core = hub_, how, listening = std::weak_ptr{listener_}](auto done) {
                core->shutdown.begin(
                    how, [listening] { detail::stop_listening(listening); }, std::move(done));
            });
    }

private:
    server(std::shared_ptr<detail::hub_core> hub, server_options options);
    void listen_at(detail::stream_acceptor acceptor, any_tls_context tls, bool proxy_protocol);

    std::shared_ptr<detail::hub_core> hub_;
    std::shared_ptr<detail::http_listener> listener_;
};

} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/server.ipp>
#endif

#endif

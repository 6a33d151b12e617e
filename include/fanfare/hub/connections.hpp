// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_HUB_CONNECTIONS_HPP
#define FANFARE_HUB_CONNECTIONS_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/completion.hpp>
#include <fanfare/detail/hub/acceptors.hpp>
#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/detail/hub/hub_topic.hpp>
#include <fanfare/fwd.hpp>
#include <fanfare/identity.hpp>
#include <fanfare/options.hpp>

#include <boost/asio/async_result.hpp>

#include <utility>

namespace fanfare {

/// The part of `hub` that opens connections, and closes all of them. A program without an HTTP server of its own uses
/// `server` (<fanfare/server.hpp>), which accepts connections for a hub; one with a server of its own that wants clients to be
/// asked who they are, `endpoint` (<fanfare/endpoint.hpp>).
class hub_connections : detail::hub_topic<hub_connections> {
public:
    /// Answers a WebSocket upgrade that the application's own HTTP server has read, and takes the stream over.
    /// Include <fanfare/websocket.hpp>.
    ///
    /// @param stream Any Asio stream: a TCP or Unix socket, a `beast::tcp_stream`, a TLS stream.
    /// @param request The upgrade request, a Beast message with any body. One that is no valid upgrade is answered with
    ///        400 or 426.
    /// @param who Whose connection it is. The caller has decided that they may enter; the hub's limits still apply, and
    ///        are answered with HTTP 429, 503, 400 for a user id that cannot be, or 401 for a credential that has
    ///        expired or was revoked.
    /// - Lifetimes: the request is copied before this returns. The hub may be destroyed at any time; its executors may
    ///   not end first.
    /// - Executor: works on the stream's, then on a shard's.
    /// - Errors: none here. A handshake that fails ends the stream and is counted in `hub_stats::refused`.
    /// - Thread-safety: may be called from any thread.
    template <class Stream, class Request>
    void accept(Stream stream, const Request& request, identity who = {}, accept_options options = {})
    {
        if constexpr (detail::defined<detail::websocket_acceptor<Stream>>)
            detail::websocket_acceptor<Stream>::accept(core_, std::move(stream), request, std::move(who),
                                                       std::move(options));
        else
            static_assert(detail::never<Stream>, "hub::accept: include <fanfare/websocket.hpp>");
    }

    /// Answers a request of the application's own HTTP server with Server-Sent Events, and takes the stream over: the
    /// same rooms, limits and messages as over a WebSocket. Include <fanfare/sse.hpp>, which tells more.
    ///
    /// Parameters, lifetimes, executor, errors and thread-safety: those of `accept`.
    template <class Stream, class Request>
    void accept_events(Stream stream, const Request& request, identity who = {}, event_options options = {})
    {
        if constexpr (detail::defined<detail::event_stream_acceptor<Stream>>)
            detail::event_stream_acceptor<Stream>::accept(core_, std::move(stream), request, std::move(who),
                                                          std::move(options));
        else
            static_assert(detail::never<Stream>, "hub::accept_events: include <fanfare/sse.hpp>");
    }

    /// Connects this process to its own hub, as a client without a socket. Include <fanfare/local_connection.hpp>,
    /// which tells more: `local_connection connect(identity who, local_handlers handlers)`.
    ///
    /// @param who The client. Its rooms are joined at once.
    /// @param handlers What is called with its messages, on its shard's executor.
    /// @return A handle that closes the connection when it is destroyed.
    /// Thread-safe. Throws `system_error`: `shutting_down`, `too_many_connections`, `invalid_user`, `unauthorized` for
    /// an identity that has expired or was revoked, `store_failed` until the hub has read what was revoked
    /// (`hub::revocations`), or an error of the identity's rooms. An identity with a user, and without a token id and a
    /// time of issue, counts as issued now.
    template <class Handlers = local_handlers>
    auto connect(identity who, Handlers handlers)
    {
        if constexpr (detail::defined<detail::local_connector<Handlers>>)
            return detail::local_connector<Handlers>::connect(core_, std::move(who), std::move(handlers));
        else
            static_assert(detail::never<Handlers>,
                          "hub::connect: include <fanfare/local_connection.hpp>, and give it "
                          "fanfare::local_handlers");
    }

    /// Shuts the hub down: it refuses new connections with `shutting_down`, closes every connection, each with a time to
    /// wait before it reconnects in the close reason: `{"reason":"shutdown","delay_ms":1234}`, and leaves the bus. At once,
    /// or, with `readiness_delay`, `drain_time` and `drain_rate`, as load balancers and the other instances can bear it:
    /// see docs/stopping.md. Publishes are refused from the call on if all are closed at once, else when the last connection
    /// has ended.
    ///
    /// Afterwards nothing of the hub, of its bus or of its stores keeps `io_context::run` from returning. A later call with
    /// shorter times hastens one that is under way; each completes.
    ///
    /// - Lifetimes: `how` is copied before this returns.
    /// - Completion: `void(error_code)`, when the last connection has ended and the bus has been left. On the handler's associated executor, else
    ///   on the hub's first; never from within this call.
    /// - Errors: `timed_out` if some connections had to be cut at `shutdown_options::deadline`.
    /// - Cancellation: not supported; the deadline ends the wait.
    /// - Thread-safety: may be called from any thread.
    template <asio::completion_token_for<void(error_code)> Token>
    auto async_shutdown(const shutdown_options& how, Token&& token)
    {
        return detail::initiate<void(error_code)>(
            default_executor(), std::forward<Token>(token),
            [core = core_, how](auto done) { core->shutdown.begin(how, {}, std::move(done)); });
    }

protected:
    using hub_topic::hub_topic;
};

} // namespace fanfare

#endif

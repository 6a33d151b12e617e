// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_LISTENER_HPP
#define FANFARE_DETAIL_HTTP_LISTENER_HPP

#include <fanfare/any_tls_context.hpp>
#include <fanfare/config.hpp>
#include <fanfare/detail/http/http_session.hpp>
#include <fanfare/detail/http/open_acceptor.hpp>
#include <fanfare/detail/http/pending_connections.hpp>
#include <fanfare/detail/http/socket_file.hpp>
#include <fanfare/detail/net/net_stream.hpp>
#include <fanfare/server.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace fanfare::detail {

/// Accepts connections in all places where a server listens, and has each served by an `http_session`. One coroutine
/// a place accepts, one serves each connection, on the shard that the connection will live on.
class http_listener : public std::enable_shared_from_this<http_listener> {
public:
    http_listener(std::shared_ptr<hub_core> hub, server_options options);

    /// Listens in the places that the options name. Throws `system_error`, naming the place, if it cannot listen in
    /// one of them, `std::invalid_argument` if the options contradict each other; then it listens in none.
    void start();
    /// Listens in one more; the acceptor's executor is the first shard's. Throws `system_error` (`shutting_down`) if
    /// it has been stopped, `std::invalid_argument` for a PROXY protocol that nobody is trusted with. Thread-safe.
    void listen(opened_acceptor opened, connection_kind kind);
    /// Thread-safe.
    void stop();
    /// Those of all places, in their order; 0 for a Unix socket. Thread-safe.
    std::vector<std::uint16_t> ports() const;
    /// The first of them; 0 if there is none. Thread-safe.
    std::uint16_t port() const noexcept;

private:
    /// A place where it listens. Owned by the coroutine that accepts there, so that it is destroyed with its context.
    struct place {
        stream_acceptor acceptor;
        connection_kind kind;
        bool foreign;
    };

    /// Throws `std::invalid_argument` for a PROXY protocol that nobody is trusted with.
    void require_proxies(bool proxy_protocol) const;
    asio::awaitable<void> accept_all(std::shared_ptr<place> from);
    /// Accepts those whom the system has connected already: they would be reset when the acceptor is closed.
    void accept_queued(place& from);
    void start_session(stream_socket socket, shard& home, const connection_kind& kind);
    asio::awaitable<void> serve(stream_socket socket, connection_kind kind, shard& home,
                                std::shared_ptr<pending_connection> pending);

    http_service service_;
    pending_connections pending_;
    mutable std::mutex mutex_;
    std::vector<std::weak_ptr<place>> places_; // guarded by the mutex, as is what follows
    std::vector<std::uint16_t> ports_;
    std::vector<socket_file> files_;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/http/listener.ipp>
#endif

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_SSL_HPP
#define FANFARE_SSL_HPP

#include <fanfare/any_tls_context.hpp>
#include <fanfare/config.hpp>
#include <fanfare/detail/net/net_stream.hpp>
#include <fanfare/detail/net/stream_layers.hpp>
#include <fanfare/detail/tls/tls_state.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace fanfare {

/// The certificates of a server, and how it speaks TLS: what `server_options::tls` and `tls_stream` take. Needs OpenSSL
/// 1.1.1 or later.
///
/// TLS 1.2 (RFC 5246, with forward secrecy and AEAD only: RFC 9325 section 4.2) and 1.3 (RFC 8446) are spoken, without
/// renegotiation and compression. The protocol of the application is `http/1.1` (ALPN, RFC 7301): a client that offers
/// others only is refused with `no_application_protocol`.
///
/// A handle: copies are one context. Thread-safe. It may be destroyed while connections use it.
/// @code
/// fanfare::tls_context tls{{.certificates = {{"chain.pem", "key.pem"}}}};
/// fanfare::server server{hub, {.port = 443, .tls = tls}};
/// tls.reload(); // after the certificate has been renewed: no connection is lost
/// @endcode
class tls_context : public any_tls_context {
public:
    /// Reads the files. Throws `system_error` (`error::invalid_config`), which names the file and what is wrong with it.
    explicit tls_context(tls_options options);

    /// Takes a context of OpenSSL that the application has set up; it gets a reference of its own. Versions, ciphers,
    /// ALPN, SNI and tickets are as the application has set them. It must not be changed any more: connections are made of
    /// it in other threads. For a new certificate there is `reload(SSL_CTX*)`.
    ///
    /// @param context Not null; `asio::ssl::context::native_handle()`, for instance.
    explicit tls_context(SSL_CTX* context);

    /// Reads the files again. Handshakes that begin from now on use what is in them; connections keep what they have, and
    /// clients can still resume their sessions, unless the keys of their tickets are older than a day: then these are new as
    /// well. Throws as the constructor does if a file cannot be used: then everything
    /// stays as it is. Blocks while it reads. Thread-safe.
    void reload();

    /// Takes another context of the application's, for handshakes that begin from now on. For what was made of one.
    /// Throws if it is null, or if this was made of files. Thread-safe.
    void reload(SSL_CTX* context);

    /// Whether it was made of files, which `reload` can read again. Thread-safe.
    bool has_files() const noexcept;

    /// Whether a file has another time of change, or another size, than when it was read. Thread-safe.
    bool files_changed() const;

private:
    detail::tls_state& state() const noexcept;
};

/// A TCP connection with TLS, for a server of the application's own: an Asio stream (AsyncReadStream, AsyncWriteStream)
/// that Beast reads HTTP from, and that `endpoint`, `hub::accept` and `hub::accept_events` take.
///
/// An idle connection takes about a quarter of the memory of an `asio::ssl::stream`: OpenSSL reads from the socket
/// and writes to it without buffers in between. One read and one write may be under way at a time; only on one thread
/// at a time. `lowest_layer()`, and so `beast::get_lowest_layer`, is an `asio::generic::stream_protocol::socket`,
/// which can be cancelled, closed and given options as one of TCP; ask for the peer's address before the socket is
/// handed over.
/// @code
/// fanfare::tls_stream stream{std::move(socket), tls};
/// co_await stream.async_handshake(asio::use_awaitable);
/// co_await http::async_read(stream, buffer, request, asio::use_awaitable);
/// hub.accept(std::move(stream), request, who);
/// @endcode
class tls_stream : public detail::net_stream {
public:
    /// @param socket Connected. It becomes non-blocking.
    /// @param context How TLS is spoken; not empty. It need not outlive the stream.
    /// Throws `std::bad_alloc` or `system_error` if OpenSSL has no memory.
    template <class Executor>
    tls_stream(asio::basic_stream_socket<asio::ip::tcp, Executor> socket, const any_tls_context& context)
        : net_stream{detail::stream_socket{std::move(socket)}, context.factory()->make_engine()}
    {}

    /// Says to the peer that nothing more comes, and ends the sending side: for a connection that the hub does not get. What
    /// the socket does not take at once of that is lost.
    using net_stream::shutdown_now;

    /// The client's address; the unspecified one if it is gone.
    asio::ip::address remote_address() { return detail::peer_address<detail::net_stream>(*this); }
    /// What the handshake settled: version, name, the client's certificate. Not before it is complete.
    std::shared_ptr<const tls_peer> peer() { return engine()->peer(); }
};

} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/ssl.ipp>
#endif

#endif

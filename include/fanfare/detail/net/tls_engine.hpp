// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_NET_TLS_ENGINE_HPP
#define FANFARE_DETAIL_NET_TLS_ENGINE_HPP

#include <fanfare/config.hpp>
#include <fanfare/tls_peer.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace fanfare::detail {

/// The server's side of one TLS connection, without a socket: what arrived is put in, what goes out is handed to a
/// `wire`. Nothing here blocks or waits. Not thread-safe.
///
/// What the wire did not take is kept, and nothing more is written until `flush` has got rid of it: a record that has
/// been encrypted must go out as it is, while the messages behind it may still be dropped or replaced.
class tls_engine {
public:
    /// Where the encrypted bytes go.
    class wire {
    public:
        /// Takes bytes without blocking. Answers how many; fewer than all only if the socket is full.
        virtual std::size_t send(std::string_view bytes, error_code& ec) = 0;

    protected:
        ~wire() = default;
    };

    virtual ~tls_engine() = default;

    /// Bytes that arrived. Only until the next `handshake` or `read`, which keeps what it could not use.
    virtual void feed(std::span<const char> bytes) noexcept = 0;

    /// Goes on with the handshake (RFC 8446 section 2). True: it is complete. False without an error: the peer's next
    /// bytes are needed.
    virtual bool handshake(wire& out, error_code& ec) = 0;

    /// Takes decrypted bytes into `to`: how many. 0 without an error: the peer's next bytes are needed. The peer's
    /// orderly end (`close_notify`) is `asio::error::eof`. A peer that sends 64 KiB of which nothing is for the
    /// application is an error: a record is shorter, and keys need not be changed that often.
    virtual std::size_t read(wire& out, std::span<char> to, error_code& ec) = 0;
    /// Whether `read` would answer 0, as far as is known: it has, and nothing was put in since.
    virtual bool wants_input() const noexcept = 0;

    /// Encrypts these bytes, in records as full as they can be, until the wire is full. Answers how many were taken.
    virtual std::size_t write(wire& out, std::span<const std::string_view> bytes, error_code& ec) = 0;
    /// Sends what the wire did not take before. True: nothing is left.
    virtual bool flush(wire& out, error_code& ec) = 0;
    /// Whether something is left.
    virtual bool unsent() const noexcept = 0;

    /// Says that nothing more will be written (`close_notify`; RFC 8446 section 6.1).
    virtual void shutdown(wire& out) noexcept = 0;

    /// What the handshake settled. Not before it is complete.
    virtual std::shared_ptr<const tls_peer> peer() const = 0;

    /// Whether the handshake failed since the client speaks HTTP without TLS.
    virtual bool saw_plain_http() const noexcept = 0;
};

/// Makes the engines of a listener's connections. Thread-safe.
class tls_engine_factory {
public:
    virtual ~tls_engine_factory() = default;
    /// Throws `std::bad_alloc` or `system_error` if OpenSSL has no memory.
    virtual std::unique_ptr<tls_engine> make_engine() = 0;
};

} // namespace fanfare::detail

#endif

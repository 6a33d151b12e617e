// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_TLS_OPENSSL_ENGINE_HPP
#define FANFARE_DETAIL_TLS_OPENSSL_ENGINE_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/net/tls_engine.hpp>
#include <fanfare/detail/tls/context_set.hpp>
#include <fanfare/detail/tls/openssl_types.hpp>
#include <fanfare/tls_peer.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace fanfare::detail {

/// A `tls_engine` on OpenSSL. OpenSSL reads and writes through a BIO that is this object: neither a pair of BIOs nor a
/// buffer of `asio::ssl::stream` stands between it and the socket, and OpenSSL lets go of its own two buffers when they
/// are empty (`SSL_MODE_RELEASE_BUFFERS`).
class openssl_engine final : public tls_engine {
public:
    /// The largest part of a message in a record (RFC 8446 section 5.1).
    static constexpr std::size_t max_fragment = 16 * 1024;
    /// What may wait unsent: a record, and the answers to what a peer may ask for while it reads nothing.
    static constexpr std::size_t max_unsent = 64 * 1024;
    /// What may arrive without a byte for the application in it: a record is shorter.
    static constexpr std::size_t max_idle_input = 64 * 1024;

    /// `contexts` live until the handshake is complete. Throws `system_error` if OpenSSL cannot make the connection's state.
    explicit openssl_engine(std::shared_ptr<const tls_context_set> contexts);
    openssl_engine(const openssl_engine&) = delete;
    openssl_engine& operator=(const openssl_engine&) = delete;

    void feed(std::span<const char> bytes) noexcept override;
    bool handshake(wire& out, error_code& ec) override;
    std::size_t read(wire& out, std::span<char> to, error_code& ec) override;
    bool wants_input() const noexcept override { return wants_input_; }
    std::size_t write(wire& out, std::span<const std::string_view> bytes, error_code& ec) override;
    bool flush(wire& out, error_code& ec) override;
    bool unsent() const noexcept override { return !unsent_.empty(); }
    void shutdown(wire& out) noexcept override;
    std::shared_ptr<const tls_peer> peer() const override;
    bool saw_plain_http() const noexcept override { return saw_plain_http_; }

private:
    struct bio_calls;
    class call; // one call into OpenSSL

    static const BIO_METHOD* bio_method();
    int bio_read(char* to, int size) noexcept;
    int bio_write(const char* data, int size) noexcept;
    std::size_t write_record(std::string_view data, error_code& ec);
    error_code failure(int result) noexcept;
    void keep_rest();

    std::shared_ptr<const tls_context_set> contexts_; // of which one is chosen in the handshake
    ssl_ptr ssl_;
    std::span<const char> input_; // of the caller's
    std::vector<char> kept_;      // what was not used of it: begins at `kept_used_`
    std::size_t kept_used_ = 0;
    std::vector<char> unsent_; // begins at `unsent_sent_`
    std::size_t unsent_sent_ = 0;
    wire* out_ = nullptr; // during a call
    error_code wire_error_;
    std::size_t idle_input_ = 0; // since the last byte for the application
    bool wants_input_ = false;
    bool saw_plain_http_ = false;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/tls/openssl_engine.ipp>
#endif

#endif

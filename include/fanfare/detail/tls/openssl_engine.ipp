// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_TLS_OPENSSL_ENGINE_IPP
#define FANFARE_DETAIL_TLS_OPENSSL_ENGINE_IPP

#include <fanfare/detail/tls/certificate_reader.hpp>
#include <fanfare/detail/tls/openssl_engine.hpp>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace fanfare::detail {

// What OpenSSL calls. Nothing that throws may pass through it.
struct openssl_engine::bio_calls {
    static openssl_engine& engine_of(BIO* bio) noexcept
    {
        return *static_cast<openssl_engine*>(BIO_get_data(bio));
    }

    static int read(BIO* bio, char* to, int size) noexcept
    {
        BIO_clear_retry_flags(bio);
        const int n = engine_of(bio).bio_read(to, size);
        if (n < 0)
            BIO_set_retry_read(bio);
        return n;
    }

    static int write(BIO* bio, const char* data, int size) noexcept
    {
        BIO_clear_retry_flags(bio);
        return engine_of(bio).bio_write(data, size);
    }

    static long control(BIO*, int command, long, void*) noexcept { return command == BIO_CTRL_FLUSH ? 1 : 0; }
};

FANFARE_DECL const BIO_METHOD* openssl_engine::bio_method()
{
    // Never freed: connections of other static objects may outlive it.
    static BIO_METHOD* const method = [] {
        auto* made = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "fanfare");
        if (made) {
            BIO_meth_set_read(made, &bio_calls::read);
            BIO_meth_set_write(made, &bio_calls::write);
            BIO_meth_set_ctrl(made, &bio_calls::control);
        }
        return made;
    }();
    return method;
}

// Sets and resets what a call into OpenSSL needs. The queue of errors is the thread's: it must be empty before.
class openssl_engine::call {
public:
    call(openssl_engine& engine, wire& out) : engine_{engine}
    {
        ERR_clear_error();
        engine_.out_ = &out;
    }
    ~call() { engine_.out_ = nullptr; }
    call(const call&) = delete;
    call& operator=(const call&) = delete;

private:
    openssl_engine& engine_;
};

FANFARE_DECL openssl_engine::openssl_engine(std::shared_ptr<const tls_context_set> contexts)
    : contexts_{std::move(contexts)}
{
    ERR_clear_error();
    ssl_.reset(SSL_new(contexts_->contexts.front().get()));
    bio_ptr bio{bio_method() ? BIO_new(bio_method()) : nullptr};
    if (!ssl_ || !bio)
        throw boost::system::system_error{take_openssl_error(), "cannot make a TLS connection"};
    BIO_set_data(bio.get(), this);
    BIO_set_init(bio.get(), 1);
    auto* both = bio.release();
    SSL_set_bio(ssl_.get(), both, both);
    SSL_set_accept_state(ssl_.get());
    // A record is written whole or kept here, so a write never has to be repeated with the same bytes.
    SSL_set_mode(ssl_.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                 SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_AUTO_RETRY);
    SSL_set_read_ahead(ssl_.get(), 1);
    SSL_set_options(ssl_.get(), SSL_OP_NO_RENEGOTIATION);
}

FANFARE_DECL void openssl_engine::feed(std::span<const char> bytes) noexcept
{
    input_ = bytes;
    idle_input_ += bytes.size();
    wants_input_ = false;
}

FANFARE_DECL int openssl_engine::bio_read(char* to, int size) noexcept
{
    const auto wanted = static_cast<std::size_t>(size);
    if (kept_used_ != kept_.size()) {
        const auto n = std::min(wanted, kept_.size() - kept_used_);
        std::memcpy(to, kept_.data() + kept_used_, n);
        kept_used_ += n;
        return static_cast<int>(n);
    }
    if (input_.empty())
        return -1;
    const auto n = std::min(wanted, input_.size());
    std::memcpy(to, input_.data(), n);
    input_ = input_.subspan(n);
    return static_cast<int>(n);
}

// Takes everything, as long as that is not too much, so that OpenSSL never has half a record to send again.
FANFARE_DECL int openssl_engine::bio_write(const char* data, int size) noexcept
{
    try {
        std::string_view rest{data, static_cast<std::size_t>(size)};
        if (unsent_.empty()) {
            rest.remove_prefix(out_->send(rest, wire_error_));
            if (wire_error_)
                return -1;
        }
        if (unsent_.size() + rest.size() > max_unsent) {
            wire_error_ = asio::error::no_buffer_space;
            return -1;
        }
        unsent_.insert(unsent_.end(), rest.begin(), rest.end());
        return size;
    } catch (...) { // no memory
        wire_error_ = asio::error::no_memory;
        return -1;
    }
}

// What OpenSSL has not taken of the input. It reads ahead, so that there is something only after a very short record.
FANFARE_DECL void openssl_engine::keep_rest()
{
    if (kept_used_ == kept_.size()) {
        kept_ = {};
        kept_used_ = 0;
    }
    kept_.insert(kept_.end(), input_.begin(), input_.end());
    input_ = {};
}

// The error behind a result that is no success; none if more input is needed.
FANFARE_DECL error_code openssl_engine::failure(int result) noexcept
{
    switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ: return {};
    case SSL_ERROR_ZERO_RETURN: return asio::error::eof;
    default: break;
    }
    if (wire_error_)
        return wire_error_;
    const auto code = ERR_peek_error();
    saw_plain_http_ = ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == SSL_R_HTTP_REQUEST;
    const auto ec = take_openssl_error();
    return ec ? ec : error_code{asio::error::connection_aborted};
}

FANFARE_DECL bool openssl_engine::handshake(wire& out, error_code& ec)
{
    const call scope{*this, out};
    const int result = SSL_do_handshake(ssl_.get());
    if (result != 1)
        ec = failure(result);
    else
        contexts_ = nullptr; // OpenSSL keeps the one that was chosen
    idle_input_ = 0;
    wants_input_ = false; // what comes after it may be here already
    keep_rest();
    return result == 1;
}

FANFARE_DECL std::size_t openssl_engine::read(wire& out, std::span<char> to, error_code& ec)
{
    const call scope{*this, out};
    std::size_t n = 0;
    const int result = SSL_read_ex(ssl_.get(), to.data(), to.size(), &n);
    if (result != 1) {
        n = 0;
        ec = failure(result);
        wants_input_ = !ec;
        if (!ec && idle_input_ > max_idle_input)
            ec = asio::error::connection_aborted;
    } else {
        idle_input_ = 0;
    }
    keep_rest();
    return n;
}

FANFARE_DECL std::size_t openssl_engine::write_record(std::string_view data, error_code& ec)
{
    std::size_t n = 0;
    const int result = SSL_write_ex(ssl_.get(), data.data(), data.size(), &n);
    if (result == 1)
        return n;
    ec = failure(result);
    if (!ec) // OpenSSL wants to read first, since the peer has sent half a message of the protocol's own
        ec = asio::error::connection_aborted;
    return 0;
}

// Where a write is in what it has to write.
class write_position {
public:
    explicit write_position(std::span<const std::string_view> bytes) : bytes_{bytes} { skip(0); }

    bool at_end() const noexcept { return bytes_.empty(); }

    // As much as fits into a record. Short buffers are copied into `to`, so that they are one record.
    std::string_view next(std::span<char> to) const
    {
        const auto first = bytes_.front().substr(used_);
        if (bytes_.size() == 1 || first.size() >= to.size())
            return first.substr(0, to.size());
        std::size_t n = 0;
        for (std::size_t i = 0; i != bytes_.size() && n != to.size(); ++i) {
            const auto part = i == 0 ? first : bytes_[i];
            n += part.copy(to.data() + n, to.size() - n);
        }
        return {to.data(), n};
    }

    void skip(std::size_t n) noexcept
    {
        for (used_ += n; !bytes_.empty() && used_ >= bytes_.front().size(); bytes_ = bytes_.subspan(1))
            used_ -= bytes_.front().size();
    }

private:
    std::span<const std::string_view> bytes_;
    std::size_t used_ = 0; // of the first
};

FANFARE_DECL std::size_t openssl_engine::write(wire& out, std::span<const std::string_view> bytes, error_code& ec)
{
    if (!flush(out, ec))
        return 0;
    const call scope{*this, out};
    std::array<char, max_fragment> record;
    std::size_t total = 0;
    for (write_position at{bytes}; !at.at_end() && !unsent();) {
        const auto n = write_record(at.next(record), ec);
        if (ec)
            break;
        at.skip(n);
        total += n;
    }
    return total;
}

FANFARE_DECL bool openssl_engine::flush(wire& out, error_code& ec)
{
    if (unsent_.empty())
        return true;
    unsent_sent_ += out.send({unsent_.data() + unsent_sent_, unsent_.size() - unsent_sent_}, ec);
    if (unsent_sent_ != unsent_.size())
        return false;
    unsent_ = {}; // with its memory
    unsent_sent_ = 0;
    return true;
}

FANFARE_DECL void openssl_engine::shutdown(wire& out) noexcept
{
    const call scope{*this, out};
    SSL_shutdown(ssl_.get()); // what it answers is of no use: nobody waits for the peer's
    ERR_clear_error();
}

FANFARE_DECL std::shared_ptr<const tls_peer> openssl_engine::peer() const
{
    auto made = std::make_shared<tls_peer>();
    made->version = SSL_get_version(ssl_.get());
    made->cipher = SSL_get_cipher_name(ssl_.get());
    if (const auto* name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name))
        made->server_name = name;
    made->resumed = SSL_session_reused(ssl_.get()) != 0;
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
    const x509_ptr certificate{SSL_get1_peer_certificate(ssl_.get())};
#else
    const x509_ptr certificate{SSL_get_peer_certificate(ssl_.get())};
#endif
    if (certificate && SSL_get_verify_result(ssl_.get()) == X509_V_OK)
        made->certificate = read_certificate(*certificate);
    return made;
}

} // namespace fanfare::detail

#endif

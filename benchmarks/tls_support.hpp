// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_BENCHMARKS_TLS_SUPPORT_HPP
#define FANFARE_BENCHMARKS_TLS_SUPPORT_HPP

// TLS for the benchmarks: the servers' context, with a certificate made on the spot, and the clients' half of a
// connection, without a socket. A program without OpenSSL refuses `--tls`.

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#if defined(FANFARE_WITH_SSL)
#include <boost/asio/ssl/context.hpp>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#endif

namespace bench {

#if defined(FANFARE_WITH_SSL)

inline void demand(bool good)
{
    if (!good)
        throw std::runtime_error{"OpenSSL failed"};
}

/// The same for both servers: TLS 1.3, P-256, sessions in tickets.
inline boost::asio::ssl::context server_tls()
{
    boost::asio::ssl::context context{boost::asio::ssl::context::tls_server};
    std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> how{EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nullptr),
                                                                    &EVP_PKEY_CTX_free};
    EVP_PKEY* key = nullptr;
    demand(how && EVP_PKEY_keygen_init(how.get()) == 1 &&
           EVP_PKEY_CTX_set_ec_paramgen_curve_nid(how.get(), NID_X9_62_prime256v1) == 1 &&
           EVP_PKEY_keygen(how.get(), &key) == 1);
    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> owned{key, &EVP_PKEY_free};
    std::unique_ptr<X509, decltype(&X509_free)> made{X509_new(), &X509_free};
    demand(made != nullptr);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -60);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), 86'400);
    X509_set_pubkey(made.get(), key);
    demand(X509_sign(made.get(), key, EVP_sha256()) != 0 &&
           SSL_CTX_use_certificate(context.native_handle(), made.get()) == 1 &&
           SSL_CTX_use_PrivateKey(context.native_handle(), key) == 1);
    SSL_CTX_set_session_cache_mode(context.native_handle(), SSL_SESS_CACHE_OFF);
    return context;
}

/// One client's TLS: encrypted bytes in and out.
class client_tls {
public:
    client_tls() : ssl_{SSL_new(context()), &SSL_free}
    {
        SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
        SSL_set_connect_state(ssl_.get());
        SSL_set_mode(ssl_.get(), SSL_MODE_RELEASE_BUFFERS);
    }

    bool ready() const { return SSL_is_init_finished(ssl_.get()) != 0; }
    /// Goes on with the handshake.
    void go_on() { SSL_do_handshake(ssl_.get()); }
    void encrypt(std::string_view text)
    {
        demand(SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size())) > 0);
    }
    void put(std::string_view bytes)
    {
        demand(BIO_write(SSL_get_rbio(ssl_.get()), bytes.data(), static_cast<int>(bytes.size())) > 0);
    }
    /// Calls `f` with what has been decrypted.
    template <class F>
    void each(F f)
    {
        char text[16 * 1024];
        for (int n = 0; (n = SSL_read(ssl_.get(), text, sizeof text)) > 0;)
            f(std::string_view{text, static_cast<std::size_t>(n)});
    }
    /// What must be sent.
    std::string take()
    {
        char* data = nullptr;
        auto* bio = SSL_get_wbio(ssl_.get());
        std::string bytes;
        if (const auto n = BIO_get_mem_data(bio, &data); n > 0)
            bytes.assign(data, static_cast<std::size_t>(n));
        static_cast<void>(BIO_reset(bio));
        return bytes;
    }

private:
    static SSL_CTX* context()
    {
        static const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> made{SSL_CTX_new(TLS_client_method()),
                                                                            &SSL_CTX_free};
        return made.get();
    }

    std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
};

#else

class client_tls {
public:
    client_tls() { throw std::runtime_error{"--tls: this program was built without TLS (FANFARE_WITH_SSL)"}; }
    bool ready() const { return false; }
    void go_on() {}
    void encrypt(std::string_view) {}
    void put(std::string_view) {}
    template <class F>
    void each(F)
    {}
    std::string take() { return {}; }
};

#endif

} // namespace bench

#endif

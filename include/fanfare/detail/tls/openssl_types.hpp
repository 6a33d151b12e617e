// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_TLS_OPENSSL_TYPES_HPP
#define FANFARE_DETAIL_TLS_OPENSSL_TYPES_HPP

#include <fanfare/config.hpp>

#include <boost/asio/ssl/error.hpp>

#include <memory>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#if OPENSSL_VERSION_NUMBER < 0x10101000L
#error "Fanfare needs OpenSSL 1.1.1 or later"
#endif

namespace fanfare::detail {

struct openssl_deleter {
    void operator()(SSL* p) const noexcept { SSL_free(p); }
    void operator()(SSL_CTX* p) const noexcept { SSL_CTX_free(p); }
    void operator()(X509* p) const noexcept { X509_free(p); }
    void operator()(BIO* p) const noexcept { BIO_free(p); }
    void operator()(GENERAL_NAMES* p) const noexcept { GENERAL_NAMES_free(p); }
    void operator()(unsigned char* p) const noexcept { OPENSSL_free(p); }
};
using ssl_ptr = std::unique_ptr<SSL, openssl_deleter>;
using ssl_ctx_ptr = std::unique_ptr<SSL_CTX, openssl_deleter>;
using x509_ptr = std::unique_ptr<X509, openssl_deleter>;
using bio_ptr = std::unique_ptr<BIO, openssl_deleter>;

/// Takes the oldest error of this thread's queue, and empties it: what stays would be found by the next call.
inline error_code take_openssl_error() noexcept
{
    const auto code = ERR_get_error();
    ERR_clear_error();
    return {static_cast<int>(code), asio::error::get_ssl_category()};
}

} // namespace fanfare::detail

#endif

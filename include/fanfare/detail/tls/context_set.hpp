// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_TLS_CONTEXT_SET_HPP
#define FANFARE_DETAIL_TLS_CONTEXT_SET_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/tls/openssl_types.hpp>
#include <fanfare/tls_options.hpp>

#include <memory>
#include <string>
#include <vector>

namespace fanfare::detail {

/// The contexts of OpenSSL for one set of files: one for each certificate, the first of them chosen where no other is.
struct tls_context_set {
    std::vector<ssl_ctx_ptr> contexts;

    /// The context whose certificate is for this host, or null.
    SSL_CTX* find(const char* server_name) const noexcept;
};

/// Reads the files. Throws `system_error`, which names what cannot be used.
std::shared_ptr<tls_context_set> make_context_set(const tls_options& options);

/// Copies the keys of session tickets from the first context of `from` to all of `to`, which may be the same set: then a
/// client can resume what began with another certificate, or before a reload. Throws `system_error`.
void share_ticket_keys(const tls_context_set& from, const tls_context_set& to);

/// Throws `system_error` with `invalid_config` and this sentence.
[[noreturn]] void fail_tls_config(const std::string& why);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/tls/context_set.ipp>
#endif

#endif

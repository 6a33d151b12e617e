// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TLS_OPTIONS_HPP
#define FANFARE_TLS_OPTIONS_HPP

#include <fanfare/config.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace fanfare {

/// Where a certificate and its key are: in regular files, which `tls_context::reload` reads again. A pipe (a shell's
/// `<(...)`, `/dev/stdin`), a device and a directory are refused.
struct tls_certificate {
    /// PEM: the server's certificate, and behind it those that lead to the root.
    std::string chain_file{};
    /// PEM: its private key, which must not ask for a password.
    std::string key_file{};
};

/// Whether clients are asked for a certificate (mutual TLS).
enum class client_certificates {
    none,     ///< They are not asked.
    optional, ///< They are asked; who has none gets in, and the authenticator decides.
    required, ///< Who has none is refused in the handshake.
};

/// How a server speaks TLS; see `tls_context`.
struct tls_options {
    /// At least one. The first is for clients that name no host, or one that no certificate is for; the others are chosen
    /// by the name that the client asks for (SNI, RFC 6066 section 3), which must be among a certificate's names, or be
    /// its common name if it has none of type DNS.
    std::vector<tls_certificate> certificates;
    client_certificates clients = client_certificates::none;
    /// PEM: the authorities whose certificates clients may have; a regular file. Must be set where clients are asked.
    std::string client_ca_file{};
    /// The ciphers of TLS 1.2 in OpenSSL's form; by default those with forward secrecy and AEAD.
    std::string ciphers{};
    /// The cipher suites of TLS 1.3 in OpenSSL's form; by default OpenSSL's own.
    std::string cipher_suites{};
    /// Whether clients may resume sessions by tickets (RFC 8446 section 4.6.1; RFC 5077), which spares them and the server
    /// most of a handshake. Never where clients are asked for certificates: these are looked at in each handshake.
    bool session_tickets = true;
};

} // namespace fanfare

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TLS_PEER_HPP
#define FANFARE_TLS_PEER_HPP

#include <fanfare/config.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace fanfare {

/// A client's certificate, which has been verified against `tls_options::client_ca_file`. A plain value.
struct client_certificate {
    /// The distinguished name of its subject, as RFC 2253 writes it: `CN=device-17,O=Example`.
    std::string subject{};
    /// The subject's common name; empty if there is none or more than one.
    std::string common_name{};
    /// Its alternative names (RFC 5280 section 4.2.1.6): of type DNS, email and URI.
    std::vector<std::string> dns_names{};
    std::vector<std::string> email_addresses{};
    std::vector<std::string> uris{};
    /// SHA-256 over the whole certificate, as 64 hexadecimal digits in lower case.
    std::string fingerprint{};
    /// The certificate in PEM, for what is not here.
    std::string pem{};
};

/// What a TLS handshake settled about a connection. A plain value.
struct tls_peer {
    /// `TLSv1.3` or `TLSv1.2`.
    std::string version{};
    /// The cipher suite, as OpenSSL names it.
    std::string cipher{};
    /// The host that the client asked for (RFC 6066 section 3), as it wrote it; empty if it named none.
    std::string server_name{};
    /// Whether an earlier session was resumed.
    bool resumed = false;
    /// Nothing if the client was not asked for one, or had none.
    std::optional<client_certificate> certificate{};
};

} // namespace fanfare

#endif

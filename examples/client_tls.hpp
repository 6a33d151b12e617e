// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_EXAMPLES_CLIENT_TLS_HPP
#define FANFARE_EXAMPLES_CLIENT_TLS_HPP

#include "command_line.hpp"

#if defined(FANFARE_WITH_SSL)
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/verify_mode.hpp>
#include <boost/system/error_code.hpp>
#endif

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace demo {

/// What a client speaks TLS with; no TLS without `ca`. The names of files in PEM.
struct client_tls_files {
    std::string ca{}; ///< The authorities that a server's certificate must lead to.
    std::string
        certificate{}; ///< The client's own, for a server that asks for one; with those that lead to the root.
    std::string key{}; ///< Its private key, which must not ask for a password.
};

/// Takes the value of PREFIX-ca, PREFIX-cert or PREFIX-key; answers whether it was one of them.
inline bool parse_client_tls(std::string_view prefix, std::string_view option, command_line& words,
                             client_tls_files& to)
{
    if (!option.starts_with(prefix))
        return false;
    const auto which = option.substr(prefix.size());
    auto* file = which == "-ca"     ? &to.ca
                 : which == "-cert" ? &to.certificate
                 : which == "-key"  ? &to.key
                                    : nullptr;
    if (file)
        *file = words.value();
    return file != nullptr;
}

/// Which of these options need which. Throws `std::invalid_argument`.
inline void check_client_tls(const std::string& prefix, const client_tls_files& files)
{
    need_each_other(prefix + "-cert", files.certificate, prefix + "-key", files.key);
    if (files.ca.empty() && !files.certificate.empty())
        throw std::invalid_argument(prefix + "-cert: needs " + prefix +
                                    "-ca, the authority of the server's certificate");
#if !defined(FANFARE_WITH_SSL)
    if (!files.ca.empty())
        throw std::invalid_argument(prefix + "-ca: this program was built without TLS (FANFARE_WITH_SSL)");
#endif
}

#if defined(FANFARE_WITH_SSL)

/// TLS 1.2 or later, with a server whose certificate leads to `files.ca`. Which name it must have is the caller's to
/// say. Throws `std::invalid_argument`, which names the file that cannot be used, and why.
inline boost::asio::ssl::context client_tls(const client_tls_files& files)
{
    namespace ssl = boost::asio::ssl;
    ssl::context made{ssl::context::tls_client};
    made.set_options(ssl::context::default_workarounds | ssl::context::no_compression);
    SSL_CTX_set_min_proto_version(made.native_handle(), TLS1_2_VERSION);
    made.set_verify_mode(ssl::verify_peer);
    // OpenSSL would ask the terminal.
    made.set_password_callback([](std::size_t, ssl::context::password_purpose) { return std::string{}; });
    const auto done = [](const std::string& file, const boost::system::error_code& ec) {
        if (ec)
            throw std::invalid_argument(file + ": " + ec.message());
    };
    boost::system::error_code ec;
    done(files.ca, made.load_verify_file(files.ca, ec));
    if (!files.certificate.empty()) {
        done(files.certificate, made.use_certificate_chain_file(files.certificate, ec));
        done(files.key, made.use_private_key_file(files.key, ssl::context::pem, ec));
    }
    return made;
}

#endif

} // namespace demo

#endif

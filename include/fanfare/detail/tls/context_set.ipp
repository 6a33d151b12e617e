// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_TLS_CONTEXT_SET_IPP
#define FANFARE_DETAIL_TLS_CONTEXT_SET_IPP

#include <fanfare/detail/base/regular_file.hpp>
#include <fanfare/detail/tls/context_set.hpp>
#include <fanfare/error.hpp>

#include <boost/system/system_error.hpp>

#include <cstddef>
#include <openssl/x509v3.h>
#include <string>
#include <string_view>

namespace fanfare::detail {

[[noreturn]] FANFARE_DECL void fail_tls_config(const std::string& why)
{
    throw boost::system::system_error{error::invalid_config, "TLS: " + why};
}

// OpenSSL's reason, behind what was being done.
[[noreturn]] inline void fail_openssl(const std::string& what)
{
    const auto ec = take_openssl_error();
    fail_tls_config(what + ": " + (ec ? ec.message() : "no reason given"));
}

// RFC 7301 section 3.2: HTTP/1.1 is what is spoken; a client that wants others only is told so.
inline int select_alpn(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* offered,
                       unsigned offered_size, void*)
{
    static constexpr std::string_view spoken = "http/1.1";
    for (unsigned at = 0; at < offered_size; at += 1U + offered[at]) {
        const std::string_view one{reinterpret_cast<const char*>(offered) + at + 1, offered[at]};
        if (one == spoken) {
            *out = offered + at + 1;
            *out_size = offered[at];
            return SSL_TLSEXT_ERR_OK;
        }
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

// Called in each handshake, whether the client names a host or not.
inline int choose_certificate(SSL* ssl, int*, void* set)
{
    const auto* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    if (!name)
        return SSL_TLSEXT_ERR_NOACK;
    if (auto* chosen = static_cast<const tls_context_set*>(set)->find(name))
        SSL_set_SSL_CTX(ssl, chosen);
    return SSL_TLSEXT_ERR_OK;
}

FANFARE_DECL SSL_CTX* tls_context_set::find(const char* server_name) const noexcept
{
    for (const auto& one : contexts)
        if (X509_check_host(SSL_CTX_get0_certificate(one.get()), server_name, 0, 0, nullptr) == 1)
            return one.get();
    return nullptr;
}

// What is to be read there, in words.
inline void require_file(const std::string& what, const std::string& file)
{
    if (const auto fault = fault_of_file(file); !fault.empty())
        fail_tls_config("cannot use the " + what + " of " + file + ": " + fault);
}

inline void load_certificate(SSL_CTX& context, const tls_certificate& files)
{
    require_file("certificates", files.chain_file);
    require_file("private key", files.key_file);
    // Nobody is there to type one in, and OpenSSL would ask on the terminal.
    SSL_CTX_set_default_passwd_cb(&context, [](char*, int, int, void*) { return -1; });
    if (SSL_CTX_use_certificate_chain_file(&context, files.chain_file.c_str()) != 1)
        fail_openssl("cannot use the certificates of " + files.chain_file);
    if (SSL_CTX_use_PrivateKey_file(&context, files.key_file.c_str(), SSL_FILETYPE_PEM) != 1)
        fail_openssl("cannot use the private key of " + files.key_file);
    if (SSL_CTX_check_private_key(&context) != 1)
        fail_openssl("the key of " + files.key_file + " does not belong to the certificate of " +
                     files.chain_file);
}

inline void ask_for_certificates(SSL_CTX& context, const tls_options& options)
{
    if (options.clients == client_certificates::none)
        return;
    require_file("authorities", options.client_ca_file);
    if (SSL_CTX_load_verify_locations(&context, options.client_ca_file.c_str(), nullptr) != 1)
        fail_openssl("cannot use the authorities of " + options.client_ca_file);
    SSL_CTX_set_client_CA_list(&context, SSL_load_client_CA_file(options.client_ca_file.c_str()));
    const int mode = options.clients == client_certificates::required
                         ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
                         : SSL_VERIFY_PEER;
    SSL_CTX_set_verify(&context, mode, nullptr);
}

inline void set_ciphers(SSL_CTX& context, const tls_options& options)
{
    const std::string ciphers = options.ciphers.empty() ? "ECDHE+AESGCM:ECDHE+CHACHA20" : options.ciphers;
    if (SSL_CTX_set_cipher_list(&context, ciphers.c_str()) != 1)
        fail_openssl("no cipher of " + ciphers + " is known");
    if (!options.cipher_suites.empty() && SSL_CTX_set_ciphersuites(&context, options.cipher_suites.c_str()) != 1)
        fail_openssl("the cipher suites " + options.cipher_suites + " are not known");
}

inline ssl_ctx_ptr make_context(const tls_options& options, const tls_certificate& files)
{
    ERR_clear_error();
    ssl_ctx_ptr context{SSL_CTX_new(TLS_server_method())};
    if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1)
        fail_openssl("cannot make a context");
    SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                           SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    // Sessions live in the clients' tickets: a cache here would grow with the number of clients.
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    // A ticket would let a client in whose certificate has expired, or whose authority is trusted no more.
    if (!options.session_tickets || options.clients != client_certificates::none) {
        SSL_CTX_set_options(context.get(), SSL_OP_NO_TICKET);
        SSL_CTX_set_num_tickets(context.get(), 0);
    }
    static constexpr unsigned char id[] = "fanfare";
    SSL_CTX_set_session_id_context(context.get(), id, sizeof id - 1);
    SSL_CTX_set_alpn_select_cb(context.get(), &select_alpn, nullptr);
    set_ciphers(*context, options);
    load_certificate(*context, files);
    ask_for_certificates(*context, options);
    return context;
}

inline void copy_ticket_keys(SSL_CTX& from, SSL_CTX& to)
{
    std::vector<unsigned char> keys(static_cast<std::size_t>(SSL_CTX_get_tlsext_ticket_keys(&from, nullptr, 0)));
    const bool copied = SSL_CTX_get_tlsext_ticket_keys(&from, keys.data(), static_cast<long>(keys.size())) == 1 &&
                        SSL_CTX_set_tlsext_ticket_keys(&to, keys.data(), static_cast<long>(keys.size())) == 1;
    OPENSSL_cleanse(keys.data(), keys.size());
    if (!copied)
        fail_openssl("cannot share the keys of the session tickets");
}

FANFARE_DECL void share_ticket_keys(const tls_context_set& from, const tls_context_set& to)
{
    for (const auto& one : to.contexts)
        if (one != from.contexts.front())
            copy_ticket_keys(*from.contexts.front(), *one);
}

inline void check(const tls_options& options)
{
    if (options.certificates.empty())
        fail_tls_config("there is no certificate");
    for (const auto& one : options.certificates)
        if (one.chain_file.empty() || one.key_file.empty())
            fail_tls_config("a certificate needs chain_file and key_file");
    if (options.clients != client_certificates::none && options.client_ca_file.empty())
        fail_tls_config("clients are asked for certificates, and client_ca_file is not set");
}

FANFARE_DECL std::shared_ptr<tls_context_set> make_context_set(const tls_options& options)
{
    check(options);
    auto made = std::make_shared<tls_context_set>();
    for (const auto& files : options.certificates)
        made->contexts.push_back(make_context(options, files));
    auto* first = made->contexts.front().get();
    SSL_CTX_set_tlsext_servername_callback(first, &choose_certificate);
    SSL_CTX_set_tlsext_servername_arg(first, made.get());
    share_ticket_keys(*made, *made);
    return made;
}

} // namespace fanfare::detail

#endif

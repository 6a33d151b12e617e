// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "mqtt_tls.hpp"

#include <mosquitto.h>

#if defined(FANFARE_WITH_SSL)
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#endif

#include <new>
#include <stdexcept>
#include <utility>

namespace demo {

#if defined(FANFARE_WITH_SSL)

namespace {

// libmosquitto frees its SSL before it returns, and makes the first step of the handshake while it still connects: so
// what the verification says is noted here.
thread_local const char* refusal = nullptr;

int note_refusal(int good, X509_STORE_CTX* store)
{
    if (good == 0)
        refusal = X509_verify_cert_error_string(X509_STORE_CTX_get_error(store));
    return good;
}

int host_index()
{
    static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

// libmosquitto asks for the address (SNI). Brokers of several names want the name; addresses are none (RFC 6066).
void name_host(const SSL* ssl, int where, int)
{
    if ((where & SSL_CB_HANDSHAKE_START) != 0)
        SSL_set_tlsext_host_name(const_cast<SSL*>(ssl), SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), host_index()));
}

SSL* tls_of(mosquitto* client)
{
    return static_cast<SSL*>(mosquitto_ssl_get(client));
}

} // namespace

mqtt_tls::mqtt_tls(const client_tls_files& files, std::string host)
    : host_{std::move(host)}, context_{client_tls(files)}
{
    auto* context = context_.native_handle();
    auto* wanted = SSL_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    const bool address = X509_VERIFY_PARAM_set1_ip_asc(wanted, host_.c_str()) == 1;
    // To OpenSSL an empty name is none to check.
    if (!address && (host_.empty() || X509_VERIFY_PARAM_set1_host(wanted, host_.data(), host_.size()) != 1))
        throw std::invalid_argument("--mqtt: no certificate can be for the host '" + host_ + "'");
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, note_refusal);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
    auto* name = address ? nullptr : const_cast<char*>(host_.c_str());
    if (SSL_CTX_set_ex_data(context, host_index(), name) != 1)
        throw std::bad_alloc{};
    SSL_CTX_set_info_callback(context, name_host);
}

int mqtt_tls::apply(mosquitto* client)
{
    // Without its defaults it verifies nothing by itself, and leaves our context as it is; it takes a reference.
    const int code = mosquitto_int_option(client, MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 0);
    return code == MOSQ_ERR_SUCCESS ? mosquitto_void_option(client, MOSQ_OPT_SSL_CTX, context_.native_handle())
                                    : code;
}

bool mqtt_tls::spoken(mosquitto* client)
{
    return tls_of(client) != nullptr;
}

bool mqtt_tls::handshaking(mosquitto* client)
{
    const auto* tls = tls_of(client);
    return tls && !SSL_is_init_finished(tls);
}

bool mqtt_tls::bytes_wait(mosquitto* client)
{
    const auto* tls = tls_of(client);
    return tls && SSL_pending(tls) > 0;
}

bool mqtt_tls::wants_write(mosquitto* client)
{
    const auto* tls = tls_of(client);
    return tls && SSL_want_write(tls);
}

std::string mqtt_tls::take_refusal()
{
    const auto* why = std::exchange(refusal, nullptr);
    return why ? why : "";
}

#else

mqtt_tls::mqtt_tls(const client_tls_files&, std::string host) : host_{std::move(host)}
{
    throw std::invalid_argument("--mqtt-tls-ca: this program was built without TLS (FANFARE_WITH_SSL)");
}

int mqtt_tls::apply(mosquitto*)
{
    return MOSQ_ERR_NOT_SUPPORTED;
}

bool mqtt_tls::spoken(mosquitto*)
{
    return false;
}

bool mqtt_tls::handshaking(mosquitto*)
{
    return false;
}

bool mqtt_tls::bytes_wait(mosquitto*)
{
    return false;
}

bool mqtt_tls::wants_write(mosquitto*)
{
    return false;
}

std::string mqtt_tls::take_refusal()
{
    return {};
}

#endif

} // namespace demo

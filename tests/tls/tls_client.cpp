// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "tls/tls_client.hpp"

#include "support/client.ipp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include <openssl/x509v3.h>

namespace fanfare::test {

template class basic_client<client_stream>;

namespace {

asio::ssl::context context_for(const client_tls& how)
{
    asio::ssl::context tls{asio::ssl::context::tls_client};
    if (!how.ca_file.empty()) {
        tls.load_verify_file(how.ca_file);
        tls.set_verify_mode(asio::ssl::verify_peer);
    }
    if (!how.certificate.chain.empty()) {
        tls.use_certificate_chain_file(how.certificate.chain);
        tls.use_private_key_file(how.certificate.key, asio::ssl::context::pem);
    }
    auto* context = tls.native_handle();
    if (how.max_version != 0) {
        SSL_CTX_set_min_proto_version(context, 0);
        SSL_CTX_set_max_proto_version(context, how.max_version);
        SSL_CTX_set_security_level(context, 0);
    }
    if (!how.ciphers.empty())
        SSL_CTX_set_cipher_list(context, how.ciphers.c_str());
    if (!how.alpn.empty()) {
        const auto wire = static_cast<char>(how.alpn.size()) + how.alpn;
        SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(wire.data()),
                                static_cast<unsigned>(wire.size()));
    }
    return tls;
}

} // namespace

tls_connection::tls_connection(std::uint16_t port, const client_tls& how, SSL_SESSION* session, int receive_buffer)
    : tls{context_for(how)}
{
    if (!how.server_name.empty())
        SSL_set_tlsext_host_name(ssl(), how.server_name.c_str());
    if (session)
        SSL_set_session(ssl(), session);
    auto& socket = channel.next_layer();
    socket.open(tcp::v4());
    if (receive_buffer != 0)
        socket.set_option(asio::socket_base::receive_buffer_size{receive_buffer});
    socket.connect({asio::ip::address_v4::loopback(), port});
    socket.set_option(tcp::no_delay{true});
    asio::write(socket, asio::buffer(how.before));
    channel.handshake(asio::ssl::stream_base::client);
}

std::string server_names_of(SSL* ssl)
{
    std::string all;
    auto* certificate = SSL_get_peer_certificate(ssl);
    auto* names =
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
    for (int i = 0; i != sk_GENERAL_NAME_num(names); ++i) {
        const auto* text = sk_GENERAL_NAME_value(names, i)->d.ia5;
        all += (all.empty() ? "" : ",") + std::string{reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                                                      static_cast<std::size_t>(ASN1_STRING_length(text))};
    }
    GENERAL_NAMES_free(names);
    X509_free(certificate);
    return all;
}

std::string tls_connection::alpn()
{
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl(), &name, &size);
    return {reinterpret_cast<const char*>(name), size};
}

http::response<http::string_body> tls_connection::ask(http::request<http::string_body> request)
{
    if (request.count(http::field::host) == 0)
        request.set(http::field::host, "localhost");
    request.prepare_payload();
    http::write(channel, request);
    http::response<http::string_body> answer;
    http::read(channel, buffer_, answer);
    return answer;
}

wss_client::wss_client(std::uint16_t port, const client_options& options, const client_tls& how)
    : tls_connection{port, how, nullptr, options.receive_buffer}, basic_client<client_stream>{context,
                                                                                              std::move(channel)}
{
    handshake(options);
    if (open_)
        hello = next("connected");
}

} // namespace fanfare::test

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_TLS_TLS_CLIENT_HPP
#define FANFARE_TESTS_TLS_TLS_CLIENT_HPP

#include "support/client.hpp"
#include "tls/certificates.hpp"

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include <cstdint>
#include <string>

namespace fanfare::test {

using client_stream = asio::ssl::stream<tcp::socket>;
extern template class basic_client<client_stream>;

// How a client speaks TLS.
struct client_tls {
    std::string ca_file{}; // whom it trusts; empty: everybody
    std::string server_name{"localhost"};
    test_authority::files certificate{};
    int max_version = 0;   // 0: the newest
    std::string alpn{};    // one protocol; empty: none is offered
    std::string ciphers{}; // of TLS 1.2
    std::string before{};  // bytes that are sent before the handshake
};

// The names in the server's certificate, with commas between.
std::string server_names_of(SSL* ssl);

// What both kinds of clients begin with: a context, and a connection whose handshake is done.
class tls_connection {
public:
    // Throws `system_error` if the handshake fails. `session`: to be resumed.
    tls_connection(std::uint16_t port, const client_tls& how, SSL_SESSION* session = nullptr,
                   int receive_buffer = 0);

    // Else OpenSSL would not let a session be resumed whose connection has just ended.
    ~tls_connection()
    {
        if (ssl())
            SSL_set_shutdown(ssl(), SSL_SENT_SHUTDOWN);
    }

    asio::io_context context{1};
    asio::ssl::context tls;
    client_stream channel{context, tls};

    std::string server_names() { return server_names_of(ssl()); }
    std::string alpn();
    bool resumed() { return SSL_session_reused(ssl()) != 0; }
    SSL* ssl() { return channel.native_handle(); }

    // Sends a request and reads until the answer's end, which its length tells.
    http::response<http::string_body> ask(http::request<http::string_body> request);
    http::response<http::string_body> get(const std::string& target) { return ask({http::verb::get, target, 11}); }

private:
    beast::flat_buffer buffer_;
};

// A WebSocket client over TLS.
class wss_client : private tls_connection, public basic_client<client_stream> {
public:
    explicit wss_client(std::uint16_t port, const client_options& options = {}, const client_tls& how = {});

    std::string server_names() { return server_names_of(stream().next_layer().native_handle()); }
    json::value hello;
};

} // namespace fanfare::test

#endif

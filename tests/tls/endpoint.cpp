// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// A hub's door in a server of the application's own that speaks TLS.
#include "http/endpoint_support.hpp"
#include "tls/tls_client.hpp"

#include <fanfare/ssl.hpp>

#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

using namespace fanfare;
using namespace fanfare::test;

namespace {

// What a server needs of OpenSSL, in both forms.
struct server_tls {
    explicit server_tls(const test_authority::files& files) : library{{.certificates = {{files.chain, files.key}}}}
    {
        openssl.use_certificate_chain_file(files.chain);
        openssl.use_private_key_file(files.key, asio::ssl::context::pem);
    }
    asio::ssl::context openssl{asio::ssl::context::tls_server};
    tls_context library;
};

template <class Stream>
asio::awaitable<Stream> secured(tcp::socket socket, server_tls& tls)
{
    if constexpr (std::is_same_v<Stream, tls_stream>) {
        Stream stream{std::move(socket), tls.library};
        co_await stream.async_handshake(asio::use_awaitable);
        co_return stream;
    } else {
        Stream stream{std::move(socket), tls.openssl};
        co_await stream.async_handshake(asio::ssl::stream_base::server, asio::use_awaitable);
        co_return stream;
    }
}

// An end without TLS' own shows: it is added to what came.
exchange by_tls(std::uint16_t port)
{
    return [port](std::string_view bytes, std::string_view until) {
        tls_connection c{port, {}};
        asio::write(c.channel, asio::buffer(bytes));
        std::string got;
        while (until.empty() || got.find(until) == std::string::npos) {
            char some[4096];
            error_code ec;
            got.append(some, c.channel.read_some(asio::buffer(some), ec));
            if (ec == asio::error::eof)
                break;
            if (ec)
                return got + " and then: " + ec.message();
        }
        return got;
    };
}

} // namespace

TEMPLATE_TEST_CASE("an own server with TLS refuses and lets in as a server of the library does", "", tls_stream,
                   asio::ssl::stream<tcp::socket>, boost::beast::ssl_stream<boost::beast::tcp_stream>)
{
    test_authority authority;
    server_tls tls{authority.issue("server", "localhost", {"localhost"})};
    door_world w;
    const own_server<TestType> server{w.context(),
                                      [&tls](tcp::socket s) { return secured<TestType>(std::move(s), tls); },
                                      w.template taker<TestType>()};
    check_entry(w, by_tls(server.port()));
    const wss_client full{server.port(), {.target = "/api/v1/ws?user=full"}};
    check_refusals(w, by_tls(server.port()));
    w.stop(); // before what the streams are made of goes
}

TEST_CASE("an endpoint's authenticator sees what the handshake of a tls_stream settled")
{
    test_authority authority;
    server_tls tls{authority.issue("server", "localhost", {"localhost"})};
    world w;
    w.run();
    const endpoint door{w.hub(), {.authenticate = [](const handshake_request& r) {
                            return identity{.user_id = r.tls() ? r.tls()->server_name : "nothing"};
                        }}};
    const own_server<tls_stream> server{w.context(),
                                        [&tls](tcp::socket s) { return secured<tls_stream>(std::move(s), tls); },
                                        [&door](tls_stream s, const auto& request, std::string early) {
                                            door.accept(std::move(s), request, std::move(early));
                                        }};
    const wss_client c{server.port(), {}, {.server_name = "localhost"}};
    CHECK(c.hello.at("user_id").as_string() == "localhost");
    w.stop();
}

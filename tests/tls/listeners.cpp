// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Places with TLS beside others.
#include "http/unix_support.hpp"
#include "tls/tls_world.hpp"

using namespace fanfare;
using namespace fanfare::test;

TEST_CASE("one server has places with TLS, without, and a Unix socket, and what comes by one reaches all")
{
    socket_folder folder;
    const auto path = folder / "hub.sock";
    tls_world t;
    const auto second = t.authority.issue("second", "second", {"second.example"});
    const tls_context other{{.certificates = {{second.chain, second.key}}}};
    server_options options{.listeners = {any_port(), any_port(t.tls), any_port(other), {.unix_path = path}}};
    options.api.admin_key = "secret";
    t.w.serve(options);
    const auto ports = t.w.server().ports();
    REQUIRE(ports.size() == 4);
    client plain{ports[0]};
    wss_client over_tls{ports[1]};
    wss_client with_other{ports[2]};
    CHECK(over_tls.server_names() == "localhost");
    CHECK(with_other.server_names() == "second.example");
    plain.subscribe({"chat:1"});
    over_tls.subscribe({"chat:1"});
    with_other.subscribe({"chat:1"});
    CHECK(unix_http(path, http::verb::post, "/api/v1/publish", R"({"room":"chat:1","type":"n","payload":1})",
                    "secret")
              .result_int() == 200);
    CHECK(plain.next("n") == 1);
    CHECK(over_tls.next("n") == 1);
    CHECK(with_other.next("n") == 1);
    CHECK(http_get(ports[1], "/healthz").result_int() == 400); // plain HTTP, where TLS is spoken
    CHECK_THROWS(tls_connection(ports[0], {}));
}

TEST_CASE("TLS is spoken on an acceptor of the application's as well")
{
    tls_world t;
    t.w.serve({.listens = false});
    asio::io_context elsewhere{1};
    tcp::acceptor opened{elsewhere, {asio::ip::address_v4::loopback(), 0}};
    const auto port = opened.local_endpoint().port();
    t.w.server().listen(std::move(opened), t.tls);
    CHECK(tls_connection{port, {.ca_file = t.authority.ca_file()}}.get("/healthz").result_int() == 200);
}

TEST_CASE("a PROXY header comes before the TLS handshake, and what breaks the protocol ends the connection")
{
    tls_world t;
    server_options options{.proxy_protocol = true, .proxies = {"127.0.0.1"}};
    options.authenticate = [](const handshake_request& request) {
        auto why = make_refusal(error::unauthorized);
        why.message = request.remote_address();
        return auth_result{why};
    };
    t.serve(options);
    const auto ask = [&](const std::string& before) {
        tls_connection c{t.w.port(), {.ca_file = t.authority.ca_file(), .before = before}};
        const auto answer = c.get("/api/v1/sse");
        return json::parse(answer.body()).at("error").at("message");
    };
    CHECK(ask("PROXY TCP6 2001:db8::7 2001:db8::1 40000 443\r\n") == "2001:db8::7");
    const std::string version_2{"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xcb\0\x71\x07\x0a\0\0\x01\x9c\x40\x01\xbb",
                                28};
    CHECK(ask(version_2) == "203.0.113.7");
    CHECK_THROWS(ask(""));
    CHECK_THROWS(ask("PROXY nonsense\r\n"));
    CHECK(t.w.hub().stats().refused == 4);
    CHECK(t.w.hub().stats().tls_handshakes == 2);
}

TEST_CASE("who sends no PROXY header counts among the handshakes under way")
{
    tls_world t;
    t.serve({.proxy_protocol = true, .proxies = {"127.0.0.1"}, .max_tls_handshakes = 1});
    asio::io_context context{1};
    tcp::socket silent{context};
    silent.connect({asio::ip::address_v4::loopback(), t.w.port()});
    asio::write(silent, asio::buffer(std::string{"PROXY"}));
    tls_connection next{t.w.port(), {.ca_file = t.authority.ca_file(), .before = "PROXY UNKNOWN\r\n"}};
    CHECK(next.get("/healthz").result_int() == 200);
    char byte{};
    error_code ec;
    silent.read_some(asio::buffer(&byte, 1), ec);
    CHECK(ec == asio::error::eof); // it has made way
}

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

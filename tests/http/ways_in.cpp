// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// The ways into a hub other than its own server: a Beast server of the application, and streams of any kind.
#include "http/own_server.hpp"
#include "support/client.ipp"

#include <boost/beast/_experimental/test/stream.hpp>

#include <optional>
#include <string>
#include <utility>

using namespace fanfare;
using namespace fanfare::test;

TEST_CASE("an application's own Beast server hands its upgrades over")
{
    world w;
    w.run();
    const own_server<> server{w.context(), [&w](tcp::socket socket, const auto& request, std::string early) {
                                  w.hub().accept(std::move(socket), request, identity{.user_id = "mine"},
                                                 accept_options{.early = std::move(early)});
                              }};
    client c{server.port()};
    CHECK(c.hello.at("user_id").as_string() == "mine");
    c.subscribe({"device:1"});
    CHECK(w.hub().publish("device:1", "n", json::value(1)).local_receivers == 1);
    CHECK(c.next("n") == 1);
    c.close();
}

TEST_CASE("a connection lives on any stream, in memory as well")
{
    asio::io_context context{1};
    hub<> h{context.get_executor(), hub_options{.message_rate = 0}};
    std::optional<basic_client<beast::test::stream>> c{std::in_place, context, context};
    beast::test::stream theirs{context};
    theirs.connect(c->stream().next_layer());
    http::request<http::string_body> request;
    beast::flat_buffer buffer;
    http::async_read(theirs, buffer, request, [&](error_code ec, std::size_t) {
        if (!ec)
            h.accept(std::move(theirs), request, identity{.user_id = "memory"});
    });
    c->handshake({});
    REQUIRE(c->open());
    CHECK(c->next("connected").at("user_id").as_string() == "memory");
    c->subscribe({"device:1"});
    const json::value big(std::string(100'000, 'x'));
    for (int i = 0; i != 20; ++i)
        REQUIRE(h.publish("device:1", "n", i % 2 == 0 ? json::value(i) : big).local_receivers == 1);
    for (int i = 0; i != 20; ++i)
        REQUIRE(c->next("n") == (i % 2 == 0 ? json::value(i) : big));
    CHECK(c->drain().empty());
    CHECK_FALSE(h.disconnect_user("memory"));
    CHECK(c->closed() == 3500);
}

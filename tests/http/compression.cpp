// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Members whose messages are compressed, beside those whose are not.
#include "support/world.hpp"

#include <string>
#include <vector>

using namespace fanfare;
using namespace fanfare::test;

TEST_CASE("compressed and plain members of one room get the same messages")
{
    world w{{.max_message_size = 1024 * 1024, .outbox_bytes = 64 * 1024 * 1024, .deflate = true}};
    w.hub().configure("chat:", {.client_publish = true});
    w.serve();
    client packed{w.port(), client_options{.deflate = true}};
    client packed_too{w.port(), client_options{.deflate = true}};
    client plain{w.port()};
    CHECK(packed.response()[http::field::sec_websocket_extensions].starts_with("permessage-deflate"));
    CHECK(plain.response()[http::field::sec_websocket_extensions].empty());
    for (auto* c : {&packed, &packed_too, &plain})
        c->subscribe({"chat:1"});
    std::string mixed;
    for (int i = 0; i != 20'000; ++i)
        mixed += std::to_string(i * 7919 % 1000) + ",";
    const std::vector<json::value> bodies{json::value("short"), json::value(std::string(500'000, 'a')),
                                          json::value(mixed), json::value(std::string(300, 'b'))};
    for (int turn = 0; turn != 5; ++turn)
        for (const auto& body : bodies)
            REQUIRE(w.hub().publish("chat:1", "n", body).local_receivers == 3);
    for (int turn = 0; turn != 5; ++turn)
        for (const auto& body : bodies)
            for (auto* c : {&packed, &packed_too, &plain})
                REQUIRE(c->next("n") == body);
    // And the other way.
    packed.send({{"type", "publish"}, {"room", "chat:1"}, {"payload", {{"type", "m"}, {"payload", mixed}}}});
    for (auto* c : {&packed, &packed_too, &plain})
        CHECK(c->next("m") == json::value(mixed));
    CHECK(packed.drain().empty());
}

TEST_CASE("a compressed message over the limit closes with 1009")
{
    world w{{.deflate = true}};
    w.serve();
    client c{w.port(), client_options{.deflate = true}};
    c.send_text(std::string(1024 * 1024, ' '));
    CHECK(c.closed() == 1009);
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Hubs, with real WebSocket clients, on a real Redis.
#include "redis/redis_server.hpp"
#include "support/world.hpp"

#include <fanfare/bus/redis.hpp>
#include <fanfare/presence/redis.hpp>
#include <fanfare/redis/client.hpp>

#include <boost/asio/use_future.hpp>

using namespace fanfare;
using namespace fanfare::test;

namespace {

using redis_world = basic_world<redis_bus>;

// An io_context for buses and clients, which outlives the worlds.
struct background {
    asio::io_context context{1};
    asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
    std::thread thread{[this] { context.run(); }};
    ~background()
    {
        context.stop();
        thread.join();
    }
};

bool is_up(redis_world& w)
{
    return eventually([&] { return w.hub().status().up; });
}

} // namespace

TEST_CASE("hubs in one process, on one redis_bus or on two, count and reach each other")
{
    const redis_server server;
    background b;
    const redis_bus shared{b.context, server.url()};
    redis_world one{{}, 1, shared};
    redis_world two{{}, 2, shared};
    redis_world three{{}, 1, redis_bus{b.context, server.url()}};
    for (auto* w : {&one, &two, &three}) {
        w->serve();
        REQUIRE(is_up(*w));
    }
    client at_one{one.port(), "ann"};
    client at_two{two.port(), "ann"};
    client at_three{three.port(), "ann"};
    CHECK(one.hub().async_cluster_stats(patience, asio::use_future).get().nodes.size() == 3);
    CHECK(two.hub().async_subscribe_user("ann", "group:x", asio::use_future).get() == 3);
    const auto sent = three.hub().async_publish("group:x", "hello", json::value(1), asio::use_future).get();
    CHECK(sent.local_receivers == 1);
    CHECK(sent.nodes == 1u); // the other process, as Redis sees it
    for (auto* c : {&at_one, &at_two, &at_three})
        CHECK(c->next().at("type") == "hello");
    CHECK(one.hub().async_notify("ann", {.title = "t", .message = "m"}, asio::use_future).get().nodes == 2u);
    at_two.next("notification");
    CHECK(three.hub().async_disconnect_user("ann", close_code::disconnected, "", asio::use_future).get() == 3);
}

TEST_CASE("when a server stops in order, its users are told to have left")
{
    const redis_server server;
    background b;
    redis_world stays{{}, 1, redis_bus{b.context, server.url()}};
    stays.hub().configure("chat:", {.presence = true});
    stays.hub().presence(redis_presence{redis_client{b.context, server.url()}});
    stays.serve();
    REQUIRE(is_up(stays));
    client watcher{stays.port(), "watcher"};
    watcher.subscribe({"chat:1"});
    CHECK(watcher.next("join").at("user_id") == "watcher");
    for (int i = 0; i != 3; ++i) {
        redis_world goes{{}, 1, redis_bus{b.context, server.url()}};
        goes.hub().configure("chat:", {.presence = true});
        goes.hub().presence(redis_presence{redis_client{b.context, server.url()}});
        goes.serve();
        REQUIRE(is_up(goes));
        client leaver{goes.port(), "leaver"};
        leaver.subscribe({"chat:1"});
        CHECK(watcher.next("join").at("user_id") == "leaver");
        auto done = goes.server().async_shutdown({}, asio::use_future);
        leaver.closed();
        done.get();
        goes.stop();
        CHECK(watcher.next("leave").at("user_id") == "leaver");
    }
}

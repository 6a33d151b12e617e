// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Hubs, with real WebSocket clients, on a real Redis.
#include "redis/redis_server.hpp"
#include "support/stop_at_end.hpp"
#include "support/world.hpp"

#include <fanfare/auth/anonymous.hpp>
#include <fanfare/bus/redis.hpp>
#include <fanfare/inbox/redis.hpp>
#include <fanfare/presence/redis.hpp>
#include <fanfare/redis/client.hpp>
#include <fanfare/store/redis.hpp>

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
    const std::string trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    CHECK(three.hub().publish("group:x", "traced", json::value(2), {.trace = trace}));
    for (auto* c : {&at_one, &at_two, &at_three})
        CHECK(c->next().at("trace") == json::value(trace));
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

TEST_CASE("the context ends by itself after a shutdown, while the application keeps hub, bus, client and stores")
{
    const redis_server server;
    asio::io_context io{1};
    const redis_client redis{io, server.url()};
    const redis_bus bus{io, server.url()};
    hub at{io.get_executor(), bus, redis_store{redis, bus}};
    at.presence(redis_presence{redis});
    at.inbox(redis_inbox{redis});
    at.configure("chat:", {.presence = true, .history = 10});
    fanfare::server s{at, {.address = "127.0.0.1", .port = 0, .authenticate = anonymous_authenticator{"user"}}};
    auto ran = std::async(std::launch::async, [&] { io.run(); });
    const stop_at_end stop{io};
    REQUIRE(eventually([&] { return at.status().up; }));
    client alice{s.port(), "alice"};
    alice.next("badge");
    alice.subscribe({"chat:1"});
    CHECK(alice.next("join").at("user_id") == "alice");
    CHECK_FALSE(at.async_publish("chat:1", "n", json::value(1), asio::use_future).get().error);
    CHECK(alice.next("n") == 1);
    CHECK_FALSE(at.async_notify("alice", {.title = "t", .message = "m"}, asio::use_future).get().error);
    auto done = s.async_shutdown({}, asio::use_future);
    CHECK(alice.closed() == static_cast<std::uint16_t>(close_code::shutdown));
    CHECK_NOTHROW(done.get());
    CHECK(ran.wait_for(patience) == std::future_status::ready);
    io.stop();
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// What members get of a room whose Redis was restarted: what is stored again before their hub hears of it, too.
#include "redis/client_support.hpp"
#include "store/redis_support.hpp"
#include "support/world.hpp"

#include <boost/asio/use_future.hpp>

using namespace fanfare;
using namespace fanfare::test;
using namespace fanfare::test::redis_stores;

namespace {

// A hub whose bus has a user of its own, so that its link can be kept down while the store's is up.
struct late_bus {
    explicit late_bus(std::vector<std::string> arguments = {}, std::chrono::milliseconds queue_time = 30s)
        : server{std::move(arguments)}
    {
        let_in();
        auto options = quick(server.url());
        options.queue_time = queue_time;
        client.emplace(io.executor(), options);
        const redis_bus bus{io.executor(), quick("redis://bus:secret@127.0.0.1:" + std::to_string(server.port())),
                            impatient()};
        w = std::make_unique<world_type>(hub_options{}, 1, bus, redis_store{*client, bus});
        w->hub().configure("chat:", {.history = 100});
        w->hub().configure("user:", {.history = 100});
        w->serve();
        REQUIRE(eventually([&] { return w->hub().status().up; }));
    }
    ~late_bus() { w.reset(); }

    void let_in() { server.command({"ACL", "SETUSER", "bus", "on", ">secret", "allcommands", "allchannels"}); }
    bool publish(int n)
    {
        auto answer = w->hub().async_publish("chat:1", "n", json::value(n), asio::use_future);
        try {
            return static_cast<bool>(answer.get().position);
        } catch (const boost::system::system_error&) {
            return false;
        }
    }

    redis_server server;
    running_context io{2};
    std::optional<redis_client> client;
    using world_type = basic_world<redis_bus, redis_store>;
    std::unique_ptr<world_type> w;
};

// What comes in the room, a gap as its reason; up to this message.
std::vector<std::string> heard(client& c, int last)
{
    std::vector<std::string> all;
    while (all.empty() || all.back() != std::to_string(last)) {
        const auto m = c.next();
        const auto* room = m.as_object().if_contains("room");
        if (room && *room == "chat:1")
            all.emplace_back(m.at("type") == "gap" ? std::string{m.at("payload").at("reason").as_string()}
                                                   : json::serialize(m.at("payload")));
    }
    return all;
}

} // namespace

TEST_CASE("after a restart that lost the history members get all that is stored again, though their bus came late",
          "[redis][store]")
{
    late_bus c;
    client member{c.w->port(), "ann"};
    member.subscribe({"chat:1"});
    for (int n = 1; n <= 30; ++n)
        REQUIRE(c.publish(n));
    CHECK(heard(member, 30).size() == 30);
    c.server.restart(); // which knows no user of the bus
    REQUIRE(eventually([&] { return c.publish(31); }));
    for (int n = 32; n <= 40; ++n)
        REQUIRE(c.publish(n));
    CHECK_FALSE(c.w->hub().status().up);
    c.let_in();
    REQUIRE(eventually([&] { return c.w->hub().status().up; }));
    REQUIRE(c.publish(41));
    const auto all = heard(member, 41);
    CHECK(all == std::vector<std::string>{"history_lost", "31", "32", "33", "34", "35", "36", "37", "38", "39",
                                          "40", "41"});
}

TEST_CASE("after a restart that lost nothing members get what they lack, and nothing twice", "[redis][store]")
{
    late_bus c{{"--appendonly", "yes", "--appendfsync", "always"}};
    client member{c.w->port(), "ann"};
    member.subscribe({"chat:1"});
    for (int n = 1; n <= 30; ++n)
        REQUIRE(c.publish(n));
    CHECK(heard(member, 30).size() == 30);
    c.server.restart();
    REQUIRE(eventually([&] { return c.publish(31); }));
    REQUIRE(c.publish(32));
    c.let_in();
    REQUIRE(eventually([&] { return c.w->hub().status().up; }));
    REQUIRE(c.publish(33));
    CHECK(heard(member, 33) == std::vector<std::string>{"history_lost", "31", "32", "33"});
}

TEST_CASE("a page says where its epoch began", "[redis][store]")
{
    redis_server server{{"--appendonly", "yes", "--appendfsync", "always"}};
    store_node node{eager(server)};
    auto store = node.blocking();
    store_promises::fill(store, "r", 5, hundred);
    CHECK(store.read("r", {.limits = hundred}).began == 0);
    server.restart();
    REQUIRE(eventually([&] { return store.read("r", {.limits = hundred}).began == 5; }));
    CHECK(store.append("r", "{}", hundred).at.offset == 6);
    const auto page = store.read("r", {.limit = 10, .limits = hundred});
    CHECK(page.began == 5);
    CHECK(page.messages.size() == 6);
    // One that an older Fanfare has begun: nobody knows.
    server.command({"HDEL", meta_key, "begin"});
    CHECK(store.read("r", {.limits = hundred}).began == 6);
    server.command({"HSET", meta_key, "begin", "0123456789abcdef 2"});
    CHECK(store.read("r", {.limits = hundred}).began == 6);
    server.command({"FLUSHALL"});
    CHECK(store.append("r", "{}", hundred).at.offset == 1);
    CHECK(store.read("r", {.limits = hundred}).began == 0);
}

TEST_CASE("while Redis is away nobody waits for a history: not who connects, not who subscribes, not who reads",
          "[redis][store]")
{
    late_bus c{{}, 1h};
    REQUIRE(c.publish(1));
    c.server.kill_hard();
    REQUIRE(eventually([&] { return !c.w->hub().status().up; }));
    REQUIRE(eventually([&] { return c.client->status().problem.find("refused") != std::string::npos; }));
    client member{c.w->port(), "ann"}; // greeted
    const auto joined = member.subscribe({"chat:1", "device:1"});
    CHECK(joined.at("rooms").as_array().size() == 2);
    auto page = c.w->hub().async_history("chat:1", {.limit = 10}, asio::use_future);
    CHECK_THROWS_AS(page.get(), boost::system::system_error);
    CHECK(http_get(c.w->port(), "/readyz").result_int() == 503);
    c.server.start();
    c.let_in();
    REQUIRE(eventually([&] { return c.w->hub().status().up; }));
    REQUIRE(eventually([&] { return c.publish(2); }));
    CHECK(heard(member, 2).back() == "2");
}

TEST_CASE("a read fails at once while Redis is away, and works again when it is back", "[redis][store]")
{
    redis_server server;
    auto options = quick(server.url());
    options.queue_time = 1h;
    store_node node{options};
    auto store = node.blocking();
    store_promises::fill(store, "r", 3, hundred);
    server.kill_hard();
    REQUIRE(eventually([&] { return node.client.status().problem.find("refused") != std::string::npos; }));
    (void)store.read("r", {.limits = hundred});
    CHECK(store.error() == error::bus_unavailable);
    server.start();
    CHECK(eventually([&] {
        (void)store.read("r", {.limits = hundred});
        return !store.error();
    }));
}

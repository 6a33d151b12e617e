// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Rooms with history on several hubs, with real WebSocket clients, on a real Redis.
#include "bus/redis_support.hpp"
#include "redis/redis_server.hpp"
#include "support/world.hpp"

#include <fanfare/bus/redis.hpp>
#include <fanfare/redis/client.hpp>
#include <fanfare/store/redis.hpp>

#include <boost/asio/use_future.hpp>

#include <atomic>
#include <memory>
#include <set>

using namespace fanfare;
using namespace fanfare::test;

namespace {

using history_world = basic_world<redis_bus, redis_store>;

// Two processes' worth of hubs, each with links of its own.
struct cluster {
    explicit cluster(const room_options& rules = {.history = 2000}, redis_store_options how = {})
    {
        for (auto* w : {&one, &two}) {
            auto redis = redis_client{context, eager(server)};
            const redis_bus bus{context, eager(server), impatient()};
            *w = std::make_unique<history_world>(hub_options{}, 1, bus, redis_store{redis, bus, how});
            (*w)->hub().configure("chat:", rules);
            (*w)->serve();
            REQUIRE(eventually([&] { return (*w)->hub().status().up; }));
        }
    }
    ~cluster()
    {
        one.reset();
        two.reset();
        context.stop();
        thread.join();
    }

    redis_server server;
    asio::io_context context{1};
    asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
    std::thread thread{[this] { context.run(); }};
    std::unique_ptr<history_world> one;
    std::unique_ptr<history_world> two;
    redis_client operator_{context, server.url()};
};

json::value since(const json::value& message)
{
    return {{"epoch", message.at("epoch")}, {"offset", message.at("offset")}};
}

std::vector<std::string> read_all(client& c, std::int64_t last)
{
    std::vector<std::string> all;
    for (std::int64_t at = 0; at != last;) {
        const auto m = c.next();
        if (const auto* room = m.as_object().if_contains("room"); !room || *room != "chat:1")
            continue; // a gap of broadcasts, or of the user's own room, which keep no history
        if (m.at("type").as_string() != "n" || m.at("offset").as_int64() != ++at)
            throw std::runtime_error("not message " + std::to_string(at) + ": " + json::serialize(m));
        all.push_back(json::serialize(m.at("payload")));
    }
    return all;
}

} // namespace

TEST_CASE("what two processes publish to one room has one order and no hole for the clients of both", "[redis]")
{
    cluster c;
    client at_one{c.one->port(), "ann"};
    client at_two{c.two->port(), "bob"};
    at_one.subscribe({"chat:1"});
    at_two.subscribe({"chat:1"});
    const auto publish = [](history_world& w, std::string from) {
        for (int i = 0; i != 500; ++i)
            REQUIRE(w.hub().publish("chat:1", "n", json::value(from + std::to_string(i))));
    };
    std::thread other{[&] { publish(*c.two, "two "); }};
    publish(*c.one, "one ");
    other.join();
    const auto heard = read_all(at_one, 1000);
    CHECK(heard == read_all(at_two, 1000));
    CHECK(std::set(heard.begin(), heard.end()).size() == 1000);
    CHECK(c.one->hub().stats().missed == 0);
}

TEST_CASE("a client that returns to another process gets what it missed there", "[redis]")
{
    cluster c;
    client first{c.one->port(), "ann"};
    first.subscribe({"chat:1"});
    const auto sent = c.two->hub().async_publish("chat:1", "n", json::value(1), asio::use_future).get();
    CHECK(sent.position.offset == 1);
    CHECK(sent.nodes == 1u);
    const auto seen = since(first.next());
    first.close();
    for (int i = 2; i <= 50; ++i)
        REQUIRE(c.one->hub().async_publish("chat:1", "n", json::value(i), asio::use_future).get());
    client again{c.two->port(), "ann"};
    again.send(
        {{"type", "subscribe"}, {"payload", {{"rooms", json::array{"chat:1"}}, {"since", {{"chat:1", seen}}}}}});
    CHECK(again.next("subscribed").at("recovered").at("chat:1").at("recovered").as_bool());
    for (int i = 2; i <= 50; ++i)
        CHECK(again.next("n").as_int64() == i);
}

TEST_CASE("a bus link that is cut while messages come leaves no hole in rooms with history", "[redis]")
{
    cluster c;
    client at_two{c.two->port(), "bob"};
    at_two.subscribe({"chat:1"});
    std::atomic<bool> done{false};
    std::jthread breaker{[&] {
        while (!done) {
            c.operator_.async_command({"CLIENT", "KILL", "TYPE", "pubsub"}, asio::use_future).get();
            std::this_thread::sleep_for(30ms); // not a wait for anything: the pace of the cuts
        }
    }};
    std::int64_t stored = 0;
    for (int i = 0; i != 300; ++i)
        if (const auto r = c.one->hub().async_publish("chat:1", "n", json::value(i), asio::use_future).get();
            r.position)
            stored = static_cast<std::int64_t>(r.position.offset);
    done = true;
    breaker.join();
    REQUIRE(stored >= 290);
    CHECK(read_all(at_two, stored).size() == static_cast<std::size_t>(stored));
}

TEST_CASE("after a flush of Redis clients are told, and go on in a new epoch", "[redis]")
{
    cluster c;
    client watcher{c.one->port(), "ann"};
    watcher.subscribe({"chat:1"});
    REQUIRE(c.two->hub().async_publish("chat:1", "n", json::value(1), asio::use_future).get());
    const auto before = watcher.next();
    c.operator_.async_command({"FLUSHALL"}, asio::use_future).get();
    REQUIRE(c.two->hub().async_publish("chat:1", "n", json::value(2), asio::use_future).get());
    auto m = watcher.next();
    CHECK(m.at("type").as_string() == "gap");
    CHECK(m.at("payload").at("reason").as_string() == "history_lost");
    m = watcher.next();
    CHECK(m.at("payload").as_int64() == 2);
    CHECK(m.at("epoch") != before.at("epoch"));
    client late{c.two->port(), "bob"};
    late.send({{"type", "subscribe"},
               {"payload", {{"rooms", json::array{"chat:1"}}, {"since", {{"chat:1", since(before)}}}}}});
    CHECK_FALSE(late.next("subscribed").at("recovered").at("chat:1").at("recovered").as_bool());
}

TEST_CASE("a memory store is refused for rooms with history on a bus between processes", "[redis]")
{
    const redis_server server;
    asio::io_context context;
    fanfare::hub hub{context.get_executor(), redis_bus{context, server.url()}};
    try {
        hub.configure("chat:", {.history = 10});
        FAIL("it was taken");
    } catch (const boost::system::system_error& e) {
        CHECK(e.code() == error::invalid_config);
    }
}

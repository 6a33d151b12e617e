// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// What a hub does with a bus between processes: it waits for it, and tells what it loses.
#include "support/scripted_bus.hpp"

#include <boost/asio/use_future.hpp>

using namespace fanfare;
using namespace fanfare::test;

TEST_CASE("a client is told that it has joined only when the bus carries the room here")
{
    scripted_world s;
    client c{s.w.port()};
    c.send({{"type", "subscribe"}, {"payload", {{"rooms", {"group:a", "group:b"}}}}});
    REQUIRE(eventually([&] { return s.bus.joining("group:a") && s.bus.joining("group:b"); }));
    s.bus.sink().joined("group:a");
    CHECK(c.drain().empty());
    s.bus.sink().joined("group:b");
    CHECK(c.next("subscribed").at("rooms").as_array().size() == 2);
    s.bus.arrive("group:a", R"({"type":"x","room":"group:a"})");
    CHECK(c.next().at("room") == "group:a");
}

TEST_CASE("connected comes when the bus carries the user's messages here")
{
    scripted_world s;
    client c{s.w.port(), {.target = "/api/v1/ws?user=ann"}, false};
    REQUIRE(c.open());
    REQUIRE(eventually([&] { return s.bus.joining("user:ann"); }));
    s.bus.sink().joined("user:ann");
    CHECK(c.next("connected").at("user_id") == "ann");
    s.bus.arrive("user:ann", R"({"type":"x"})");
    CHECK(c.next().at("type") == "x");
}

TEST_CASE("a client that goes while its subscribe waits for the bus leaves nothing behind")
{
    scripted_world s;
    {
        client c{s.w.port()};
        c.send({{"type", "subscribe"}, {"payload", {{"rooms", {"group:a"}}}}});
        REQUIRE(eventually([&] { return s.bus.joining("group:a"); }));
    }
    REQUIRE(eventually([&] { return s.w.hub().stats().connections == 0; }));
    s.bus.sink().joined("group:a");
    CHECK(eventually([&] { return !s.bus.joining("group:a") && s.w.hub().stats().rooms == 0; }));
}

TEST_CASE("a hub that goes while a subscribe waits for the bus closes the client in order")
{
    scripted_world s;
    client c{s.w.port()};
    c.send({{"type", "subscribe"}, {"payload", {{"rooms", {"group:a"}}}}});
    REQUIRE(eventually([&] { return s.bus.joining("group:a"); }));
    s.w.destroy_server();
    s.w.destroy_hub();
    CHECK(c.closed() == 1001);
}

TEST_CASE("a room that is left again while its subscribe waits for the bus is not joined")
{
    scripted_world s{{}, 2};
    client c{s.w.port(), {.target = "/api/v1/ws?user=ann"}, false};
    REQUIRE(eventually([&] { return s.bus.joining("user:ann"); }));
    s.bus.sink().joined("user:ann");
    c.next("connected");
    c.send({{"type", "subscribe"}, {"payload", {{"rooms", {"group:a", "group:b", "group:c"}}}}});
    REQUIRE(eventually([&] { return s.bus.joining("group:c"); }));
    SECTION("by the client")
    {
        c.send({{"type", "unsubscribe"}, {"payload", {{"rooms", {"group:b"}}}}});
        CHECK(c.next("unsubscribed").at("left").at(0) == "group:b");
    }
    SECTION("by the application")
    {
        s.bus.command(R"({"type":"unsubscribe","user":"ann","room":"group:b"})");
        CHECK(c.drain().empty());
    }
    for (const auto* room : {"group:a", "group:b", "group:c"})
        s.bus.sink().joined(room);
    const auto answer = c.next("subscribed");
    CHECK(text_of(answer.at("rooms")) == R"(["group:a","group:c"])");
    CHECK(answer.at("rejected").at(0).at("code") == "not_subscribed");
    s.bus.arrive("group:b", R"({"type":"secret"})");
    CHECK(c.drain().empty());
}

TEST_CASE("a user who is taken out of a room while the join waits for the bus stays out")
{
    scripted_world s;
    client c{s.w.port(), {.target = "/api/v1/ws?user=ann"}, false};
    REQUIRE(eventually([&] { return s.bus.joining("user:ann"); }));
    s.bus.sink().joined("user:ann");
    c.next("connected");
    s.bus.command(R"({"type":"subscribe","user":"ann","room":"group:a"})");
    REQUIRE(eventually([&] { return s.bus.joining("group:a"); }));
    s.bus.command(R"({"type":"unsubscribe","user":"ann","room":"group:a"})");
    s.bus.sink().joined("group:a");
    s.bus.arrive("group:a", R"({"type":"secret"})");
    CHECK(c.drain().empty());
    CHECK(eventually([&] { return !s.bus.joining("group:a"); }));
}

TEST_CASE("a user who is disconnected before the greeting does not get in")
{
    std::atomic<int> told{0}; // outlives the world, which ends dan's connection
    scripted_world s;
    s.w.hub().on_connect([&](const connection_ref&) { ++told; });
    s.w.hub().on_disconnect([&](const connection_ref&, close_code) { ++told; });
    client c{s.w.port(), {.target = "/api/v1/ws?user=eve"}, false};
    client d{s.w.port(), {.target = "/api/v1/ws?user=dan"}, false};
    REQUIRE(eventually([&] { return s.bus.joining("user:eve") && s.bus.joining("user:dan"); }));
    s.bus.command(R"({"type":"disconnect","user":"eve"})");
    CHECK(c.closed() == 3500);
    s.bus.sink().joined("user:eve");
    s.bus.sink().joined("user:dan");
    d.next("connected");
    // Only dan's coming is told.
    CHECK(eventually([&] { return s.w.hub().stats().connections == 1 && told != 0; }));
    CHECK(told == 1);
}

TEST_CASE("rooms that wait for the bus count against the limit of rooms")
{
    scripted_world s{{.max_rooms = 3}};
    client c{s.w.port()};
    c.send({{"type", "subscribe"}, {"payload", {{"rooms", {"group:a", "group:b"}}}}});
    REQUIRE(eventually([&] { return s.bus.joining("group:b"); }));
    c.send({{"type", "subscribe"}, {"payload", {{"rooms", {"group:c", "group:d"}}}}});
    REQUIRE(eventually([&] { return s.bus.joining("group:c"); }));
    CHECK_FALSE(s.bus.joining("group:d"));
    for (const auto* room : {"group:a", "group:b", "group:c"})
        s.bus.sink().joined(room);
    CHECK(c.next("subscribed").at("rooms").as_array().size() == 2);
    CHECK(c.next("subscribed").at("rejected").at(0).at("code") == "too_many_rooms");
}

TEST_CASE("a hub that waited for the bus when everything stopped is gone all the same")
{
    std::weak_ptr<detail::hub_core> core;
    {
        scripted_world s{{}, 2};
        core = s.w.hub().core();
        client c{s.w.port()};
        c.send({{"type", "subscribe"}, {"payload", {{"rooms", {"group:a"}}}}});
        REQUIRE(eventually([&] { return s.bus.joining("group:a"); }));
        s.w.stop();
    }
    CHECK(core.expired());
}

TEST_CASE("raw connections get nothing unasked, not even a gap")
{
    scripted_bus bus;
    basic_world<scripted_bus> w{{}, 1, bus};
    w.hub().on_raw([](raw_connection& from, std::string_view data, bool) { from.send(data, false); });
    w.serve();
    client c{w.port(), {}, false};
    bus.sink().missed("");
    c.send_text("mine");
    CHECK(c.read() == "mine");
    CHECK(w.hub().stats().missed == 0);
}

TEST_CASE("messages that the bus lost are told to the room's members by gap")
{
    scripted_world s;
    client c{s.w.port()};
    client other{s.w.port()};
    c.send({{"type", "subscribe"}, {"payload", {{"rooms", {"group:a"}}}}});
    REQUIRE(eventually([&] { return s.bus.joining("group:a"); }));
    s.bus.sink().joined("group:a");
    c.next("subscribed");
    s.bus.arrive("group:a", R"({"type":"one"})");
    s.bus.sink().missed("group:a");
    s.bus.arrive("group:a", R"({"type":"two"})");
    s.bus.sink().missed("group:unknown");
    CHECK(c.next().at("type") == "one");
    const auto gap = c.next();
    CHECK(gap.at("type") == "gap");
    CHECK(gap.at("room") == "group:a");
    CHECK(gap.at("payload").at("reason") == "link_lost");
    CHECK(c.next().at("type") == "two");
    CHECK(other.drain().empty());
    s.bus.sink().missed("");
    CHECK_FALSE(other.next().as_object().contains("room"));
    CHECK(s.w.hub().stats().missed == 2);
}

TEST_CASE("async_publish tells what became of the message")
{
    scripted_world s;
    const auto room = s.w.hub().room("group:a");
    const auto publish = [&] { return room.async_publish("x", json::value(1), asio::use_future); };
    auto first = publish();
    auto second = publish();
    REQUIRE(s.bus.published() == 2);
    s.bus.confirm({.dispatched_to_cluster = true, .nodes = 2});
    s.bus.confirm({.error = error::delivery_unknown, .dispatched_to_cluster = true});
    const auto receipt = first.get();
    CHECK(receipt.nodes == 2u);
    CHECK(receipt.dispatched_to_cluster);
    CHECK_THROWS_AS(second.get(), boost::system::system_error);
    auto nobody = publish();
    s.bus.confirm({.dispatched_to_cluster = true, .nodes = 0});
    CHECK_FALSE(nobody.get().dispatched_to_cluster);
    s.bus.refuse();
    CHECK_THROWS_AS(publish().get(), boost::system::system_error);
}

TEST_CASE("a notification for a user elsewhere says where it went")
{
    scripted_world s;
    auto sent = s.w.hub().async_notify("bob", {.title = "t", .message = "m"}, asio::use_future);
    s.bus.confirm({.dispatched_to_cluster = true, .nodes = 1});
    const auto receipt = sent.get();
    CHECK(receipt.local_receivers == 0);
    CHECK(receipt.dispatched_to_cluster);
    for (const auto& user : {std::string{}, std::string(200, 'x')}) {
        auto bad = s.w.hub().async_notify(user, {.title = "t", .message = "m"}, asio::use_future);
        CHECK(code_of(bad) == error::invalid_user);
    }
}

TEST_CASE("a broadcast and a message to a user tell what became of them, too")
{
    scripted_world s;
    client c{s.w.port()};
    auto all = s.w.hub().async_broadcast("x", json::value(1), asio::use_future);
    s.bus.confirm({.dispatched_to_cluster = true, .nodes = 4});
    const auto receipt = all.get();
    CHECK(receipt.local_receivers == 1);
    CHECK(receipt.nodes == 4u);
    auto one = s.w.hub().async_send_to_user("ann", "x", json::value(1), asio::use_future);
    s.bus.confirm({.error = error::bus_unavailable});
    CHECK(code_of(one) == error::bus_unavailable);
    auto nowhere = s.w.hub().async_publish("", "x", json::value(1), asio::use_future);
    CHECK(code_of(nowhere) == error::invalid_room);
}

TEST_CASE("a client's publish is answered when the bus has confirmed it")
{
    scripted_world s;
    s.w.hub().configure("chat:", {.client_publish = true});
    client c{s.w.port()};
    const json::value publish{
        {"type", "publish"}, {"room", "chat:1"}, {"request_id", 1}, {"payload", {{"type", "x"}}}};
    c.send(publish);
    REQUIRE(eventually([&] { return s.bus.published() == 1; }));
    CHECK(c.drain().empty());
    s.bus.confirm({.dispatched_to_cluster = true, .nodes = 3});
    CHECK(c.next("published").at("nodes") == 3);
    c.send(publish);
    REQUIRE(eventually([&] { return s.bus.published() == 2; }));
    s.bus.confirm({.error = error::delivery_unknown});
    CHECK(c.next("error").at("code") == "delivery_unknown");
}

TEST_CASE("the application hears of the bus going down and up, and so does readyz")
{
    std::mutex mutex;
    std::vector<bus_status> seen;
    scripted_world s;
    s.w.hub().on_bus([&](const bus_status& now) {
        const std::lock_guard lock{mutex};
        seen.push_back(now);
    });
    s.bus.sink().changed({false, "connection refused"});
    CHECK(s.w.hub().status().problem == "connection refused");
    CHECK_FALSE(s.w.hub().stats().bus_up);
    const auto down = http_get(s.w.port(), "/readyz");
    CHECK(down.result_int() == 503);
    CHECK(json::parse(down.body()).at("problem") == "connection refused");
    s.bus.sink().changed({});
    CHECK(http_get(s.w.port(), "/readyz").result_int() == 200);
    REQUIRE(eventually([&] {
        const std::lock_guard lock{mutex};
        return seen.size() == 3;
    }));
    CHECK(seen[0].up);
    CHECK(seen[1].problem == "connection refused");
    CHECK(seen[2].up);
}

TEST_CASE("a bus watcher may go at any time, and one that throws is counted")
{
    std::atomic<std::uint64_t> failures{0};
    scripted_world s;
    s.w.hub().on_exception([&](const std::exception_ptr&) { ++failures; });
    s.w.hub().on_bus([](const bus_status&) {});
    s.bus.sink().changed({false, "x"});
    s.w.hub().on_bus({});
    s.bus.sink().changed({});
    s.w.hub().on_bus([](const bus_status&) { throw std::runtime_error("no"); });
    CHECK(eventually([&] { return failures != 0 && s.w.hub().stats().handler_failures == failures; }));
    CHECK(s.w.hub().status().up);
}

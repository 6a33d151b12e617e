// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Who gets what is published, and in which order.
#include "support/world.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>

using namespace fanfare;
using namespace fanfare::test;

namespace {

// Reads `count` messages of the type "n" in a thread of its own.
std::future<std::vector<std::int64_t>> read_numbers(client& c, std::size_t count)
{
    return std::async(std::launch::async, [&c, count] {
        std::vector<std::int64_t> all;
        while (all.size() != count)
            all.push_back(c.next().at("payload").as_int64());
        return all;
    });
}

std::vector<std::int64_t> up_to(std::int64_t count)
{
    std::vector<std::int64_t> all;
    for (std::int64_t i = 0; i != count; ++i)
        all.push_back(i);
    return all;
}

// Two publishers, numbers below and above `each`; every receiver must see the same interleaving.
void publish_from_two(hub<>& one, hub<>& other, std::string_view name, std::int64_t each)
{
    const auto publish = [each, name](hub<>& h, std::int64_t first) {
        const auto room = h.room(name);
        for (std::int64_t i = 0; i != each; ++i)
            while (!room.publish("n", first + i)) // queue_full: again
                std::this_thread::yield();
    };
    std::thread second{[&] { publish(other, each); }};
    publish(one, 0);
    second.join();
}

bool ordered_by_publisher(const std::vector<std::int64_t>& all, std::int64_t each)
{
    std::vector<std::int64_t> low;
    std::vector<std::int64_t> high;
    for (const auto n : all)
        n < each ? low.push_back(n) : high.push_back(n - each);
    return low == up_to(each) && high == up_to(each);
}

} // namespace

TEST_CASE("what another thread publishes reaches all members in order")
{
    world w;
    w.serve();
    client a{w.port()};
    client b{w.port()};
    client outside{w.port()};
    a.subscribe({"group:1"});
    b.subscribe({"group:1"});
    auto got_a = read_numbers(a, 1000);
    auto got_b = read_numbers(b, 1000);
    const auto room = w.hub().room("group:1");
    for (int i = 0; i != 1000; ++i)
        REQUIRE(room.publish("n", i).local_receivers == 2);
    CHECK(got_a.get() == up_to(1000));
    CHECK(got_b.get() == up_to(1000));
    CHECK(outside.drain().empty());
    CHECK(w.hub().stats().published == 1000);
    CHECK(w.hub().stats().delivered >= 2000);
}

TEST_CASE("every receiver sees one order of two publishers")
{
    const auto shards = GENERATE(std::size_t{1}, std::size_t{2});
    const bool serial = GENERATE(false, true);
    world w{{.executors_are_serial = serial}, shards};
    w.serve();
    std::vector<std::unique_ptr<client>> members;
    std::vector<std::future<std::vector<std::int64_t>>> results;
    constexpr std::int64_t each = 500;
    for (int i = 0; i != 4; ++i) {
        members.push_back(std::make_unique<client>(w.port()));
        members.back()->subscribe({"global"});
    }
    for (auto& m : members)
        results.push_back(read_numbers(*m, 2 * each));
    publish_from_two(w.hub(), w.hub(), "global", each);
    const auto first = results.front().get();
    CHECK(ordered_by_publisher(first, each));
    for (std::size_t i = 1; i != results.size(); ++i)
        CHECK(results[i].get() == first);
}

TEST_CASE("two hubs on one bus see one order")
{
    two_worlds hubs{1, 2};
    client a{hubs.one.port()};
    client b{hubs.two.port()};
    client c{hubs.two.port()};
    constexpr std::int64_t each = 500;
    std::vector<std::future<std::vector<std::int64_t>>> results;
    for (auto* one : {&a, &b, &c}) {
        one->subscribe({"group:x"});
        results.push_back(read_numbers(*one, 2 * each));
    }
    CHECK(hubs.one.hub().room("group:x").size() == 1);
    CHECK(hubs.two.hub().room("group:x").size() == 2);
    publish_from_two(hubs.one.hub(), hubs.two.hub(), "group:x", each);
    const auto first = results[0].get();
    CHECK(ordered_by_publisher(first, each));
    CHECK(results[1].get() == first);
    CHECK(results[2].get() == first);
}

TEST_CASE("members come and go while two threads publish")
{
    const auto shards = GENERATE(std::size_t{1}, std::size_t{2});
    world w{{.outbox_bytes = 64 * 1024 * 1024, .outbox_messages = 1'000'000}, shards};
    w.serve();
    client steady{w.port()};
    steady.subscribe({"global"});
    constexpr std::int64_t each = 1500;
    auto all = read_numbers(steady, 2 * each);
    std::atomic<bool> stop{false};
    std::vector<std::vector<std::int64_t>> pieces;
    std::vector<std::string> failures;
    std::mutex mutex;
    const auto come_and_go = [&] {
        try {
            for (int turn = 0; !stop; ++turn) {
                client c{w.port()};
                c.subscribe({"global", "device:other"});
                std::vector<std::int64_t> seen;
                for (int i = 0; i != 20 && !stop; ++i) {
                    c.send({{"type", "ping"}});
                    for (auto m = c.next(); m.at("type").as_string() != "pong"; m = c.next())
                        seen.push_back(m.at("payload").as_int64());
                }
                if (turn % 3 == 0)
                    c.close();
                else if (turn % 3 == 1)
                    c.send({{"type", "unsubscribe"}, {"payload", {{"rooms", json::array{"global"}}}}});
                const std::lock_guard lock{mutex};
                pieces.push_back(std::move(seen));
            }
        } catch (const std::exception& e) {
            const std::lock_guard lock{mutex};
            failures.emplace_back(e.what());
        }
    };
    std::thread visitor_1{come_and_go};
    std::thread visitor_2{come_and_go};
    publish_from_two(w.hub(), w.hub(), "global", each);
    const auto order = all.get();
    CHECK(eventually([&] {
        const std::lock_guard lock{mutex};
        return pieces.size() >= 4 || !failures.empty();
    }));
    stop = true;
    visitor_1.join();
    visitor_2.join();
    CHECK(failures.empty());
    CHECK(ordered_by_publisher(order, each));
    // What a visitor saw is one unbroken piece of what everybody saw.
    for (const auto& piece : pieces)
        CHECK(
            (piece.empty() || std::search(order.begin(), order.end(), piece.begin(), piece.end()) != order.end()));
}

TEST_CASE("notify reaches all connections of a user and nobody else")
{
    two_worlds hubs{2, 1};
    client phone{hubs.one.port(), "alice"};
    client laptop{hubs.one.port(), "alice"};
    client elsewhere{hubs.two.port(), "alice"};
    client bob{hubs.one.port(), "bob"};
    const auto sent = hubs.one.hub().notify("alice", {.title = "Hello", .message = "you", .data = {{"n", 1}}});
    CHECK(sent.local_receivers == 2);
    for (auto* one : {&phone, &laptop, &elsewhere}) {
        const auto n = one->next("notification");
        CHECK(n.at("user_id").as_string() == "alice");
        CHECK(n.at("title").as_string() == "Hello");
        CHECK(n.at("message").as_string() == "you");
        CHECK(n.at("data").at("n") == 1);
    }
    CHECK(bob.drain().empty());
    CHECK(hubs.one.hub().notify("nobody", {}).local_receivers == 0);
    CHECK(hubs.one.hub().stats().users == 2);
}

TEST_CASE("an empty user never means everybody")
{
    world w;
    w.serve();
    client anonymous{w.port()};
    client alice{w.port(), "alice"};
    CHECK(w.hub().notify("", {}).error == error::invalid_user);
    CHECK(w.hub().send_to_user("", "t", json::value(1)).error == error::invalid_user);
    CHECK(w.hub().disconnect_user("") == error::invalid_user);
    CHECK(w.hub().disconnect("") == error::invalid_user);
    CHECK(w.hub().subscribe_user("", "global") == error::invalid_user);
    CHECK_FALSE(w.hub().disconnect("0000"));
    CHECK_FALSE(w.hub().disconnect(std::string(32, '0')));
    CHECK_FALSE(w.hub().disconnect_user("nobody"));
    CHECK(anonymous.drain().empty());
    CHECK(alice.drain().empty());
    CHECK(w.hub().stats().connections == 2);
}

TEST_CASE("an overlong user is refused by send_to_user")
{
    world w;
    CHECK(w.hub().send_to_user(std::string(200, 'u'), "t", json::value(1)).error == error::invalid_user);
}

TEST_CASE("broadcast reaches every connection on every hub")
{
    two_worlds hubs{2, 1};
    client a{hubs.one.port()};
    client b{hubs.one.port(), "bob"};
    client c{hubs.two.port()};
    CHECK(hubs.one.hub().broadcast("hear", json::value("ye")).local_receivers == 2);
    for (auto* one : {&a, &b, &c})
        CHECK(one->next("hear").as_string() == "ye");
}

TEST_CASE("disconnecting a user ends all of the user's connections with the reason")
{
    two_worlds hubs{2, 1};
    client phone{hubs.one.port(), "alice"};
    client laptop{hubs.one.port(), "alice"};
    client elsewhere{hubs.two.port(), "alice"};
    client bob{hubs.two.port(), "bob"};
    CHECK_FALSE(hubs.one.hub().disconnect_user("alice", close_code::unauthorized, "signed out"));
    for (auto* one : {&phone, &laptop, &elsewhere}) {
        CHECK(one->closed() == 3502);
        CHECK(one->close_reason() == "signed out");
    }
    CHECK(bob.drain().empty());
}

TEST_CASE("one connection is disconnected by its id from another hub")
{
    two_worlds hubs{1, 2};
    client one{hubs.two.port(), "alice"};
    client other{hubs.two.port(), "alice"};
    CHECK_FALSE(hubs.one.hub().disconnect(one.id()));
    CHECK(one.closed() == 3500);
    CHECK(other.drain().empty());
}

TEST_CASE("a publish right after a server-side subscribe is received")
{
    two_worlds hubs{2, 2};
    client alice{hubs.two.port(), "alice"};
    client other{hubs.two.port(), "alice"};
    for (int i = 0; i != 200; ++i) {
        const auto room = "device:" + std::to_string(i);
        REQUIRE_FALSE(hubs.one.hub().subscribe_user("alice", room));
        REQUIRE(hubs.one.hub().publish(room, "n", json::value(i)));
        REQUIRE_FALSE(hubs.one.hub().subscribe(other.id(), "group:" + std::to_string(i)));
        REQUIRE(hubs.one.hub().publish("group:" + std::to_string(i), "g", json::value(i)));
    }
    for (int i = 0; i != 200; ++i) {
        REQUIRE(alice.next("n") == i);
        REQUIRE(other.next("n") == i);
        REQUIRE(other.next("g") == i);
    }
    CHECK_FALSE(hubs.one.hub().unsubscribe_user("alice", "device:0"));
    CHECK_FALSE(hubs.one.hub().unsubscribe(other.id(), "group:0"));
    CHECK(eventually([&] {
        return hubs.two.hub().room("device:0").size() == 0 && hubs.two.hub().room("group:0").size() == 0;
    }));
    CHECK(hubs.one.hub().subscribe_user("alice", "nowhere:1") == error::unknown_room);
}

TEST_CASE("rooms of the identity are joined at once")
{
    world w;
    w.serve({.authenticate = [](const handshake_request&) {
        return auth_result{identity{.user_id = "alice", .rooms = {"device:1", "group:7"}}};
    }});
    client c{w.port()};
    CHECK(w.hub().room("device:1").publish("d", 1).local_receivers == 1);
    CHECK(w.hub().room("group:7").publish("g", 2).local_receivers == 1);
    CHECK(c.next("d") == 1);
    CHECK(c.next("g") == 2);
}

TEST_CASE("the author is left out by except")
{
    const auto shards = GENERATE(std::size_t{1}, std::size_t{2});
    world w{{}, shards};
    w.serve();
    client author{w.port()};
    client reader{w.port()};
    author.subscribe({"group:1"});
    reader.subscribe({"group:1"});
    for (int i = 0; i != 10; ++i) {
        REQUIRE(w.hub().publish("group:1", "n", json::value(i), {.except = author.id()}));
        REQUIRE(w.hub().publish("group:1", "both", json::value(i)));
        REQUIRE(w.hub().publish("group:1", "none", json::value(i), {.except = "no such id"}));
    }
    for (int i = 0; i != 10; ++i) {
        CHECK(reader.next("n") == i);
        CHECK(reader.next("both") == i);
        CHECK(reader.next("none") == i);
        CHECK(author.next("both") == i);
        CHECK(author.next("none") == i);
    }
    CHECK(author.drain().empty());
}

TEST_CASE("a full queue refuses and nothing that was taken is lost")
{
    world w{{.queue_messages = 100}};
    w.serve();
    client c{w.port()};
    c.subscribe({"global"});
    w.stop();
    int taken = 0;
    receipt last;
    while ((last = w.hub().room("global").publish("n", taken)))
        REQUIRE(++taken <= 100);
    CHECK(last.error == error::queue_full);
    CHECK(taken == 100);
    CHECK(w.hub().room("device:empty").publish("n", 1).error == error::queue_full);
    CHECK(w.hub().stats().publish_refused == 2);
    w.context().restart();
    w.run();
    for (int i = 0; i != taken; ++i)
        REQUIRE(c.next("n") == i);
    CHECK(eventually([&] { return bool{w.hub().room("global").publish("n", -1)}; }));
    CHECK(c.next("n") == -1);
}

TEST_CASE("bytes fill the queue as well as messages")
{
    world w{{.queue_bytes = 1024 * 1024}};
    w.serve();
    client c{w.port()};
    c.subscribe({"global"});
    w.stop();
    const json::value big(std::string(100'000, 'x'));
    int taken = 0;
    while (w.hub().room("global").publish("n", big))
        REQUIRE(++taken < 20);
    CHECK(taken == 10);
    w.context().restart();
    w.run();
    for (int i = 0; i != taken; ++i)
        REQUIRE(c.next("n") == big);
}

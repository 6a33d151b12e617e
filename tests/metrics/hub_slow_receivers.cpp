// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// What a hub tells about receivers that do not keep up: what was dropped, what waits, and that nothing is told to wait
// once it does not, whichever way its connection goes.
#include "http/event_client.hpp"
#include "metrics/recording.hpp"
#include "requests/history_support.hpp"
#include "support/world.hpp"

#include <fanfare/local_connection.hpp>

#include <boost/asio/use_future.hpp>

#include <atomic>
#include <functional>
#include <map>
#include <optional>
#include <string>

using namespace fanfare;
using namespace fanfare::test;
using namespace fanfare::test::history;

namespace {

const json::value large(std::string(4000, 'x'));

std::string dropped_by(const std::string& policy)
{
    return "fanfare_messages_dropped{policy=" + policy + "}";
}

bool nothing_waits(world& w)
{
    return eventually([&] {
        const auto now = collected(w.hub());
        return now["fanfare_outbox_messages"] == 0 && now["fanfare_outbox_bytes"] == 0 &&
               now["fanfare_slow_connections"] == 0;
    });
}

// Publishes to a room until its only member's socket is full and something waits for it.
void fill(world& w, const char* room)
{
    REQUIRE(eventually([&] {
        REQUIRE(w.hub().publish(room, "n", large));
        const auto now = collected(w.hub());
        return now["fanfare_slow_connections"] == 1 && now["fanfare_outbox_messages"] > 2;
    }));
    CHECK(collected(w.hub())["fanfare_outbox_bytes"] > 8000);
}

// Ways for a receiver to end, or to go on, while messages wait for it.
const std::map<std::string, std::function<void(world&, client&)>> ways_out{
    {"reads", [](world&, client& c) { CHECK_FALSE(c.drain().empty()); }},
    {"goes away", [](world&, client& c) { c.stream().next_layer().close(); }},
    {"is disconnected", [](world& w, client&) { CHECK_FALSE(w.hub().disconnect_user("alice")); }},
    {"is disconnected and reads",
     [](world& w, client& c) {
         CHECK_FALSE(w.hub().disconnect_user("alice"));
         CHECK(c.closed() == 3500);
     }},
    {"takes too long",
     [](world& w, client&) {
         CHECK(eventually([&] { return collected(w.hub())["fanfare_write_timeouts"] == 1; }));
         CHECK(eventually([&] { return collected(w.hub())["fanfare_connections_closed{code=3005}"] == 1; }));
     }},
    {"overflows",
     [](world& w, client&) {
         REQUIRE(eventually([&] {
             w.hub().publish("global", "n", large);
             return collected(w.hub())[dropped_by("close")] == 1;
         }));
         CHECK(eventually([&] { return collected(w.hub())["fanfare_connections_closed{code=3008}"] == 1; }));
     }},
};

} // namespace

TEST_CASE("what waits for a slow receiver is told until it has gone out, or its connection has ended")
{
    for (const auto& [name, leave] : ways_out) {
        DYNAMIC_SECTION(name)
        {
            const bool impatient = name == "takes too long";
            world w{{.write_timeout = impatient ? 200ms : 20'000ms,
                     .close_timeout = 200ms,
                     .outbox_bytes = 256 * 1024,
                     .message_rate = 0}};
            w.serve();
            client c{w.port(), slow_reader("alice")};
            c.subscribe({"global"});
            fill(w, "global");
            leave(w, c);
            CHECK(nothing_waits(w));
        }
    }
}

TEST_CASE("what waits is told to the last byte")
{
    world w;
    w.serve();
    std::atomic<int> got{0};
    std::atomic<std::size_t> size{0};
    auto local = w.hub().connect({}, {.on_message = [&](std::string_view text) {
                                     size = text.size();
                                     ++got;
                                 }});
    REQUIRE(eventually([&] { return got == 1; }));
    local.pause();
    for (int i = 0; i != 5; ++i)
        CHECK(w.hub().broadcast("n", large));
    recording now;
    REQUIRE(eventually([&] {
        now = collected(w.hub());
        return now["fanfare_outbox_messages"] == 5;
    }));
    CHECK(now["fanfare_slow_connections"] == 1);
    local.resume();
    REQUIRE(eventually([&] { return got == 6; }));
    CHECK(now["fanfare_outbox_bytes"] == static_cast<double>(5 * (size + 4))); // a header of 4 bytes
    CHECK(nothing_waits(w));

    local.pause();
    CHECK(w.hub().broadcast("n", large));
    REQUIRE(eventually([&] { return collected(w.hub())["fanfare_outbox_messages"] == 1; }));
    local.close();
    CHECK(nothing_waits(w));
}

TEST_CASE("what waits for a stream of events is told until it goes away")
{
    world w;
    w.serve();
    std::optional<event_client> c{std::in_place, w.port(), "?rooms=global"};
    c->next("connected");
    c->next("subscribed");
    fill(w, "global");
    c.reset();
    CHECK(nothing_waits(w));
}

TEST_CASE("what waits when a hub shuts down is not told to wait for ever")
{
    world w;
    w.serve();
    client c{w.port(), slow_reader()};
    c.subscribe({"global"});
    fill(w, "global");
    CHECK_THROWS(w.hub().async_shutdown({.deadline = 200ms}, asio::use_future).get()); // it had to be cut
    CHECK(nothing_waits(w));
    CHECK(collected(w.hub())["fanfare_connections_closed{code=3001}"] == 1);
}

TEST_CASE("what drop_oldest and latest_per_key drop is counted by policy")
{
    world w{{.outbox_messages = 20, .message_rate = 0}};
    w.hub().configure("feed:", {.overflow = overflow_policy::drop_oldest});
    w.hub().configure("state:", {.overflow = overflow_policy::latest_per_key});
    w.serve();
    const std::string room = GENERATE("feed:1", "state:1");
    const auto policy = room == "feed:1" ? "drop_oldest" : "latest_per_key";
    client slow{w.port(), slow_reader()};
    slow.subscribe({room});
    std::int64_t sent = 0;
    while (collected(w.hub())[dropped_by(policy)] < 30) {
        REQUIRE(w.hub().publish(room, "n", large, {.key = sent % 2 == 0 ? "even" : ""}));
        REQUIRE(++sent < 100'000);
    }
    CHECK(w.hub().publish(room, "last", json::value(1)));
    std::int64_t got = 0;
    for (auto m = slow.next(); m.at("type").as_string() != "last"; m = slow.next())
        got += m.at("type").as_string() == "n" ? 1 : 0;
    CHECK(collected(w.hub())[dropped_by(policy)] == static_cast<double>(sent - got));
    CHECK(collected(w.hub()).total("fanfare_messages_dropped") == static_cast<double>(sent - got));
    const auto stats = w.hub().stats();
    CHECK(stats.dropped + stats.conflated == static_cast<std::uint64_t>(sent - got));
    CHECK(nothing_waits(w));
}

TEST_CASE("what resync takes out of an outbox is counted, and comes all the same")
{
    chat_world w{
        {.outbox_messages = 20, .message_rate = 0}, 1, {.overflow = overflow_policy::resync, .history = 10'000}};
    client slow{w.port(), slow_reader()};
    slow.subscribe({"chat:1"});
    int sent = 0;
    while (collected(w.hub())[dropped_by("resync")] == 0) {
        REQUIRE(w.hub().publish("chat:1", std::to_string(sent), large));
        REQUIRE(++sent < 9'000);
    }
    for (int i = 0; i != sent; ++i)
        REQUIRE(slow.next().at("type").as_string() == std::to_string(i));
    CHECK(slow.drain().empty());
    const auto now = collected(w.hub());
    CHECK(now[dropped_by("resync")] >= 20);
    CHECK(now.total("fanfare_messages_dropped") == now[dropped_by("resync")]);
    CHECK(w.hub().stats().dropped == 0);
    CHECK(nothing_waits(w));
}

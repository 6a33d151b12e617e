// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// What a hub tells about messages: published, refused, delivered, received.
#include "metrics/recording.hpp"
#include "requests/history_support.hpp"
#include "support/world.hpp"

#include <fanfare/local_connection.hpp>

#include <atomic>
#include <string>
#include <string_view>
#include <utility>

using namespace fanfare;
using namespace fanfare::test;
using namespace fanfare::test::history;

namespace {

std::string in(const std::string& name, const std::string& space)
{
    return name + "{namespace=" + space + "}";
}

// Of an unmasked frame with this text (RFC 6455 section 5.2).
double wire_size(const std::string& text)
{
    return static_cast<double>(text.size() + (text.size() <= 125 ? 2 : 4));
}

} // namespace

TEST_CASE("messages are counted by namespace as they are published and as they are delivered")
{
    chat_world w{{.metrics = true}, 2};
    for (int i = 0; i != 70; ++i) // more than metrics tell apart
        w.hub().configure("n" + std::to_string(i) + ":", {});
    client one{w.port(), "alice"};
    std::atomic<int> got{0};
    const auto two = w.hub().connect({.user_id = "bob", .rooms = {"plain:1"}}, // on the other shard
                                     {.on_message = [&got](std::string_view) { ++got; }});
    one.subscribe({"chat:1", "plain:1", "n69:1"});
    REQUIRE(eventually([&] { return got == 1; })); // connected
    w.publish("chat:1", 1, 4);                     // into a history
    w.publish("plain:1", 1, 3);
    w.publish("n69:1", 1, 2);
    w.publish("n0:1", 1, 5); // nobody is there
    CHECK(w.hub().broadcast("n", json::value(1)));
    CHECK(numbers(one).size() == 10);
    CHECK(eventually([&] { return got == 5; }));
    const std::string published = "fanfare_messages_published";
    const auto now = collected(w.hub());
    CHECK(now[in(published, "chat:")] == 4);
    CHECK(now[in(published, "plain:")] == 3);
    CHECK(now[in(published, "n0:")] == 5);
    CHECK(now[in(published, "other")] == 3);
    CHECK_FALSE(now.has(in(published, "n69:")));
    CHECK(now.total(published) == static_cast<double>(w.hub().stats().published));
    const std::string delivery = "fanfare_delivery_seconds";
    CHECK(eventually([&] { // once a message and shard
        const auto then = collected(w.hub());
        return then[in(delivery, "chat:")] == 4 && then[in(delivery, "plain:")] == 6 &&
               then[in(delivery, "other")] == 4;
    }));
    CHECK_FALSE(collected(w.hub()).has(in(delivery, "n0:")));
}

TEST_CASE("messages that are not taken are counted by the reason")
{
    chat_world w{{.max_publish_size = 1000}};
    CHECK(w.hub().publish("nowhere:1", "n", json::value(1)).error == error::unknown_room);
    CHECK(w.hub().publish("nowhere:1", "n", json::value(1)).error == error::unknown_room);
    CHECK(w.hub().publish("plain:1", "n", json::value(std::string(1000, 'x'))).error == error::message_too_large);
    CHECK(w.hub().publish("plain:1", "n", json::value(1), {.idempotency_key = "k"}).error == error::no_history);
    const auto now = collected(w.hub());
    CHECK(now["fanfare_publishes_refused{reason=unknown_room}"] == 2);
    CHECK(now["fanfare_publishes_refused{reason=message_too_large}"] == 1);
    CHECK(now["fanfare_publishes_refused{reason=no_history}"] == 1);
    CHECK(now.total("fanfare_publishes_refused") == 4);
    CHECK(w.hub().stats().publish_refused == 4);
    CHECK(now.total("fanfare_messages_published") == 0);
}

TEST_CASE("deliveries, bytes and writes are counted to the last one")
{
    world w;
    w.serve();
    client one{w.port(), "alice"};
    client two{w.port(), "bob"};
    one.subscribe({"global"});
    two.subscribe({"global"});
    const auto quiet = [&] { // what the clients have got before is counted
        one.drain();
        two.drain();
        recording out;
        double before = -1;
        REQUIRE(eventually([&] {
            out = collected(w.hub());
            return std::exchange(before, out["fanfare_sent_bytes"]) == out["fanfare_sent_bytes"];
        }));
        return out;
    };
    const auto before = quiet();
    double bytes = 0;
    for (const auto size : {1, 100, 1000}) {
        CHECK(w.hub().publish("global", "n", json::value(std::string(static_cast<std::size_t>(size), 'x'))));
        for (auto* c : {&one, &two})
            bytes += wire_size(c->read().value());
    }
    REQUIRE(
        eventually([&] { return collected(w.hub())["fanfare_deliveries"] == before["fanfare_deliveries"] + 6; }));
    auto now = collected(w.hub());
    CHECK(now["fanfare_sent_bytes"] == before["fanfare_sent_bytes"] + bytes);
    CHECK(now["fanfare_writes"] == before["fanfare_writes"] + 6);
    CHECK(now["fanfare_short_writes"] == 0);
    CHECK(now["fanfare_queued_messages{shard=0}"] == 0);
    CHECK(now["fanfare_queued_bytes{shard=0}"] == 0);

    const std::string ping = R"({"type":"ping"})";
    one.send_text(ping);
    bytes += wire_size(one.read().value());
    REQUIRE(eventually([&] {
        now = collected(w.hub());
        return now["fanfare_sent_bytes"] == before["fanfare_sent_bytes"] + bytes;
    }));
    CHECK(now["fanfare_messages_received"] == before["fanfare_messages_received"] + 1);
    CHECK(now["fanfare_received_bytes"] == before["fanfare_received_bytes"] + static_cast<double>(ping.size()));
}

TEST_CASE("what waits in a shard is told until it is handed out")
{
    world w;
    w.listen(); // nobody runs the shard
    auto local = w.hub().connect({}, local_handlers{});
    for (int i = 0; i != 3; ++i)
        CHECK(w.hub().broadcast("n", json::value(i)).error == error_code{});
    CHECK(collected(w.hub())["fanfare_queued_messages{shard=0}"] == 0); // it has no connection yet
    w.context().poll();
    for (int i = 0; i != 3; ++i)
        CHECK(w.hub().broadcast("n", json::value(i)));
    CHECK(collected(w.hub())["fanfare_queued_messages{shard=0}"] == 3);
    CHECK(collected(w.hub())["fanfare_queued_bytes{shard=0}"] > 3);
    w.context().poll();
    CHECK(collected(w.hub())["fanfare_queued_messages{shard=0}"] == 0);
    CHECK(collected(w.hub())["fanfare_queued_bytes{shard=0}"] == 0);
}

TEST_CASE("returning clients are counted by whether they got everything")
{
    chat_world w{{}, 1, {.history = 3}};
    client c{w.port(), "alice"};
    c.subscribe({"chat:1"});
    w.publish("chat:1", 1, 1);
    const auto seen = position_of(c.next());
    w.publish("chat:1", 2, 3);
    client whole{w.port(), "bob"};
    subscribe_since(whole, "chat:1", seen);
    w.publish("chat:1", 4, 10);
    client part{w.port(), "carol"};
    subscribe_since(part, "chat:1", seen);
    const auto now = collected(w.hub());
    CHECK(now["fanfare_recoveries{result=complete}"] == 1);
    CHECK(now["fanfare_recoveries{result=incomplete}"] == 1);
    CHECK(now["fanfare_stream_holes"] == 0);
}

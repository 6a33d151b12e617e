// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// A receiver that does not keep up: what the room's policy does, and that nobody else notices.
#include "support/world.hpp"

#include <map>

using namespace fanfare;
using namespace fanfare::test;

namespace {

json::value padded(std::int64_t n)
{
    return json::value(std::to_string(n) + std::string(4000, ' '));
}
std::int64_t number_in(const json::value& payload)
{
    return std::stoll(payload.as_string().c_str());
}

} // namespace

TEST_CASE("an outbox that overflows closes the receiver with 3008 while others get everything")
{
    const auto shards = GENERATE(std::size_t{1}, std::size_t{2});
    world w{{.outbox_bytes = 64 * 1024}, shards};
    w.serve();
    client slow{w.port(), slow_reader()};
    client fast{w.port()};
    client fast2{w.port()};
    for (auto* c : {&slow, &fast, &fast2})
        c->subscribe({"global"});
    const auto room = w.hub().room("global");
    std::int64_t sent = 0;
    while (w.hub().stats().slow_closed == 0) {
        REQUIRE(room.publish("n", padded(sent)));
        REQUIRE(number_in(fast.next("n")) == sent);
        REQUIRE(number_in(fast2.next("n")) == sent);
        REQUIRE(++sent < 100'000);
    }
    // What reached the slow one before has no hole.
    std::int64_t got = 0;
    while (const auto text = slow.read())
        REQUIRE(number_in(json::parse(*text).at("payload")) == got++);
    CHECK(slow.closed() == 3008);
    CHECK(got < sent);
    CHECK(fast.drain().empty());
    CHECK(eventually([&] { return w.hub().stats().connections == 2; }));
}

TEST_CASE("drop_oldest tells exactly how many messages are missing and where")
{
    const bool by_messages = GENERATE(false, true);
    world w{{.outbox_bytes = by_messages ? std::size_t{64 * 1024 * 1024} : std::size_t{64 * 1024},
             .outbox_messages = by_messages ? std::size_t{20} : std::size_t{4096}}};
    w.hub().configure("feed:", {.overflow = overflow_policy::drop_oldest});
    w.serve();
    client slow{w.port(), slow_reader()};
    client fast{w.port()};
    slow.subscribe({"feed:1", "feed:2"});
    fast.subscribe({"feed:1", "feed:2"});
    std::map<std::string, std::int64_t> sent{{"feed:1", 0}, {"feed:2", 0}};
    int after = 0;
    while (after < 300) {
        if (w.hub().stats().short_writes != 0)
            ++after; // goes on well after the socket is full
        for (auto& [name, count] : sent) {
            REQUIRE(w.hub().publish(name, "n", padded(count)));
            REQUIRE(number_in(fast.next("n")) == count++);
        }
    }
    std::map<std::string, std::int64_t> seen{{"feed:1", 0}, {"feed:2", 0}};
    std::int64_t lost = 0;
    while (seen != sent) {
        const auto m = slow.next();
        auto& count = seen.at(m.at("room").as_string().c_str());
        if (m.at("type").as_string() == "gap") {
            const auto dropped = m.at("payload").at("dropped").as_int64();
            CHECK(dropped > 0);
            count += dropped;
            lost += dropped;
        } else {
            REQUIRE(number_in(m.at("payload")) == count++);
        }
    }
    CHECK(lost > 0);
    CHECK(slow.drain().empty());
    CHECK(fast.drain().empty());
    CHECK(w.hub().stats().dropped == static_cast<std::uint64_t>(lost));
}

TEST_CASE("latest_per_key brings the newest value of each key")
{
    world w;
    w.hub().configure("state:", {.overflow = overflow_policy::latest_per_key});
    w.serve();
    client slow{w.port(), slow_reader()};
    slow.subscribe({"state:1"});
    const auto room = w.hub().room("state:1");
    std::map<std::string, std::int64_t> newest;
    std::int64_t n = 0;
    int after = 0;
    while (after < 200) {
        if (w.hub().stats().short_writes != 0)
            ++after;
        const auto key = "k" + std::to_string(n % 5);
        newest[key] = n;
        REQUIRE(room.publish(key, padded(n++), {.key = key}));
        // A turn of the hub for each: a burst would be joined.
        REQUIRE(
            eventually([&, sent = static_cast<std::uint64_t>(n)] { return w.hub().stats().delivered > sent; }));
    }
    std::map<std::string, std::int64_t> seen;
    std::int64_t count = 0;
    while (seen != newest) {
        const auto m = slow.next();
        auto& last = seen[m.at("type").as_string().c_str()];
        const auto now = number_in(m.at("payload"));
        REQUIRE((now > last || now < 5));
        last = now;
        ++count;
    }
    CHECK(slow.drain().empty());
    CHECK(count < n);
    CHECK(w.hub().stats().conflated == static_cast<std::uint64_t>(n - count));
}

TEST_CASE("a peer that floods and does not read is held back and not buffered without end")
{
    world w{{.outbox_messages = 1'000'000, .message_rate = 0}};
    w.serve();
    client c{w.port(), slow_reader()};
    auto& socket = c.stream().next_layer();
    socket.non_blocking(true);
    // A masked ping message, by hand and again and again until the server takes no more.
    const std::string text = R"({"type":"ping"})";
    std::string frame{"\x81"};
    frame += static_cast<char>(0x80 | text.size());
    frame += std::string(4, '\0') + text;
    std::string many;
    while (many.size() < 64 * 1024)
        many += frame;
    std::size_t at = 0;
    std::size_t total = 0;
    const auto full_since = [&] {
        for (;;) {
            error_code ec;
            const auto n = socket.write_some(asio::buffer(many.data() + at, many.size() - at), ec);
            if (ec)
                return ec;
            at = (at + n) % many.size();
            total += n;
        }
    };
    auto last = std::chrono::steady_clock::now();
    std::size_t before = 0;
    while (std::chrono::steady_clock::now() - last < 300ms && total < 256 * 1024 * 1024) {
        const auto ec = full_since();
        REQUIRE((ec == asio::error::would_block || ec == asio::error::try_again));
        if (total != before) {
            before = total;
            last = std::chrono::steady_clock::now();
        }
        std::this_thread::sleep_for(1ms);
    }
    CHECK(total < 64 * 1024 * 1024);
    CHECK(w.hub().stats().slow_closed == 0);
    CHECK(w.hub().stats().connections == 1);
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// The policies that drop messages, and the gaps that tell it.
#include "session/outbox_support.hpp"

#include <array>
#include <map>
#include <numeric>
#include <random>
#include <string>
#include <vector>

using namespace fanfare;
using namespace fanfare::detail;
using result = outbox::result;
using namespace fanfare::test::outboxes;

TEST_CASE("drop_oldest leaves a gap in the place of what it dropped", "[outbox]")
{
    outbox box{3, 100'000};
    for (const auto* m : {"1", "2", "3"})
        box.push(text(m), overflow_policy::drop_oldest);
    // The marker takes a place of its own, so the first overflow drops two.
    CHECK(box.push(text("4"), overflow_policy::drop_oldest) == result::dropped);
    CHECK(box.push(text("5"), overflow_policy::drop_oldest) == result::dropped);
    CHECK(box.size() == 3);
    const auto all = payloads(parse(write_all(box)));
    REQUIRE(all.size() == 3);
    CHECK(gap_of(all[0]) == 3);
    CHECK(boost::json::parse(all[0]).at("room").as_string() == "r");
    CHECK(all[1] == "4");
    CHECK(all[2] == "5");
}

TEST_CASE("a room drops its own messages and never another's", "[outbox]")
{
    outbox box{4, 100'000};
    box.push(text("a1", "a"), overflow_policy::close);
    box.push(text("a2", "a"), overflow_policy::close);
    for (int i = 0; i != 10; ++i)
        box.push(text("b" + std::to_string(i), "b"), overflow_policy::drop_oldest);
    const auto all = payloads(parse(write_all(box)));
    REQUIRE(all.size() == 4);
    CHECK(all[0] == "a1");
    CHECK(all[1] == "a2");
    CHECK(gap_of(all[2]) == 9);
    CHECK(all[3] == "b9");
}

TEST_CASE("received and gaps add up to what was pushed, whatever the socket takes", "[outbox]")
{
    const auto seed = GENERATE(range(1u, 41u));
    INFO("seed " << seed);
    std::mt19937 random{seed};
    const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    const std::size_t max_messages = 1 + below(40);
    const std::size_t max_bytes = 50 + below(3000);
    outbox box{max_messages, max_bytes};
    constexpr std::size_t rooms = 3;
    std::array<std::size_t, rooms> pushed{};
    std::string wire;
    const auto write_some = [&](std::size_t buffers) {
        const auto next = gathered(box, buffers);
        const auto n = below(3) == 0 ? next.size() : below(next.size() + 1);
        wire.append(next, 0, n);
        box.consume(n);
    };
    for (int step = 0; step != 4000; ++step) {
        if (below(4) != 0) {
            const auto room = below(rooms);
            const auto size = below(20) == 0 ? below(2 * max_bytes) : below(60);
            box.push(text(std::to_string(pushed[room]++) + std::string(size, ' '), "room" + std::to_string(room)),
                     overflow_policy::drop_oldest);
        } else if (below(3) == 0) {
            write_some(1 + below(8));
        } else if (below(10) == 0) {
            box.push_pong(std::string_view{"p"});
        }
        // The markers come on top: one a room, and those that were gathered but not yet written.
        REQUIRE(box.size() <= max_messages + rooms + 8);
    }
    wire += write_all(box, 1 + below(100));
    std::size_t accounted = 0;
    for (const auto& f : parse(wire))
        if (f.opcode == ws_opcode::text)
            accounted += f.payload.front() == '{' ? gap_of(f.payload) : 1;
    CHECK(accounted == std::accumulate(pushed.begin(), pushed.end(), std::size_t{0}));
    CHECK(box.bytes() == 0);
    CHECK(box.size() == 0);
}

TEST_CASE("each gap stands exactly where its messages are missing", "[outbox]")
{
    const auto seed = GENERATE(range(1u, 41u));
    INFO("seed " << seed);
    std::mt19937 random{seed};
    const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    // Room in the bytes for any message, so that the oldest of a room can always make way.
    const std::size_t max_messages = 1 + below(30);
    outbox box{max_messages, 1'000'000};
    std::map<std::string, std::size_t> pushed;
    std::string wire;
    for (int step = 0; step != 4000; ++step) {
        if (below(3) != 0) {
            const auto room = "room" + std::to_string(below(3));
            box.push(text(std::to_string(pushed[room]++) + " " + room, room), overflow_policy::drop_oldest);
        } else if (below(4) == 0) {
            const auto next = gathered(box, 1 + below(8));
            const auto n = below(next.size() + 1);
            wire.append(next, 0, n);
            box.consume(n);
        }
    }
    wire += write_all(box);
    std::map<std::string, std::size_t> seen;
    for (const auto& f : parse(wire)) {
        if (f.payload.front() == '{') {
            const auto gap = boost::json::parse(f.payload);
            seen[std::string{std::string_view{gap.at("room").as_string()}}] += gap_of(f.payload);
        } else {
            const auto space = f.payload.find(' ');
            REQUIRE(std::stoul(f.payload.substr(0, space)) == seen[f.payload.substr(space + 1)]++);
        }
    }
    CHECK(seen == pushed);
}

TEST_CASE("latest_per_key brings the newest of each key and nothing older after it", "[outbox]")
{
    const auto seed = GENERATE(range(1u, 31u));
    INFO("seed " << seed);
    std::mt19937 random{seed};
    const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    outbox box{8 + below(8), 100'000}; // more places than keys: nothing needs to be dropped
    std::map<std::string, int> newest;
    std::string wire;
    std::size_t conflated = 0;
    std::size_t pushed = 0;
    for (int step = 0; step != 3000; ++step) {
        if (below(4) != 0) {
            const auto key = "k" + std::to_string(below(6));
            newest[key] = step;
            ++pushed;
            const auto what =
                box.push(text(key + " " + std::to_string(step), "r", key), overflow_policy::latest_per_key);
            REQUIRE((what == result::queued || what == result::conflated));
            conflated += what == result::conflated;
        } else if (below(4) == 0) {
            const auto next = gathered(box, 1 + below(4));
            const auto n = below(next.size() + 1);
            wire.append(next, 0, n);
            box.consume(n);
        }
        REQUIRE(box.size() <= 7); // the keys, and one that has begun
    }
    wire += write_all(box, 5);
    std::map<std::string, int> seen;
    const auto frames = parse(wire);
    for (const auto& f : frames) {
        const auto space = f.payload.find(' ');
        const auto now = std::stoi(f.payload.substr(space + 1));
        const auto [at, first] = seen.emplace(f.payload.substr(0, space), now);
        REQUIRE((first || at->second < now));
        at->second = now;
    }
    CHECK(seen == newest);
    CHECK(frames.size() + conflated == pushed);
}

TEST_CASE("messages without a key, or of another room, are never conflated", "[outbox]")
{
    outbox box{10, 1000};
    const auto policy = overflow_policy::latest_per_key;
    CHECK(box.push(text("1", "a"), policy) == result::queued);
    CHECK(box.push(text("2", "a"), policy) == result::queued);
    CHECK(box.push(text("3", "a", "k"), policy) == result::queued);
    CHECK(box.push(text("4", "b", "k"), policy) == result::queued);
    CHECK(box.push(text("5", "a", "k"), policy) == result::conflated);
    CHECK(payloads(parse(write_all(box))) == std::vector<std::string>{"1", "2", "5", "4"});
}

TEST_CASE("latest_per_key drops the oldest and tells it when keys are too many", "[outbox]")
{
    outbox box{4, 100'000};
    for (int i = 0; i != 20; ++i)
        box.push(text(std::to_string(i), "r", "k" + std::to_string(i)), overflow_policy::latest_per_key);
    const auto all = payloads(parse(write_all(box)));
    REQUIRE(all.size() == 4);
    CHECK(gap_of(all[0]) == 17);
    CHECK(all[3] == "19");
}

TEST_CASE("a stream that is offered a gap's marker and does not take it does not make many of one", "[outbox]")
{
    outbox box{100, 1000};
    const std::string large(200, 'x');
    for (int i = 0; i != 100; ++i) {
        box.push(text(large), overflow_policy::drop_oldest);
        gathered(box); // nothing is taken
        CHECK(box.bytes() <= 1000 + 150);
    }
    SECTION("it takes all")
    {
        const auto all = parse(write_all(box));
        REQUIRE(all.size() == 5);
        CHECK(gap_of(all[0].payload) == 96);
        CHECK(all[1].payload == large);
    }
    SECTION("a marker that has begun stays as it is")
    {
        std::string wire = gathered(box).substr(0, 10);
        box.consume(10);
        for (int i = 0; i != 10; ++i)
            box.push(text(large), overflow_policy::drop_oldest);
        wire += write_all(box);
        const auto all = parse(wire);
        CHECK(gap_of(all.at(0).payload) == 96);
        CHECK(gap_of(all.at(1).payload) + all.size() - 2 == 14);
    }
    CHECK(box.bytes() == 0);
}

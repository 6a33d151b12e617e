// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// The policy resync: what waits is let go, and read from the history later.
#include "session/outbox_support.hpp"

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

using namespace fanfare;
using namespace fanfare::detail;
using result = outbox::result;
using namespace fanfare::test::outboxes;

TEST_CASE("resync lets go of what waits of the room, and names the first of it", "[outbox]")
{
    outbox box{5, 100'000};
    const auto policy = overflow_policy::resync;
    for (std::uint64_t i = 11; i != 14; ++i)
        CHECK(box.push(placed(i, "a"), policy) == result::queued);
    CHECK(box.push(placed(5, "b"), policy) == result::queued);
    CHECK(box.push(text("plain", "a"), policy) == result::queued);
    CHECK(box.push(placed(14, "a"), policy) == result::resync);
    CHECK(box.resync_from() == position{7, 11});
    CHECK(box.size() == 2);
    CHECK(box.take_dropped() == 0); // nothing is lost
    CHECK(box.take_resynced() == 4);
    CHECK(box.take_resynced() == 0);
    CHECK(box.bytes() == placed(5, "b")->wire().size() + text("plain", "a")->wire().size());
    CHECK(payloads(parse(write_all(box))) == std::vector<std::string>{"b5", "plain"});
    CHECK(box.bytes() == 0);
    CHECK(box.empty());
}

TEST_CASE("resync lets go of the new message alone when nothing of its room waits", "[outbox]")
{
    outbox box{2, 100'000};
    box.push(placed(1, "b"), overflow_policy::close);
    box.push(placed(2, "b"), overflow_policy::close);
    CHECK(box.push(placed(9, "a"), overflow_policy::resync) == result::resync);
    CHECK(box.resync_from() == position{7, 9});
    CHECK(box.take_resynced() == 1);
    CHECK(payloads(parse(write_all(box))) == std::vector<std::string>{"b1", "b2"});
}

TEST_CASE("resync finishes what has begun and reads again what follows it", "[outbox]")
{
    const auto first = placed(1);
    for (std::size_t written = 1; written != first->wire().size(); ++written) {
        outbox box{3, 100'000};
        box.push_started(first, written);
        box.push(placed(2), overflow_policy::resync);
        box.push(placed(3), overflow_policy::resync);
        CHECK(box.push(placed(4), overflow_policy::resync) == result::resync);
        CHECK(box.resync_from() == position{7, 2});
        CHECK(box.size() == 1);
        CHECK(box.bytes() == first->wire().size());
        const auto wire = std::string{first->wire().substr(0, written)} + write_all(box, 1);
        CHECK(payloads(parse(wire)) == std::vector<std::string>{"r1"});
    }
}

TEST_CASE("resync keeps gap markers and what is of another epoch", "[outbox]")
{
    outbox box{4, 100'000};
    const auto policy = overflow_policy::resync;
    const auto marker = encode_lost("r", {7, 20}, {});
    box.push(placed(9, "r", 6), policy);
    box.push(marker, policy);
    box.push(placed(21), policy);
    box.push(placed(22), policy);
    CHECK(box.push(placed(23), policy) == result::resync);
    CHECK(box.resync_from() == position{7, 21});
    const auto all = payloads(parse(write_all(box)));
    REQUIRE(all.size() == 2);
    CHECK(all[0] == "r9");
    CHECK(all[1] == marker->payload());
}

TEST_CASE("resync drops a message without a place in the history, and tells it", "[outbox]")
{
    outbox box{3, 100'000};
    const auto policy = overflow_policy::resync;
    for (const auto* m : {"1", "2", "3", "4"})
        box.push(text(m), policy);
    const auto all = payloads(parse(write_all(box)));
    REQUIRE(all.size() == 3);
    CHECK(gap_of(all[0]) == 2);
    CHECK(all[1] == "3");
    CHECK(all[2] == "4");
}

TEST_CASE("the byte limit starts a resync too, and the space is there again afterwards", "[outbox]")
{
    const auto size = placed(1)->wire().size();
    outbox box{1000, 10 * size};
    const auto policy = overflow_policy::resync;
    std::uint64_t next = 1;
    for (int round = 0; round != 100; ++round) {
        const auto first = next;
        while (box.push(placed(10'000 + next % 10'000), policy) == result::queued) // all of one size
            ++next;
        REQUIRE(box.resync_from() == position{7, 10'000 + first % 10'000});
        REQUIRE(box.bytes() == 0);
        REQUIRE(box.empty());
    }
    CHECK(write_all(box).empty());
}

TEST_CASE("a close after a resync is the next thing on the wire", "[outbox]")
{
    outbox box{2, 100'000};
    box.push(placed(1), overflow_policy::resync);
    box.push(placed(2), overflow_policy::resync);
    CHECK(box.push(placed(3), overflow_policy::resync) == result::resync);
    box.push_ping();
    CHECK(parse(write_all(box)) == std::vector<wire_frame>{{ws_opcode::ping, ""}});
    box.push_close(close_code::shutdown, "");
    CHECK(parse(write_all(box)).size() == 1);
    CHECK(box.empty());
}

TEST_CASE("what is sent and what a resync names are together every message, once and in order", "[outbox]")
{
    const auto seed = GENERATE(range(1u, 41u));
    INFO("seed " << seed);
    std::mt19937 random{seed};
    const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    outbox box{1 + below(30), 100'000};
    std::map<std::string, std::uint64_t> next; // of each room, to push
    std::string wire;
    const auto write_some = [&](bool all) {
        const auto bytes = gathered(box, 1 + below(8));
        const auto n = all ? bytes.size() : below(bytes.size() + 1);
        wire.append(bytes, 0, n);
        box.consume(n);
    };
    for (int step = 0; step != 4000; ++step) {
        if (below(4) != 0) {
            const std::string room(1, static_cast<char>('a' + below(3)));
            const auto at = next.emplace(room, 1).first->second++;
            if (box.push(placed(at, room), overflow_policy::resync) == result::resync) {
                REQUIRE(box.resync_from().offset <= at);
                next[room] = box.resync_from().offset; // from the history
            }
        } else {
            write_some(false);
        }
    }
    while (!box.empty())
        write_some(true);
    std::map<std::string, std::uint64_t> seen;
    for (const auto& f : parse(wire)) {
        const auto at = std::stoull(f.payload.substr(1));
        REQUIRE(at == ++seen[f.payload.substr(0, 1)]);
    }
    for (const auto& [room, at] : next)
        CHECK(seen[room] == at - 1);
    CHECK(box.bytes() == 0);
}

TEST_CASE("after a resync that let go of everything a new message may begin on the socket at once", "[outbox]")
{
    outbox box{2, 100'000};
    box.push(placed(1), overflow_policy::resync);
    box.push(placed(2), overflow_policy::resync);
    REQUIRE(box.push(placed(3), overflow_policy::resync) == result::resync);
    REQUIRE(box.empty());
    const auto next = placed(4);
    box.push_started(next, 1);
    CHECK(payloads(parse(std::string{next->wire().substr(0, 1)} + write_all(box))) ==
          std::vector<std::string>{"r4"});
}

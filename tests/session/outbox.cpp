// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "support/catch.hpp"

#include <fanfare/detail/session/outbox.hpp>

#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <numeric>
#include <random>
#include <string>
#include <vector>

using namespace fanfare;
using namespace fanfare::detail;
using result = outbox::result;

namespace {

shared_frame text(std::string_view payload, std::string_view room = "r", std::string_view key = {})
{
    return frame::make(ws_opcode::text, payload, {room, key});
}

struct wire_frame {
    ws_opcode opcode;
    std::string payload;
    bool operator==(const wire_frame&) const = default;
};

// What the server's bytes say; fails on half a frame.
std::vector<wire_frame> parse(std::string_view bytes)
{
    std::vector<wire_frame> all;
    while (!bytes.empty()) {
        REQUIRE(bytes.size() >= 2);
        const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes.at(i)); };
        std::size_t size = byte(1);
        std::size_t header = 2;
        const std::size_t extended = size == 127 ? 8 : size == 126 ? 2 : 0;
        if (extended != 0)
            for (size = 0; header != 2 + extended; ++header)
                size = size << 8 | byte(header);
        REQUIRE(bytes.size() >= header + size);
        all.push_back({static_cast<ws_opcode>(byte(0) & 15), std::string{bytes.substr(header, size)}});
        bytes.remove_prefix(header + size);
    }
    return all;
}

std::string gathered(outbox& box, std::size_t buffers = 64)
{
    std::vector<std::string_view> out(buffers);
    const auto n = box.gather(out, {});
    std::string all;
    for (std::size_t i = 0; i != n; ++i)
        all += out[i];
    return all;
}

// Writes `most` bytes at a time until all is written.
std::string write_all(outbox& box, std::size_t most = static_cast<std::size_t>(-1), std::size_t buffers = 64)
{
    std::string wire;
    while (!box.empty()) {
        const auto next = gathered(box, buffers);
        REQUIRE_FALSE(next.empty());
        const auto n = std::min(most, next.size());
        wire.append(next, 0, n);
        box.consume(n);
    }
    return wire;
}

std::vector<std::string> payloads(const std::vector<wire_frame>& frames)
{
    std::vector<std::string> all;
    for (const auto& f : frames)
        all.push_back(f.payload);
    return all;
}

// One with a place in its room's history.
shared_frame placed(std::uint64_t offset, std::string_view room = "r", std::uint64_t epoch = 7)
{
    return frame::make(ws_opcode::text, std::string{room} + std::to_string(offset),
                       {.room = room, .at = {epoch, offset}});
}

std::size_t gap_of(const std::string& payload)
{
    return boost::json::parse(payload).at("payload").at("dropped").to_number<std::size_t>();
}

} // namespace

TEST_CASE("an outbox gives messages back in order", "[outbox]")
{
    outbox box{100, 100'000};
    CHECK(box.empty());
    std::vector<std::string> sent;
    for (int i = 0; i != 100; ++i) {
        sent.push_back("message " + std::to_string(i) + std::string(static_cast<std::size_t>(i) * 3, '.'));
        CHECK(box.push(text(sent.back()), overflow_policy::close) == result::queued);
    }
    CHECK(box.size() == 100);
    const auto most = GENERATE(1u, 2u, 7u, 100u, 1'000'000u);
    const auto buffers = GENERATE(1u, 2u, 64u);
    CHECK(payloads(parse(write_all(box, most, buffers))) == sent);
    CHECK(box.size() == 0);
    CHECK(box.bytes() == 0);
}

TEST_CASE("control frames go before messages but never into one", "[outbox]")
{
    const auto first = text("first");
    const std::vector<wire_frame> early{
        {ws_opcode::pong, "p"}, {ws_opcode::ping, ""}, {ws_opcode::text, "first"}, {ws_opcode::text, "second"}};
    const std::vector<wire_frame> late{
        {ws_opcode::text, "first"}, {ws_opcode::pong, "p"}, {ws_opcode::ping, ""}, {ws_opcode::text, "second"}};
    for (std::size_t written = 0; written != first->wire().size(); ++written) {
        outbox box{10, 1000};
        box.push(first, overflow_policy::close);
        box.push(text("second"), overflow_policy::close);
        auto wire = gathered(box).substr(0, written);
        box.consume(written);
        box.push_pong(std::string_view{"p"});
        box.push_ping();
        box.push_ping(); // one is enough
        wire += write_all(box, 3);
        CHECK(parse(wire) == (written == 0 ? early : late));
    }
}

TEST_CASE("a control frame that has begun is finished before the next", "[outbox]")
{
    for (std::size_t written = 1; written != 4; ++written) {
        outbox box{10, 1000};
        box.push_pong(std::string_view{"ab"});
        auto wire = gathered(box).substr(0, written);
        box.consume(written);
        box.push_pong(std::string_view{"cd"});
        box.push_close(close_code::normal, "");
        wire += write_all(box, 1);
        const auto frames = parse(wire);
        REQUIRE(frames.size() == 3);
        CHECK(frames[0] == wire_frame{ws_opcode::pong, "ab"});
        CHECK(frames[1] == wire_frame{ws_opcode::pong, "cd"});
        CHECK(frames[2].opcode == ws_opcode::close);
    }
}

TEST_CASE("a pong that waits is replaced by a newer one", "[outbox]")
{
    outbox box{10, 1000};
    box.push_pong(std::string_view{"old"});
    box.push_pong(std::string_view{"new"});
    CHECK(parse(write_all(box)) == std::vector<wire_frame>{{ws_opcode::pong, "new"}});
}

TEST_CASE("nothing follows a close and nothing that has begun is cut", "[outbox]")
{
    const auto first = text("first");
    for (std::size_t written = 0; written <= first->wire().size(); ++written) {
        outbox box{10, 1000};
        box.push(first, overflow_policy::close);
        box.push(text("second"), overflow_policy::close);
        auto wire = gathered(box).substr(0, written);
        box.consume(written);
        box.push_close(close_code::slow_receiver, "slow");
        CHECK(box.closing());
        CHECK(box.push(text("late"), overflow_policy::close) == result::overflow);
        box.push_pong(std::string_view{"late"});
        box.push_ping();
        box.push_close(close_code::normal, "late");
        wire += write_all(box, 1);
        const auto frames = parse(wire);
        CHECK(frames.size() == (written == 0 ? 1u : 2u));
        CHECK(frames.back() == wire_frame{ws_opcode::close, "\x0b\xc0slow"});
        CHECK(box.bytes() == 0);
    }
}

TEST_CASE("a message that the socket has begun is continued", "[outbox]")
{
    const auto first = text("the first message");
    for (std::size_t written = 1; written != first->wire().size(); ++written) {
        outbox box{10, 1000};
        box.push_started(first, written);
        box.push(text("x"), overflow_policy::close);
        const auto wire = std::string{first->wire().substr(0, written)} + write_all(box, 2);
        CHECK(payloads(parse(wire)) == std::vector<std::string>{"the first message", "x"});
    }
}

TEST_CASE("the limits are messages and bytes and one of any size fits an empty outbox", "[outbox]")
{
    outbox three{3, 1000};
    for (int i = 0; i != 3; ++i)
        CHECK(three.push(text("m"), overflow_policy::close) == result::queued);
    CHECK(three.push(text("m"), overflow_policy::close) == result::overflow);
    CHECK(three.size() == 3);

    const auto ten = text(std::string(8, 'x')); // two bytes of header
    outbox fifty{1000, 50};
    for (int i = 0; i != 5; ++i)
        CHECK(fifty.push(ten, overflow_policy::close) == result::queued);
    CHECK(fifty.bytes() == 50);
    CHECK(fifty.push(text(""), overflow_policy::close) == result::overflow);
    write_all(fifty);
    CHECK(fifty.push(text(""), overflow_policy::close) == result::queued);

    for (const auto policy :
         {overflow_policy::close, overflow_policy::drop_oldest, overflow_policy::latest_per_key}) {
        outbox small{10, 20};
        CHECK(small.push(text(std::string(500, 'b')), policy) == result::queued);
        CHECK(small.size() == 1);
        CHECK(small.push(text("y"), policy) != result::queued);
    }
}

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

TEST_CASE("an outbox that stays blocked does not grow", "[outbox]")
{
    const auto policy = GENERATE(overflow_policy::drop_oldest, overflow_policy::latest_per_key);
    outbox box{50, 5000};
    box.push_started(text("begun", "r"), 2);
    for (int i = 0; i != 200'000; ++i)
        box.push(text(std::to_string(i), "r", "k" + std::to_string(i % 200)), policy);
    CHECK(box.size() <= 51);
    CHECK(box.bytes() <= 5000);
    const auto all = payloads(parse("\x81\x05" + write_all(box)));
    CHECK(all.front() == "begun");
    CHECK(all.back() == "199999");
    CHECK(all.size() <= 51);
}

TEST_CASE("an outbox that never runs dry reuses its memory", "[outbox]")
{
    outbox box{50, 5000};
    std::size_t next = 0;
    std::string wire;
    for (std::size_t i = 0; i != 20'000; ++i) {
        box.push(text(std::to_string(i)), overflow_policy::close);
        if (i < 20)
            continue; // always some wait
        const auto one = gathered(box, 1);
        box.consume(one.size());
        REQUIRE(payloads(parse(one)) == std::vector<std::string>{std::to_string(next++)});
        REQUIRE(box.size() == 20);
    }
}

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

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Order, limits and memory of an outbox.
#include "session/outbox_support.hpp"

#include <string>
#include <vector>

using namespace fanfare;
using namespace fanfare::detail;
using result = outbox::result;
using namespace fanfare::test::outboxes;

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

TEST_CASE("the payload of a ping goes with it, and the newest ping is sent", "[outbox]")
{
    outbox box{10, 1000};
    box.push_ping(std::string_view{"old"});
    box.push_ping(std::string_view{"new"});
    CHECK(parse(write_all(box, 3)) == std::vector<wire_frame>{{ws_opcode::ping, "new"}});
    CHECK(box.empty());
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

TEST_CASE("pongs wait in their order, the newest sixteen of them", "[outbox]")
{
    for (const std::size_t written : {0u, 1u, 7u}) {
        outbox box{10, 100'000};
        std::string wire;
        for (int i = 0; i != 3; ++i) // a write has begun with these
            box.push_pong(std::string(5, static_cast<char>('a' + i)));
        if (written != 0) {
            wire = gathered(box).substr(0, written);
            box.consume(written);
        }
        for (int i = 0; i != 40; ++i)
            box.push_pong(std::string(100, static_cast<char>('A' + i)));
        const auto frames = parse(wire + write_all(box, 50));
        REQUIRE(frames.size() == 16);
        for (std::size_t i = 0; i != 16; ++i) {
            const std::size_t begun = written == 0 ? 0 : 3;
            CHECK(frames[i].opcode == ws_opcode::pong);
            CHECK(frames[i].payload == (i < begun ? std::string(5, static_cast<char>('a' + i))
                                                  : std::string(100, static_cast<char>('A' + 24 + i))));
        }
        CHECK(box.bytes() == 0);
    }
}

TEST_CASE("the newest pong is kept when sixteen are being written", "[outbox]")
{
    outbox box{10, 1000};
    for (int i = 0; i != 16; ++i)
        box.push_pong(std::string_view{"begun"});
    auto wire = gathered(box).substr(0, 3);
    box.consume(3);
    box.push_pong(std::string_view{"old"});
    box.push_pong(std::string_view{"new"});
    const auto frames = parse(wire + write_all(box));
    REQUIRE(frames.size() == 17);
    CHECK(frames.back() == wire_frame{ws_opcode::pong, "new"});
}

TEST_CASE("pongs count against the limit of bytes", "[outbox]")
{
    outbox box{10, 1000};
    box.push(text("first"), overflow_policy::close);
    for (int i = 0; i != 9; ++i)
        box.push_pong(std::string(100, 'p'));
    CHECK(box.bytes() == 7 + 9 * 102);
    CHECK(box.half_full());
    CHECK(box.push(text(std::string(100, 'x')), overflow_policy::close) == result::overflow);
    CHECK(box.push(text("x"), overflow_policy::close) == result::queued);
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

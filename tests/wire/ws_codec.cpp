// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "support/catch.hpp"
#include "wire/ws_client.hpp"

#include <algorithm>
#include <cstring>
#include <random>
#include <utility>

namespace {

using namespace fanfare;
using namespace fanfare::test;
using detail::ws_decoder;
using detail::ws_limits;
using kind = ws_event::kind;
using events = std::vector<seen>;

constexpr ws_limits roomy{.max_message = 1 << 20};

// The events of `stream`, given in pieces that end at `cuts`.
events decode(std::string_view stream, ws_limits limits = {}, std::vector<std::size_t> cuts = {})
{
    ws_decoder decoder(limits);
    events out;
    cuts.push_back(stream.size());
    std::size_t from = 0;
    for (auto cut : cuts) {
        REQUIRE(feed(decoder, stream.substr(from, cut - from), out));
        from = cut;
    }
    return out;
}

seen ping(std::string data)
{
    return {kind::ping, std::move(data), ws_opcode::ping};
}
seen pong(std::string data)
{
    return {kind::pong, std::move(data), ws_opcode::pong};
}

seen closing(close_code code, std::string payload)
{
    auto reason = payload.size() > 2 ? payload.substr(2) : std::string();
    return {kind::close, std::move(payload), ws_opcode::close, code, std::move(reason)};
}

// Whether the stream ends with an error of this code, after `before` other events.
bool refused(std::string_view stream, close_code code, std::size_t before = 0, ws_limits limits = {})
{
    const auto got = decode(stream, limits);
    return got.size() == before + 1 && got.back().what == kind::error && got.back().code == code &&
           !got.back().reason.empty() && got.back().data.empty();
}

bool is_protocol_error(std::string_view stream, std::size_t before = 0, ws_limits limits = {})
{
    return refused(stream, close_code::protocol_error, before, limits);
}

std::string pattern(std::size_t size)
{
    std::string text(size, ' ');
    for (std::size_t i = 0; i < size; ++i)
        text[i] = static_cast<char>('!' + i * 7 % 90);
    return text;
}

const std::string smile = "\xF0\x9F\x98\x80";

// Two fragmented messages with everything between that may stand there, and a close.
const std::string conversation =
    client_frame(ws_opcode::text, "Hello, ", {.fin = false}) + client_frame(ws_opcode::ping, "are you there?") +
    client_frame(ws_opcode::continuation, "w\xC3", {.fin = false}) + client_frame(ws_opcode::pong, "") +
    client_frame(ws_opcode::continuation, "", {.fin = false}) + client_frame(ws_opcode::continuation, "\xB6rld") +
    client_frame(ws_opcode::binary, std::string("\0\xFF\x80", 3)) +
    client_frame(ws_opcode::text, "", {.fin = false}) + client_frame(ws_opcode::continuation, pattern(130)) +
    client_frame(ws_opcode::close, "\x03\xE8gone") + client_frame(ws_opcode::text, "x");
const events conversation_events = {
    ping("are you there?"),         pong(""),
    message("Hello, w\xC3\xB6rld"), message(std::string("\0\xFF\x80", 3), ws_opcode::binary),
    message(pattern(130)),          closing(close_code::normal, "\x03\xE8gone")};

} // namespace

TEST_CASE("a message of any size arrives, whatever form its length has")
{
    for (std::size_t size : {0u, 1u, 124u, 125u, 126u, 127u, 128u, 65534u, 65535u, 65536u, 65537u, 200000u}) {
        const auto text = pattern(size);
        INFO(size);
        CHECK((decode(client_frame(ws_opcode::text, text), roomy) == events{message(text)}));
        CHECK((decode(client_frame(ws_opcode::binary, text, {.mask = 0}), roomy) ==
               events{message(text, ws_opcode::binary)}));
    }
}

TEST_CASE("a message that lies in the input is neither copied nor kept")
{
    ws_decoder decoder(ws_limits{});
    auto bytes = client_frame(ws_opcode::text, "one") + client_frame(ws_opcode::text, "two");
    std::span<char> input(bytes);
    auto event = decoder.next(input, nullptr);
    CHECK(event.data.data() == bytes.data() + 6);
    CHECK(std::string(event.data.begin(), event.data.end()) == "one");
    event = decoder.next(input, nullptr);
    CHECK(event.data.data() == bytes.data() + 15);
    CHECK(decoder.buffered() == 0);

    // Not even when its header came before it.
    auto again = client_frame(ws_opcode::text, "three");
    auto header = std::span<char>(again).first(6);
    CHECK(decoder.next(header, nullptr).what == kind::need_more);
    input = std::span<char>(again).subspan(6);
    CHECK(decoder.next(input, nullptr).data.data() == again.data() + 6);
    CHECK(decoder.buffered() == 0);
}

TEST_CASE("fragments are joined, and control frames between them arrive at once")
{
    CHECK(decode(conversation) == conversation_events);
}

TEST_CASE("the network may cut the stream at any two places")
{
    std::size_t wrong = 0;
    for (std::size_t i = 0; i <= conversation.size(); ++i) {
        for (std::size_t j = i; j <= conversation.size(); ++j)
            wrong += decode(conversation, {}, {i, j}) != conversation_events;
    }
    CHECK(wrong == 0);

    std::vector<std::size_t> every(conversation.size());
    for (std::size_t i = 0; i < every.size(); ++i)
        every[i] = i;
    CHECK(decode(conversation, {}, every) == conversation_events);
}

TEST_CASE("a long header may be cut at any byte")
{
    for (std::size_t size : {200u, 70000u}) {
        const auto frame = client_frame(ws_opcode::binary, pattern(size));
        for (std::size_t cut = 0; cut < 16; ++cut)
            CHECK((decode(frame, roomy, {cut}) == events{message(pattern(size), ws_opcode::binary)}));
    }
}

TEST_CASE("a ping that is cut in a half-received message loses nothing of either")
{
    const auto question = pattern(125);
    const auto stream = client_frame(ws_opcode::text, "half", {.fin = false}) +
                        client_frame(ws_opcode::ping, question) + client_frame(ws_opcode::ping, "2") +
                        client_frame(ws_opcode::continuation, " and half");
    for (std::size_t cut = 0; cut <= stream.size(); ++cut)
        CHECK((decode(stream, {}, {cut}) == events{ping(question), ping("2"), message("half and half")}));
}

TEST_CASE("text that is not UTF-8 is refused at its first wrong byte, in any fragmentation")
{
    const std::string good = "h\xC3\xA9llo " + smile + " \xE2\x82\xAC";
    for (std::string bad : {"\x80", "\xC0", "\xFF", "\xED\xA0", "\xE0\x80", "\xF4\x90", "\xE2\x82\x41"}) {
        for (std::size_t split = 0; split <= good.size() + bad.size(); ++split) {
            const auto text = good + bad + "tail";
            const auto first = client_frame(ws_opcode::text, text.substr(0, split), {.fin = false});
            const auto stream = first + client_frame(ws_opcode::continuation, text.substr(split));
            const auto at = 6 + (split < good.size() + bad.size() ? 6u : 0u) + good.size() + bad.size() - 1;

            ws_decoder decoder(ws_limits{});
            events out;
            REQUIRE(feed(decoder, std::string_view(stream).substr(0, at), out));
            CHECK(out.empty());
            REQUIRE(feed(decoder, std::string_view(stream).substr(at, 1), out));
            REQUIRE(out.size() == 1);
            CHECK(out[0].code == close_code::invalid_payload);
            CHECK(decoder.buffered() == 0);
        }
    }
}

TEST_CASE("a character may be spread over fragments, but the text must not end inside one")
{
    for (std::size_t split = 0; split <= smile.size(); ++split) {
        const auto first = client_frame(ws_opcode::text, smile.substr(0, split), {.fin = false});
        CHECK((decode(first + client_frame(ws_opcode::continuation, smile.substr(split))) ==
               events{message(smile)}));
    }
    for (std::size_t size = 1; size < smile.size(); ++size) {
        CHECK(refused(client_frame(ws_opcode::text, smile.substr(0, size)), close_code::invalid_payload));
        CHECK(refused(client_frame(ws_opcode::text, smile.substr(0, size), {.fin = false}) +
                          client_frame(ws_opcode::continuation, ""),
                      close_code::invalid_payload));
    }
}

TEST_CASE("binary messages and pings may hold any bytes")
{
    CHECK((decode(client_frame(ws_opcode::binary, "\xFF\xC0")) == events{message("\xFF\xC0", ws_opcode::binary)}));
    CHECK((decode(client_frame(ws_opcode::ping, "\xFF\xC0")) == events{ping("\xFF\xC0")}));
}

TEST_CASE("reserved bits and reserved opcodes are refused")
{
    for (unsigned opcode = 0; opcode < 16; ++opcode) {
        const bool known = opcode == 1 || opcode == 2 || opcode >= 8;
        for (unsigned rsv = 0; rsv < 8; ++rsv) {
            INFO("opcode " << opcode << " rsv " << rsv);
            const bool good = known && opcode <= 10 && rsv == 0;
            CHECK(is_protocol_error(client_frame(opcode, "", {.rsv = rsv})) == !good);
        }
    }
}

TEST_CASE("with deflate only the first frame of a data message may be marked as compressed")
{
    const ws_limits deflate{.deflate = true};
    for (unsigned opcode : {8u, 9u, 10u})
        CHECK(is_protocol_error(client_frame(opcode, "", {.rsv = 4}), 0, deflate));
    for (unsigned rsv : {1u, 2u, 5u, 6u})
        CHECK(is_protocol_error(client_frame(1, "", {.rsv = rsv}), 0, deflate));
    CHECK(is_protocol_error(client_frame(ws_opcode::text, "a", {.fin = false}) +
                                client_frame(ws_opcode::continuation, "b", {.rsv = 4}),
                            0, deflate));
    CHECK((decode(client_frame(ws_opcode::text, "plain"), deflate) == events{message("plain")}));
    CHECK(refused(client_frame(ws_opcode::text, "x", {.rsv = 4}), close_code::internal_error, 0, deflate));
}

TEST_CASE("a frame that is not masked is refused")
{
    for (unsigned opcode : {1u, 2u, 8u, 9u, 10u})
        CHECK(is_protocol_error(client_frame(opcode, "", {.masked = false})));
    CHECK(is_protocol_error("\x81\x05")); // known at the second byte
}

TEST_CASE("control frames are whole and at most 125 bytes")
{
    for (unsigned opcode : {8u, 9u, 10u}) {
        CHECK(is_protocol_error(client_frame(opcode, "", {.fin = false})));
        CHECK(is_protocol_error(client_frame(opcode, std::string(126, 'x'))));
        CHECK(is_protocol_error(client_frame(opcode, std::string(70000, 'x'))));
        CHECK(is_protocol_error(client_frame(opcode, "x", {.extended = 2})));
    }
    CHECK((decode(client_frame(ws_opcode::pong, pattern(125))) == events{pong(pattern(125))}));
}

TEST_CASE("fragments come in order")
{
    const auto start = client_frame(ws_opcode::text, "a", {.fin = false});
    const auto end = client_frame(ws_opcode::continuation, "b");
    CHECK(is_protocol_error(end));
    CHECK(is_protocol_error(client_frame(ws_opcode::continuation, "b", {.fin = false})));
    CHECK(is_protocol_error(start + client_frame(ws_opcode::text, "c")));
    CHECK(is_protocol_error(start + client_frame(ws_opcode::binary, "c", {.fin = false})));
    CHECK(is_protocol_error(start + end + end, 1));
    CHECK(is_protocol_error(client_frame(ws_opcode::text, "whole") + end, 1));
}

TEST_CASE("a length must be in its shortest form and below 2^63")
{
    for (std::size_t size : {0u, 1u, 125u})
        CHECK(is_protocol_error(client_frame(ws_opcode::text, pattern(size), {.extended = 2}), 0, roomy));
    for (std::size_t size : {0u, 125u, 126u, 65535u})
        CHECK(is_protocol_error(client_frame(ws_opcode::text, pattern(size), {.extended = 8}), 0, roomy));
    for (std::uint64_t length : {1ull << 63, ~0ull, (1ull << 63) + 5})
        CHECK(is_protocol_error(client_frame(ws_opcode::text, "", {.declared = length}), 0, roomy));
    CHECK(refused(client_frame(ws_opcode::text, "", {.declared = (1ull << 63) - 1}), close_code::message_too_big,
                  0, {.max_message = ~std::size_t{0}}));
}

TEST_CASE("a message above the limit is refused by its header, before any of it is kept")
{
    const ws_limits limits{.max_message = 1000};
    const auto full = pattern(1000);
    CHECK((decode(client_frame(ws_opcode::text, full), limits) == events{message(full)}));
    for (std::uint64_t length : {1001ull, 65536ull, 1ull << 32, (1ull << 32) + 10, 1ull << 40, (1ull << 63) - 1}) {
        const auto header = client_frame(ws_opcode::text, "", {.declared = length});
        CHECK(refused(header, close_code::message_too_big, 0, limits));
    }
    CHECK(refused(client_frame(ws_opcode::binary, "x"), close_code::message_too_big, 0, {.max_message = 0}));
    CHECK((decode(client_frame(ws_opcode::text, ""), {.max_message = 0}) == events{message("")}));
}

TEST_CASE("fragments together must keep the limit")
{
    const ws_limits limits{.max_message = 100};
    const auto start = client_frame(ws_opcode::text, pattern(60), {.fin = false});
    CHECK((decode(start + client_frame(ws_opcode::continuation, pattern(40)), limits) ==
           events{message(pattern(60) + pattern(40))}));
    const auto over = client_frame(ws_opcode::continuation, "", {.declared = 41});
    CHECK(refused(start + over, close_code::message_too_big, 0, limits));
    CHECK(refused(start + client_frame(ws_opcode::ping, pattern(125)) + over, close_code::message_too_big, 1,
                  limits));
}

TEST_CASE("memory grows with what arrives, not with what is declared, and is given back")
{
    const std::size_t limit = 1 << 20;
    ws_decoder decoder(ws_limits{.max_message = limit});
    events out;
    REQUIRE(feed(decoder, client_frame(ws_opcode::text, "", {.mask = 0, .declared = limit}), out));
    CHECK(decoder.buffered() == 0);

    std::size_t arrived = 0;
    std::size_t worst = 0; // how much more than twice of what came was held
    for (std::size_t piece : {1u, 1u, 1u, 7u, 100u, 5000u, 1u, 500000u, 1u}) {
        REQUIRE(feed(decoder, pattern(piece), out));
        arrived += piece;
        CHECK(decoder.buffered() >= arrived);
        worst = std::max(worst, decoder.buffered() - std::min(decoder.buffered(), 2 * arrived));
    }
    CHECK(worst == 0);
    REQUIRE(feed(decoder, pattern(limit - arrived), out));
    REQUIRE(out.size() == 1);
    CHECK(out[0].data.size() == limit);
    CHECK(decoder.buffered() == 0);
}

TEST_CASE("a fragmented message never holds more than the limit")
{
    const ws_limits limits{.max_message = 1000};
    ws_decoder decoder(limits);
    events out;
    auto frame = client_frame(ws_opcode::text, "x", {.fin = false});
    for (std::size_t i = 1; i <= 1000; ++i) {
        REQUIRE(feed(decoder, frame, out));
        REQUIRE(decoder.buffered() <= std::min<std::size_t>(2 * i, 1000));
        frame = client_frame(ws_opcode::continuation, "x", {.fin = false});
    }
    REQUIRE(feed(decoder, client_frame(ws_opcode::continuation, ""), out));
    CHECK((out == events{message(std::string(1000, 'x'))}));
    CHECK(decoder.buffered() == 0);
}

TEST_CASE("a close frame carries nothing, or a code and a reason")
{
    CHECK((decode(client_frame(ws_opcode::close, "")) == events{closing(close_code::no_status, "")}));
    CHECK((decode(client_frame(ws_opcode::close, "\x03\xE9")) ==
           events{closing(close_code::going_away, "\x03\xE9")}));
    const auto longest = "\x03\xE8" + pattern(123);
    CHECK((decode(client_frame(ws_opcode::close, longest)) == events{closing(close_code::normal, longest)}));

    CHECK(is_protocol_error(client_frame(ws_opcode::close, "\x03")));
    CHECK(refused(client_frame(ws_opcode::close, "\x03\xE8\xFF"), close_code::invalid_payload));
    CHECK(refused(client_frame(ws_opcode::close, "\x03\xE8" + smile.substr(0, 3)), close_code::invalid_payload));
}

TEST_CASE("only close codes that may be sent are accepted")
{
    std::vector<unsigned> wrong;
    for (unsigned code = 0; code <= 0xFFFF; ++code) {
        const std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
        const bool good = (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) ||
                          (code >= 3000 && code <= 4999);
        const auto frame = client_frame(ws_opcode::close, payload);
        const auto got = decode(frame);
        if (good ? got != events{closing(close_code(code), payload)} : !is_protocol_error(frame))
            wrong.push_back(code);
    }
    CHECK(wrong.empty());
}

TEST_CASE("nothing counts after a close or an error, and nothing is kept")
{
    for (auto last : {client_frame(ws_opcode::close, "\x03\xE8"), client_frame(3, "")}) {
        ws_decoder decoder(ws_limits{});
        events out;
        REQUIRE(feed(decoder, client_frame(ws_opcode::text, "half", {.fin = false}), out));
        CHECK(decoder.buffered() == 4);
        REQUIRE(feed(decoder, last, out));
        REQUIRE(out.size() == 1);
        CHECK(decoder.buffered() == 0);
        REQUIRE(feed(decoder, client_frame(ws_opcode::continuation, "half") + client_frame(3, "") + last, out));
        CHECK(out.size() == 1);
    }
}

TEST_CASE("random conversations arrive as they were sent")
{
    std::mt19937 random(20260101);
    const auto upto = [&](std::size_t most) {
        return std::uniform_int_distribution<std::size_t>(0, most)(random);
    };
    for (int round = 0; round < 300; ++round) {
        std::string stream;
        events sent;
        for (auto count = upto(6); count > 0; --count) {
            const auto opcode = upto(1) == 0 ? ws_opcode::text : ws_opcode::binary;
            const auto body = pattern(upto(upto(3) == 0 ? 70000 : 300));
            std::size_t at = 0;
            auto frame = opcode;
            for (bool last = false; !last; frame = ws_opcode::continuation) {
                last = upto(2) == 0;
                const auto size = last ? body.size() - at : upto(body.size() - at);
                stream += client_frame(frame, std::string_view(body).substr(at, size),
                                       {.fin = last, .mask = static_cast<std::uint32_t>(random())});
                at += size;
                if (!last && upto(1) == 0) {
                    sent.push_back(ping(pattern(upto(125))));
                    stream += client_frame(ws_opcode::ping, sent.back().data);
                }
            }
            sent.push_back(message(body, opcode));
        }
        std::vector<std::size_t> cuts(upto(20));
        for (auto& cut : cuts)
            cut = upto(stream.size());
        std::sort(cuts.begin(), cuts.end());
        REQUIRE(decode(stream, roomy, cuts) == sent);
    }
}

TEST_CASE("unmasking gives the same as byte by byte, at any place and of any size")
{
    const auto text = pattern(80);
    const char key[4] = {'\x11', '\x22', '\xF3', '\x00'};
    std::uint32_t mask;
    std::memcpy(&mask, key, 4);
    for (std::size_t from = 0; from < 9; ++from) {
        for (std::size_t size = 0; size <= 64; ++size) {
            auto expected = text;
            for (std::size_t i = 0; i < size; ++i)
                expected[from + i] = static_cast<char>(expected[from + i] ^ key[i % 4]);
            auto got = text;
            detail::ws_unmask(std::span<char>(got).subspan(from, size), mask);
            REQUIRE(got == expected);
        }
    }
}

TEST_CASE("frames from the server are unmasked, final, and have the shortest length")
{
    const auto header = [](ws_opcode opcode, std::size_t size, bool rsv1 = false) {
        char bytes[10];
        const auto written = detail::write_ws_header(bytes, opcode, size, rsv1);
        CHECK(written == detail::ws_header_size(size));
        return std::string(bytes, written);
    };
    static_assert(detail::ws_header_size(125) == 2 && detail::ws_header_size(126) == 4);
    CHECK(header(ws_opcode::text, 0) == std::string("\x81\0", 2));
    CHECK(header(ws_opcode::pong, 125) == "\x8A\x7D");
    CHECK(header(ws_opcode::binary, 126) == std::string("\x82\x7E\0\x7E", 4));
    CHECK(header(ws_opcode::text, 65535, true) == "\xC1\x7E\xFF\xFF");
    CHECK(header(ws_opcode::text, 65536) == std::string("\x81\x7F\0\0\0\0\0\x01\0\0", 10));
    CHECK(header(ws_opcode::text, 0x1234567890) == std::string("\x81\x7F\0\0\0\x12\x34\x56\x78\x90", 10));
}

TEST_CASE("a close frame from the server always fits, and its reason is never cut inside a character")
{
    const auto close = [](close_code code, std::string_view reason) {
        char bytes[127];
        const auto size = detail::write_close(bytes, code, reason);
        REQUIRE(size <= 127);
        return std::string(bytes, size);
    };
    CHECK(close(close_code::normal, "") == "\x88\x02\x03\xE8");
    CHECK(close(close_code::shutdown, "retry_ms=5") == "\x88\x0C\x0B\xB9retry_ms=5");
    CHECK(close(close_code::normal, pattern(200)) == "\x88\x7D\x03\xE8" + pattern(123));
    CHECK(close(close_code::normal, pattern(121) + smile) == "\x88\x7B\x03\xE8" + pattern(121));
    CHECK(close(close_code::normal, "ok\xFF") == "\x88\x04\x03\xE8ok");
    CHECK(close(close_code::no_status, "ignored") == std::string("\x88\0", 2));
    CHECK(close(close_code::abnormal, "ignored") == std::string("\x88\0", 2));
}

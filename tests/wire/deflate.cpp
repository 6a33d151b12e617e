// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "support/catch.hpp"
#include "wire/ws_client.hpp"

#include <fanfare/detail/wire/deflate.hpp>

#include <algorithm>
#include <random>

namespace {

using namespace fanfare;
using namespace fanfare::test;
using detail::inflate_result;
using detail::zlib_deflater;
using detail::zlib_inflater;

constexpr std::size_t limit = 8 * 1024;

std::string from_hex(std::string_view hex)
{
    std::string bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
        bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
    return bytes;
}

struct outcome {
    std::string data;
    inflate_result result;
};

// Inflates `payload` in pieces of `piece` bytes, each in a block of its own for the sanitizers' sake.
outcome inflate(zlib_inflater& inflater, std::string_view payload, bool text = true, std::size_t most = limit,
                std::size_t piece = ~std::size_t{0})
{
    inflater.begin(most, text, 15);
    inflate_result result;
    while (!payload.empty() && result.ok()) {
        const std::vector<char> block(payload.begin(),
                                      payload.begin() + std::ptrdiff_t(std::min(piece, payload.size())));
        result = inflater.write(block);
        payload.remove_prefix(block.size());
    }
    std::span<const char> out;
    if (result.ok())
        result = inflater.finish(out);
    return {{out.begin(), out.end()}, result};
}

std::string deflated(std::string_view text, int window_bits = 15)
{
    zlib_deflater deflater;
    std::string out;
    REQUIRE(deflater.deflate(text, window_bits, out));
    return out;
}

std::string noise(std::size_t size)
{
    std::mt19937 random(7);
    std::string bytes(size, ' ');
    for (auto& byte : bytes)
        byte = static_cast<char>(random() & 0xFF);
    return bytes;
}

// Repeats itself, but not at once: matches reach back over the whole window.
std::string log_lines(std::size_t size)
{
    std::string text;
    for (unsigned i = 0; text.size() < size; ++i)
        text += "{\"device_id\":\"sensor-" + std::to_string(i * 7919 % 1000) +
                "\",\"value\":" + std::to_string(i) + "}\n";
    text.resize(size);
    return text;
}

// Blocks of zlib 1.2.13 (Python 3.11), raw, window and strategy as named.
const std::string telemetry =
    R"({"type":"telemetry","room":"device:sensor-001","payload":{"device_id":"sensor-001","temperature":28.7}})";
const std::string telemetry_zlib = from_hex("aa562aa92c4855b2522a49cd49cd4d2d29aa54d2512acacfcf050aa5a4966526a75a1"
                                            "5a7e615e717e91a181802a50a122b73f2135394acaaa1"
                                            "d2f199408e128a9a92d4dc82d4a2c492d222a0c146167ae6b5b50000");
const std::string dynamic_zlib = from_hex("04c1310100000803a02a56639a60fd0f416a9dd448ad931aa9755223b54e6aa4d6498dd"
                                          "43aa9915a273552eba4466a9dd448ad931aa9755223"
                                          "b54e6a1e"); // "abracadabra " twelve times, Huffman codes only
// "a" 300 times, Huffman codes only, ended with BFINAL. Its end-of-block code is shorter than what a decoder reads
// ahead.
const std::string final_zlib = from_hex("05c18100000000009056ff13000000000000000000000000000000000000"
                                        "0000000000000000000000000000000000000080");

} // namespace

TEST_CASE("the examples of RFC 7692 are understood")
{
    zlib_inflater inflater;
    for (std::string_view hex : {"f248cdc9c90700",                // 7.2.3.1: one block
                                 "000500faff48656c6c6f00",        // 7.2.3.3: a block without compression
                                 "f348cdc9c9070000",              // 7.2.3.4: a block with BFINAL
                                 "f24805000000ffffcac9c90700"}) { // 7.2.3.5: two blocks
        const auto got = inflate(inflater, from_hex(hex));
        INFO(hex);
        CHECK(got.result.ok());
        CHECK(got.data == "Hello");
    }
    const auto empty = inflate(inflater, std::string(1, '\0')); // 7.2.3.6
    CHECK(empty.result.ok());
    CHECK(empty.data.empty());
}

TEST_CASE("messages compressed by zlib arrive, in pieces of any size")
{
    zlib_inflater inflater;
    std::string abracadabra;
    for (int i = 0; i < 12; ++i)
        abracadabra += "abracadabra ";
    for (std::size_t piece = 1; piece < 120; ++piece) {
        CHECK(inflate(inflater, telemetry_zlib, true, limit, piece).data == telemetry);
        CHECK(inflate(inflater, dynamic_zlib, true, limit, piece).data == abracadabra);
    }
}

TEST_CASE("streams that end with BFINAL may follow each other in one message")
{
    zlib_inflater inflater;
    const auto world = from_hex("d35128cf2fca49d1c1460100"); // ", world" four times
    const std::string a300(300, 'a');
    const std::string worlds = ", world, world, world, world";
    for (std::size_t piece = 1; piece < 140; ++piece) {
        INFO(piece);
        CHECK(inflate(inflater, final_zlib + std::string(1, '\0'), true, limit, piece).data == a300);
        CHECK(inflate(inflater, final_zlib, true, limit, piece).data == a300); // without the empty block
        const auto got =
            inflate(inflater, final_zlib + world + final_zlib + world + std::string(1, '\0'), true, limit, piece);
        CHECK(got.data == a300 + worlds + a300 + worlds);
    }
}

TEST_CASE("a BFINAL stream that ends just where a decoder reads ahead is followed by the next one")
{
    zlib_inflater inflater;
    const std::string accents = "\xC3\xA9\xC3\xA0\xC3\xBC"; // its end-of-block code begins at a byte's boundary
    const auto packed = from_hex("3bbcf2f082c37b00");
    const auto a = from_hex("4b0400");
    for (std::size_t piece = 1; piece < 20; ++piece) {
        INFO(piece);
        CHECK(inflate(inflater, packed, true, limit, piece).data == accents);
        CHECK(inflate(inflater, packed + a, true, limit, piece).data == accents + "a");
        CHECK(inflate(inflater, packed + a + packed + packed + a, true, limit, piece).data ==
              accents + "a" + accents + accents + "a");
    }
}

TEST_CASE("senders that leave 00 00 FF FF on, or send nothing for nothing, are understood")
{
    zlib_inflater inflater;
    const auto tail = from_hex("0000ffff");
    CHECK(inflate(inflater, telemetry_zlib + tail).data == telemetry);
    for (std::size_t size : {4095u, 4096u, 4097u, 8192u}) // where the output's buffer is just full, too
        CHECK(inflate(inflater, deflated(std::string(size, 'a')) + tail).data.size() == size);
    detail::ws_decoder decoder({.deflate = true});
    std::vector<seen> got;
    REQUIRE(feed(decoder, client_frame(ws_opcode::text, "", {.rsv = 4}), got, &inflater));
    CHECK((got == std::vector<seen>{message("")}));
}

TEST_CASE("what is compressed here is what arrives, with every window and size")
{
    zlib_deflater deflater;
    zlib_inflater inflater;
    for (int bits = 8; bits <= 15; ++bits) {
        for (std::size_t size : {40u, 126u, 250u, 1000u, 4096u, 4097u, 33000u, 100000u}) {
            const auto text = size == 40 ? std::string(40, 'x') : log_lines(size);
            std::string packed;
            INFO(size << " bytes, window " << bits);
            REQUIRE(deflater.deflate(text, bits, packed));
            CHECK(packed.size() < text.size());
            CHECK_FALSE(packed.ends_with(from_hex("0000ffff")));
            inflater.begin(200000, true, bits);
            std::span<const char> out;
            REQUIRE(inflater.write(packed).ok());
            REQUIRE(inflater.finish(out).ok());
            CHECK((std::string(out.begin(), out.end()) == text));
        }
    }
}

TEST_CASE("each message is compressed without the one before")
{
    zlib_deflater deflater;
    std::string first;
    std::string second = "left over";
    REQUIRE(deflater.deflate(log_lines(3000), 15, first));
    REQUIRE(deflater.deflate(log_lines(3000), 15, second));
    CHECK(first == second);
}

TEST_CASE("what does not get smaller is not compressed")
{
    zlib_deflater deflater;
    std::string out = "left over";
    for (const auto& text : {std::string(), std::string("a"), std::string("abc"), noise(100), noise(100000)}) {
        CHECK_FALSE(deflater.deflate(text, 15, out));
        CHECK(out.empty());
    }
}

TEST_CASE("a bomb is stopped at the limit, and costs no more memory than that")
{
    const auto bomb = deflated(std::string(16 << 20, '\0'));
    REQUIRE(bomb.size() < 20000);
    zlib_inflater inflater;
    for (std::size_t most : {0u, 1u, 100u, 4096u, 8192u, 100000u}) {
        CHECK(inflate(inflater, bomb, false, most).result.code == close_code::message_too_big);
        CHECK(inflater.capacity() <= most + 1);
        inflater = zlib_inflater();
    }
}

TEST_CASE("a message of exactly the limit passes, one byte more does not")
{
    zlib_inflater inflater;
    for (std::size_t size : {1u, 4095u, 4096u, 4097u, 8191u, 8192u, 40000u}) {
        const auto packed = deflated(std::string(size + 100, 'z'));
        INFO(size);
        CHECK(inflate(inflater, packed, true, size + 100).data.size() == size + 100);
        CHECK(inflate(inflater, packed, true, size + 99).result.code == close_code::message_too_big);
    }
}

TEST_CASE("a large buffer is not kept for the next message")
{
    zlib_inflater inflater;
    CHECK(inflate(inflater, deflated(log_lines(300000)), true, 1 << 20).result.ok());
    CHECK(inflater.capacity() >= 300000);
    CHECK(inflate(inflater, telemetry_zlib).data == telemetry);
    CHECK(inflater.capacity() <= 64 * 1024);
}

TEST_CASE("text must be UTF-8 after inflating, binary need not be")
{
    zlib_inflater inflater;
    for (const auto& wrong :
         {std::string(30, 'a') + "\xFF" + std::string(30, 'a'), std::string(60, 'a') + "\xE2\x82"}) {
        const auto packed = deflated(wrong);
        CHECK(inflate(inflater, packed).result.code == close_code::invalid_payload);
        CHECK(inflate(inflater, packed, false).data == wrong);
    }
    CHECK(inflate(inflater, from_hex("4a2f3abce7f0fc541d85474d6b74143ecc9fd10000")).data ==
          "gr\xC3\xBC\xC3\x9F\x65, \xE2\x82\xAC, \xF0\x9F\x98\x80");
    // Wrong at once: the verdict does not wait for the end of a long message.
    const auto bomb = deflated(std::string(1, '\xFF').append(16 << 20, 'a'));
    CHECK(inflate(inflater, bomb).result.code == close_code::invalid_payload);
    CHECK(inflater.capacity() <= 4096);
}

TEST_CASE("malformed and truncated data are refused, and do no harm to the next message")
{
    zlib_inflater inflater;
    std::vector<std::string> bad = {
        from_hex("06"),                   // block type 3
        from_hex("000500fafe48656c6c6f"), // a stored block whose length does not fit its complement
        from_hex("02000000"),             // reaches back before the beginning: a match in an empty window
        from_hex("fcffffffffffff"),       // a code with too many symbols
    };
    for (std::size_t size = 1; size < dynamic_zlib.size() - 1; ++size)
        bad.push_back(dynamic_zlib.substr(0, size));
    for (const auto& payload : bad) {
        for (std::size_t piece : {1u, 2u, 1000u}) {
            INFO(payload.size() << " bytes in pieces of " << piece);
            CHECK(inflate(inflater, payload, false, limit, piece).result.code == close_code::invalid_payload);
        }
        REQUIRE(inflate(inflater, telemetry_zlib).data == telemetry);
    }
}

TEST_CASE("a compressed message may be fragmented, with pings between, and cut by the network anywhere")
{
    const auto stream = client_frame(ws_opcode::text, telemetry_zlib.substr(0, 9), {.fin = false, .rsv = 4}) +
                        client_frame(ws_opcode::ping, "?") +
                        client_frame(ws_opcode::continuation, telemetry_zlib.substr(9, 30), {.fin = false}) +
                        client_frame(ws_opcode::continuation, telemetry_zlib.substr(39)) +
                        client_frame(ws_opcode::binary, dynamic_zlib, {.rsv = 4}) +
                        client_frame(ws_opcode::text, "plain");
    zlib_inflater inflater;
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
        detail::ws_decoder decoder({.deflate = true});
        std::vector<seen> got;
        REQUIRE(feed(decoder, std::string_view(stream).substr(0, cut), got, &inflater));
        REQUIRE(feed(decoder, std::string_view(stream).substr(cut), got, &inflater));
        REQUIRE(got.size() == 4);
        CHECK(got[1] == message(telemetry));
        CHECK(got[2].data.size() == 144);
        CHECK(got[3] == message("plain"));
        CHECK(decoder.buffered() == 0);
    }
}

TEST_CASE("a message within the limit passes even where compression made it longer")
{
    zlib_inflater inflater;
    detail::ws_decoder decoder({.max_message = 1000, .deflate = true});
    std::vector<seen> got;
    const auto bytes = noise(1000);
    const auto stored = from_hex("00e80317fc") + bytes + std::string(1, '\0'); // one block without compression
    REQUIRE(feed(decoder, client_frame(ws_opcode::binary, stored, {.rsv = 4}), got, &inflater));
    CHECK((got == std::vector<seen>{message(bytes, ws_opcode::binary)}));

    got.clear();
    detail::ws_decoder tiny({.max_message = 5, .deflate = true});
    REQUIRE(
        feed(tiny, client_frame(ws_opcode::text, from_hex("000500faff48656c6c6f00"), {.rsv = 4}), got, &inflater));
    CHECK((got == std::vector<seen>{message("Hello")}));

    got.clear();
    REQUIRE(feed(decoder, client_frame(ws_opcode::binary, "", {.rsv = 4, .declared = 1000 + 125 + 65}), got,
                 &inflater));
    REQUIRE(got.size() == 1);
    CHECK(got[0].code == close_code::message_too_big);
}

TEST_CASE("a bomb ends its connection, and another connection does not notice")
{
    zlib_inflater inflater;
    detail::ws_decoder bad({.deflate = true});
    detail::ws_decoder good({.deflate = true});
    std::vector<seen> got;
    const auto half = client_frame(ws_opcode::text, telemetry_zlib.substr(0, 20), {.fin = false, .rsv = 4});
    REQUIRE(feed(good, half, got, &inflater));
    const auto bomb = client_frame(ws_opcode::text, deflated(std::string(1 << 20, 'a')), {.rsv = 4});
    REQUIRE(feed(bad, bomb, got, &inflater));
    REQUIRE(feed(good, client_frame(ws_opcode::continuation, telemetry_zlib.substr(20)), got, &inflater));
    REQUIRE(got.size() == 2);
    CHECK(got[0].code == close_code::message_too_big);
    CHECK(got[1] == message(telemetry));
}

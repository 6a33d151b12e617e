// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
//
// libFuzzer target for the WebSocket codec. The first byte of the input chooses what is done (see `mode`), the
// second and third where the stream is cut, the rest is what the client sends. Start it with the seeds:
//   ws_codec_fuzz -max_total_time=60 scratch-folder tests/fuzz/corpus/ws_codec
#include "../wire/ws_client.hpp"
#include "require.hpp"

#include <fanfare/detail/wire/deflate.hpp>

#include <algorithm>
#include <bit>
#include <random>

namespace {

using namespace fanfare;
using namespace fanfare::test;
using kind = ws_event::kind;

enum mode : unsigned {
    with_deflate = 1,
    small_limit = 2,
    as_payload = 4, // the rest is not a stream but the payload of one compressed message
    round_trip = 8, // the rest is a message, compressed here first
};

// By code points, unlike the checker: decode, then judge the number (RFC 3629 section 3).
bool plain_utf8(std::string_view text)
{
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i]);
        const int ones = std::countl_one(lead); // 0, or the size of the sequence
        const std::size_t size = ones == 0 ? 1 : ones > 1 && ones < 5 ? static_cast<std::size_t>(ones) : 0;
        if (size == 0 || size > text.size() - i)
            return false;
        std::uint32_t code = size == 1 ? lead : lead & (0x7Fu >> size);
        for (std::size_t k = 1; k < size; ++k) {
            const auto byte = static_cast<unsigned char>(text[i + k]);
            if (byte >> 6 != 2)
                return false;
            code = code << 6 | (byte & 0x3Fu);
        }
        const std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
        if (code < least[size] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
            return false;
        i += size;
    }
    return true;
}

void check_event(const seen& event, std::size_t limit)
{
    const bool control = event.what == kind::ping || event.what == kind::pong || event.what == kind::close;
    require(!control || event.data.size() <= 125, "a control frame has at most 125 bytes");
    if (event.what == kind::message) {
        require(event.opcode == ws_opcode::text || event.opcode == ws_opcode::binary, "a message has a type");
        require(event.data.size() <= limit, "a message is within the limit");
        require(event.opcode == ws_opcode::binary || plain_utf8(event.data), "text is UTF-8");
    }
    if (event.what == kind::close) {
        const auto code = static_cast<std::uint16_t>(event.code);
        require(event.data.empty() ? code == 1005 : is_valid_on_wire(code), "a close code is valid");
        require(plain_utf8(event.reason), "a close reason is UTF-8");
    }
    if (event.what == kind::error)
        require(is_valid_on_wire(static_cast<std::uint16_t>(event.code)) && !event.reason.empty(),
                "an error speaks");
}

std::vector<seen> decode(std::string_view stream, detail::ws_limits limits, std::mt19937* cuts,
                         detail::zlib_inflater& inflate)
{
    detail::ws_decoder decoder(limits);
    std::vector<seen> events;
    const auto most = limits.max_message + (limits.deflate ? limits.max_message / 8 + 64 : 0) + 125;
    std::size_t given = 0;
    while (!stream.empty()) {
        const auto size = cuts == nullptr ? stream.size() : 1 + (*cuts)() % (1u << (*cuts)() % 9);
        const auto piece = stream.substr(0, size);
        require(feed(decoder, piece, events, &inflate), "next() takes all input and events take some");
        stream.remove_prefix(piece.size());
        given += piece.size();
        require(decoder.buffered() <= std::min(most, 2 * given), "memory follows what arrived, up to the limit");
    }
    for (std::size_t i = 0; i < events.size(); ++i) {
        check_event(events[i], limits.max_message);
        const bool last = events[i].what == kind::close || events[i].what == kind::error;
        require(!last || i + 1 == events.size(), "nothing follows a close or an error");
        require(!last || decoder.buffered() == 0, "nothing is held after a close or an error");
    }
    return events;
}

// The inflater alone, in pieces as the codec never gives them.
void inflate_in_pieces(std::string_view payload, std::size_t limit, std::mt19937& cuts)
{
    const auto run = [&](bool split) {
        detail::zlib_inflater inflate;
        inflate.begin(limit, true, 15);
        detail::inflate_result result;
        for (std::size_t at = 0; at < payload.size() && result.ok();) {
            const auto size = std::min<std::size_t>(split ? 1 + cuts() % 16 : payload.size(), payload.size() - at);
            const std::vector<char> block(payload.begin() + std::ptrdiff_t(at),
                                          payload.begin() + std::ptrdiff_t(at + size));
            result = inflate.write(block);
            at += size;
        }
        std::span<const char> out;
        if (result.ok())
            result = inflate.finish(out);
        require(inflate.capacity() <= limit + 1, "a bomb costs no more memory than the limit");
        require(!result.ok() || plain_utf8({out.data(), out.size()}), "inflated text is UTF-8");
        // Where data are wrong in two ways at once, the pieces may decide which of the two is seen first.
        return std::pair(result.ok(), std::string(out.begin(), out.end()));
    };
    require(run(false) == run(true), "inflating in pieces gives the same");
}

void check_round_trip(std::string_view text, unsigned seed)
{
    static detail::zlib_deflater deflater;
    static detail::zlib_inflater inflate;
    std::string packed;
    if (!deflater.deflate(text, static_cast<int>(8 + seed % 8), packed))
        return;
    require(packed.size() < text.size(), "compressed is smaller");
    inflate.begin(text.size(), false, static_cast<int>(8 + seed % 8));
    std::span<const char> out;
    require(inflate.write(packed).ok() && inflate.finish(out).ok(), "what we compress can be inflated");
    require(std::string_view(out.data(), out.size()) == text, "and is the same");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size < 3)
        return 0;
    const unsigned what = data[0];
    const unsigned seed = data[1] | unsigned{data[2]} << 8;
    std::string stream(reinterpret_cast<const char*>(data) + 3, size - 3);
    std::mt19937 cuts(seed);
    detail::ws_limits limits{.max_message = (what & small_limit) != 0 ? 64u : 8192u,
                             .deflate = (what & with_deflate) != 0};

    if ((what & round_trip) != 0)
        check_round_trip(stream, seed);
    if ((what & as_payload) != 0) {
        inflate_in_pieces(stream, limits.max_message, cuts);
        stream = client_frame(ws_opcode::text, stream, {.rsv = 4});
    }
    detail::zlib_inflater inflate;
    detail::zlib_inflater inflate_split;
    const auto whole = decode(stream, limits, nullptr, inflate);
    const auto split = decode(stream, limits, &cuts, inflate_split);
    require(whole == split, "the network's cuts change nothing");
    return 0;
}

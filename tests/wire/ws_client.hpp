// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_WIRE_WS_CLIENT_HPP
#define FANFARE_TESTS_WIRE_WS_CLIENT_HPP

#include <fanfare/detail/wire/ws_codec.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// The client's side of the framing, as plain as possible, for the tests and the fuzzer.
namespace fanfare::test {

using detail::ws_event;
using detail::ws_opcode;

struct frame_options {
    bool fin = true;
    unsigned rsv = 0; // 4, 2, 1: RSV1, RSV2, RSV3
    bool masked = true;
    std::uint32_t mask = 0x9C11A53Eu;
    std::optional<std::uint64_t> declared = {}; // a length other than the payload's
    std::size_t extended = 0;                   // 2 or 8: bytes of the length even if fewer would do
};

// One frame (RFC 6455 section 5.2). `opcode` is a number so that reserved ones can be sent too.
inline std::string client_frame(unsigned opcode, std::string_view payload, const frame_options& options = {})
{
    const std::uint64_t length = options.declared.value_or(payload.size());
    std::size_t extended = length > 0xFFFF ? 8 : length > 125 ? 2 : 0;
    extended = std::max(extended, options.extended);
    const auto short_length = extended == 8 ? 127 : extended == 2 ? 126 : static_cast<unsigned>(length);

    std::string frame;
    frame += static_cast<char>((options.fin ? 0x80u : 0u) | options.rsv << 4 | opcode);
    frame += static_cast<char>((options.masked ? 0x80u : 0u) | short_length);
    for (std::size_t i = extended; i-- > 0;)
        frame += static_cast<char>(length >> (8 * i) & 0xFF);
    if (!options.masked)
        return frame.append(payload);
    const char key[4] = {static_cast<char>(options.mask >> 24), static_cast<char>(options.mask >> 16 & 0xFF),
                         static_cast<char>(options.mask >> 8 & 0xFF), static_cast<char>(options.mask & 0xFF)};
    frame.append(key, 4);
    for (std::size_t i = 0; i < payload.size(); ++i)
        frame += static_cast<char>(payload[i] ^ key[i % 4]);
    return frame;
}

inline std::string client_frame(ws_opcode opcode, std::string_view payload, const frame_options& options = {})
{
    return client_frame(static_cast<unsigned>(opcode), payload, options);
}

// An event with its own copy of everything.
struct seen {
    ws_event::kind what;
    std::string data;
    ws_opcode opcode = ws_opcode::continuation;
    close_code code = close_code::normal;
    std::string reason = {};

    bool operator==(const seen&) const = default;

    friend std::ostream& operator<<(std::ostream& out, const seen& event)
    {
        return out << '{' << static_cast<int>(event.what) << ' ' << static_cast<int>(event.opcode) << ' '
                   << static_cast<int>(event.code) << " \"" << event.data.substr(0, 80) << "\" \"" << event.reason
                   << "\"}";
    }
};

inline seen message(std::string_view data, ws_opcode opcode = ws_opcode::text)
{
    return {ws_event::kind::message, std::string(data), opcode};
}

// Gives one piece to the decoder, in a block of its own so that a sanitizer sees each byte read outside it, and
// adds what came out to `events`. False if the decoder broke the contract of next().
inline bool feed(detail::ws_decoder& decoder, std::string_view piece, std::vector<seen>& events,
                 detail::inflater* inflate = nullptr)
{
    const auto block = std::make_unique<char[]>(piece.size());
    piece.copy(block.get(), piece.size());
    std::span<char> input(block.get(), piece.size());
    for (;;) {
        const auto left = input.size();
        const auto event = decoder.next(input, inflate);
        if (event.what == ws_event::kind::need_more)
            return input.empty();
        if (input.size() >= left)
            return false; // an event out of nothing
        events.push_back({event.what, std::string(event.data.begin(), event.data.end()), event.opcode, event.code,
                          std::string(event.reason)});
    }
}

} // namespace fanfare::test

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_SESSION_OUTBOX_SUPPORT_HPP
#define FANFARE_TESTS_SESSION_OUTBOX_SUPPORT_HPP

// What the tests of the outbox share.
#include "support/catch.hpp"

#include <fanfare/detail/session/outbox.hpp>

#include <boost/json/parse.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace fanfare::test::outboxes {

using namespace fanfare::detail;
using result = outbox::result;

inline shared_frame text(std::string_view payload, std::string_view room = "r", std::string_view key = {})
{
    return frame::make(ws_opcode::text, payload, {room, key});
}

struct wire_frame {
    ws_opcode opcode;
    std::string payload;
    bool operator==(const wire_frame&) const = default;
};

// What the server's bytes say; fails on half a frame.
inline std::vector<wire_frame> parse(std::string_view bytes)
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

inline std::string gathered(outbox& box, std::size_t buffers = 64)
{
    std::vector<std::string_view> out(buffers);
    const auto n = box.gather(out, {});
    std::string all;
    for (std::size_t i = 0; i != n; ++i)
        all += out[i];
    return all;
}

// Writes `most` bytes at a time until all is written.
inline std::string write_all(outbox& box, std::size_t most = static_cast<std::size_t>(-1),
                             std::size_t buffers = 64)
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

inline std::vector<std::string> payloads(const std::vector<wire_frame>& frames)
{
    std::vector<std::string> all;
    for (const auto& f : frames)
        all.push_back(f.payload);
    return all;
}

// One with a place in its room's history.
inline shared_frame placed(std::uint64_t offset, std::string_view room = "r", std::uint64_t epoch = 7)
{
    return frame::make(ws_opcode::text, std::string{room} + std::to_string(offset),
                       {.room = room, .at = {epoch, offset}});
}

inline std::size_t gap_of(const std::string& payload)
{
    return boost::json::parse(payload).at("payload").at("dropped").to_number<std::size_t>();
}

} // namespace fanfare::test::outboxes

#endif

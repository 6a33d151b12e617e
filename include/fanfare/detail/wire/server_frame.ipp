// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_WIRE_SERVER_FRAME_IPP
#define FANFARE_DETAIL_WIRE_SERVER_FRAME_IPP

#include <fanfare/detail/wire/server_frame.hpp>

#include <cstddef>
#include <cstdint>

namespace fanfare::detail {

FANFARE_DECL bool next_server_frame(std::string_view& bytes, server_frame& out) noexcept
{
    if (bytes.size() < 2)
        return false;
    const auto octet = [&](std::size_t i) {
        return static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i]));
    };
    std::uint64_t size = octet(1);
    std::size_t header = 2;
    if (size > 125) {
        header = size == 126 ? 4 : 10;
        size = 0;
        for (std::size_t i = 2; i != header; ++i)
            size = size << 8 | octet(i);
    }
    out = {static_cast<ws_opcode>(octet(0) & 15), bytes.substr(header, size)};
    bytes.remove_prefix(header + size);
    return true;
}

FANFARE_DECL close_text read_close(std::string_view payload) noexcept
{
    if (payload.size() < 2)
        return {};
    const auto octet = [&](std::size_t i) {
        return static_cast<unsigned>(static_cast<unsigned char>(payload[i]));
    };
    return {static_cast<close_code>(octet(0) << 8 | octet(1)), payload.substr(2)};
}

} // namespace fanfare::detail

#endif

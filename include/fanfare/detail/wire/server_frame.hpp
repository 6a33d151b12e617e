// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_WIRE_SERVER_FRAME_HPP
#define FANFARE_DETAIL_WIRE_SERVER_FRAME_HPP

#include <fanfare/close_code.hpp>
#include <fanfare/config.hpp>
#include <fanfare/detail/wire/ws_codec.hpp>

#include <string_view>

namespace fanfare::detail {

/// A frame that a server sends: without a mask (RFC 6455 section 5.1).
struct server_frame {
    ws_opcode opcode = ws_opcode::text;
    std::string_view payload{};
};
/// Takes the next frame off the front of `bytes`, which are whole frames as the outbox hands them out; false at the end.
bool next_server_frame(std::string_view& bytes, server_frame& out) noexcept;

/// The code and the reason in a close frame's payload (RFC 6455 section 5.5.1).
struct close_text {
    close_code code = close_code::no_status;
    std::string_view reason{};
};
close_text read_close(std::string_view payload) noexcept;

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/wire/server_frame.ipp>
#endif

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_WIRE_EVENT_STREAM_HPP
#define FANFARE_DETAIL_WIRE_EVENT_STREAM_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/wire/event_positions.hpp>
#include <fanfare/detail/wire/server_frame.hpp>

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

// Server-Sent Events (HTML Living Standard, section 9.2) made of what goes to a WebSocket client. No I/O.

namespace fanfare::detail {

/// One client's event stream: turns the frames of its outbox into the text of events.
class event_writer {
public:
    event_positions positions{};

    /// Appends events to `out` until it holds `enough` bytes; returns how many bytes of the frames were consumed.
    std::size_t write(std::span<const std::string_view> frames, std::vector<char>& out, std::size_t enough);

private:
    void write_one(const server_frame& frame, std::vector<char>& out);
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/wire/event_stream.ipp>
#endif

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_WIRE_EVENT_STREAM_IPP
#define FANFARE_DETAIL_WIRE_EVENT_STREAM_IPP

#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/detail/wire/event_stream.hpp>

#include <boost/json/parse.hpp>

#include <algorithm>
#include <cstdint>
#include <string>

namespace fanfare::detail {

inline void append(std::vector<char>& out, std::string_view text)
{
    out.insert(out.end(), text.begin(), text.end());
}

// How long the client shall wait before it reconnects, if the close reason says so: the field `retry` of an event stream.
inline std::string retry_line(std::string_view reason)
{
    error_code ec;
    const auto value = json::parse({reason.data(), reason.size()}, ec);
    const auto* fields = ec ? nullptr : value.if_object();
    const auto* delay = fields ? fields->if_contains("delay_ms") : nullptr;
    return delay && delay->is_int64() ? "retry: " + std::to_string(delay->get_int64()) + "\n" : std::string{};
}

FANFARE_DECL void event_writer::write_one(const server_frame& frame, std::vector<char>& out)
{
    if (frame.opcode == ws_opcode::ping)
        return append(out, ": ping\n\n");
    if (frame.opcode == ws_opcode::close) {
        const auto why = read_close(frame.payload);
        append(out, retry_line(why.reason) + "event: close\ndata: {\"code\":" +
                        std::to_string(static_cast<unsigned>(why.code)) + ",\"reason\":");
        std::string reason;
        append_json_string(reason, why.reason);
        return append(out, reason + "}\n\n");
    }
    if (frame.opcode != ws_opcode::text)
        return; // a pong: there was no ping over this connection
    if (positions.follow(frame.payload))
        append(out, "id: " + positions.text() + "\n");
    // JSON that another program has published may hold line breaks between its tokens, where they would end the field.
    for (auto rest = frame.payload; !rest.empty();) {
        const auto line = std::min(rest.find_first_of("\r\n"), rest.size());
        append(out, "data: ");
        append(out, rest.substr(0, line));
        append(out, "\n");
        rest.remove_prefix(std::min(line + 1, rest.size()));
    }
    append(out, "\n");
}

FANFARE_DECL std::size_t event_writer::write(std::span<const std::string_view> frames, std::vector<char>& out,
                                             std::size_t enough)
{
    std::size_t taken = 0;
    server_frame one;
    for (auto bytes : frames) {
        const auto all = bytes.size();
        while (out.size() < enough && next_server_frame(bytes, one))
            write_one(one, out);
        taken += all - bytes.size();
        if (!bytes.empty())
            break;
    }
    return taken;
}

} // namespace fanfare::detail

#endif

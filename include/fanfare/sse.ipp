// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_SSE_IPP
#define FANFARE_SSE_IPP

#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/sse.hpp>

#include <boost/beast/http/field.hpp>

#include <algorithm>
#include <charconv>

namespace fanfare::detail {

FANFARE_DECL std::string read_event_stream_request(const handshake_request& request, event_stream_request& out)
{
    const auto rooms = request.query("rooms").value_or("");
    // A client returns with the rooms in the URL and their positions in Last-Event-ID, and the server limits the header.
    std::size_t size = 0;
    for (std::string_view rest{rooms}; !rest.empty();) {
        const auto comma = std::min(rest.find(','), rest.size());
        if (const auto one = rest.substr(0, comma); !one.empty()) {
            out.rooms.emplace_back(one);
            size += 2 * one.size() + 36; // twice the name, and epoch and offset
        }
        rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    if (size > event_positions::max_size)
        return "rooms: too many for one stream; open several, or subscribe by POST";
    if (const auto last = request.query("last")) {
        const auto* end = last->data() + last->size();
        const auto read = std::from_chars(last->data(), end, out.last);
        if (read.ec != std::errc{} || read.ptr != end || out.last == 0)
            return "last must be a number above zero";
    }
    // A page that keeps the id itself, over a reload say, names it in the query.
    const auto header = request.header("Last-Event-ID");
    auto positions =
        event_positions::read(header.empty() ? request.query("last_event_id").value_or("") : std::string{header});
    if (!positions)
        return "Last-Event-ID: not an id of this server's events";
    out.positions = std::move(*positions);
    return {};
}

FANFARE_DECL std::string event_stream_problem(const hub_core& hub, const handshake_request& request,
                                              event_stream_request& out)
try {
    if (hub.handlers.raw)
        return "this hub speaks a language of its own";
    return read_event_stream_request(request, out);
} catch (const unreadable_parameter& e) {
    return e.what();
}

FANFARE_DECL http_response event_stream_head(const event_options& options, unsigned version)
{
    http_response head{http::status::ok, version};
    head.set(http::field::server, "fanfare/" FANFARE_VERSION_STRING);
    head.set(http::field::content_type, "text/event-stream");
    head.set(http::field::cache_control, "no-store");
    set_date(head);
    head.set("X-Accel-Buffering", "no"); // nginx passes every event on at once
    allow_origin(head, options.allow_origin);
    head.keep_alive(false);
    return head;
}

FANFARE_DECL std::string subscribe_envelope(const event_stream_request& wanted, event_positions& positions,
                                            const session& self)
{
    const auto payload = positions.subscription(wanted.rooms, wanted.last,
                                                [&self](std::string_view room) { return self.is_member(room); });
    if (payload.at("rooms").as_array().empty())
        return {};
    const json::value body(payload);
    return write_envelope({.type = "subscribe", .payload = &body}, wall_now());
}

} // namespace fanfare::detail

#endif

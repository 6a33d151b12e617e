// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SESSION_WEBSOCKET_SESSION_IPP
#define FANFARE_DETAIL_SESSION_WEBSOCKET_SESSION_IPP

#include <fanfare/detail/session/websocket_session.hpp>

#include <string_view>
#include <utility>

namespace fanfare::detail {

FANFARE_DECL websocket_session::websocket_session(std::shared_ptr<const session_context> context, shard& home,
                                                  const session_settings& settings)
    : session{std::move(context), home, settings}, decoder_{ws_limits{session::context().options.max_message_size,
                                                                      settings.deflate,
                                                                      settings.client_window_bits}}
{}

FANFARE_DECL void websocket_session::on_bytes(std::span<char> bytes)
{
    handle_input([&] {
        while (!ended()) {
            const auto event = decoder_.next(bytes, home().inflate.get());
            if (event.what == ws_event::kind::need_more)
                break;
            on_event(event);
        }
    });
}

FANFARE_DECL void websocket_session::on_event(const ws_event& event)
{
    using kind = ws_event::kind;
    if (event.what == kind::close)
        return on_peer_close(event.code, event.reason);
    if (!open())
        return; // the closing handshake has begun: data is discarded
    if (event.what == kind::error) {
        home().count().protocol_errors.add();
        return close(event.code, event.reason);
    }
    if (!take_rate())
        return;
    if (event.what == kind::message)
        handle_message({event.data.data(), event.data.size()}, event.opcode == ws_opcode::binary);
    else if (event.what == kind::ping)
        send_pong(event.data);
    else if (event.what == kind::pong)
        on_pong(event.data);
}

} // namespace fanfare::detail

#endif

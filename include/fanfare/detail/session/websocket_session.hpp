// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SESSION_WEBSOCKET_SESSION_HPP
#define FANFARE_DETAIL_SESSION_WEBSOCKET_SESSION_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/connection_kind.hpp>
#include <fanfare/detail/session/session.hpp>
#include <fanfare/detail/wire/ws_codec.hpp>

#include <memory>
#include <span>

namespace fanfare::detail {

/// A session whose client speaks WebSocket (RFC 6455): takes the frames that arrive apart. Subclasses add the stream.
class websocket_session : public session {
public:
    websocket_session(std::shared_ptr<const session_context> context, shard& home,
                      const session_settings& settings);

protected:
    void on_bytes(std::span<char> bytes) final;

private:
    transport_kind transport() const noexcept final { return transport_kind::websocket; }
    void on_event(const ws_event& event);

    ws_decoder decoder_;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/session/websocket_session.ipp>
#endif

#endif

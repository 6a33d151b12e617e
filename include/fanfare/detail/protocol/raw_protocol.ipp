// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_PROTOCOL_RAW_PROTOCOL_IPP
#define FANFARE_DETAIL_PROTOCOL_RAW_PROTOCOL_IPP

#include <fanfare/detail/protocol/raw_protocol.hpp>
#include <fanfare/detail/session/session.hpp>

namespace fanfare::detail {

FANFARE_DECL void raw_protocol::on_message(session& s, std::string_view data, bool binary) const
{
    raw_connection handle{s};
    const auto& handlers = s.context().handlers;
    if (!handlers.call(s.home(), handlers.raw, handle, data, binary))
        s.close(close_code::internal_error, "the handler failed");
}

// There is no way to tell the client; only its rate is looked at.
FANFARE_DECL void raw_protocol::refuse(session& s, error, std::string_view, const json::value*) const
{
    s.close(close_code::rate_limited);
}

} // namespace fanfare::detail

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_PROTOCOL_RAW_PROTOCOL_IPP
#define FANFARE_DETAIL_PROTOCOL_RAW_PROTOCOL_IPP

#include <fanfare/detail/base/request_type.hpp>
#include <fanfare/detail/protocol/raw_protocol.hpp>
#include <fanfare/detail/session/session.hpp>
#include <fanfare/detail/shard/request_timer.hpp>

namespace fanfare::detail::raw_language {

FANFARE_DECL void on_message(session& s, std::string_view data, bool binary)
{
    const request_timer timer{s.home(), request_type::application};
    raw_connection handle{s};
    const auto& handlers = s.context().handlers;
    if (!handlers.call(s.home(), handlers.raw, handle, data, binary))
        s.close(close_code::internal_error, "the handler failed");
}

// There is no way to tell the client; only its rate is looked at.
FANFARE_DECL void refuse(session& s, error, std::string_view, const json::value*)
{
    s.close(close_code::rate_limited);
}

} // namespace fanfare::detail::raw_language

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_PROTOCOL_PROTOCOLS_HPP
#define FANFARE_DETAIL_PROTOCOL_PROTOCOLS_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/protocol/json_protocol.hpp>
#include <fanfare/detail/protocol/raw_protocol.hpp>
#include <fanfare/detail/session/session_context.hpp>

namespace fanfare::detail {

/// The language of a hub's connections: the library's own, or none if the application takes the messages as they are.
/// For whoever makes a session, so that a program that only publishes does not compile the languages.
inline const protocol& protocol_of(const session_context& context) noexcept
{
    return context.handlers.raw ? raw_protocol : json_protocol;
}

} // namespace fanfare::detail

#endif

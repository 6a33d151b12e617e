// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_API_ROOMS_HPP
#define FANFARE_DETAIL_HTTP_API_ROOMS_HPP

#include <fanfare/detail/http_api/call.hpp>

namespace fanfare::detail {

/// `GET /api/v1/history?room=NAME`: a page of a room's history.
void get_history(const api_call& c);
/// `GET /api/v1/presence?room=NAME`: who is in a room.
void get_presence(const api_call& c);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/http_api/rooms.ipp>
#endif

#endif

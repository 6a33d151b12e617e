// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_API_EVENTS_HPP
#define FANFARE_DETAIL_HTTP_API_EVENTS_HPP

#include <fanfare/detail/http_api/call.hpp>

namespace fanfare::detail {

/// `POST /api/v1/sse`: a message from the client of an event stream, which has no other way to send one. The secret
/// `session` of its `connected` says which client it is.
void post_event_message(const api_call& c);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/http_api/events.ipp>
#endif

#endif

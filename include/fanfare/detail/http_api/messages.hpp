// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_API_MESSAGES_HPP
#define FANFARE_DETAIL_HTTP_API_MESSAGES_HPP

#include <fanfare/detail/http_api/call.hpp>

namespace fanfare::detail {

/// `POST /api/v1/publish`: publishes to a room.
void post_publish(const api_call& c);
/// `POST /api/v1/notify`: notifies a user.
void post_notify(const api_call& c);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/http_api/messages.ipp>
#endif

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_API_INBOX_HPP
#define FANFARE_DETAIL_HTTP_API_INBOX_HPP

#include <fanfare/detail/http_api/call.hpp>

namespace fanfare::detail {

/// `GET /api/v1/inbox?user_id=ID`: a page of a user's inbox.
void get_inbox(const api_call& c);
/// `POST /api/v1/inbox/mark`: marks notifications of a user as seen, read, archived, or not.
void post_inbox_mark(const api_call& c);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/http_api/inbox.ipp>
#endif

#endif

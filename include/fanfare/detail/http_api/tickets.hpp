// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_API_TICKETS_HPP
#define FANFARE_DETAIL_HTTP_API_TICKETS_HPP

#include <fanfare/detail/http_api/call.hpp>

namespace fanfare::detail {

/// `POST /api/v1/tickets`: issues a ticket for a client. Lets out what `http_api_options::issue_ticket` throws.
void post_ticket(const api_call& c);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/http_api/tickets.ipp>
#endif

#endif

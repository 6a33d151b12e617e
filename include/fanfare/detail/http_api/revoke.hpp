// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_API_REVOKE_HPP
#define FANFARE_DETAIL_HTTP_API_REVOKE_HPP

#include <fanfare/detail/http_api/call.hpp>

namespace fanfare::detail {

/// `POST /api/v1/revoke`: revokes credentials on all hubs.
void post_revoke(const api_call& c);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/http_api/revoke.ipp>
#endif

#endif

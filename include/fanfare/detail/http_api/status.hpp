// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_API_STATUS_HPP
#define FANFARE_DETAIL_HTTP_API_STATUS_HPP

#include <fanfare/detail/http_api/call.hpp>

namespace fanfare::detail {

/// `GET /healthz`, which is always well, and `GET /readyz`, which is not while the hub stops or one of
/// its links is down: to the bus, or to the server of the store, presence, inbox, revocations or tickets.
void get_health(const api_call& c);
/// `GET /api/v1/ws/stats`: the counters of this hub.
void get_stats(const api_call& c);
/// `GET /api/v1/cluster`: the hubs on the bus and their counters.
void get_cluster(const api_call& c);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/http_api/status.ipp>
#endif

#endif

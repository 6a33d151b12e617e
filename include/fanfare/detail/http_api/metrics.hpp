// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_API_METRICS_HPP
#define FANFARE_DETAIL_HTTP_API_METRICS_HPP

#include <fanfare/detail/http_api/call.hpp>

#include <string_view>

namespace fanfare::detail {

/// Where `http_api_options::metrics` puts it: no other path than this is asked for by default.
inline constexpr std::string_view metrics_path = "/metrics";

/// `GET /metrics`: the metrics of this hub and the application's own, in the form that `Accept` prefers.
void get_metrics(const api_call& c);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/http_api/metrics.ipp>
#endif

#endif

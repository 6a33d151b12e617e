// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_METRICS_COLLECT_HTTP_IPP
#define FANFARE_DETAIL_METRICS_COLLECT_HTTP_IPP

// HTTP requests, upgrades included.

#include <fanfare/detail/metrics/collect.hpp>

#include <string>

namespace fanfare::detail {

FANFARE_DECL void collect_http(hub_core& hub, metrics_visitor& to)
{
    static constexpr metric requests{"fanfare_http_requests",
                                     "HTTP requests that were answered, upgrades and event streams included."};
    static constexpr metric times{"fanfare_http_request_seconds",
                                  "From an HTTP request to its answer, which is not written yet.", "seconds"};
    const auto all = hub.http.get();
    for (const auto& [which, count] : all.counts) {
        const auto status = which.status == 0 ? std::string{"other"} : std::to_string(which.status);
        tell_counter(to, requests, {{"route", which.route}, {"method", which.method}, {"status", status}}, count);
    }
    for (const auto& [route, sum] : all.times)
        tell_histogram(to, times, {{"route", route}}, sum);
}

} // namespace fanfare::detail

#endif

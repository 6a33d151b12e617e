// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_METRICS_COLLECT_IPP
#define FANFARE_DETAIL_METRICS_COLLECT_IPP

#include <fanfare/detail/metrics/collect.hpp>
#include <fanfare/error.hpp>
#include <fanfare/version.hpp>

#include <numeric>
#include <span>

namespace fanfare::detail {

FANFARE_DECL void tell_histogram(metrics_visitor& to, const metric& which,
                                 std::initializer_list<metric_label> labels, const histogram_sum& times)
{
    const auto count = std::accumulate(times.counts.begin(), times.counts.end(), std::uint64_t{0});
    to.histogram(which, {labels.begin(), labels.size()},
                 {.bounds = bucket_seconds,
                  .counts = times.counts,
                  .count = count,
                  .sum = static_cast<double>(times.sum_ns) / 1e9});
}

FANFARE_DECL void tell_errors(metrics_visitor& to, const metric& which, const error_counters& errors)
{
    for (std::size_t i = 0; i != error_counters::size; ++i)
        if (const auto times = errors.of(i); times != 0)
            tell_counter(to, which, {{"reason", i == 0 ? "other" : to_string(static_cast<error>(i))}}, times);
}

FANFARE_DECL void collect(hub_core& hub, metrics_visitor& to)
{
    static constexpr metric build{"fanfare_build_info", "The version of the library, as a label; the value is 1."};
    tell_gauge(to, build, {{"version", FANFARE_VERSION_STRING}}, 1);
    collect_connections(hub, to);
    collect_messages(hub, to);
    collect_requests(hub, to);
    collect_links(hub, to);
    collect_http(hub, to);
}

} // namespace fanfare::detail

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_METRICS_COLLECT_HPP
#define FANFARE_DETAIL_METRICS_COLLECT_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/counter_sets.hpp>
#include <fanfare/detail/base/histogram.hpp>
#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/detail/shard/shard_counters.hpp>
#include <fanfare/metrics.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace fanfare::detail {

/// Tells `to` all metrics of a hub. Thread-safe, while the hub lives.
void collect(hub_core& hub, metrics_visitor& to);

// Its parts, by topic, each in a file of its own.
void collect_connections(hub_core& hub, metrics_visitor& to);
void collect_messages(hub_core& hub, metrics_visitor& to);
void collect_requests(hub_core& hub, metrics_visitor& to);
void collect_links(hub_core& hub, metrics_visitor& to);
void collect_http(hub_core& hub, metrics_visitor& to);

/// The label of the namespace of this number; see `namespaces::names`.
inline std::string_view namespace_label(const std::vector<std::string>& names, std::size_t number)
{
    return number == 0 ? std::string_view{"other"} : std::string_view{names[number]};
}
/// What the shards have counted together.
template <class F>
std::uint64_t sum_of_shards(const hub_core& hub, F value)
{
    std::uint64_t all = 0;
    for (const auto& s : hub.shards)
        all += value(s->count());
    return all;
}

/// Tells a histogram, if anything was measured.
void tell_histogram(metrics_visitor& to, const metric& which, std::initializer_list<metric_label> labels,
                    const histogram_sum& times);
/// Tells how often each error has occurred, of those that have.
void tell_errors(metrics_visitor& to, const metric& which, const error_counters& errors);
inline void tell_counter(metrics_visitor& to, const metric& which, std::initializer_list<metric_label> labels,
                         std::uint64_t value)
{
    to.counter(which, {labels.begin(), labels.size()}, value);
}
inline void tell_gauge(metrics_visitor& to, const metric& which, std::initializer_list<metric_label> labels,
                       std::uint64_t value)
{
    to.gauge(which, {labels.begin(), labels.size()}, static_cast<double>(value));
}

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/metrics/collect.ipp>
#include <fanfare/detail/metrics/collect_connections.ipp>
#include <fanfare/detail/metrics/collect_http.ipp>
#include <fanfare/detail/metrics/collect_links.ipp>
#include <fanfare/detail/metrics/collect_messages.ipp>
#include <fanfare/detail/metrics/collect_requests.ipp>
#endif

#endif

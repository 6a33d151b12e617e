// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_METRICS_COLLECT_LINKS_IPP
#define FANFARE_DETAIL_METRICS_COLLECT_LINKS_IPP

// The links to other processes: bus, stores, presence, inbox.

#include <fanfare/detail/metrics/collect.hpp>

#include <numeric>

namespace fanfare::detail {

inline void tell_links(hub_core& hub, metrics_visitor& to)
{
    static constexpr metric up{"fanfare_link_up", "Whether a link that the hub needs can be used: 1 or 0."};
    for (const auto& link : hub.links())
        tell_gauge(to, up, {{"link", link.name}}, link.status.up ? 1 : 0);
}

inline void tell_bus(hub_core& hub, metrics_visitor& to)
{
    static constexpr metric reconnects{"fanfare_bus_reconnects", "Times that the bus came up again."};
    static constexpr metric missed{"fanfare_bus_missed",
                                   "Losses on the bus that were told to the members of a room."};
    static constexpr metric round_trip{"fanfare_bus_round_trip_seconds",
                                       "How long messages of the bus to itself took through its server.",
                                       "seconds"};
    static constexpr metric nodes{"fanfare_cluster_nodes",
                                  "Hubs on the bus that were heard of not long ago, this one included."};
    tell_counter(to, reconnects, {}, hub.watch.reconnects());
    tell_counter(to, missed, {}, hub.count.missed.get());
    const auto measured = hub.measured_by_bus();
    if (!measured.round_trips.empty() && measured.round_trips.size() == measured.round_trip_bounds.size() + 1)
        to.histogram(
            round_trip, {},
            {.bounds = measured.round_trip_bounds,
             .counts = measured.round_trips,
             .count = std::accumulate(measured.round_trips.begin(), measured.round_trips.end(), std::uint64_t{0}),
             .sum = measured.round_trip_seconds});
    tell_gauge(to, nodes, {}, hub.others.nodes());
}

inline void tell_stores(hub_core& hub, metrics_visitor& to)
{
    static constexpr metric failures{"fanfare_store_failures", "Operations of a store that failed."};
    static constexpr metric times{"fanfare_store_seconds",
                                  "From a store's operation to its answer, whatever that says.", "seconds"};
    const auto each = [&hub](auto tell) {
        for (std::size_t i = 0; i != store_operation_names.size(); ++i) {
            const auto& name = store_operation_names[i];
            tell({{"store", name.store}, {"operation", name.operation}}, hub.stores->all[i]);
        }
    };
    using labels = std::initializer_list<metric_label>;
    each([&](labels which, const port_metrics::operation& one) {
        tell_counter(to, failures, which, one.failures.get());
    });
    each([&](labels which, const port_metrics::operation& one) {
        histogram_sum all;
        one.times.add_to(all);
        if (hub.stores->timed)
            tell_histogram(to, times, which, all);
    });
}

FANFARE_DECL void collect_links(hub_core& hub, metrics_visitor& to)
{
    tell_links(hub, to);
    tell_bus(hub, to);
    tell_stores(hub, to);
}

} // namespace fanfare::detail

#endif

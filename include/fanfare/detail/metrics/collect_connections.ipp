// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_METRICS_COLLECT_CONNECTIONS_IPP
#define FANFARE_DETAIL_METRICS_COLLECT_CONNECTIONS_IPP

// Connections, users and rooms.

#include <fanfare/detail/base/connection_kind.hpp>
#include <fanfare/detail/base/counter_sets.hpp>
#include <fanfare/detail/metrics/collect.hpp>
#include <fanfare/error.hpp>

#include <algorithm>
#include <array>
#include <string>

namespace fanfare::detail {

// Calls `tell(number, labels)` for each kind of connection.
template <class Tell>
void for_each_kind(Tell tell)
{
    for (std::size_t t = 0; t != transport_names.size(); ++t)
        for (std::size_t l = 0; l != language_names.size(); ++l)
            tell(kind_of(static_cast<transport_kind>(t), static_cast<language_kind>(l)),
                 std::initializer_list<metric_label>{{"transport", transport_names[t]},
                                                     {"protocol", language_names[l]}});
}

inline void tell_connections(const hub_core& hub, metrics_visitor& to)
{
    static constexpr metric open{"fanfare_connections", "Connections that are open."};
    static constexpr metric opened{"fanfare_connections_opened", "Connections that were opened."};
    for_each_kind([&](std::size_t kind, std::initializer_list<metric_label> labels) {
        tell_gauge(to, open, labels,
                   sum_of_shards(hub, [kind](const shard_counters& c) { return c.open[kind].get(); }));
    });
    for_each_kind([&](std::size_t kind, std::initializer_list<metric_label> labels) {
        tell_counter(to, opened, labels,
                     sum_of_shards(hub, [kind](const shard_counters& c) { return c.opened[kind].get(); }));
    });
}

inline void tell_ends(const hub_core& hub, metrics_visitor& to)
{
    static constexpr metric closed{"fanfare_connections_closed",
                                   "Connections that have ended, by the close code that says why."};
    for (std::size_t i = 0; i != close_counters::size; ++i) {
        const auto code = i == known_close_codes.size() ? "other" : std::to_string(known_close_codes[i]);
        tell_counter(to, closed, {{"code", code}},
                     sum_of_shards(hub, [i](const shard_counters& c) { return c.closed_with.of(i); }));
    }
    static constexpr metric idle{"fanfare_idle_timeouts", "Connections closed without a sign of life."};
    static constexpr metric full{"fanfare_write_timeouts", "Connections ended at the write deadline."};
    tell_counter(to, idle, {}, sum_of_shards(hub, [](const auto& c) { return c.idle_timeouts.get(); }));
    tell_counter(to, full, {}, sum_of_shards(hub, [](const auto& c) { return c.write_timeouts.get(); }));
}

inline void tell_refusals(const hub_core& hub, metrics_visitor& to)
{
    static constexpr metric refused{"fanfare_connections_refused",
                                    "Clients that were refused before they were connected."};
    tell_errors(to, refused, hub.admitted.refused());
    static constexpr metric handshakes{"fanfare_tls_handshakes", "TLS handshakes of the server."};
    const auto resumed = hub.count.tls_resumed.get(); // read first: each is counted as a handshake before
    const auto all = hub.count.tls_handshakes.get();
    tell_counter(to, handshakes, {{"result", "full"}}, all - std::min(all, resumed));
    tell_counter(to, handshakes, {{"result", "resumed"}}, resumed);
    tell_counter(to, handshakes, {{"result", "failed"}}, hub.count.tls_failed.get());
}

inline void tell_rooms(hub_core& hub, metrics_visitor& to)
{
    static constexpr metric rooms{"fanfare_rooms", "Rooms with a member or a handle."};
    static constexpr metric memberships{"fanfare_memberships", "Members, over all rooms."};
    std::array<std::uint64_t, max_metric_namespaces> count{}, members{};
    hub.rooms.for_each([&](const room_state& room) {
        ++count[room.options->number];
        members[room.options->number] += room.total.load();
    });
    const auto names = hub.rules.names(); // after the rooms: so each of theirs is among them
    for (std::size_t i = 0; i != names.size(); ++i)
        tell_gauge(to, rooms, {{"namespace", namespace_label(names, i)}}, count[i]);
    for (std::size_t i = 0; i != names.size(); ++i)
        tell_gauge(to, memberships, {{"namespace", namespace_label(names, i)}}, members[i]);
}

inline void tell_shard_times(const hub_core& hub, metrics_visitor& to)
{
    static constexpr metric lag{"fanfare_event_loop_lag_seconds",
                                "How much later than due a shard's timer ran, while it has connections.",
                                "seconds"};
    static constexpr metric heartbeat{"fanfare_heartbeat_seconds", "From a WebSocket ping to its pong.",
                                      "seconds"};
    histogram_sum heartbeats;
    for (const auto& s : hub.shards) {
        if (!s->metrics())
            return;
        histogram_sum here;
        s->metrics()->loop_lag.add_to(here);
        tell_histogram(to, lag, {{"shard", std::to_string(s->index())}}, here);
        s->metrics()->heartbeats.add_to(heartbeats);
    }
    tell_histogram(to, heartbeat, {}, heartbeats);
}

FANFARE_DECL void collect_connections(hub_core& hub, metrics_visitor& to)
{
    static constexpr metric users{"fanfare_users", "Users with a connection."};
    tell_connections(hub, to);
    tell_ends(hub, to);
    tell_refusals(hub, to);
    tell_gauge(to, users, {}, hub.count.users.get());
    tell_rooms(hub, to);
    tell_shard_times(hub, to);
}

} // namespace fanfare::detail

#endif

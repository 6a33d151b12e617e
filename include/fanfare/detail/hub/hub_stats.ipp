// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HUB_HUB_STATS_IPP
#define FANFARE_DETAIL_HUB_HUB_STATS_IPP

#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/error.hpp>

namespace fanfare::detail {

inline void add_shard(hub_stats& all, const shard_counters& c)
{
    all.connections += c.connections.get();
    all.accepted += c.accepted.get();
    all.closed += c.closed.get();
    all.delivered += c.delivered.get();
    all.writes += c.writes.get();
    all.short_writes += c.short_writes.get();
    for (const auto& by_policy : c.dropped)
        all.dropped += by_policy.get();
    all.conflated += c.conflated.get();
    all.slow_closed += c.slow_closed.get();
    all.write_timeouts += c.write_timeouts.get();
    all.idle_timeouts += c.idle_timeouts.get();
    all.received += c.received.get();
    all.bad_messages += c.bad_messages.get();
    all.rate_limited += c.rate_limited.get();
    all.protocol_errors += c.protocol_errors.get();
    all.handler_failures += c.handler_failures.get();
    all.refreshes += c.refreshes.get();
    all.refresh_failures += c.refresh_failures.get();
}

FANFARE_DECL hub_stats hub_core::stats() const
{
    hub_stats all;
    all.rooms = rooms.size();
    all.users = count.users.get();
    all.refused = admitted.refused().get();
    all.published = count.published.get();
    all.publish_refused = count.publish_refused.get();
    all.missed = count.missed.get();
    all.presence_failures = presence.failures();
    all.inbox_failures = inbox.failures();
    all.store_reads = count.store_reads.get();
    all.store_failures = count.store_failures.get();
    all.recovered = count.recovered.get();
    all.not_recovered = count.not_recovered.get();
    all.holes = count.holes.get();
    all.tls_handshakes = count.tls_handshakes.get();
    all.tls_resumed = count.tls_resumed.get();
    all.tls_failed = count.tls_failed.get();
    all.bus_up = watch.up();
    for (const auto& s : shards)
        add_shard(all, s->count());
    return all;
}

FANFARE_DECL std::vector<hub_link> hub_core::links() const
{
    const auto bus = watch.status();
    const bool ended = life.ended(); // then to ask a link would wake it
    const auto unless_ended = [ended](const auto& port) {
        return ended ? link_status{false, make_error_code(error::shutting_down).message()} : port.status();
    };
    return {{"bus", {bus.up, bus.problem}},
            {"store", unless_ended(store_)},
            {"presence", unless_ended(presence)},
            {"inbox", unless_ended(inbox)},
            {"revocations", unless_ended(revocations)}};
}

} // namespace fanfare::detail

#endif

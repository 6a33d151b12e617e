// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_METRICS_COLLECT_MESSAGES_IPP
#define FANFARE_DETAIL_METRICS_COLLECT_MESSAGES_IPP

// Messages: published, delivered, dropped, and how long they took.

#include <fanfare/detail/metrics/collect.hpp>
#include <fanfare/options.hpp>

#include <string>

namespace fanfare::detail {

inline void tell_publishes(const hub_core& hub, metrics_visitor& to)
{
    static constexpr metric published{"fanfare_messages_published", "Messages taken from this hub's publishers."};
    const auto names = hub.rules.names();
    for (std::size_t number = 0; number != names.size(); ++number)
        tell_counter(to, published, {{"namespace", namespace_label(names, number)}},
                     hub.count.published.of(number));
    static constexpr metric refused{"fanfare_publishes_refused", "Messages that were not taken."};
    tell_errors(to, refused, hub.count.publish_refused);
    static constexpr metric queued{"fanfare_queued_messages", "Publishes that wait in a shard."};
    for (const auto& s : hub.shards)
        tell_gauge(to, queued, {{"shard", std::to_string(s->index())}}, s->queued_messages());
    static constexpr metric queued_bytes{"fanfare_queued_bytes", "Their bytes.", "bytes"};
    for (const auto& s : hub.shards)
        tell_gauge(to, queued_bytes, {{"shard", std::to_string(s->index())}}, s->queued_bytes());
}

inline void tell_sending(const hub_core& hub, metrics_visitor& to)
{
    const auto tell = [&](const metric& which, auto value) {
        tell_counter(to, which, {}, sum_of_shards(hub, value));
    };
    static constexpr metric deliveries{"fanfare_deliveries", "Messages handed to a socket or an outbox."};
    static constexpr metric bytes{"fanfare_sent_bytes", "Bytes handed to sockets and streams.", "bytes"};
    static constexpr metric writes{"fanfare_writes", "Calls that handed them over."};
    static constexpr metric short_writes{"fanfare_short_writes", "Writes that found the socket full."};
    tell(deliveries, [](const shard_counters& c) { return c.delivered.get(); });
    tell(bytes, [](const shard_counters& c) { return c.sent_bytes.get(); });
    tell(writes, [](const shard_counters& c) { return c.writes.get(); });
    tell(short_writes, [](const shard_counters& c) { return c.short_writes.get(); });
}

inline void tell_slow_receivers(const hub_core& hub, metrics_visitor& to)
{
    static constexpr metric dropped{
        "fanfare_messages_dropped",
        "Messages, and for close connections, that a room's overflow policy has dropped."};
    const auto tell_dropped = [&](std::string_view policy, auto value) {
        tell_counter(to, dropped, {{"policy", policy}}, sum_of_shards(hub, value));
    };
    using policy = overflow_policy;
    tell_dropped("drop_oldest", [](const shard_counters& c) { return c.dropped_by(policy::drop_oldest); });
    tell_dropped("latest_per_key",
                 [](const shard_counters& c) { return c.dropped_by(policy::latest_per_key) + c.conflated.get(); });
    tell_dropped("resync",
                 [](const shard_counters& c) { return c.dropped_by(policy::resync) + c.resynced.get(); });
    tell_dropped("close", [](const shard_counters& c) { return c.slow_closed.get(); });

    const auto tell = [&](const metric& which, auto value) {
        tell_gauge(to, which, {}, sum_of_shards(hub, value));
    };
    static constexpr metric waiting{"fanfare_outbox_messages", "Messages that wait for sockets that are full."};
    static constexpr metric bytes{"fanfare_outbox_bytes", "Their bytes.", "bytes"};
    static constexpr metric slow{"fanfare_slow_connections", "Connections whose socket is full now."};
    tell(waiting, [](const shard_counters& c) { return c.outboxes.messages.get(); });
    tell(bytes, [](const shard_counters& c) { return c.outboxes.bytes.get(); });
    tell(slow, [](const shard_counters& c) { return c.slow_connections.get(); });
}

inline void tell_streams(const hub_core& hub, metrics_visitor& to)
{
    static constexpr metric recoveries{"fanfare_recoveries",
                                       "Rooms that a returning client got all of that it had missed, or not."};
    tell_counter(to, recoveries, {{"result", "complete"}}, hub.count.recovered.get());
    tell_counter(to, recoveries, {{"result", "incomplete"}}, hub.count.not_recovered.get());
    static constexpr metric holes{"fanfare_stream_holes", "Holes in a room's stream that were found."};
    tell_counter(to, holes, {}, hub.count.holes.get());
}

inline void tell_delivery_times(const hub_core& hub, metrics_visitor& to)
{
    static constexpr metric delivery{"fanfare_delivery_seconds",
                                     "From a publish to the end of its delivery, once a message and shard.",
                                     "seconds"};
    const auto names = hub.rules.names();
    for (std::size_t number = 0; number != names.size(); ++number) {
        histogram_sum all;
        bool any = false;
        for (const auto& s : hub.shards)
            if (const auto* times = s->metrics() ? s->metrics()->delivery.find(number) : nullptr) {
                times->add_to(all);
                any = true;
            }
        if (any)
            tell_histogram(to, delivery, {{"namespace", namespace_label(names, number)}}, all);
    }
}

FANFARE_DECL void collect_messages(hub_core& hub, metrics_visitor& to)
{
    tell_publishes(hub, to);
    tell_sending(hub, to);
    tell_slow_receivers(hub, to);
    tell_streams(hub, to);
    tell_delivery_times(hub, to);
}

} // namespace fanfare::detail

#endif

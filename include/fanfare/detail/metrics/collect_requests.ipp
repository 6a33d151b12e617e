// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_METRICS_COLLECT_REQUESTS_IPP
#define FANFARE_DETAIL_METRICS_COLLECT_REQUESTS_IPP

// What clients send and ask, and how long the answers take.

#include <fanfare/detail/base/request_type.hpp>
#include <fanfare/detail/metrics/collect.hpp>

namespace fanfare::detail {

inline void tell_client_messages(const hub_core& hub, metrics_visitor& to)
{
    const auto tell = [&](const metric& which, auto value) {
        tell_counter(to, which, {}, sum_of_shards(hub, value));
    };
    static constexpr metric received{"fanfare_messages_received", "Messages of clients."};
    static constexpr metric bytes{"fanfare_received_bytes", "Their bytes, without framing.", "bytes"};
    static constexpr metric bad{"fanfare_bad_messages", "Messages of clients that were malformed or not allowed."};
    static constexpr metric fast{"fanfare_rate_limited", "Messages of clients that came faster than allowed."};
    static constexpr metric broken{"fanfare_protocol_errors",
                                   "Connections closed for breaking RFC 6455 or a size limit."};
    static constexpr metric failed{"fanfare_handler_failures", "Handlers of the application that threw."};
    tell(received, [](const shard_counters& c) { return c.received.get(); });
    tell(bytes, [](const shard_counters& c) { return c.received_bytes.get(); });
    tell(bad, [](const shard_counters& c) { return c.bad_messages.get(); });
    tell(fast, [](const shard_counters& c) { return c.rate_limited.get(); });
    tell(broken, [](const shard_counters& c) { return c.protocol_errors.get(); });
    tell(failed, [](const shard_counters& c) { return c.handler_failures.get(); });
}

inline void tell_requests(const hub_core& hub, metrics_visitor& to)
{
    static constexpr metric requests{"fanfare_requests", "Requests of clients, by type."};
    for (std::size_t i = 0; i != request_type_names.size(); ++i)
        tell_counter(to, requests, {{"type", request_type_names[i]}},
                     sum_of_shards(hub, [i](const shard_counters& c) { return c.requests[i].get(); }));
    static constexpr metric refreshes{"fanfare_refreshes",
                                      "New identities of connections that took effect, or were refused."};
    tell_counter(to, refreshes, {{"result", "ok"}},
                 sum_of_shards(hub, [](const shard_counters& c) { return c.refreshes.get(); }));
    tell_counter(to, refreshes, {{"result", "refused"}},
                 sum_of_shards(hub, [](const shard_counters& c) { return c.refresh_failures.get(); }));
}

inline void tell_request_times(const hub_core& hub, metrics_visitor& to)
{
    static constexpr metric times{"fanfare_request_seconds", "From a request's arrival to its answer.", "seconds"};
    for (std::size_t i = 0; i != request_type_names.size(); ++i) {
        histogram_sum all;
        for (const auto& s : hub.shards) {
            if (!s->metrics())
                return;
            s->metrics()->requests[i].add_to(all);
        }
        tell_histogram(to, times, {{"type", request_type_names[i]}}, all);
    }
}

FANFARE_DECL void collect_requests(hub_core& hub, metrics_visitor& to)
{
    tell_client_messages(hub, to);
    tell_requests(hub, to);
    tell_request_times(hub, to);
}

} // namespace fanfare::detail

#endif

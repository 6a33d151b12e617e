// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HUB_SHUTDOWN_HPP
#define FANFARE_DETAIL_HUB_SHUTDOWN_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/lifetime.hpp>
#include <fanfare/detail/cluster/cluster.hpp>
#include <fanfare/detail/inbox/ack_tracker.hpp>
#include <fanfare/detail/presence/presence_tracker.hpp>
#include <fanfare/detail/room/bus_subscriptions.hpp>
#include <fanfare/detail/shard/shard_set.hpp>
#include <fanfare/options.hpp>

#include <boost/system/error_code.hpp>

#include <chrono>
#include <functional>
#include <memory>

namespace fanfare::detail {

/// What `shutdown` works with.
struct shutdown_parts {
    const shard_set& shards;
    bus_subscriptions& subscriptions;
    cluster& others;
    presence_tracker& presence;
    ack_tracker& acks;
    lifetime& life;
};

/// Stops a hub: no new connections or publishes, and every connection is closed. Thread-safe.
class shutdown {
public:
    explicit shutdown(const shutdown_parts& parts) : parts_{parts} {}
    shutdown(const shutdown&) = delete;
    shutdown& operator=(const shutdown&) = delete;

    /// `done` is called on the first shard when the last connection has ended, and the presence store has been told of
    /// it; with `timed_out` if that was not so at the deadline, when what is left was cut.
    void begin(const shutdown_options& how, std::function<void(error_code)> done);
    /// Leaves the bus and closes every connection; nothing tells when that is done.
    void abandon();

private:
    struct state;
    void stop_services();
    void close_all(const shutdown_options& how);
    void tell_when_empty(const std::weak_ptr<state>& waiting);

    shutdown_parts parts_;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/hub/shutdown.ipp>
#endif

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HUB_SHUTDOWN_HPP
#define FANFARE_DETAIL_HUB_SHUTDOWN_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/lifetime.hpp>
#include <fanfare/detail/cluster/cluster.hpp>
#include <fanfare/detail/inbox/ack_tracker.hpp>
#include <fanfare/detail/presence/presence_tracker.hpp>
#include <fanfare/detail/room/bus_subscriptions.hpp>
#include <fanfare/detail/shard/hub_handlers.hpp>
#include <fanfare/detail/shard/shard_set.hpp>
#include <fanfare/options.hpp>

#include <boost/system/error_code.hpp>

#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace fanfare::detail {

/// What `shutdown` works with.
struct shutdown_parts {
    const shard_set& shards;
    bus_subscriptions& subscriptions;
    cluster& others;
    presence_tracker& presence;
    ack_tracker& acks;
    const hub_handlers& handlers;
    std::function<void()> rest_stores; // no store is needed any more
    lifetime& life;
};

/// Stops a hub: no new connections or publishes, every connection is closed, and the bus is left. Thread-safe.
class shutdown {
public:
    explicit shutdown(shutdown_parts parts) : parts_{std::move(parts)} {}
    shutdown(const shutdown&) = delete;
    shutdown& operator=(const shutdown&) = delete;

    /// `on_closing` is called when new connections are to be refused: before this returns, or on the first shard after
    /// `readiness_delay`. `done` is called on the first shard when the last connection has ended, the presence store has been
    /// told of it, and the bus has been left; with `timed_out` if that was not so at the deadline, when what is left was cut.
    void begin(const shutdown_options& how, std::function<void()> on_closing,
               std::function<void(error_code)> done);
    /// Leaves the bus and closes every connection; nothing tells when that is done.
    void abandon();

private:
    class operation;
    void stop_services();
    void leave_bus();
    void end_all();

    shutdown_parts parts_;
    std::vector<std::weak_ptr<operation>> under_way_; // on the first shard
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/hub/shutdown.ipp>
#endif

#endif

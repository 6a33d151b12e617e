// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_CLUSTER_BUS_WATCH_HPP
#define FANFARE_DETAIL_CLUSTER_BUS_WATCH_HPP

#include <fanfare/bus.hpp>
#include <fanfare/config.hpp>
#include <fanfare/detail/shard/hub_handlers.hpp>
#include <fanfare/detail/shard/shard.hpp>

#include <cstdint>
#include <functional>
#include <mutex>

namespace fanfare::detail {

/// How the bus stands with the other processes, and who wants to be told. Thread-safe.
class bus_watch {
public:
    bus_watch(shard& first, const hub_handlers& handlers) : first_{first}, handlers_{handlers} {}
    bus_watch(const bus_watch&) = delete;
    bus_watch& operator=(const bus_watch&) = delete;

    bus_status status() const;
    bool up() const;
    /// Calls `watcher` on the first shard at each change, and at once with what is. A later one takes its place.
    void watch(std::function<void(const bus_status&)> watcher);
    /// The hub has joined the bus, which has said by now if it is down.
    void attached();
    /// How often the bus came up again after it had been up.
    std::uint64_t reconnects() const;
    /// The bus went down, or up again.
    void on_changed(const bus_status& status);

private:
    void tell(const bus_status& status);

    shard& first_;
    const hub_handlers& handlers_;
    mutable std::mutex mutex_;
    bus_status status_;
    bool was_up_ = false; // since the hub joined it
    std::uint64_t reconnects_ = 0;
    std::function<void(const bus_status&)> watcher_;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/cluster/bus_watch.ipp>
#endif

#endif

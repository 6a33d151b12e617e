// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_CLUSTER_BUS_WATCH_IPP
#define FANFARE_DETAIL_CLUSTER_BUS_WATCH_IPP

#include <fanfare/detail/cluster/bus_watch.hpp>

#include <utility>

namespace fanfare::detail {

FANFARE_DECL bus_status bus_watch::status() const
{
    const std::lock_guard lock{mutex_};
    return status_;
}

FANFARE_DECL bool bus_watch::up() const
{
    const std::lock_guard lock{mutex_};
    return status_.up;
}

// A bus that says nothing is up.
FANFARE_DECL void bus_watch::attached()
{
    const std::lock_guard lock{mutex_};
    was_up_ = was_up_ || status_.up;
}

FANFARE_DECL std::uint64_t bus_watch::reconnects() const
{
    const std::lock_guard lock{mutex_};
    return reconnects_;
}

FANFARE_DECL void bus_watch::watch(std::function<void(const bus_status&)> watcher)
{
    {
        const std::lock_guard lock{mutex_};
        watcher_ = std::move(watcher);
    }
    tell(status());
}

FANFARE_DECL void bus_watch::on_changed(const bus_status& status)
{
    {
        const std::lock_guard lock{mutex_};
        if (status.up && !status_.up && std::exchange(was_up_, true))
            ++reconnects_;
        status_ = status;
    }
    tell(status);
}

FANFARE_DECL void bus_watch::tell(const bus_status& status)
{
    first_.post([this, status](shard& first) {
        std::function<void(const bus_status&)> watcher;
        {
            const std::lock_guard lock{mutex_};
            watcher = watcher_;
        }
        handlers_.call(first, watcher, status);
    });
}

} // namespace fanfare::detail

#endif

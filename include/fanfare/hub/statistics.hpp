// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_HUB_STATISTICS_HPP
#define FANFARE_HUB_STATISTICS_HPP

#include <fanfare/bus.hpp>
#include <fanfare/config.hpp>
#include <fanfare/detail/base/completion.hpp>
#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/detail/hub/hub_topic.hpp>
#include <fanfare/detail/metrics/collect.hpp>
#include <fanfare/link_status.hpp>
#include <fanfare/metrics.hpp>
#include <fanfare/stats.hpp>

#include <boost/asio/async_result.hpp>

#include <chrono>
#include <functional>
#include <utility>
#include <vector>

namespace fanfare {

/// The part of `hub` that tells how it is doing: its counters, those of all hubs on the bus, and the state of the bus.
class hub_statistics : detail::hub_topic<hub_statistics> {
public:
    /// The counters of this hub. Thread-safe; they are read one after the other, while the hub works.
    hub_stats stats() const { return core_->stats(); }

    /// Tells `sink` the value that each of the hub's metrics has now; docs/metrics.md lists them. Times are among them with
    /// `hub_options::metrics` only. Labels are few: namespaces (the first 63 that were configured; the rest count as
    /// `other`), codes, types and policies, never a room or a user.
    ///
    /// @param sink A `metrics_sink`: `prometheus_text`, or your own. Used only until this returns.
    /// - Executor: the sink is called in this thread. It takes as long as looking at each room; monitoring asks every few
    ///   seconds.
    /// - Errors: what the sink throws.
    /// - Thread-safety: may be called from any thread. Values are read one after the other, while the hub works.
    template <metrics_sink Sink>
    void collect(Sink& sink) const
    {
        detail::sink_visitor<Sink> to{sink};
        detail::collect(*core_, to);
    }

    /// Asks all hubs on the bus for their counters, after the call: at most twice a second, so the question may be asked
    /// half a second later, for all calls until then together. A node that does not answer in time is named in the result
    /// (`node_stats::responded` is false) if it was heard of not long ago.
    ///
    /// @param timeout How long to wait for the nodes' answers, in milliseconds.
    /// - Completion: `void(error_code, cluster_stats)`. On the handler's associated executor, else on the hub's first;
    ///   never from within this call.
    /// - Errors: the bus's, such as `bus_unavailable` while it is down.
    /// - Cancellation: not supported; `timeout` ends the wait.
    /// - Thread-safety: may be called from any thread.
    template <asio::completion_token_for<void(error_code, cluster_stats)> Token>
    auto async_cluster_stats(std::chrono::milliseconds timeout, Token&& token)
    {
        return detail::initiate<void(error_code, cluster_stats)>(
            default_executor(), std::forward<Token>(token),
            [core = core_, timeout](auto done) { core->others.stats(timeout, std::move(done)); });
    }

    /// Whether the bus has its link to the other processes, and why not. Thread-safe.
    bus_status status() const { return core_->watch.status(); }

    /// The links that the hub needs, to the bus, the store of histories, the presence store and the inbox, and how each
    /// stands: those without a server are up. `GET /readyz` looks at them. Once the hub has shut down, all but the bus
    /// are down: to ask them would open them again. Thread-safe.
    std::vector<hub_link> links() const { return core_->links(); }

    /// Sets what is called when the bus goes down or up again, and once at once with how it stands.
    ///
    /// Called on the hub's first executor. Thread-safe; a later call replaces the handler.
    void on_bus(std::function<void(const bus_status&)> f) { core_->watch.watch(std::move(f)); }

protected:
    using hub_topic::hub_topic;
};

} // namespace fanfare

#endif

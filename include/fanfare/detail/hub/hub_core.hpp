// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HUB_HUB_CORE_HPP
#define FANFARE_DETAIL_HUB_HUB_CORE_HPP

#include <fanfare/bus.hpp>
#include <fanfare/config.hpp>
#include <fanfare/detail/base/port_metrics.hpp>
#include <fanfare/detail/base/port_observer.hpp>
#include <fanfare/detail/cluster/cluster.hpp>
#include <fanfare/detail/cluster/command_channel.hpp>
#include <fanfare/detail/hub/bus_receiver.hpp>
#include <fanfare/detail/hub/commands.hpp>
#include <fanfare/detail/hub/shutdown.hpp>
#include <fanfare/detail/metrics/http_requests.hpp>
#include <fanfare/detail/revocation/revocation_list.hpp>
#include <fanfare/detail/revocation/revocations.hpp>
#include <fanfare/detail/session/session.hpp>
#include <fanfare/detail/session/session_context.hpp>
#include <fanfare/detail/session/session_directory.hpp>
#include <fanfare/link_status.hpp>
#include <fanfare/options.hpp>
#include <fanfare/stats.hpp>
#include <fanfare/store.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <vector>

namespace fanfare::detail {

/// The hub without its template parameters: all of its parts, each of which takes only what it uses. Which part does
/// what, its own header says. Thread-safe, but for `handlers`.
class hub_core final : public std::enable_shared_from_this<hub_core> {
    // The parts are made in this order, and go in the opposite one: each comes after those that it was given, but for
    // references that it only uses later.
    const hub_options options_;
    any_bus bus_;
    any_store store_;

public:
    hub_core(const std::vector<asio::any_io_executor>& executors, hub_options options, any_bus bus,
             any_store store);
    hub_core(const hub_core&) = delete;
    hub_core& operator=(const hub_core&) = delete;
    ~hub_core();
    /// Joins the bus; right after construction.
    void start();

    const hub_options& options() const noexcept { return options_; }
    /// What sessions work with. Keeps the hub.
    std::shared_ptr<const session_context> context() { return {shared_from_this(), &context_}; }
    hub_stats stats() const;
    /// What is to be told the exceptions of the hub's bus and stores: `on_exception` is, on the first shard.
    /// Thread-safe, while this lives.
    exception_sink port_exceptions();
    /// The links that it needs, the bus first.
    std::vector<hub_link> links() const;
    /// What the bus has measured of itself.
    bus_metrics measured_by_bus() const { return bus_.metrics(); }

    hub_handlers handlers;
    lifetime life;
    hub_counters count;
    const std::shared_ptr<port_metrics> stores;
    http_requests http;
    const node_id node;
    namespaces rules;
    room_registry rooms;
    revocation_list revoked;
    admissions admitted;
    resume_registry resumable;

private:
    bus_receiver receiver_;
    bus_subscriptions subscriptions_;
    const shard_services shard_services_;

public:
    const shard_set shards;
    history_reader history;

private:
    ordered_delivery delivery_;
    room_preparation preparation_;

public:
    publisher messages;
    const command_channel channel;
    bus_watch watch;
    cluster others;
    session_directory sessions;
    fanfare::detail::revocations revocations;
    inbox_service inbox;
    ack_tracker acks;
    presence_tracker presence;
    fanfare::detail::shutdown shutdown;

private:
    void rest_stores();

    commands commands_;
    const session_context context_;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/hub/hub_core.ipp>
#include <fanfare/detail/hub/hub_stats.ipp>
#endif

#endif

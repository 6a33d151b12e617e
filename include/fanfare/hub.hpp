// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_HUB_HPP
#define FANFARE_HUB_HPP

#include <fanfare/bus.hpp>
#include <fanfare/config.hpp>
#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/hub/callbacks.hpp>
#include <fanfare/hub/commands.hpp>
#include <fanfare/hub/connections.hpp>
#include <fanfare/hub/enumeration.hpp>
#include <fanfare/hub/executors.hpp>
#include <fanfare/hub/history.hpp>
#include <fanfare/hub/inbox.hpp>
#include <fanfare/hub/presence.hpp>
#include <fanfare/hub/publishing.hpp>
#include <fanfare/hub/revocation.hpp>
#include <fanfare/hub/statistics.hpp>
#include <fanfare/hub/users.hpp>
#include <fanfare/options.hpp>
#include <fanfare/store.hpp>

#include <concepts>
#include <memory>
#include <utility>

namespace fanfare {

class in_process_bus;
class memory_store;

/// The local registry of connections, rooms and users, and the way to publish to them. Its functions, by topic:
///
/// | Topic | Functions | Header |
/// | --- | --- | --- |
/// | rooms and publishing | `configure`, `room`, `publish`, `broadcast` | hub/publishing.hpp |
/// | messages to users | `send_to_user`, `notify`, with confirmation `async_..._acked` | hub/users.hpp |
/// | users' connections | `subscribe_user`, `unsubscribe_user`, `refresh_user`, `disconnect_user` | hub/commands.hpp |
/// | notifications that are kept | `inbox`, `async_inbox`, `async_inbox_mark`, `async_inbox_counts` | hub/inbox.hpp |
/// | who is in a room | `presence`, `async_presence` | hub/presence.hpp |
/// | credentials that are not valid any more | `revocations`, `revoke`, `async_revoke` | hub/revocation.hpp |
/// | what was published before | `async_history` | hub/history.hpp |
/// | the application's handlers | `on_connect`, `on_message`, `on_refresh`, `authorize` and others | hub/callbacks.hpp |
/// | connections | `accept`, `accept_events`, `connect`, `async_shutdown` | hub/connections.hpp |
/// | which rooms and connections there are | `async_rooms`, `async_connections` | hub/enumeration.hpp |
/// | counters, the bus's state | `stats`, `async_cluster_stats`, `status`, `on_bus` | hub/statistics.hpp |
///
/// A hub has one shard for each executor that it is given. A connection lives on one shard, and the hub's handlers for
/// it run there. Executors may be run by several threads: the hub puts a strand over each, unless
/// `hub_options::executors_are_serial` says that is not needed.
///
/// Thread-safe, but for the handlers, `authorize`, `inbox`, `presence` and `revocations`, which are set before the
/// first connection. Destroying the hub closes its connections with 1001, as far as the executors still run;
/// confirmations that are awaited then fail with `shutting_down`. The executors' context outlives the hub and every
/// handle to it; the handlers of operations that have not completed when it ends are destroyed without a call.
///
/// @tparam Bus Carries messages between hubs: `in_process_bus`, `redis_bus`, or any `bus`.
/// @tparam Store Keeps the history of rooms that have some (`room_options::history`): `memory_store`, `sqlite_store`,
///         `redis_store`, or any `store`.
template <class Bus = in_process_bus, class Store = memory_store>
class hub : public hub_publishing,
            public hub_users,
            public hub_commands,
            public hub_inbox,
            public hub_presence,
            public hub_revocation,
            public hub_history,
            public hub_callbacks,
            public hub_connections,
            public hub_enumeration,
            public hub_statistics {
    static_assert(fanfare::bus<Bus>, "fanfare::hub: the bus lacks something of the concept in <fanfare/bus.hpp>");
    static_assert(fanfare::store<Store>,
                  "fanfare::hub: the store lacks something of the concept in <fanfare/store.hpp>");

public:
    /// A hub on its own, or with a bus, or with a bus and a store: `hub{executor, [bus, [store,]] [options]}`.
    ///
    /// @param executors One executor, or a vector of 1 to 255, each run by a thread of its own, say.
    /// @param bus, store Handles; what is not given is made by its default constructor.
    /// Throws `std::invalid_argument` naming the option that cannot work.
    explicit hub(hub_executors executors, hub_options options = {}) requires std::default_initializable<Bus> &&
        std::default_initializable<Store> : hub{std::move(executors), Bus{}, Store{}, options}
    {}
    hub(hub_executors executors, Bus bus, hub_options options = {}) requires std::default_initializable<Store>
        : hub{std::move(executors), std::move(bus), Store{}, options}
    {}
    hub(hub_executors executors, Bus bus, Store store, hub_options options = {})
        : hub{std::make_shared<detail::hub_core>(executors.all(), options, any_bus{std::move(bus)},
                                                 any_store{std::move(store)})}
    {}
    hub(const hub&) = delete;
    hub& operator=(const hub&) = delete;
    ~hub() { core_->shutdown.abandon(); }

    /// For the library's own parts.
    const std::shared_ptr<detail::hub_core>& core() const noexcept { return core_; }

private:
    explicit hub(const std::shared_ptr<detail::hub_core>& core)
        : hub_publishing{core}, hub_users{core}, hub_commands{core}, hub_inbox{core}, hub_presence{core},
          hub_revocation{core}, hub_history{core}, hub_callbacks{core}, hub_connections{core},
          hub_enumeration{core}, hub_statistics{core}, core_{core}
    {
        core_->start();
    }

    std::shared_ptr<detail::hub_core> core_;
};

/// Without a bus: the hub of one process.
hub(hub_executors, hub_options = {})->hub<in_process_bus, memory_store>;

} // namespace fanfare

#endif

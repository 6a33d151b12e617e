// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_PUBLISH_PUBLISHER_HPP
#define FANFARE_DETAIL_PUBLISH_PUBLISHER_HPP

#include <fanfare/bus.hpp>
#include <fanfare/config.hpp>
#include <fanfare/detail/base/hub_counters.hpp>
#include <fanfare/detail/base/lifetime.hpp>
#include <fanfare/detail/history/ordered_delivery.hpp>
#include <fanfare/detail/publish/payload_ref.hpp>
#include <fanfare/detail/room/namespace_rules.hpp>
#include <fanfare/detail/room/namespaces.hpp>
#include <fanfare/detail/room/room_state.hpp>
#include <fanfare/detail/shard/hub_handlers.hpp>
#include <fanfare/detail/shard/shard_set.hpp>
#include <fanfare/detail/wire/frame.hpp>
#include <fanfare/error.hpp>
#include <fanfare/message.hpp>
#include <fanfare/store.hpp>

#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

namespace fanfare::detail {

/// Takes the fate of a publish, from any thread.
using publish_done = std::function<void(const receipt&)>;

/// What a publisher works with.
struct publisher_parts {
    const hub_options& options;
    const namespaces& rules;
    room_registry& rooms;
    const shard_set& shards;
    any_bus& bus;
    any_store& store;
    const bus_sink& origin; // the hub, as the bus sees it
    ordered_delivery& delivery;
    const hub_handlers& handlers;
    hub_counters& count;
    const lifetime& life;
};

/// The way from a publish to the bus: checks, encodes once, and stores first what goes into a room with history.
/// Thread-safe.
class publisher {
public:
    explicit publisher(const publisher_parts& parts) : parts_{parts} {}
    publisher(const publisher&) = delete;
    publisher& operator=(const publisher&) = delete;

    /// Publishes to a room; `known` is the room itself, where the caller holds it. `done`, if any, is told the fate of
    /// a message that was taken, once: maybe before this returns.
    receipt publish(std::string_view room, room_state* known, std::string_view type, const payload_ref& payload,
                    const publish_options& options, publish_done done = {});
    /// Publishes to every connection.
    receipt broadcast(std::string_view type, const payload_ref& payload, publish_done done = {});
    /// An event of the hub's own for a room: it goes out even while the hub is stopping, and into no history.
    receipt announce(std::string_view room, std::string_view type, const json::value& payload,
                     std::uint64_t except = 0);
    /// Whether the hub can take a message of so many bytes now; a stopping hub takes it, and delivers it to nobody.
    error_code check_capacity(std::size_t bytes) const noexcept;

private:
    friend struct stored_publish;
    std::size_t namespace_of(std::string_view room, const room_ptr& known) const;
    receipt send(std::size_t in_namespace, bus_message message, const shared_frame& encoded, std::size_t receivers,
                 publish_done done);
    receipt publish_stored(std::string_view room, const room_ptr& known, const namespace_rules& rules,
                           history_append message, std::int64_t called_ns, publish_done done);
    void tell_failed(const std::string& room, const error_code& why);
    receipt refused(error code);

    publisher_parts parts_;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/publish/publisher.ipp>
#include <fanfare/detail/publish/stored_publish.ipp>
#endif

#endif

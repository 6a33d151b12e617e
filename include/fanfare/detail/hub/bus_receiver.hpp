// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HUB_BUS_RECEIVER_HPP
#define FANFARE_DETAIL_HUB_BUS_RECEIVER_HPP

#include <fanfare/bus.hpp>
#include <fanfare/config.hpp>
#include <fanfare/detail/base/lifetime.hpp>
#include <fanfare/detail/cluster/bus_watch.hpp>
#include <fanfare/detail/history/ordered_delivery.hpp>
#include <fanfare/detail/hub/commands.hpp>
#include <fanfare/detail/revocation/revocations.hpp>
#include <fanfare/detail/room/bus_subscriptions.hpp>
#include <fanfare/detail/room/room_state.hpp>
#include <fanfare/detail/shard/shard_set.hpp>

#include <boost/system/error_code.hpp>

#include <string_view>

namespace fanfare::detail {

/// Who gets what the bus delivers.
struct bus_receiver_parts {
    room_registry& rooms;
    const shard_set& shards;
    bus_subscriptions& subscriptions;
    ordered_delivery& delivery;
    commands& control;
    bus_watch& watch;
    revocations& revoked;
    const lifetime& life;
};

/// The hub, as its bus sees it. Thread-safe.
class bus_receiver final : public bus_sink {
public:
    explicit bus_receiver(const bus_receiver_parts& parts) : parts_{parts} {}
    bus_receiver(const bus_receiver&) = delete;
    bus_receiver& operator=(const bus_receiver&) = delete;

    error_code check_capacity(const bus_message& message) noexcept override;
    void deliver(const bus_message& message) override;
    void joined(std::string_view room) override { parts_.subscriptions.on_joined(room); }
    void missed(std::string_view room) override { parts_.delivery.missed(room); }
    void changed(const bus_status& status) override
    {
        parts_.watch.on_changed(status);
        parts_.revoked.bus_changed(status);
    }

private:
    bus_receiver_parts parts_;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/hub/bus_receiver.ipp>
#endif

#endif

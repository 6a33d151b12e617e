// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DEVICE_HPP
#define FANFARE_DEVICE_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/hub.hpp>
#include <fanfare/message.hpp>
#include <fanfare/room.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_from.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fanfare {

/// Publishes what a device says, in the message types of the protocol: to `device:ID`, to each of its groups, and to
/// `global`. Each message carries `device_id`. Thread-safe. It may outlive the hub, as a `room` may.
class device {
public:
    /// @param id The device's id: publishes to the room `device:ID`.
    /// @param groups Names of groups: publishes to the rooms `group:NAME`.
    /// Throws `system_error` (`invalid_room`) if `id` or a group cannot be part of a room's name.
    device(hub_publishing& at, std::string_view id, const std::vector<std::string>& groups = {}) : id_{id}
    {
        rooms_.push_back(at.room("device:" + id_));
        for (const auto& g : groups)
            rooms_.push_back(at.room("group:" + g));
        rooms_.push_back(at.room("global"));
    }

    const std::string& id() const noexcept { return id_; }

    /// Publishes measured values as `telemetry`. In rooms with `latest_per_key` only the device's newest waits.
    ///
    /// @param values A JSON object, or what converts to one; anything else answers `invalid_message`.
    /// @return The sums over all rooms; its error is that of the first room that refused. See `room::publish`.
    template <payload Payload = json::value>
    receipt telemetry(const Payload& values) const
    {
        return publish("telemetry", json::value_from(values), "telemetry:" + id_);
    }

    /// Publishes the device's status as `device_status`: `online`, `offline` or whatever else the application says. In
    /// rooms with `latest_per_key` only the device's newest waits. Returns as `telemetry` does.
    receipt status(std::string_view status) const
    {
        return publish("device_status", json::object{{"status", status}}, "device_status:" + id_);
    }

    /// Publishes an `alert`, without a conflation key: `latest_per_key` keeps every one.
    ///
    /// @param severity `info`, `warning` or `critical`.
    /// @param more Further fields of the payload.
    /// Returns as `telemetry` does.
    receipt alert(std::string_view severity, std::string_view message, json::object more = {}) const
    {
        more["severity"] = severity;
        more["message"] = message;
        return publish("alert", std::move(more), {});
    }

private:
    receipt publish(std::string_view type, json::value body, const std::string& key) const
    {
        auto* fields = body.if_object();
        if (!fields)
            return {.error = error::invalid_message};
        (*fields)["device_id"] = id_;
        receipt all;
        for (const auto& r : rooms_) {
            const auto one = r.publish(type, body, {.key = key});
            all.local_receivers += one.local_receivers;
            all.dispatched_to_cluster = all.dispatched_to_cluster || one.dispatched_to_cluster;
            if (!all.error)
                all.error = one.error;
        }
        return all;
    }

    std::string id_;
    std::vector<room<>> rooms_;
};

} // namespace fanfare

#endif

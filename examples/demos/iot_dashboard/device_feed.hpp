// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_EXAMPLES_DEVICE_FEED_HPP
#define FANFARE_EXAMPLES_DEVICE_FEED_HPP

#include "device_groups.hpp"
#include "device_message.hpp"
#include "threshold_rules.hpp"

#include <fanfare/config.hpp>
#include <fanfare/message.hpp>
#include <fanfare/room.hpp>

#include <boost/json/object.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace demo {

/// An MQTT message, valid during the call.
struct mqtt_message {
    std::string_view topic;
    std::string_view payload;
    bool retained = false; ///< The broker's copy of the last one, sent because we have subscribed.
};

/// From MQTT messages to rooms: checks what devices say, publishes it to `device:ID`, to the device's groups and to
/// `global`, raises alerts (in `alerts`, too), and knows the last value of each device. Not thread-safe.
class device_feed {
public:
    struct settings {
        std::string prefix = "devices";
        device_groups groups{};
        std::vector<threshold_rule> rules = default_rules();
        /// A device raises the same alert at most so often: one that jumps must not push out everybody else's.
        std::chrono::milliseconds alert_pause{10'000};
        std::size_t max_payload = 8 * 1024;
        std::size_t max_devices = 10'000;
    };
    using open_room = std::function<fanfare::room<>(std::string_view name)>;
    /// The fate of one publish. Called once for each, after `take` has returned.
    using settled = std::function<void(fanfare::error_code)>;

    device_feed(settings how, open_room open);

    /// Publishes a message, or counts why not. Answers how many publishes are on their way.
    std::size_t take(const mqtt_message& message, const settled& then);

    /// Whether alerts are raised is part of what was taken: if a message comes again, because it was not acknowledged,
    /// it has to find what the first one found, or an alert that was not stored would never be raised.
    void commit();
    void roll_back();

    /// An earlier message of `alerts`, the oldest first: so a restart raises nothing twice.
    void remember_alert(std::string_view envelope);

    /// What is known of the devices after `after`, in the order of their ids: `{devices: [...], next: ID or null}`.
    boost::json::object devices(std::string_view after) const;
    boost::json::object stats() const;
    /// An error that the same message will have each time.
    static bool permanent(fanfare::error_code ec);
    void count(refusal why) { ++refused_[static_cast<std::size_t>(why)]; }

private:
    /// What one rule says of one device.
    struct rule_state {
        bool raised = false;
        std::chrono::steady_clock::time_point since{}; // raised for the last time
        std::int64_t told = 0; // the device's time of the last alert that `remember_alert` has seen
    };
    struct device {
        std::string id;
        std::vector<std::string> groups;
        std::vector<fanfare::room<>> rooms; // the first one is its own, the only one that keeps a history
        std::string status = "unknown";
        boost::json::object telemetry;
        std::size_t telemetry_size = 0;
        std::int64_t timestamp = 0;     // the newest
        std::vector<rule_state> alarms; // by rule
        bool unsure = false;            // its last message may not be in the store: a retained copy is welcome
        explicit device(std::string name) : id{std::move(name)} {}
    };
    using device_map = std::map<std::string, device, std::less<>>;

    device* find(std::string_view id);
    std::size_t send(const fanfare::room<>& to, std::string_view type, const boost::json::object& payload,
                     std::string_view key, std::string_view once, const settled& then);
    std::size_t publish(const device& from, std::string_view type, boost::json::object payload, bool conflate,
                        const std::string& once, const settled& then);
    std::size_t take_telemetry(device& from, device_message what, const mqtt_message& message,
                               const settled& then);
    void distrust_clock(device_message& what);
    std::size_t take_status(device& from, device_message what, bool retained, const settled& then);
    std::size_t apply_rules(device& from, const boost::json::object& values, std::int64_t at, const settled& then);
    std::size_t refuse(refusal why);

    settings how_;
    open_room open_;
    fanfare::room<> alerts_;
    device_map devices_;
    // What is not acknowledged has touched these, and has changed these alarms.
    std::set<device*> touched_;
    std::map<std::pair<device*, std::size_t>, rule_state> before_;
    std::array<std::uint64_t, refusal_names.size()> refused_{};
    std::uint64_t telemetry_ = 0, statuses_ = 0, raised_ = 0, cleared_ = 0;
    std::uint64_t retained_ = 0, retained_known_ = 0, duplicates_ = 0, clock_ahead_ = 0;
};

} // namespace demo

#endif

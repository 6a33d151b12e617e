// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_EXAMPLES_MQTT_BRIDGE_HPP
#define FANFARE_EXAMPLES_MQTT_BRIDGE_HPP

#include "backoff.hpp"
#include "device_feed.hpp"
#include "mqtt_link.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/object.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace demo {

struct bridge_settings {
    mqtt_settings broker{};
    std::string filter = "devices/#";
    /// Messages that the hub has not taken yet; beyond it nothing is read from the broker.
    std::size_t max_waiting = 1'000;
    /// A hub, or a store, that answers nothing for so long has failed.
    std::chrono::milliseconds timeout{10'000};
    std::chrono::milliseconds first_delay{500};
    std::chrono::milliseconds longest_delay{30'000};
};

/// Brings what a broker's devices say into a feed, and tells the broker that a message has arrived only when the hub,
/// and its store, have taken it. If they do not, the link is cut without an acknowledgement, and the broker sends the
/// messages again. Connects again for ever. Everything on the executor, which is serial; outlives its last handler.
class mqtt_bridge {
public:
    mqtt_bridge(const boost::asio::any_io_executor& executor, bridge_settings how, device_feed& feed);
    void start();
    /// Cuts the link. The broker keeps what is not acknowledged, and what comes, for the next process.
    void stop();
    boost::json::object stats() const;

private:
    void connect();
    void reconnect_later(std::string_view why);
    void put_back(std::string_view why);
    void on_closed(std::string_view why);
    void on_connected(bool session_present);
    void on_message(const mosquitto_message& message);
    void on_publish(std::uint64_t link, fanfare::error_code ec);
    void acknowledge();
    void tick();

    bridge_settings how_;
    device_feed& feed_;
    boost::asio::any_io_executor executor_;
    boost::asio::steady_timer retry_, clock_;
    backoff delay_;
    std::shared_ptr<mqtt_link> link_;

    std::uint64_t number_ = 0;       // of the link: answers to publishes of an earlier one do not count
    std::size_t publishes_ = 0;      // on their way into the hub
    std::size_t waiting_ = 0;        // messages since the last time that none was on its way
    std::size_t unacknowledged_ = 0; // of these, with QoS 1
    std::size_t window_; // so many may wait now: fewer after each failure, so that a slow store gets on at all
    std::chrono::steady_clock::time_point progress_, connected_;
    unsigned brief_links_ = 0; // one after the other
    bool subscribed_ = false;  // in this process, so that the broker's retained messages have come once

    std::string state_ = "starting", problem_;
    std::uint64_t connects_ = 0, received_ = 0, acknowledged_ = 0, put_back_ = 0, pauses_ = 0;
    std::map<std::string, std::uint64_t> failures_;
};

} // namespace demo

#endif

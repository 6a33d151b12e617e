// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "mqtt_bridge.hpp"

#include <mosquitto.h>

#include <algorithm>
#include <iostream>
#include <utility>

using boost::system::error_code;

namespace demo {

namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds brief{5};

} // namespace

mqtt_bridge::mqtt_bridge(const boost::asio::any_io_executor& executor, bridge_settings how, device_feed& feed)
    : how_{std::move(how)}, feed_{feed}, executor_{executor}, retry_{executor}, clock_{executor},
      delay_{how_.first_delay, how_.longest_delay}, window_{how_.max_waiting}
{
    // The broker keeps a session by the client's name: what is not acknowledged waits there, also while we are away.
    how_.broker.clean_session = false;
    how_.broker.hold_acknowledgements = true;
    // While acknowledgements are held nothing is sent, no ping either.
    how_.broker.keep_alive =
        std::max(how_.broker.keep_alive, std::chrono::ceil<std::chrono::seconds>(how_.timeout));
}

void mqtt_bridge::start()
{
    connect();
    tick();
}

void mqtt_bridge::stop()
{
    ++number_;
    if (link_)
        link_->abandon();
    link_.reset();
    retry_.cancel();
    clock_.cancel();
    state_ = "stopped";
}

void mqtt_bridge::connect()
{
    state_ = "connecting";
    ++number_;
    mqtt_link::handlers then;
    then.on_connected = [this](bool session_present) { on_connected(session_present); };
    then.on_message = [this](const mosquitto_message& message) { on_message(message); };
    then.on_batch = [this] { acknowledge(); };
    then.on_subscribed = [this](int granted) {
        subscribed_ = granted == 1; // with 0 it would forget what we have not taken
        if (!subscribed_)
            put_back("the broker refuses the subscription to " + how_.filter + " with QoS 1");
    };
    then.on_closed = [this](std::string_view why) { on_closed(why); };
    link_ = std::make_shared<mqtt_link>(executor_, how_.broker, std::move(then));
    link_->start();
}

void mqtt_bridge::on_connected(bool session_present)
{
    ++connects_;
    connected_ = steady_clock::now();
    state_ = "connected";
    problem_.clear();
    std::cerr << "mqtt: connected" << (session_present ? ", with what came meanwhile" : "") << '\n';
    // Subscribing brings the retained messages, which a process needs once.
    if ((!session_present || !subscribed_) && !link_->subscribe(how_.filter, 1))
        put_back("cannot subscribe to " + how_.filter);
}

void mqtt_bridge::on_message(const mosquitto_message& m)
{
    ++received_;
    ++waiting_;
    unacknowledged_ += m.qos > 0;
    if (publishes_ == 0)
        progress_ = steady_clock::now();
    const std::string_view payload{static_cast<const char*>(m.payload), static_cast<std::size_t>(m.payloadlen)};
    publishes_ += feed_.take({.topic = m.topic, .payload = payload, .retained = m.retain},
                             [this, link = number_](error_code ec) { on_publish(link, ec); });
    if (publishes_ != 0 && waiting_ >= window_) {
        ++pauses_;
        link_->pause();
    }
}

void mqtt_bridge::on_publish(std::uint64_t link, error_code ec)
{
    progress_ = steady_clock::now();
    if (link != number_)
        return; // all the same, the store is not silent
    if (ec && device_feed::permanent(ec))
        feed_.count(refusal::refused_by_hub); // it would be refused each time
    else if (ec)
        return put_back("the hub has not taken a message: " + ec.message());
    if (--publishes_ == 0)
        acknowledge();
}

// Only when nothing is on its way: libmosquitto's queue of acknowledgements is sent as a whole.
void mqtt_bridge::acknowledge()
{
    if (publishes_ != 0 || !link_)
        return;
    feed_.commit();
    acknowledged_ += std::exchange(unacknowledged_, 0);
    if (std::exchange(waiting_, 0) != 0)
        window_ = std::min(window_ * 2, how_.max_waiting);
    if (steady_clock::now() - connected_ > brief)
        delay_.reset();
    link_->flush();
    if (link_)
        link_->resume();
}

// Two programs with one client id throw each other out, for ever.
void mqtt_bridge::on_closed(std::string_view why)
{
    const bool was_connected = state_ == "connected";
    how_.broker.attempt += !was_connected;
    brief_links_ = was_connected && steady_clock::now() - connected_ < brief ? brief_links_ + 1 : 0;
    std::string said{why};
    if (brief_links_ >= 3)
        said += "; does another program use the client id '" + how_.broker.client_id + "'?";
    put_back(said);
}

void mqtt_bridge::put_back(std::string_view why)
{
    ++number_;
    link_->abandon();
    link_.reset();
    feed_.roll_back();
    if (unacknowledged_ != 0)
        window_ = std::max<std::size_t>(window_ / 2, 1);
    put_back_ += std::exchange(unacknowledged_, 0);
    publishes_ = waiting_ = 0;
    problem_ = why;
    if (failures_.size() < 64 || failures_.contains(problem_))
        ++failures_[problem_];
    reconnect_later(why);
}

void mqtt_bridge::reconnect_later(std::string_view why)
{
    state_ = "waiting";
    const auto wait = delay_.next();
    std::cerr << "mqtt: " << why << "; next attempt in " << wait.count() << " ms\n";
    retry_.expires_after(wait);
    retry_.async_wait([this](error_code ec) {
        if (!ec)
            connect();
    });
}

void mqtt_bridge::tick()
{
    clock_.expires_after(std::min(how_.timeout / 4, std::chrono::milliseconds{1'000}));
    clock_.async_wait([this](error_code ec) {
        if (ec)
            return;
        if (publishes_ != 0 && steady_clock::now() - progress_ > how_.timeout)
            put_back("the store has not answered");
        tick();
    });
}

boost::json::object mqtt_bridge::stats() const
{
    boost::json::object failures;
    for (const auto& [why, count] : failures_)
        failures[why] = count;
    boost::json::object out{{"broker", how_.broker.host + ":" + std::to_string(how_.broker.port)},
                            {"state", state_},
                            {"problem", problem_},
                            {"connects", connects_},
                            {"received", received_},
                            {"acknowledged", acknowledged_},
                            {"waiting", waiting_},
                            {"put_back", put_back_},
                            {"pauses", pauses_},
                            {"failures", std::move(failures)}};
    for (auto& [name, value] : feed_.stats())
        out[name] = value;
    return out;
}

} // namespace demo

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef IOT_DASHBOARD_SIMULATED_DEVICE_HPP
#define IOT_DASHBOARD_SIMULATED_DEVICE_HPP

#include "backoff.hpp"
#include "mqtt_link.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>

namespace demo {

inline std::int64_t now_ms()
{
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

/// A value that wanders around a normal one, and now and then makes an excursion.
class wandering {
public:
    wandering(double normal, double step, double excursion)
        : normal_{normal}, step_{step}, excursion_{excursion}, value_{normal}
    {}
    template <class Random>
    double next(Random& random)
    {
        if (std::uniform_int_distribution{1, 3'000}(random) == 1)
            away_ = 12;
        const double goal = away_ > 0 ? excursion_ : normal_;
        away_ = std::max(away_ - 1, 0);
        value_ += (goal - value_) * 0.2 + std::normal_distribution{0.0, step_}(random);
        return std::round(value_ * 100) / 100;
    }

private:
    double normal_, step_, excursion_, value_;
    int away_ = 0;
};

/// One device: a connection of its own with a last will, telemetry at an interval, and a return after each failure.
class simulated_device {
public:
    struct settings {
        mqtt_settings broker;
        std::string prefix;
        std::chrono::milliseconds interval{1'000};
    };

    simulated_device(const boost::asio::any_io_executor& executor, settings how, std::string id,
                     const std::string& password, std::uint32_t seed)
        : how_{std::move(how)}, topic_{how_.prefix + "/" + id}, executor_{executor}, timer_{executor}, random_{
                                                                                                           seed}
    {
        how_.broker.client_id = id;
        how_.broker.user = password.empty() ? "" : id;
        how_.broker.password = password;
        how_.broker.will = {topic_ + "/status", R"({"status":"offline"})"};
    }

    /// After a random part of `spread`, so that not all come at once.
    void start(std::chrono::milliseconds spread) { after(part_of(spread), &simulated_device::connect); }

    /// As if the power failed: no word to the broker, which publishes the last will.
    void fail(std::chrono::milliseconds away)
    {
        if (!link_)
            return;
        std::exchange(link_, nullptr)->abandon();
        after(away, &simulated_device::connect);
    }

    /// Disconnects from the broker.
    void stop()
    {
        ++turn_;
        timer_.cancel();
        if (!link_)
            return;
        say_status("offline");
        std::exchange(link_, nullptr)->disconnect();
    }

    std::uint64_t published() const noexcept { return published_; }
    bool connected() const noexcept { return connected_ && link_; }

private:
    std::chrono::milliseconds part_of(std::chrono::milliseconds span)
    {
        return std::chrono::milliseconds{
            std::uniform_int_distribution<std::chrono::milliseconds::rep>{0, span.count()}(random_)};
    }
    void after(std::chrono::milliseconds wait, void (simulated_device::*then)())
    {
        timer_.expires_after(wait);
        timer_.async_wait([this, then, turn = ++turn_](boost::system::error_code ec) {
            if (!ec && turn == turn_) // one that was about to run comes without an error, too
                (this->*then)();
        });
    }

    void connect()
    {
        connected_ = false;
        mqtt_link::handlers handlers;
        handlers.on_connected = [this](bool) {
            connected_ = true;
            delay_.reset();
            say_status("online");
            after(part_of(how_.interval), &simulated_device::measure);
        };
        handlers.on_closed = [this](std::string_view why) {
            if (std::exchange(told_, std::string{why}) != why)
                std::cerr << topic_ << ": " << why << '\n';
            link_ = nullptr;
            how_.broker.attempt += !connected_; // another address, if that was nobody's
            after(delay_.next(), &simulated_device::connect);
        };
        link_ = std::make_shared<mqtt_link>(executor_, how_.broker, std::move(handlers));
        link_->start();
    }

    void say_status(std::string_view status)
    {
        const boost::json::object payload{{"status", status}, {"timestamp", now_ms()}};
        link_->publish(topic_ + "/status", boost::json::serialize(payload), 1, true);
    }

    // Retained: who subscribes later has the last values at once.
    void measure()
    {
        const boost::json::object values{{"timestamp", now_ms()},
                                         {"temperature", temperature_.next(random_)},
                                         {"pressure", pressure_.next(random_)},
                                         {"vibration", std::abs(vibration_.next(random_))},
                                         {"battery", std::clamp(battery_.next(random_), 0.0, 100.0)}};
        published_ += link_->publish(topic_ + "/telemetry", boost::json::serialize(values), 1, true);
        after(how_.interval, &simulated_device::measure);
    }

    settings how_;
    std::string topic_;
    boost::asio::any_io_executor executor_;
    boost::asio::steady_timer timer_;
    std::uint64_t turn_ = 0; // of what waits for the timer
    std::mt19937 random_;
    backoff delay_{std::chrono::milliseconds{500}, std::chrono::milliseconds{30'000}};
    std::shared_ptr<mqtt_link> link_;
    bool connected_ = false;
    std::string told_; // the same trouble is told once
    std::uint64_t published_ = 0;
    wandering temperature_{62, 1.2, 92}, pressure_{4.2, 0.1, 7}, vibration_{3, 0.5, 11}, battery_{88, 0.4, 8};
};

} // namespace demo

#endif

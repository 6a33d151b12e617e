// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Hundreds of devices that publish over MQTT, each with a connection and a last will of its own.
#include "json_file.hpp"
#include "mqtt_address.hpp"
#include "simulated_device.hpp"

#include "../../command_line.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <iostream>
#include <memory>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace asio = boost::asio;

namespace {

constexpr auto help = R"(device_simulator: devices that publish telemetry over MQTT.

  --mqtt HOST:PORT     the broker (127.0.0.1:1883)
  --mqtt-tls-ca FILE   speak TLS: the broker's certificate must lead to one of these (PEM), and be for HOST of --mqtt
  --mqtt-tls-cert FILE the devices' certificate, for a broker that asks for one (PEM) ...
  --mqtt-tls-key FILE  ... and its private key (PEM)
  --credentials FILE   lines of ID:PASSWORD; a device for each, which logs in as ID
  --devices N          without --credentials: so many devices, which do not log in (300)
  --names              print the ids of --devices, and end
  --prefix TOPIC       publish to TOPIC/ID/telemetry and TOPIC/ID/status (devices)
  --interval-ms N      a device measures so often (1000)
  --failure-every N    about every N seconds one device loses its power for 15 seconds; 0: never (10)
  --help               show this
)";

struct options {
    demo::simulated_device::settings device{.broker = {}, .prefix = "devices"};
    demo::client_tls_files tls;
    std::string credentials;
    std::size_t devices = 300;
    std::chrono::seconds failure_every{10};
    bool only_names = false;
    bool only_help = false;
};

options parse(int argc, char** argv)
{
    options o;
    for (demo::command_line words{argc, argv}; !words.done();) {
        const auto option = words.option();
        if (demo::parse_client_tls("--mqtt-tls", option, words, o.tls))
            continue;
        if (option == "--mqtt")
            demo::parse_broker(words.value(), o.device.broker);
        else if (option == "--credentials")
            o.credentials = words.value();
        else if (option == "--devices")
            o.devices = words.number(1, 10'000);
        else if (option == "--names")
            o.only_names = true;
        else if (option == "--prefix")
            o.device.prefix = words.value();
        else if (option == "--interval-ms")
            o.device.interval = std::chrono::milliseconds{words.number(10, 3'600'000)};
        else if (option == "--failure-every")
            o.failure_every = std::chrono::seconds{words.number(0, 3'600)};
        else if (option == "--help")
            o.only_help = true;
        else
            words.unknown();
    }
    demo::use_tls(o.tls, o.device.broker);
    return o;
}

struct account {
    std::string id, password;
};

std::string name_of(std::size_t n)
{
    constexpr std::array<std::string_view, 4> kinds = {"boiler", "pump", "press", "sensor"};
    auto number = std::to_string(n / kinds.size() + 1);
    number.insert(0, number.size() < 3 ? 3 - number.size() : 0, '0');
    return std::string{kinds[n % kinds.size()]} + "-" + number;
}

std::vector<account> accounts(const options& chosen)
{
    std::vector<account> all;
    if (chosen.credentials.empty()) {
        for (std::size_t n = 0; n != chosen.devices; ++n)
            all.push_back({name_of(n), {}});
        return all;
    }
    std::istringstream lines{demo::read_text(chosen.credentials)};
    for (std::string line; std::getline(lines, line);) {
        const auto colon = line.find(':');
        if (colon == 0 || colon == line.npos)
            throw std::invalid_argument{chosen.credentials + ": line " + std::to_string(all.size() + 1) +
                                        " is not ID:PASSWORD"};
        all.push_back({line.substr(0, colon), line.substr(colon + 1)});
    }
    return all;
}

class simulator {
public:
    simulator(asio::io_context& ioc, const options& chosen)
        : chosen_{chosen}, failures_{ioc}, report_{ioc}, signals_{ioc, SIGINT, SIGTERM}
    {
        for (const auto& one : accounts(chosen))
            devices_.push_back(std::make_unique<demo::simulated_device>(ioc.get_executor(), chosen.device, one.id,
                                                                        one.password, random_()));
        if (devices_.empty())
            throw std::invalid_argument{chosen.credentials + ": no device"};
        // Some 200 a second: a broker has a short queue of new connections.
        for (const auto& device : devices_)
            device->start(std::chrono::milliseconds{5 * devices_.size()});
        signals_.async_wait([this](boost::system::error_code ec, int) {
            if (!ec)
                stop();
        });
        if (chosen_.failure_every.count() != 0)
            fail_later();
        report_later();
    }

private:
    void fail_later()
    {
        const double mean = static_cast<double>(chosen_.failure_every.count());
        const auto wait = std::exponential_distribution{1 / mean}(random_);
        failures_.expires_after(
            std::chrono::milliseconds{static_cast<std::int64_t>(std::min(wait, mean * 4) * 1'000)});
        failures_.async_wait([this](boost::system::error_code ec) {
            if (ec || stopped_)
                return;
            devices_[random_() % devices_.size()]->fail(std::chrono::seconds{15});
            fail_later();
        });
    }
    void report_later()
    {
        report_.expires_after(std::chrono::seconds{10});
        report_.async_wait([this](boost::system::error_code ec) {
            if (ec || stopped_)
                return;
            std::uint64_t published = 0, connected = 0;
            for (const auto& device : devices_) {
                published += device->published();
                connected += device->connected();
            }
            std::cerr << connected << " of " << devices_.size() << " devices connected, " << published
                      << " published\n";
            report_later();
        });
    }
    void stop()
    {
        stopped_ = true; // for handlers that are about to run
        failures_.cancel();
        report_.cancel();
        for (const auto& device : devices_)
            device->stop();
    }

    options chosen_;
    std::minstd_rand random_{std::random_device{}()};
    std::vector<std::unique_ptr<demo::simulated_device>> devices_;
    asio::steady_timer failures_, report_;
    asio::signal_set signals_;
    bool stopped_ = false;
};

} // namespace

int main(int argc, char** argv)
try {
    const auto chosen = parse(argc, argv);
    if (chosen.only_help) {
        std::cout << help;
        return 0;
    }
    if (chosen.only_names) {
        for (std::size_t n = 0; n != chosen.devices; ++n)
            std::cout << name_of(n) << '\n';
        return 0;
    }
    demo::raise_descriptor_limit();
    asio::io_context ioc{1};
    simulator all{ioc, chosen};
    ioc.run();
} catch (const std::exception& e) {
    std::cerr << "device_simulator: " << e.what() << '\n';
    return 2;
}

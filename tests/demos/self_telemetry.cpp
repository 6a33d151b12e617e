// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "../../examples/demos/notification_server/self_telemetry.hpp"

#include "support/catch.hpp"

#include <boost/json.hpp>

#include <array>
#include <chrono>
#include <cmath>
#include <string>

using namespace std::chrono_literals;
using demo::parse_cpu;
using demo::parse_load1;
using demo::parse_memory_percent;
using demo::parse_network;

namespace {

constexpr auto net_heading =
    "Inter-|   Receive                                                |  Transmit\n"
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls\n";

std::string net_line(const std::string& name, std::uint64_t received, std::uint64_t sent)
{
    return name + ":" + std::to_string(received) + " 7 0 0 0 0 0 0 " + std::to_string(sent) + " 5 0 0 0 0 0 0\n";
}

demo::proc_files files(const std::string& cpu, const std::string& interfaces)
{
    return {"cpu  " + cpu + "\ncpu0 1 1 1 1\n", "MemTotal: 1000 kB\nMemFree: 10 kB\nMemAvailable: 750 kB\n",
            "0.25 0.20 0.10 1/88 5240\n", net_heading + interfaces, "688.27 1329.49\n"};
}

bool near(std::optional<double> value, double expected)
{
    return value && std::abs(*value - expected) < 1e-9;
}

const std::chrono::steady_clock::time_point start{100s};

} // namespace

TEST_CASE("processor time is read from a captured /proc/stat", "[self_telemetry]")
{
    const auto times = parse_cpu("cpu  2093 10 1843 132949 346 4 58 6 900 1\ncpu0 693 0 554 67416 6 0 9 1 0 0\n");
    REQUIRE(times);
    CHECK(times->busy == 2093 + 10 + 1843 + 4 + 58 + 6); // guest time is in user and nice already
    CHECK(times->idle == 132949 + 346);
    REQUIRE(parse_cpu("cpu  1 2 3 4\n")); // Linux 2.4
    CHECK(parse_cpu("cpu  1 2 3 4\n")->busy == 6);
}

TEST_CASE("a /proc/stat that is not one gives no value", "[self_telemetry]")
{
    const std::array<const char*, 6> bad{"", "cpu", "cpu 1 2 3", "cpu 1 2 x 4 5", "cpu0 1 2 3 4", "cpu 1 -2 3 4"};
    for (const auto* text : bad) {
        CAPTURE(text);
        CHECK_FALSE(parse_cpu(text));
    }
    CHECK_FALSE(parse_cpu("cpu 99999999999999999999999 2 3 4"));
}

TEST_CASE("memory use counts what is not available, not what is not free", "[self_telemetry]")
{
    const auto percent = parse_memory_percent("MemTotal:       24684092 kB\nMemFree:          100000 "
                                              "kB\nMemAvailable:   18513069 kB\nBuffers: 4228 kB\n");
    CHECK(near(percent, 25.0));
    CHECK_FALSE(parse_memory_percent(""));
    CHECK_FALSE(parse_memory_percent("MemTotal: 100 kB\nMemFree: 10 kB\n"));
    CHECK_FALSE(parse_memory_percent("MemTotal: 0 kB\nMemAvailable: 0 kB\n"));
    CHECK_FALSE(parse_memory_percent("MemTotal: 100 kB\nMemAvailable: 101 kB\n"));
}

TEST_CASE("load and uptime are decimals whatever the locale", "[self_telemetry]")
{
    CHECK(near(parse_load1("0.07 0.20 0.10 1/88 5240\n"), 0.07));
    CHECK(near(parse_load1("12 0 0 1/1 1"), 12.0));
    CHECK(near(demo::parse_uptime("688.27 1329.49\n"), 688.27));
    const std::array<const char*, 6> bad{"", "\n", "x", "1,5", "1.", "1.5.2"};
    for (const auto* text : bad) {
        CAPTURE(text);
        CHECK_FALSE(parse_load1(text));
    }
}

TEST_CASE("interfaces are read with and without a blank after the colon, loopback left out", "[self_telemetry]")
{
    const auto found = parse_network(
        std::string(net_heading) +
        "    lo:    3267      29    0    0    0     0          0         0     3267      29    0    0    0     0\n"
        "  eth0: 175961933    3489    0    0    0     0          0         0   129959    1757    0    0    0     "
        "0\n"
        "eth0:1:42 1 0 0 0 0 0 0 43 1 0 0 0 0 0 0\n");
    REQUIRE(found);
    REQUIRE(found->size() == 2);
    CHECK(found->at("eth0").received == 175961933);
    CHECK(found->at("eth0").sent == 129959);
    CHECK(found->at("eth0:1").received == 42);
    CHECK(found->at("eth0:1").sent == 43);

    REQUIRE(parse_network(net_heading)); // no interface is an answer, too
    CHECK(parse_network(net_heading)->empty());
    CHECK_FALSE(parse_network(""));
    CHECK_FALSE(parse_network(std::string(net_heading) + "eth0: 1 2 3\n"));
}

TEST_CASE("a sample has rates from the second reading on", "[self_telemetry]")
{
    demo::sampler sampler("box");
    const auto first = sampler.update(files("100 0 0 900 0", net_line("eth0", 1000, 500)), start);
    CHECK(first.device_id == "box");
    CHECK(first.missing.empty());
    CHECK_FALSE(first.cpu_percent);
    CHECK_FALSE(first.net_rx_bps);
    CHECK(near(first.memory_percent, 25.0));
    CHECK(near(first.load1, 0.25));
    CHECK(near(first.uptime_seconds, 688.27));

    const auto second = sampler.update(files("125 0 0 975 0", net_line("eth0", 3000, 1500)), start + 2s);
    CHECK(near(second.cpu_percent, 25.0));
    CHECK(near(second.net_rx_bps, 8000.0));
    CHECK(near(second.net_tx_bps, 4000.0));
}

TEST_CASE("rates are never negative when counters reset, wrap or run backwards", "[self_telemetry]")
{
    demo::sampler sampler("box");
    sampler.update(files("100 0 0 900 50", net_line("eth0", 4294967000, 4000) + net_line("ppp0", 9, 9)), start);

    const auto reset = sampler.update(files("110 0 0 900 40", net_line("eth0", 100, 4100)), start + 1s);
    CHECK(near(reset.cpu_percent, 100.0)); // iowait fell, nothing idled
    CHECK(near(reset.net_rx_bps, 800.0));  // what came since the reset
    CHECK(near(reset.net_tx_bps, 800.0));

    // An interface that appears brings a long history which did not pass in this second.
    const auto added = sampler.update(
        files("1 0 0 1 0", net_line("eth0", 200, 4100) + net_line("wlan0", 1u << 30, 1u << 30)), start + 2s);
    CHECK_FALSE(added.cpu_percent);
    CHECK(near(added.net_rx_bps, 800.0));
    CHECK(near(added.net_tx_bps, 0.0));
}

TEST_CASE("no time between two readings gives no rate instead of infinity", "[self_telemetry]")
{
    demo::sampler sampler("box");
    const auto same = files("100 0 0 900 0", net_line("eth0", 1000, 500));
    sampler.update(same, start);
    const auto again = sampler.update(same, start);
    CHECK_FALSE(again.cpu_percent);
    CHECK_FALSE(again.net_rx_bps);
    CHECK(again.missing.empty());
}

TEST_CASE("what cannot be read is named, and the rest still counts", "[self_telemetry]")
{
    demo::sampler sampler("box");
    auto partly = files("100 0 0 900 0", net_line("eth0", 1000, 500));
    sampler.update(partly, start);
    partly.stat.clear();
    partly.net_dev = "garbage";
    const auto sample = sampler.update(partly, start + 1s);
    CHECK(sample.missing == std::vector<std::string>{"stat", "net/dev"});
    CHECK_FALSE(sample.cpu_percent);
    CHECK_FALSE(sample.net_tx_bps);
    CHECK(sample.memory_percent);

    // The gap is not bridged: a rate over an unknown time would be a guess.
    const auto back = sampler.update(files("200 0 0 900 0", net_line("eth0", 2000, 900)), start + 2s);
    CHECK(back.missing.empty());
    CHECK_FALSE(back.cpu_percent);
    CHECK_FALSE(back.net_rx_bps);

    demo::self_telemetry nowhere("box", "/nonexistent");
    CHECK(nowhere.tick().telemetry.missing.size() == 5);
    CHECK(nowhere.tick().alerts.empty());
}

TEST_CASE("an alert needs three high values in a row, and is said once", "[self_telemetry]")
{
    demo::threshold_rule rule({"cpu_percent", "CPU use"});
    CHECK_FALSE(rule.update("box", 95));
    CHECK_FALSE(rule.update("box", 95));
    CHECK_FALSE(rule.update("box", 89.9));
    CHECK_FALSE(rule.update("box", 95));
    CHECK_FALSE(rule.update("box", std::nullopt)); // unknown is not high
    CHECK_FALSE(rule.update("box", 95));
    CHECK_FALSE(rule.update("box", 90));
    const auto said = rule.update("box", 97.4);
    REQUIRE(said);
    CHECK(said->device_id == "box");
    CHECK(said->severity == "critical");
    CHECK(said->metric == "cpu_percent");
    CHECK(said->message == "CPU use is high: 97 %");
    CHECK(near(said->value, 97.4));
    CHECK(near(said->threshold, 90));
    for (int again = 0; again < 10; ++again)
        CHECK_FALSE(rule.update("box", 99));
}

TEST_CASE("the all-clear waits until the value is well below the threshold", "[self_telemetry]")
{
    demo::threshold_rule rule({"memory_percent", "Memory use", 90, 80, 2, "warning"});
    CHECK_FALSE(rule.update("box", 91));
    REQUIRE(rule.update("box", 91));
    CHECK(rule.raised());
    for (int flutter = 0; flutter < 6; ++flutter) // around the upper threshold: one alert, not six
        CHECK_FALSE(rule.update("box", flutter % 2 == 0 ? 85 : 95));
    CHECK_FALSE(rule.update("box", 79));
    const auto said = rule.update("box", 70);
    REQUIRE(said);
    CHECK_FALSE(rule.raised());
    CHECK(said->severity == "info");
    CHECK(said->message == "Memory use is back to normal: 70 %");
    CHECK(near(said->threshold, 80));
}

TEST_CASE("samples and alerts become the JSON that dashboards read", "[self_telemetry]")
{
    demo::sample sample;
    sample.device_id = "box";
    sample.cpu_percent = 12.5;
    sample.missing = {"net/dev"};
    const auto json = boost::json::value_from(sample);
    CHECK(json.at("device_id").as_string() == "box");
    CHECK(json.at("cpu_percent").as_double() == 12.5);
    CHECK(json.at("net_rx_bps").is_null());
    CHECK(json.at("missing").as_array().size() == 1);

    const auto alert = boost::json::value_from(demo::alert{"box", "critical", "m", "cpu_percent", 91.5, 90});
    CHECK(alert.at("severity").as_string() == "critical");
    CHECK(alert.at("threshold").as_double() == 90);
}

#if defined(__linux__)
TEST_CASE("this machine can be read", "[self_telemetry]")
{
    demo::self_telemetry self("box");
    const auto sample = self.tick().telemetry;
    CHECK(sample.missing.empty());
    REQUIRE(sample.memory_percent);
    CHECK(*sample.memory_percent > 0);
    CHECK(*sample.memory_percent <= 100);
    REQUIRE(sample.net_rx_bps);
    CHECK(*sample.net_rx_bps >= 0);
    CHECK(*sample.uptime_seconds > 0);
}
#endif

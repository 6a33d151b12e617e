// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_EXAMPLES_SAMPLER_HPP
#define FANFARE_EXAMPLES_SAMPLER_HPP

// Readings of a machine become samples: rates are what two readings differ in.

#include "proc_files.hpp"

#include <boost/describe/class.hpp>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace demo {

/// One line of telemetry. A metric without a value is unknown: rates need two readings, and what could not be
/// read is named in `missing`.
struct sample {
    std::string device_id;
    std::optional<double> cpu_percent;    ///< Busy share of all processors since the previous reading, 0 to 100.
    std::optional<double> memory_percent; ///< Share of memory that is not available, 0 to 100.
    std::optional<double> load1;          ///< Load average over one minute.
    std::optional<double> net_rx_bps;     ///< Bits received a second, all interfaces but loopback.
    std::optional<double> net_tx_bps;     ///< Bits sent a second, all interfaces but loopback.
    std::optional<double> uptime_seconds; ///< Seconds since boot.
    std::vector<std::string> missing;     ///< Files below /proc that could not be read or understood.
};
BOOST_DESCRIBE_STRUCT(sample, (),
                      (device_id, cpu_percent, memory_percent, load1, net_rx_bps, net_tx_bps, uptime_seconds,
                       missing))

/// Growth of a counter. One that fell was reset (or wrapped), so what it shows now came since: never negative.
constexpr std::uint64_t growth(std::uint64_t before, std::uint64_t after) noexcept
{
    return after >= before ? after - before : after;
}

/// Busy share between two readings in percent; none when no tick passed. iowait may run backwards by a few ticks
/// (proc(5)); such a step counts as no time, not as a reset.
inline std::optional<double> cpu_percent(const cpu_times& before, const cpu_times& after)
{
    const auto busy = after.busy >= before.busy ? after.busy - before.busy : 0;
    const auto idle = after.idle >= before.idle ? after.idle - before.idle : 0;
    if (busy + idle == 0)
        return std::nullopt;
    return 100.0 * static_cast<double>(busy) / static_cast<double>(busy + idle);
}

/// Bytes that passed between two readings. An interface that is new has no earlier reading and counts from now on.
inline interface_bytes network_growth(const network_bytes& before, const network_bytes& after)
{
    interface_bytes sum;
    for (const auto& [name, now] : after) {
        const auto earlier = before.find(name);
        if (earlier == before.end())
            continue;
        sum.received += growth(earlier->second.received, now.received);
        sum.sent += growth(earlier->second.sent, now.sent);
    }
    return sum;
}

/// Turns readings into samples; remembers the previous reading. Not thread-safe.
class sampler {
public:
    explicit sampler(std::string device_id) : device_id_(std::move(device_id)) {}

    /// The sample for `files` as they were at `now`.
    sample update(const proc_files& files, std::chrono::steady_clock::time_point now)
    {
        sample out;
        out.device_id = device_id_;
        const std::chrono::duration<double> elapsed = now - read_at_;
        auto cpu = known(parse_cpu(files.stat), "stat", out);
        if (cpu && cpu_)
            out.cpu_percent = rounded(cpu_percent(*cpu_, *cpu), 10);
        out.memory_percent = rounded(known(parse_memory_percent(files.meminfo), "meminfo", out), 10);
        out.load1 = known(parse_load1(files.loadavg), "loadavg", out);
        auto network = known(parse_network(files.net_dev), "net/dev", out);
        if (network && network_ && elapsed.count() > 0) {
            const auto bytes = network_growth(*network_, *network);
            out.net_rx_bps = rounded(8.0 * static_cast<double>(bytes.received) / elapsed.count(), 1);
            out.net_tx_bps = rounded(8.0 * static_cast<double>(bytes.sent) / elapsed.count(), 1);
        }
        out.uptime_seconds = known(parse_uptime(files.uptime), "uptime", out);
        cpu_ = cpu;
        network_ = std::move(network);
        read_at_ = now;
        return out;
    }

private:
    template <class T>
    static std::optional<T> known(std::optional<T> value, std::string_view file, sample& out)
    {
        if (!value)
            out.missing.emplace_back(file);
        return value;
    }

    // Short numbers make short messages: a tenth of a percent is more than a dashboard shows.
    static std::optional<double> rounded(std::optional<double> value, double steps)
    {
        return value ? std::optional(std::round(*value * steps) / steps) : std::nullopt;
    }

    std::string device_id_;
    std::optional<cpu_times> cpu_;
    std::optional<network_bytes> network_;
    std::chrono::steady_clock::time_point read_at_{};
};

} // namespace demo

#endif

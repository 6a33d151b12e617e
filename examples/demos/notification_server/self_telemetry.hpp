// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_EXAMPLES_SELF_TELEMETRY_HPP
#define FANFARE_EXAMPLES_SELF_TELEMETRY_HPP

// This machine as a device: what Linux tells about itself in /proc, as telemetry and alerts.
// The parsers take text and the rules take numbers, so that tests need no machine.

#include <boost/describe/class.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <map>
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

/// A metric crossed its threshold ("warning", "critical"), or came back ("info").
struct alert {
    std::string device_id;
    std::string severity;
    std::string message;
    std::string metric;
    double value = 0;
    double threshold = 0;
};
BOOST_DESCRIBE_STRUCT(alert, (), (device_id, severity, message, metric, value, threshold))

/// Processor time since boot, in clock ticks.
struct cpu_times {
    std::uint64_t busy = 0;
    std::uint64_t idle = 0;
};

/// Bytes since the interface came up.
struct interface_bytes {
    std::uint64_t received = 0;
    std::uint64_t sent = 0;
};

/// By name, because interfaces come and go: a sum would jump with them.
using network_bytes = std::map<std::string, interface_bytes, std::less<>>;

/// The text of the five files, empty where a file could not be read.
struct proc_files {
    std::string stat, meminfo, loadavg, net_dev, uptime;
};

namespace text {

/// Takes the next word off the front of `rest`; empty at the end.
inline std::string_view next_word(std::string_view& rest)
{
    constexpr std::string_view blanks = " \t\r\n";
    rest.remove_prefix(std::min(rest.find_first_not_of(blanks), rest.size()));
    const auto word = rest.substr(0, std::min(rest.find_first_of(blanks), rest.size()));
    rest.remove_prefix(word.size());
    return word;
}

/// Takes the next line off the front of `rest`, without its end.
inline std::string_view next_line(std::string_view& rest)
{
    const auto line = rest.substr(0, std::min(rest.find('\n'), rest.size()));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    return line;
}

/// A whole word of decimal digits that fits 64 bits.
inline std::optional<std::uint64_t> unsigned_number(std::string_view word)
{
    std::uint64_t value = 0;
    const auto end = word.data() + word.size();
    const auto result = std::from_chars(word.data(), end, value);
    if (result.ec != std::errc{} || result.ptr != end)
        return std::nullopt;
    return value;
}

/// `digits[.digits]`, as the kernel writes it. By hand, since not every library has from_chars for double.
inline std::optional<double> decimal(std::string_view word)
{
    const auto dot = std::min(word.find('.'), word.size());
    const auto whole = unsigned_number(word.substr(0, dot));
    if (!whole || dot == word.size())
        return whole ? std::optional<double>(static_cast<double>(*whole)) : std::nullopt;
    const auto digits = word.substr(dot + 1);
    const auto fraction = unsigned_number(digits);
    if (!fraction)
        return std::nullopt;
    const auto scale = std::pow(10.0, static_cast<double>(digits.size()));
    return static_cast<double>(*whole) + static_cast<double>(*fraction) / scale;
}

} // namespace text

/// The first line of /proc/stat: user nice system idle iowait irq softirq steal. What follows (guest time)
/// is contained in user and nice already. Old kernels write only the first four.
inline std::optional<cpu_times> parse_cpu(std::string_view stat)
{
    auto line = text::next_line(stat);
    if (text::next_word(line) != "cpu")
        return std::nullopt;
    cpu_times times;
    std::size_t field = 0;
    for (; field < 8; ++field) {
        const auto word = text::next_word(line);
        if (word.empty())
            break;
        const auto ticks = text::unsigned_number(word);
        if (!ticks)
            return std::nullopt;
        (field == 3 || field == 4 ? times.idle : times.busy) += *ticks;
    }
    return field >= 4 ? std::optional(times) : std::nullopt;
}

/// /proc/meminfo, as a share of MemTotal that is not MemAvailable. Kernels before 3.14 lack the latter and get no
/// answer: MemFree would call every busy page cache an alarm.
inline std::optional<double> parse_memory_percent(std::string_view meminfo)
{
    std::optional<std::uint64_t> total, available;
    while (!meminfo.empty() && !(total && available)) {
        auto line = text::next_line(meminfo);
        const auto key = text::next_word(line);
        if (key == "MemTotal:")
            total = text::unsigned_number(text::next_word(line));
        else if (key == "MemAvailable:")
            available = text::unsigned_number(text::next_word(line));
    }
    if (!total || !available || *total == 0 || *available > *total)
        return std::nullopt;
    return 100.0 * static_cast<double>(*total - *available) / static_cast<double>(*total);
}

/// The first word of /proc/loadavg.
inline std::optional<double> parse_load1(std::string_view loadavg)
{
    return text::decimal(text::next_word(loadavg));
}

/// The first word of /proc/uptime.
inline std::optional<double> parse_uptime(std::string_view uptime)
{
    return text::decimal(text::next_word(uptime));
}

/// /proc/net/dev without loopback. The counter may touch the colon (`eth0:175961933`), so the name ends at the last
/// colon before it, not at a blank. Two heading lines carry no colon.
inline std::optional<network_bytes> parse_network(std::string_view net_dev)
{
    if (net_dev.find("Receive") == std::string_view::npos)
        return std::nullopt;
    network_bytes interfaces;
    while (!net_dev.empty()) {
        auto line = text::next_line(net_dev);
        const auto colon = line.rfind(':');
        if (colon == std::string_view::npos)
            continue;
        auto front = line.substr(0, colon);
        const auto name = text::next_word(front);
        line.remove_prefix(colon + 1);
        const auto received = text::unsigned_number(text::next_word(line));
        for (int skipped = 0; skipped < 7; ++skipped)
            text::next_word(line);
        const auto sent = text::unsigned_number(text::next_word(line));
        if (name.empty() || !received || !sent)
            return std::nullopt;
        if (name != "lo")
            interfaces[std::string(name)] = {*received, *sent};
    }
    return interfaces;
}

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

/// When a metric deserves an alert.
struct threshold {
    std::string metric;   ///< Its name in the telemetry.
    std::string label;    ///< Its name in the message.
    double raise_at = 90; ///< At or above this for `samples` in a row: alert.
    double clear_at = 80; ///< Below this for `samples` in a row: all clear. The band between keeps the state.
    int samples = 3;
    std::string severity = "critical";
};

/// One threshold with hysteresis: says each change once. Not thread-safe.
class threshold_rule {
public:
    explicit threshold_rule(threshold limits) : limits_(std::move(limits)) {}

    /// The alert that `value` causes, if any. An unknown value starts the count anew and changes no state:
    /// not knowing is neither trouble nor recovery.
    std::optional<alert> update(std::string_view device_id, std::optional<double> value)
    {
        const bool towards_change = value && (raised_ ? *value < limits_.clear_at : *value >= limits_.raise_at);
        in_a_row_ = towards_change ? in_a_row_ + 1 : 0;
        if (in_a_row_ == 0 || in_a_row_ < limits_.samples)
            return std::nullopt;
        in_a_row_ = 0;
        raised_ = !raised_;
        alert out{std::string(device_id),
                  raised_ ? limits_.severity : "info",
                  {},
                  limits_.metric,
                  *value,
                  raised_ ? limits_.raise_at : limits_.clear_at};
        out.message = limits_.label + (raised_ ? " is high: " : " is back to normal: ") + percent(*value);
        return out;
    }

    /// Whether the last thing said was an alert. Does not throw.
    bool raised() const noexcept { return raised_; }

private:
    static std::string percent(double value) { return std::to_string(std::lround(value)) + " %"; }

    threshold limits_;
    int in_a_row_ = 0;
    bool raised_ = false;
};

/// The text of a file, empty if it cannot be read. At most 1 MiB: what is wanted stands near the top.
inline std::string read_text(const std::string& path)
{
    constexpr std::size_t limit = 1024 * 1024;
    std::ifstream in(path, std::ios::binary);
    std::string out;
    char part[4096];
    while (out.size() < limit && (in.read(part, sizeof part), in.gcount() > 0))
        out.append(part, static_cast<std::size_t>(in.gcount()));
    return out;
}

/// Reads this machine once a tick. Not an Asio object: the caller has the timer. Not thread-safe.
class self_telemetry {
public:
    /// What one tick found.
    struct report {
        sample telemetry;
        std::vector<alert> alerts;
    };

    /// `device_id` names this machine in every message; `proc` is where the files are. Takes a first reading, so
    /// that rates are known from the first tick on.
    explicit self_telemetry(std::string device_id, std::string proc = "/proc")
        : proc_(std::move(proc)), sampler_(std::move(device_id)), cpu_rule_({"cpu_percent", "CPU use"}),
          memory_rule_({"memory_percent", "Memory use"})
    {
        sampler_.update(read_files(), std::chrono::steady_clock::now());
    }

    /// Reads the files and judges them. Takes some tens of microseconds; never throws for what a file holds.
    report tick()
    {
        report out{sampler_.update(read_files(), std::chrono::steady_clock::now()), {}};
        const auto& now = out.telemetry;
        if (auto said = cpu_rule_.update(now.device_id, now.cpu_percent))
            out.alerts.push_back(std::move(*said));
        if (auto said = memory_rule_.update(now.device_id, now.memory_percent))
            out.alerts.push_back(std::move(*said));
        return out;
    }

private:
    proc_files read_files() const
    {
        return {read_text(proc_ + "/stat"), read_text(proc_ + "/meminfo"), read_text(proc_ + "/loadavg"),
                read_text(proc_ + "/net/dev"), read_text(proc_ + "/uptime")};
    }

    std::string proc_;
    sampler sampler_;
    threshold_rule cpu_rule_;
    threshold_rule memory_rule_;
};

} // namespace demo

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_EXAMPLES_PROC_FILES_HPP
#define FANFARE_EXAMPLES_PROC_FILES_HPP

// What Linux tells about itself in /proc, taken apart. The parsers take text, so that tests need no machine.

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace demo {

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

} // namespace demo

#endif

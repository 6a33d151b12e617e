// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_EXAMPLES_SELF_TELEMETRY_HPP
#define FANFARE_EXAMPLES_SELF_TELEMETRY_HPP

// This machine as a device: its telemetry and its alerts.

#include "proc_files.hpp"
#include "sampler.hpp"
#include "threshold_rule.hpp"

#include <chrono>
#include <cstddef>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace demo {

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

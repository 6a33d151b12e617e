// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Runs hubs on a virtual clock, with a bus, a store, sockets and clients that behave as a seed says, and checks one law:
// no receiver ever has a hole, a duplicate or a wrong order that it was not told about.
//
//   simulation_tests [--first SEED] [--count N]     many schedules, up to the first that breaks the law
//   simulation_tests [--first SEED] [--count N] --all   the same, and names every one that does
//   simulation_tests --seed SEED [--trace]          one of them, with everything that happened

#include "world.hpp"

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace fanfare::simulation;

struct totals {
    std::uint64_t published = 0;
    std::uint64_t received = 0;
    std::uint64_t recovered = 0;
    std::uint64_t not_recovered = 0;
    std::uint64_t gaps = 0;
    std::uint64_t closed = 0;
    std::uint64_t reads = 0;
    std::uint64_t steps = 0;
};

// What broke the law, or nothing.
std::string run(std::uint64_t seed, bool tracing, totals& sum, std::vector<std::string>& trace)
{
    world w{seed, tracing};
    std::string breach;
    try {
        w.run();
        breach = w.clock().breach();
    } catch (const std::exception& e) {
        breach = std::string{"an exception: "} + e.what();
    }
    trace = w.clock().trace();
    sum.published += w.published();
    sum.reads += w.reads();
    sum.steps += w.clock().steps();
    for (std::size_t i = 0; i != w.clients(); ++i) {
        const auto& c = w.client_at(i);
        sum.received += c.messages;
        sum.recovered += c.recovered;
        sum.not_recovered += c.not_recovered;
        sum.gaps += c.gaps;
        sum.closed += c.closed_by_server;
    }
    return breach;
}

int report(std::uint64_t seed, const std::string& breach, const char* program, std::size_t lines)
{
    totals ignored;
    std::vector<std::string> trace;
    const auto again = run(seed, true, ignored, trace);
    if (!trace.empty())
        std::cout << trace.front() << '\n';
    for (std::size_t i = trace.size() > lines ? trace.size() - lines : 1; i < trace.size(); ++i)
        std::cout << trace[i] << '\n';
    std::cout << "seed " << seed << ": " << (breach.empty() ? "the law holds" : breach) << '\n';
    if (again != breach)
        std::cout << "NOT REPRODUCED: the second run said: " << again << '\n';
    if (!breach.empty())
        std::cout << "again: " << program << " --seed " << seed << " --trace\n";
    return breach.empty() ? 0 : 1;
}

int usage()
{
    std::cerr << "usage: simulation_tests [--first SEED] [--count N] [--all] | --seed SEED [--trace]\n";
    return 2;
}

} // namespace

int main(int argc, char** argv)
{
    std::uint64_t first = 1;
    std::uint64_t count = 1000;
    bool one = false;
    bool tracing = false;
    bool all = false;
    for (int i = 1; i != argc; ++i) {
        const std::string_view name = argv[i];
        if (name == "--trace" || name == "--all") {
            (name == "--trace" ? tracing : all) = true;
            continue;
        }
        if ((name != "--first" && name != "--count" && name != "--seed") || ++i == argc)
            return usage();
        (name == "--count" ? count : first) = std::strtoull(argv[i], nullptr, 10);
        one = one || name == "--seed";
    }
    totals sum;
    std::vector<std::string> trace;
    if (one) {
        const auto breach = run(first, false, sum, trace);
        return report(first, breach, argv[0], tracing ? static_cast<std::size_t>(-1) : 60);
    }
    std::uint64_t broken = 0;
    for (std::uint64_t seed = first; seed != first + count; ++seed)
        if (const auto breach = run(seed, false, sum, trace); !breach.empty()) {
            if (!all)
                return report(seed, breach, argv[0], 60);
            std::cout << "seed " << seed << ": " << breach << '\n';
            ++broken;
        }
    std::cout << count << " schedules, " << sum.steps << " steps: " << sum.published << " messages published, "
              << sum.received << " received; " << sum.recovered << " recoveries, " << sum.not_recovered
              << " refused; " << sum.gaps << " gaps told, " << sum.closed << " connections closed by a hub; "
              << sum.reads << " reads of the store\n";
    return broken == 0 ? 0 : 1;
}

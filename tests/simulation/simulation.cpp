// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Runs hubs on a virtual clock, with a bus, a store, sockets and clients that behave as a seed says, and checks one law:
// no receiver ever has a hole, a duplicate or a wrong order that it was not told about.
//
//   simulation_tests [--first SEED] [--count N]     many schedules, up to the first that breaks the law
//   simulation_tests [--first SEED] [--count N] --all   the same, and names every one that does
//   simulation_tests --seeds FILE                   those that the file names, one a line; `#` begins a comment
//   simulation_tests --seed SEED [--trace]          one of them, with everything that happened

#include "world.hpp"

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <optional>
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
    std::cerr
        << "usage: simulation_tests [--first SEED] [--count N] [--all] | --seeds FILE | --seed SEED [--trace]\n";
    return 2;
}

struct arguments {
    std::uint64_t first = 1;
    std::uint64_t count = 1000;
    bool one = false;
    bool tracing = false;
    bool all = false;
    std::string file;
};

std::optional<arguments> read_arguments(int argc, char** argv)
{
    arguments out;
    for (int i = 1; i != argc; ++i) {
        const std::string_view name = argv[i];
        if (name == "--trace" || name == "--all") {
            (name == "--trace" ? out.tracing : out.all) = true;
            continue;
        }
        const bool text = name == "--seeds";
        if ((name != "--first" && name != "--count" && name != "--seed" && !text) || ++i == argc)
            return std::nullopt;
        if (text) {
            out.file = argv[i];
            continue;
        }
        char* end = nullptr;
        (name == "--count" ? out.count : out.first) = std::strtoull(argv[i], &end, 10);
        if (end == argv[i] || *end != '\0')
            return std::nullopt;
        out.one = out.one || name == "--seed";
    }
    return out;
}

// The seeds that a file names; none if it cannot be read or says something else.
std::vector<std::uint64_t> seeds_in(const std::string& file)
{
    std::vector<std::uint64_t> seeds;
    std::ifstream in{file};
    for (std::string line; std::getline(in, line);) {
        const auto text = line.substr(0, line.find('#'));
        if (text.find_first_not_of(' ') == text.npos)
            continue;
        char* end = nullptr;
        seeds.push_back(std::strtoull(text.c_str(), &end, 10));
        if (end == text.c_str() ||
            text.find_first_not_of(' ', static_cast<std::size_t>(end - text.c_str())) != text.npos)
            return {};
    }
    return seeds;
}

void print(std::uint64_t count, const totals& sum)
{
    std::cout << count << " schedules, " << sum.steps << " steps: " << sum.published << " messages published, "
              << sum.received << " received; " << sum.recovered << " recoveries, " << sum.not_recovered
              << " refused; " << sum.gaps << " gaps told, " << sum.closed << " connections closed by a hub; "
              << sum.reads << " reads of the store\n";
}

} // namespace

int main(int argc, char** argv)
{
    const auto asked = read_arguments(argc, argv);
    if (!asked)
        return usage();
    totals sum;
    std::vector<std::string> trace;
    if (asked->one) {
        const auto breach = run(asked->first, false, sum, trace);
        return report(asked->first, breach, argv[0], asked->tracing ? static_cast<std::size_t>(-1) : 60);
    }
    const auto seeds = asked->file.empty() ? std::vector<std::uint64_t>{} : seeds_in(asked->file);
    if (seeds.empty() && !asked->file.empty()) {
        std::cerr << asked->file << " names no seeds\n";
        return 2;
    }
    const auto count = seeds.empty() ? asked->count : seeds.size();
    std::uint64_t broken = 0;
    for (std::uint64_t i = 0; i != count; ++i) {
        const auto seed = seeds.empty() ? asked->first + i : seeds[i];
        const auto breach = run(seed, false, sum, trace);
        if (breach.empty())
            continue;
        if (!asked->all)
            return report(seed, breach, argv[0], 60);
        std::cout << "seed " << seed << ": " << breach << std::endl; // at once: it may be one of a million
        ++broken;
    }
    print(count, sum);
    return broken == 0 ? 0 : 1;
}

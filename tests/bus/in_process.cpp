// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "bus/conformance.hpp"

#include <fanfare/bus/in_process.hpp>

#include <cstddef>
#include <memory>
#include <vector>

namespace {

// The nodes of one process: handles of one bus.
struct handles {
    explicit handles(std::size_t n) : all(n, fanfare::in_process_bus{}) {}
    fanfare::in_process_bus& bus(std::size_t i) { return all[i]; }
    std::vector<fanfare::in_process_bus> all;
};

} // namespace

TEST_CASE("the in-process bus keeps the promises of a bus", "[bus]")
{
    fanfare::test::bus_conformance([](std::size_t n) { return std::make_unique<handles>(n); });
}

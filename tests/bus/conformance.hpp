// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_BUS_CONFORMANCE_HPP
#define FANFARE_TESTS_BUS_CONFORMANCE_HPP

// What every bus must do, as sections of a Catch2 test, and what the tests of buses listen with.
#include "support/conformance.hpp"

#include <fanfare/testing/bus_conformance.hpp>
#include <fanfare/testing/recording_sink.hpp>

#include <chrono>
#include <utility>

namespace fanfare::test {

using testing::attached_sink;
using testing::recording_sink;

template <class F>
bool bus_eventually(F holds)
{
    return testing::eventually(std::chrono::seconds{30}, std::move(holds));
}

template <class MakeNodes>
void bus_conformance(MakeNodes make_nodes)
{
    run_as_sections(testing::bus_checks(std::move(make_nodes)));
}

} // namespace fanfare::test

#endif

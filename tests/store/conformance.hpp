// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_STORE_CONFORMANCE_HPP
#define FANFARE_TESTS_STORE_CONFORMANCE_HPP

// What every store must do, as sections of a Catch2 test, and what the tests of stores ask with.
#include "support/conformance.hpp"

#include <fanfare/testing/blocking_store.hpp>
#include <fanfare/testing/store_conformance.hpp>

#include <chrono>
#include <utility>

namespace fanfare::test {

namespace store_promises = fanfare::detail::store_promises;
using testing::blocking_store;
using testing::stored_answer;

template <class F>
bool store_eventually(F holds)
{
    return testing::eventually(std::chrono::seconds{30}, std::move(holds));
}

template <class Make>
void store_conformance(Make make)
{
    run_as_sections(testing::store_checks(std::move(make)));
}

} // namespace fanfare::test

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_PRESENCE_CONFORMANCE_HPP
#define FANFARE_TESTS_PRESENCE_CONFORMANCE_HPP

// What every presence store must do, as a Catch2 test, and what the tests of presence stores ask with.
#include "support/conformance.hpp"

#include <fanfare/presence.hpp>
#include <fanfare/testing/blocking_presence.hpp>
#include <fanfare/testing/presence_conformance.hpp>

#include <memory>

namespace fanfare::test {

using detail::presence_promises::users;
using detail::presence_promises::users_in;
using testing::blocking_presence;

template <class Store>
struct presence_handles {
    Store& here() { return one; }
    Store& there() { return other; }
    Store one, other;
};

// Two handles of one store, as two hubs have them.
template <class Store>
void check_presence_store(const Store& here, const Store& there)
{
    run_all_checks(testing::presence_checks([&] {
        return std::make_unique<presence_handles<Store>>(presence_handles<Store>{here, there});
    }));
}

} // namespace fanfare::test

#endif

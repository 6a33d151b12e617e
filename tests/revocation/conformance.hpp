// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_REVOCATION_CONFORMANCE_HPP
#define FANFARE_TESTS_REVOCATION_CONFORMANCE_HPP

// Handles of one store, for what every revocation store must do.
#include "support/conformance.hpp"

#include <fanfare/testing/revocation_conformance.hpp>

#include <memory>

namespace fanfare::test {

// Two handles of one store, as two hubs have them.
template <class Store>
struct revocation_handles {
    Store& here() { return one; }
    Store& there() { return other; }
    Store one, other;
};

template <class Store>
auto handles_of(const Store& here, const Store& there)
{
    return std::make_unique<revocation_handles<Store>>(revocation_handles<Store>{here, there});
}

} // namespace fanfare::test

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_SUPPORT_EVENTUALLY_HPP
#define FANFARE_TESTS_SUPPORT_EVENTUALLY_HPP

#include <fanfare/testing/check.hpp>

#include <chrono>
#include <utility>

namespace fanfare::test {

// Longer than anything takes, sanitizers and a busy machine included: only a failure waits so long.
inline constexpr std::chrono::seconds patience{20};

// Looks again and again until `holds`, for as long as there is patience.
template <class F>
bool eventually(F holds)
{
    return testing::eventually(patience, std::move(holds));
}

} // namespace fanfare::test

#endif

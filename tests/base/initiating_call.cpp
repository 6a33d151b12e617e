// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "support/catch.hpp"

#include <fanfare/detail/base/initiating_call.hpp>

#include <thread>

using fanfare::detail::initiating_call;

namespace {

bool is_inside_elsewhere(const initiating_call& call)
{
    bool inside = true;
    std::thread{[&] { inside = call.is_inside(); }}.join();
    return inside;
}

} // namespace

TEST_CASE("an answer that comes within the call that asked for it is known for one", "[initiating_call]")
{
    const initiating_call call;
    CHECK(call.is_inside());
    CHECK(call.is_inside()); // as often as it is asked
}

TEST_CASE("an answer that comes after the call has returned is a later one", "[initiating_call]")
{
    initiating_call call;
    call.returned();
    CHECK_FALSE(call.is_inside());
}

TEST_CASE("an answer of another thread is never within the call", "[initiating_call]")
{
    initiating_call call;
    CHECK_FALSE(is_inside_elsewhere(call));
    CHECK(call.is_inside());
    call.returned();
    CHECK_FALSE(is_inside_elsewhere(call));
}

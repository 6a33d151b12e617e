// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "bus/conformance.hpp"
#include "bus/redis_support.hpp"

#include <cstddef>
#include <memory>

using namespace fanfare::test;

TEST_CASE("the Redis bus keeps the promises of a bus", "[redis][bus]")
{
    redis_server server;
    bus_conformance([&](std::size_t n) { return std::make_unique<redis_nodes>(eager(server), n); });
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "presence/conformance.hpp"

#include <fanfare/presence/memory.hpp>

#include <atomic>
#include <thread>

using namespace fanfare;
using namespace fanfare::test;

TEST_CASE("presence in memory counts clients and users, for all hubs that share it", "[presence]")
{
    const memory_presence one;
    const auto other = one;
    check_presence_store(one, other);
    CHECK(one.rooms() == 0); // nothing is left behind
    CHECK(one.lifetime().count() == 0);
}

TEST_CASE("two memories know nothing of each other", "[presence]")
{
    blocking_presence a{memory_presence{}};
    blocking_presence b{memory_presence{}};
    a.enter("r", "1", "alice");
    CHECK(b.read("r").client_count == 0);
    CHECK(b.enter("r", "1", "alice").first_of_user);
}

TEST_CASE("of many threads that come and go as one user, exactly one is told each time that the user came or went",
          "[presence]")
{
    memory_presence store;
    std::atomic<int> came{0};
    std::atomic<int> went{0};
    std::vector<std::thread> threads;
    for (int t = 0; t != 4; ++t)
        threads.emplace_back([&, t] {
            const auto id = std::to_string(t);
            for (int i = 0; i != 2000; ++i) {
                store.async_enter("r", {id, "alice"},
                                  [&](error_code, const presence_change& c) { came += c.first_of_user ? 1 : 0; });
                store.async_leave("r", id,
                                  [&](error_code, const presence_change& c) { went += c.last_of_user ? 1 : 0; });
            }
        });
    for (auto& t : threads)
        t.join();
    CHECK(came == went);
    CHECK(came > 0);
    CHECK(store.rooms() == 0);
}

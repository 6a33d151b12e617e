// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "support/catch.hpp"

#include <fanfare/detail/shard/turns.hpp>

#include <memory>
#include <vector>

using fanfare::detail::turns;

TEST_CASE("turns: one after the other, each connection by itself", "[turns]")
{
    turns all;
    std::vector<int> began;
    const auto task = [&](int n) { return [&began, n] { began.push_back(n); }; };
    CHECK(all.enter(1, task(1), true));
    CHECK(all.enter(1, task(2), true));
    CHECK(all.enter(2, task(3), true));
    CHECK(all.enter(1, task(4), true));
    CHECK(began == std::vector{1, 3});
    all.next(1);
    CHECK(began == std::vector{1, 3, 2});
    all.next(2);
    CHECK(all.size() == 1);
    all.next(1);
    all.next(1);
    CHECK(began == std::vector{1, 3, 2, 4});
    CHECK(all.size() == 0);
    all.next(1); // nothing is under way
    CHECK(all.size() == 0);
}

TEST_CASE("turns: what ends within its call lets the next one begin", "[turns]")
{
    turns all;
    int began = 0;
    const auto work = [&] {
        ++began;
        all.next(7);
    };
    CHECK(all.enter(7, work, true));
    CHECK(all.size() == 0);
    CHECK(all.enter(7, work, false)); // not ready
    CHECK(all.enter(7, work, true));  // nor may a later one pass it
    CHECK(began == 1);
    all.next(7);
    CHECK(began == 3);
    CHECK(all.size() == 0);
}

TEST_CASE("turns: so many wait and no more, and those of a connection that ends are dropped", "[turns]")
{
    turns all;
    const auto kept = std::make_shared<int>();
    CHECK(all.enter(
        1, [] {}, true));
    for (std::size_t i = 0; i != turns::max_waiting; ++i)
        CHECK(all.enter(
            1, [kept] { FAIL("it was dropped"); }, true));
    CHECK_FALSE(all.enter(
        1, [kept] { FAIL("it was refused"); }, true));
    CHECK(kept.use_count() == 1 + static_cast<long>(turns::max_waiting));
    all.drop(1);
    CHECK(kept.use_count() == 1);
    all.next(1); // of what was under way
    CHECK(all.size() == 0);
    CHECK(all.enter(
        1, [kept] {}, false));
    {
        const auto rest = all.release();
        CHECK(all.size() == 0);
        CHECK(kept.use_count() == 2);
    }
    CHECK(kept.use_count() == 1);
}

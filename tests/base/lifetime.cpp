// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "support/catch.hpp"

#include <fanfare/detail/base/lifetime.hpp>

#include <algorithm>
#include <vector>

using fanfare::detail::lifetime;

TEST_CASE("lifetime: however many clients are told when to return, no moment is crowded and none is idle")
{
    lifetime life;
    life.set_reconnect_spread(100'000);
    for (const int batch : {1000, 7, 333, 5000}) {
        std::vector<int> told(10);
        for (int i = 0; i != batch; ++i) {
            const auto delay = life.next_reconnect_delay();
            REQUIRE(delay < 100'000);
            ++told[delay / 10'000];
        }
        const auto [least, most] = std::minmax_element(told.begin(), told.end());
        CHECK(*most - *least <= 4); // by chance alone it would be 25 and more of 1000
    }
    life.set_reconnect_spread(0);
    CHECK(life.next_reconnect_delay() == 0);
}

TEST_CASE("lifetime: its stages never go back")
{
    lifetime life;
    CHECK(life.ready());
    life.reach(lifetime::stage::closing);
    life.reach(lifetime::stage::not_ready);
    CHECK(life.closing());
    CHECK_FALSE(life.ready());
    CHECK_FALSE(life.stopping());
    life.reach(lifetime::stage::stopping);
    CHECK(life.stopping());
}

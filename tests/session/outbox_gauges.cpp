// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// What waits in outboxes is a part of the hub's gauges, whatever becomes of it.
#include "session/outbox_support.hpp"

#include <fanfare/detail/base/tracked_size.hpp>

#include <array>
#include <memory>
#include <random>
#include <string>

using namespace fanfare;
using namespace fanfare::detail;
using namespace fanfare::test::outboxes;

TEST_CASE("two outboxes are in the gauges together, until each is gone", "[outbox]")
{
    waiting_gauges all;
    auto one = std::make_unique<outbox>(10, 1000, &all);
    outbox two{10, 1000, &all};
    one->push(text("first"), overflow_policy::close);
    two.push_started(text("second"), 3);
    two.push(text("third"), overflow_policy::close);
    CHECK(all.messages.get() == 3);
    CHECK(all.bytes.get() == one->bytes() + two.bytes());
    one.reset();
    CHECK(all.messages.get() == 2);
    two.push_close(close_code::normal, "");
    CHECK(all.messages.get() == 1); // what has begun goes out
    write_all(two);
    CHECK(all.messages.get() == 0);
    CHECK(all.bytes.get() == 0);
}

TEST_CASE("the gauges follow an outbox through whatever happens to it", "[outbox]")
{
    std::minstd_rand random{7};
    const auto below = [&random](std::size_t n) { return static_cast<std::size_t>(random()) % n; };
    constexpr std::array policies{overflow_policy::close, overflow_policy::drop_oldest,
                                  overflow_policy::latest_per_key, overflow_policy::resync};
    waiting_gauges all;
    for (int round = 0; round != 200; ++round) {
        outbox box{1 + below(8), 60 + below(200), &all};
        std::uint64_t offset = 0;
        for (int step = 0; step != 60; ++step) {
            const std::string room{"ab"[below(2)]};
            const auto message = below(2) == 0 ? placed(++offset, room)
                                               : text(std::string(below(40), 'x'), room, below(2) == 0 ? "k" : "");
            box.push(message, policies[below(policies.size())]);
            if (below(3) == 0)
                box.consume(below(gathered(box).size() + 1));
            if (below(100) == 0)
                box.push_close(close_code::normal, "");
            CHECK(all.messages.get() == box.size());
            if (!box.closing()) // the close frame is no message
                CHECK(all.bytes.get() == box.bytes());
        }
    }
    CHECK(all.messages.get() == 0);
    CHECK(all.bytes.get() == 0);
}

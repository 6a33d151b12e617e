// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Reads of a room's history while its store is away.
#include "history/reader_support.hpp"
#include "support/eventually.hpp"

#include <fanfare/error.hpp>

using namespace fanfare;
using namespace fanfare::test;
using namespace fanfare::test::histories;

namespace {

// Reads that members wait for, and what they were answered.
struct patient_reading : reading {
    room_ptr chat = room("chat:1");
    std::vector<shared_slice> answers;

    void read_after(const position& from, std::chrono::milliseconds patience, std::function<bool()> wanted = {})
    {
        reader.read_after(chat, {.from = from, .wanted = std::move(wanted), .patience = patience},
                          [this, held = held](const shared_slice& s) { answers.push_back(s); });
    }
    // The store has been asked.
    asked next()
    {
        REQUIRE(eventually([this] {
            run();
            return script.waiting() != 0;
        }));
        return script.next();
    }

    std::shared_ptr<int> held = std::make_shared<int>(0);
};

constexpr auto long_enough = history_need::for_members;

} // namespace

TEST_CASE("what members wait for is read again until the store is back", "[history_reader]")
{
    patient_reading h;
    h.read_after({epoch, 3}, long_enough);
    for (int i = 0; i != 3; ++i) {
        const auto asked = h.next();
        CHECK(asked.query.from == 3);
        asked.done(error::bus_unavailable, {});
        CHECK(h.answers.empty());
    }
    h.next().done({}, page(3, 5));
    REQUIRE(h.answers.size() == 1);
    CHECK_FALSE(h.answers[0]->error);
    CHECK(h.answers[0]->frames.size() == 2);
    CHECK(h.held.use_count() == 1); // nothing of it is left
}

TEST_CASE("what a client waits for that asked is not, nor what has failed for another reason", "[history_reader]")
{
    patient_reading h;
    h.read_after({epoch, 3}, {});
    h.next().done(error::bus_unavailable, {});
    REQUIRE(h.answers.size() == 1);
    CHECK(h.answers[0]->error == error::bus_unavailable);
    h.read_after({epoch, 3}, long_enough);
    h.next().done(error::store_failed, {});
    REQUIRE(h.answers.size() == 2);
    CHECK(h.answers[1]->error == error::store_failed);
    CHECK(h.held.use_count() == 1);
}

TEST_CASE("while a read is to be tried again it holds no turn, and others of its room are read",
          "[history_reader]")
{
    patient_reading h;
    for (std::size_t i = 0; i != read_lines::max_under_way; ++i) {
        h.read_after({epoch, i}, long_enough);
        h.next().done(error::bus_unavailable, {});
    }
    h.read_after({epoch, 4}, {});
    h.run(); // at once
    REQUIRE(h.script.waiting() != 0);
    h.script.next().done({}, page(0, 5));
    CHECK(h.answers.size() == 1);
    while (h.answers.size() != 1 + read_lines::max_under_way)
        h.next().done({}, page(0, 5));
}

TEST_CASE("trying again ends: after its time, when nobody waits any more, when the hub stops", "[history_reader]")
{
    patient_reading h;
    h.read_after({epoch, 3}, std::chrono::milliseconds{1});
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds{1};
    const auto slow = h.next(); // it takes its time to say that it is away
    REQUIRE(eventually([end] { return std::chrono::steady_clock::now() >= end; }));
    slow.done(error::bus_unavailable, {});
    REQUIRE(h.answers.size() == 1);
    CHECK(h.answers[0]->error == error::bus_unavailable);

    bool here = true;
    h.read_after({epoch, 3}, long_enough, [&here] { return here; });
    h.next().done(error::bus_unavailable, {});
    here = false;
    CHECK(eventually([&] {
        h.run();
        return h.held.use_count() == 1; // dropped
    }));
    CHECK(h.script.waiting() == 0);
    CHECK(h.answers.size() == 1);

    h.read_after({epoch, 3}, long_enough);
    const auto asked = h.next();
    h.life.reach(detail::lifetime::stage::stopping);
    asked.done(error::bus_unavailable, {});
    CHECK(h.answers.size() == 2);
}

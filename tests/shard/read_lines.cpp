// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// How reads of stores wait for their turn on a shard.
#include "history/reader_support.hpp"

#include <array>

using namespace fanfare;
using namespace fanfare::test::histories;
using names = std::vector<std::string>;

namespace {

struct lines : reading {
    shard& home = shards.first();
    names begun;
    std::vector<read_turn> under_way;
    std::array<read_standing, 10> standing{}; // of each owner: ready

    void enter(std::uint64_t whose, const std::string& name, read_kind kind = read_kind::page)
    {
        home.reads.enter(kind, {whose, [this, whose] { return standing.at(whose); },
                                [this, name](read_turn turn) {
                                    begun.push_back(name);
                                    under_way.push_back(std::move(turn));
                                }});
    }
    // The first that is under way ends.
    void end()
    {
        REQUIRE_FALSE(under_way.empty());
        under_way.erase(under_way.begin());
        run();
    }
    names all()
    {
        while (!under_way.empty())
            end();
        return begun;
    }
};

} // namespace

TEST_CASE("a few reads are under way at a time, and the owners take turns", "[read_lines]")
{
    lines l;
    for (const auto* name : {"a1", "a2", "a3", "a4"})
        l.enter(1, name);
    l.enter(2, "b1");
    l.enter(3, "c1");
    l.enter(2, "b2");
    CHECK(l.begun == names{"a1", "a2"});
    CHECK(l.home.reads.waiting() == 5);
    l.end();
    CHECK(l.begun == names{"a1", "a2", "a3"}); // its turn came before the others were there
    CHECK(l.all() == names{"a1", "a2", "a3", "b1", "c1", "a4", "b2"});
    CHECK(l.home.reads.waiting() == 0);
}

TEST_CASE("reads of one kind do not wait for those of another, whose store may not answer", "[read_lines]")
{
    lines l;
    for (const auto* name : {"page 1", "page 2", "page 3"})
        l.enter(1, name);
    l.enter(1, "inbox", read_kind::inbox);
    l.enter(2, "presence", read_kind::presence);
    l.enter(0, "recovery", read_kind::recovery);
    CHECK(l.begun == names{"page 1", "page 2", "inbox", "presence", "recovery"});
    CHECK(l.home.reads.waiting() == 1);
}

TEST_CASE("a read whose owner has gone is never made, nor does it keep anything", "[read_lines]")
{
    lines l;
    const auto held = std::make_shared<int>(0);
    l.enter(1, "a1");
    l.enter(1, "a2");
    for (int i = 0; i != 3; ++i)
        l.home.reads.enter(read_kind::page, {2, {}, [&l, held](const read_turn&) { l.begun.push_back("gone"); }});
    l.enter(3, "c1");
    SECTION("it says so")
    {
        l.home.reads.drop(2);
        CHECK(held.use_count() == 1);
        CHECK(l.home.reads.waiting() == 1);
        CHECK(l.all() == names{"a1", "a2", "c1"});
    }
    SECTION("it is asked")
    {
        l.home.reads.drop(2);
        l.enter(2, "b1");
        l.enter(2, "b2");
        l.standing[2] = read_standing::gone;
        CHECK(l.all() == names{"a1", "a2", "c1"});
    }
    CHECK(l.home.reads.waiting() == 0);
}

TEST_CASE("an owner without room for the answer is passed over until it has some", "[read_lines]")
{
    lines l;
    l.standing[1] = read_standing::not_now;
    l.enter(1, "a1");
    l.enter(1, "a2");
    l.enter(2, "b1");
    CHECK(l.begun == names{"b1"});
    CHECK(l.home.reads.waiting() == 0); // nobody waits behind them
    l.home.reads.resume(1);             // it has none yet
    CHECK(l.begun == names{"b1"});
    l.standing[1] = read_standing::ready;
    l.home.reads.resume(1);
    CHECK(l.begun == names{"b1", "a1"});
    l.home.reads.resume(7); // nobody
    CHECK(l.all() == names{"b1", "a1", "a2"});
}

TEST_CASE("reads whose owner has no room for answers count again when it has, and go with it", "[read_lines]")
{
    lines l;
    const auto waiting = [&l] { return l.home.reads.waiting(); };
    l.standing[1] = l.standing[2] = read_standing::not_now;
    for (const auto* name : {"a1", "a2", "a3"})
        l.enter(1, name);
    l.enter(2, "b1");
    l.enter(3, "c1");
    l.enter(3, "c2");
    CHECK(l.begun == names{"c1", "c2"}); // as many as may be under way
    CHECK(waiting() == 0);
    l.enter(1, "a4"); // behind its others, also where it cannot be asked now
    CHECK(waiting() == 0);
    l.enter(3, "c3");
    CHECK(waiting() == 1);
    l.home.reads.resume(1);
    CHECK(waiting() == 5);
    l.end(); // c3 begins
    CHECK(waiting() == 4);
    l.end();
    CHECK(waiting() == 0); // it was asked again
    l.home.reads.drop(2);
    l.standing[1] = read_standing::ready;
    l.home.reads.resume(1);
    CHECK(waiting() == 3); // a1 is under way
    l.home.reads.drop(1);
    CHECK(waiting() == 0);
    CHECK(l.all() == names{"c1", "c2", "c3", "a1"});
}

TEST_CASE("the end of a read lets its owner's others go on, of any kind", "[read_lines]")
{
    lines l;
    l.enter(1, "page");
    l.standing[1] = read_standing::not_now;
    l.enter(1, "inbox", read_kind::inbox);
    CHECK(l.begun == names{"page"});
    l.standing[1] = read_standing::ready;
    l.end();
    CHECK(l.begun == names{"page", "inbox"});
}

TEST_CASE("reads that end at once come one after the other, with other work between them", "[read_lines]")
{
    lines l;
    int reads = 0, others = 0, most = 0;
    for (int i = 0; i != 20; ++i)
        l.home.reads.enter(read_kind::page, {.start = [&](const read_turn&) { ++reads; }});
    CHECK(reads == 2);
    l.context.restart();
    for (int before = reads; l.context.poll_one() != 0; before = reads) {
        most = std::max(most, reads - before);
        ++others;
    }
    CHECK(reads == 20);
    CHECK(most <= 2);
    CHECK(others >= 9);
}

TEST_CASE("what waits goes with the context, though it holds the hub", "[read_lines]")
{
    const auto held = std::make_shared<int>(0);
    {
        lines l;
        l.enter(1, "a1");
        l.enter(1, "a2");
        l.home.reads.enter(read_kind::page, {.start = [held](const read_turn&) {}});
        CHECK(held.use_count() == 2);
        const auto gone = l.home.reads.release();
        CHECK(l.home.reads.waiting() == 0);
        l.all();
        CHECK(l.begun.size() == 2);
    }
    CHECK(held.use_count() == 1);
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "support/catch.hpp"

#include <fanfare/detail/session/memberships.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

using namespace fanfare;
using namespace fanfare::detail;
using names = std::vector<std::string>;

namespace {

struct house {
    room_registry rooms{1};
    room_ptr room(std::string_view name) { return rooms.obtain(name, std::make_shared<const namespace_rules>()); }
};

names names_of(const memberships& all)
{
    names out;
    for (const auto& one : all)
        out.push_back(one.room->name);
    std::sort(out.begin(), out.end());
    return out;
}

} // namespace

TEST_CASE("a connection is in the rooms that it has joined and in no other", "[memberships]")
{
    house h;
    memberships mine;
    CHECK(mine.empty());
    CHECK_FALSE(mine.contains("a"));
    mine.add(h.room("a"), false);
    mine.add(h.room("b"), true).position = 7;
    CHECK(mine.size() == 2);
    CHECK(mine.contains("a"));
    CHECK_FALSE(mine.contains("c"));
    REQUIRE(mine.find("b"));
    CHECK(mine.find("b")->position == 7);
    CHECK(mine.find("b")->own);
    CHECK_FALSE(mine.find("a")->own);
    CHECK(mine[0].room->name == "a");
}

TEST_CASE("a room that is left is gone and the others stay, wherever it stood", "[memberships]")
{
    for (const std::string_view left : {"a", "b", "c"}) {
        house h;
        memberships mine;
        for (const std::string_view name : {"a", "b", "c"})
            mine.add(h.room(name), false).position = static_cast<std::uint32_t>(name.front());
        const auto gone = mine.remove(*mine.find(left));
        CHECK(gone.room->name == left);
        CHECK(gone.position == static_cast<std::uint32_t>(left.front()));
        CHECK_FALSE(mine.contains(left));
        names others{"a", "b", "c"};
        std::erase(others, left);
        CHECK(names_of(mine) == others);
        for (const auto& one : mine)
            CHECK(one.position == static_cast<std::uint32_t>(one.room->name.front()));
    }
}

TEST_CASE("a connection keeps its rooms alive, and lets go of those that it leaves", "[memberships]")
{
    house h;
    memberships mine;
    mine.add(h.room("a"), false);
    mine.expect(h.room("b"));
    CHECK(h.rooms.size() == 2);
    mine.remove(*mine.find("a"));
    CHECK_FALSE(h.rooms.find("a"));
    mine.forget_expected();
    CHECK(h.rooms.size() == 0);
}

TEST_CASE("a member that moves in one room keeps its place in the others", "[memberships]")
{
    house h;
    memberships mine;
    const auto a = h.room("a");
    mine.add(a, false).position = 1;
    mine.add(h.room("b"), false).position = 2;
    mine.moved(*a, 9);
    mine.moved(*h.room("c"), 10); // of which it is no member
    CHECK(mine.find("a")->position == 9);
    CHECK(mine.find("b")->position == 2);
}

TEST_CASE("rooms that came with the identity are not among those that the client chose", "[memberships]")
{
    house h;
    memberships mine;
    mine.add(h.room("user:alice"), true);
    mine.add(h.room("a"), false);
    mine.add(h.room("group:x"), true);
    mine.add(h.room("b"), false);
    mine.add(h.room("c"), false);
    CHECK(mine.count_chosen() == 3);
    CHECK(mine.chosen() == names{"a", "b", "c"});
}

TEST_CASE("a room that the bus does not carry yet is expected until it is taken, once", "[memberships]")
{
    house h;
    memberships mine;
    const auto a = h.room("a");
    const auto b = h.room("b");
    CHECK(mine.expected() == 0);
    CHECK_FALSE(mine.take_expected(*a));
    mine.expect(a);
    mine.expect(b);
    CHECK(mine.expected() == 2);
    CHECK(mine.empty()); // it is no member before
    CHECK_FALSE(mine.contains("a"));
    CHECK(mine.take_expected(*a));
    CHECK_FALSE(mine.take_expected(*a));
    CHECK(mine.expected() == 1);
    CHECK(mine.take_expected(*b));
    CHECK(mine.expected() == 0);
}

TEST_CASE("several requests may expect one room, and whoever leaves it takes back all of them", "[memberships]")
{
    house h;
    memberships mine;
    const auto a = h.room("a");
    mine.expect(a);
    mine.expect(h.room("b"));
    mine.expect(a);
    SECTION("each request takes its own")
    {
        CHECK(mine.take_expected(*a));
        CHECK(mine.take_expected(*a));
        CHECK_FALSE(mine.take_expected(*a));
    }
    SECTION("the client has left it by name")
    {
        CHECK(mine.take_expected("a"));
        CHECK_FALSE(mine.take_expected("a"));
        CHECK_FALSE(mine.take_expected(*a));
    }
    CHECK(mine.expected() == 1);
    mine.forget_expected();
    CHECK(mine.expected() == 0);
    CHECK_FALSE(mine.take_expected("b"));
}

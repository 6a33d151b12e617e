// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "support/catch.hpp"

#include <fanfare/detail/session/catch_up_set.hpp>

#include <memory>
#include <string_view>

using namespace fanfare;
using namespace fanfare::detail;

namespace {

constexpr std::uint64_t epoch = 7;

shared_frame message(std::string_view room, std::uint64_t offset)
{
    return encode_stored("{}", {.room = room, .at = {epoch, offset}});
}

// The history has nothing more than what the client was sent.
shared_slice nothing_after(std::uint64_t offset)
{
    return std::make_shared<const history_slice>(
        history_slice{.top = {epoch, offset}, .from = offset, .oldest = offset + 1});
}

} // namespace

TEST_CASE("without anything to catch up with every message goes to the client", "[catch_up_set]")
{
    catch_up_set all;
    CHECK(all.empty());
    CHECK(all.size() == 0);
    CHECK(all.find("r") == nullptr);
    CHECK(all.pass_live(message("r", 1)));
}

TEST_CASE("live messages of a room wait for its history, and those of other rooms do not", "[catch_up_set]")
{
    catch_up_set all;
    all.begin("r", {epoch, 3}).begin_reading();
    CHECK_FALSE(all.empty());
    CHECK(all.size() == 1);
    CHECK_FALSE(all.pass_live(message("r", 4)));
    CHECK(all.pass_live(message("other", 4)));
    REQUIRE(all.find("r"));
    CHECK(all.find("r")->sent() == position{epoch, 3});
    REQUIRE(all.find("r")->take_slice(nothing_after(3)));
    const auto next = all.find("r")->next();
    REQUIRE(next);
    CHECK(next->at() == position{epoch, 4});
}

TEST_CASE("a room has caught up when the next live message comes in order", "[catch_up_set]")
{
    catch_up_set all;
    auto& way = all.begin("r", {epoch, 3});
    way.begin_reading();
    REQUIRE(way.take_slice(nothing_after(3)));
    REQUIRE_FALSE(way.next());
    REQUIRE(way.now() == catch_up::state::complete);
    CHECK_FALSE(all.pass_live(message("r", 3))); // sent before
    CHECK(all.size() == 1);
    CHECK(all.pass_live(message("r", 4)));
    CHECK(all.empty());
    CHECK(all.pass_live(message("r", 5)));
}

TEST_CASE("a room that is left ends its catching up, and the others go on", "[catch_up_set]")
{
    catch_up_set all;
    all.begin("a", {epoch, 1});
    all.begin("b", {epoch, 2});
    all.end("nowhere");
    CHECK(all.size() == 2);
    all.end("a");
    CHECK(all.find("a") == nullptr);
    CHECK(all.pass_live(message("a", 9)));
    REQUIRE(all.size() == 1);
    CHECK(all[0].room() == "b");
    all.end("b");
    CHECK(all.empty());
    all.end("b");
    CHECK(all.empty());
}

TEST_CASE("those that are done end together, and a connection that ends has none", "[catch_up_set]")
{
    catch_up_set all;
    all.end_if([](const catch_up&) { return true; });
    for (const std::string_view room : {"a", "b", "c"})
        all.begin(room, {epoch, 1});
    all.end_if([](const catch_up& one) { return one.room() != "b"; });
    REQUIRE(all.size() == 1);
    CHECK(all[0].room() == "b");
    all.clear();
    CHECK(all.empty());
    CHECK(all.find("b") == nullptr);
}

TEST_CASE("a second catching up of a room is not taken for the first", "[catch_up_set]")
{
    catch_up_set all;
    const auto first = all.begin("a", {epoch, 1}).number();
    const auto other = all.begin("b", {epoch, 1}).number();
    all.clear();
    const auto again = all.begin("a", {epoch, 1}).number();
    CHECK(first != 0); // which a request without one has
    CHECK(other != first);
    CHECK(again != first);
    CHECK(again != other);
}

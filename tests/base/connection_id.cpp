// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "support/catch.hpp"

#include <fanfare/detail/base/connection_id.hpp>

#include <cstdint>
#include <limits>
#include <set>
#include <string>

using namespace fanfare::detail;

TEST_CASE("the id of a connection leads back to it, on its own node only", "[connection_id]")
{
    const node_id here;
    const node_id elsewhere;
    for (const std::uint64_t number : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{0xabcdef},
                                       std::numeric_limits<std::uint64_t>::max()}) {
        const auto id = here.id_of(number);
        CHECK(id.size() == 32);
        CHECK(id.find_first_not_of("0123456789abcdef") == std::string::npos);
        CHECK(here.number_of(id) == number);
        CHECK_FALSE(elsewhere.number_of(id));
    }
    CHECK(here.id_of(1) != here.id_of(2));
    CHECK(here.id_of(1) != elsewhere.id_of(1));
}

TEST_CASE("an id begins with its node, and both halves have leading zeros", "[connection_id]")
{
    const node_id here;
    CHECK(here.text().size() == 16);
    CHECK(here.id_of(0xab) == here.text() + "00000000000000ab");
    const auto small = read_connection_id("000000000000000100000000000000ff");
    REQUIRE(small);
    CHECK(small->node == 1);
    CHECK(small->number == 255);
}

TEST_CASE("what is no id of a connection is none", "[connection_id]")
{
    const node_id here;
    const auto good = here.id_of(7);
    REQUIRE(read_connection_id(good));
    CHECK_FALSE(read_connection_id(""));
    CHECK_FALSE(read_connection_id(good.substr(1)));
    CHECK_FALSE(read_connection_id(good + "0"));
    for (const auto at : {0u, 15u, 16u, 31u})
        for (const char wrong : {'g', ' ', '-', '+', 'x', '\0'}) {
            auto bad = good;
            bad[at] = wrong;
            INFO(bad);
            CHECK_FALSE(read_connection_id(bad));
            CHECK_FALSE(here.number_of(bad));
        }
}

TEST_CASE("a connection that gets no copy of a message has one tag, wherever the tag is made of",
          "[connection_id]")
{
    const node_id here;
    const node_id elsewhere;
    for (const std::uint64_t number : {std::uint64_t{1}, std::uint64_t{0xffff'ffff'ffff}}) {
        const auto read = read_connection_id(here.id_of(number)); // as another hub reads it
        REQUIRE(read);
        CHECK(read->tag() == here.except_tag(number));
        CHECK(here.except_tag(number) != elsewhere.except_tag(number));
    }
    std::set<std::uint64_t> tags;
    for (std::uint64_t number = 1; number <= 1000; ++number)
        tags.insert(here.except_tag(number));
    CHECK(tags.size() == 1000);
}

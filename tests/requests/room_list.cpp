// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "support/catch.hpp"

#include <fanfare/detail/requests/room_list.hpp>

#include <boost/json/parse.hpp>

#include <string_view>

using namespace fanfare;
using fanfare::detail::room_list;

TEST_CASE("rooms are named as an array of strings", "[room_list]")
{
    const json::object payload{{"rooms", json::array{"device:1", "", "global"}}};
    const auto* rooms = room_list(payload);
    REQUIRE(rooms);
    CHECK(*rooms == json::array{"device:1", "", "global"});
    CHECK(rooms == payload.at("rooms").if_array()); // not a copy
}

TEST_CASE("an empty list of rooms is a list", "[room_list]")
{
    const json::object payload{{"rooms", json::array{}}};
    REQUIRE(room_list(payload));
    CHECK(room_list(payload)->empty());
}

TEST_CASE("whatever else stands for the rooms is none", "[room_list]")
{
    for (const std::string_view payload :
         {R"({})", R"({"room":["a"]})", R"({"rooms":null})", R"({"rooms":"a"})", R"({"rooms":{"a":1}})",
          R"({"rooms":[1]})", R"({"rooms":["a",null]})", R"({"rooms":["a",["b"]]})"}) {
        INFO(payload);
        CHECK(room_list(json::parse(payload).get_object()) == nullptr);
    }
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "support/catch.hpp"

#include <fanfare/detail/requests/subscribe_request.hpp>

#include <boost/json/parse.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace fanfare;
using namespace fanfare::detail;
using names = std::vector<std::string>;

namespace {

// What is wrong with a payload.
std::string wrong(std::string_view payload)
{
    subscribe_request asked;
    return asked.read(json::parse(payload).get_object());
}

// One that nothing is wrong with.
struct good : subscribe_request {
    explicit good(std::string_view payload)
    {
        INFO(payload);
        CHECK(read(json::parse(payload).get_object()) == "");
    }
    names room_names() const
    {
        names all;
        for (const auto& one : rooms)
            all.push_back(one.room);
        return all;
    }
};

constexpr std::string_view epoch = "00000000000000ab"; // 171

std::string at(std::string_view offset)
{
    return R"({"epoch":")" + std::string{epoch} + R"(","offset":)" + std::string{offset} + "}";
}

} // namespace

TEST_CASE("a subscribe names rooms, each of which is asked for once and in order", "[subscribe_request]")
{
    good asked{R"({"rooms":["b","a","b","c","a"]})"};
    CHECK(asked.room_names() == names{"b", "a", "c"});
    CHECK(asked.resume.empty());
    CHECK(asked.last_for_all == 0);
    REQUIRE(asked.find("a"));
    CHECK(asked.find("a")->refused == error{});
    CHECK_FALSE(asked.find("a")->since);
    CHECK(asked.find("a")->last == 0);
    CHECK(asked.find("d") == nullptr);
    CHECK(good{R"({"rooms":[]})"}.rooms.empty());
}

TEST_CASE("rooms that a resume token adds are found among the others, and none moves", "[subscribe_request]")
{
    good asked{R"({"rooms":["a"],"resume":"token"})"};
    CHECK(asked.resume == "token");
    auto* first = asked.find("a");
    for (int i = 0; i != 1000; ++i)
        asked.add("room " + std::to_string(i));
    CHECK(&asked.add("a") == first);
    CHECK(asked.find("a") == first);
    CHECK(asked.rooms.size() == 1001);
    REQUIRE(asked.find("room 999"));
    CHECK(asked.find("room 999")->room == "room 999");
}

TEST_CASE("a subscribe needs rooms or a token, and says which it lacks", "[subscribe_request]")
{
    const std::string no_rooms = "payload.rooms must be an array of strings";
    for (const std::string_view payload :
         {R"({})", R"({"rooms":null})", R"({"rooms":"a"})", R"({"rooms":["a",1]})", R"({"last":3})",
          R"({"resume":"token","rooms":7})", R"({"resume":"token","rooms":[1]})"}) {
        INFO(payload);
        CHECK(wrong(payload) == no_rooms);
    }
    const std::string no_token = "payload.resume must be a token";
    for (const std::string_view payload :
         {R"({"rooms":["a"],"resume":""})", R"({"rooms":["a"],"resume":null})", R"({"resume":7})"}) {
        INFO(payload);
        CHECK(wrong(payload) == no_token);
    }
    CHECK(good{R"({"resume":"token"})"}.rooms.empty());
}

TEST_CASE("since gives each room the position that it goes on after", "[subscribe_request]")
{
    good asked{R"({"rooms":["a","b"],"since":{"a":)" + at("12") + "}}"};
    CHECK(asked.find("a")->since == position{171, 12});
    CHECK_FALSE(asked.find("b")->since);
    CHECK(asked.since.empty());
    CHECK(good{R"({"rooms":["a"],"since":{}})"}.rooms.size() == 1);
}

TEST_CASE("since may name rooms that only the resume token knows", "[subscribe_request]")
{
    good asked{R"({"resume":"token","rooms":["a"],"since":{"a":)" + at("1") + R"(,"b":)" + at("2") + "}}"};
    CHECK(asked.find("a")->since == position{171, 1});
    CHECK(asked.find("b") == nullptr);
    REQUIRE(asked.since.size() == 1);
    CHECK(asked.since.front() == std::pair{std::string{"b"}, position{171, 2}});
}

TEST_CASE("a since that cannot be understood is refused with the room and what is wrong", "[subscribe_request]")
{
    const auto since = [](const std::string& value) { return wrong(R"({"rooms":["a"],"since":)" + value + "}"); };
    const std::string no_object = "payload.since must be an object of positions by room";
    CHECK(since("null") == no_object);
    CHECK(since("7") == no_object);
    CHECK(since("[]") == no_object);
    CHECK(since(R"({"b":)" + at("1") + "}") == "payload.since names b, which payload.rooms does not");
    const std::string bad_epoch =
        "payload.since: a: a position's epoch must be a string of 16 hexadecimal digits, not all of them 0";
    CHECK(since(R"({"a":null})") == bad_epoch);
    CHECK(since(R"({"a":{"offset":1}})") == bad_epoch);
    CHECK(since(R"({"a":{"epoch":7,"offset":1}})") == bad_epoch);
    CHECK(since(R"({"a":{"epoch":"ab","offset":1}})") == bad_epoch);
    CHECK(since(R"({"a":{"epoch":"00000000000000xy","offset":1}})") == bad_epoch);
    CHECK(since(R"({"a":{"epoch":"0000000000000000","offset":1}})") == bad_epoch);
    const std::string bad_offset = "payload.since: a: a position's offset must be a whole number from 0 to 2^53";
    for (const std::string_view offset : {"null", R"("1")", "-1", "1.5", "9007199254740993"}) {
        INFO(offset);
        CHECK(since(R"({"a":)" + at(offset) + "}") == bad_offset);
    }
    for (const std::string_view offset : {"9007199254740992", "5.0", "5e2"}) {
        INFO(offset);
        CHECK(since(R"({"a":)" + at(offset) + "}") == "");
    }
}

TEST_CASE("last asks for the newest of all rooms, or of some", "[subscribe_request]")
{
    good all{R"({"rooms":["a","b"],"last":5})"};
    CHECK(all.last_for_all == 5);
    CHECK(all.find("a")->last == 0); // it has no number of its own
    good some{R"({"rooms":["a","b"],"last":{"b":7}})"};
    CHECK(some.last_for_all == 0);
    CHECK(some.find("a")->last == 0);
    CHECK(some.find("b")->last == 7);
    CHECK(good{R"({"rooms":["a"],"last":{}})"}.last_for_all == 0);
}

TEST_CASE("a last that is no number above zero is refused", "[subscribe_request]")
{
    const auto last = [](const std::string& value) { return wrong(R"({"rooms":["a"],"last":)" + value + "}"); };
    const std::string no_number = "payload.last must be a number above zero, or an object of such numbers by room";
    for (const std::string value : {"0", "-1", "1.5", "null", R"("3")", "[3]", "true"}) {
        INFO(value);
        CHECK(last(value) == no_number);
        CHECK(last(R"({"a":)" + value + "}") == no_number);
    }
    CHECK(last(R"({"b":3})") == "payload.last names b, which payload.rooms does not");
    CHECK(last("1") == "");
    CHECK(last("1.0") == ""); // a whole number, as some languages write it
    CHECK(last(R"({"a":18446744073709551615})") == "");
}

TEST_CASE("tokens gives each room its subscription token", "[subscribe_request]")
{
    const std::string longest(max_subscription_token, 't');
    good asked{R"({"rooms":["a","b"],"tokens":{"a":"x.y.z"}})"};
    CHECK(asked.find("a")->token == "x.y.z");
    CHECK(asked.find("b")->token.empty());
    CHECK(asked.tokens.empty());
    CHECK(good{R"({"rooms":["a"],"tokens":{}})"}.find("a")->token.empty());
    CHECK(good{R"({"rooms":["a"],"tokens":{"a":")" + longest + "\"}}"}.find("a")->token == longest);
}

TEST_CASE("tokens may name rooms that only the resume token knows", "[subscribe_request]")
{
    good asked{R"({"resume":"token","rooms":["a"],"tokens":{"a":"one","b":"two"}})"};
    CHECK(asked.find("a")->token == "one");
    CHECK(asked.find("b") == nullptr);
    REQUIRE(asked.tokens.size() == 1);
    CHECK(asked.tokens.front() == std::pair{std::string{"b"}, std::string{"two"}});
}

TEST_CASE("tokens that cannot be are refused with the room, and never with the token", "[subscribe_request]")
{
    const auto tokens = [](const std::string& value) {
        return wrong(R"({"rooms":["a"],"tokens":)" + value + "}");
    };
    for (const std::string value : {"null", "7", "[]", R"("secret")", R"(["secret"])"}) {
        INFO(value);
        CHECK(tokens(value) == "payload.tokens must be an object of tokens by room");
    }
    CHECK(tokens(R"({"b":"secret"})") == "payload.tokens names b, which payload.rooms does not");
    const std::string bad = "payload.tokens: a: a token must be a string of 1 to 8192 bytes";
    for (const std::string value : {"null", "7", R"("")", R"(["secret"])", R"({"secret":1})"}) {
        INFO(value);
        CHECK(tokens(R"({"a":)" + value + "}") == bad);
    }
    CHECK(tokens(R"({"a":")" + std::string(max_subscription_token + 1, 't') + "\"}") == bad);
}

TEST_CASE("of two faults the client is told of since first", "[subscribe_request]")
{
    CHECK(wrong(R"({"rooms":["a"],"since":7,"last":0})") ==
          "payload.since must be an object of positions by room");
    CHECK(wrong(R"({"rooms":["a"],"tokens":7,"last":0})") ==
          "payload.last must be a number above zero, or an object of such numbers by room");
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include <fanfare/detail/jwt/numeric_date.hpp>
#include <fanfare/detail/jwt/strict_json.hpp>

#include "support/catch.hpp"

#include <boost/json/parse.hpp>

#include <limits>
#include <string>

using namespace fanfare;
using namespace fanfare::detail;
using std::chrono::milliseconds;

namespace {

std::string problem_of(std::string_view text)
{
    std::string why;
    const auto read = parse_strict_object(text, 8, why);
    CHECK(read.has_value() == why.empty());
    return why;
}

} // namespace

TEST_CASE("an object with a name twice is refused, however the name is spelled and however deep it is", "[jwt]")
{
    for (const auto* text : {R"({"a":1,"a":1})", R"({"a":1,"b":2,"a":3})", R"({"alg":"none","\u0061lg":"HS256"})",
                             R"({"a":{"b":1,"b":2}})", R"({"a":[1,{"b":1,"b":2}]})",
                             R"({"a":[[],[{"b":{},"b":{}}]]})", R"({"":1,"":2})", R"({ "a" : 1 , "a" : [ ] })"}) {
        INFO(text);
        CHECK(problem_of(text) == "an object has a name twice");
    }
    for (const auto* text :
         {"{}", R"({"a":1})", R"({"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]})", R"({"a":"{\"b\":1,\"b\":2}"})",
          R"({"a":"\\\"","b":["]",",","}"],"c":{"a":[]}})", R"({"a":1,"A":2,"a ":3})"}) {
        INFO(text);
        CHECK(problem_of(text).empty());
    }
}

TEST_CASE("what is not one JSON object in UTF-8, or is nested too deep, is refused", "[jwt]")
{
    for (const std::string text : {"",
                                   "[]",
                                   "1",
                                   "null",
                                   "\"a\"",
                                   "{",
                                   "{}{}",
                                   "{} x",
                                   "{,}",
                                   "{\"a\":1,}",
                                   "{'a':1}",
                                   "{a:1}",
                                   "// a\n{}",
                                   "\xef\xbb\xbf{}",
                                   "{\"a\":\"\xff\"}",
                                   "{\"a\":1e400}",
                                   "{\"a\":NaN}",
                                   "{\"a\":01}",
                                   "{\"a\":\"\n\"}",
                                   R"({"a":[[[[[[[[[1]]]]]]]]]})"}) {
        INFO(text);
        CHECK_FALSE(problem_of(text).empty());
    }
    CHECK_FALSE(problem_of(std::string("{}\0", 3)).empty());
    CHECK(problem_of(R"({"a":[[[[[[[1]]]]]]]})").empty());
}

TEST_CASE("a date is a number of seconds up to the year 9999, however it is written", "[jwt]")
{
    const auto date = [](std::string_view text) { return numeric_date(json::parse(text)); };
    CHECK(date("0") == milliseconds{0});
    CHECK(date("-0.0") == milliseconds{0});
    CHECK(date("1300819380") == milliseconds{1'300'819'380'000});
    CHECK(date("1300819380.5") == milliseconds{1'300'819'380'500});
    CHECK(date("1e3") == milliseconds{1'000'000});
    CHECK(date("1.5E3") == milliseconds{1'500'000});
    CHECK(date("9999999999") == milliseconds{9'999'999'999'000});
    CHECK(date("253402300799") == milliseconds{253'402'300'799'000});
    CHECK(date("253402300799.5") == milliseconds{253'402'300'799'500});
    for (const auto* text :
         {"253402300800", "253402300800.0", "1e18", "1e300", "9223372036854775807", "9223372036854775808",
          "18446744073709551615", "99999999999999999999999", "-1", "-0.5", "-1e300", "-9223372036854775808",
          "\"1300819380\"", "true", "null", "[1]", "{}"}) {
        INFO(text);
        CHECK_FALSE(date(text));
    }
    CHECK_FALSE(numeric_date(std::numeric_limits<double>::quiet_NaN()));
    CHECK_FALSE(numeric_date(std::numeric_limits<double>::infinity()));
}

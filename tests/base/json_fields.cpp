// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "support/catch.hpp"

#include <fanfare/detail/base/json_fields.hpp>

#include <boost/json/parse.hpp>

#include <cstdint>
#include <limits>
#include <string_view>

using namespace fanfare::detail;
namespace json = boost::json;

namespace {

const json::object& fields()
{
    static const json::value all = json::parse(R"({
        "text": "a\u0000b", "empty": "", "number": -7, "double": 12.0, "half": 0.5, "zero": 0, "null": null,
        "most": 9223372036854775807, "least": -9223372036854775808, "too_much": 9223372036854775808, "huge": 1e300,
        "yes": true, "no": false, "object": {"a": 1}, "array": [1, 2]})");
    return all.get_object();
}

} // namespace

TEST_CASE("a string field is answered as it is")
{
    CHECK(string_field(fields(), "text") == std::string_view{"a\0b", 3});
    CHECK(string_field(fields(), "empty") == "");
    const auto text = string_field(fields(), "text");
    REQUIRE(text);
    CHECK(text->data() == fields().at("text").get_string().data()); // no copy
}

TEST_CASE("a number field is a whole number, however it is written")
{
    CHECK(int_field(fields(), "number") == -7);
    CHECK(int_field(fields(), "zero") == 0);
    CHECK(int_field(fields(), "double") == 12);
    CHECK(int_field(fields(), "most") == std::numeric_limits<std::int64_t>::max());
    CHECK(int_field(fields(), "least") == std::numeric_limits<std::int64_t>::min());
    for (const auto* name : {"half", "too_much", "huge"})
        CHECK_FALSE(int_field(fields(), name));
}

TEST_CASE("a whole number between two others is one however it is written")
{
    const auto read = [](std::string_view text) { return whole_number(json::parse(text), 2, 9007199254740992); };
    CHECK(read("2") == 2U);
    CHECK(read("2.0") == 2U);
    CHECK(read("0.2e1") == 2U);
    CHECK(read("9007199254740992") == 9007199254740992U);
    CHECK(read("9007199254740992.0") == 9007199254740992U);
    for (const std::string_view wrong : {"1", "-2", "2.5", "9007199254740993", "1e300", "-1e300", "1e19",
                                         "18446744073709551616", "null", "\"2\"", "[2]", "true"}) {
        INFO(wrong);
        CHECK(read(wrong) == std::nullopt);
    }
}

TEST_CASE("object and array fields are answered as they are")
{
    REQUIRE(object_field(fields(), "object"));
    CHECK(object_field(fields(), "object")->at("a") == 1);
    REQUIRE(array_field(fields(), "array"));
    CHECK(array_field(fields(), "array")->size() == 2);
}

TEST_CASE("a field that is missing, null or of another type is none")
{
    for (const auto* name : {"missing", "null", "number", "yes", "object", "array"})
        CHECK_FALSE(string_field(fields(), name));
    for (const auto* name : {"missing", "null", "text", "yes", "object", "array"})
        CHECK_FALSE(int_field(fields(), name));
    for (const auto* name : {"missing", "null", "text", "number", "array"})
        CHECK_FALSE(object_field(fields(), name));
    for (const auto* name : {"missing", "null", "text", "number", "object"})
        CHECK_FALSE(array_field(fields(), name));
}

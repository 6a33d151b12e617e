// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "support/catch.hpp"

#include <fanfare/detail/wire/json_reader.hpp>
#include <fanfare/detail/wire/json_writer.hpp>

#include <boost/json/parse.hpp>

#include <cmath>
#include <random>
#include <vector>

using namespace fanfare;
using namespace fanfare::detail;

namespace {

json::value read(std::string_view text, std::size_t depth = 16)
{
    std::string why;
    auto value = parse_json(text, depth, {}, why);
    INFO(text);
    CHECK(why.empty());
    return value;
}

std::string refused(std::string_view text, std::size_t depth = 16)
{
    std::string why;
    CHECK(parse_json(text, depth, {}, why).is_null());
    CHECK_FALSE(is_json(text, depth));
    return why;
}

std::string member(std::string_view object, std::string_view name)
{
    return std::string{json_member_text(object, name).value_or("(none)")};
}

// JSON of any shape, with white space everywhere.
class generator {
public:
    explicit generator(unsigned seed) : random_{seed} {}

    std::string value(int depth)
    {
        switch (pick(depth == 0 ? 5 : 8)) {
        case 0: return "null";
        case 1: return pick(2) ? "true" : "false";
        case 2: return std::to_string(static_cast<int>(random_())) + digits();
        case 3: return "-0." + std::to_string(random_()) + std::to_string(random_());
        case 4: return string();
        case 5:
        case 6: return list(depth);
        default: return object(depth);
        }
    }
    std::string space() { return std::vector<std::string>{"", "", " ", "\n", "\r\n\t "}[pick(5)]; }

private:
    std::string digits()
    {
        return std::vector<std::string>{"", "12345678901234", ".5", "e2", "E-3", ".25e+1"}[pick(6)];
    }
    std::string string()
    {
        static const std::vector<std::string> parts{"a", "\\\"", "\\\\", "{",       "}",       "[",
                                                    "]", ",",    ":",    "\\u00e9", "\xc3\xa9"};
        std::string out = "\"";
        for (auto n = pick(6); n != 0; --n)
            out += parts[pick(parts.size())];
        return out + '"';
    }
    std::string list(int depth)
    {
        std::string out = "[" + space();
        for (auto n = pick(4), i = n; i != 0; --i)
            out += value(depth - 1) + space() + (i == 1 ? "" : ",") + space();
        return out + "]";
    }
    std::string object(int depth)
    {
        std::string out = "{" + space();
        for (auto n = pick(4), i = n; i != 0; --i)
            out += string() + space() + ":" + space() + value(depth - 1) + space() + (i == 1 ? "" : ",") + space();
        return out + "}";
    }
    std::size_t pick(std::size_t n) { return random_() % n; }

    std::mt19937 random_;
};

} // namespace

TEST_CASE("json: each double is the one nearest to its text", "[json]")
{
    CHECK(read("234.93130749570946").get_double() == 234.93130749570946);
    CHECK(read("[1,{\"a\":[0.1,2.5e-3]}]") == json::parse("[1,{\"a\":[0.1,2.5e-3]}]"));
    CHECK(read(R"({"\u0061":[234.93130749570946]})").at("a").at(0).get_double() == 234.93130749570946);
    std::mt19937_64 random{7};
    for (int i = 0; i != 20'000; ++i) {
        const double value = std::ldexp(static_cast<double>(random() >> 11), static_cast<int>(random() % 80) - 60);
        std::string text;
        append_json(text, {1, "x", {{"n", value}}});
        const auto back = read(text).at(2).at("n");
        if (!back.is_double() || back.get_double() != value)
            FAIL(text);
    }
}

TEST_CASE("json: of members with the same name the last one counts, in value and text", "[json]")
{
    for (const std::string_view text :
         {R"({"a":[1.5],"a":2})", R"({"a":2,"a":[1.5]})", R"({"a":[1.5,2.5,3.5],"a":[4.5]})",
          R"({"a":[1.5],"a":[2.5,3.5]})", R"({"a":{"b":1.5},"\u0061":{"b":2.5}})", R"({"a":1.5,"a":9.5})",
          R"({"a":2.5,"a":{"a":0.5}})"}) {
        INFO(text);
        CHECK(read(text) == json::parse(text));
        CHECK(json::parse(member(text, "a")) == json::parse(text).at("a"));
    }
}

TEST_CASE("json: what is no JSON is refused in words", "[json]")
{
    CHECK(refused("1e999") == "a number is out of range");
    CHECK(refused("[[1,-1e400]]") == "a number is out of range");
    CHECK(refused("[[[]]]", 2) == "JSON nested deeper than the limit");
    for (const std::string_view text :
         {"", " ", "{", "[1,]", "nan", "01", "1 2", "\"\xff\"", "\"a\nb\"", "'a'", "[1.]"}) {
        INFO(text);
        CHECK(refused(text).starts_with("not valid JSON: "));
    }
    CHECK(is_json(" [1e308, \"x\"] ", 16));
}

TEST_CASE("json: the text of a member is found whatever is around it", "[json]")
{
    const std::string_view text =
        " {\"a\" : 1 ,\"b\":\t[ {\"a\":2} , \"]}\" ]\n, \"c\\u0064\": \"x\\\"y\" ,\"e\":-1.50E+3}";
    CHECK(member(text, "a") == "1");
    CHECK(member(text, "b") == "[ {\"a\":2} , \"]}\" ]");
    CHECK(member(text, "cd") == "\"x\\\"y\"");
    CHECK(member(text, "e") == "-1.50E+3");
    CHECK(member(text, "f") == "(none)");
    for (const auto* none : {"[]", "{}", " { } ", "1", "\"a\"", "", "[{\"a\":1}]"})
        CHECK(member(none, "a") == "(none)");
    CHECK(json_cursor{" [1, 2] "}.value() == "[1, 2]");
    CHECK(json_cursor{"\n12 "}.value() == "12");
}

TEST_CASE("json: the texts of all members are their values, for any JSON", "[json]")
{
    for (unsigned seed = 0; seed != 3'000; ++seed) {
        generator make{seed};
        const auto inner = make.value(3);
        const auto text = make.space() + "{\"x\" : 0, \"a\"" + make.space() + ":" + make.space() + inner +
                          make.space() + ",\"b\":" + make.value(2) + "}" + make.space();
        INFO(text);
        std::string why;
        const auto whole = parse_json(text, 32, {}, why);
        REQUIRE(why.empty());
        REQUIRE(member(text, "a") == inner);
        std::size_t members = 0;
        for_each_json_member(text, [&](std::string_view key, std::string_view value) {
            ++members;
            REQUIRE(read(value, 32) == whole.at(json::parse(std::string{key}).as_string()));
        });
        REQUIRE(members == 3);
        std::string again;
        append_json(again, whole);
        REQUIRE(read(again, 32) == whole);
    }
}

TEST_CASE("json: the cursor stays in the text, and ends, whatever is in it", "[json]")
{
    std::mt19937 random{3};
    const std::string_view letters = "{}[],:\"\\a1 \n";
    for (int i = 0; i != 20'000; ++i) {
        std::string text;
        for (auto n = random() % 24; n != 0; --n)
            text += letters[random() % letters.size()];
        const std::vector<char> exactly(text.begin(), text.end()); // a byte beyond it belongs to somebody else
        std::size_t calls = 0;
        for_each_json_member({exactly.data(), exactly.size()}, [&](auto, auto) { ++calls; });
        REQUIRE(calls <= text.size());
        json_cursor at{{exactly.data(), exactly.size()}};
        REQUIRE(at.value().size() <= text.size());
    }
}

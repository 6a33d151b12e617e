// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "support/catch.hpp"

#include <fanfare/detail/wire/json_writer.hpp>

#include <boost/json/parse.hpp>

#include <bit>
#include <charconv>
#include <clocale>
#include <cmath>
#include <limits>
#include <random>

using namespace fanfare;
using namespace fanfare::detail;

namespace {

std::string written(const json::value& value)
{
    std::string out;
    append_json(out, value);
    return out;
}

double read_back(std::string_view text)
{
    double out = 0;
    std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
}

} // namespace

TEST_CASE("json: every byte survives escaping", "[json]")
{
    std::string text;
    for (int c = 0; c != 128; ++c)
        text += static_cast<char>(c);
    text += "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80";
    std::string out;
    append_json_string(out, text);
    CHECK(json::parse(out).as_string() == text);
    for (const char c : out)
        CHECK(static_cast<unsigned char>(c) >= 0x20);
    std::string none;
    append_json_string(none, "");
    CHECK(none == "\"\"");
    std::string quoted;
    append_json_string(quoted, "a\"b\\c\n\r\t\b\fd\x01");
    CHECK(quoted == R"("a\"b\\c\n\r\t\b\fd\u0001")");
}

TEST_CASE("json: what is escaped is found at every place of a text of any length", "[json]")
{
    for (std::size_t length = 1; length != 40; ++length)
        for (std::size_t at = 0; at != length; ++at)
            for (int c = 0; c != 256; ++c) {
                std::string text(length, 'x');
                text[at] = static_cast<char>(c);
                const bool escapes = c < 0x20 || c == '"' || c == '\\';
                const std::string before(at, 'x'), after(length - at - 1, 'x');
                std::string out;
                append_json_string(out, text);
                const auto middle = out.substr(1 + at, out.size() - length - 1);
                if (out.front() != '"' || out.substr(1, at) != before || !out.ends_with(after + '"') ||
                    (escapes ? middle.front() != '\\' || middle.size() < 2 : middle != text.substr(at, 1)))
                    FAIL(c << " at " << at << " of " << length);
            }
}

TEST_CASE("json: values of any kind and size are written whole", "[json]")
{
    CHECK(written({nullptr, true, false, -1, 18446744073709551615U, "x", json::array{}, json::object{}}) ==
          R"([null,true,false,-1,18446744073709551615,"x",[],{}])");
    CHECK(written({{"a\"b", {1, 2}}, {"c", {{"d", 1}}}}) == R"({"a\"b":[1,2],"c":{"d":1}})");
    json::array big;
    for (int i = 0; i != 1000; ++i)
        big.emplace_back(
            json::object{{"key " + std::to_string(i), std::string(static_cast<std::size_t>(i), 'v')}});
    const json::value value(std::move(big));
    std::string out = "before ";
    append_json(out, value);
    CHECK(out.substr(0, 7) == "before ");
    CHECK(json::parse(out.substr(7)) == value);
}

TEST_CASE("json: a double is written with the fewest digits, and stays a double", "[json]")
{
    CHECK(written(28.5) == "28.5");
    CHECK(written(20.0) == "20.0");
    CHECK(written(-0.0) == "-0.0");
    CHECK(written(0.1) == "0.1");
    CHECK(written(300000.0) == "300000.0");
    CHECK(written(234.93130749570946) == "234.93130749570946");
    CHECK(written(1e20) == "100000000000000000000.0");
    CHECK(written(1e21) == "1e+21");
    CHECK(written(0.000001) == "0.000001");
    CHECK(written(1.5e-7) == "1.5e-07");
    CHECK(written(5e-324) == "5e-324");
    CHECK(written(std::numeric_limits<double>::max()) == "1.7976931348623157e+308");
    // No reader takes these for numbers.
    CHECK(written(std::nan("")) == "NaN");
    CHECK(written(std::numeric_limits<double>::infinity()) == "NaN");
    CHECK_FALSE(is_sendable(std::nan("")));
}

TEST_CASE("json: every double reads back as itself, whatever the locale", "[json]")
{
    std::setlocale(LC_ALL, "de_DE.UTF-8"); // where there is none, the test is the weaker for it
    std::mt19937_64 random{1};
    for (int i = 0; i != 100'000; ++i) {
        auto value = std::bit_cast<double>(random());
        if (!std::isfinite(value))
            continue;
        if (i % 2 != 0)
            value = std::fmod(value, 1000.0);
        const auto text = written(value);
        if (read_back(text) != value || json::parse(text).kind() != json::kind::double_)
            FAIL(text);
    }
    std::setlocale(LC_ALL, "C");
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "support/catch.hpp"

#include <fanfare/detail/wire/traceparent.hpp>

#include <cstddef>
#include <string>
#include <string_view>

using fanfare::detail::is_traceparent;
using fanfare::detail::max_trace_size;

namespace {

// The example of W3C Trace Context.
const std::string good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

std::string of_version(std::string_view version, const std::string& rest = {})
{
    return std::string{version} + good.substr(2) + rest;
}

} // namespace

TEST_CASE("a traceparent of version 00 has four fields and nothing else", "[traceparent]")
{
    CHECK(is_traceparent(good));
    CHECK(is_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"));
    CHECK(is_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-ff"));
    CHECK(is_traceparent("00-00000000000000000000000000000001-0000000000000001-09"));
    for (const std::string_view text :
         {"00-00000000000000000000000000000000-00f067aa0ba902b7-01",
          "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
          "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01-",
          "00-4bf92f3577b34da6a3ce929d0e0e47361-00f067aa0ba902b-01",
          "004bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01--", "", "00", "00-", "---", "trace"}) {
        INFO(text);
        CHECK_FALSE(is_traceparent(text));
    }
    for (const auto& text : {good + "-", good + "-00", good + "0", good + " ", " " + good, good + "\n",
                             good + good, good.substr(0, 54), good.substr(1)}) {
        INFO(text);
        CHECK_FALSE(is_traceparent(text));
    }
}

TEST_CASE("a traceparent has digits and dashes where they belong, and no capitals", "[traceparent]")
{
    for (std::size_t at = 0; at != good.size(); ++at) {
        const bool dash = at == 2 || at == 35 || at == 52;
        for (const char c :
             {'A', 'F', 'g', 'G', '-', ' ', '\0', '/', ':', '`', '@', '"', '\\', '\x7f', '\xff', '_'}) {
            auto text = good;
            text[at] = c;
            INFO(at << ' ' << text);
            CHECK(is_traceparent(text) == (dash && c == '-'));
        }
    }
}

TEST_CASE("a traceparent of a later version may have more after a dash", "[traceparent]")
{
    for (const auto& text : {of_version("01"), of_version("fe"), of_version("cc", "-"),
                             of_version("01", "-what-the-future-will-be.like"), of_version("0a", "-~!\"\\"),
                             of_version("01", "-" + std::string(max_trace_size - good.size() - 1, 'x'))}) {
        INFO(text);
        CHECK(is_traceparent(text));
    }
    for (const auto& text :
         {of_version("ff"), of_version("ff", "-00"), of_version("01", "0"), of_version("01", ".what"),
          of_version("01", "- "), of_version("01", "-a\nb"), of_version("01", "-\xc3\xa9"), of_version("0A"),
          of_version("0g"), of_version("1"), of_version("001"), of_version("01", "-\x7f"),
          of_version("01", "-" + std::string(max_trace_size - good.size(), 'x')),
          std::string{"01-00000000000000000000000000000000-00f067aa0ba902b7-01-x"},
          std::string{"01-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01-x"},
          std::string{"01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0-x"},
          std::string{"01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7"}}) {
        INFO(text);
        CHECK_FALSE(is_traceparent(text));
    }
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "support/catch.hpp"

#include <fanfare/detail/wire/names.hpp>

#include <cstdint>
#include <set>
#include <string>

using namespace fanfare::detail;

namespace {

std::string utf8(std::uint32_t c)
{
    const auto byte = [](std::uint32_t b) { return static_cast<char>(b); };
    const auto more = [&](std::uint32_t bits) { return byte(0x80 | (bits & 0x3f)); };
    if (c < 0x80)
        return {byte(c)};
    if (c < 0x800)
        return {byte(0xc0 | (c >> 6)), more(c)};
    if (c < 0x10000)
        return {byte(0xe0 | (c >> 12)), more(c >> 6), more(c)};
    return {byte(0xf0 | (c >> 18)), more(c >> 12), more(c >> 6), more(c)};
}

// What the documentation's table refuses above U+007F, one by one.
std::set<std::uint32_t> refused()
{
    std::set<std::uint32_t> all{0xa0, 0xad, 0x61c, 0x1680, 0x180e, 0x200e, 0x200f, 0x205f, 0x3000, 0xfeff};
    const auto add = [&all](std::uint32_t first, std::uint32_t last) {
        for (auto c = first; c <= last; ++c)
            all.insert(c);
    };
    add(0x80, 0x9f);
    add(0x2000, 0x200b);
    add(0x2028, 0x202f);
    add(0x2060, 0x206f);
    add(0xfff9, 0xfffb);
    add(0xe0000, 0xe007f);
    return all;
}

} // namespace

TEST_CASE("names: each code point of Unicode is allowed or not, for rooms and for labels", "[names]")
{
    const auto no = refused();
    for (std::uint32_t c = 0; c <= 0x10ffff; ++c) {
        const bool surrogate = c >= 0xd800 && c <= 0xdfff;
        const bool plain = c >= 0x80 ? !surrogate && !no.contains(c) : c >= 0x20 && c != 0x7f;
        const bool room = plain && (c >= 0x80 || std::string_view{" \"\\,*?[]{}"}.find(static_cast<char>(c)) ==
                                                     std::string_view::npos);
        const auto name = "a" + utf8(c) + "b";
        if (is_room_name(name, 128) != room || is_message_type(name) != plain || is_key(name, 128) != plain)
            FAIL("U+" << std::hex << c);
        if (is_room_name(name, 128) && !was_room_name(name, 128))
            FAIL("a name that none was: U+" << std::hex << c);
    }
}

TEST_CASE("names: what the reports named, and what people are called", "[names]")
{
    for (const std::uint32_t c : {0xa0U, 0x85U, 0x2028U, 0x202eU, 0x200bU, 0xfeffU}) {
        const auto name = "chat:a" + utf8(c) + "b";
        CHECK_FALSE(is_room_name(name, 128));
        CHECK_FALSE(is_message_type(name));
        CHECK_FALSE(is_key(name, 128));
        CHECK(was_room_name(name, 128)); // what is kept under it can be read
    }
    for (const std::string_view good :
         {"a", "device:sensor-001", "user:alice@example.com", "chat:\xc3\xa9", "a.b/c_d~e|f", "x:y:z",
          "Zo\xc3\xab", "\xe5\xb1\xb1\xe7\x94\xb0", "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80"})
        CHECK(is_room_name(good, 128));
    for (const std::string_view bad : {"", "a b", "a\tb", "a\"b", "a\\b", "a,b", "a*", "a?", "a[", "a]", "a{",
                                       "a}", "\x7f", "a\n", "\xff", "a\xc3", "\xed\xa0\x80"}) {
        CHECK_FALSE(is_room_name(bad, 128));
        CHECK_FALSE(was_room_name(bad, 128));
    }
    for (const std::string_view bad : {"", "a\tb", "a\n", "\x7f", "\xff", "a\xc3", "\xed\xa0\x80"}) {
        CHECK_FALSE(is_message_type(bad));
        CHECK_FALSE(is_key(bad, 128));
    }
    CHECK(is_message_type("order shipped"));
    CHECK(is_key("order 42 [paid], \"x\"", 128));
}

TEST_CASE("names: their bytes are counted", "[names]")
{
    CHECK(is_room_name(std::string(128, 'x'), 128));
    CHECK_FALSE(is_room_name(std::string(129, 'x'), 128));
    CHECK_FALSE(was_room_name(std::string(129, 'x'), 128));
    CHECK(is_message_type(std::string(64, 'x')));
    CHECK_FALSE(is_message_type(std::string(65, 'x')));
    CHECK_FALSE(is_room_name("\xe2\x82\xac", 2));
    CHECK_FALSE(is_room_name(std::string_view("a\0b", 3), 128));
}

TEST_CASE("names: a user's own room is nobody else's", "[names]")
{
    CHECK(is_room_of_another("user:bob", "alice"));
    CHECK(is_room_of_another("user:bob", ""));
    CHECK(is_room_of_another("user:", ""));
    CHECK(is_room_of_another("user:alice2", "alice"));
    CHECK_FALSE(is_room_of_another("user:alice", "alice"));
    CHECK_FALSE(is_room_of_another("user:tenant:alice", "tenant:alice"));
    CHECK_FALSE(is_room_of_another("users:bob", "alice"));
    CHECK_FALSE(is_room_of_another("chat:user:bob", "alice"));
}

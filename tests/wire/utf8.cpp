// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "support/catch.hpp"

#include <fanfare/detail/wire/utf8.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

using fanfare::detail::is_utf8;
using fanfare::detail::utf8_checker;
using fanfare::detail::utf8_prefix;

// RFC 3629 section 3 for any number, also for one that is not a character.
std::string encode(std::uint32_t code, int size)
{
    static constexpr std::uint32_t lead[] = {0, 0x00, 0xC0, 0xE0, 0xF0};
    std::string bytes(static_cast<std::size_t>(size), '\0');
    for (auto i = bytes.size() - 1; i > 0; --i, code >>= 6)
        bytes[i] = static_cast<char>(0x80 | (code & 0x3F));
    bytes[0] = static_cast<char>(lead[size] | code);
    return bytes;
}

int shortest(std::uint32_t code)
{
    return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

// How many bytes the checker takes, one at a time, before it refuses; the size of `text` if it never does.
std::size_t accepted(std::string_view text)
{
    utf8_checker checker;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (!checker.write(text.substr(i, 1)))
            return i;
    }
    return text.size();
}

const std::string mixed = "plain, gr\xC3\xBC\xC3\x9F, \xE2\x82\xAC, \xED\x9F\xBF\xEE\x80\x80 and "
                          "\xF0\x9F\x98\x80\xF4\x8F\xBF\xBF in a text that is longer than a few machine words";

} // namespace

TEST_CASE("every Unicode character is accepted and every surrogate refused")
{
    std::vector<std::uint32_t> wrong;
    for (std::uint32_t code = 0; code <= 0x10FFFF; ++code) {
        const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
        if (is_utf8(encode(code, shortest(code))) == surrogate)
            wrong.push_back(code);
    }
    CHECK(wrong.empty());
}

TEST_CASE("a character in more bytes than it needs is refused")
{
    for (std::uint32_t code : {0u, 0x2Fu, 0x7Fu, 0x80u, 0x7FFu, 0x800u, 0xFFFFu}) {
        for (int size = shortest(code) + 1; size <= 4; ++size) {
            INFO(code << " in " << size << " bytes");
            CHECK_FALSE(is_utf8(encode(code, size)));
        }
    }
}

TEST_CASE("what lies above U+10FFFF is refused")
{
    CHECK(is_utf8(encode(0x10FFFF, 4)));
    CHECK_FALSE(is_utf8(encode(0x110000, 4)));
    CHECK_FALSE(is_utf8("\xF5\x80\x80\x80"));
    CHECK_FALSE(is_utf8("\xF8\x88\x80\x80\x80"));
    CHECK_FALSE(is_utf8("\xFE"));
    CHECK_FALSE(is_utf8("\xFF"));
}

TEST_CASE("text is refused at the first byte that cannot be right")
{
    CHECK(accepted("abc\x80") == 3);  // a continuation without a start
    CHECK(accepted("\xC0\xAF") == 0); // can only begin an overlong form
    CHECK(accepted("\xC1\xBF") == 0);
    CHECK(accepted("\xE0\x9F\x80") == 1);     // overlong, known at the second byte
    CHECK(accepted("\xED\xA0\x80") == 1);     // a surrogate
    CHECK(accepted("\xF0\x8F\x80\x80") == 1); // overlong
    CHECK(accepted("\xF4\x90\x80\x80") == 1); // above U+10FFFF
    CHECK(accepted("\xF5\x80\x80\x80") == 0);
    CHECK(accepted("\xE2\x82g") == 2); // the sequence is cut
    CHECK(accepted("\xF0\x9F\x98\xF0") == 3);
    CHECK(accepted("\xE0\xA0\x7F") == 2); // the narrow range holds for the second byte only
    CHECK(accepted("\xE0\xA0\x80") == 3);
    CHECK(accepted("\xED\x9F\xBF") == 3);
}

TEST_CASE("text may end only between two characters")
{
    for (std::string_view open : {"\xC3", "\xE2", "\xE2\x82", "\xF0", "\xF0\x9F", "\xF0\x9F\x98"}) {
        utf8_checker checker;
        CHECK(checker.write(open));
        CHECK_FALSE(checker.complete());
        CHECK_FALSE(is_utf8(open));
    }
    CHECK(is_utf8(""));
}

TEST_CASE("text may be cut into pieces anywhere")
{
    for (std::size_t i = 0; i <= mixed.size(); ++i) {
        for (std::size_t j = i; j <= mixed.size(); ++j) {
            utf8_checker checker;
            const auto text = std::string_view(mixed);
            if (!checker.write(text.substr(0, i)) || !checker.write(text.substr(i, j - i)) ||
                !checker.write(text.substr(j)) || !checker.complete())
                FAIL("cut at " << i << " and " << j);
        }
    }
}

TEST_CASE("one bad byte is found at every place, however long the ASCII around it is")
{
    for (std::size_t size : {1u, 7u, 8u, 9u, 31u, 32u, 33u, 64u, 100u}) {
        for (std::size_t i = 0; i < size; ++i) {
            std::string text(size, 'a');
            text[i] = '\xFF';
            if (is_utf8(text) || accepted(text) != i)
                FAIL(size << " bytes, the bad one at " << i);
        }
    }
}

TEST_CASE("a text is cut between characters, never inside one")
{
    CHECK(utf8_prefix("gr\xC3\xBC\xC3\x9F", 6) == "gr\xC3\xBC\xC3\x9F");
    CHECK(utf8_prefix("gr\xC3\xBC\xC3\x9F", 5) == "gr\xC3\xBC");
    CHECK(utf8_prefix("gr\xC3\xBC\xC3\x9F", 3) == "gr");
    CHECK(utf8_prefix("\xF0\x9F\x98\x80", 3).empty());
    CHECK(utf8_prefix("good\xFF, bad", 100) == "good");
    CHECK(utf8_prefix("", 10).empty());
    CHECK(utf8_prefix("text", 0).empty());
}

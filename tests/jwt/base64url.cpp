// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include <fanfare/detail/jwt/base64url.hpp>

#include "jwt/test_tokens.hpp"
#include "support/catch.hpp"

#include <string>

using namespace fanfare;
using detail::decode_base64url;

TEST_CASE("base64url of any length is read back", "[jwt]")
{
    std::string bytes;
    for (int i = 0; i != 300; ++i) {
        CHECK(decode_base64url(test::base64url(bytes)) == bytes);
        bytes += static_cast<char>(i * 7);
    }
}

TEST_CASE("bytes have one base64url form, and no other is read", "[jwt]")
{
    CHECK(decode_base64url("_-8") == "\xff\xef");
    for (const std::string text : {"_-8=", "/+8", "_-8 ", " _-8", "_-8\n", "_-9", "_-_", "_-", "_", "A", "AAAAA",
                                   "QQ==", "QR", "QQQ\xff", "QQ.Q", "QQ%3D"}) {
        INFO(text);
        CHECK_FALSE(decode_base64url(text));
    }
    CHECK_FALSE(decode_base64url(std::string("QQ\0Q", 4)));
    CHECK(decode_base64url("") == "");
    // Of the 64 characters that may end two, four have no bits that are left over; of those that end three, sixteen.
    int two = 0, three = 0;
    for (const char c : std::string{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"}) {
        two += decode_base64url(std::string{"Q"} + c) ? 1 : 0;
        three += decode_base64url(std::string{"QQ"} + c) ? 1 : 0;
    }
    CHECK(two == 4);
    CHECK(three == 16);
}

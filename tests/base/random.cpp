// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include <fanfare/detail/base/random.hpp>

#include "support/catch.hpp"

#include <array>
#include <cstddef>
#include <set>
#include <string>
#include <vector>

using namespace fanfare;

TEST_CASE("random tokens have the length of base64url without padding, and differ", "[random]")
{
    const std::array<std::size_t, 8> lengths{0, 2, 3, 4, 6, 7, 8, 10};
    for (std::size_t bytes = 0; bytes < lengths.size(); ++bytes) {
        const auto token = detail::random_token(bytes);
        CHECK(token.size() == lengths[bytes]);
        CHECK(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
              std::string::npos);
    }
    CHECK(detail::random_token(16) != detail::random_token(16));
}

TEST_CASE("random bytes fill large buffers to the end, and every value occurs", "[random]")
{
    std::vector<unsigned char> bytes(1 << 16, 0);
    detail::random_bytes(bytes);
    std::array<int, 256> count{};
    for (const auto byte : bytes) {
        ++count[byte];
    }
    for (const int n : count) { // 256 expected, 16 is one standard deviation
        CHECK(n > 256 - 10 * 16);
        CHECK(n < 256 + 10 * 16);
    }
    CHECK(std::set<unsigned char>(bytes.end() - 64, bytes.end()).size() > 8);
    detail::random_bytes({});
}

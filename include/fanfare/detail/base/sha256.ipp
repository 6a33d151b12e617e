// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_BASE_SHA256_IPP
#define FANFARE_DETAIL_BASE_SHA256_IPP

#include <fanfare/detail/base/sha256.hpp>

#include <array>

#if defined(FANFARE_WITH_SSL)
#include <new>
#include <openssl/evp.h>
#else
#include <boost/hash2/sha2.hpp>

#include <algorithm>
#endif

namespace fanfare::detail {

using sha256_digest = std::array<unsigned char, 32>;

inline sha256_digest sha256(std::string_view text)
{
    sha256_digest out{};
#if defined(FANFARE_WITH_SSL)
    if (EVP_Digest(text.data(), text.size(), out.data(), nullptr, EVP_sha256(), nullptr) != 1)
        throw std::bad_alloc{};
#else
    boost::hash2::sha2_256 hash;
    hash.update(text.data(), text.size());
    const auto digest = hash.result();
    std::copy(digest.begin(), digest.end(), out.begin());
#endif
    return out;
}

FANFARE_DECL std::string sha256_hex(std::string_view text)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (const auto byte : sha256(text)) {
        out += digits[byte >> 4];
        out += digits[byte & 15];
    }
    return out;
}

} // namespace fanfare::detail

#endif

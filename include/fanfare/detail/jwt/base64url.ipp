// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_JWT_BASE64URL_IPP
#define FANFARE_DETAIL_JWT_BASE64URL_IPP

#include <fanfare/detail/jwt/base64url.hpp>

#include <cstdint>

namespace fanfare::detail {

// The six bits of a character, or -1.
constexpr int base64url_bits(char c) noexcept
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

FANFARE_DECL std::optional<std::string> decode_base64url(std::string_view text)
{
    if (text.size() % 4 == 1)
        return std::nullopt;
    std::string out;
    out.reserve(text.size() / 4 * 3 + 2);
    std::uint32_t pending = 0; // at most 6 bits are left between two characters
    unsigned bits = 0;
    for (const char c : text) {
        const int six = base64url_bits(c);
        if (six < 0)
            return std::nullopt;
        pending = pending << 6 | static_cast<std::uint32_t>(six);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out += static_cast<char>(pending >> bits);
            pending &= (1U << bits) - 1;
        }
    }
    if (pending != 0)
        return std::nullopt;
    return out;
}

} // namespace fanfare::detail

#endif

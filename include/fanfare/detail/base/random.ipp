// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_BASE_RANDOM_IPP
#define FANFARE_DETAIL_BASE_RANDOM_IPP

#include <fanfare/detail/base/random.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

#if defined(__linux__)
#include <sys/random.h>
#include <sys/types.h>

#include <cerrno>
#include <system_error>
#elif defined(__APPLE__) || defined(__FreeBSD__) || defined(__OpenBSD__) || defined(__NetBSD__) || \
    defined(__DragonFly__)
#include <stdlib.h>
#elif defined(_WIN32)
#include <random>
#else
#error "Fanfare does not know this system's cryptographic random generator"
#endif

namespace fanfare::detail {

FANFARE_DECL void random_bytes(std::span<unsigned char> out)
{
#if defined(__linux__)
    while (!out.empty()) {
        // Blocks only until the kernel has gathered entropy once after boot; above 256 bytes it may be cut short.
        const ssize_t got = ::getrandom(out.data(), out.size(), 0);
        if (got > 0) {
            out = out.subspan(static_cast<std::size_t>(got));
        } else if (got == 0 || errno != EINTR) {
            throw std::system_error{got == 0 ? EIO : errno, std::generic_category(), "getrandom"};
        }
    }
#elif defined(_WIN32)
    // Non-deterministic and fit for cryptography, as the standard libraries for Windows document it; BCrypt
    // would make every user of a header-only library link one more import library.
    std::random_device device;
    for (auto& byte : out) {
        byte = static_cast<unsigned char>(device() & 0xFFU);
    }
#else
    ::arc4random_buf(out.data(), out.size());
#endif
}

FANFARE_DECL std::string random_token(std::size_t bytes)
{
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::vector<unsigned char> raw(bytes);
    random_bytes(raw);
    std::string token;
    token.reserve((bytes * 4 + 2) / 3);
    std::uint32_t pending = 0; // at most 6 bits wait between two bytes
    unsigned bits = 0;
    for (const unsigned char byte : raw) {
        pending = (pending << 8) | byte;
        for (bits += 8; bits >= 6; bits -= 6) {
            token += digits[(pending >> (bits - 6)) & 63U];
        }
    }
    if (bits != 0) {
        token += digits[(pending << (6 - bits)) & 63U];
    }
    return token;
}

} // namespace fanfare::detail

#endif

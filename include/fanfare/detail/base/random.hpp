// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_BASE_RANDOM_HPP
#define FANFARE_DETAIL_BASE_RANDOM_HPP

#include <fanfare/config.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace fanfare::detail {

// Fills `out` with bytes that nobody can predict, from the operating system's generator. Thread-safe.
// Throws `std::system_error` if the system has none to give: never falls back to a weaker source.
void random_bytes(std::span<unsigned char> out);

// Whether two secrets are the same. Takes the same time wherever they differ.
inline bool same_secret(std::string_view a, std::string_view b) noexcept
{
    if (a.size() != b.size())
        return false;
    unsigned different = 0;
    for (std::size_t i = 0; i != a.size(); ++i)
        different |= static_cast<unsigned>(static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]));
    return different == 0;
}

// `bytes` random bytes in base64url without padding (RFC 4648 section 5): 4 characters for 3 bytes, rounded up.
// Fit for URLs, cookies and header tokens as it is. Thread-safe; throws as `random_bytes` does.
std::string random_token(std::size_t bytes);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/base/random.ipp>
#endif

#endif

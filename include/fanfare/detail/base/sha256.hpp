// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_BASE_SHA256_HPP
#define FANFARE_DETAIL_BASE_SHA256_HPP

#include <fanfare/config.hpp>

#include <string>
#include <string_view>

namespace fanfare::detail {

/// The SHA-256 (FIPS 180-4) of `text`, 64 characters of lower-case hexadecimal: OpenSSL's where the library is built
/// with it, else Boost.Hash2's, which Boost has from 1.88 on. Thread-safe; throws `std::bad_alloc` only.
std::string sha256_hex(std::string_view text);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/base/sha256.ipp>
#endif

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_JWT_SIGNATURE_HPP
#define FANFARE_DETAIL_JWT_SIGNATURE_HPP

#include <fanfare/auth/jwt_algorithm.hpp>
#include <fanfare/config.hpp>
#include <fanfare/detail/jwt/key.hpp>

#include <string_view>

namespace fanfare::detail {

/// Whether `signature` is the key's for `input` (RFC 7518 section 3, RFC 8037 section 3.1). The key must have the
/// algorithm in its own. A signature has exactly the length that its algorithm and key give it. HMACs are compared in a
/// time that tells nothing.
/// Leaves nothing in OpenSSL's queue of errors. Throws `std::bad_alloc` if OpenSSL has no memory. Thread-safe.
bool is_signed(const jwt_key& key, jwt_algorithm algorithm, std::string_view input, std::string_view signature);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/jwt/signature.ipp>
#endif

#endif

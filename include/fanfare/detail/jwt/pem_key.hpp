// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_JWT_PEM_KEY_HPP
#define FANFARE_DETAIL_JWT_PEM_KEY_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/jwt/key.hpp>

#include <string_view>

namespace fanfare::detail {

/// From PEM: a public key, or a certificate, and nothing behind it. Throws `std::runtime_error` that says in words why
/// there is no such key.
jwt_key make_pem_key(std::string_view text);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/jwt/pem_key.ipp>
#endif

#endif

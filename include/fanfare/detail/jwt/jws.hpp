// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_JWT_JWS_HPP
#define FANFARE_DETAIL_JWT_JWS_HPP

#include <fanfare/auth/jwt_algorithm.hpp>
#include <fanfare/auth/jwt_error.hpp>
#include <fanfare/config.hpp>

#include <boost/json/object.hpp>
#include <boost/system/result.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace fanfare::detail {

inline constexpr std::size_t max_jwt_depth = 16;
inline constexpr std::size_t max_key_id_size = 256;

/// A JWS in the compact form (RFC 7515 section 7.1), taken apart; nothing of it has been verified.
struct jws {
    std::string_view input; // what was signed: into the token
    jwt_algorithm algorithm{};
    std::optional<std::string> key_id{}; // `kid`
    std::string type{};                  // `typ`
    std::string payload{};
    std::string signature{};
};

/// Takes a token apart. Keys in its header (`jwk`, `jku`, `x5c`, `x5u`) are never looked at: whoever forges a token
/// chooses them.
/// Errors: `jwt_error`. Thread-safe.
boost::system::result<jws> parse_jws(std::string_view token);

/// Whether two values of `typ` or `cty` are the same: case does not matter, nor does `application/` (RFC 7515 sections
/// 4.1.9 and 4.1.10).
bool is_media_type(std::string_view value, std::string_view name) noexcept;

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/jwt/jws.ipp>
#endif

#endif

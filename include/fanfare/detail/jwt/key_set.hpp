// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_JWT_KEY_SET_HPP
#define FANFARE_DETAIL_JWT_KEY_SET_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/jwt/jws.hpp>
#include <fanfare/detail/jwt/key.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fanfare::detail {

inline constexpr std::size_t max_jwks_size = 256 * 1024, max_jwks_keys = 100, max_key_tries = 8;

/// Keys that tokens may be signed with. Never changes once it is made.
struct jwt_key_set {
    std::vector<jwt_key> keys{};
    std::vector<std::string> skipped{}; // why keys of a JWKS are not among them

    /// Checks the signature of a token: nothing, if it is that of a key here; else `unknown_key` or `bad_signature`.
    error_code check(const jws& token) const;
};

/// Which keys of a set are taken: `oct` is a secret.
enum class jwks_kinds : bool { public_keys, all };

/// Reads a JWK Set (RFC 7517 section 5). Throws `system_error` (`invalid_config`), which names what was wrong, and
/// `where` it was read.
std::shared_ptr<const jwt_key_set> parse_jwks(std::string_view text, const std::string& where = {},
                                              jwks_kinds kinds = jwks_kinds::all);

/// Throws `system_error` with `invalid_config` and this sentence.
[[noreturn]] void fail_jwt_config(const std::string& why);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/jwt/key_set.ipp>
#endif

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_AUTH_JWT_ALGORITHM_HPP
#define FANFARE_AUTH_JWT_ALGORITHM_HPP

#include <fanfare/config.hpp>

#include <optional>
#include <string_view>

namespace fanfare {

/// How a JWT may be signed: the values of `alg` (RFC 7518 section 3.1, RFC 8037 section 3.1) that are known here. There
/// is no `none`.
enum class jwt_algorithm : unsigned char {
    hs256, ///< HMAC with SHA-256: whoever can check such a token can issue one, too.
    hs384, ///< HMAC with SHA-384.
    hs512, ///< HMAC with SHA-512.
    rs256, ///< RSASSA-PKCS1-v1_5 with SHA-256.
    rs384, ///< RSASSA-PKCS1-v1_5 with SHA-384.
    rs512, ///< RSASSA-PKCS1-v1_5 with SHA-512.
    ps256, ///< RSASSA-PSS with SHA-256 and a salt of 32 bytes.
    ps384, ///< RSASSA-PSS with SHA-384 and a salt of 48 bytes.
    ps512, ///< RSASSA-PSS with SHA-512 and a salt of 64 bytes.
    es256, ///< ECDSA on P-256 with SHA-256.
    es384, ///< ECDSA on P-384 with SHA-384.
    es512, ///< ECDSA on P-521 with SHA-512.
    eddsa, ///< Ed25519 or Ed448, as the key is.
};

/// The value of `alg`, such as `RS256`. Thread-safe, does not throw.
constexpr std::string_view to_string(jwt_algorithm algorithm) noexcept
{
    constexpr std::string_view names[] = {"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256",
                                          "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"};
    return names[static_cast<unsigned>(algorithm)];
}

/// The algorithm that a value of `alg` names; case matters (RFC 7515 section 4.1.1). Thread-safe, does not throw.
constexpr std::optional<jwt_algorithm> jwt_algorithm_named(std::string_view name) noexcept
{
    for (unsigned i = 0; i <= static_cast<unsigned>(jwt_algorithm::eddsa); ++i)
        if (to_string(static_cast<jwt_algorithm>(i)) == name)
            return static_cast<jwt_algorithm>(i);
    return std::nullopt;
}

} // namespace fanfare

#endif

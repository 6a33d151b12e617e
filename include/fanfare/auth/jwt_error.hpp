// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_AUTH_JWT_ERROR_HPP
#define FANFARE_AUTH_JWT_ERROR_HPP

#include <fanfare/config.hpp>

#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>

#include <type_traits>

namespace fanfare {

/// Why a token is not taken. Its message is what a client is told: it names what was wrong, and nothing of the token.
///
/// What is said of claims is said of tokens with a good signature only.
enum class jwt_error {
    malformed = 1, ///< Not three parts in base64url, the first two of them JSON objects whose names are unique.
    too_large,     ///< More bytes than `jwt_options::max_token_bytes`.
    encrypted,     ///< A JWE (RFC 7516): five parts, or `enc` in the header.
    unsupported_algorithm, ///< `alg` is `none`, or nothing that is known here.
    unsupported_header,    ///< `crit`, `b64` or `zip` in the header (RFC 7515 section 4.1.11, RFC 7797 section 3).
    nested,                ///< A token within a token: `cty` is `JWT` (RFC 7519 section 5.2).
    wrong_type,            ///< `typ` is not `jwt_options::type`, or what that takes when empty.
    unknown_key,           ///< There is no key for its `kid` and `alg`.
    bad_signature,         ///< The signature is not that of a key which it might be of.
    bad_claim,        ///< A registered claim has a value that it cannot have, or one that is needed is missing.
    no_expiry,        ///< There is no `exp`.
    expired,          ///< `exp` has passed.
    not_yet_valid,    ///< `nbf` has not come.
    issued_in_future, ///< `iat` has not come.
    wrong_issuer,     ///< `iss` is not one of `jwt_options::issuers`.
    wrong_audience,   ///< `aud` names none of `jwt_options::audiences`.
    bad_user,         ///< It names no user, or what no user can be called.
    bad_rooms,        ///< The rooms are not a list of names, or are too many, or another user's own.
    not_accepted,     ///< `jwt_options::make_identity` has made nothing of it.
    keys_unavailable, ///< The key could not be asked for: the source has failed, or too many tokens wait for it.
};

/// The category of `fanfare::jwt_error`, "fanfare.jwt". Thread-safe, does not throw.
const boost::system::error_category& jwt_error_category() noexcept;

/// Makes an `error_code` of a `jwt_error`. Thread-safe, does not throw.
error_code make_error_code(jwt_error e) noexcept;

} // namespace fanfare

namespace boost::system {
template <>
struct is_error_code_enum<fanfare::jwt_error> : std::true_type {};
} // namespace boost::system

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/auth/jwt_error.ipp>
#endif

#endif

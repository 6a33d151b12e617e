// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_JWT_TEST_TOKENS_HPP
#define FANFARE_TESTS_JWT_TEST_TOKENS_HPP

#include "jwt/test_keys.hpp"

#include <string>
#include <string_view>

namespace fanfare::test {

// Tokens as an issuer makes them, with OpenSSL, and with nothing of the library's: what it takes is not only what it
// thinks.

std::string base64url(std::string_view bytes);

// The signature of `input`: with a private key for RS, PS, ES and EdDSA; with the secret for HS.
std::string sign(const test_key& key, std::string_view algorithm, std::string_view input);
std::string sign(std::string_view secret, std::string_view algorithm, std::string_view input);
// PSS with a salt of another length than the hash.
std::string sign_pss_with_salt(const test_key& key, int salt, std::string_view input);

// A header and claims, JSON texts, and the signature that `algorithm` makes of them, whatever the header says.
template <class Key>
std::string signed_token(const Key& key, std::string_view algorithm, std::string_view header,
                         std::string_view claims)
{
    const auto input = base64url(header) + "." + base64url(claims);
    return input + "." + base64url(sign(key, algorithm, input));
}

// The same with the plain header of that algorithm.
template <class Key>
std::string token(const Key& key, std::string_view algorithm, std::string_view claims)
{
    return signed_token(key, algorithm, R"({"alg":")" + std::string{algorithm} + R"("})", claims);
}

// A key set of keys, each with a name and more members (`"use":"sig"`, say).
std::string jwk(const test_key& key, std::string_view kid, std::string_view more = {});
std::string oct_jwk(std::string_view secret, std::string_view kid, std::string_view more = {});

template <class... Keys>
std::string jwks(const Keys&... keys)
{
    std::string list;
    ((list += (list.empty() ? "" : ",") + std::string{keys}), ...);
    return R"({"keys":[)" + list + "]}";
}

} // namespace fanfare::test

#endif

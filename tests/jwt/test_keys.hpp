// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_JWT_TEST_KEYS_HPP
#define FANFARE_TESTS_JWT_TEST_KEYS_HPP

#include <string>
#include <string_view>

namespace fanfare::test {

// A pair of keys: PEM, and the public one as a JWK without a name.
struct test_key {
    std::string private_pem;
    std::string public_pem;
    std::string jwk;
};

extern const test_key rsa_key, other_rsa_key, p256_key, p384_key, p521_key, ed25519_key, ed448_key;
extern const test_key short_rsa_key;           // 1024 bits
extern const std::string rsa_public_key_pkcs1; // that of `rsa_key` in the other form
extern const std::string rsa_certificate;      // of `rsa_key`; its dates have passed
extern const std::string secp256k1_public_key; // a curve that no algorithm here has

inline const std::string hmac_secret(64, 's');

} // namespace fanfare::test

#endif

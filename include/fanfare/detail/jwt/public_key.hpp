// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_JWT_PUBLIC_KEY_HPP
#define FANFARE_DETAIL_JWT_PUBLIC_KEY_HPP

#include <fanfare/auth/jwt_algorithm.hpp>
#include <fanfare/config.hpp>

#include <cstddef>
#include <memory>
#include <openssl/evp.h>
#include <string>
#include <string_view>

#if OPENSSL_VERSION_NUMBER < 0x10101000L
#error "Fanfare needs OpenSSL 1.1.1 or later"
#endif

namespace fanfare::detail {

struct evp_key_deleter {
    void operator()(EVP_PKEY* p) const noexcept { EVP_PKEY_free(p); }
};
using evp_key = std::unique_ptr<EVP_PKEY, evp_key_deleter>;

/// The DER of the AlgorithmIdentifier of RSA: 1.2.840.113549.1.1.1 and NULL (RFC 3279 section 2.3.1).
inline constexpr std::string_view rsa_identifier{"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00",
                                                 15};

struct jwt_curve {
    std::string_view name;
    std::size_t coordinate; // bytes
    jwt_algorithm algorithm;
    std::string_view identifier; // the DER of the AlgorithmIdentifier (RFC 5480 section 2.1.1)
};

// 1.2.840.10045.2.1, with 1.2.840.10045.3.1.7, 1.3.132.0.34 and 1.3.132.0.35.
inline constexpr jwt_curve jwt_curves[] = {
    {"P-256",
     32,
     jwt_algorithm::es256,
     {"\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", 21}},
    {"P-384",
     48,
     jwt_algorithm::es384,
     {"\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22", 18}},
    {"P-521",
     66,
     jwt_algorithm::es512,
     {"\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x23", 18}},
};

/// Throws `std::runtime_error` that says why a key is not taken, and leaves OpenSSL's queue of errors empty.
[[noreturn]] void refuse_key(const std::string& why);

// All that follow call `refuse_key`. Wherever a key comes from, the same is asked of it.

/// Of the DER of a SubjectPublicKeyInfo, all of it.
evp_key read_public_key(std::string_view der);
/// The modulus and the exponent of an RSA key, the most significant byte first, without zeros at the front.
void check_rsa_numbers(std::string_view modulus, std::string_view exponent);
/// The length of an RSA key, and its numbers.
void check_rsa_key(const EVP_PKEY& key);
/// That the point of an EC key is on its curve, and not at infinity.
void check_ec_key(EVP_PKEY& key);
/// That the point of an Ed25519 or Ed448 key is not one of the few of small order: with those anybody could sign.
void check_edwards_key(const EVP_PKEY& key);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/jwt/public_key.ipp>
#endif

#endif

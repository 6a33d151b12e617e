// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_JWT_KEY_IPP
#define FANFARE_DETAIL_JWT_KEY_IPP

#include <fanfare/detail/jwt/der.hpp>
#include <fanfare/detail/jwt/key.hpp>

#include <utility>

namespace fanfare::detail {

// ---- shared secrets

FANFARE_DECL jwt_key make_secret_key(std::string_view secret)
{
    jwt_key key{.kind = "oct", .secret = secret_bytes{secret}};
    if (secret.size() < 32)
        refuse_key("the secret has " + std::to_string(secret.size()) + " bytes, HS256 needs 32");
    key.algorithms.add(jwt_algorithm::hs256);
    if (secret.size() >= 48)
        key.algorithms.add(jwt_algorithm::hs384);
    if (secret.size() >= 64)
        key.algorithms.add(jwt_algorithm::hs512);
    return key;
}

// ---- public keys

FANFARE_DECL jwt_key make_rsa_key(std::string_view modulus, std::string_view exponent)
{
    const auto n = without_zeros(modulus), e = without_zeros(exponent);
    check_rsa_numbers(n, e);
    jwt_key key{.kind = "RSA"};
    key.public_key =
        read_public_key(der_public_key(rsa_identifier, der_sequence(der_integer(n) + der_integer(e))));
    check_rsa_key(*key.public_key);
    using enum jwt_algorithm;
    key.algorithms = {rs256, rs384, rs512, ps256, ps384, ps512};
    return key;
}

FANFARE_DECL jwt_key make_ec_key(std::string_view curve, std::string_view x, std::string_view y)
{
    for (const auto& known : jwt_curves) {
        if (known.name != curve)
            continue;
        if (x.size() != known.coordinate || y.size() != known.coordinate)
            refuse_key("a coordinate of the EC key has not the length of its curve");
        std::string point = "\x04"; // uncompressed (SEC 1 section 2.3.3)
        point += x;
        point += y;
        jwt_key key{.kind = "EC"};
        key.public_key = read_public_key(der_public_key(known.identifier, point));
        check_ec_key(*key.public_key);
        key.algorithms.add(known.algorithm);
        return key;
    }
    refuse_key("the curve of the EC key is not known");
}

FANFARE_DECL jwt_key make_edwards_key(std::string_view curve, std::string_view x)
{
    const int type = curve == "Ed25519" ? EVP_PKEY_ED25519 : curve == "Ed448" ? EVP_PKEY_ED448 : EVP_PKEY_NONE;
    if (type == EVP_PKEY_NONE)
        refuse_key("the curve of the OKP key is not known");
    jwt_key key{.kind = "OKP"};
    key.public_key.reset(
        EVP_PKEY_new_raw_public_key(type, nullptr, reinterpret_cast<const unsigned char*>(x.data()), x.size()));
    if (!key.public_key)
        refuse_key("OpenSSL cannot read the key");
    check_edwards_key(*key.public_key);
    key.algorithms.add(jwt_algorithm::eddsa);
    return key;
}

} // namespace fanfare::detail

#endif

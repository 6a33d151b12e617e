// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_JWT_SIGNATURE_IPP
#define FANFARE_DETAIL_JWT_SIGNATURE_IPP

#include <fanfare/detail/jwt/der.hpp>
#include <fanfare/detail/jwt/signature.hpp>

#include <cstddef>
#include <memory>
#include <new>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>
#include <string>

namespace fanfare::detail {

struct evp_md_ctx_deleter {
    void operator()(EVP_MD_CTX* p) const noexcept { EVP_MD_CTX_free(p); }
};

inline const unsigned char* octets(std::string_view text) noexcept
{
    return reinterpret_cast<const unsigned char*>(text.data());
}

// Null where the algorithm has none of its own.
inline const EVP_MD* hash_of(jwt_algorithm algorithm) noexcept
{
    using enum jwt_algorithm;
    switch (algorithm) {
    case hs256:
    case rs256:
    case ps256:
    case es256: return EVP_sha256();
    case hs384:
    case rs384:
    case ps384:
    case es384: return EVP_sha384();
    case hs512:
    case rs512:
    case ps512:
    case es512: return EVP_sha512();
    case eddsa: break;
    }
    return nullptr;
}

// What ECDSA's signatures have for one of their two numbers (RFC 7518 section 3.4); 0 for other algorithms.
inline std::size_t ecdsa_number_size(jwt_algorithm algorithm) noexcept
{
    using enum jwt_algorithm;
    return algorithm == es256 ? 32 : algorithm == es384 ? 48 : algorithm == es512 ? 66 : 0;
}

inline bool is_hmac(const jwt_key& key, jwt_algorithm algorithm, std::string_view input,
                    std::string_view signature)
{
    const auto secret = key.secret.view();
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (!HMAC(hash_of(algorithm), secret.data(), static_cast<int>(secret.size()), octets(input), input.size(), mac,
              &size))
        throw std::bad_alloc{};
    return signature.size() == size && CRYPTO_memcmp(mac, signature.data(), size) == 0;
}

// The signature as OpenSSL wants it. Empty if it can be none.
inline std::string signature_for_openssl(const jwt_key& key, jwt_algorithm algorithm, std::string_view signature)
{
    if (const auto size = ecdsa_number_size(algorithm)) {
        if (signature.size() != 2 * size)
            return {};
        const auto r = without_zeros(signature.substr(0, size)), s = without_zeros(signature.substr(size));
        // No signature has a 0 (FIPS 186-5 section 6.4.2): readers that forgot it took any token.
        if (r.empty() || s.empty())
            return {};
        return der_sequence(der_integer(r) + der_integer(s));
    }
    // As long as the modulus (RFC 8017 section 8.1.2): OpenSSL takes one whose zeros have been left out.
    if (algorithm != jwt_algorithm::eddsa &&
        signature.size() != static_cast<std::size_t>(EVP_PKEY_size(key.public_key.get())))
        return {};
    return std::string{signature};
}

inline bool is_pss(jwt_algorithm algorithm) noexcept
{
    using enum jwt_algorithm;
    return algorithm == ps256 || algorithm == ps384 || algorithm == ps512;
}

// False if the key cannot be used so.
inline bool prepare(EVP_MD_CTX& context, const jwt_key& key, jwt_algorithm algorithm)
{
    const auto* hash = hash_of(algorithm);
    EVP_PKEY_CTX* how = nullptr; // owned by the context
    if (EVP_DigestVerifyInit(&context, &how, hash, nullptr, key.public_key.get()) != 1)
        return false;
    if (!is_pss(algorithm))
        return true;
    return EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(how, hash) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(how, RSA_PSS_SALTLEN_DIGEST) == 1;
}

FANFARE_DECL bool is_signed(const jwt_key& key, jwt_algorithm algorithm, std::string_view input,
                            std::string_view signature)
{
    if (!key.algorithms.has(algorithm))
        return false;
    if (!key.public_key)
        return is_hmac(key, algorithm, input, signature);
    const auto given = signature_for_openssl(key, algorithm, signature);
    if (given.empty())
        return false;
    const std::unique_ptr<EVP_MD_CTX, evp_md_ctx_deleter> context{EVP_MD_CTX_new()};
    if (!context)
        throw std::bad_alloc{};
    const bool good =
        prepare(*context, key, algorithm) &&
        EVP_DigestVerify(context.get(), octets(given), given.size(), octets(input), input.size()) == 1;
    ERR_clear_error(); // a TLS connection of this thread would take it for its own
    return good;
}

} // namespace fanfare::detail

#endif

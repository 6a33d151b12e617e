// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_JWT_PUBLIC_KEY_IPP
#define FANFARE_DETAIL_JWT_PUBLIC_KEY_IPP

#include <fanfare/detail/jwt/public_key.hpp>

#include <algorithm>
#include <new>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdexcept>
#include <vector>

#if OPENSSL_VERSION_NUMBER >= 0x30000000L
#include <openssl/core_names.h>
#else
#include <openssl/rsa.h>
#endif

namespace fanfare::detail {

[[noreturn]] FANFARE_DECL void refuse_key(const std::string& why)
{
    ERR_clear_error(); // or the next user of OpenSSL in this thread would find it
    throw std::runtime_error{why};
}

FANFARE_DECL evp_key read_public_key(std::string_view der)
{
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    const auto* const end = at + der.size();
    evp_key key{d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size()))};
    if (!key || at != end)
        refuse_key("OpenSSL cannot read the key");
    return key;
}

// ---- RSA

FANFARE_DECL void check_rsa_numbers(std::string_view modulus, std::string_view exponent)
{
    const auto is_odd = [](std::string_view number) {
        return !number.empty() && (static_cast<unsigned char>(number.back()) & 1) != 0;
    };
    // With 1 anybody could sign. Longer ones than 64 bits only make the check slow.
    if (!is_odd(exponent) || exponent == "\x01" || exponent.size() > 8)
        refuse_key("the exponent of the RSA key is none that can be used");
    if (!is_odd(modulus))
        refuse_key("the modulus of the RSA key is none that can be used");
}

inline std::string bytes_of_number(const BIGNUM& number)
{
    std::string out(static_cast<std::size_t>(BN_num_bytes(&number)), '\0');
    BN_bn2bin(&number, reinterpret_cast<unsigned char*>(out.data()));
    return out;
}

FANFARE_DECL void check_rsa_key(const EVP_PKEY& key)
{
    // Above, a check takes so long that a flood of tokens would keep a server busy.
    constexpr int least = 2048, most = 8192;
    const int bits = EVP_PKEY_bits(&key);
    if (bits < least || bits > most)
        refuse_key("the RSA key has " + std::to_string(bits) + " bits, from 2048 to 8192 are allowed");
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
    struct freer {
        void operator()(BIGNUM* p) const noexcept { BN_free(p); }
    };
    BIGNUM *n = nullptr, *e = nullptr;
    EVP_PKEY_get_bn_param(&key, OSSL_PKEY_PARAM_RSA_N, &n);
    const std::unique_ptr<BIGNUM, freer> owned_n{n};
    EVP_PKEY_get_bn_param(&key, OSSL_PKEY_PARAM_RSA_E, &e);
    const std::unique_ptr<BIGNUM, freer> owned_e{e};
#else
    const BIGNUM *n = nullptr, *e = nullptr;
    RSA_get0_key(static_cast<const RSA*>(EVP_PKEY_get0(&key)), &n, &e, nullptr);
#endif
    if (!n || !e)
        refuse_key("OpenSSL cannot read the key");
    check_rsa_numbers(bytes_of_number(*n), bytes_of_number(*e));
}

// ---- curves

FANFARE_DECL void check_ec_key(EVP_PKEY& key)
{
    struct freer {
        void operator()(EVP_PKEY_CTX* p) const noexcept { EVP_PKEY_CTX_free(p); }
    };
    const std::unique_ptr<EVP_PKEY_CTX, freer> context{EVP_PKEY_CTX_new(&key, nullptr)};
    if (!context)
        throw std::bad_alloc{};
    if (EVP_PKEY_public_check(context.get()) != 1)
        refuse_key("the point of the EC key is none that a key can have");
}

// Those of the field's numbers, the least significant byte first, that are the y of a point whose order divides 8 on
// edwards25519, or 4 on edwards448 (RFC 8032 sections 5.1 and 5.2), in any of their forms: the sign of x is left out.
inline std::vector<std::string> small_order_points(std::size_t size)
{
    const bool is_25519 = size == 32;
    // p is 2^255 - 19, or 2^448 - 2^224 - 1: with one more byte there, for the sign.
    std::string p(size, '\xff');
    p.front() = is_25519 ? '\xed' : '\xff';
    p.back() = is_25519 ? '\x7f' : '\0';
    if (!is_25519)
        p[28] = '\xfe';
    const std::string zero(size, '\0');
    auto one = zero, before_p = p, after_p = p;
    one.front() = '\x01';
    before_p.front() = static_cast<char>(p.front() - 1);
    after_p.front() = static_cast<char>(p.front() + 1);
    if (!is_25519) { // 2^448 - 2^224
        std::fill_n(after_p.begin(), 28, '\0');
        after_p[28] = '\xff';
    }
    std::vector<std::string> out{zero, one, before_p, p, after_p};
    if (is_25519) // the two of order 8
        for (const auto* y : {"\x26\xe8\x95\x8f\xc2\xb2\x27\xb0\x45\xc3\xf4\x89\xf2\xef\x98\xf0"
                              "\xd5\xdf\xac\x05\xd3\xc6\x33\x39\xb1\x38\x02\x88\x6d\x53\xfc\x05",
                              "\xc7\x17\x6a\x70\x3d\x4d\xd8\x4f\xba\x3c\x0b\x76\x0d\x10\x67\x0f"
                              "\x2a\x20\x53\xfa\x2c\x39\xcc\xc6\x4e\xc7\xfd\x77\x92\xac\x03\x7a"})
            out.emplace_back(y, 32);
    return out;
}

FANFARE_DECL void check_edwards_key(const EVP_PKEY& key)
{
    std::string point(57, '\0'); // the longer of the two
    std::size_t size = point.size();
    if (EVP_PKEY_get_raw_public_key(&key, reinterpret_cast<unsigned char*>(point.data()), &size) != 1)
        refuse_key("OpenSSL cannot read the key");
    point.resize(size);
    point.back() = static_cast<char>(point.back() & 0x7f);
    const auto small = small_order_points(size);
    if (std::find(small.begin(), small.end(), point) != small.end())
        refuse_key("the point of the OKP key is one of small order, with which anybody could sign");
}

} // namespace fanfare::detail

#endif

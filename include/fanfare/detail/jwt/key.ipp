// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_JWT_KEY_IPP
#define FANFARE_DETAIL_JWT_KEY_IPP

#include <fanfare/detail/jwt/der.hpp>
#include <fanfare/detail/jwt/key.hpp>

#include <initializer_list>
#include <new>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdexcept>
#include <utility>

namespace fanfare::detail {

[[noreturn]] inline void refuse_key(const std::string& why)
{
    ERR_clear_error(); // or the next user of OpenSSL in this thread would find it
    throw std::runtime_error{why};
}

inline jwt_algorithms algorithms_of(std::initializer_list<jwt_algorithm> list)
{
    jwt_algorithms out;
    for (const auto one : list)
        out.add(one);
    return out;
}

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

// Of the DER of a SubjectPublicKeyInfo, all of it. OpenSSL checks that a point is on its curve.
inline evp_key read_public_key(std::string_view der)
{
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    const auto* const end = at + der.size();
    evp_key key{d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size()))};
    if (!key || at != end)
        refuse_key("OpenSSL cannot read the key");
    return key;
}

// The DER of the AlgorithmIdentifier: 1.2.840.113549.1.1.1 and NULL (RFC 3279 section 2.3.1).
inline constexpr std::string_view rsa_identifier{"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00",
                                                 15};

inline void check_rsa_size(const EVP_PKEY& key)
{
    // Above, a check takes so long that a flood of tokens would keep a server busy.
    constexpr int least = 2048, most = 8192;
    const int bits = EVP_PKEY_bits(&key);
    if (bits < least || bits > most)
        refuse_key("the RSA key has " + std::to_string(bits) + " bits, from 2048 to 8192 are allowed");
}

FANFARE_DECL jwt_key make_rsa_key(std::string_view modulus, std::string_view exponent)
{
    const auto n = without_zeros(modulus), e = without_zeros(exponent);
    // With 1 anybody could sign. Longer ones than 64 bits only make the check slow.
    if (e.size() > 8 || e.empty() || e == "\x01" || (static_cast<unsigned char>(e.back()) & 1) == 0)
        refuse_key("the exponent of the RSA key is none that can be used");
    if (n.empty() || (static_cast<unsigned char>(n.back()) & 1) == 0)
        refuse_key("the modulus of the RSA key is none that can be used");
    jwt_key key{.kind = "RSA"};
    key.public_key =
        read_public_key(der_public_key(rsa_identifier, der_sequence(der_integer(n) + der_integer(e))));
    check_rsa_size(*key.public_key);
    using enum jwt_algorithm;
    key.algorithms = algorithms_of({rs256, rs384, rs512, ps256, ps384, ps512});
    return key;
}

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
    key.algorithms.add(jwt_algorithm::eddsa);
    return key;
}

// ---- PEM

struct openssl_freer {
    void operator()(BIO* p) const noexcept { BIO_free(p); }
    void operator()(X509* p) const noexcept { X509_free(p); }
    void operator()(char* p) const noexcept { OPENSSL_free(p); }
    void operator()(unsigned char* p) const noexcept { OPENSSL_free(p); }
};

struct pem_block {
    std::string label;
    std::string content;
};

// The only block of a text.
inline pem_block read_pem(std::string_view text)
{
    constexpr std::size_t most = 64 * 1024;
    if (text.size() > most)
        refuse_key("the PEM text is longer than 64 KiB");
    const std::unique_ptr<BIO, openssl_freer> bio{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
    if (!bio)
        throw std::bad_alloc{};
    char *label = nullptr, *header = nullptr;
    unsigned char* content = nullptr;
    long size = 0;
    if (PEM_read_bio(bio.get(), &label, &header, &content, &size) != 1)
        refuse_key("there is no PEM in the text");
    const std::unique_ptr<char, openssl_freer> owned_label{label}, owned_header{header};
    const std::unique_ptr<unsigned char, openssl_freer> owned_content{content};
    pem_block out{label, {reinterpret_cast<const char*>(content), static_cast<std::size_t>(size)}};
    if (out.label.find("PRIVATE") != std::string::npos) {
        OPENSSL_cleanse(content, static_cast<std::size_t>(size));
        OPENSSL_cleanse(out.content.data(), out.content.size());
        refuse_key("this is a private key: whoever only checks tokens should not have it");
    }
    return out;
}

inline evp_key key_of_certificate(std::string_view der)
{
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    const std::unique_ptr<X509, openssl_freer> certificate{d2i_X509(nullptr, &at, static_cast<long>(der.size()))};
    evp_key key{certificate ? X509_get_pubkey(certificate.get()) : nullptr};
    if (!key)
        refuse_key("OpenSSL cannot read the certificate");
    return key;
}

// The name of an EC key's curve, by the DER of the key: what OpenSSL has for that differs between its versions.
inline const jwt_curve& curve_of(EVP_PKEY& key)
{
    unsigned char* der = nullptr;
    const int size = i2d_PUBKEY(&key, &der);
    const std::unique_ptr<unsigned char, openssl_freer> owned{der};
    const std::string_view all{reinterpret_cast<const char*>(der), size > 0 ? static_cast<std::size_t>(size) : 0U};
    for (const auto& known : jwt_curves)
        if (all.find(known.identifier) < 4) // behind the tag and the length of the whole
            return known;
    refuse_key("the curve of the EC key is not known");
}

FANFARE_DECL jwt_key make_pem_key(std::string_view text)
{
    const auto block = read_pem(text);
    jwt_key key;
    if (block.label == PEM_STRING_PUBLIC)
        key.public_key = read_public_key(block.content);
    else if (block.label == PEM_STRING_RSA_PUBLIC) // RFC 8017 appendix A.1.1
        key.public_key = read_public_key(der_public_key(rsa_identifier, block.content));
    else if (block.label == PEM_STRING_X509)
        key.public_key = key_of_certificate(block.content);
    else
        refuse_key("the PEM is neither a public key nor a certificate");

    using enum jwt_algorithm;
    switch (EVP_PKEY_base_id(key.public_key.get())) {
    case EVP_PKEY_RSA:
        check_rsa_size(*key.public_key);
        key.kind = "RSA";
        key.algorithms = algorithms_of({rs256, rs384, rs512, ps256, ps384, ps512});
        return key;
    case EVP_PKEY_RSA_PSS:
        check_rsa_size(*key.public_key);
        key.kind = "RSA";
        key.algorithms = algorithms_of({ps256, ps384, ps512});
        return key;
    case EVP_PKEY_EC:
        key.kind = "EC";
        key.algorithms.add(curve_of(*key.public_key).algorithm);
        return key;
    case EVP_PKEY_ED25519:
    case EVP_PKEY_ED448:
        key.kind = "OKP";
        key.algorithms.add(eddsa);
        return key;
    default: refuse_key("the key is of a kind that cannot be used");
    }
}

} // namespace fanfare::detail

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_JWT_PEM_KEY_IPP
#define FANFARE_DETAIL_JWT_PEM_KEY_IPP

#include <fanfare/detail/jwt/der.hpp>
#include <fanfare/detail/jwt/pem_key.hpp>

#include <cstddef>
#include <memory>
#include <new>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string>

namespace fanfare::detail {

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

// A text with one block. Behind a public key its private one may stand, and of two keys one would silently not be used.
inline void check_pem(std::string_view text)
{
    constexpr std::size_t most = 64 * 1024;
    constexpr std::string_view begin = "-----BEGIN ";
    if (text.size() > most)
        refuse_key("the PEM text is longer than 64 KiB");
    const auto first = text.find(begin);
    if (first == std::string_view::npos)
        refuse_key("there is no PEM in the text");
    if (text.find(begin, first + begin.size()) != std::string_view::npos)
        refuse_key("the PEM text has more than one block");
}

inline pem_block read_pem(std::string_view text)
{
    check_pem(text);
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

inline evp_key key_of(const pem_block& block)
{
    if (block.label == PEM_STRING_PUBLIC)
        return read_public_key(block.content);
    if (block.label == PEM_STRING_RSA_PUBLIC) // RFC 8017 appendix A.1.1
        return read_public_key(der_public_key(rsa_identifier, block.content));
    if (block.label == PEM_STRING_X509)
        return key_of_certificate(block.content);
    refuse_key("the PEM is neither a public key nor a certificate");
}

FANFARE_DECL jwt_key make_pem_key(std::string_view text)
{
    jwt_key key;
    key.public_key = key_of(read_pem(text));
    using enum jwt_algorithm;
    switch (EVP_PKEY_base_id(key.public_key.get())) {
    case EVP_PKEY_RSA:
        check_rsa_key(*key.public_key);
        key.kind = "RSA";
        key.algorithms = {rs256, rs384, rs512, ps256, ps384, ps512};
        return key;
    case EVP_PKEY_RSA_PSS:
        check_rsa_key(*key.public_key);
        key.kind = "RSA";
        key.algorithms = {ps256, ps384, ps512};
        return key;
    case EVP_PKEY_EC:
        key.kind = "EC";
        key.algorithms.add(curve_of(*key.public_key).algorithm);
        check_ec_key(*key.public_key);
        return key;
    case EVP_PKEY_ED25519:
    case EVP_PKEY_ED448:
        check_edwards_key(*key.public_key);
        key.kind = "OKP";
        key.algorithms.add(eddsa);
        return key;
    default: refuse_key("the key is of a kind that cannot be used");
    }
}

} // namespace fanfare::detail

#endif

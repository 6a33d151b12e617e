// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "jwt/test_tokens.hpp"

#include <memory>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdexcept>

namespace fanfare::test {
namespace {

struct deleter {
    void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
    void operator()(EVP_MD_CTX* p) const { EVP_MD_CTX_free(p); }
    void operator()(BIO* p) const { BIO_free(p); }
    void operator()(ECDSA_SIG* p) const { ECDSA_SIG_free(p); }
};

void demand(bool good, const char* what)
{
    if (!good)
        throw std::runtime_error(std::string{"OpenSSL cannot "} + what);
}

const unsigned char* octets(std::string_view text)
{
    return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* octets(std::string& text)
{
    return reinterpret_cast<unsigned char*>(text.data());
}

const EVP_MD* hash_of(std::string_view algorithm)
{
    return algorithm.ends_with("256")   ? EVP_sha256()
           : algorithm.ends_with("384") ? EVP_sha384()
           : algorithm.ends_with("512") ? EVP_sha512()
                                        : nullptr;
}

// Of DER, as OpenSSL writes it, the two numbers at their full length.
std::string raw_ecdsa(std::string_view der, std::string_view algorithm)
{
    const int size = algorithm == "ES256" ? 32 : algorithm == "ES384" ? 48 : 66;
    const auto* at = octets(der);
    const std::unique_ptr<ECDSA_SIG, deleter> read{d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()))};
    demand(read != nullptr, "read its own signature");
    std::string out(static_cast<std::size_t>(2 * size), '\0');
    demand(BN_bn2binpad(ECDSA_SIG_get0_r(read.get()), octets(out), size) == size, "write r");
    demand(BN_bn2binpad(ECDSA_SIG_get0_s(read.get()), octets(out) + size, size) == size, "write s");
    return out;
}

std::string sign_with(const test_key& key, const EVP_MD* hash, int pss_salt, std::string_view input)
{
    const std::unique_ptr<BIO, deleter> bio{
        BIO_new_mem_buf(key.private_pem.data(), static_cast<int>(key.private_pem.size()))};
    const std::unique_ptr<EVP_PKEY, deleter> own{PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr)};
    const std::unique_ptr<EVP_MD_CTX, deleter> context{EVP_MD_CTX_new()};
    EVP_PKEY_CTX* how = nullptr;
    demand(own && EVP_DigestSignInit(context.get(), &how, hash, nullptr, own.get()) == 1, "begin");
    if (pss_salt >= 0)
        demand(EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) == 1 &&
                   EVP_PKEY_CTX_set_rsa_pss_saltlen(how, pss_salt) == 1,
               "use PSS");
    std::size_t size = 0;
    demand(EVP_DigestSign(context.get(), nullptr, &size, octets(input), input.size()) == 1, "tell the length");
    std::string out(size, '\0');
    demand(EVP_DigestSign(context.get(), octets(out), &size, octets(input), input.size()) == 1, "sign");
    out.resize(size);
    return out;
}

} // namespace

std::string base64url(std::string_view bytes)
{
    std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
    const int size = EVP_EncodeBlock(octets(out), octets(bytes), static_cast<int>(bytes.size()));
    out.resize(static_cast<std::size_t>(size));
    while (out.ends_with('='))
        out.pop_back();
    for (auto& c : out)
        c = c == '+' ? '-' : c == '/' ? '_' : c;
    return out;
}

std::string sign(const test_key& key, std::string_view algorithm, std::string_view input)
{
    const auto* hash = hash_of(algorithm);
    auto out = sign_with(key, hash, algorithm.starts_with("PS") ? EVP_MD_size(hash) : -1, input);
    return algorithm.starts_with("ES") ? raw_ecdsa(out, algorithm) : out;
}

std::string sign(std::string_view secret, std::string_view algorithm, std::string_view input)
{
    std::string out(EVP_MAX_MD_SIZE, '\0');
    unsigned size = 0;
    demand(HMAC(hash_of(algorithm), secret.data(), static_cast<int>(secret.size()), octets(input), input.size(),
                octets(out), &size) != nullptr,
           "make an HMAC");
    out.resize(size);
    return out;
}

std::string sign_pss_with_salt(const test_key& key, int salt, std::string_view input)
{
    return sign_with(key, EVP_sha256(), salt, input);
}

std::string jwk(const test_key& key, std::string_view kid, std::string_view more)
{
    auto out = key.jwk.substr(0, key.jwk.size() - 1) + R"(,"kid":")" + std::string{kid} + '"';
    return out + (more.empty() ? "" : ",") + std::string{more} + "}";
}

std::string oct_jwk(std::string_view secret, std::string_view kid, std::string_view more)
{
    auto out = R"({"kty":"oct","k":")" + base64url(secret) + R"(","kid":")" + std::string{kid} + '"';
    return out + (more.empty() ? "" : ",") + std::string{more} + "}";
}

} // namespace fanfare::test

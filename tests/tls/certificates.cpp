// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "tls/certificates.hpp"

#include <cstdio>
#include <cstdlib>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdexcept>

namespace fanfare::test {
namespace {

struct deleter {
    void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
    void operator()(EVP_PKEY_CTX* p) const { EVP_PKEY_CTX_free(p); }
    void operator()(X509* p) const { X509_free(p); }
    void operator()(std::FILE* p) const { std::fclose(p); }
};
using key_ptr = std::unique_ptr<EVP_PKEY, deleter>;
using x509_ptr = std::unique_ptr<X509, deleter>;

void demand(bool good, const char* what)
{
    if (!good)
        throw std::runtime_error(std::string{"OpenSSL cannot "} + what);
}

key_ptr make_key(bool rsa)
{
    const std::unique_ptr<EVP_PKEY_CTX, deleter> how{
        EVP_PKEY_CTX_new_id(rsa ? EVP_PKEY_RSA : EVP_PKEY_EC, nullptr)};
    EVP_PKEY* made = nullptr;
    demand(how && EVP_PKEY_keygen_init(how.get()) == 1, "begin a key");
    if (rsa)
        demand(EVP_PKEY_CTX_set_rsa_keygen_bits(how.get(), 2048) == 1, "set the length");
    else
        demand(EVP_PKEY_CTX_set_ec_paramgen_curve_nid(how.get(), NID_X9_62_prime256v1) == 1, "set the curve");
    demand(EVP_PKEY_keygen(how.get(), &made) == 1, "make a key");
    return key_ptr{made};
}

void add_extension(X509& to, int kind, const std::string& value)
{
    auto* made = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
    demand(made && X509_add_ext(&to, made, -1) == 1, "add an extension");
    X509_EXTENSION_free(made);
}

x509_ptr make_certificate(const std::string& common_name, EVP_PKEY& key, long serial)
{
    x509_ptr made{X509_new()};
    demand(made != nullptr, "make a certificate");
    X509_set_version(made.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), serial);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600L * 24);
    X509_set_pubkey(made.get(), &key);
    const auto* name = reinterpret_cast<const unsigned char*>(common_name.c_str());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8, name, -1, -1, 0);
    return made;
}

template <class Write>
void write_file(const std::filesystem::path& path, Write write)
{
    const std::unique_ptr<std::FILE, deleter> file{std::fopen(path.c_str(), "w")};
    demand(file && write(file.get()) == 1, "write a file");
}

} // namespace

struct test_authority::state {
    key_ptr key;
    x509_ptr certificate;
    long issued = 1;
};

test_authority::test_authority() : state_{std::make_unique<state>()}
{
    auto name = (std::filesystem::temp_directory_path() / "fanfare_tls_XXXXXX").string();
    demand(::mkdtemp(name.data()) != nullptr, "get a directory");
    directory_ = name;
    state_->key = make_key(false);
    state_->certificate = make_certificate("test authority", *state_->key, 1);
    auto& own = *state_->certificate;
    X509_set_issuer_name(&own, X509_get_subject_name(&own));
    add_extension(own, NID_basic_constraints, "critical,CA:TRUE");
    demand(X509_sign(&own, state_->key.get(), EVP_sha256()) != 0, "sign");
    write_file(ca_file(), [&](std::FILE* f) { return PEM_write_X509(f, &own); });
}

test_authority::~test_authority()
{
    std::error_code ignored; // the system's own cleaning comes for it
    std::filesystem::remove_all(directory_, ignored);
}

test_authority::files test_authority::issue(const std::string& name, const std::string& common_name,
                                            const std::vector<std::string>& dns_names, bool rsa)
{
    const auto key = make_key(rsa);
    const auto made = make_certificate(common_name, *key, ++state_->issued);
    X509_set_issuer_name(made.get(), X509_get_subject_name(state_->certificate.get()));
    std::string names;
    for (const auto& one : dns_names)
        names += (names.empty() ? "DNS:" : ",DNS:") + one;
    if (!names.empty())
        add_extension(*made, NID_subject_alt_name, names);
    demand(X509_sign(made.get(), state_->key.get(), EVP_sha256()) != 0, "sign");
    const files out{(directory_ / (name + ".pem")).string(), (directory_ / (name + ".key")).string()};
    write_file(out.chain, [&](std::FILE* f) { return PEM_write_X509(f, made.get()); });
    write_file(out.key, [&](std::FILE* f) {
        return PEM_write_PrivateKey(f, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
    return out;
}

} // namespace fanfare::test

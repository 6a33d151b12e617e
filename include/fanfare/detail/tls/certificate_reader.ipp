// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_TLS_CERTIFICATE_READER_IPP
#define FANFARE_DETAIL_TLS_CERTIFICATE_READER_IPP

#include <fanfare/detail/tls/certificate_reader.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <openssl/asn1.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string>

namespace fanfare::detail {

inline std::string text_of(BIO* memory)
{
    char* data = nullptr;
    const auto size = BIO_get_mem_data(memory, &data);
    return size > 0 ? std::string{data, static_cast<std::size_t>(size)} : std::string{};
}

inline std::string fingerprint_of(X509& certificate)
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    unsigned size = 0;
    if (X509_digest(&certificate, EVP_sha256(), digest.data(), &size) != 1)
        return {};
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (unsigned i = 0; i != size; ++i) {
        text += digits[digest[i] >> 4U];
        text += digits[digest[i] & 15U];
    }
    return text;
}

// In UTF-8, and without a NUL inside, behind which others might not look.
inline std::string common_name_of(X509_NAME* subject)
{
    const int first = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (first < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, first) >= 0)
        return {};
    unsigned char* text = nullptr;
    const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, first)));
    if (size < 0)
        return {};
    const std::unique_ptr<unsigned char, openssl_deleter> owned{text};
    std::string name{reinterpret_cast<const char*>(text), static_cast<std::size_t>(size)};
    return name.find('\0') == std::string::npos ? name : std::string{};
}

inline void read_alternative_names(X509& certificate, client_certificate& out)
{
    const std::unique_ptr<GENERAL_NAMES, openssl_deleter> names{
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr))};
    for (int i = 0; names && i != sk_GENERAL_NAME_num(names.get()); ++i) {
        const auto* name = sk_GENERAL_NAME_value(names.get(), i);
        auto* list = name->type == GEN_DNS     ? &out.dns_names
                     : name->type == GEN_EMAIL ? &out.email_addresses
                     : name->type == GEN_URI   ? &out.uris
                                               : nullptr;
        if (!list)
            continue;
        const auto* text = name->d.ia5;
        std::string value{reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                          static_cast<std::size_t>(ASN1_STRING_length(text))};
        if (value.find('\0') == std::string::npos)
            list->push_back(std::move(value));
    }
}

FANFARE_DECL client_certificate read_certificate(X509& certificate)
{
    client_certificate out;
    auto* subject = X509_get_subject_name(&certificate);
    if (const bio_ptr memory{BIO_new(BIO_s_mem())};
        memory && X509_NAME_print_ex(memory.get(), subject, 0, XN_FLAG_RFC2253) >= 0)
        out.subject = text_of(memory.get());
    if (const bio_ptr memory{BIO_new(BIO_s_mem())}; memory && PEM_write_bio_X509(memory.get(), &certificate) == 1)
        out.pem = text_of(memory.get());
    out.common_name = common_name_of(subject);
    out.fingerprint = fingerprint_of(certificate);
    read_alternative_names(certificate, out);
    ERR_clear_error();
    return out;
}

} // namespace fanfare::detail

#endif

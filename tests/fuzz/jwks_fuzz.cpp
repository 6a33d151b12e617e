// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
//
// libFuzzer target for key sets, as providers write them. The first byte says how the rest is read: as a key set, as
// one key of a set, or as PEM.
#include "require.hpp"

#include <fanfare/auth/jwt_keys.hpp>
#include <fanfare/detail/jwt/key_set.hpp>
#include <fanfare/error.hpp>

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <cstdint>
#include <openssl/err.h>
#include <string>

namespace {

using namespace fanfare;
using test::require;

bool printable(const std::string& text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

void check_key(const detail::jwt_key& key)
{
    using enum jwt_algorithm;
    require(!key.algorithms.empty(), "a key is good for something");
    const bool is_secret = !key.public_key;
    for (const auto a : {hs256, hs384, hs512})
        require(is_secret || !key.algorithms.has(a), "no public key is a secret");
    for (const auto a : {rs256, ps512, es256, eddsa})
        require(!is_secret || !key.algorithms.has(a), "no secret is a public key");
    require(!is_secret || key.secret.view().size() >= 32, "secrets have a length");
    require(!key.algorithms.has(hs512) || key.secret.view().size() >= 64, "secrets have the length of their hash");
    require(!key.algorithms.has(rs256) || EVP_PKEY_bits(key.public_key.get()) >= 2048, "RSA keys have a length");
    require(!key.id || key.id->size() <= detail::max_key_id_size, "names have a length");
}

void check_set(const std::string& text)
{
    auto keys = jwt_keys::secret(std::string(32, 's'));
    try {
        const auto set = detail::parse_jwks(text);
        require(!set->keys.empty(), "a set without keys is none");
        require(set->keys.size() + set->skipped.size() <= detail::max_jwks_keys, "a set has a limit");
        for (const auto& key : set->keys)
            check_key(key);
        for (const auto& why : set->skipped)
            require(printable(why), "a reason can be printed");
        keys.replace(text);
        require(keys.size() == set->keys.size(), "the same text is the same set");
    } catch (const boost::system::system_error& failure) {
        require(failure.code() == error::invalid_config, "a bad set is told by one code");
        bool threw = false;
        try {
            keys.replace(text);
        } catch (const boost::system::system_error&) {
            threw = true;
        }
        require(threw && keys.size() == 1, "a bad set changes nothing");
    }
}

void check_pem(const std::string& text)
{
    try {
        require(jwt_keys::pem(text).size() == 1, "PEM is one key");
    } catch (const boost::system::system_error& failure) {
        require(failure.code() == error::invalid_config, "bad PEM is told by one code");
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0)
        return 0;
    const std::string text{reinterpret_cast<const char*>(data) + 1, size - 1};
    switch (data[0] % 3) {
    case 0: check_set(text); break;
    case 1: check_set(R"({"keys":[)" + text + "]}"); break;
    default: check_pem(text);
    }
    require(ERR_peek_error() == 0, "OpenSSL's queue of errors is left empty");
    return 0;
}

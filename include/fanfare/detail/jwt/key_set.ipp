// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_JWT_KEY_SET_IPP
#define FANFARE_DETAIL_JWT_KEY_SET_IPP

#include <fanfare/detail/base/json_fields.hpp>
#include <fanfare/detail/jwt/base64url.hpp>
#include <fanfare/detail/jwt/key_set.hpp>
#include <fanfare/detail/jwt/signature.hpp>
#include <fanfare/detail/jwt/strict_json.hpp>
#include <fanfare/error.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace fanfare::detail {

[[noreturn]] FANFARE_DECL void fail_jwt_config(const std::string& why)
{
    throw boost::system::system_error{error::invalid_config, "JWT: " + why};
}

// ---- a signature

FANFARE_DECL error_code jwt_key_set::check(const jws& token) const
{
    const bool named = token.key_id && std::any_of(keys.begin(), keys.end(),
                                                   [&](const jwt_key& key) { return key.id == token.key_id; });
    std::size_t tries = 0;
    for (const auto& key : keys) {
        // Without a `kid` any key will do; with one only those of that name, or, if there are none, those without a
        // name.
        if (token.key_id && (named ? key.id != token.key_id : key.id.has_value()))
            continue;
        if (!key.algorithms.has(token.algorithm))
            continue;
        if (++tries > max_key_tries)
            break;
        if (is_signed(key, token.algorithm, token.input, token.signature))
            return {};
    }
    // What no key of its name has been tried for may be of one that a source will bring.
    const bool unknown = tries == 0 || (token.key_id && !named);
    return unknown ? jwt_error::unknown_key : jwt_error::bad_signature;
}

// ---- one key of a JWKS

// A member in base64url.
inline std::string jwk_bytes(const json::object& jwk, std::string_view name)
{
    const auto text = string_field(jwk, name);
    auto bytes = text ? decode_base64url(*text) : std::nullopt;
    if (!bytes || bytes->empty())
        throw std::runtime_error{"its " + std::string{name} + " is not a text in base64url"};
    return std::move(*bytes);
}

inline std::string jwk_text(const json::object& jwk, std::string_view name)
{
    const auto text = string_field(jwk, name);
    if (!text)
        throw std::runtime_error{"its " + std::string{name} + " is missing, or no text"};
    return std::string{*text};
}

// RFC 7517 sections 4.2 and 4.3.
inline void check_jwk_use(const json::object& jwk)
{
    if (jwk.contains("use") && string_field(jwk, "use") != std::string_view{"sig"})
        throw std::runtime_error{"its use is not sig"};
    if (!jwk.contains("key_ops"))
        return;
    const auto* list = array_field(jwk, "key_ops");
    const auto is_verify = [](const json::value& v) { return v.is_string() && v.get_string() == "verify"; };
    if (!list || std::none_of(list->begin(), list->end(), is_verify))
        throw std::runtime_error{"its key_ops has no verify"};
}

inline jwt_key make_jwk(const json::object& jwk, jwks_kinds kinds)
{
    const auto kind = jwk_text(jwk, "kty");
    check_jwk_use(jwk);
    if (kind == "RSA")
        return make_rsa_key(jwk_bytes(jwk, "n"), jwk_bytes(jwk, "e"));
    if (kind == "EC")
        return make_ec_key(jwk_text(jwk, "crv"), jwk_bytes(jwk, "x"), jwk_bytes(jwk, "y"));
    if (kind == "OKP")
        return make_edwards_key(jwk_text(jwk, "crv"), jwk_bytes(jwk, "x"));
    if (kind == "oct" && kinds == jwks_kinds::public_keys)
        throw std::runtime_error{"it is a secret, which whoever can fetch the set could sign with"};
    if (kind == "oct")
        return make_secret_key(jwk_bytes(jwk, "k"));
    throw std::runtime_error{"its kty is not known"};
}

inline void read_jwk_names(const json::object& jwk, jwt_key& key)
{
    if (jwk.contains("kid")) {
        key.id = jwk_text(jwk, "kid");
        if (key.id->size() > max_key_id_size)
            throw std::runtime_error{"its kid is longer than 256 bytes"};
    }
    if (!jwk.contains("alg"))
        return;
    jwt_algorithms only;
    if (const auto known = jwt_algorithm_named(jwk_text(jwk, "alg")))
        only.add(*known);
    key.algorithms = key.algorithms & only;
    if (key.algorithms.empty())
        throw std::runtime_error{"its alg is not one that it can be used with"};
}

// Keys of one name are fine if no token could be of both (RFC 7517 section 4.5).
inline bool is_ambiguous(const std::vector<jwt_key>& before, const jwt_key& key)
{
    return key.id && std::any_of(before.begin(), before.end(), [&key](const jwt_key& other) {
               return other.id == key.id && other.kind == key.kind && !(other.algorithms & key.algorithms).empty();
           });
}

// ---- the set

// What a person can tell the key by. Only its place is certain to be fit for a log.
inline std::string jwk_place(const json::array& all, std::size_t place)
{
    auto out = "key " + std::to_string(place + 1);
    const auto* jwk = all[place].if_object();
    const auto id = jwk ? string_field(*jwk, "kid") : std::nullopt;
    const auto harmless = [](char c) { return c > ' ' && c <= '~' && c != '"'; };
    if (id && id->size() <= 64 && std::all_of(id->begin(), id->end(), harmless))
        out += " (\"" + std::string{*id} + "\")";
    return out;
}

inline void read_jwk(const json::array& all, std::size_t place, jwks_kinds kinds, jwt_key_set& into)
{
    try {
        const auto* jwk = all[place].if_object();
        if (!jwk)
            throw std::runtime_error{"it is not an object"};
        auto key = make_jwk(*jwk, kinds);
        read_jwk_names(*jwk, key);
        if (is_ambiguous(into.keys, key))
            throw std::runtime_error{"another key before it has its kid"};
        into.keys.push_back(std::move(key));
    } catch (const std::runtime_error& why) {
        into.skipped.push_back(jwk_place(all, place) + ": " + why.what());
    }
}

inline std::string why_none(const jwt_key_set& set)
{
    std::string out = "no key of the set can be used";
    for (const auto& one : set.skipped)
        out += (&one == &set.skipped.front() ? ": " : "; ") + one;
    return out;
}

FANFARE_DECL std::shared_ptr<const jwt_key_set> parse_jwks(std::string_view text, const std::string& where,
                                                           jwks_kinds kinds)
{
    constexpr std::size_t max_depth = 8;
    const auto demand = [&where](bool good, const std::string& why) {
        if (!good)
            fail_jwt_config(where.empty() ? why : where + ": " + why);
    };
    demand(text.size() <= max_jwks_size, "the key set is longer than 256 KiB");
    std::string why;
    const auto root = parse_strict_object(text, max_depth, why);
    demand(root.has_value(), "the key set cannot be read: " + why);
    const auto* all = array_field(*root, "keys");
    demand(all != nullptr, "the key set has no array of keys");
    demand(all->size() <= max_jwks_keys, "the key set has more than 100 keys");
    auto out = std::make_shared<jwt_key_set>();
    for (std::size_t i = 0; i != all->size(); ++i)
        read_jwk(*all, i, kinds, *out);
    if (out->keys.empty())
        demand(false, why_none(*out));
    return out;
}

} // namespace fanfare::detail

#endif

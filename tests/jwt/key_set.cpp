// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include <fanfare/detail/jwt/key_set.hpp>
#include <fanfare/error.hpp>

#include "jwt/test_tokens.hpp"
#include "support/catch.hpp"

#include <boost/system/system_error.hpp>

#include <string>

using namespace fanfare;
using namespace fanfare::detail;
using namespace fanfare::test;

namespace {

// Why a set of this one key has none that can be used.
std::string refusal_of(const std::string& key)
{
    try {
        parse_jwks(jwks(key));
        return {};
    } catch (const boost::system::system_error& failure) {
        CHECK(failure.code() == error::invalid_config);
        return failure.what();
    }
}

std::string refusal_of_set(const std::string& text)
{
    try {
        parse_jwks(text);
        return {};
    } catch (const boost::system::system_error& failure) {
        return failure.what();
    }
}

template <class Key>
error_code check(const std::string& set, const Key& key, std::string_view algorithm, std::string_view header)
{
    const auto text = signed_token(key, algorithm, header, "{}");
    const auto read = parse_jws(text);
    REQUIRE(read.has_value());
    return parse_jwks(set)->check(*read);
}

bool has(const std::string& text, std::string_view part)
{
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("each algorithm is checked with keys of its kind", "[jwt]")
{
    const auto good = [](const auto& key, const std::string& set, std::string_view algorithm) {
        INFO(algorithm);
        CHECK_FALSE(check(set, key, algorithm, R"({"alg":")" + std::string{algorithm} + R"("})"));
    };
    for (const auto* algorithm : {"HS256", "HS384", "HS512"})
        good(hmac_secret, jwks(oct_jwk(hmac_secret, "a")), algorithm);
    for (const auto* algorithm : {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
        good(rsa_key, jwks(rsa_key.jwk), algorithm);
    good(p256_key, jwks(p256_key.jwk), "ES256");
    good(p384_key, jwks(p384_key.jwk), "ES384");
    good(p521_key, jwks(p521_key.jwk), "ES512");
    good(ed25519_key, jwks(ed25519_key.jwk), "EdDSA");
    good(ed448_key, jwks(ed448_key.jwk), "EdDSA");
}

TEST_CASE("a key that cannot be used is left out, and why is told", "[jwt]")
{
    const auto bad = [](const std::string& key, std::string_view why) {
        INFO(key);
        const auto told = refusal_of(key);
        INFO(told);
        CHECK(has(told, why));
        const auto set = parse_jwks(jwks(key, p256_key.jwk));
        CHECK(set->keys.size() == 1);
        REQUIRE(set->skipped.size() == 1);
        CHECK(has(set->skipped.front(), why));
    };
    bad("1", "it is not an object");
    bad("{}", "its kty is missing");
    bad(R"({"kty":"XYZ"})", "its kty is not known");
    bad(jwk(rsa_key, "a", R"("use":"enc")"), "key 1 (\"a\"): its use is not sig");
    bad(jwk(rsa_key, "a", R"("use":1)"), "its use is not sig");
    bad(jwk(rsa_key, "a", R"("key_ops":["sign","encrypt"])"), "its key_ops has no verify");
    bad(jwk(rsa_key, "a", R"("key_ops":"verify")"), "its key_ops has no verify");
    bad(jwk(rsa_key, "a", R"("alg":"RSA-OAEP")"), "its alg is not one");
    bad(jwk(rsa_key, "a", R"("alg":"HS256")"), "its alg is not one");
    bad(jwk(rsa_key, "a", R"("alg":"ES256")"), "its alg is not one");
    bad(jwk(rsa_key, "a", R"("alg":"none")"), "its alg is not one");
    bad(jwk(p256_key, "a", R"("alg":"ES512")"), "its alg is not one");
    bad(short_rsa_key.jwk, "the RSA key has 1024 bits");
    bad(oct_jwk(std::string(31, 's'), "a"), "the secret has 31 bytes");
    bad(oct_jwk(std::string(47, 's'), "a", R"("alg":"HS384")"), "its alg is not one");
    bad(oct_jwk(std::string(63, 's'), "a", R"("alg":"HS512")"), "its alg is not one");
    bad(R"({"kty":"oct","k":"not base64!"})", "its k is not a text in base64url");
    bad(R"({"kty":"oct"})", "its k is not a text in base64url");
    bad(R"({"kty":"EC","crv":"secp256k1","x":"AAAA","y":"AAAA"})", "curve of the EC key is not known");
    bad(R"({"kty":"OKP","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})",
        "curve of the OKP key");
    bad(R"({"kty":"OKP","crv":"Ed25519","x":"AAAA"})", "OpenSSL cannot read the key");
    bad(jwk(rsa_key, std::string(257, 'k')), "its kid is longer than 256 bytes");
    bad(rsa_key.jwk.substr(0, rsa_key.jwk.size() - 1) + R"(,"kid":7})", "its kid is missing, or no text");
}

TEST_CASE("an RSA key with an exponent or a modulus that forgers would like is refused", "[jwt]")
{
    const auto n = rsa_key.jwk.substr(0, rsa_key.jwk.find("\"e\""));
    for (const auto* e : {"AQ", "AA", "Ag", "AQAA", "AAAB", "AQAAAAAAAAAB"}) {
        INFO(e);
        CHECK(has(refusal_of(n + R"("e":")" + e + R"("})"), "exponent"));
    }
    CHECK(refusal_of(n + R"("e":"AAABAAE"})").empty()); // zeros at the front are not minded
    CHECK(has(refusal_of(R"({"kty":"RSA","n":"AAAA","e":"AQAB"})"), "modulus"));
    const auto huge = base64url(std::string(1025, '\xff'));
    CHECK(has(refusal_of(R"({"kty":"RSA","n":")" + huge + R"(","e":"AQAB"})"), "8200 bits"));
}

TEST_CASE("a point that is not on its curve, or written with another length, is refused", "[jwt]")
{
    const std::string x(32, '\x01'), y(32, '\x02');
    const auto ec = [](std::string_view curve, const std::string& a, const std::string& b) {
        return R"({"kty":"EC","crv":")" + std::string{curve} + R"(","x":")" + base64url(a) + R"(","y":")" +
               base64url(b) + R"("})";
    };
    CHECK(has(refusal_of(ec("P-256", x, y)), "OpenSSL cannot read the key"));
    CHECK(
        has(refusal_of(ec("P-256", std::string(32, '\0'), std::string(32, '\0'))), "OpenSSL cannot read the key"));
    CHECK(has(refusal_of(ec("P-256", x.substr(1), y)), "length of its curve"));
    CHECK(has(refusal_of(ec("P-256", x, y + "x")), "length of its curve"));
    CHECK(has(refusal_of(ec("P-384", x, y)), "length of its curve"));
}

TEST_CASE("a point of small order, with which anybody could sign, is refused", "[jwt]")
{
    const auto okp = [](std::string_view curve, const std::string& x) {
        return R"({"kty":"OKP","crv":")" + std::string{curve} + R"(","x":")" + base64url(x) + R"("})";
    };
    const auto with = [](std::string point, char first, char last) {
        point.front() = first;
        point.back() = last;
        return point;
    };
    const std::string zero(32, '\0'), ones(32, '\xff');
    for (const auto& x : {zero, with(zero, 1, 0), with(zero, 0, '\x80'), with(zero, 1, '\x80'),
                          with(ones, '\xec', '\x7f'), with(ones, '\xed', '\x7f'), with(ones, '\xee', '\x7f'),
                          with(ones, '\xec', '\xff'), with(ones, '\xed', '\xff'), with(ones, '\xee', '\xff')}) {
        INFO(base64url(x));
        CHECK(has(refusal_of(okp("Ed25519", x)), "small order"));
    }
    for (const auto* x :
         {"JuiVj8KyJ7BFw_SJ8u-Y8NXfrAXTxjM5sTgCiG1T_AU", "xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA3o",
          "JuiVj8KyJ7BFw_SJ8u-Y8NXfrAXTxjM5sTgCiG1T_IU", "xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA_o"})
        CHECK(has(refusal_of(R"({"kty":"OKP","crv":"Ed25519","x":")" + std::string{x} + R"("})"), "small order"));
    const std::string zero448(57, '\0');
    std::string p448(57, '\xff');
    p448[28] = '\xfe';
    for (const auto& x : {zero448, with(zero448, 1, 0), with(zero448, 0, '\x80'), with(p448, '\xfe', 0),
                          with(p448, '\xff', 0), with(p448, '\xfe', '\x80')}) {
        INFO(base64url(x));
        CHECK(has(refusal_of(okp("Ed448", x)), "small order"));
    }
}

TEST_CASE("of a set that others can fetch no secret is taken", "[jwt]")
{
    const auto mixed = parse_jwks(jwks(oct_jwk(hmac_secret, "s"), p256_key.jwk), {}, jwks_kinds::public_keys);
    CHECK(mixed->keys.size() == 1);
    REQUIRE(mixed->skipped.size() == 1);
    CHECK(has(mixed->skipped.front(), "key 1 (\"s\"): it is a secret"));
    CHECK(parse_jwks(jwks(oct_jwk(hmac_secret, "s"), p256_key.jwk))->keys.size() == 2);
}

TEST_CASE("what is no key set, is too long or has too many keys is refused", "[jwt]")
{
    CHECK(has(refusal_of_set(""), "cannot be read"));
    CHECK(has(refusal_of_set("[]"), "not a JSON object"));
    CHECK(has(refusal_of_set("{}"), "no array of keys"));
    CHECK(has(refusal_of_set(R"({"keys":{}})"), "no array of keys"));
    CHECK(has(refusal_of_set(R"({"keys":[]})"), "no key of the set can be used"));
    CHECK(has(refusal_of_set(R"({"keys":[],"keys":[]})"), "a name twice"));
    CHECK(has(refusal_of_set(R"({"keys":[{"kty":"oct","k":"x","kty":"RSA"}]})"), "a name twice"));
    CHECK(has(refusal_of_set(R"({"keys":[],"x":")" + std::string(max_jwks_size, 'x') + R"("})"), "256 KiB"));
    std::string many = p256_key.jwk;
    for (int i = 0; i != 99; ++i)
        many += ",{}";
    CHECK(parse_jwks(jwks(many))->skipped.size() == 99);
    CHECK(has(refusal_of_set(jwks(many, "{}")), "more than 100 keys"));
}

TEST_CASE("why no key can be used is told for each, and a strange kid is not repeated", "[jwt]")
{
    const auto told = refusal_of_set(jwks(jwk(rsa_key, "one", R"("use":"enc")"), R"({"kid":"a\nb","kty":"x"})",
                                          R"({"kid":")" + std::string(65, 'k') + R"("})"));
    CHECK(
        has(told, R"(key 1 ("one"): its use is not sig; key 2: its kty is not known; key 3: its kty is missing)"));
}

TEST_CASE("a key's alg leaves it that one, and keys of another kind do not help", "[jwt]")
{
    const auto set = jwks(jwk(rsa_key, "a", R"("alg":"RS512","use":"sig","key_ops":["verify"])"));
    CHECK_FALSE(check(set, rsa_key, "RS512", R"({"alg":"RS512"})"));
    CHECK(check(set, rsa_key, "RS256", R"({"alg":"RS256"})") == jwt_error::unknown_key);
    CHECK(check(set, rsa_key, "PS512", R"({"alg":"PS512"})") == jwt_error::unknown_key);
    CHECK(check(set, p256_key, "ES256", R"({"alg":"ES256"})") == jwt_error::unknown_key);
}

TEST_CASE("a token with a kid is checked with the keys of that name only", "[jwt]")
{
    const auto set = jwks(jwk(rsa_key, "new"), jwk(other_rsa_key, "old"));
    CHECK_FALSE(check(set, rsa_key, "RS256", R"({"alg":"RS256","kid":"new"})"));
    CHECK_FALSE(check(set, other_rsa_key, "RS256", R"({"alg":"RS256","kid":"old"})"));
    CHECK(check(set, rsa_key, "RS256", R"({"alg":"RS256","kid":"old"})") == jwt_error::bad_signature);
    CHECK(check(set, rsa_key, "RS256", R"({"alg":"RS256","kid":"older"})") == jwt_error::unknown_key);
    CHECK(check(set, rsa_key, "RS256", R"({"alg":"RS256","kid":""})") == jwt_error::unknown_key);
    CHECK_FALSE(check(set, other_rsa_key, "RS256", R"({"alg":"RS256"})")); // without one all are tried
    CHECK(check(set, p256_key, "ES256", R"({"alg":"ES256","kid":"new"})") == jwt_error::unknown_key);
}

TEST_CASE("a key without a name is for tokens whose kid no other key has", "[jwt]")
{
    const auto set = jwks(rsa_key.jwk, jwk(other_rsa_key, "a"));
    CHECK_FALSE(check(set, rsa_key, "RS256", R"({"alg":"RS256","kid":"b"})"));
    CHECK(check(set, rsa_key, "RS256", R"({"alg":"RS256","kid":"a"})") == jwt_error::bad_signature);
    // It may be of a key b that is not here yet.
    CHECK(check(set, other_rsa_key, "RS256", R"({"alg":"RS256","kid":"b"})") == jwt_error::unknown_key);
    CHECK(check(set, p256_key, "ES256", R"({"alg":"ES256","kid":"b"})") == jwt_error::unknown_key);
}

TEST_CASE("two keys may have one name if no token could be of both", "[jwt]")
{
    const auto apart =
        parse_jwks(jwks(jwk(rsa_key, "a", R"("alg":"RS256")"), jwk(other_rsa_key, "a", R"("alg":"PS256")"),
                        jwk(p256_key, "a"), jwk(p384_key, "a")));
    CHECK(apart->keys.size() == 4);
    const auto same = parse_jwks(jwks(jwk(rsa_key, "a"), jwk(other_rsa_key, "a", R"("alg":"PS256")")));
    CHECK(same->keys.size() == 1);
    CHECK(has(same->skipped.at(0), "another key before it has its kid"));
}

TEST_CASE("no more than eight keys are tried for a token", "[jwt]")
{
    std::string others;
    for (int i = 0; i != 7; ++i)
        others += jwk(other_rsa_key, "k" + std::to_string(i)) + ",";
    CHECK_FALSE(check(jwks(others + jwk(rsa_key, "a")), rsa_key, "RS256", R"({"alg":"RS256"})"));
    CHECK(check(jwks(others + jwk(other_rsa_key, "k7") + "," + jwk(rsa_key, "a")), rsa_key, "RS256",
                R"({"alg":"RS256"})") == jwt_error::bad_signature);
}

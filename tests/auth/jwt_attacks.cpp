// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Tokens that somebody has forged.
#include <fanfare/auth/jwt.hpp>

#include "jwt/test_tokens.hpp"
#include "support/catch.hpp"

#include <openssl/err.h>
#include <string>
#include <vector>

using namespace fanfare;
using namespace fanfare::test;

namespace {

const std::string alice = R"({"sub":"alice","exp":4000000000})";

// What is told of a token, "" if it is taken.
std::string verdict(const jwt_keys& keys, std::string_view token)
{
    const auto checked = jwt_verifier{keys}.verify(token);
    CHECK(ERR_peek_error() == 0); // a TLS connection in this thread would find it
    return checked ? "" : checked.error().message();
}

bool is(const std::string& verdict, jwt_error e)
{
    return verdict == make_error_code(e).message();
}

struct parts {
    explicit parts(const std::string& token)
        : header{token.substr(0, token.find('.'))}, claims{token.substr(header.size() + 1,
                                                                        token.rfind('.') - header.size() - 1)},
          signature{token.substr(token.rfind('.') + 1)}
    {}
    std::string with(const std::string& other) const { return header + "." + claims + "." + other; }

    std::string header, claims, signature;
};

} // namespace

TEST_CASE("a token without a signature is not taken, however its alg is written", "[jwt][attack]")
{
    const auto keys = jwt_keys::jwks(jwks(rsa_key.jwk, oct_jwk(hmac_secret, "a")));
    for (const auto* none :
         {"none", "None", "NONE", "nOnE", "", "null", " none", "HS256 ", "hs256", "HS-256", "SHA256"}) {
        const auto header = R"({"alg":")" + std::string{none} + R"("})";
        CHECK(
            is(verdict(keys, base64url(header) + "." + base64url(alice) + "."), jwt_error::unsupported_algorithm));
        CHECK(is(verdict(keys, signed_token(hmac_secret, "HS256", header, alice)),
                 jwt_error::unsupported_algorithm));
    }
    for (const auto* header : {R"({"alg":null})", R"({"alg":["HS256"]})", R"({"alg":1})", R"({"alg":{}})", "{}"})
        CHECK(is(verdict(keys, signed_token(hmac_secret, "HS256", header, alice)), jwt_error::malformed));
}

TEST_CASE("a public key is no secret: what is signed with its text is not taken", "[jwt][attack]")
{
    for (const auto& secret : {rsa_key.public_pem, rsa_public_key_pkcs1, rsa_key.jwk, rsa_certificate,
                               rsa_key.public_pem.substr(0, rsa_key.public_pem.size() - 1)})
        for (const auto* algorithm : {"HS256", "HS384", "HS512"}) {
            const auto forged = token(secret, algorithm, alice);
            CHECK(is(verdict(jwt_keys::pem(rsa_key.public_pem), forged), jwt_error::unknown_key));
            CHECK(is(verdict(jwt_keys::jwks(jwks(rsa_key.jwk)), forged), jwt_error::unknown_key));
            // Nor beside a secret of that set.
            CHECK(is(verdict(jwt_keys::jwks(jwks(rsa_key.jwk, oct_jwk(hmac_secret, "a"))), forged),
                     jwt_error::bad_signature));
        }
    CHECK(is(verdict(jwt_keys::secret(hmac_secret), token(rsa_key, "RS256", alice)), jwt_error::unknown_key));
}

TEST_CASE("an algorithm that its owner has not allowed is not used, though the key could", "[jwt][attack]")
{
    using enum jwt_algorithm;
    const auto only = jwt_keys::pem(rsa_key.public_pem, {ps256});
    CHECK(verdict(only, token(rsa_key, "PS256", alice)).empty());
    CHECK(is(verdict(only, token(rsa_key, "RS256", alice)), jwt_error::unknown_key));
    CHECK(is(verdict(jwt_keys::secret(hmac_secret, {hs512}), token(hmac_secret, "HS256", alice)),
             jwt_error::unknown_key));
    // Nor under another name: the signature is of its own algorithm.
    CHECK(
        is(verdict(jwt_keys::pem(rsa_key.public_pem), signed_token(rsa_key, "PS256", R"({"alg":"RS256"})", alice)),
           jwt_error::bad_signature));
    CHECK(
        is(verdict(jwt_keys::pem(rsa_key.public_pem), signed_token(rsa_key, "RS256", R"({"alg":"RS384"})", alice)),
           jwt_error::bad_signature));
    CHECK(is(verdict(jwt_keys::secret(hmac_secret, {hs256, hs512}),
                     signed_token(hmac_secret, "HS512", R"({"alg":"HS256"})", alice)),
             jwt_error::bad_signature));
}

TEST_CASE("a key that the token itself brings or names is never used", "[jwt][attack]")
{
    const auto keys = jwt_keys::jwks(jwks(jwk(rsa_key, "a")));
    const std::string own = other_rsa_key.jwk;
    for (const auto& more :
         {R"("jwk":)" + own, R"("kid":"a","jwk":)" + own,
          R"("jku":"https://evil.example/jwks.json")" + std::string{},
          R"("x5u":"https://evil.example/x.pem")" + std::string{}, R"("x5c":["MIIB"])" + std::string{}}) {
        const auto header = R"({"alg":"RS256",)" + more + "}";
        CHECK(is(verdict(keys, signed_token(other_rsa_key, "RS256", header, alice)), jwt_error::bad_signature));
        CHECK(verdict(keys, signed_token(rsa_key, "RS256", header, alice)).empty()); // they are not even looked at
    }
}

TEST_CASE("a signature that was cut, prolonged, left out or is another token's is not good", "[jwt][attack]")
{
    const auto all =
        jwt_keys::jwks(jwks(oct_jwk(hmac_secret, "h"), jwk(rsa_key, "r"), jwk(p256_key, "p"), jwk(p384_key, "q"),
                            jwk(p521_key, "s"), jwk(ed25519_key, "e"), jwk(ed448_key, "f")));
    const std::vector<std::string> tokens{
        token(hmac_secret, "HS256", alice), token(hmac_secret, "HS512", alice), token(rsa_key, "RS256", alice),
        token(rsa_key, "PS512", alice),     token(p256_key, "ES256", alice),    token(p384_key, "ES384", alice),
        token(p521_key, "ES512", alice),    token(ed25519_key, "EdDSA", alice), token(ed448_key, "EdDSA", alice)};
    for (const auto& good : tokens) {
        INFO(good);
        CHECK(verdict(all, good).empty());
        const parts p{good};
        CHECK(is(verdict(all, p.with("")), jwt_error::bad_signature));
        for (const std::size_t left : {4U, 8U, 20U, 40U}) // each is base64url of some whole bytes
            CHECK(is(verdict(all, p.with(p.signature.substr(0, left))), jwt_error::bad_signature));
        CHECK(is(verdict(all, p.with("AAAA" + p.signature)), jwt_error::bad_signature));
        CHECK(is(verdict(all, p.with(p.signature.substr(0, p.signature.size() / 4 * 4) + "AAAA")),
                 jwt_error::bad_signature));
        const auto other = base64url(R"({"sub":"mallory","exp":4000000000})");
        CHECK(is(verdict(all, p.header + "." + other + "." + p.signature), jwt_error::bad_signature));
    }
    CHECK(is(verdict(all, parts{tokens[0]}.header + "." + parts{tokens[0]}.claims), jwt_error::malformed));
}

TEST_CASE("an RSA signature has the length of its key, though its first byte may be zero", "[jwt][attack]")
{
    const auto keys = jwt_keys::pem(rsa_key.public_pem);
    // About one signature of 256 begins with a zero.
    for (int i = 0; i != 5000; ++i) {
        const auto input = base64url(R"({"alg":"RS256"})") + "." +
                           base64url(R"({"sub":"a","exp":4000000000,"n":)" + std::to_string(i) + "}");
        const auto signature = sign(rsa_key, "RS256", input);
        if (signature.front() != '\0')
            continue;
        CHECK(verdict(keys, input + "." + base64url(signature)).empty());
        CHECK(is(verdict(keys, input + "." + base64url(signature.substr(1))), jwt_error::bad_signature));
        return;
    }
    FAIL("no signature began with a zero");
}

TEST_CASE("PSS with another salt than its hash is long is not good", "[jwt][attack]")
{
    const auto keys = jwt_keys::pem(rsa_key.public_pem);
    const auto input = base64url(R"({"alg":"PS256"})") + "." + base64url(alice);
    for (const int salt : {0, 20, 31, 33, 64})
        CHECK(is(verdict(keys, input + "." + base64url(sign_pss_with_salt(rsa_key, salt, input))),
                 jwt_error::bad_signature));
    CHECK(verdict(keys, input + "." + base64url(sign_pss_with_salt(rsa_key, 32, input))).empty());
}

TEST_CASE("an ECDSA signature of zeros, of numbers above the order, or in DER is not good", "[jwt][attack]")
{
    const auto keys = jwt_keys::jwks(jwks(p256_key.jwk));
    const parts p{token(p256_key, "ES256", alice)};
    // The order of P-256 (SEC 2 section 2.4.2).
    const std::string n{
        "\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xbc\xe6\xfa\xad\xa7\x17\x9e\x84\xf3\xb9"
        "\xca\xc2\xfc\x63\x25\x51",
        32};
    const std::string zero(32, '\0'), one = std::string(31, '\0') + "\x01", most(32, '\xff');
    for (const auto& r : {zero, one, n, most})
        for (const auto& s : {zero, one, n, most})
            CHECK(is(verdict(keys, p.with(base64url(r + s))), jwt_error::bad_signature));
    const std::string der = "\x30\x06\x02\x01\x01\x02\x01\x01";
    CHECK(is(verdict(keys, p.with(base64url(der))), jwt_error::bad_signature));
    // 64 bytes of DER are not taken for DER either.
    CHECK(is(verdict(keys, p.with(base64url(std::string{"\x30\x3e\x02\x1d", 4} + std::string(29, '\x01') +
                                            "\x02\x1d" + std::string(29, '\x01')))),
             jwt_error::bad_signature));
    // The curve is the algorithm's.
    CHECK(is(verdict(keys, signed_token(p256_key, "ES256", R"({"alg":"ES384"})", alice)), jwt_error::unknown_key));
}

TEST_CASE(
    "the parts of a token are written in one way: other ends of base64url, padding and white space are malformed",
    "[jwt][attack]")
{
    const auto keys = jwt_keys::secret(hmac_secret);
    const auto good = token(hmac_secret, "HS256", alice); // 32 bytes of signature: two bits are left over
    REQUIRE(verdict(keys, good).empty());
    const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const auto last = digits.find(good.back());
    for (std::size_t low = 1; low != 4; ++low)
        CHECK(is(verdict(keys, good.substr(0, good.size() - 1) + digits[last ^ low]), jwt_error::malformed));
    for (const auto& text :
         {good + "=", good + "==", good + " ", " " + good, good + "\n", "\t" + good, good + "\r\n", good + ".",
          "." + good, good + std::string(1, '\0'), "Bearer " + good, "\"" + good + "\"", good + ",x"}) {
        INFO(text);
        CHECK(is(verdict(keys, text), jwt_error::malformed));
    }
    const parts p{good};
    CHECK(is(verdict(keys, p.header + "=." + p.claims + "." + p.signature), jwt_error::malformed));
    CHECK(is(verdict(keys, p.header + "\n." + p.claims + "." + p.signature), jwt_error::malformed));
}

TEST_CASE("what is no token is malformed, and forms that are not supported are named", "[jwt][attack]")
{
    const auto keys = jwt_keys::secret(hmac_secret);
    for (const std::string text :
         {"", ".", "..", "...", ".....", "a", "a.b", "a.b.c", "e30.e30.e30", "null", "{}"}) {
        INFO(text);
        CHECK(is(verdict(keys, text), jwt_error::malformed));
    }
    const parts p{token(hmac_secret, "HS256", alice)};
    const auto json = R"({"payload":")" + p.claims + R"(","protected":")" + p.header + R"(","signature":")" +
                      p.signature + R"("})";
    CHECK(is(verdict(keys, json), jwt_error::malformed)); // RFC 7515 section 7.2
    CHECK(is(verdict(keys, p.header + "..." + p.claims + "." + p.signature), jwt_error::encrypted)); // five parts
    CHECK(is(verdict(keys, signed_token(hmac_secret, "HS256", R"({"alg":"HS256","enc":"A256GCM"})", alice)),
             jwt_error::encrypted));
    CHECK(is(verdict(keys, signed_token(hmac_secret, "HS256", R"({"alg":"dir","enc":"A256GCM"})", alice)),
             jwt_error::encrypted));
    for (const auto* header : {R"("crit":["exp"],"exp":1)", R"("crit":[])", R"("crit":null)", R"("b64":false)",
                               R"("crit":["b64"],"b64":false)", R"("crit":["b64"],"b64":true)", R"("zip":"DEF")"})
        CHECK(is(verdict(keys, signed_token(hmac_secret, "HS256", R"({"alg":"HS256",)" + std::string{header} + "}",
                                            alice)),
                 jwt_error::unsupported_header));
    for (const auto* type : {"JWT", "jwt", "Jwt", "application/jwt"})
        CHECK(is(verdict(keys, signed_token(hmac_secret, "HS256",
                                            R"({"alg":"HS256","cty":")" + std::string{type} + R"("})",
                                            token(hmac_secret, "HS256", alice))),
                 jwt_error::nested));
    CHECK(verdict(keys, signed_token(hmac_secret, "HS256", R"({"alg":"HS256","cty":"json"})", alice)).empty());
}

TEST_CASE("a name that is there twice is malformed, in the header and in the claims", "[jwt][attack]")
{
    const auto keys = jwt_keys::secret(hmac_secret);
    for (const auto* header : {R"({"alg":"none","alg":"HS256"})", R"({"alg":"HS256","\u0061lg":"HS256"})",
                               R"({"alg":"HS256","kid":"a","kid":"b"})"})
        CHECK(is(verdict(keys, signed_token(hmac_secret, "HS256", header, alice)), jwt_error::malformed));
    for (const auto* claims :
         {R"({"sub":"mallory","sub":"alice","exp":4000000000})", R"({"exp":1,"exp":4000000000})",
          R"({"sub":"alice","exp":4000000000,"s\u0075b":"admin"})",
          R"({"sub":"alice","exp":4000000000,"x":[{"a":1,"a":2}]})"})
        CHECK(is(verdict(keys, token(hmac_secret, "HS256", claims)), jwt_error::malformed));
}

TEST_CASE("claims that are no JSON object are malformed, though they are signed", "[jwt][attack]")
{
    const auto keys = jwt_keys::secret(hmac_secret);
    for (const std::string claims :
         {"", "[]", "null", "\"alice\"", "{", "{}{}", "{\"exp\":1e400}", "{\"sub\":\"\xff\"}", "Payload"})
        CHECK(is(verdict(keys, token(hmac_secret, "HS256", claims)), jwt_error::malformed));
    std::string deep = "1";
    for (int i = 0; i != 20; ++i)
        deep = "[" + deep + "]";
    CHECK(is(verdict(keys, token(hmac_secret, "HS256", R"({"x":)" + deep + "}")), jwt_error::malformed));
}

TEST_CASE("a token above the limit is not looked into", "[jwt][attack]")
{
    const auto keys = jwt_keys::secret(hmac_secret);
    const auto big =
        token(hmac_secret, "HS256", R"({"sub":"alice","exp":4000000000,"x":")" + std::string(9000, 'x') + R"("})");
    CHECK(is(verdict(keys, big), jwt_error::too_large));
    CHECK(is(verdict(keys, std::string(10'000'000, '.')), jwt_error::too_large));
    CHECK(jwt_verifier{keys, {.max_token_bytes = big.size()}}.verify(big).has_value());
    CHECK_FALSE(jwt_verifier{keys, {.max_token_bytes = big.size() - 1}}.verify(big).has_value());
}

TEST_CASE("a kid is a name and nothing else: paths, SQL, and what is no text find no key", "[jwt][attack]")
{
    const auto keys = jwt_keys::jwks(jwks(oct_jwk(hmac_secret, "a")));
    for (const std::string kid : {"../../../../dev/null", "/dev/null", "a' OR '1'='1", "a; DROP TABLE keys",
                                  "a\\u0000", "A", "a ", "https://evil.example/key", "%00", "*", "$(id)", ""}) {
        const auto header = R"({"alg":"HS256","kid":")" + kid + R"("})";
        CHECK(is(verdict(keys, signed_token(hmac_secret, "HS256", header, alice)), jwt_error::unknown_key));
    }
    CHECK(is(verdict(keys, signed_token(hmac_secret, "HS256",
                                        R"({"alg":"HS256","kid":")" + std::string(5000, 'k') + R"("})", alice)),
             jwt_error::unknown_key));
    for (const auto* kid : {"null", "1", "true", "[\"a\"]", "{\"a\":1}"})
        CHECK(is(verdict(keys, signed_token(hmac_secret, "HS256",
                                            R"({"alg":"HS256","kid":)" + std::string{kid} + "}", alice)),
                 jwt_error::malformed));
    CHECK(verdict(keys, signed_token(hmac_secret, "HS256", R"({"alg":"HS256","kid":"a"})", alice)).empty());
}

TEST_CASE("a token is good for an empty key of nobody never", "[jwt][attack]")
{
    CHECK(is(verdict(jwt_keys{}, token(hmac_secret, "HS256", alice)), jwt_error::unknown_key));
    CHECK(is(verdict(jwt_keys{}, token(std::string_view{""}, "HS256", alice)), jwt_error::unknown_key));
    CHECK(is(verdict(jwt_keys::secret(hmac_secret), token(std::string_view{""}, "HS256", alice)),
             jwt_error::bad_signature));
}

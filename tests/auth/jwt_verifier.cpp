// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// What claims must be, and what identity they make.
#include <fanfare/auth/jwt_verifier.hpp>
#include <fanfare/error.hpp>

#include "jwt/test_tokens.hpp"
#include "support/catch.hpp"

#include <boost/json/serialize.hpp>
#include <boost/system/system_error.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace fanfare;
using namespace fanfare::test;
using namespace std::chrono_literals;
using time_point = jwt_verifier::time_point;

namespace {

constexpr time_point now{2'000'000'000s};

boost::system::result<jwt_claims> verify(std::string_view claims, jwt_options options = {}, time_point at = now)
{
    return jwt_verifier{jwt_keys::secret(hmac_secret), std::move(options)}.verify(
        token(hmac_secret, "HS256", claims), at);
}

error_code verdict(std::string_view claims, jwt_options options = {}, time_point at = now)
{
    const auto checked = verify(claims, std::move(options), at);
    return checked ? error_code{} : checked.error();
}

// Claims that are good, and these.
std::string with(const std::string& more)
{
    return R"({"sub":"alice","exp":2000000060,)" + more + "}";
}

boost::system::result<identity> identify(std::string_view claims, jwt_options options = {})
{
    const jwt_verifier verifier{jwt_keys::secret(hmac_secret), std::move(options)};
    const auto checked = verifier.verify(token(hmac_secret, "HS256", claims), now);
    REQUIRE(checked.has_value());
    return verifier.identify(*checked);
}

std::vector<std::string> list(std::initializer_list<std::string> texts)
{
    return texts;
}

} // namespace

TEST_CASE("a token is good until its exp and the leeway, and not from then on", "[jwt]")
{
    const auto* claims = R"({"exp":2000000000})";
    CHECK_FALSE(verdict(claims, {.leeway = 0s}, now - 1ms));
    CHECK(verdict(claims, {.leeway = 0s}) == jwt_error::expired);
    CHECK_FALSE(verdict(claims, {}, now + 29999ms));
    CHECK(verdict(claims, {}, now + 30s) == jwt_error::expired);
    CHECK_FALSE(verdict(R"({"exp":2000000000.5})", {.leeway = 0s}, now + 499ms));
    CHECK(verdict(R"({"exp":2000000000.5})", {.leeway = 0s}, now + 500ms) == jwt_error::expired);
    CHECK(verdict(R"({"sub":"alice"})") == jwt_error::no_expiry);
    CHECK_FALSE(verdict(R"({"sub":"alice"})", {.require_expiry = false}));
    CHECK(verdict(claims, {.require_expiry = false}, now + 1h) == jwt_error::expired);
}

TEST_CASE("a token is not good before its nbf, nor before it was issued", "[jwt]")
{
    CHECK_FALSE(verdict(with(R"("nbf":2000000030)")));
    CHECK(verdict(with(R"("nbf":2000000030.1)")) == jwt_error::not_yet_valid);
    CHECK(verdict(with(R"("nbf":2000000001)"), {.leeway = 0s}) == jwt_error::not_yet_valid);
    CHECK_FALSE(verdict(with(R"("iat":2000000030)")));
    CHECK(verdict(with(R"("iat":2000000031)")) == jwt_error::issued_in_future);
    CHECK_FALSE(verdict(with(R"("iat":0,"nbf":0)")));
}

TEST_CASE("a date that cannot be is refused, and no date overflows", "[jwt]")
{
    for (const auto* claim : {"exp", "nbf", "iat"})
        for (const auto* date :
             {"-1", "1e18", "1e300", "253402300800", "9223372036854775807", "18446744073709551615",
              "\"2000000060\"", "null", "true", "[2000000060]", "99999999999999999999999999"}) {
            INFO(claim << " " << date);
            const auto text = R"({")" + std::string{claim} + R"(":)" + date + "}";
            CHECK(verdict(text, {.require_expiry = false}) == jwt_error::bad_claim);
        }
    CHECK(verdict(R"({"exp":1e3})") == jwt_error::expired); // 1000 seconds
    CHECK_FALSE(verdict(R"({"exp":2e9})", {}, now));
    for (const auto at : {time_point::min(), time_point{}, now, time_point::max()}) {
        CHECK(verdict(R"({"exp":0})", {}, at) ==
              (at == time_point::min() || at == time_point{} ? error_code{} : jwt_error::expired));
        CHECK_FALSE(verdict(R"({"exp":253402300799})", {}, at));
        CHECK(verdict(R"({"nbf":253402300799,"exp":253402300799})", {}, at) == jwt_error::not_yet_valid);
    }
    const auto claims = verify(R"({"exp":253402300799})");
    REQUIRE(claims.has_value());
    CHECK(claims->expires_at > now + 24h * 365 * 200); // the end of the clock
}

TEST_CASE("registered claims have their types", "[jwt]")
{
    for (const auto* more : {R"("iss":1)", R"("iss":["a"])", R"("iss":null)", R"("jti":1)", R"("aud":1)",
                             R"("aud":[1])", R"("aud":["a",null])", R"("aud":{})", R"("aud":null)"}) {
        INFO(more);
        CHECK(verdict(with(more), {.ignore_audience = true}) == jwt_error::bad_claim);
    }
    CHECK(verdict(R"({"sub":1,"exp":2000000060})") == jwt_error::bad_claim);
    // One that no revocation could name.
    CHECK(verdict(with(R"("jti":")" + std::string(4097, 'j') + '"'), {}) == jwt_error::bad_claim);
    CHECK(verdict(with(R"("jti":")" + std::string(4096, 'j') + '"'), {}) == error_code{});
}

TEST_CASE("a token is of one of the issuers, letter by letter", "[jwt]")
{
    const jwt_options options{.issuers = {"https://a.example/", "b"}};
    CHECK_FALSE(verdict(with(R"("iss":"https://a.example/")"), options));
    CHECK_FALSE(verdict(with(R"("iss":"b")"), options));
    for (const auto* iss : {"https://a.example", "https://A.example/", "https://a.example/x", "B", "", "b "})
        CHECK(verdict(with(R"("iss":")" + std::string{iss} + "\""), options) == jwt_error::wrong_issuer);
    CHECK(verdict(with(R"("x":1)"), options) == jwt_error::wrong_issuer);
    CHECK_FALSE(verdict(with(R"("iss":"anybody")")));
}

TEST_CASE("a token names one of the audiences, and without any, none", "[jwt]")
{
    const jwt_options options{.audiences = {"chat", "all"}};
    CHECK_FALSE(verdict(with(R"("aud":"chat")"), options));
    CHECK_FALSE(verdict(with(R"("aud":["shop","all"])"), options));
    for (const auto* aud : {R"("shop")", R"(["shop"])", "[]", R"("")", R"("Chat")", R"(["chat "])"})
        CHECK(verdict(with(R"("aud":)" + std::string{aud}), options) == jwt_error::wrong_audience);
    CHECK(verdict(with(R"("x":1)"), options) == jwt_error::wrong_audience);
    CHECK_FALSE(verdict(with(R"("x":1)")));
    for (const auto* aud : {R"("chat")", R"(["chat"])", "[]"}) {
        CHECK(verdict(with(R"("aud":)" + std::string{aud})) == jwt_error::wrong_audience);
        CHECK_FALSE(verdict(with(R"("aud":)" + std::string{aud}), {.ignore_audience = true}));
    }
}

TEST_CASE("the type of a token is looked at if one is asked for", "[jwt]")
{
    const auto of_type = [](const std::string& header, std::string type) {
        const jwt_verifier verifier{jwt_keys::secret(hmac_secret), {.type = std::move(type)}};
        return verifier.verify(signed_token(hmac_secret, "HS256", header, R"({"exp":2000000060})"), now);
    };
    CHECK(of_type(R"({"alg":"HS256","typ":"at+jwt"})", "at+jwt").has_value());
    CHECK(of_type(R"({"alg":"HS256","typ":"application/AT+JWT"})", "at+jwt").has_value());
    CHECK(of_type(R"({"alg":"HS256","typ":"at+jwt"})", "application/at+jwt").has_value());
    CHECK(of_type(R"({"alg":"HS256","typ":"JWT"})", "at+jwt").error() == jwt_error::wrong_type);
    CHECK(of_type(R"({"alg":"HS256"})", "at+jwt").error() == jwt_error::wrong_type);
    for (const auto* plain : {"", "JWT", "jwt", "application/jwt", "at+jwt", "Application/AT+JWT"})
        CHECK(of_type(R"({"alg":"HS256","typ":")" + std::string{plain} + "\"}", "").has_value());
    CHECK(of_type(R"({"alg":"HS256"})", "").has_value());
    for (const auto* other :
         {"anything", "logout+jwt", "room+jwt", "application/room+JWT", "dpop+jwt", "JWT ", "JOSE"})
        CHECK(of_type(R"({"alg":"HS256","typ":")" + std::string{other} + "\"}", "").error() ==
              jwt_error::wrong_type);
    CHECK(of_type(R"({"alg":"HS256","typ":"logout+jwt"})", "logout+jwt").has_value());
    CHECK(of_type(R"({"alg":"HS256","typ":1})", "").error() == jwt_error::malformed);
}

TEST_CASE("what a token says is there for own use", "[jwt]")
{
    const jwt_verifier verifier{jwt_keys::jwks(jwks(jwk(p256_key, "k1"))), {.audiences = {"chat"}}};
    const auto claims = verifier.verify(
        signed_token(
            p256_key, "ES256", R"({"alg":"ES256","kid":"k1","typ":"JWT"})",
            R"({"iss":"i","sub":"s","aud":["chat","shop"],"jti":"j","exp":2000000060,"nbf":1,"iat":2,"x":{"y":[1]}})"),
        now);
    REQUIRE(claims.has_value());
    CHECK(claims->issuer == "i");
    CHECK(claims->subject == "s");
    CHECK(claims->audience == list({"chat", "shop"}));
    CHECK(claims->token_id == "j");
    CHECK(claims->key_id == "k1");
    CHECK(claims->algorithm == jwt_algorithm::es256);
    CHECK(claims->expires_at == now + 60s);
    CHECK(claims->not_before == time_point{1s});
    CHECK(claims->issued_at == time_point{2s});
    CHECK(json::serialize(claims->all.at("x")) == R"({"y":[1]})");
}

TEST_CASE("claims make an identity", "[jwt]")
{
    const auto who = identify(
        R"({"sub":"alice","rooms":["chat:1","user:alice"],"jti":"t-1","iat":1999999999,"exp":2000000060,"nbf":1,"role":"admin","org":{"id":7}})");
    REQUIRE(who.has_value());
    CHECK(who->user_id == "alice");
    CHECK(who->rooms == list({"chat:1", "user:alice"}));
    CHECK(who->token_id == "t-1");
    CHECK(who->issued_at == now - 1s);
    CHECK(who->expires_at == now + 90s); // with the leeway, within which the token would be taken again
    CHECK(json::serialize(who->claims) == R"({"nbf":1,"role":"admin","org":{"id":7}})");
}

TEST_CASE("the claims that are kept, and those of the user and the rooms, can be chosen", "[jwt]")
{
    const auto* claims =
        R"({"sub":"0815","name":"zoë","grants":["chat:1"],"rooms":["chat:2"],"exp":2000000060,"a":1,"b":2})";
    const auto who = identify(
        claims,
        {.user_claim = "name", .rooms_claim = "grants", .kept_claims = std::vector<std::string>{"a", "exp"}});
    REQUIRE(who.has_value());
    CHECK(who->user_id == "zoë");
    CHECK(who->rooms == list({"chat:1"}));
    CHECK(json::serialize(who->claims) == R"({"exp":2000000060,"a":1})");
    const auto none = identify(claims, {.rooms_claim = "", .kept_claims = std::vector<std::string>{}});
    REQUIRE(none.has_value());
    CHECK(none->rooms.empty());
    CHECK(none->claims.empty());
}

TEST_CASE("a user is a name that a user can have", "[jwt]")
{
    const auto bad = [](const std::string& claims, jwt_options options = {}) {
        INFO(claims);
        const auto who = identify(claims, std::move(options));
        CHECK((!who && who.error() == jwt_error::bad_user));
    };
    bad(R"({"exp":2000000060})");
    for (const auto* user : {"", "a b", "a,b", "a*", "\\u0000", "a\\u202eb", "[a]", "\\\""})
        bad(R"({"exp":2000000060,"sub":")" + std::string{user} + "\"}");
    for (const auto* user : {"7", "null", "[\"alice\"]", "{}"})
        bad(R"({"exp":2000000060,"uid":)" + std::string{user} + "}", {.user_claim = "uid"});
    bad(R"({"exp":2000000060,"sub":"a b"})", {.require_user = false});
    CHECK(identify(R"({"exp":2000000060,"sub":"auth0|5f7c8ec7c33c6c004bbafe82"})").has_value());
    const auto nobody = identify(R"({"exp":2000000060})", {.require_user = false});
    REQUIRE(nobody.has_value());
    CHECK(nobody->anonymous());
}

TEST_CASE("rooms are a list of names, not too many, and none is another user's own", "[jwt]")
{
    const auto rooms = [](const std::string& value, jwt_options options = {}) {
        INFO(value);
        const auto who = identify(with(R"("rooms":)" + value), std::move(options));
        return who ? error_code{} : who.error();
    };
    CHECK_FALSE(rooms("[]"));
    CHECK_FALSE(rooms(R"(["a:1","b"])"));
    for (const auto* value : {R"("chat:1")", "null", "7", "{}", R"(["a",1])", R"([["a"]])", R"([""])",
                              R"(["a b"])", R"(["a*"])", R"(["user:bob"])"})
        CHECK(rooms(value) == jwt_error::bad_rooms);
    CHECK_FALSE(rooms(R"(["a","b"])", {.max_rooms = 2}));
    CHECK(rooms(R"(["a","b","c"])", {.max_rooms = 2}) == jwt_error::bad_rooms);
}

TEST_CASE("an application makes the identity itself, and the token bounds it", "[jwt]")
{
    const auto* claims = R"({"sub":"alice","jti":"t-1","iat":1999999999,"exp":2000000060,"level":3})";
    jwt_options options;
    options.make_identity = [](const jwt_claims& c) -> std::optional<identity> {
        if (c.all.at("level").as_int64() < 3)
            return std::nullopt;
        return identity{.user_id = "u:" + c.subject, .expires_at = now + 1h};
    };
    const auto who = identify(claims, options);
    REQUIRE(who.has_value());
    CHECK(who->user_id == "u:alice");
    CHECK(who->expires_at == now + 90s);
    CHECK(who->token_id == "t-1");
    CHECK(who->issued_at == now - 1s);
    CHECK(identify(with(R"("level":2)"), options).error() == jwt_error::not_accepted);
    options.make_identity = [](const jwt_claims&) -> std::optional<identity> {
        return identity{.expires_at = now + 1s, .token_id = "own", .issued_at = now};
    };
    const auto shorter = identify(claims, options);
    REQUIRE(shorter.has_value());
    CHECK(shorter->expires_at == now + 1s);
    CHECK(shorter->token_id == "own");
    CHECK(shorter->issued_at == now);
}

TEST_CASE("options that cannot be meant are refused", "[jwt]")
{
    const auto make = [](jwt_options options) { const jwt_verifier made{jwt_keys{}, std::move(options)}; };
    using failure = boost::system::system_error;
    CHECK_NOTHROW(make({}));
    CHECK_NOTHROW(make({.leeway = 5min}));
    CHECK_THROWS_AS(make({.leeway = -1s}), failure);
    CHECK_THROWS_AS(make({.leeway = 301s}), failure);
    CHECK_THROWS_AS(make({.leeway = std::chrono::seconds::max()}), failure);
    CHECK_THROWS_AS(make({.max_token_bytes = 63}), failure);
    CHECK_THROWS_AS(make({.max_token_bytes = 65537}), failure);
    CHECK_THROWS_AS(make({.audiences = {"a"}, .ignore_audience = true}), failure);
    CHECK_THROWS_AS(make({.issuers = {""}}), failure);
    CHECK_THROWS_AS(make({.audiences = {"a", ""}}), failure);
    CHECK_THROWS_AS(make({.user_claim = ""}), failure);
}

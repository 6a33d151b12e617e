// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Tokens in handshakes.
#include <fanfare/auth/any_of.hpp>
#include <fanfare/auth/jwt.hpp>
#include <fanfare/auth/ticket.hpp>

#include "auth/auth_requests.hpp"
#include "jwt/test_tokens.hpp"
#include "support/catch.hpp"

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

using namespace fanfare;
using namespace fanfare::test;

namespace {

std::string of(const std::string& user)
{
    return token(hmac_secret, "HS256", R"({"exp":4000000000,"sub":")" + user + "\"}");
}

jwt_authenticator tokens(jwt_options options = {})
{
    return jwt_authenticator{jwt_keys::secret(hmac_secret), std::move(options)};
}

auth_result ask(const any_authenticator& authenticate, const handshake_request& asked)
{
    std::optional<auth_result> answer;
    authenticate(asked, [&](auth_result result) { answer = std::move(result); });
    REQUIRE(answer);
    return std::move(*answer);
}

std::string user_of(const jwt_authenticator& authenticate, const handshake_request& asked)
{
    auto result = ask(authenticate, asked);
    return result ? result.who().user_id : "refused: " + result.why().message;
}

handshake_request::header_list bearer(const std::string& text)
{
    return {{"Authorization", "Bearer " + text}};
}

const std::string none = "refused: a valid credential is required";

} // namespace

TEST_CASE("a token is found in Authorization, a subprotocol and a cookie, in the query if that is wanted", "[jwt]")
{
    const auto a = of("alice");
    CHECK(user_of(tokens(), handshake("/", bearer(a))) == "alice");
    CHECK(user_of(tokens(), handshake("/", {{"authorization", "bearer " + a}})) == "alice");
    CHECK(user_of(tokens(), handshake("/", {{"Sec-WebSocket-Protocol", "fanfare.v1, fanfare.token." + a}})) ==
          "alice");
    CHECK(user_of(tokens(), handshake("/", {{"Cookie", "x=1; fanfare_token=" + a}})) == "alice");
    CHECK(user_of(tokens({.cookie = "session"}), handshake("/", {{"Cookie", "session=" + a}})) == "alice");
    CHECK(user_of(tokens({.query = "token"}), handshake("/?x=1&token=" + a)) == "alice");
    CHECK(user_of(tokens(), handshake("/?token=" + a)) == none);
    CHECK(user_of(tokens({.cookie = ""}), handshake("/", {{"Cookie", "fanfare_token=" + a}})) == none);
    CHECK(user_of(tokens({.query = "token"}), handshake("/?token=&x=" + a)) == none);
    CHECK(user_of(tokens(), handshake("/")) == none);
}

TEST_CASE("of several tokens the first place counts, and a bad one there is not made good by another", "[jwt]")
{
    const auto all = [](const std::string& first, const std::string& second, const std::string& third,
                        const std::string& fourth) {
        auto headers = first.empty() ? handshake_request::header_list{} : bearer(first);
        if (!second.empty())
            headers.emplace_back("Sec-WebSocket-Protocol", "fanfare.token." + second);
        headers.emplace_back("Cookie", "fanfare_token=" + fourth);
        return handshake("/?token=" + third, std::move(headers));
    };
    const jwt_options options{.query = "token"};
    CHECK(user_of(tokens(options), all(of("a"), of("b"), of("c"), of("d"))) == "a");
    CHECK(user_of(tokens(options), all("", of("b"), of("c"), of("d"))) == "b");
    CHECK(user_of(tokens(options), all("", "", of("c"), of("d"))) == "c");
    CHECK(user_of(tokens(options), all("", "", "", of("d"))) == "d");
    CHECK(user_of(tokens(options), all("x.y.z", of("b"), of("c"), of("d"))) == "refused: the token is malformed");
    // Sent twice, or with something behind it, it is a bad one: two readers could take two different ones.
    const auto cookie = "fanfare_token=" + of("d");
    CHECK(user_of(tokens(), handshake("/", {{"Authorization", "Bearer " + of("a")},
                                            {"Authorization", "Bearer " + of("b")},
                                            {"Cookie", cookie}})) == "refused: the token is malformed");
    for (const auto& line :
         {"Bearer " + of("a") + " x", "bearer\t" + of("a") + " x", "Bearer " + of("a") + ", Bearer x"})
        CHECK(user_of(tokens(), handshake("/", {{"Authorization", line}, {"Cookie", cookie}})) ==
              "refused: the token is malformed");
    CHECK(user_of(tokens(), handshake("/", {{"Authorization", "Basic YTpiLmM="}, {"Cookie", cookie}})) == "d");
}

TEST_CASE("the subprotocol that is answered is never the one with the token", "[jwt]")
{
    const auto with_v1 = handshake("/", {{"Sec-WebSocket-Protocol", "fanfare.token." + of("a") + ", fanfare.v1"}});
    const auto result = ask(tokens(), with_v1);
    REQUIRE(result.accepted());
    CHECK(chosen_subprotocol(with_v1, result) == "fanfare.v1");
    const auto without = handshake("/", {{"Sec-WebSocket-Protocol", "fanfare.token." + of("a")}});
    CHECK(chosen_subprotocol(without, ask(tokens(), without)).empty());
}

TEST_CASE("a refusal names what is wrong, and nothing of the token", "[jwt]")
{
    const auto refused = [](const std::string& text, jwt_options options = {}) {
        auto result = ask(tokens(std::move(options)), handshake("/", bearer(text)));
        REQUIRE_FALSE(result.accepted());
        CHECK(result.why().status == 401);
        CHECK(result.why().code == error::unauthorized);
        CHECK(result.why().credential_seen);
        CHECK_FALSE(result.why().cause);
        return result.why().message;
    };
    CHECK(refused(token(hmac_secret, "HS256", R"({"sub":"alice","exp":1})")) == "the token has expired");
    CHECK(refused(token(std::string(32, 'x'), "HS256", R"({"sub":"alice","exp":1})")) ==
          "the token's signature is not good");
    CHECK(refused(of("alice"), {.audiences = {"chat"}}) == "the token is for another audience");
    CHECK(refused(of("a b")) == "the token names no user that there can be");
    const auto nothing = ask(tokens(), handshake("/"));
    CHECK_FALSE(nothing.why().credential_seen);
    CHECK(nothing.why().status == 401);
}

TEST_CASE("tickets and tokens both travel as bearers, and each finds its own", "[jwt][ticket]")
{
    memory_ticket_store store;
    const any_of either{ticket_authenticator{store}, tokens()};
    const auto ticket = store.issue({.user_id = "by ticket"});
    REQUIRE(ticket.has_value());
    CHECK(ask(either, handshake("/", bearer(*ticket))).who().user_id == "by ticket");
    CHECK(ask(either, handshake("/", bearer(of("by-token")))).who().user_id == "by-token");
    CHECK(ask(either, handshake("/", bearer(*ticket))).why().code == error::ticket_invalid);
    CHECK(ask(either, handshake("/", bearer("a.b.c"))).why().message == "the token is malformed");
    const any_of other{tokens(), ticket_authenticator{store}};
    CHECK(ask(other, handshake("/", bearer("opaque"))).why().credential_seen == false);
}

TEST_CASE("what an application's own function throws is a failure of the server, with its cause", "[jwt]")
{
    const auto result = ask(tokens({.make_identity = [](const jwt_claims&) -> std::optional<identity> {
                                throw std::runtime_error("the directory is down");
                            }}),
                            handshake("/", bearer(of("alice"))));
    REQUIRE_FALSE(result.accepted());
    CHECK(result.why().status == 503);
    CHECK(result.why().cause);
}

TEST_CASE("a query that cannot be read is refused with 400", "[jwt]")
{
    const auto result = ask(tokens({.query = "token"}), handshake("/?token=%zz"));
    REQUIRE_FALSE(result.accepted());
    CHECK(result.why().status == 400);
}

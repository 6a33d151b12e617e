// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Tokens for rooms.
#include <fanfare/auth/jwt.hpp>
#include <fanfare/auth/jwt_room_tokens.hpp>

#include "jwt/test_tokens.hpp"
#include "support/catch.hpp"
#include "support/eventually.hpp"

#include <boost/system/system_error.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <utility>

using namespace fanfare;
using namespace fanfare::test;

namespace {

std::string room_token(const std::string& claims)
{
    return signed_token(hmac_secret, "HS256", R"({"alg":"HS256","typ":"room+jwt"})", claims);
}

// For alice and chat:1.
std::string ticket(const std::string& more = {})
{
    return room_token(R"({"sub":"alice","room":"chat:1","exp":4000000000)" + more + "}");
}

jwt_room_tokens tokens(jwt_room_token_options options = {}, any_authorizer otherwise = {})
{
    return jwt_room_tokens{jwt_keys::secret(hmac_secret), std::move(options), std::move(otherwise)};
}

struct asked {
    std::string user = "alice", room = "chat:1", connection = "c1";
};

bool allows(const jwt_room_tokens& decide, const asked& by, room_action action, const std::string& token = {})
{
    const identity who{.user_id = by.user};
    std::optional<bool> answer;
    any_authorizer{decide}({who, by.room, action, by.connection, token}, [&](bool allowed) { answer = allowed; });
    REQUIRE(answer);
    return *answer;
}

using enum room_action;

} // namespace

TEST_CASE("a token lets its user into its room, and does not let anybody else, or anywhere else", "[jwt]")
{
    CHECK(allows(tokens(), {}, subscribe, ticket()));
    CHECK_FALSE(allows(tokens(), {}, subscribe));
    CHECK_FALSE(allows(tokens(), {.user = "bob"}, subscribe, ticket()));
    CHECK_FALSE(allows(tokens(), {.user = ""}, subscribe, ticket()));
    CHECK_FALSE(allows(tokens(), {.room = "chat:2"}, subscribe, ticket()));
    CHECK_FALSE(allows(tokens(), {.room = "chat:1 "}, subscribe, ticket()));
    const auto several = room_token(R"({"sub":"alice","rooms":["chat:1","chat:2"],"exp":4000000000})");
    CHECK(allows(tokens(), {.room = "chat:2"}, subscribe, several));
    CHECK_FALSE(allows(tokens(), {.room = "chat:3"}, subscribe, several));
    const auto both = room_token(R"({"sub":"alice","room":"chat:1","rooms":["chat:2"],"exp":4000000000})");
    CHECK(allows(tokens(), {.room = "chat:1"}, subscribe, both));
    CHECK(allows(tokens(), {.room = "chat:2"}, subscribe, both));
}

TEST_CASE("a token for a room that is not good lets nobody in", "[jwt]")
{
    for (const auto& bad :
         {std::string{"x"}, room_token(R"({"sub":"alice","room":"chat:1","exp":1})"),
          room_token(R"({"sub":"alice","room":"chat:1"})"), room_token(R"({"sub":"alice","exp":4000000000})"),
          room_token(R"({"sub":"alice","room":["chat:1"],"exp":4000000000})"),
          room_token(R"({"sub":"alice","rooms":"chat:1","exp":4000000000})"),
          room_token(R"({"sub":"alice","rooms":["chat:1",1],"exp":4000000000})"),
          room_token(R"({"sub":"alice","room":1,"rooms":["chat:1"],"exp":4000000000})"),
          room_token(R"({"sub":"alice","room":"chat:1","rooms":{},"exp":4000000000})"),
          room_token(R"({"room":"chat:1","exp":4000000000})"), ticket(R"(,"can":"subscribe")"),
          ticket(R"(,"can":[1])"), ticket(R"(,"can":null)"), ticket() + "x",
          signed_token(std::string(32, 'x'), "HS256", R"({"alg":"HS256","typ":"room+jwt"})",
                       R"({"sub":"alice","room":"chat:1","exp":4000000000})")}) {
        INFO(bad);
        const auto decide = tokens({}, [](const access_request&) { return true; });
        CHECK_FALSE(allows(decide, {}, subscribe, bad)); // though the other authorizer would
        CHECK(allows(decide, {}, subscribe));
    }
    CHECK(allows(tokens({.max_rooms = 2}), {}, subscribe,
                 room_token(R"({"sub":"alice","rooms":["a","chat:1"],"exp":4000000000})")));
    CHECK_FALSE(allows(tokens({.max_rooms = 2}), {}, subscribe,
                       room_token(R"({"sub":"alice","rooms":["a","b","chat:1"],"exp":4000000000})")));
}

TEST_CASE("a token without a user is for connections without one, if that is allowed", "[jwt]")
{
    const auto open = room_token(R"({"room":"chat:1","exp":4000000000})");
    CHECK_FALSE(allows(tokens(), {.user = ""}, subscribe, open));
    CHECK(allows(tokens({.allow_anonymous = true}), {.user = ""}, subscribe, open));
    CHECK_FALSE(allows(tokens({.allow_anonymous = true}), {}, subscribe, open));
    CHECK_FALSE(allows(tokens({.allow_anonymous = true}), {.user = ""}, subscribe,
                       room_token(R"({"sub":null,"room":"chat:1","exp":4000000000})")));
}

TEST_CASE("what a token allows is remembered for its connection and room", "[jwt]")
{
    const auto decide = tokens();
    CHECK_FALSE(allows(decide, {}, history));
    CHECK(allows(decide, {}, subscribe, ticket()));
    CHECK(allows(decide, {}, history));
    CHECK(allows(decide, {}, presence));
    CHECK_FALSE(allows(decide, {}, publish)); // only if it says so
    CHECK_FALSE(allows(decide, {.connection = "c2"}, history));
    CHECK_FALSE(allows(decide, {.room = "chat:2"}, history));
    CHECK_FALSE(allows(decide, {.user = "bob"}, history));
    CHECK(allows(decide, {}, subscribe, ticket(R"(,"can":["publish","subscribe","fly"])")));
    CHECK(allows(decide, {}, publish));
    CHECK_FALSE(allows(decide, {}, history)); // the last token counts
    CHECK_FALSE(allows(decide, {}, subscribe, ticket(R"(,"can":["publish"])")));
    CHECK_FALSE(allows(decide, {}, subscribe, ticket(R"(,"can":[])")));
    CHECK(decide.grants() == 1);
}

TEST_CASE("what no token allows is for the other authorizer to decide", "[jwt]")
{
    const auto decide =
        tokens({}, [](const access_request& r) { return r.room == "lobby" || r.action == publish; });
    CHECK(allows(decide, {.room = "lobby"}, subscribe));
    CHECK_FALSE(allows(decide, {}, subscribe));
    CHECK(allows(decide, {}, subscribe, ticket()));
    CHECK(allows(decide, {}, publish));
    CHECK(allows(decide, {}, presence));
}

TEST_CASE("what connections that have gone could do is forgotten when that is told", "[jwt]")
{
    const auto decide = tokens();
    const auto both = room_token(R"({"sub":"alice","rooms":["chat:1","chat:2"],"exp":4000000000})");
    for (const auto* connection : {"c", "c1", "c10"})
        for (const auto* room : {"chat:1", "chat:2"})
            CHECK(allows(decide, {.room = room, .connection = connection}, subscribe, both));
    CHECK(decide.grants() == 6);
    decide.forget("c1");
    CHECK(decide.grants() == 4);
    CHECK_FALSE(allows(decide, {}, history));
    CHECK_FALSE(allows(decide, {.room = "chat:2"}, history));
    for (const auto* connection : {"c", "c10"})
        CHECK(allows(decide, {.room = "chat:2", .connection = connection}, history));
    decide.forget("c1");
    decide.forget("");
    decide.forget("nobody");
    CHECK(decide.grants() == 4);
}

TEST_CASE("a connection with many tokens for rooms takes the place of its own, not of others", "[jwt]")
{
    const auto decide = tokens({.max_grants = 4, .max_grants_per_connection = 2});
    const auto until = [](const std::string& room, int exp) {
        return room_token(R"({"sub":"alice","room":")" + room + R"(","exp":)" + std::to_string(exp) + "}");
    };
    CHECK(allows(decide, {.room = "a", .connection = "other"}, subscribe, until("a", 2'000'000'001)));
    for (int i = 0; i != 20; ++i)
        CHECK(allows(decide, {.room = "r" + std::to_string(i)}, subscribe,
                     until("r" + std::to_string(i), 2'100'000'000 + i)));
    CHECK(decide.grants() == 3);
    CHECK(allows(decide, {.room = "a", .connection = "other"}, history));
    CHECK_FALSE(allows(decide, {.room = "r17"}, history));
    CHECK(allows(decide, {.room = "r18"}, history));
    CHECK(allows(decide, {.room = "r19"}, history));
    // A room that is there already takes no other place.
    CHECK(allows(decide, {.room = "r18"}, subscribe, until("r18", 2'100'000'100)));
    CHECK(allows(decide, {.room = "r19"}, history));
}

TEST_CASE("the type of tokens for rooms stays theirs, whatever else is asked of them", "[jwt]")
{
    const auto decide = tokens({.token = {.leeway = std::chrono::seconds{1}}});
    CHECK(allows(decide, {}, subscribe, ticket()));
    CHECK_FALSE(allows(decide, {}, subscribe,
                       signed_token(hmac_secret, "HS256", R"({"alg":"HS256","typ":"JWT"})",
                                    R"({"sub":"alice","room":"chat:1","exp":4000000000})")));
}

TEST_CASE("what has expired is forgotten, and above the limit what expires first", "[jwt]")
{
    const auto decide = tokens({.max_grants = 2});
    const auto until = [](const std::string& room, std::chrono::system_clock::duration from_now) {
        using std::chrono::system_clock;
        const auto at = system_clock::to_time_t(system_clock::now() + from_now);
        return room_token(R"({"sub":"alice","room":")" + room + R"(","exp":)" + std::to_string(at) + "}");
    };
    using namespace std::chrono_literals;
    CHECK(allows(decide, {.room = "a"}, subscribe, until("a", 1h)));
    CHECK(allows(decide, {.room = "b"}, subscribe, until("b", 2h)));
    CHECK(allows(decide, {.room = "c"}, subscribe, until("c", 3h)));
    CHECK(decide.grants() == 2);
    CHECK_FALSE(allows(decide, {.room = "a"}, history));
    CHECK(allows(decide, {.room = "b"}, history));
    CHECK(allows(decide, {.room = "c"}, history));
    // Within the leeway a token is taken, and what it allows ends with the leeway.
    const auto late = tokens({.token = {.leeway = 3s}});
    CHECK(allows(late, {.room = "a"}, subscribe, until("a", 0s)));
    CHECK(eventually([&] { return !allows(late, {.room = "a"}, history); }));
    CHECK(late.grants() == 0);
}

TEST_CASE("a token for a room lets nobody in as its user, and a user's token is none for a room", "[jwt]")
{
    const jwt_verifier users{jwt_keys::secret(hmac_secret)};
    CHECK(users.verify(ticket()).error() == jwt_error::wrong_type);
    const auto user = token(hmac_secret, "HS256", R"({"sub":"alice","rooms":["chat:1"],"exp":4000000000})");
    CHECK(users.verify(user).has_value());
    CHECK_FALSE(allows(tokens(), {}, subscribe, user));
    CHECK(allows(tokens({.token = {.type = "JWT"}}), {}, subscribe,
                 signed_token(hmac_secret, "HS256", R"({"alg":"HS256","typ":"JWT"})",
                              R"({"sub":"alice","room":"chat:1","exp":4000000000})")));
}

TEST_CASE("options of room tokens that cannot be meant are refused", "[jwt]")
{
    using failure = boost::system::system_error;
    CHECK_THROWS_AS(tokens({.token = {.require_expiry = false}}), failure);
    CHECK_THROWS_AS(tokens({.max_grants = 0}), failure);
    CHECK_THROWS_AS(tokens({.max_grants_per_connection = 0}), failure);
    CHECK_THROWS_AS(tokens({.max_grants_per_connection = 10'001}), failure);
    CHECK_THROWS_AS(tokens({.token = {.leeway = std::chrono::hours{1}}}), failure);
}

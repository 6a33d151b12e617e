// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// What an authenticator reads from an upgrade request.
#include <fanfare/auth.hpp>

#include "auth/auth_requests.hpp"
#include "support/catch.hpp"

#include <boost/system/system_error.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace fanfare;
using namespace fanfare::test;

TEST_CASE("query parameters are found and decoded as browsers write them", "[request]")
{
    const auto r = handshake("/ws?a=1&b=two%20words&c=x+y&d=%2B%26%3D&a=2&empty=&novalue&%6Bey=k&u=%C3%A9");
    CHECK(r.path() == "/ws");
    CHECK(r.query("a") == "1");
    CHECK(r.query("b") == "two words");
    CHECK(r.query("c") == "x y");
    CHECK(r.query("d") == "+&=");
    CHECK(r.query("empty") == "");
    CHECK(r.query("novalue") == "");
    CHECK(r.query("key") == "k");
    CHECK(r.query("u") == "\xC3\xA9");
    CHECK_FALSE(r.query("missing"));
    CHECK_FALSE(r.query("A"));
}

TEST_CASE("a value may hold equal signs, question marks and slashes", "[request]")
{
    const auto r = handshake("/ws?next=/a?b=c&z=1");
    CHECK(r.query("next") == "/a?b=c");
    CHECK(r.query("z") == "1");
}

TEST_CASE("a target without a query has no parameters, and a fragment is none of it", "[request]")
{
    CHECK_FALSE(handshake("/ws").query("a"));
    CHECK_FALSE(handshake("").query("a"));
    CHECK_FALSE(handshake("/ws?").query("a"));
    CHECK_FALSE(handshake("/ws?&&").query("a"));
    CHECK(handshake("/ws?a=1#fragment&b=2").query("a") == "1");
    CHECK_FALSE(handshake("/ws?a=1#fragment&b=2").query("b"));
    CHECK(handshake("?a=1").query("a") == "1");
    CHECK(handshake("/ws").path() == "/ws");
    CHECK(handshake("?a=1").path().empty());
}

TEST_CASE("each parameter is read by itself, as browsers leave it", "[request]")
{
    const auto r = handshake("/ws?bad=%&odd=a|b{c}^`[]\\\"<>&%=x&u=\xC3\xA9&\xFF=y&=empty&good=1&a%=2");
    CHECK(r.query("good") == "1");
    CHECK(r.query("odd") == "a|b{c}^`[]\\\"<>");
    CHECK(r.query("u") == "\xC3\xA9");
    CHECK(r.query("") == "empty");
    CHECK_FALSE(r.query("a"));
    CHECK_FALSE(r.query("x"));
    CHECK(handshake(std::string{"/ws?a=\0b", 8}).query("a") == std::string_view{"\0b", 2});
}

TEST_CASE("a parameter that cannot be read is not one that is not there", "[request]")
{
    for (const std::string bad :
         {"%", "%2", "%zz", "100%", "%2x", "%C3", "\xC3", "%FF", "%ED%A0%80", "%C0%80", "a%\xC3\xA9"}) {
        INFO(bad);
        const auto r = handshake("/ws?x=1&user=" + bad + "&user=alice&y=2");
        CHECK_THROWS_AS(r.query("user"), unreadable_parameter);
        CHECK(r.query("x") == "1");
        CHECK(r.query("y") == "2");
        CHECK_FALSE(r.query("z"));
    }
    CHECK(std::string_view{unreadable_parameter{"user"}.what()}.starts_with(
        "the query parameter user cannot be read"));
}

TEST_CASE("header names are compared without case, and the first of several counts", "[request]")
{
    const auto r = handshake("/", {{"HOST", "a"}, {"X-Twice", "1"}, {"x-twice", "2"}, {"Empty", ""}});
    CHECK(r.header("host") == "a");
    CHECK(r.header("X-TWICE") == "1");
    CHECK(r.header_values("x-twice") == std::vector<std::string_view>{"1", "2"});
    CHECK(r.header("empty").empty());
    CHECK(r.header_values("empty").size() == 1);
    CHECK(r.header("missing").empty());
    CHECK(r.header_values("missing").empty());
    CHECK(r.header("hos").empty());
    CHECK(r.remote_address() == "192.0.2.1");
    CHECK(r.method() == "GET");
}

TEST_CASE("cookies are found among others, with and without quotes", "[request]")
{
    const auto r = handshake(
        "/", {{"Cookie", "a=1; b=\"two\"; c=;  d = x=y ;flag; a=9;;e=\"; =v; f=\"\""}, {"cookie", "later=yes"}});
    CHECK(r.cookie("a") == "1");
    CHECK(r.cookie("b") == "two");
    CHECK(r.cookie("c") == "");
    CHECK(r.cookie("d") == "x=y");
    CHECK(r.cookie("e") == "\"");
    CHECK(r.cookie("f") == "");
    CHECK(r.cookie("later") == "yes");
    CHECK_FALSE(r.cookie("flag"));
    CHECK_FALSE(r.cookie("A"));
    CHECK_FALSE(r.cookie("wo"));
    CHECK_FALSE(handshake("/").cookie("a"));
    CHECK_FALSE(handshake("/", {{"Cookie", ""}}).cookie("a"));
}

TEST_CASE("a bearer token is read whatever the scheme's case, and nothing else is taken for one", "[request]")
{
    const auto token = [](std::string value) {
        return std::string{handshake("/", {{"Authorization", std::move(value)}}).bearer_token()};
    };
    CHECK(token("Bearer abc.def") == "abc.def");
    CHECK(token("bEARER   abc  ") == "abc");
    CHECK(token("Bearer") == "");
    CHECK(token("Bearer ") == "");
    CHECK(token("Bearerabc") == "");
    CHECK(token("Bearer two words") == "");
    CHECK(token("Basic dXNlcjpwYXNz") == "");
    CHECK(token("") == "");
    CHECK(handshake("/").bearer_token().empty());
    CHECK(handshake("/", {{"Authorization", "Bearer a"}, {"Authorization", "Bearer b"}}).bearer_token().empty());
}

TEST_CASE("subprotocols come from all headers, in order, without empty entries", "[request]")
{
    const auto r =
        handshake("/", {{"Sec-WebSocket-Protocol", " fanfare.v1 ,, a,"}, {"sec-websocket-protocol", "b"}});
    CHECK(r.subprotocols() == std::vector<std::string_view>{"fanfare.v1", "a", "b"});
    CHECK(r.offers("a"));
    CHECK_FALSE(r.offers("A"));
    CHECK(handshake("/").subprotocols().empty());
}

TEST_CASE("the answered subprotocol is always one that was offered", "[request]")
{
    const auto r = handshake("/", {{"Sec-WebSocket-Protocol", "fanfare.v1, other"}});
    CHECK(chosen_subprotocol(r, identity{}) == "fanfare.v1");
    CHECK(chosen_subprotocol(r, {identity{}, "other"}) == "other");
    CHECK(chosen_subprotocol(r, {identity{}, "unknown"}) == "fanfare.v1");
    CHECK(chosen_subprotocol(handshake("/"), {identity{}, "fanfare.v1"}).empty());
    CHECK(chosen_subprotocol(handshake("/", {{"Sec-WebSocket-Protocol", "other"}}), identity{}).empty());
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include <fanfare/auth.hpp>
#include <fanfare/auth/anonymous.hpp>
#include <fanfare/auth/any_of.hpp>
#include <fanfare/auth/origin.hpp>

#include "catch.hpp"

#include <boost/system/system_error.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <exception>
#include <latch>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

using namespace fanfare;

namespace {

handshake_request request(std::string target, handshake_request::header_list headers = {})
{
    return {"GET", std::move(target), std::move(headers), "192.0.2.1"};
}

handshake_request from_origin(std::string origin, std::string host = "server.example")
{
    return request("/", {{"Host", std::move(host)}, {"Origin", std::move(origin)}});
}

auth_result ask(const any_authenticator& authenticate, const handshake_request& asked)
{
    std::optional<auth_result> answer;
    int answers = 0;
    authenticate(asked, [&](auth_result result) {
        answer = std::move(result);
        ++answers;
    });
    REQUIRE(answers == 1);
    return std::move(*answer);
}

auto accepting(std::string user)
{
    return [user = std::move(user)](const handshake_request&) { return identity{.user_id = user}; };
}

auto refusing(error code, bool credential_seen)
{
    return [=](const handshake_request&) { return make_refusal(code, 401, credential_seen); };
}

} // namespace

// ---- the request

TEST_CASE("query parameters are found and decoded as browsers write them", "[request]")
{
    const auto r = request("/ws?a=1&b=two%20words&c=x+y&d=%2B%26%3D&a=2&empty=&novalue&%6Bey=k&u=%C3%A9");
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
    const auto r = request("/ws?next=/a?b=c&z=1");
    CHECK(r.query("next") == "/a?b=c");
    CHECK(r.query("z") == "1");
}

TEST_CASE("a target without a query, or with a broken one, has no parameters", "[request]")
{
    CHECK_FALSE(request("/ws").query("a"));
    CHECK_FALSE(request("").query("a"));
    CHECK_FALSE(request("/ws?").query("a"));
    CHECK_FALSE(request("/ws?a=%").query("a"));
    CHECK_FALSE(request("/ws?a=%zz").query("a"));
    CHECK_FALSE(request("/ws?a=%2").query("a"));
    CHECK_FALSE(request("/ws?a=1#fragment").query("a"));
    CHECK_FALSE(request("/ws?a=\xC3\xA9").query("a"));
    CHECK_FALSE(request(std::string{"/ws?a=\0b", 8}).query("a"));
    CHECK(request("?a=1").query("a") == "1");
    CHECK(request("/ws").path() == "/ws");
    CHECK(request("?a=1").path().empty());
}

TEST_CASE("header names are compared without case, and the first of several counts", "[request]")
{
    const auto r = request("/", {{"HOST", "a"}, {"X-Twice", "1"}, {"x-twice", "2"}, {"Empty", ""}});
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
    const auto r = request(
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
    CHECK_FALSE(request("/").cookie("a"));
    CHECK_FALSE(request("/", {{"Cookie", ""}}).cookie("a"));
}

TEST_CASE("a bearer token is read whatever the scheme's case, and nothing else is taken for one", "[request]")
{
    const auto token = [](std::string value) {
        return std::string{request("/", {{"Authorization", std::move(value)}}).bearer_token()};
    };
    CHECK(token("Bearer abc.def") == "abc.def");
    CHECK(token("bEARER   abc  ") == "abc");
    CHECK(token("Bearer") == "");
    CHECK(token("Bearer ") == "");
    CHECK(token("Bearerabc") == "");
    CHECK(token("Bearer two words") == "");
    CHECK(token("Basic dXNlcjpwYXNz") == "");
    CHECK(token("") == "");
    CHECK(request("/").bearer_token().empty());
    CHECK(request("/", {{"Authorization", "Bearer a"}, {"Authorization", "Bearer b"}}).bearer_token().empty());
}

TEST_CASE("subprotocols come from all headers, in order, without empty entries", "[request]")
{
    const auto r =
        request("/", {{"Sec-WebSocket-Protocol", " fanfare.v1 ,, a,"}, {"sec-websocket-protocol", "b"}});
    CHECK(r.subprotocols() == std::vector<std::string_view>{"fanfare.v1", "a", "b"});
    CHECK(r.offers("a"));
    CHECK_FALSE(r.offers("A"));
    CHECK(request("/").subprotocols().empty());
}

TEST_CASE("the answered subprotocol is always one that was offered", "[request]")
{
    const auto r = request("/", {{"Sec-WebSocket-Protocol", "fanfare.v1, other"}});
    CHECK(chosen_subprotocol(r, identity{}) == "fanfare.v1");
    CHECK(chosen_subprotocol(r, {identity{}, "other"}) == "other");
    CHECK(chosen_subprotocol(r, {identity{}, "unknown"}) == "fanfare.v1");
    CHECK(chosen_subprotocol(request("/"), {identity{}, "fanfare.v1"}).empty());
    CHECK(chosen_subprotocol(request("/", {{"Sec-WebSocket-Protocol", "other"}}), identity{}).empty());
}

// ---- authenticators

TEST_CASE("plain functions of every shape are authenticators", "[auth]")
{
    const auto r = request("/");
    CHECK(ask(accepting("alice"), r).who().user_id == "alice");
    CHECK(ask([](const handshake_request&) { return auth_result{identity{.user_id = "bob"}}; }, r).accepted());
    CHECK(ask([](const handshake_request&) { return std::optional{identity{}}; }, r).who().anonymous());
    const auto nobody = ask([](const handshake_request&) { return std::optional<identity>{}; }, r);
    REQUIRE_FALSE(nobody);
    CHECK(nobody.why().status == 401);
    CHECK(nobody.why().code == error::unauthorized);
    const auto late = ask([](const handshake_request&) { return refusal{.status = 429, .retry_after = {}}; }, r);
    CHECK(late.why().status == 429);
    CHECK(ask([](const handshake_request&, const auth_done& done) { done(identity{.user_id = "eve"}); }, r)
              .who()
              .user_id == "eve");
    static_assert(!authenticator<int>);
    static_assert(!authenticator<bool (*)(const handshake_request&)>);
    static_assert(authenticator<any_authenticator>);
}

TEST_CASE("without an authenticator nobody gets in", "[auth]")
{
    const any_authenticator none;
    CHECK_FALSE(none);
    CHECK(ask(none, request("/")).why().code == error::unauthorized);
}

TEST_CASE("an authenticator that throws lets nobody in, and the exception is kept for the log", "[auth]")
{
    const any_authenticator now{
        [](const handshake_request&) -> auth_result { throw std::runtime_error{"secret"}; }};
    const any_authenticator later{
        [](const handshake_request&, const auth_done&) { throw std::runtime_error{"secret"}; }};
    for (const auto& authenticate : {now, later}) {
        const auto result = ask(authenticate, request("/"));
        REQUIRE_FALSE(result);
        CHECK(result.why().status == 503);
        CHECK(result.why().message.find("secret") == std::string::npos);
        CHECK_THROWS_AS(std::rethrow_exception(result.why().cause), std::runtime_error);
    }
}

TEST_CASE("only the first answer of an authenticator counts", "[auth]")
{
    const auto twice = [](const handshake_request&, const auth_done& done) {
        done(make_refusal(error::unauthorized));
        done(identity{.user_id = "too late"});
    };
    CHECK_FALSE(ask(twice, request("/")));
    const auto then_throws = [](const handshake_request&, const auth_done& done) {
        done(identity{.user_id = "alice"});
        throw std::runtime_error{"after the answer"};
    };
    int answers = 0;
    const any_authenticator authenticate{then_throws};
    CHECK_THROWS_AS(authenticate(request("/"), [&](const auth_result&) { ++answers; }), std::runtime_error);
    CHECK(answers == 1);
}

TEST_CASE("of two answers from two threads one counts", "[auth][threads]")
{
    for (int round = 0; round < 50; ++round) {
        auth_done kept;
        std::atomic<int> answers{0};
        any_authenticator{[&](const handshake_request&, auth_done done) { kept = std::move(done); }}(
            request("/"), [&](const auth_result&) { ++answers; });
        std::latch start{2};
        std::thread other{[&, done = kept] {
            start.arrive_and_wait();
            done(identity{});
        }};
        start.arrive_and_wait();
        kept(make_refusal(error::unauthorized));
        other.join();
        CHECK(answers == 1);
    }
}

TEST_CASE("a request that is handed over lives until the answer, and no longer", "[auth]")
{
    auth_done kept;
    const handshake_request* seen = nullptr;
    const any_authenticator later{[&](const handshake_request& asked, auth_done done) {
        seen = &asked;
        kept = std::move(done);
    }};
    auto shared = std::make_shared<const handshake_request>(request("/?user=alice"));
    const std::weak_ptr<const handshake_request> watch = shared;
    std::string user;
    later(std::move(shared), [&](const auth_result& result) { user = result.who().user_id; });
    REQUIRE_FALSE(watch.expired());
    kept(identity{.user_id = seen->query("user").value()});
    CHECK(user == "alice");
    CHECK(watch.expired());
}

TEST_CASE("an anonymous visitor is nobody, unless the demonstration's query names somebody", "[auth]")
{
    CHECK(ask(anonymous_authenticator{}, request("/?user=alice")).who().anonymous());
    const anonymous_authenticator demo{"user"};
    CHECK(ask(demo, request("/?user=alice")).who().user_id == "alice");
    CHECK(ask(demo, request("/?user=")).who().anonymous());
    CHECK(ask(demo, request("/")).who().anonymous());
    CHECK(ask(demo, request("/?user=" + std::string(128, 'a'))).accepted());
    CHECK(ask(demo, request("/?user=" + std::string(129, 'a'))).why().code == error::invalid_user);
    CHECK(ask(demo, request("/?user=a%0Ab")).why().code == error::invalid_user);
    CHECK(ask(demo, request("/?user=a%00b")).why().code == error::invalid_user);
}

TEST_CASE("of several ways to enter, the first that works counts", "[auth]")
{
    const any_of both{refusing(error::unauthorized, false), accepting("alice"), accepting("bob")};
    CHECK(ask(both, request("/")).who().user_id == "alice");
}

TEST_CASE("who cannot enter learns what was wrong with the credential that was brought", "[auth]")
{
    const auto code = [](const any_of& all) { return ask(all, request("/")).why().code; };
    CHECK(code({refusing(error::unauthorized, false), refusing(error::ticket_invalid, true),
                refusing(error::forbidden, true)}) == error::ticket_invalid);
    CHECK(code({refusing(error::ticket_invalid, true), refusing(error::unauthorized, false)}) ==
          error::ticket_invalid);
    CHECK(code({refusing(error::unauthorized, false), refusing(error::forbidden, false)}) == error::forbidden);
}

TEST_CASE("several ways to enter may answer later, on other threads, after the asker has gone", "[auth][threads]")
{
    std::array<std::thread, 2> threads; // the first starts the second, which the join of the first makes visible
    std::string user;
    {
        const auto later = [&threads](std::size_t i, auth_result answer) {
            return [&threads, i, answer](const handshake_request&, auth_done done) {
                threads[i] = std::thread{[answer, done = std::move(done)] { done(answer); }};
            };
        };
        const any_authenticator all{
            any_of{later(0, make_refusal(error::unauthorized)), later(1, identity{.user_id = "alice"})}};
        all(std::make_shared<const handshake_request>(request("/")),
            [&](const auth_result& result) { user = result.who().user_id; });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    CHECK(user == "alice");
}

TEST_CASE("an authenticator may go on after its answer, although the combination it is part of has gone", "[auth]")
{
    auth_done first;
    std::string after;
    std::string user;
    {
        const any_authenticator all{
            any_of{[&first](const handshake_request&, auth_done done) { first = std::move(done); },
                   [&after, own = std::string(100, 'x')](const handshake_request&, const auth_done& done) {
                       done(identity{.user_id = "alice"});
                       after = own;
                   }}};
        all(std::make_shared<const handshake_request>(request("/")),
            [&](const auth_result& result) { user = result.who().user_id; });
    }
    const auto answer = std::exchange(first, {});
    answer(make_refusal(error::unauthorized));
    CHECK(user == "alice");
    CHECK(after == std::string(100, 'x'));
}

// ---- origins

TEST_CASE("equal origins have one spelling, and malformed ones none", "[origin]")
{
    CHECK(normalized_origin("HTTPS://App.Example") == "https://app.example");
    CHECK(normalized_origin("https://app.example:443") == "https://app.example");
    CHECK(normalized_origin("http://app.example:80") == "http://app.example");
    CHECK(normalized_origin("https://app.example:80") == "https://app.example:80");
    CHECK(normalized_origin("https://app.example:0443") == "https://app.example");
    CHECK(normalized_origin("http://[::1]:8080") == "http://[::1]:8080");
    CHECK(normalized_origin("http://192.0.2.1:8080") == "http://192.0.2.1:8080");
    CHECK(normalized_origin("chrome-extension://abcdef") == "chrome-extension://abcdef");
    for (const char* const bad : {"",
                                  "null",
                                  "app.example",
                                  "https://",
                                  "https:app.example",
                                  "//app.example",
                                  "https://app.example/",
                                  "https://app.example/x",
                                  "https://app.example?x",
                                  "https://app.example#x",
                                  "https://u@app.example",
                                  "https://u:p@app.example",
                                  "https://app.example:",
                                  "https://app.example:0",
                                  "https://app.example:65536",
                                  "https://app.example:99999999999",
                                  "https://a b",
                                  "https://a%2Eexample",
                                  "https://*.example",
                                  "https://a.example https://b.example",
                                  "https://a,b",
                                  " https://app.example",
                                  "https://[::1",
                                  "https://:443",
                                  "https://app.example\\@evil.example"}) {
        INFO(bad);
        CHECK_FALSE(normalized_origin(bad));
    }
    CHECK_FALSE(normalized_origin("https://" + std::string(400, 'a')));
}

TEST_CASE("listed origins may connect, all others may not", "[origin]")
{
    const origin_allow_list list{"https://app.example", "http://localhost:5173"};
    CHECK(list.allows(from_origin("https://app.example")));
    CHECK(list.allows(from_origin("https://APP.example:443")));
    CHECK(list.allows(from_origin("http://localhost:5173")));
    CHECK_FALSE(list.allows(from_origin("http://app.example")));
    CHECK_FALSE(list.allows(from_origin("https://app.example:8443")));
    CHECK_FALSE(list.allows(from_origin("http://localhost")));
    CHECK_FALSE(list.allows(from_origin("https://app.example.evil.example")));
    CHECK_FALSE(list.allows(from_origin("https://evilapp.example")));
    CHECK_FALSE(list.allows(from_origin("https://server.example")));
}

TEST_CASE("a wildcard stands for exactly one label", "[origin]")
{
    const origin_allow_list list{"https://*.Example.com", "http://*.dev.example:8080"};
    CHECK(list.allows(from_origin("https://a.example.com")));
    CHECK(list.allows(from_origin("https://a-1.EXAMPLE.com:443")));
    CHECK(list.allows(from_origin("http://x.dev.example:8080")));
    CHECK_FALSE(list.allows(from_origin("https://example.com")));
    CHECK_FALSE(list.allows(from_origin("https://.example.com")));
    CHECK_FALSE(list.allows(from_origin("https://a.b.example.com")));
    CHECK_FALSE(list.allows(from_origin("http://a.example.com")));
    CHECK_FALSE(list.allows(from_origin("https://a.example.com:8443")));
    CHECK_FALSE(list.allows(from_origin("https://a.example.com.evil.example")));
    CHECK_FALSE(list.allows(from_origin("https://evilexample.com")));
    CHECK_FALSE(list.allows(from_origin("http://x.dev.example")));
}

TEST_CASE("pages of this server may connect by default", "[origin]")
{
    const origin_allow_list list;
    CHECK(list.allows(from_origin("http://server.example:8080", "server.example:8080")));
    CHECK(list.allows(from_origin("https://server.example", "Server.Example")));
    CHECK(list.allows(from_origin("https://server.example", "server.example:443")));
    CHECK(list.allows(from_origin("http://[::1]:8080", "[::1]:8080")));
    CHECK_FALSE(list.allows(from_origin("http://server.example:8080", "server.example:9090")));
    CHECK_FALSE(list.allows(from_origin("https://evil.example", "server.example")));
    CHECK_FALSE(list.allows(from_origin("https://server.example", "")));
    CHECK_FALSE(list.allows(from_origin("https://server.example", "x@server.example")));
    CHECK_FALSE(list.allows(request("/", {{"Origin", "https://server.example"}})));
    CHECK_FALSE(list.allows(
        request("/", {{"Origin", "https://a.example"}, {"Host", "server.example"}, {"Host", "a.example"}})));
    auto combined = origin_allow_list{"https://app.example"};
    CHECK_FALSE(combined.allows(from_origin("https://server.example")));
    combined.allow_same_origin();
    CHECK(combined.allows(from_origin("https://server.example")));
    CHECK(combined.allows(from_origin("https://app.example")));
}

TEST_CASE("programs without an origin may connect unless one is required", "[origin]")
{
    origin_allow_list list{"https://app.example"};
    CHECK(list.allows(request("/")));
    list.require_origin();
    CHECK_FALSE(list.allows(request("/")));
    CHECK(list.allows(from_origin("https://app.example")));
    CHECK_FALSE(origin_allow_list::any().require_origin().allows(request("/")));
}

TEST_CASE("a malformed origin is refused even where all are allowed, null only unless it is listed", "[origin]")
{
    const auto any = origin_allow_list::any();
    CHECK(any.allows(from_origin("https://whatever.example")));
    CHECK(any.allows(from_origin("null")));
    CHECK_FALSE(any.allows(from_origin("")));
    CHECK_FALSE(any.allows(from_origin("https://a.example/path")));
    CHECK_FALSE(any.allows(request("/", {{"Origin", "https://a.example"}, {"Origin", "https://a.example"}})));
    CHECK_FALSE(origin_allow_list{}.allows(from_origin("null", "null")));
    CHECK(origin_allow_list{"null"}.allows(from_origin("null")));
}

TEST_CASE("a refused origin is told so with 403", "[origin]")
{
    const origin_allow_list list{"https://app.example"};
    CHECK_FALSE(list.check(from_origin("https://app.example")));
    const auto why = list.check(from_origin("https://evil.example"));
    REQUIRE(why);
    CHECK(why->status == 403);
    CHECK(why->code == error::origin_not_allowed);
}

TEST_CASE("a pattern that is not an origin is an error at once, not a list that allows too much", "[origin]")
{
    for (const std::string_view bad :
         {"", "*", "app.example", "https://app.example/", "https://*", "https://*.", "https://*.:443",
          "https://*..x", "https://a.*.example", "https://*.*.example", "https://*a.example",
          "https://u@*.example", "*://*.example"}) {
        INFO(bad);
        origin_allow_list list;
        CHECK_THROWS_AS(list.allow(bad), boost::system::system_error);
    }
}

// ---- authorizers

TEST_CASE("an authorizer decides by identity, room and action, now or later", "[auth]")
{
    const identity who{.user_id = "alice"};
    const auto allowed = [&](const any_authorizer& authorize, std::string_view room, room_action action) {
        std::optional<bool> answer;
        authorize({who, room, action, "c1"}, [&](bool yes) { answer = yes; });
        REQUIRE(answer);
        return *answer;
    };
    const any_authorizer own_room{[](const access_request& asked) {
        return asked.room == "user:" + asked.who.user_id && asked.action == room_action::subscribe;
    }};
    CHECK(allowed(own_room, "user:alice", room_action::subscribe));
    CHECK_FALSE(allowed(own_room, "user:alice", room_action::publish));
    CHECK_FALSE(allowed(own_room, "user:bob", room_action::subscribe));
    const any_authorizer twice{[](const access_request&, const access_done& done) {
        done(false);
        done(true);
    }};
    CHECK_FALSE(allowed(twice, "global", room_action::history));
    CHECK_FALSE(allowed(any_authorizer{}, "global", room_action::subscribe));
    const any_authorizer broken{[](const access_request&) -> bool { throw std::runtime_error{"down"}; }};
    CHECK_THROWS_AS(allowed(broken, "global", room_action::presence), std::runtime_error);
    static_assert(!authorizer<int (*)(const access_request&)>);
    CHECK(to_string(room_action::presence) == "presence");
}

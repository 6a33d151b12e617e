// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include <fanfare/auth.hpp>
#include <fanfare/auth/anonymous.hpp>
#include <fanfare/auth/any_of.hpp>

#include "auth/auth_requests.hpp"
#include "support/catch.hpp"

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
using namespace fanfare::test;

namespace {

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

// ---- authenticators

TEST_CASE("plain functions of every shape are authenticators", "[auth]")
{
    const auto r = handshake("/");
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
    CHECK(ask(none, handshake("/")).why().code == error::unauthorized);
}

TEST_CASE("an authenticator that throws lets nobody in, and the exception is kept for the log", "[auth]")
{
    const any_authenticator now{
        [](const handshake_request&) -> auth_result { throw std::runtime_error{"secret"}; }};
    const any_authenticator later{
        [](const handshake_request&, const auth_done&) { throw std::runtime_error{"secret"}; }};
    for (const auto& authenticate : {now, later}) {
        const auto result = ask(authenticate, handshake("/"));
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
    CHECK_FALSE(ask(twice, handshake("/")));
    const auto then_throws = [](const handshake_request&, const auth_done& done) {
        done(identity{.user_id = "alice"});
        throw std::runtime_error{"after the answer"};
    };
    int answers = 0;
    const any_authenticator authenticate{then_throws};
    CHECK_THROWS_AS(authenticate(handshake("/"), [&](const auth_result&) { ++answers; }), std::runtime_error);
    CHECK(answers == 1);
}

TEST_CASE("of two answers from two threads one counts", "[auth][threads]")
{
    for (int round = 0; round < 50; ++round) {
        auth_done kept;
        std::atomic<int> answers{0};
        any_authenticator{[&](const handshake_request&, auth_done done) { kept = std::move(done); }}(
            handshake("/"), [&](const auth_result&) { ++answers; });
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
    auto shared = std::make_shared<const handshake_request>(handshake("/?user=alice"));
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
    CHECK(ask(anonymous_authenticator{}, handshake("/?user=alice")).who().anonymous());
    const anonymous_authenticator demo{"user"};
    CHECK(ask(demo, handshake("/?user=alice")).who().user_id == "alice");
    CHECK(ask(demo, handshake("/?user=")).who().anonymous());
    CHECK(ask(demo, handshake("/")).who().anonymous());
    CHECK(ask(demo, handshake("/?user=" + std::string(128, 'a'))).accepted());
    CHECK(ask(demo, handshake("/?user=" + std::string(129, 'a'))).why().code == error::invalid_user);
    CHECK(ask(demo, handshake("/?user=a%0Ab")).why().code == error::invalid_user);
    CHECK(ask(demo, handshake("/?user=a%00b")).why().code == error::invalid_user);
}

TEST_CASE("of several ways to enter, the first that works counts", "[auth]")
{
    const any_of both{refusing(error::unauthorized, false), accepting("alice"), accepting("bob")};
    CHECK(ask(both, handshake("/")).who().user_id == "alice");
}

TEST_CASE("who cannot enter learns what was wrong with the credential that was brought", "[auth]")
{
    const auto code = [](const any_of& all) { return ask(all, handshake("/")).why().code; };
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
        all(std::make_shared<const handshake_request>(handshake("/")),
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
        all(std::make_shared<const handshake_request>(handshake("/")),
            [&](const auth_result& result) { user = result.who().user_id; });
    }
    const auto answer = std::exchange(first, {});
    answer(make_refusal(error::unauthorized));
    CHECK(user == "alice");
    CHECK(after == std::string(100, 'x'));
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

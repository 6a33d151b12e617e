// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include <fanfare/auth/ticket.hpp>

#include "support/catch.hpp"

#include <boost/system/system_error.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <exception>
#include <latch>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace fanfare;
using namespace std::chrono_literals;

namespace {

// A clock that stands until it is told to go on.
struct manual_clock {
    std::shared_ptr<std::atomic<std::chrono::milliseconds::rep>> elapsed =
        std::make_shared<std::atomic<std::chrono::milliseconds::rep>>(0);

    void advance(std::chrono::milliseconds by) { *elapsed += by.count(); }

    memory_ticket_store::clock source() const
    {
        return [elapsed = elapsed] {
            return std::chrono::steady_clock::time_point{std::chrono::milliseconds{elapsed->load()}};
        };
    }
};

identity alice()
{
    return {.user_id = "alice", .claims = {{"role", "operator"}}, .rooms = {"device:7"}};
}

handshake_request handshake(std::string target, handshake_request::header_list headers = {})
{
    return {"GET", std::move(target), std::move(headers), "192.0.2.1"};
}

template <class Authenticator>
auth_result ask(const Authenticator& authenticate, const handshake_request& asked)
{
    std::optional<auth_result> answer;
    any_authenticator{authenticate}(asked, [&](auth_result result) { answer = std::move(result); });
    REQUIRE(answer);
    return std::move(*answer);
}

} // namespace

TEST_CASE("a ticket is traded for its identity once", "[ticket]")
{
    memory_ticket_store store;
    const auto ticket = store.issue(alice());
    REQUIRE(ticket);
    const auto who = store.redeem(*ticket);
    REQUIRE(who);
    CHECK(who->user_id == "alice");
    CHECK(who->claims.at("role") == "operator");
    CHECK(who->rooms == std::vector<std::string>{"device:7"});
    CHECK_FALSE(store.redeem(*ticket));
    CHECK(store.size() == 0);
}

TEST_CASE("a ticket knows when it was issued, and the credential's id", "[ticket]")
{
    memory_ticket_store tickets;
    const auto before = std::chrono::system_clock::now();
    const auto who = tickets.redeem(tickets.issue({.user_id = "alice", .token_id = "t"}).value());
    REQUIRE(who);
    CHECK(who->token_id == "t");
    REQUIRE(who->issued_at);
    CHECK(*who->issued_at >= before);
    CHECK(*who->issued_at <= std::chrono::system_clock::now());
    const auto given = before - std::chrono::hours{1};
    CHECK(tickets.redeem(tickets.issue({.user_id = "alice", .issued_at = given}).value())->issued_at == given);
}

TEST_CASE("a ticket has 256 bits that nobody can guess, and fits into a URL as it is", "[ticket]")
{
    memory_ticket_store store;
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const auto ticket = store.issue(alice());
        REQUIRE(ticket);
        CHECK(ticket->size() == 43);
        CHECK(detail::is_ticket_shaped(*ticket));
        CHECK(seen.insert(*ticket).second);
    }
}

TEST_CASE("a ticket that many redeem at once admits exactly one", "[ticket][threads]")
{
    constexpr int thieves = 4;
    constexpr int rounds = 200;
    memory_ticket_store store;
    std::array<std::string, rounds> tickets;
    for (auto& ticket : tickets) {
        ticket = store.issue(alice()).value();
    }
    std::array<std::atomic<int>, rounds> admitted{};
    std::latch start{thieves};
    std::vector<std::thread> threads;
    for (int t = 0; t < thieves; ++t) {
        threads.emplace_back([&] {
            start.arrive_and_wait();
            for (std::size_t i = 0; i < rounds; ++i) {
                admitted[i] += store.redeem(tickets[i]) ? 1 : 0;
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    for (const auto& count : admitted) {
        CHECK(count == 1);
    }
    CHECK(store.size() == 0);
}

TEST_CASE("tickets are issued, redeemed and cleared away from many threads at once", "[ticket][threads]")
{
    constexpr int workers = 4;
    manual_clock clock;
    memory_ticket_store store{{.max_tickets = 500}, clock.source()};
    std::latch start{workers};
    std::atomic<int> admitted{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < workers; ++t) {
        threads.emplace_back([&, store, t]() mutable { // each with a handle of its own
            start.arrive_and_wait();
            for (int i = 0; i < 300; ++i) {
                const auto ticket = store.issue(alice(), 10s);
                clock.advance(10ms);
                if (t % 2 == 0 && ticket && store.redeem(*ticket)) {
                    ++admitted;
                }
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    CHECK(admitted > 0);
    CHECK(store.size() <= 500);
}

TEST_CASE("a ticket ends with its lifetime", "[ticket]")
{
    manual_clock clock;
    memory_ticket_store store{{}, clock.source()};
    const auto early = store.issue(alice(), 30s).value();
    const auto late = store.issue(alice(), 30s).value();
    clock.advance(29'999ms);
    CHECK(store.redeem(early));
    clock.advance(1ms);
    CHECK_FALSE(store.redeem(late));
}

TEST_CASE("a ticket that has expired is refused although it was not cleared away yet", "[ticket]")
{
    manual_clock clock;
    memory_ticket_store store{{}, clock.source()};
    std::string last;
    for (int i = 0; i < 200; ++i) {
        last = store.issue(alice(), 5s).value();
    }
    clock.advance(5s);
    CHECK_FALSE(store.redeem(last));
    CHECK(store.size() > 0);
}

TEST_CASE("a lifetime outside the limits is refused, not silently changed", "[ticket]")
{
    memory_ticket_store store;
    CHECK(store.issue(alice(), 1s));
    CHECK(store.issue(alice(), 60s));
    CHECK(store.issue(alice(), 0s).error() == error::invalid_config);
    CHECK(store.issue(alice(), -5s).error() == error::invalid_config);
    CHECK(store.issue(alice(), 61s).error() == error::invalid_config);
    CHECK(store.issue(alice(), std::chrono::seconds::max()).error() == error::invalid_config);
    memory_ticket_store patient{{.max_lifetime = 300s}};
    CHECK(patient.issue(alice(), 300s));
    CHECK_THROWS_AS(memory_ticket_store({.max_lifetime = 301s}), boost::system::system_error);
    CHECK_THROWS_AS(memory_ticket_store({.max_lifetime = 0s}), boost::system::system_error);
}

TEST_CASE("a full store refuses new tickets until old ones are used or expire", "[ticket]")
{
    manual_clock clock;
    memory_ticket_store store{{.max_tickets = 100}, clock.source()};
    std::vector<std::string> tickets;
    for (int i = 0; i < 100; ++i) {
        tickets.push_back(store.issue(alice(), 10s).value());
    }
    CHECK(store.issue(alice(), 10s).error() == error::too_many_tickets);
    CHECK(store.redeem(tickets.front()));
    CHECK(store.issue(alice(), 60s));
    CHECK(store.issue(alice(), 10s).error() == error::too_many_tickets);
    clock.advance(10s);
    CHECK(store.issue(alice(), 10s));
    CHECK(store.size() < 100);
}

TEST_CASE("expired tickets do not stay in memory while others come", "[ticket]")
{
    manual_clock clock;
    memory_ticket_store store{{}, clock.source()};
    for (int i = 0; i < 1000; ++i) {
        REQUIRE(store.issue(alice(), 1s));
    }
    clock.advance(1s);
    for (int i = 0; i < 100; ++i) {
        REQUIRE(store.issue(alice(), 1s));
    }
    CHECK(store.size() == 100);
}

TEST_CASE("a ticket for one origin is of no use to another page, and is then used up", "[ticket][origin]")
{
    memory_ticket_store store;
    const auto issue = [&] { return store.issue(alice(), 30s, "https://App.Example:443").value(); };
    CHECK(store.redeem(issue(), "https://app.example"));
    CHECK_FALSE(store.redeem(issue(), "https://evil.example"));
    CHECK_FALSE(store.redeem(issue(), "http://app.example"));
    CHECK_FALSE(store.redeem(issue(), "null"));
    CHECK_FALSE(store.redeem(issue(), ""));
    const auto stolen = issue();
    CHECK_FALSE(store.redeem(stolen, "https://evil.example"));
    CHECK_FALSE(store.redeem(stolen, "https://app.example"));
    CHECK(store.redeem(store.issue(alice()).value(), "https://anything.example"));
    CHECK(store.issue(alice(), 30s, "app.example").error() == error::origin_not_allowed);
}

TEST_CASE("the asynchronous functions of the memory store answer as the others do", "[ticket]")
{
    memory_ticket_store store{{.max_tickets = 1}};
    std::string ticket;
    const auto keep = [&](error_code failure, std::string made) {
        CHECK_FALSE(failure);
        ticket = std::move(made);
    };
    store.async_issue(alice(), 30s, "https://app.example", keep);
    REQUIRE(ticket.size() == 43);
    int refused = 0;
    store.async_issue(alice(), 30s, [&](error_code failure, const std::string& none) {
        CHECK(failure == error::too_many_tickets);
        CHECK(none.empty());
        ++refused;
    });
    std::string user;
    store.async_redeem(ticket, "https://app.example", [&](error_code failure, const identity& who) {
        CHECK_FALSE(failure);
        user = who.user_id;
    });
    CHECK(user == "alice");
    store.async_redeem(ticket, "https://app.example", [&](error_code failure, const identity& who) {
        CHECK(failure == error::ticket_invalid);
        CHECK(who.anonymous());
        ++refused;
    });
    CHECK(refused == 2);
}

TEST_CASE("a ticket may come by query, header, cookie or subprotocol", "[ticket]")
{
    memory_ticket_store store;
    const ticket_authenticator authenticate{store};
    const auto ticket = store.issue(alice()).value();
    auto asked = handshake("/");
    SECTION("query")
    {
        asked = handshake("/api/v1/ws?x=1&ticket=" + ticket);
    }
    SECTION("header")
    {
        asked = handshake("/", {{"authorization", "bearer " + ticket}});
    }
    SECTION("cookie")
    {
        asked = handshake("/", {{"Cookie", "a=b; fanfare_ticket=" + ticket}});
    }
    SECTION("subprotocol")
    {
        asked = handshake("/", {{"Sec-WebSocket-Protocol", "fanfare.v1, fanfare.ticket." + ticket}});
    }
    SECTION("subprotocol, as a token")
    {
        asked = handshake("/", {{"Sec-WebSocket-Protocol", "fanfare.v1, fanfare.token." + ticket}});
    }
    const auto result = ask(authenticate, asked);
    REQUIRE(result);
    CHECK(result.who().user_id == "alice");
    const bool offered = asked.offers("fanfare.v1");
    CHECK(result.subprotocol() == (offered ? "fanfare.v1" : ""));
    CHECK(chosen_subprotocol(asked, result) == (offered ? "fanfare.v1" : ""));
    const auto again = ask(authenticate, asked);
    REQUIRE_FALSE(again);
    CHECK(again.why().status == 401);
    CHECK(again.why().code == error::ticket_invalid);
    CHECK(again.why().credential_seen);
    CHECK(again.why().message.find(ticket) == std::string::npos);
}

TEST_CASE("a subprotocol that carries a ticket is never echoed", "[ticket]")
{
    memory_ticket_store store;
    const auto entry = "fanfare.ticket." + store.issue(alice()).value();
    const auto asked = handshake("/", {{"Sec-WebSocket-Protocol", entry}});
    const auto result = ask(ticket_authenticator{store}, asked);
    REQUIRE(result);
    CHECK(chosen_subprotocol(asked, result).empty());
}

TEST_CASE("who brings no ticket is refused as unauthorized, who brings a bad one is told so", "[ticket]")
{
    const ticket_authenticator authenticate{memory_ticket_store{}};
    const auto code = [&](const handshake_request& asked) {
        const auto result = ask(authenticate, asked);
        REQUIRE_FALSE(result);
        CHECK(result.why().status == 401);
        CHECK_FALSE(result.why().message.empty());
        return result.why().code;
    };
    CHECK(code(handshake("/")) == error::unauthorized);
    CHECK(code(handshake("/?ticket=")) == error::unauthorized);
    CHECK(code(handshake("/", {{"Cookie", "fanfare_ticket="}})) == error::unauthorized);
    CHECK(code(handshake("/", {{"Authorization", "Bearer some.other.token"}})) == error::unauthorized);
    CHECK(code(handshake("/?ticket=short")) == error::ticket_invalid);
    CHECK(code(handshake("/?ticket=" + std::string(43, 'A'))) == error::ticket_invalid);
    CHECK(code(handshake("/?ticket=" + std::string(43, '.'))) == error::ticket_invalid);
    CHECK(code(handshake("/?ticket=" + std::string(100'000, 'A'))) == error::ticket_invalid);
    CHECK(code(handshake("/", {{"Sec-WebSocket-Protocol", "fanfare.ticket."}})) == error::ticket_invalid);
    CHECK(code(handshake("/", {{"Sec-WebSocket-Protocol", "fanfare.token.an.other.one"}})) == error::unauthorized);
}

namespace {

struct broken_store {
    void async_issue(identity, std::chrono::seconds, const std::string&, const ticket_issued& handler)
    {
        handler(make_error_code(error::timed_out), {});
    }
    void async_redeem(std::string_view, std::string_view, const ticket_redeemed& handler)
    {
        handler(make_error_code(error::timed_out), alice());
    }
};

} // namespace

TEST_CASE("nobody gets in while the ticket store is down, and the reason is kept for the log", "[ticket]")
{
    static_assert(ticket_store<broken_store>);
    const auto result = ask(ticket_authenticator{broken_store{}}, handshake("/?ticket=" + std::string(43, 'A')));
    REQUIRE_FALSE(result);
    CHECK(result.why().status == 503);
    CHECK(result.why().code == error::handler_failed);
    REQUIRE(result.why().cause);
    CHECK_THROWS_AS(std::rethrow_exception(result.why().cause), boost::system::system_error);
}

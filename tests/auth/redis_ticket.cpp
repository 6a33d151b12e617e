// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "redis/client_support.hpp"
#include "support/catch.hpp"

#include <fanfare/auth/redis_ticket.hpp>
#include <fanfare/error.hpp>

#include <boost/json/serialize.hpp>
#include <boost/system/system_error.hpp>

#include <future>
#include <limits>
#include <memory>
#include <set>
#include <utility>

using namespace fanfare;
using namespace fanfare::test;

namespace {

identity alice()
{
    return {.user_id = "alice",
            .claims = {{"role", "operator"}, {"level", 3}, {"name", "Zoë \"the\" fox"}},
            .expires_at = std::chrono::system_clock::time_point{std::chrono::milliseconds{1'900'000'000'123}},
            .rooms = {"device:7", "group:hall-1"},
            .token_id = "jti-1",
            .issued_at = std::chrono::system_clock::time_point{std::chrono::milliseconds{1'790'000'000'000}}};
}

template <class T>
T soon(std::future<T> value)
{
    if (value.wait_for(20s) != std::future_status::ready)
        throw std::runtime_error("nothing came within 20 s");
    return value.get();
}

std::pair<error_code, std::string> issue(redis_ticket_store store, identity who,
                                         std::chrono::seconds lifetime = 30s, std::string origin = {})
{
    const auto done = std::make_shared<std::promise<std::pair<error_code, std::string>>>();
    store.async_issue(std::move(who), lifetime, std::move(origin), [done](error_code ec, std::string ticket) {
        done->set_value({ec, std::move(ticket)});
    });
    return soon(done->get_future());
}

std::string issued(const redis_ticket_store& store, std::chrono::seconds lifetime = 30s, std::string origin = {})
{
    const auto [ec, ticket] = issue(store, alice(), lifetime, std::move(origin));
    REQUIRE_FALSE(ec);
    REQUIRE(detail::is_ticket_shaped(ticket));
    return ticket;
}

std::pair<error_code, identity> redeem(redis_ticket_store store, std::string_view ticket,
                                       std::string_view origin = {})
{
    const auto done = std::make_shared<std::promise<std::pair<error_code, identity>>>();
    store.async_redeem(ticket, origin, [done](error_code ec, identity who) {
        done->set_value({ec, std::move(who)});
    });
    return soon(done->get_future());
}

std::string keys(const redis_server& server)
{
    return server.command({"EVAL", "return table.concat(redis.call('KEYS', '*'), ' ')", "0"});
}

// The name of the one key there is.
std::string only_key(const redis_server& server)
{
    const auto all = keys(server);
    const auto begin = all.find("\r\n") + 2;
    return all.substr(begin, all.rfind("\r\n") - begin);
}

// An issuing and a redeeming process, each with a connection of its own.
struct two_nodes {
    explicit two_nodes(std::vector<std::string> arguments = {}) : server{std::move(arguments)} {}

    redis_server server;
    running_context io;
    redis_ticket_store a{redis_client{io.get(), quick(server.url())}};
    redis_ticket_store b{redis_client{io.get(), quick(server.url())}};
};

} // namespace

TEST_CASE("a ticket issued by one process is redeemed once by another, with the whole identity")
{
    two_nodes nodes;
    const auto ticket = issued(nodes.a);
    const auto [ec, who] = redeem(nodes.b, ticket);
    REQUIRE_FALSE(ec);
    CHECK(who.user_id == "alice");
    CHECK(json::serialize(who.claims) == json::serialize(alice().claims));
    CHECK(who.rooms == alice().rooms);
    CHECK(who.expires_at == alice().expires_at);
    CHECK(who.token_id == alice().token_id);
    CHECK(who.issued_at == alice().issued_at);
    CHECK(redeem(nodes.b, ticket).first == error::ticket_invalid);
    CHECK(redeem(nodes.a, ticket).first == error::ticket_invalid);
    CHECK(only_key(nodes.server).empty());
}

TEST_CASE("no ticket is issued for another user's own room")
{
    two_nodes nodes;
    auto who = alice();
    who.rooms.emplace_back("user:bob");
    CHECK(issue(nodes.a, who).first == error::invalid_room);
    who.rooms.back() = "user:alice";
    CHECK_FALSE(issue(nodes.a, who).first);
}

TEST_CASE("an identity may be anonymous and without anything else")
{
    two_nodes nodes;
    const auto before = std::chrono::system_clock::now();
    const auto [ec, ticket] = issue(nodes.a, {});
    REQUIRE_FALSE(ec);
    const auto [failed, who] = redeem(nodes.b, ticket);
    CHECK_FALSE(failed);
    CHECK(who.anonymous());
    CHECK(who.claims.empty());
    CHECK(who.rooms.empty());
    CHECK_FALSE(who.expires_at);
    CHECK(who.token_id.empty());
    REQUIRE(who.issued_at); // the time of the call
    CHECK(*who.issued_at >= std::chrono::floor<std::chrono::milliseconds>(before));
    CHECK(*who.issued_at <= std::chrono::system_clock::now());
}

TEST_CASE("a ticket that 50 redeem at once over two processes admits exactly one")
{
    two_nodes nodes;
    for (int round = 0; round != 5; ++round) {
        const auto ticket = issued(nodes.a);
        journal fates;
        for (int i = 0; i != 50; ++i)
            (i % 2 == 0 ? nodes.a : nodes.b)
                .async_redeem(ticket, "", [&fates](error_code ec, const identity& who) {
                    fates.add(ec ? ec.message() : who.user_id);
                });
        REQUIRE(fates.wait_for_count(50));
        CHECK(fates.count("alice") == 1);
        CHECK(fates.count(make_error_code(error::ticket_invalid).message()) == 49);
    }
}

TEST_CASE("who reads Redis finds neither the ticket nor its user in a key")
{
    two_nodes nodes;
    const auto ticket = issued(nodes.a);
    const auto all = keys(nodes.server);
    CHECK(all.find("fanfare:ticket:{") != std::string::npos);
    CHECK(all.find(ticket) == std::string::npos);
    CHECK(all.find("alice") == std::string::npos);
    const auto value = nodes.server.command({"GET", only_key(nodes.server)});
    CHECK(value.find("alice") != std::string::npos);
    CHECK(value.find(ticket) == std::string::npos);
    CHECK_FALSE(redeem(nodes.b, ticket).first);
}

TEST_CASE("a ticket expires by itself")
{
    two_nodes nodes;
    const auto late = issued(nodes.a, 1s);
    const auto early = issued(nodes.a, 60s);
    CHECK(eventually([&] { return nodes.server.command({"DBSIZE"}) == ":1\r\n"; }));
    CHECK(redeem(nodes.b, late).first == error::ticket_invalid);
    CHECK_FALSE(redeem(nodes.b, early).first);
}

TEST_CASE("a ticket for an origin serves that origin only, and is used up by a wrong one")
{
    two_nodes nodes;
    auto ticket = issued(nodes.a, 30s, "https://Example.com:443");
    CHECK_FALSE(redeem(nodes.b, ticket, "https://example.com").first);
    for (const auto* wrong : {"https://evil.example", "", "null", "http://example.com"}) {
        ticket = issued(nodes.a, 30s, "https://example.com");
        CHECK(redeem(nodes.b, ticket, wrong).first == error::ticket_invalid);
        CHECK(redeem(nodes.b, ticket, "https://example.com").first == error::ticket_invalid);
    }
    CHECK_FALSE(redeem(nodes.b, issued(nodes.a), "https://anywhere.example").first);
}

TEST_CASE("what an issuer asks for is checked before Redis hears of it")
{
    two_nodes nodes;
    CHECK(issue(nodes.a, alice(), 0s).first == error::invalid_config);
    CHECK(issue(nodes.a, alice(), -5s).first == error::invalid_config);
    CHECK(issue(nodes.a, alice(), 61s).first == error::invalid_config);
    CHECK(issue(nodes.a, alice(), std::chrono::seconds::max()).first == error::invalid_config);
    CHECK(issue(nodes.a, alice(), 30s, "not an origin").first == error::origin_not_allowed);
    CHECK(issue(nodes.a, {.user_id = "\xff"}).first == error::invalid_json);
    CHECK(issue(nodes.a, {.claims = {{"n", std::numeric_limits<double>::infinity()}}}).first ==
          error::invalid_json);
    CHECK(nodes.server.command({"DBSIZE"}) == ":0\r\n");
    const redis_client client{nodes.io.get(), nodes.server.url()};
    CHECK_THROWS_AS((redis_ticket_store{client, {.max_lifetime = 0s}}), boost::system::system_error);
    CHECK_THROWS_AS((redis_ticket_store{client, {.max_lifetime = 301s}}), boost::system::system_error);
    CHECK_FALSE(issue(redis_ticket_store{client, {.max_lifetime = 300s}}, alice(), 300s).first);
}

TEST_CASE("what does not look like a ticket never reaches Redis")
{
    two_nodes nodes;
    CHECK(redeem(nodes.a, issued(nodes.a)).second.user_id == "alice");
    CHECK(nodes.server.command({"CONFIG", "RESETSTAT"}) == "+OK\r\n");
    for (const auto* junk : {"", "x", "***", "0123456789012345678901234567890123456789 12", "a\r\nFLUSHALL\r\n"})
        CHECK(redeem(nodes.a, junk).first == error::ticket_invalid);
    CHECK(nodes.server.command({"INFO", "commandstats"}).find("cmdstat_getdel") == std::string::npos);
}

TEST_CASE("only what a store wrote is taken for an identity")
{
    two_nodes nodes;
    const auto good = R"({"user_id":"a","claims":{},"rooms":[],"expires_at_ms":5,"origin":"https://a.example"})";
    for (const std::string value :
         {"", "{}", "null", "[]", R"({"user_id":"a"})", R"({"user_id":1,"claims":{},"rooms":[]})",
          R"({"user_id":"a","claims":[],"rooms":[]})", R"({"user_id":"a","claims":{},"rooms":[1]})",
          R"({"user_id":"a","claims":{},"rooms":[],"expires_at_ms":"5"})",
          R"({"user_id":"a","claims":{},"rooms":[],"expires_at_ms":1.5})",
          R"({"user_id":"a","claims":{},"rooms":[],"expires_at_ms":9223372036854775807})",
          R"({"user_id":"a","claims":{},"rooms":[],"issued_at_ms":"5"})",
          R"({"user_id":"a","claims":{},"rooms":[],"issued_at_ms":-9223372036854775807})",
          R"({"user_id":"a","claims":{},"rooms":[],"token_id":7})",
          R"({"user_id":"a","claims":{},"rooms":[],"origin":7})",
          R"({"user_id":"a","claims":{},"rooms":[],"expires":5})",
          R"({"user_id":"a","claims":{},"rooms":[]} x)"}) {
        INFO(value);
        const auto ticket = issued(nodes.a);
        CHECK(nodes.server.command({"SET", only_key(nodes.server), value}) == "+OK\r\n");
        CHECK(redeem(nodes.b, ticket).first == error::ticket_invalid);
    }
    const auto ticket = issued(nodes.a);
    CHECK(nodes.server.command({"SET", only_key(nodes.server), good}) == "+OK\r\n");
    CHECK(redeem(nodes.b, ticket, "https://a.example").second.user_id == "a");
}

TEST_CASE("stores with different prefixes do not know each other's tickets")
{
    two_nodes nodes;
    const redis_ticket_store other{redis_client{nodes.io.get(), nodes.server.url()}, {.prefix = "shop:"}};
    const auto ticket = issued(other);
    CHECK(only_key(nodes.server).starts_with("shop:ticket:{"));
    CHECK(redeem(nodes.a, ticket).first == error::ticket_invalid);
    CHECK_FALSE(redeem(other, ticket).first);
}

TEST_CASE("a Redis without GETDEL redeems a ticket once all the same")
{
    two_nodes nodes{{"--rename-command", "GETDEL", ""}};
    for (int round = 0; round != 3; ++round) {
        const auto ticket = issued(nodes.a);
        journal fates;
        for (int i = 0; i != 20; ++i)
            (i % 2 == 0 ? nodes.a : nodes.b)
                .async_redeem(ticket, "", [&fates](error_code ec, const identity& who) {
                    fates.add(ec ? ec.message() : who.user_id);
                });
        REQUIRE(fates.wait_for_count(20));
        CHECK(fates.count("alice") == 1);
        CHECK(fates.count(make_error_code(error::ticket_invalid).message()) == 19);
    }
    CHECK(only_key(nodes.server).empty());
}

TEST_CASE("while Redis is away tickets fail within the client's limits, and work again afterwards")
{
    redis_server server;
    running_context io;
    auto options = quick(server.url());
    options.queue_time = 100ms;
    const redis_ticket_store store{redis_client{io.get(), options}};
    const auto ticket = issued(store);
    server.kill_hard();
    CHECK(redeem(store, ticket).first); // bus_unavailable, or delivery_unknown if it met the end
    CHECK(redeem(store, ticket).first == error::bus_unavailable);
    const auto [ec, none] = issue(store, alice());
    CHECK(ec == error::bus_unavailable);
    CHECK(none.empty());
    server.start();
    std::pair<error_code, std::string> again;
    REQUIRE(eventually([&] {
        again = issue(store, alice());
        return !again.first;
    }));
    CHECK(redeem(store, again.second).second.user_id == "alice");
}

TEST_CASE("a store may go while its commands are under way, and so may its context")
{
    redis_server server;
    auto io = std::make_unique<running_context>();
    auto store = std::make_unique<redis_ticket_store>(redis_client{io->get(), quick(server.url())});
    const auto ticket = issued(*store);
    journal fates;
    for (int i = 0; i != 20; ++i)
        store->async_redeem(ticket, "", [&fates](error_code ec, const identity&) { fates.add(ec.message()); });
    store.reset();
    CHECK(fates.wait_for_count(20));
    store = std::make_unique<redis_ticket_store>(redis_client{io->get(), quick(server.url())});
    for (int i = 0; i != 20; ++i)
        store->async_redeem(ticket, "", [](error_code, const identity&) {});
    io.reset();
    store->async_redeem(ticket, "", [](error_code, const identity&) {});
    store.reset();
}

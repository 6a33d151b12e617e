// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "support/catch.hpp"

#include <fanfare/detail/session/admissions.hpp>
#include <fanfare/error.hpp>

#include <chrono>
#include <string>
#include <string_view>

using namespace fanfare;
using namespace fanfare::detail;
using namespace std::chrono_literals;

namespace {

const auto here = asio::ip::make_address("192.0.2.1");
const auto there = asio::ip::make_address("2001:db8::1");
const asio::ip::address nowhere; // of this process

identity user(std::string_view name)
{
    return {.user_id = std::string{name}};
}

// A hub's door, with limits.
struct door {
    explicit door(const hub_options& options) : guard{options, rules, revoked, life} {}
    error_code admit(std::string_view name, const asio::ip::address& from)
    {
        return guard.admit(user(name), from);
    }

    namespaces rules{32, true};
    lifetime life;
    revocation_list revoked;
    admissions guard;
};

} // namespace

TEST_CASE("without limits everybody may connect, from everywhere", "[admissions]")
{
    door d{{}};
    for (int i = 0; i != 1000; ++i)
        REQUIRE_FALSE(d.admit("alice", here));
    CHECK(d.guard.refused().get() == 0);
}

TEST_CASE("a hub takes so many connections, and one more when one has left", "[admissions]")
{
    door d{{.max_connections = 2}};
    CHECK_FALSE(d.admit("alice", here));
    CHECK_FALSE(d.admit("", nowhere));
    CHECK(d.admit("bob", there) == error::too_many_connections);
    d.guard.leave("", nowhere);
    CHECK_FALSE(d.admit("bob", there));
    CHECK(d.admit("carol", here) == error::too_many_connections);
}

TEST_CASE("a user has so many connections, and visitors without a name are nobody's", "[admissions]")
{
    door d{{.max_connections_per_user = 2}};
    CHECK_FALSE(d.admit("alice", here));
    CHECK_FALSE(d.admit("alice", there));
    CHECK(d.admit("alice", here) == error::too_many_connections);
    CHECK_FALSE(d.admit("bob", here));
    for (int i = 0; i != 5; ++i)
        CHECK_FALSE(d.admit("", here));
    d.guard.leave("", here);
    CHECK(d.admit("alice", here) == error::too_many_connections);
    d.guard.leave("alice", there);
    CHECK_FALSE(d.admit("alice", here));
    CHECK(d.admit("alice", here) == error::too_many_connections);
}

TEST_CASE("an address has so many connections, whoever they are, and connections of this process have none",
          "[admissions]")
{
    door d{{.max_connections_per_address = 2}};
    CHECK_FALSE(d.admit("alice", here));
    CHECK_FALSE(d.admit("", here));
    CHECK(d.admit("bob", here) == error::too_many_connections);
    CHECK_FALSE(d.admit("bob", there));
    for (int i = 0; i != 5; ++i)
        CHECK_FALSE(d.admit("alice", nowhere));
    d.guard.leave("alice", nowhere);
    CHECK(d.admit("bob", here) == error::too_many_connections);
    d.guard.leave("alice", here);
    CHECK_FALSE(d.admit("bob", here));
}

TEST_CASE("limits by address count an IPv6 network of 64 bits as one address", "[admissions]")
{
    const auto at = [](const char* text) { return asio::ip::make_address(text); };
    door d{{.max_connections_per_address = 1}};
    CHECK_FALSE(d.admit("", at("2001:db8:1:2::1")));
    CHECK(d.admit("", at("2001:db8:1:2:ffff::9")) == error::too_many_connections);
    CHECK_FALSE(d.admit("", at("2001:db8:1:3::1")));
    d.guard.leave("", at("2001:db8:1:2::1"));
    CHECK_FALSE(d.admit("", at("2001:db8:1:2:ffff::9")));
    // One of IPv4, as an IPv6 socket or a translator shows it.
    CHECK_FALSE(d.admit("", here));
    CHECK(d.admit("", at("::ffff:192.0.2.1")) == error::too_many_connections);
    CHECK(d.admit("", at("64:ff9b::192.0.2.1")) == error::too_many_connections);
    CHECK_FALSE(d.admit("", at("64:ff9b::192.0.2.2")));
    // Link-local and loopback addresses are one network, and many machines.
    CHECK_FALSE(d.admit("", at("fe80::1")));
    CHECK_FALSE(d.admit("", at("fe80::2")));
    CHECK(d.admit("", at("fe80::2")) == error::too_many_connections);
    CHECK_FALSE(d.admit("", at("::1")));
    CHECK(d.admit("", at("::1")) == error::too_many_connections);
}

TEST_CASE("an address may come so often, whatever becomes of it, and nobody's address is not counted",
          "[admissions]")
{
    door d{{.connect_rate_per_address = 0.001, .connect_burst_per_address = 2}};
    CHECK_FALSE(d.guard.arrive(there));
    CHECK_FALSE(d.guard.arrive(asio::ip::make_address("2001:db8::2"))); // of the same network
    const auto wait = d.guard.arrive(there);
    REQUIRE(wait);
    CHECK((*wait > 900s && *wait <= 1000s));
    CHECK(d.guard.refused().get() == 0); // whoever answers it counts it
    CHECK_FALSE(d.guard.arrive(here));
    for (int i = 0; i != 5; ++i)
        CHECK_FALSE(d.guard.arrive(nowhere));
    door open{{}};
    for (int i = 0; i != 1000; ++i)
        REQUIRE_FALSE(open.guard.arrive(here));
}

TEST_CASE("a connection that one limit refuses takes no place of another", "[admissions]")
{
    door d{{.max_connections = 3, .max_connections_per_user = 1, .max_connections_per_address = 1}};
    CHECK_FALSE(d.admit("alice", here));
    CHECK(d.admit("bob", here) == error::too_many_connections);    // the address's
    CHECK(d.admit("alice", there) == error::too_many_connections); // the user's
    CHECK_FALSE(d.admit("bob", there));
    CHECK_FALSE(d.admit("carol", nowhere));
    CHECK(d.admit("dave", nowhere) == error::too_many_connections); // the hub's
    d.guard.leave("carol", nowhere);
    CHECK_FALSE(d.admit("dave", nowhere));
}

TEST_CASE("a hub that is stopping takes nobody", "[admissions]")
{
    door d{{}};
    CHECK_FALSE(d.admit("alice", here));
    d.life.reach(detail::lifetime::stage::stopping);
    CHECK(d.admit("alice", here) == error::shutting_down);
    CHECK(d.admit("no user", here) == error::shutting_down);
}

TEST_CASE("a name that cannot be a user's is refused", "[admissions]")
{
    door d{{}};
    for (const std::string bad : {"a b", "a,b", "a*", "\n", "\xff"})
        CHECK(d.admit(bad, here) == error::invalid_user);
    CHECK_FALSE(d.admit(std::string(27, 'x'), here)); // "user:" and the name are a room of 32 bytes
    CHECK(d.admit(std::string(28, 'x'), here) == error::invalid_user);
    CHECK_FALSE(d.admit("tenant:alice", here));
}

TEST_CASE("an identity that grants a room which cannot be is refused, by what is wrong with the room",
          "[admissions]")
{
    door d{{.max_connections = 1}};
    auto alice = user("alice");
    alice.rooms = {"group:a", "nowhere:1"};
    CHECK(d.guard.admit(alice, here) == error::unknown_room);
    alice.rooms = {"not a room", "nowhere:1"};
    CHECK(d.guard.admit(alice, here) == error::invalid_room);
    auto nobody = user("a b");
    nobody.rooms = {"nowhere:1"};
    CHECK(d.guard.admit(nobody, here) == error::invalid_user);
    alice.rooms = {"group:a", "global"};
    CHECK_FALSE(d.guard.admit(alice, here)); // those before have taken no place
}

TEST_CASE("who has expired, or names another user's own room, is refused", "[admissions]")
{
    using clock = std::chrono::system_clock;
    door d{{.max_connections = 1}};
    auto alice = user("alice");
    for (const auto at : {clock::time_point::min(), clock::time_point{}, clock::now()}) {
        alice.expires_at = at;
        CHECK(d.guard.admit(alice, here) == error::unauthorized);
    }
    alice.expires_at = clock::time_point::max();
    alice.rooms = {"group:a", "user:bob"};
    CHECK(d.guard.admit(alice, here) == error::invalid_room);
    alice.rooms = {"group:a", "user:alice"};
    CHECK_FALSE(d.guard.admit(alice, here)); // those before have taken no place
    CHECK(d.guard.refused().get() == 4);
    identity nobody{.rooms = {"user:bob"}};
    CHECK(d.guard.admit(nobody, here) == error::invalid_room);
}

TEST_CASE("a credential that was revoked is refused, and each one while it is not known which were",
          "[admissions]")
{
    using clock = std::chrono::system_clock;
    door d{{.max_connections = 1}};
    const auto now = clock::now();
    d.revoked.add({.user_id = "alice", .issued_before = now, .until = now + std::chrono::hours{1}}, now);
    auto alice = user("alice");
    alice.issued_at = now - std::chrono::hours{1};
    CHECK(d.guard.admit(alice, here) == error::unauthorized);
    CHECK(d.guard.check_revoked(alice) == error::unauthorized);
    alice.issued_at = now;
    CHECK_FALSE(d.guard.check_revoked(alice));
    d.revoked.set_complete(false);
    CHECK(d.guard.admit(alice, here) == error::store_failed);
    CHECK(d.guard.check_revoked(alice) == error::store_failed);
    CHECK_FALSE(d.guard.check_revoked({}));
    d.revoked.set_complete(true);
    CHECK_FALSE(d.guard.admit(alice, here)); // those before have taken no place
    CHECK(d.guard.refused().get() == 2);
}

TEST_CASE("every refusal is counted, whoever refuses", "[admissions]")
{
    door d{{.max_connections = 1}};
    d.admit("alice", here);
    CHECK(d.guard.refused().get() == 0);
    d.admit("bob", here);
    d.admit("a b", here);
    CHECK(d.guard.refused().get() == 2);
    d.guard.count_refusal(error::unauthorized); // by the authenticator, say
    CHECK(d.guard.refused().get() == 3);
    d.guard.leave("alice", here);
    d.admit("carol", here);
    CHECK(d.guard.refused().get() == 3);
}

TEST_CASE("all who are nobody in particular share one identity, and nobody else does", "[admissions]")
{
    door d{{}};
    const auto nobody = d.guard.share({});
    CHECK(nobody->anonymous());
    CHECK(d.guard.share({}) == nobody);
    const auto alice = d.guard.share(user("alice"));
    CHECK(alice->user_id == "alice");
    CHECK(d.guard.share(user("alice")) != alice);
    CHECK(d.guard.share({.claims = {{"role", "guest"}}})->claims.contains("role"));
    CHECK(d.guard.share({.expires_at = std::chrono::system_clock::time_point{}})->expires_at);
    CHECK(d.guard.share({.rooms = {"global"}})->rooms.size() == 1);
    CHECK(d.guard.share({.token_id = "j"})->token_id == "j");
    CHECK(d.guard.share({.issued_at = std::chrono::system_clock::time_point{}})->issued_at);
    CHECK(d.guard.share({}) == nobody);
}

TEST_CASE("an identity is looked at without taking a place, and without being counted", "[admissions]")
{
    door d{{.max_connections = 1}};
    d.admit("alice", here);
    const auto now = std::chrono::system_clock::now();
    CHECK_FALSE(d.guard.check({}));
    CHECK_FALSE(d.guard.check({.user_id = "bob", .expires_at = now + 1h, .rooms = {"global", "user:bob"}}));
    CHECK(d.guard.check(user("a b")) == error::invalid_user);
    CHECK(d.guard.check({.user_id = "bob", .expires_at = now}) == error::unauthorized);
    CHECK(d.guard.check({.user_id = "bob", .rooms = {"global", "nowhere:1"}}) == error::unknown_room);
    CHECK(d.guard.check({.user_id = "bob", .rooms = {"a room"}}) == error::invalid_room);
    CHECK(d.guard.check({.user_id = "bob", .rooms = {"user:alice"}}) == error::invalid_room);
    CHECK(d.guard.check({.rooms = {"user:alice"}}) == error::invalid_room);
    CHECK(d.guard.refused().get() == 0);
}

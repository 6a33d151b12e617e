// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_TESTING_PRESENCE_CHECKS_HPP
#define FANFARE_DETAIL_TESTING_PRESENCE_CHECKS_HPP

#include <fanfare/config.hpp>
#include <fanfare/presence.hpp>
#include <fanfare/testing/blocking_presence.hpp>
#include <fanfare/testing/check.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace fanfare::detail::presence_promises {

using testing::blocking_presence;
using testing::findings;

inline std::map<std::string, std::size_t> users_in(const presence_list& who)
{
    std::map<std::string, std::size_t> all;
    for (const auto& one : who.users)
        all[one.user_id] += one.connections;
    return all;
}

using users = std::map<std::string, std::size_t>;

/// Two handles of one store, as two hubs have them, and where a check says what it saw.
template <class Handles>
struct presence_world {
    using store_type = std::remove_cvref_t<decltype(std::declval<Handles&>()->here())>;

    presence_world(findings& found, std::chrono::milliseconds patience, const Handles& handles)
        : look{found}, here{handles->here(), patience}, there{handles->there(), patience}
    {}

    findings& look;
    blocking_presence<store_type> here, there;
};

template <class World>
void check_counts(World& w)
{
    auto& look = w.look;
    look.about("P1", "two handles let users enter and leave");
    auto &here = w.here, &there = w.there;
    look.expect(here.enter("chat:1", "a1", "alice").first_of_user, "alice's first connection is the user's first");
    look.expect(!there.enter("chat:1", "a2", "alice").first_of_user,
                "alice's second connection is not the user's first");
    look.expect(there.enter("chat:1", "b1", "bob").first_of_user, "bob's first connection is the user's first");
    look.expect(!here.enter("chat:1", "x", "").first_of_user, "a connection without a user is no user's first");
    look.expect(here.enter("chat:2", "a1", "alice").first_of_user,
                "alice's first connection in another room is the user's first there");
    for (auto* node : {&here, &there}) {
        const auto who = node->read("chat:1");
        look.equal("the number of clients", who.client_count, 4);
        look.equal("the number of clients by name", who.clients.size(), 4);
        look.equal("the number of users", who.user_count, 2);
        look.equal("the users and their connections", users_in(who), users{{"alice", 2}, {"bob", 1}});
    }
    look.expect(!there.leave("chat:1", "a2").last_of_user,
                "alice's first connection to leave is not the user's last");
    look.expect(here.leave("chat:1", "a1").last_of_user, "alice's second connection to leave is the user's last");
    look.expect(!here.leave("chat:1", "x").last_of_user, "a connection without a user is no user's last");
    look.equal("the number of clients when alice has left", there.read("chat:1").client_count, 1);
    look.equal("the number of clients in the other room", here.read("chat:2").client_count, 1);
    look.expect(there.leave("chat:1", "b1").last_of_user, "bob's only connection is the user's last");
    look.expect(here.leave("chat:2", "a1").last_of_user,
                "alice's only connection in the other room is the user's last there");
    look.equal("the number of clients when all have left", here.read("chat:1").client_count, 0);
    look.equal("the number of users when all have left", here.read("chat:1").user_count, 0);
}

template <class World>
void check_repetition(World& w)
{
    auto& look = w.look;
    look.about("P2", "entering and leaving twice");
    auto& store = w.here;
    look.expect(store.enter("r", "a1", "alice").first_of_user, "entering is told as the user's first");
    look.expect(store.enter("r", "a1", "alice").first_of_user,
                "entering again is told as the first too: the answer may have been lost");
    look.equal("the users after entering twice", users_in(store.read("r")), users{{"alice", 1}});
    look.expect(store.leave("r", "a1").last_of_user, "leaving is told as the user's last");
    const auto again = store.leave("r", "a1");
    look.expect(!again.last_of_user, "leaving again is not told as the user's last");
    look.expect(again.departed.empty(), "leaving again tells of nobody who departed");
    look.expect(!store.leave("never", "a1").last_of_user,
                "leaving a room that nobody was in is not told as the user's last");
    look.expect(store.enter("r", "a1", "alice").first_of_user,
                "entering after leaving is told as the user's first");
    look.expect(store.enter("r", "a1", "bob").first_of_user,
                "entering as another user is told as that user's first");
    look.equal("the users after the connection has become another user's", users_in(store.read("r")),
               users{{"bob", 1}});
    look.expect(store.leave("r", "a1").last_of_user, "leaving as that user is told as the user's last");
}

template <class World>
void check_refresh(World& w)
{
    auto& look = w.look;
    look.about("P3", "refreshing entries, some of which are not there");
    auto& store = w.there;
    store.enter("r:1", "a", "alice");
    store.enter("r:2", "b", "bob");
    const auto answer = store.refresh({{"r:1", {"a", "gone"}}, {"r:2", {"b"}}, {"r:3", {"never", "too"}}});
    look.expect(answer.departed.empty(), "a refresh in time tells of nobody who departed");
    look.require_equal("the number of rooms with missing entries", answer.missing.size(), 2);
    std::map<std::string, std::vector<std::string>> missing;
    for (const auto& [room, ids] : answer.missing)
        missing[room] = ids;
    look.equal("the missing entries of the room with one that is there", missing["r:1"],
               std::vector<std::string>{"gone"});
    look.equal("the missing entries of the room that nobody is in", missing["r:3"],
               std::vector<std::string>{"never", "too"});
    look.equal("the number of clients after a refresh of one that is there and one that is not",
               store.read("r:1").client_count, 1);
    look.equal("the number of clients after a refresh of those who are not there", store.read("r:3").client_count,
               0);
    look.expect(store.refresh({}).missing.empty(), "a refresh of nothing misses nothing");
    store.leave("r:1", "a");
    store.leave("r:2", "b");
}

template <class World>
void check_names(World& w)
{
    auto& look = w.look;
    look.about("P4", "entering with names and data of any kind");
    auto& store = w.here;
    const std::string room = "group:k\xc3\xa4se-1";
    const std::string user = "o'hara\n\"\\ \xe2\x82\xac";
    const json::value info{{"name", "O\"Hara\n"}, {"n", {1, 2.5, nullptr}}};
    look.expect(store.enter(room, "c", user, info).first_of_user,
                "a user whose name is not plain is told as the first");
    look.expect(store.enter(room, "d", "", "plain").departed.empty(),
                "a connection without a user makes nobody depart");
    const auto who = store.read(room);
    look.require_equal("the number of clients", who.clients.size(), 2);
    const auto c = std::find_if(who.clients.begin(), who.clients.end(),
                                [](const presence_client& one) { return one.connection_id == "c"; });
    look.require(c != who.clients.end(), "the client is found by its id");
    look.equal("the user's name", c->user_id, user);
    look.equal("the user's data", c->info, info);
    const auto& d = who.clients[c == who.clients.begin() ? 1 : 0];
    look.expect(d.user_id.empty(), "the connection without a user has none");
    look.equal("the data of the connection without a user", d.info, "plain");
    look.require_equal("the number of users", who.users.size(), 1);
    look.equal("the name in the list of users", who.users[0].user_id, user);
    look.expect(store.leave(room, "c").last_of_user, "leaving is told as the user's last");
    store.leave(room, "d");
}

template <class World>
void check_limit(World& w)
{
    auto& look = w.look;
    look.about("P5", "reading a room of 1,200 clients");
    auto& store = w.there;
    constexpr std::size_t all = 1200;
    for (std::size_t i = 0; i != all; ++i)
        store.enter("big", "c" + std::to_string(i), "user" + std::to_string(i / 2));
    const auto some = store.read("big", 10);
    look.equal("the number of clients by name, of at most 10", some.clients.size(), 10);
    look.equal("the number of users by name, of at most 10", some.users.size(), 10);
    look.equal("the number of clients", some.client_count, all);
    look.equal("the number of users", some.user_count, all / 2);
    look.expect(store.read("big", 0).clients.empty(), "a read of at most 0 names nobody");
    look.equal("the number of clients of a read of at most 0", store.read("big", 0).client_count, all);
    const auto everybody = store.read("big", 5000);
    look.equal("the number of clients by name, of at most 5,000", everybody.clients.size(), all);
    look.equal("the number of users by name, of at most 5,000", everybody.users.size(), all / 2);
    std::size_t last = 0;
    for (std::size_t i = 0; i != all; ++i)
        last += store.leave("big", "c" + std::to_string(i)).last_of_user ? std::size_t{1} : 0;
    look.equal("the number of users whose last connection was told", last, all / 2);
    look.equal("the number of clients when all have left", store.read("big").client_count, 0);
}

template <class World>
void check_handlers(World& w)
{
    constexpr int count = 50;
    const auto calls = std::make_shared<std::atomic<int>>(0);
    for (int i = 0; i != count; ++i)
        w.here.store().async_enter("often", {std::to_string(i), "alice", nullptr},
                                   [calls](error_code, const presence_change&) { ++*calls; });
    auto& look = w.look;
    look.about("P7", "50 connections of one user enter at once");
    look.require(testing::eventually(w.here.patience(), [&] { return *calls >= count; }),
                 "the handler of each operation is called");
    look.equal("the number of clients", w.there.read("often").client_count, count);
    for (int i = 0; i != count; ++i)
        w.here.leave("often", std::to_string(i));
    look.equal("the number of calls of the handlers", *calls, count);
}

} // namespace fanfare::detail::presence_promises

#endif

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
    look.equal("here.enter(\"chat:1\", \"a1\", \"alice\").first_of_user",
               here.enter("chat:1", "a1", "alice").first_of_user, true);
    look.equal("there.enter(\"chat:1\", \"a2\", \"alice\").first_of_user",
               there.enter("chat:1", "a2", "alice").first_of_user, false);
    look.equal("there.enter(\"chat:1\", \"b1\", \"bob\").first_of_user",
               there.enter("chat:1", "b1", "bob").first_of_user, true);
    look.equal("here.enter(\"chat:1\", \"x\", \"\").first_of_user", here.enter("chat:1", "x", "").first_of_user,
               false);
    look.equal("here.enter(\"chat:2\", \"a1\", \"alice\").first_of_user",
               here.enter("chat:2", "a1", "alice").first_of_user, true);
    for (auto* node : {&here, &there}) {
        const auto who = node->read("chat:1");
        look.equal("who.client_count", who.client_count, 4);
        look.equal("who.clients.size()", who.clients.size(), 4);
        look.equal("who.user_count", who.user_count, 2);
        look.equal("users_in(who)", users_in(who), users{{"alice", 2}, {"bob", 1}});
    }
    look.equal("there.leave(\"chat:1\", \"a2\").last_of_user", there.leave("chat:1", "a2").last_of_user, false);
    look.equal("here.leave(\"chat:1\", \"a1\").last_of_user", here.leave("chat:1", "a1").last_of_user, true);
    look.equal("here.leave(\"chat:1\", \"x\").last_of_user", here.leave("chat:1", "x").last_of_user, false);
    look.equal("there.read(\"chat:1\").client_count", there.read("chat:1").client_count, 1);
    look.equal("here.read(\"chat:2\").client_count", here.read("chat:2").client_count, 1);
    look.equal("there.leave(\"chat:1\", \"b1\").last_of_user", there.leave("chat:1", "b1").last_of_user, true);
    look.equal("here.leave(\"chat:2\", \"a1\").last_of_user", here.leave("chat:2", "a1").last_of_user, true);
    look.equal("here.read(\"chat:1\").client_count", here.read("chat:1").client_count, 0);
    look.equal("here.read(\"chat:1\").user_count", here.read("chat:1").user_count, 0);
}

template <class World>
void check_repetition(World& w)
{
    auto& look = w.look;
    look.about("P2", "entering and leaving twice");
    auto& store = w.here;
    look.equal("store.enter(\"r\", \"a1\", \"alice\").first_of_user",
               store.enter("r", "a1", "alice").first_of_user, true);
    look.equal("store.enter(\"r\", \"a1\", \"alice\").first_of_user",
               store.enter("r", "a1", "alice").first_of_user, true); // its answer may have been lost
    look.equal("users_in(store.read(\"r\"))", users_in(store.read("r")), users{{"alice", 1}});
    look.equal("store.leave(\"r\", \"a1\").last_of_user", store.leave("r", "a1").last_of_user, true);
    const auto again = store.leave("r", "a1");
    look.equal("again.last_of_user", again.last_of_user, false);
    look.equal("again.departed.empty()", again.departed.empty(), true);
    look.equal("store.leave(\"never\", \"a1\").last_of_user", store.leave("never", "a1").last_of_user, false);
    look.equal("store.enter(\"r\", \"a1\", \"alice\").first_of_user",
               store.enter("r", "a1", "alice").first_of_user, true);
    look.equal("store.enter(\"r\", \"a1\", \"bob\").first_of_user", store.enter("r", "a1", "bob").first_of_user,
               true); // the connection is another user's now
    look.equal("users_in(store.read(\"r\"))", users_in(store.read("r")), users{{"bob", 1}});
    look.equal("store.leave(\"r\", \"a1\").last_of_user", store.leave("r", "a1").last_of_user, true);
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
    look.equal("answer.departed.empty()", answer.departed.empty(), true);
    look.require_equal("answer.missing.size()", answer.missing.size(), 2);
    std::map<std::string, std::vector<std::string>> missing;
    for (const auto& [room, ids] : answer.missing)
        missing[room] = ids;
    look.equal("missing[\"r:1\"]", missing["r:1"], std::vector<std::string>{"gone"});
    look.equal("missing[\"r:3\"]", missing["r:3"], std::vector<std::string>{"never", "too"});
    look.equal("store.read(\"r:1\").client_count", store.read("r:1").client_count,
               1); // a refresh brings nobody in
    look.equal("store.read(\"r:3\").client_count", store.read("r:3").client_count, 0);
    look.equal("store.refresh({}).missing.empty()", store.refresh({}).missing.empty(), true);
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
    look.equal("store.enter(room, \"c\", user, info).first_of_user",
               store.enter(room, "c", user, info).first_of_user, true);
    look.equal("store.enter(room, \"d\", \"\", \"plain\").departed.empty()",
               store.enter(room, "d", "", "plain").departed.empty(), true);
    const auto who = store.read(room);
    look.require_equal("who.clients.size()", who.clients.size(), 2);
    const auto c = std::find_if(who.clients.begin(), who.clients.end(),
                                [](const presence_client& one) { return one.connection_id == "c"; });
    look.require(c != who.clients.end(), "c != who.clients.end()");
    look.equal("c->user_id", c->user_id, user);
    look.equal("c->info", c->info, info);
    const auto& d = who.clients[c == who.clients.begin() ? 1 : 0];
    look.equal("d.user_id.empty()", d.user_id.empty(), true);
    look.equal("d.info", d.info, "plain");
    look.require_equal("who.users.size()", who.users.size(), 1);
    look.equal("who.users[0].user_id", who.users[0].user_id, user);
    look.equal("store.leave(room, \"c\").last_of_user", store.leave(room, "c").last_of_user, true);
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
    look.equal("some.clients.size()", some.clients.size(), 10);
    look.equal("some.users.size()", some.users.size(), 10);
    look.equal("some.client_count", some.client_count, all);
    look.equal("some.user_count", some.user_count, all / 2);
    look.equal("store.read(\"big\", 0).clients.empty()", store.read("big", 0).clients.empty(), true);
    look.equal("store.read(\"big\", 0).client_count", store.read("big", 0).client_count, all);
    const auto everybody = store.read("big", 5000);
    look.equal("everybody.clients.size()", everybody.clients.size(), all);
    look.equal("everybody.users.size()", everybody.users.size(), all / 2);
    std::size_t last = 0;
    for (std::size_t i = 0; i != all; ++i)
        last += store.leave("big", "c" + std::to_string(i)).last_of_user ? std::size_t{1} : 0;
    look.equal("last", last, all / 2);
    look.equal("store.read(\"big\").client_count", store.read("big").client_count, 0);
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

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_PRESENCE_CONFORMANCE_HPP
#define FANFARE_TESTS_PRESENCE_CONFORMANCE_HPP

// What every presence store must do, whatever it keeps its entries in.
#include "support/catch.hpp"

#include <fanfare/presence.hpp>

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <future>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fanfare::test {

// A store, asked and waited for. Throws what the store answers as an error.
class blocking_presence {
public:
    explicit blocking_presence(any_presence store) : store_{std::move(store)} {}

    presence_change enter(std::string_view room, std::string id, std::string user = {}, json::value info = nullptr)
    {
        return wait<presence_change>([&](auto done) {
            store_.async_enter(room, {std::move(id), std::move(user), std::move(info)}, done);
        });
    }
    presence_change leave(std::string_view room, std::string_view id)
    {
        return wait<presence_change>([&](auto done) { store_.async_leave(room, id, done); });
    }
    presence_refresh refresh(std::vector<presence_entries> entries)
    {
        return wait<presence_refresh>([&](auto done) { store_.async_refresh(std::move(entries), done); });
    }
    presence_list read(std::string_view room, std::size_t limit = 1000)
    {
        return wait<presence_list>([&](auto done) { store_.async_read(room, limit, done); });
    }
    any_presence& store() { return store_; }

private:
    template <class Answer, class Start>
    Answer wait(Start start)
    {
        const auto promise = std::make_shared<std::promise<Answer>>();
        auto answer = promise->get_future();
        start([promise](error_code ec, Answer got) {
            if (ec)
                promise->set_exception(std::make_exception_ptr(boost::system::system_error{ec}));
            else
                promise->set_value(std::move(got));
        });
        if (answer.wait_for(std::chrono::seconds{20}) != std::future_status::ready)
            throw std::runtime_error("the store did not answer");
        return answer.get();
    }
    any_presence store_;
};

inline std::map<std::string, std::size_t> users_in(const presence_list& who)
{
    std::map<std::string, std::size_t> all;
    for (const auto& one : who.users)
        all[one.user_id] += one.connections;
    return all;
}

using users = std::map<std::string, std::size_t>;

inline void check_counts(blocking_presence here, blocking_presence there)
{
    CHECK(here.enter("chat:1", "a1", "alice").first_of_user);
    CHECK_FALSE(there.enter("chat:1", "a2", "alice").first_of_user);
    CHECK(there.enter("chat:1", "b1", "bob").first_of_user);
    CHECK_FALSE(here.enter("chat:1", "x", "").first_of_user);
    CHECK(here.enter("chat:2", "a1", "alice").first_of_user);
    for (auto* node : {&here, &there}) {
        const auto who = node->read("chat:1");
        CHECK(who.client_count == 4);
        CHECK(who.clients.size() == 4);
        CHECK(who.user_count == 2);
        CHECK(users_in(who) == users{{"alice", 2}, {"bob", 1}});
    }
    CHECK_FALSE(there.leave("chat:1", "a2").last_of_user);
    CHECK(here.leave("chat:1", "a1").last_of_user);
    CHECK_FALSE(here.leave("chat:1", "x").last_of_user);
    CHECK(there.read("chat:1").client_count == 1);
    CHECK(here.read("chat:2").client_count == 1);
    CHECK(there.leave("chat:1", "b1").last_of_user);
    CHECK(here.leave("chat:2", "a1").last_of_user);
    CHECK(here.read("chat:1").client_count == 0);
    CHECK(here.read("chat:1").user_count == 0);
}

inline void check_repetition(blocking_presence store)
{
    CHECK(store.enter("r", "a1", "alice").first_of_user);
    CHECK(store.enter("r", "a1", "alice").first_of_user); // its answer may have been lost
    CHECK(users_in(store.read("r")) == users{{"alice", 1}});
    CHECK(store.leave("r", "a1").last_of_user);
    const auto again = store.leave("r", "a1");
    CHECK_FALSE(again.last_of_user);
    CHECK(again.departed.empty());
    CHECK_FALSE(store.leave("never", "a1").last_of_user);
    CHECK(store.enter("r", "a1", "alice").first_of_user);
    CHECK(store.enter("r", "a1", "bob").first_of_user); // the connection is another user's now
    CHECK(users_in(store.read("r")) == users{{"bob", 1}});
    CHECK(store.leave("r", "a1").last_of_user);
}

inline void check_refresh(blocking_presence store)
{
    store.enter("r:1", "a", "alice");
    store.enter("r:2", "b", "bob");
    const auto answer = store.refresh({{"r:1", {"a", "gone"}}, {"r:2", {"b"}}, {"r:3", {"never", "too"}}});
    CHECK(answer.departed.empty());
    REQUIRE(answer.missing.size() == 2);
    std::map<std::string, std::vector<std::string>> missing;
    for (const auto& [room, ids] : answer.missing)
        missing[room] = ids;
    CHECK(missing["r:1"] == std::vector<std::string>{"gone"});
    CHECK(missing["r:3"] == std::vector<std::string>{"never", "too"});
    CHECK(store.read("r:1").client_count == 1); // a refresh brings nobody in
    CHECK(store.read("r:3").client_count == 0);
    CHECK(store.refresh({}).missing.empty());
    store.leave("r:1", "a");
    store.leave("r:2", "b");
}

inline void check_names(blocking_presence store)
{
    const std::string room = "group:k\xc3\xa4se-1";
    const std::string user = "o'hara\n\"\\ \xe2\x82\xac";
    const json::value info{{"name", "O\"Hara\n"}, {"n", {1, 2.5, nullptr}}};
    CHECK(store.enter(room, "c", user, info).first_of_user);
    CHECK(store.enter(room, "d", "", "plain").departed.empty());
    const auto who = store.read(room);
    REQUIRE(who.clients.size() == 2);
    const auto c = std::find_if(who.clients.begin(), who.clients.end(),
                                [](const presence_client& one) { return one.connection_id == "c"; });
    REQUIRE(c != who.clients.end());
    CHECK(c->user_id == user);
    CHECK(c->info == info);
    const auto& d = who.clients[c == who.clients.begin() ? 1 : 0];
    CHECK(d.user_id.empty());
    CHECK(d.info == "plain");
    REQUIRE(who.users.size() == 1);
    CHECK(who.users[0].user_id == user);
    CHECK(store.leave(room, "c").last_of_user);
    store.leave(room, "d");
}

inline void check_limit(blocking_presence store)
{
    constexpr std::size_t all = 1200;
    for (std::size_t i = 0; i != all; ++i)
        store.enter("big", "c" + std::to_string(i), "user" + std::to_string(i / 2));
    const auto some = store.read("big", 10);
    CHECK(some.clients.size() == 10);
    CHECK(some.users.size() == 10);
    CHECK(some.client_count == all);
    CHECK(some.user_count == all / 2);
    CHECK(store.read("big", 0).clients.empty());
    CHECK(store.read("big", 0).client_count == all);
    const auto everybody = store.read("big", 5000);
    CHECK(everybody.clients.size() == all);
    CHECK(everybody.users.size() == all / 2);
    std::size_t last = 0;
    for (std::size_t i = 0; i != all; ++i)
        last += store.leave("big", "c" + std::to_string(i)).last_of_user ? std::size_t{1} : 0;
    CHECK(last == all / 2);
    CHECK(store.read("big").client_count == 0);
}

// Two handles of one store, as two hubs have them.
inline void check_presence_store(const any_presence& here, const any_presence& there)
{
    check_counts(blocking_presence{here}, blocking_presence{there});
    check_repetition(blocking_presence{here});
    check_refresh(blocking_presence{there});
    check_names(blocking_presence{here});
    check_limit(blocking_presence{there});
}

} // namespace fanfare::test

#endif

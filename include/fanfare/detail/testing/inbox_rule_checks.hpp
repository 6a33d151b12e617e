// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_TESTING_INBOX_RULE_CHECKS_HPP
#define FANFARE_DETAIL_TESTING_INBOX_RULE_CHECKS_HPP

// What is refused, kept once, or pushed out; and many threads at once.
#include <fanfare/detail/testing/inbox_world.hpp>
#include <fanfare/detail/testing/joined_threads.hpp>
#include <fanfare/error.hpp>
#include <fanfare/inbox.hpp>

#include <atomic>
#include <cmath>
#include <cstdint>
#include <exception>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fanfare::detail::inbox_promises {
template <class World>
void check_strangers(World& w)
{
    auto& look = w.look;
    look.about("I8", "marking another user's notifications");
    auto& store = w.here;
    const auto mine = store.add("s1", "mine").item.id;
    const auto theirs = store.add("s2", "theirs").item.id;
    const auto never = std::string(20, 'A');
    const auto before = store.counts("s2");
    for (const auto action : {inbox_action::seen, inbox_action::read, inbox_action::archive})
        for (const auto& id : {theirs, never, std::string{"x"}, std::string(64, '*')})
            look.equal("the answer to marking what is another user's or nobody's",
                       failure_of([&] { store.mark("s1", action, {id}); }), error::not_found);
    look.equal("the answer to a user who has nothing",
               failure_of([&] { store.mark("nobody", inbox_action::read, {mine}); }), error::not_found);
    const auto m = store.mark("s1", inbox_action::read, {theirs, mine, never});
    look.equal("the ids that were marked: only the user's own", m.ids, texts{mine});
    look.equal("the unknown ids: another user's and nobody's alike", m.unknown, texts{theirs, never});
    look.equal("the revision of the other user", store.counts("s2").revision, before.revision);
    look.equal("the number of the other user's unread ones", store.counts("s2").unread, 1);
    look.expect(!store.list("s2").items.at(0).read_at.has_value(), "the other user's notification is not read");
}

template <class World>
void check_users_refused(World& w)
{
    auto& look = w.look;
    auto& store = w.here;
    for (const auto& user : {std::string{}, std::string{"a b"}, std::string{"{x}"}, std::string{"a\n"},
                             std::string(5000, 'u'), std::string{"\xff"}}) {
        look.about("I9", "the user id " + show_text(user) + ", which is none");
        look.equal("the answer to an add", failure_of([&] { store.add({.user_id = user, .title = "t"}); }),
                   error::invalid_user);
        look.equal("the answer to a list", failure_of([&] { store.list(user); }), error::invalid_user);
        look.equal("the answer to counts", failure_of([&] { store.counts(user); }), error::invalid_user);
        look.equal("the answer to a mark", failure_of([&] { store.mark_all(user, inbox_action::read); }),
                   error::invalid_user);
    }
    const std::string old = "a\xc2\xa0"
                            "b";
    look.about("I9", "a user id that was one once: what is kept under it can be read, and nothing new comes");
    look.equal("the answer to an add", failure_of([&] { store.add({.user_id = old, .title = "t"}); }),
               error::invalid_user);
    look.equal("the answer to a list", failure_of([&] { store.list(old); }), error_code{});
    look.equal("the answer to counts", failure_of([&] { store.counts(old); }), error_code{});
    look.equal("the answer to a mark", failure_of([&] { store.mark_all(old, inbox_action::read); }), error_code{});
}

template <class World>
void check_refusals(World& w)
{
    check_users_refused(w);
    auto& look = w.look;
    auto& store = w.here;
    const auto id = store.add("r", "one").item.id;
    const auto added = [&](inbox_add what, std::string_view how, error_code expected) {
        look.about("I9", "adding a notification with " + std::string{how});
        look.equal("the answer", failure_of([&] { store.add(std::move(what)); }), expected);
    };
    const auto marked = [&](inbox_mark how, std::string_view what) {
        look.about("I9", "marking " + std::string{what});
        look.equal("the answer", failure_of([&] { store.mark("r", how); }), error::invalid_message);
    };
    added({.user_id = "r", .idempotency_key = "a\nb"}, "a key of two lines", error::invalid_message);
    added({.user_id = "r", .title = std::string(1025, 't')}, "a title of 1,025 bytes", error::message_too_large);
    added({.user_id = "r", .message = std::string(16 * 1024 + 1, 'm')}, "a message above 16 KiB",
          error::message_too_large);
    added({.user_id = "r", .data = json::value(std::string(64 * 1024, 'd'))}, "data above 64 KiB",
          error::message_too_large);
    added({.user_id = "r", .title = "\xc3("}, "a title that is not UTF-8", error::invalid_message);
    added({.user_id = "r", .data_text = "{"}, "data that are not JSON", error::invalid_message);
    added({.user_id = "r", .data_text = " "}, "data that are no value", error::invalid_message);
    added({.user_id = "r", .data = std::nan("")}, "data that JSON cannot say", error::invalid_message);
    added({.user_id = "r", .idempotency_key = std::string(129, 'k')}, "a key of 129 bytes",
          error::invalid_message);
    added({.user_id = "r", .title = std::string(1024, 't'), .idempotency_key = std::string(128, 'k')},
          "a title and a key as long as they may be", {});
    marked({}, "nothing");
    marked({.ids = {id}, .all = true}, "one and all");
    marked({.action = inbox_action::read, .ids = texts(1001, id)}, "1,001 notifications");
    look.about("I9", "adding and marking what is not valid");
    look.equal("the number of unread ones", store.counts("r").unread, 2);
    look.equal("the changes of a mark of 1,000", store.mark("r", inbox_action::read, texts(1000, id)).changed, 1);
}

template <class World>
void check_idempotency(World& w)
{
    auto& look = w.look;
    look.about("I10", "adding again with the same key");
    auto &here = w.here, &there = w.there;
    const auto first = here.add("i", "first", "order 7");
    here.mark("i", inbox_action::read, {first.item.id});
    const auto again = there.add("i", "second", "order 7");
    look.expect(again.duplicate, "a second add with the key is a duplicate");
    look.equal("the id of the first one with the key", again.item.id, first.item.id);
    look.equal("the title of the first one with the key", again.item.title, "first");
    look.expect(again.item.read_at.has_value(), "the first one with the key is still read");
    look.equal("the number of unread ones", again.counts.unread, 0);
    look.expect(!there.add("i", "other", "order 8").duplicate, "another key is no duplicate");
    look.expect(!there.add("j", "another user's", "order 7").duplicate,
                "the same key of another user is no duplicate");
    look.expect(!there.add("i", "no key").duplicate, "an add without a key is no duplicate");
    look.expect(!there.add("i", "no key").duplicate, "a second add without a key is no duplicate");
    look.equal("the titles in the list", titles(here.list("i")), texts{"no key", "no key", "other", "first"});
}

// A store of at most 10 notifications a user.
template <class World>
void check_limit(World& w)
{
    auto& look = w.look;
    look.about("I11", "adding to an inbox of 10 notifications a user");
    auto& store = w.here;
    std::vector<std::string> ids;
    for (int i = 0; i != 10; ++i)
        ids.push_back(store.add("l", std::to_string(i), "key " + std::to_string(i)).item.id);
    store.mark("l", inbox_action::read, {ids[4], ids[6]});
    store.mark("l", inbox_action::archive, {ids[5]});
    const auto all = [&] { return titles(store.list("l", {.filter = inbox_filter::all})); };
    look.equal("the number of unread ones after one too many", store.add("l", "a").counts.unread, 8);
    look.equal("the titles after one too many: the oldest one that is read has gone", all(),
               texts{"a", "9", "8", "7", "6", "5", "3", "2", "1", "0"});
    store.add("l", "b");
    look.equal("the titles after two too many: the oldest one that is archived has gone", all(),
               texts{"b", "a", "9", "8", "7", "6", "3", "2", "1", "0"});
    store.add("l", "c");
    const auto last = store.add("l", "d");
    look.equal("the titles after four too many: the last read one has gone, then the oldest", all(),
               texts{"d", "c", "b", "a", "9", "8", "7", "3", "2", "1"});
    look.expect(last.counts.unread == 10 && last.counts.unseen == 10,
                "all 10 notifications are unread and unseen");
    look.equal("the answer to marking what has been pushed out",
               failure_of([&] { store.mark("l", inbox_action::read, {ids[0]}); }), error::not_found);
    look.expect(store.add("l", "e", "key 3").duplicate, "a key whose notification is still there is known");
    look.expect(!store.add("l", "f", "key 4").duplicate, "a key goes with its notification");
    look.equal("the number of unread ones at the end", store.counts("l").unread, 10);
    look.equal("the number of notifications at the end", store.list("l").items.size(), 10);
}

// What the counts are, from the notifications themselves.
template <class Blocking>
inbox_counts counted(Blocking& store, std::string_view user)
{
    inbox_counts real;
    inbox_query query{.limit = 200, .filter = inbox_filter::all};
    do {
        const auto page = store.list(user, query);
        for (const auto& one : page.items) {
            real.unread += !one.read_at && !one.archived_at ? std::uint64_t{1} : 0;
            real.unseen += !one.seen_at && !one.archived_at ? std::uint64_t{1} : 0;
        }
        query.cursor = page.next_cursor;
    } while (!query.cursor.empty());
    return real;
}

// Several threads add and mark at once.
template <class World>
void check_no_drift(World& w)
{
    auto& look = w.look;
    look.about("I12", "four threads add and mark");
    auto &here = w.here, &there = w.there;
    constexpr int rounds = 40;
    joined_threads threads;
    std::atomic<int> failures{0};
    for (int t = 0; t != 4; ++t)
        threads.run([&, t] {
            blocking_inbox store{(t % 2 == 0 ? here : there).store()};
            try {
                for (int i = 0; i != rounds; ++i) {
                    const auto id = store.add("drift", "x").item.id;
                    store.mark("drift", static_cast<inbox_action>((i + t) % 5), {id});
                    if (i % 7 == t)
                        store.mark_all("drift", static_cast<inbox_action>(i % 5));
                }
            } catch (const std::exception&) {
                ++failures;
            }
        });
    threads.join();
    look.equal("the number of threads with an exception", failures, 0);
    const auto said = here.counts("drift");
    const auto real = counted(there, "drift");
    look.equal("the number of unread ones in the counts, against the list", said.unread, real.unread);
    look.equal("the number of unseen ones in the counts, against the list", said.unseen, real.unseen);
    look.equal("the number of notifications",
               here.list("drift", {.limit = 200, .filter = inbox_filter::all}).items.size(), 4 * rounds);
}

// A handler may use the store.
template <class World>
void check_reentry(World& w)
{
    auto& look = w.look;
    look.about("I13", "using the inbox in the handler of an operation");
    auto& store = w.here.store();
    const auto done = std::make_shared<std::promise<std::uint64_t>>();
    auto answer = done->get_future();
    store.async_add({.user_id = "re", .title = "t"}, [store, done](error_code, const inbox_added&) mutable {
        store.async_counts("re", [done](error_code, const inbox_counts& now) { done->set_value(now.unread); });
    });
    if (answer.wait_for(w.here.patience()) != std::future_status::ready)
        throw testing::broken_promise{"I13", "the inbox did not call the handler of an operation of a handler"};
    look.equal("the number of unread ones that the handler has read", answer.get(), 1);
}

} // namespace fanfare::detail::inbox_promises

#endif

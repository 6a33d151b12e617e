// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_INBOX_CONFORMANCE_HPP
#define FANFARE_TESTS_INBOX_CONFORMANCE_HPP

// What every inbox must do, whatever it keeps the notifications in.
#include "inbox/blocking_inbox.hpp"
#include "inbox/conformance_pages.hpp"

#include <fanfare/error.hpp>
#include <fanfare/inbox.hpp>

#include <atomic>
#include <chrono>
#include <cmath>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace fanfare::test {

inline void check_added_is_listed(blocking_inbox here, blocking_inbox there)
{
    const json::value data{
        {"url", "/orders/7"}, {"n", {1, 2.5, nullptr, true}}, {"text", "O\"Hara\n\\ \xe2\x82\xac"}};
    const auto before = std::chrono::system_clock::now() - std::chrono::minutes{5};
    const auto added =
        here.add({.user_id = "a:1", .title = "T\n\"1\"", .message = "M \xe2\x82\xac", .data = data});
    CHECK_FALSE(added.duplicate);
    CHECK(added.item.id.size() == 20);
    CHECK(added.item.user_id == "a:1");
    CHECK(added.item.created_at > before);
    CHECK(added.item.created_at < before + std::chrono::minutes{10});
    CHECK((added.counts.unread == 1 && added.counts.unseen == 1));

    const auto page = there.list("a:1");
    REQUIRE(page.items.size() == 1);
    const auto& one = page.items[0];
    CHECK(one.id == added.item.id);
    CHECK(one.user_id == "a:1");
    CHECK(one.title == "T\n\"1\"");
    CHECK(one.message == "M \xe2\x82\xac");
    CHECK(one.data == data);
    CHECK(one.created_at == added.item.created_at);
    CHECK_FALSE((one.seen_at || one.read_at || one.archived_at));
    CHECK(page.next_cursor.empty());
    CHECK(page.counts.unread == 1);
    CHECK(page.counts.revision == added.counts.revision);
    CHECK(there.counts("a:1").revision == added.counts.revision);

    const auto other = there.add("a:2", "for somebody else");
    CHECK(other.item.id != added.item.id);
    CHECK(titles(here.list("a:1")) == texts{"T\n\"1\""});
    CHECK(here.counts("a:1").unread == 1);
    CHECK(here.list("a:3").items.empty());
    CHECK(here.counts("a:3").revision == 0);
}

// Data come back as they were written, whatever no value holds and no writer would choose.
inline void check_data_verbatim(blocking_inbox here, blocking_inbox there)
{
    const std::string odd =
        "{ \"n\":234.93130749570946,\n\"big\":123456789012345678901234567890,\"t\":2.850E+1,\"s\":\"\\u00e9\"}";
    const auto added = here.add({.user_id = "v:1", .title = "T", .data_text = "\n" + odd + " "});
    CHECK(added.item.data_text == odd);
    CHECK(added.item.data.at("n").as_double() == 234.93130749570946);
    const auto one = there.list("v:1").items.at(0);
    CHECK(one.data_text == odd);
    CHECK(one.data == added.item.data);
    CHECK(here.add({.user_id = "v:1", .title = "T", .data = 28.5, .idempotency_key = "k"}).item.data_text ==
          "28.5");
    const auto again = there.add({.user_id = "v:1", .title = "T", .data = 1, .idempotency_key = "k"});
    CHECK(again.duplicate);
    CHECK(again.item.data_text == "28.5");
}

inline void check_marks(blocking_inbox here, blocking_inbox there)
{
    const auto a = here.add("m", "a").item.id;
    const auto b = here.add("m", "b").item.id;
    const auto c = here.add("m", "c");
    auto revision = c.counts.revision;
    const auto grows = [&revision](const inbox_counts& now) {
        return now.revision > std::exchange(revision, now.revision);
    };
    const auto is = [](const inbox_counts& now, std::uint64_t unread, std::uint64_t unseen) {
        return now.unread == unread && now.unseen == unseen;
    };
    CHECK(is(c.counts, 3, 3));

    auto m = there.mark("m", inbox_action::seen, {a, b});
    CHECK(m.ids == texts{a, b});
    CHECK(m.changed == 2);
    CHECK(is(m.counts, 3, 1));
    CHECK(grows(m.counts));
    m = here.mark("m", inbox_action::read, {b, a, b});
    CHECK(m.ids == texts{b, a}); // each once, in the order of the request
    CHECK(is(m.counts, 1, 1));
    CHECK(grows(m.counts));
    m = here.mark("m", inbox_action::read, {a, c.item.id});
    CHECK(m.ids == texts{c.item.id}); // only what is different now
    CHECK(is(m.counts, 0, 0));        // what is read has been seen
    CHECK(grows(m.counts));
    m = here.mark("m", inbox_action::read, {a});
    CHECK(m.ids.empty());
    CHECK_FALSE(grows(m.counts)); // nothing has changed

    m = there.mark("m", inbox_action::unread, {a, b});
    CHECK(is(m.counts, 2, 0));
    CHECK(there.list("m").items.back().read_at == std::nullopt);
    CHECK(there.list("m").items.back().seen_at != std::nullopt);
    m = there.mark("m", inbox_action::archive, {a});
    CHECK(is(m.counts, 1, 0));
    CHECK(titles(here.list("m")) == texts{"c", "b"});
    CHECK(titles(here.list("m", {.filter = inbox_filter::all})) == texts{"c", "b", "a"});
    CHECK(titles(here.list("m", {.filter = inbox_filter::unread})) == texts{"b"});
    const auto archived = here.list("m", {.filter = inbox_filter::archived});
    CHECK(titles(archived) == texts{"a"});
    CHECK(archived.items.at(0).archived_at != std::nullopt);
    m = there.mark("m", inbox_action::unarchive, {a});
    CHECK(m.ids == texts{a});
    CHECK(is(m.counts, 2, 0)); // as unread as it was
    CHECK(titles(here.list("m", {.filter = inbox_filter::unread})) == texts{"b", "a"});

    const auto d = here.add("m", "d").item.id;
    CHECK(is(here.mark("m", inbox_action::archive, {d}).counts, 2, 0));
    CHECK(is(here.mark("m", inbox_action::unarchive, {d}).counts, 3, 1));
}

inline void check_mark_all(blocking_inbox here, blocking_inbox there)
{
    std::vector<std::string> ids;
    for (const auto* title : {"a", "b", "c", "d"})
        ids.push_back(here.add("all", title).item.id);
    here.mark("all", inbox_action::archive, {ids[3]});
    auto m = there.mark_all("all", inbox_action::seen);
    CHECK(m.changed == 3); // archived ones are left alone
    CHECK(m.ids.empty());
    CHECK((m.counts.unread == 3 && m.counts.unseen == 0));
    m = here.mark_all("all", inbox_action::read);
    CHECK(m.changed == 3);
    CHECK(m.counts.unread == 0);
    const auto again = here.mark_all("all", inbox_action::read);
    CHECK(again.changed == 0);
    CHECK(again.counts.revision == m.counts.revision);
    CHECK(here.mark_all("all", inbox_action::unread).counts.unread == 3);
    m = there.mark_all("all", inbox_action::archive);
    CHECK(m.changed == 3);
    CHECK(m.counts.unread == 0);
    CHECK(here.list("all").items.empty());
    CHECK(here.list("all", {.filter = inbox_filter::archived}).items.size() == 4);
    m = here.mark_all("all", inbox_action::unarchive);
    CHECK(m.changed == 4);
    CHECK(titles(here.list("all")) == texts{"d", "c", "b", "a"});
    CHECK((m.counts.unread == 4 && m.counts.unseen == 1));
    CHECK(here.mark_all("nobody", inbox_action::read).changed == 0);
}

inline void check_strangers(blocking_inbox store)
{
    const auto mine = store.add("s1", "mine").item.id;
    const auto theirs = store.add("s2", "theirs").item.id;
    const auto never = std::string(20, 'A');
    const auto before = store.counts("s2");
    for (const auto action : {inbox_action::seen, inbox_action::read, inbox_action::archive})
        for (const auto& id : {theirs, never, std::string{"x"}, std::string(64, '*')})
            CHECK(failure_of([&] { store.mark("s1", action, {id}); }) == error::not_found);
    CHECK(failure_of([&] { store.mark("nobody", inbox_action::read, {mine}); }) == error::not_found);
    const auto m = store.mark("s1", inbox_action::read, {theirs, mine, never});
    CHECK(m.ids == texts{mine});
    CHECK(m.unknown == texts{theirs, never}); // alike
    CHECK(store.counts("s2").revision == before.revision);
    CHECK(store.counts("s2").unread == 1);
    CHECK_FALSE(store.list("s2").items.at(0).read_at.has_value());
}

inline void check_refusals(blocking_inbox store)
{
    const auto id = store.add("r", "one").item.id;
    const auto adds = [&](inbox_add what) { return failure_of([&] { store.add(std::move(what)); }); };
    for (const auto& user : {std::string{}, std::string{"a b"}, std::string{"{x}"}, std::string{"a\n"},
                             std::string(5000, 'u'), std::string{"\xff"}}) {
        CHECK(adds({.user_id = user, .title = "t"}) == error::invalid_user);
        CHECK(failure_of([&] { store.list(user); }) == error::invalid_user);
        CHECK(failure_of([&] { store.counts(user); }) == error::invalid_user);
        CHECK(failure_of([&] { store.mark_all(user, inbox_action::read); }) == error::invalid_user);
    }
    // A name that was one once: what is kept under it can be read, and nothing new comes.
    const std::string old = "a\xc2\xa0"
                            "b";
    CHECK(adds({.user_id = old, .title = "t"}) == error::invalid_user);
    CHECK_FALSE(failure_of([&] { store.list(old); }));
    CHECK_FALSE(failure_of([&] { store.counts(old); }));
    CHECK_FALSE(failure_of([&] { store.mark_all(old, inbox_action::read); }));
    CHECK(adds({.user_id = "r", .idempotency_key = "a\nb"}) == error::invalid_message);
    CHECK(adds({.user_id = "r", .title = std::string(1025, 't')}) == error::message_too_large);
    CHECK(adds({.user_id = "r", .message = std::string(16 * 1024 + 1, 'm')}) == error::message_too_large);
    CHECK(adds({.user_id = "r", .data = json::value(std::string(64 * 1024, 'd'))}) == error::message_too_large);
    CHECK(adds({.user_id = "r", .title = "\xc3("}) == error::invalid_message);
    CHECK(adds({.user_id = "r", .data_text = "{"}) == error::invalid_message);
    CHECK(adds({.user_id = "r", .data_text = " "}) == error::invalid_message);
    CHECK(adds({.user_id = "r", .data = std::nan("")}) == error::invalid_message);
    CHECK(adds({.user_id = "r", .idempotency_key = std::string(129, 'k')}) == error::invalid_message);
    CHECK_FALSE(adds({.user_id = "r", .title = std::string(1024, 't'), .idempotency_key = std::string(128, 'k')}));
    CHECK(failure_of([&] { store.mark("r", inbox_mark{}); }) == error::invalid_message);
    CHECK(failure_of([&] { store.mark("r", inbox_mark{.ids = {id}, .all = true}); }) == error::invalid_message);
    CHECK(failure_of([&] { store.mark("r", inbox_action::read, texts(1001, id)); }) == error::invalid_message);
    CHECK(store.counts("r").unread == 2);
    CHECK(store.mark("r", inbox_action::read, texts(1000, id)).changed == 1);
}

inline void check_idempotency(blocking_inbox here, blocking_inbox there)
{
    const auto first = here.add("i", "first", "order 7");
    here.mark("i", inbox_action::read, {first.item.id});
    const auto again = there.add("i", "second", "order 7");
    CHECK(again.duplicate);
    CHECK(again.item.id == first.item.id);
    CHECK(again.item.title == "first");
    CHECK(again.item.read_at.has_value());
    CHECK(again.counts.unread == 0);
    CHECK_FALSE(there.add("i", "other", "order 8").duplicate);
    CHECK_FALSE(there.add("j", "another user's", "order 7").duplicate);
    CHECK_FALSE(there.add("i", "no key").duplicate);
    CHECK_FALSE(there.add("i", "no key").duplicate);
    CHECK(titles(here.list("i")) == texts{"no key", "no key", "other", "first"});
}

// A store of at most 10 notifications a user.
inline void check_limit(blocking_inbox store)
{
    std::vector<std::string> ids;
    for (int i = 0; i != 10; ++i)
        ids.push_back(store.add("l", std::to_string(i), "key " + std::to_string(i)).item.id);
    store.mark("l", inbox_action::read, {ids[4], ids[6]});
    store.mark("l", inbox_action::archive, {ids[5]});
    const auto all = [&] { return titles(store.list("l", {.filter = inbox_filter::all})); };
    CHECK(store.add("l", "a").counts.unread == 8);
    CHECK(all() == texts{"a", "9", "8", "7", "6", "5", "3", "2", "1", "0"}); // the oldest one that is read
    store.add("l", "b");
    CHECK(all() == texts{"b", "a", "9", "8", "7", "6", "3", "2", "1", "0"}); // or archived
    store.add("l", "c");
    const auto last = store.add("l", "d"); // then the oldest
    CHECK(all() == texts{"d", "c", "b", "a", "9", "8", "7", "3", "2", "1"});
    CHECK((last.counts.unread == 10 && last.counts.unseen == 10));
    CHECK(failure_of([&] { store.mark("l", inbox_action::read, {ids[0]}); }) == error::not_found);
    CHECK(store.add("l", "e", "key 3").duplicate);
    CHECK_FALSE(store.add("l", "f", "key 4").duplicate); // its key has gone with it
    CHECK(store.counts("l").unread == 10);
    CHECK(store.list("l").items.size() == 10);
}

// What the counts are, from the notifications themselves.
inline inbox_counts counted(blocking_inbox& store, std::string_view user)
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
inline void check_no_drift(blocking_inbox here, blocking_inbox there)
{
    constexpr int rounds = 40;
    std::vector<std::thread> threads;
    std::atomic<int> failures{0};
    for (int t = 0; t != 4; ++t)
        threads.emplace_back([&, t] {
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
    for (auto& t : threads)
        t.join();
    CHECK(failures == 0);
    const auto said = here.counts("drift");
    const auto real = counted(there, "drift");
    CHECK(said.unread == real.unread);
    CHECK(said.unseen == real.unseen);
    CHECK(here.list("drift", {.limit = 200, .filter = inbox_filter::all}).items.size() == 4 * rounds);
}

// A handler may use the store.
inline void check_reentry(any_inbox store)
{
    const auto done = std::make_shared<std::promise<std::uint64_t>>();
    auto answer = done->get_future();
    store.async_add({.user_id = "re", .title = "t"}, [store, done](error_code, const inbox_added&) mutable {
        store.async_counts("re", [done](error_code, const inbox_counts& now) { done->set_value(now.unread); });
    });
    REQUIRE(answer.wait_for(patience) == std::future_status::ready);
    CHECK(answer.get() == 1);
}

// Two handles of one store, as two hubs have them.
inline void check_inbox(const any_inbox& here, const any_inbox& there)
{
    const blocking_inbox one{here};
    const blocking_inbox other{there};
    check_added_is_listed(one, other);
    check_data_verbatim(one, other);
    check_marks(one, other);
    check_mark_all(one, other);
    check_pages(one, other);
    check_page_bytes(one);
    check_cursors(other);
    check_strangers(one);
    check_refusals(one);
    check_idempotency(one, other);
    check_no_drift(one, other);
    check_reentry(here);
}

} // namespace fanfare::test

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_TESTING_INBOX_MARK_CHECKS_HPP
#define FANFARE_DETAIL_TESTING_INBOX_MARK_CHECKS_HPP

// What is added and listed, and what marks change.
#include <fanfare/detail/testing/inbox_world.hpp>
#include <fanfare/inbox.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace fanfare::detail::inbox_promises {

template <class World>
void check_added_is_listed(World& w)
{
    auto& look = w.look;
    look.about("I1", "adding a notification");
    auto &here = w.here, &there = w.there;
    const json::value data{
        {"url", "/orders/7"}, {"n", {1, 2.5, nullptr, true}}, {"text", "O\"Hara\n\\ \xe2\x82\xac"}};
    const auto before = std::chrono::system_clock::now() - std::chrono::minutes{5};
    const auto added =
        here.add({.user_id = "a:1", .title = "T\n\"1\"", .message = "M \xe2\x82\xac", .data = data});
    look.expect(!added.duplicate, "a new notification is no duplicate");
    look.equal("the length of the id", added.item.id.size(), 20);
    look.equal("the user of the added notification", added.item.user_id, "a:1");
    look.expect(added.item.created_at > before, "the time of the notification is not long before the call");
    look.expect(added.item.created_at < before + std::chrono::minutes{10},
                "the time of the notification is not long after the call");
    look.expect(added.counts.unread == 1 && added.counts.unseen == 1, "one notification is unread and unseen");

    const auto page = there.list("a:1");
    look.require_equal("the number of notifications in the list", page.items.size(), 1);
    const auto& one = page.items[0];
    look.equal("the listed id", one.id, added.item.id);
    look.equal("the listed user", one.user_id, "a:1");
    look.equal("the listed title", one.title, "T\n\"1\"");
    look.equal("the listed message", one.message, "M \xe2\x82\xac");
    look.equal("the listed data", one.data, data);
    look.equal("the listed time", one.created_at, added.item.created_at);
    look.expect(!(one.seen_at || one.read_at || one.archived_at),
                "a new notification is not seen, read or archived");
    look.expect(page.next_cursor.empty(), "there is no next page");
    look.equal("the number of unread ones in the page", page.counts.unread, 1);
    look.equal("the revision in the page", page.counts.revision, added.counts.revision);
    look.equal("the revision in the counts", there.counts("a:1").revision, added.counts.revision);

    const auto other = there.add("a:2", "for somebody else");
    look.expect(other.item.id != added.item.id, "another user's notification has another id");
    look.equal("the titles in the first user's list", titles(here.list("a:1")), texts{"T\n\"1\""});
    look.equal("the number of the first user's unread ones", here.counts("a:1").unread, 1);
    look.expect(here.list("a:3").items.empty(), "the list of a user who is not known is empty");
    look.equal("the revision of a user who is not known", here.counts("a:3").revision, 0);
}

// Data come back as they were written, whatever no value holds and no writer would choose.
template <class World>
void check_data_verbatim(World& w)
{
    auto& look = w.look;
    look.about("I2", "adding data as text");
    auto &here = w.here, &there = w.there;
    const std::string odd =
        "{ \"n\":234.93130749570946,\n\"big\":123456789012345678901234567890,\"t\":2.850E+1,\"s\":\"\\u00e9\"}";
    const auto added = here.add({.user_id = "v:1", .title = "T", .data_text = "\n" + odd + " "});
    look.equal("the text of the data, without the space around it", added.item.data_text, odd);
    look.equal("the number in the data", added.item.data.at("n").as_double(), 234.93130749570946);
    const auto one = there.list("v:1").items.at(0);
    look.equal("the text of the listed data", one.data_text, odd);
    look.equal("the listed data as a value", one.data, added.item.data);
    look.equal("the text of data that were given as a value",
               here.add({.user_id = "v:1", .title = "T", .data = 28.5, .idempotency_key = "k"}).item.data_text,
               "28.5");
    const auto again = there.add({.user_id = "v:1", .title = "T", .data = 1, .idempotency_key = "k"});
    look.expect(again.duplicate, "a second add with the key is a duplicate");
    look.equal("the text of the data of the first one with the key", again.item.data_text, "28.5");
}

template <class World>
void check_marks(World& w)
{
    auto& look = w.look;
    look.about("I3", "marking notifications one by one");
    auto &here = w.here, &there = w.there;
    const auto a = here.add("m", "a").item.id;
    const auto b = here.add("m", "b").item.id;
    const auto c = here.add("m", "c");
    auto revision = c.counts.revision;
    const auto grows = [&revision](const inbox_counts& now) {
        return now.revision > std::exchange(revision, now.revision);
    };
    const auto is = [&look](const inbox_counts& now, int unread, int unseen) {
        look.equal("the number of unread ones", now.unread, unread);
        look.equal("the number of unseen ones", now.unseen, unseen);
    };
    is(c.counts, 3, 3);

    auto m = there.mark("m", inbox_action::seen, {a, b});
    look.equal("the ids that were marked as seen", m.ids, texts{a, b});
    look.equal("the number of changes", m.changed, 2);
    is(m.counts, 3, 1);
    look.expect(grows(m.counts), "the revision grows with a change");
    m = here.mark("m", inbox_action::read, {b, a, b});
    look.equal("the ids that were marked as read: each once, in the order of the request", m.ids, texts{b, a});
    is(m.counts, 1, 1);
    look.expect(grows(m.counts), "the revision grows with a change");
    m = here.mark("m", inbox_action::read, {a, c.item.id});
    look.equal("the ids that were marked as read: only what was not yet", m.ids, texts{c.item.id});
    is(m.counts, 0, 0); // what is read has been seen
    look.expect(grows(m.counts), "the revision grows with a change");
    m = here.mark("m", inbox_action::read, {a});
    look.expect(m.ids.empty(), "marking again changes nothing");
    look.expect(!grows(m.counts), "the revision stays when nothing has changed");

    m = there.mark("m", inbox_action::unread, {a, b});
    is(m.counts, 2, 0);
    look.equal("the time of reading of what is unread again", there.list("m").items.at(2).read_at, std::nullopt);
    look.expect(there.list("m").items.at(2).seen_at != std::nullopt,
                "what is unread again has been seen all the same");
    m = there.mark("m", inbox_action::archive, {a});
    is(m.counts, 1, 0);
    look.equal("the titles without the archived one", titles(here.list("m")), texts{"c", "b"});
    look.equal("the titles of all", titles(here.list("m", {.filter = inbox_filter::all})), texts{"c", "b", "a"});
    look.equal("the titles of the unread ones", titles(here.list("m", {.filter = inbox_filter::unread})),
               texts{"b"});
    const auto archived = here.list("m", {.filter = inbox_filter::archived});
    look.equal("the titles of the archived ones", titles(archived), texts{"a"});
    look.expect(archived.items.at(0).archived_at != std::nullopt,
                "an archived notification says when it was archived");
    m = there.mark("m", inbox_action::unarchive, {a});
    look.equal("the ids that were taken back from the archive", m.ids, texts{a});
    is(m.counts, 2, 0); // as unread as it was
    look.equal("the titles of the unread ones after that",
               titles(here.list("m", {.filter = inbox_filter::unread})), texts{"b", "a"});

    const auto d = here.add("m", "d").item.id;
    is(here.mark("m", inbox_action::archive, {d}).counts, 2, 0);
    is(here.mark("m", inbox_action::unarchive, {d}).counts, 3, 1);
}

template <class World>
void check_mark_all(World& w)
{
    auto& look = w.look;
    look.about("I4", "marking all");
    auto &here = w.here, &there = w.there;
    std::vector<std::string> ids;
    for (const auto* title : {"a", "b", "c", "d"})
        ids.push_back(here.add("all", title).item.id);
    here.mark("all", inbox_action::archive, {ids[3]});
    auto m = there.mark_all("all", inbox_action::seen);
    look.equal("the number of changes of seeing all: archived ones are left alone", m.changed, 3);
    look.expect(m.ids.empty(), "marking all names no ids");
    look.expect(m.counts.unread == 3 && m.counts.unseen == 0, "three notifications are unread and none is unseen");
    m = here.mark_all("all", inbox_action::read);
    look.equal("the number of changes of reading all", m.changed, 3);
    look.equal("the number of unread ones after reading all", m.counts.unread, 0);
    const auto again = here.mark_all("all", inbox_action::read);
    look.equal("the number of changes of reading all again", again.changed, 0);
    look.equal("the revision after reading all again", again.counts.revision, m.counts.revision);
    look.equal("the number of unread ones after all are unread again",
               here.mark_all("all", inbox_action::unread).counts.unread, 3);
    m = there.mark_all("all", inbox_action::archive);
    look.equal("the number of changes of archiving all", m.changed, 3);
    look.equal("the number of unread ones after archiving all", m.counts.unread, 0);
    look.expect(here.list("all").items.empty(), "the list is empty after archiving all");
    look.equal("the number of archived ones", here.list("all", {.filter = inbox_filter::archived}).items.size(),
               4);
    m = here.mark_all("all", inbox_action::unarchive);
    look.equal("the number of changes of taking all back", m.changed, 4);
    look.equal("the titles after taking all back", titles(here.list("all")), texts{"d", "c", "b", "a"});
    look.expect(m.counts.unread == 4 && m.counts.unseen == 1, "four notifications are unread and one is unseen");
    look.equal("the number of changes for a user who has none",
               here.mark_all("nobody", inbox_action::read).changed, 0);
}

} // namespace fanfare::detail::inbox_promises

#endif

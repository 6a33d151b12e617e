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
    look.equal("added.duplicate", added.duplicate, false);
    look.equal("added.item.id.size()", added.item.id.size(), 20);
    look.equal("added.item.user_id", added.item.user_id, "a:1");
    look.expect(added.item.created_at > before, "added.item.created_at > before");
    look.expect(added.item.created_at < before + std::chrono::minutes{10},
                "added.item.created_at < before + std::chrono::minutes{10}");
    look.expect(added.counts.unread == 1 && added.counts.unseen == 1,
                "added.counts.unread == 1 && added.counts.unseen == 1");

    const auto page = there.list("a:1");
    look.require_equal("page.items.size()", page.items.size(), 1);
    const auto& one = page.items[0];
    look.equal("one.id", one.id, added.item.id);
    look.equal("one.user_id", one.user_id, "a:1");
    look.equal("one.title", one.title, "T\n\"1\"");
    look.equal("one.message", one.message, "M \xe2\x82\xac");
    look.equal("one.data", one.data, data);
    look.equal("one.created_at", one.created_at, added.item.created_at);
    look.equal("one.seen_at || one.read_at || one.archived_at",
               static_cast<bool>(one.seen_at || one.read_at || one.archived_at), false);
    look.equal("page.next_cursor.empty()", page.next_cursor.empty(), true);
    look.equal("page.counts.unread", page.counts.unread, 1);
    look.equal("page.counts.revision", page.counts.revision, added.counts.revision);
    look.equal("there.counts(\"a:1\").revision", there.counts("a:1").revision, added.counts.revision);

    const auto other = there.add("a:2", "for somebody else");
    look.expect(other.item.id != added.item.id, "other.item.id != added.item.id");
    look.equal("titles(here.list(\"a:1\"))", titles(here.list("a:1")), texts{"T\n\"1\""});
    look.equal("here.counts(\"a:1\").unread", here.counts("a:1").unread, 1);
    look.equal("here.list(\"a:3\").items.empty()", here.list("a:3").items.empty(), true);
    look.equal("here.counts(\"a:3\").revision", here.counts("a:3").revision, 0);
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
    look.equal("added.item.data_text", added.item.data_text, odd);
    look.equal("added.item.data.at(\"n\").as_double()", added.item.data.at("n").as_double(), 234.93130749570946);
    const auto one = there.list("v:1").items.at(0);
    look.equal("one.data_text", one.data_text, odd);
    look.equal("one.data", one.data, added.item.data);
    look.equal(
        "here.add({.user_id = \"v:1\", .title = \"T\", .data = 28.5, .idempotency_key = \"k\"}).item.data_text",
        here.add({.user_id = "v:1", .title = "T", .data = 28.5, .idempotency_key = "k"}).item.data_text, "28.5");
    const auto again = there.add({.user_id = "v:1", .title = "T", .data = 1, .idempotency_key = "k"});
    look.equal("again.duplicate", again.duplicate, true);
    look.equal("again.item.data_text", again.item.data_text, "28.5");
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
    look.equal("m.ids", m.ids, texts{a, b});
    look.equal("m.changed", m.changed, 2);
    is(m.counts, 3, 1);
    look.expect(grows(m.counts), "grows(m.counts)");
    m = here.mark("m", inbox_action::read, {b, a, b});
    look.equal("m.ids", m.ids, texts{b, a}); // each once, in the order of the request
    is(m.counts, 1, 1);
    look.expect(grows(m.counts), "grows(m.counts)");
    m = here.mark("m", inbox_action::read, {a, c.item.id});
    look.equal("m.ids", m.ids, texts{c.item.id}); // only what is different now
    is(m.counts, 0, 0);                           // what is read has been seen
    look.expect(grows(m.counts), "grows(m.counts)");
    m = here.mark("m", inbox_action::read, {a});
    look.equal("m.ids.empty()", m.ids.empty(), true);
    look.equal("grows(m.counts)", static_cast<bool>(grows(m.counts)), false); // nothing has changed

    m = there.mark("m", inbox_action::unread, {a, b});
    is(m.counts, 2, 0);
    look.equal("there.list(\"m\").items.at(2).read_at", there.list("m").items.at(2).read_at, std::nullopt);
    look.expect(there.list("m").items.at(2).seen_at != std::nullopt,
                "there.list(\"m\").items.at(2).seen_at != std::nullopt");
    m = there.mark("m", inbox_action::archive, {a});
    is(m.counts, 1, 0);
    look.equal("titles(here.list(\"m\"))", titles(here.list("m")), texts{"c", "b"});
    look.equal("titles(here.list(\"m\", {.filter = inbox_filter::all}))",
               titles(here.list("m", {.filter = inbox_filter::all})), texts{"c", "b", "a"});
    look.equal("titles(here.list(\"m\", {.filter = inbox_filter::unread}))",
               titles(here.list("m", {.filter = inbox_filter::unread})), texts{"b"});
    const auto archived = here.list("m", {.filter = inbox_filter::archived});
    look.equal("titles(archived)", titles(archived), texts{"a"});
    look.expect(archived.items.at(0).archived_at != std::nullopt,
                "archived.items.at(0).archived_at != std::nullopt");
    m = there.mark("m", inbox_action::unarchive, {a});
    look.equal("m.ids", m.ids, texts{a});
    is(m.counts, 2, 0); // as unread as it was
    look.equal("titles(here.list(\"m\", {.filter = inbox_filter::unread}))",
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
    look.equal("m.changed", m.changed, 3); // archived ones are left alone
    look.equal("m.ids.empty()", m.ids.empty(), true);
    look.expect(m.counts.unread == 3 && m.counts.unseen == 0, "m.counts.unread == 3 && m.counts.unseen == 0");
    m = here.mark_all("all", inbox_action::read);
    look.equal("m.changed", m.changed, 3);
    look.equal("m.counts.unread", m.counts.unread, 0);
    const auto again = here.mark_all("all", inbox_action::read);
    look.equal("again.changed", again.changed, 0);
    look.equal("again.counts.revision", again.counts.revision, m.counts.revision);
    look.equal("here.mark_all(\"all\", inbox_action::unread).counts.unread",
               here.mark_all("all", inbox_action::unread).counts.unread, 3);
    m = there.mark_all("all", inbox_action::archive);
    look.equal("m.changed", m.changed, 3);
    look.equal("m.counts.unread", m.counts.unread, 0);
    look.equal("here.list(\"all\").items.empty()", here.list("all").items.empty(), true);
    look.equal("here.list(\"all\", {.filter = inbox_filter::archived}).items.size()",
               here.list("all", {.filter = inbox_filter::archived}).items.size(), 4);
    m = here.mark_all("all", inbox_action::unarchive);
    look.equal("m.changed", m.changed, 4);
    look.equal("titles(here.list(\"all\"))", titles(here.list("all")), texts{"d", "c", "b", "a"});
    look.expect(m.counts.unread == 4 && m.counts.unseen == 1, "m.counts.unread == 4 && m.counts.unseen == 1");
    look.equal("here.mark_all(\"nobody\", inbox_action::read).changed",
               here.mark_all("nobody", inbox_action::read).changed, 0);
}

} // namespace fanfare::detail::inbox_promises

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_TESTING_INBOX_PAGE_CHECKS_HPP
#define FANFARE_DETAIL_TESTING_INBOX_PAGE_CHECKS_HPP

// How an inbox is read page by page.
#include <fanfare/detail/testing/inbox_world.hpp>
#include <fanfare/error.hpp>
#include <fanfare/inbox.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace fanfare::detail::inbox_promises {

template <class World>
void check_pages(World& w)
{
    auto& look = w.look;
    look.about("I5", "turning pages");
    auto &here = w.here, &there = w.there;
    texts expected;
    for (int i = 0; i != 25; ++i)
        expected.push_back("n" + std::to_string(i));
    for (const auto& title : expected)
        here.add("pages", title);
    std::reverse(expected.begin(), expected.end());
    texts got;
    inbox_query query{.limit = 10};
    std::vector<std::size_t> sizes;
    do {
        const auto page = there.list("pages", query);
        for (auto& title : titles(page))
            got.push_back(title);
        sizes.push_back(page.items.size());
        query.cursor = page.next_cursor;
        here.add("pages", "while the pages are turned");
    } while (!query.cursor.empty());
    look.equal("the titles of all pages together", got, expected);
    look.equal("the sizes of the pages", sizes, std::vector<std::size_t>{10, 10, 5});
    look.equal("the length of the cursor of a page before the last",
               there.list("pages", {.limit = 25}).next_cursor.size(), 24);
    look.expect(there.list("pages", {.limit = 28}).next_cursor.empty(), "the last page has no cursor");

    // What is marked on the way leaves no hole behind.
    const auto first = here.list("pages", {.limit = 5, .filter = inbox_filter::unread});
    std::vector<std::string> ids;
    for (const auto& one : first.items)
        ids.push_back(one.id);
    here.mark("pages", inbox_action::read, ids);
    const auto second =
        here.list("pages", {.cursor = first.next_cursor, .limit = 5, .filter = inbox_filter::unread});
    look.equal("the titles of the second page of unread ones, after the first was marked as read", titles(second),
               texts{"n22", "n21", "n20", "n19", "n18"});
}

template <class World>
void check_page_bytes(World& w)
{
    auto& look = w.look;
    look.about("I6", "listing 40 notifications of 16 KiB");
    auto& store = w.here;
    const std::string big(16 * 1024, 'x');
    for (int i = 0; i != 40; ++i)
        store.add({.user_id = "big", .title = std::to_string(i), .message = big});
    std::size_t pages = 0;
    std::size_t items = 0;
    inbox_query query{.limit = 200};
    do {
        const auto page = store.list("big", query);
        look.expect(page.items.size() <= 16, "a page has at most 16 such notifications");
        look.expect(!page.items.empty(), "no page is empty");
        items += page.items.size();
        ++pages;
        query.cursor = page.next_cursor;
    } while (!query.cursor.empty());
    look.equal("the number of notifications of all pages together", items, 40);
    look.expect(pages >= 3, "there are three pages or more");
}

template <class World>
void check_cursors(World& w)
{
    auto& look = w.look;
    look.about("I7", "listing with cursors that were made up, or are another user's");
    auto& store = w.here;
    for (int i = 0; i != 3; ++i) {
        store.add("c1", std::to_string(i));
        store.add("c2", std::to_string(i));
    }
    const auto cursor = store.list("c1", {.limit = 1}).next_cursor;
    look.require(!cursor.empty(), "a page of one of three has a cursor");
    look.equal("the titles after a cursor, with another filter",
               titles(store.list("c1", {.cursor = cursor, .filter = inbox_filter::all})), texts{"1", "0"});
    auto changed = cursor;
    changed[15] = changed[15] == '9' ? '8' : '9';
    auto upper = cursor;
    upper[3] = 'A';
    for (const auto& made_up :
         {std::string{"x"}, std::string{"0"}, std::string(24, '0'), std::string(24, 'f'), changed, upper,
          cursor + "0", cursor.substr(1), std::string{"-000000000000001"} + "00000000", std::string(100'000, '1'),
          std::string{"' OR 1=1 --"}})
        look.equal("the answer to a cursor that was made up",
                   failure_of([&] { store.list("c1", {.cursor = made_up}); }), error::invalid_message);
    look.equal("the answer to another user's cursor", failure_of([&] { store.list("c2", {.cursor = cursor}); }),
               error::invalid_message);
    look.equal("the answer to a limit of 0", failure_of([&] { store.list("c1", {.limit = 0}); }),
               error::invalid_message);
    look.equal("the answer to a limit of 201", failure_of([&] { store.list("c1", {.limit = 201}); }),
               error::invalid_message);
}

} // namespace fanfare::detail::inbox_promises

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// What every inbox does, kept in memory.
#include "inbox/conformance.hpp"

#include <fanfare/inbox/memory.hpp>

using namespace fanfare;
using namespace fanfare::test;

TEST_CASE("an inbox in memory keeps what users were told, and counts right", "[inbox]")
{
    const memory_inbox inbox;
    check_inbox(inbox, inbox);
}

TEST_CASE("a full inbox in memory gives up the oldest notification that was read", "[inbox]")
{
    check_limit(memory_inbox{{.limits = {.items = 10}}});
}

TEST_CASE("an inbox in memory refuses what is more than its bytes, and keeps what it has", "[inbox]")
{
    memory_inbox inbox{{.bytes = 12'000}};
    blocking_inbox store{inbox};
    const inbox_add big{.user_id = "alice", .title = "t", .message = std::string(4000, 'x')};
    store.add(big);
    store.add(big);
    CHECK(failure_of([&] { store.add(big); }) == error::store_full);
    CHECK(store.counts("alice").unread == 2);
    CHECK(inbox.bytes() > 8000);
    CHECK(inbox.bytes() <= 12'000);
}

TEST_CASE("a full inbox in memory takes a notification for which an old one goes", "[inbox]")
{
    memory_inbox inbox{{.limits = {.items = 2}, .bytes = 12'000}};
    blocking_inbox store{inbox};
    const inbox_add big{.user_id = "alice", .title = "t", .message = std::string(4000, 'x')};
    store.add(big);
    store.add(big);
    const auto full = inbox.bytes();
    store.add(big);
    CHECK(inbox.bytes() == full);
    CHECK(failure_of([&] { store.add({.user_id = "bob", .message = big.message}); }) == error::store_full);
    CHECK(store.counts("alice").unread == 2);
}

TEST_CASE("the bytes of an inbox in memory are those of data as JSON, however many values they are", "[inbox]")
{
    memory_inbox inbox;
    blocking_inbox store{inbox};
    const json::value data(json::array(5000, json::array{}));
    CHECK(store.add({.user_id = "alice", .data = data}).item.data == data);
    CHECK(store.list("alice").items.front().data == data);
    CHECK(inbox.bytes() > 15'000);
    CHECK(inbox.bytes() < 20'000);
}

TEST_CASE("an inbox with a limit of nothing is refused", "[inbox]")
{
    CHECK(failure_of([] { memory_inbox{{.limits = {.items = 0}}}; }) == error::invalid_config);
}

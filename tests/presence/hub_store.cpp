// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// What a hub does when the store of presence is slow, fails or forgets, and when one of the two goes.
#include "presence/hub_support.hpp"

#include <set>

using namespace fanfare;
using namespace fanfare::test;
using namespace fanfare::test::presence_of_hubs;

TEST_CASE("a hub that goes takes its users with it, at once")
{
    const in_process_bus bus;
    const memory_presence store;
    chat_world stays{store, leaving_after(1h), 1, bus};
    member watcher{stays.port(), "watcher"};
    {
        chat_world goes{store, leaving_after(1h), 2, bus};
        member a{goes.port(), "alice"};
        member b{goes.port(), "bob"};
        CHECK(next_event(watcher) == "join alice");
        CHECK(next_event(watcher) == "join bob");
        b.send({{"type", "unsubscribe"}, {"payload", {{"rooms", {"chat:1"}}}}}); // its hour begins
        b.next("unsubscribed");
        SECTION("by a shutdown")
        {
            auto done = goes.w.hub().async_shutdown({}, asio::use_future);
            CHECK(a.closed() == 3001);
            CHECK(b.closed() == 3001);
            const std::set<std::string> gone{next_event(watcher), next_event(watcher)};
            CHECK(gone == std::set<std::string>{"leave alice", "leave bob"});
            REQUIRE(done.wait_for(patience) == std::future_status::ready);
        }
        SECTION("by its destruction")
        {
            goes.w.destroy_server();
            goes.w.destroy_hub();
            CHECK(a.closed() == 1001);
            CHECK(b.closed() == 1001);
            const std::set<std::string> gone{next_event(watcher), next_event(watcher)};
            CHECK(gone == std::set<std::string>{"leave alice", "leave bob"});
        }
        SECTION("when nothing runs any more")
        {
            goes.w.stop();
        }
    }
    CHECK(stays.counts("chat:1", 1));
}

TEST_CASE("a connection that ends while it is being entered is taken out again, in that order")
{
    scripted_presence store;
    store.hold(true);
    chat_world s{store, leaving_after(0ms)};
    {
        client c{s.port(), "alice"};
        c.subscribe({"chat:1"});
        REQUIRE(store.did({"enter alice"}));
    }
    REQUIRE(eventually([&] { return s.w.hub().stats().connections == 0; }));
    CHECK_THROWS(s.who("chat:1"));                                  // comes after what the hub has done till now
    CHECK(store.done() == std::vector<std::string>{"enter alice"}); // one at a time
    store.release();
    CHECK(store.did({"enter alice", "leave"}));
    store.release();
}

TEST_CASE("a room that is joined again while its leave is under way is entered again, after it")
{
    scripted_presence store;
    chat_world s{store, leaving_after(0ms)};
    client c{s.port(), "alice"};
    c.subscribe({"chat:1"});
    CHECK(next_event(c) == "join alice");
    store.hold(true);
    c.send({{"type", "unsubscribe"}, {"payload", {{"rooms", {"chat:1"}}}}});
    c.next("unsubscribed");
    REQUIRE(store.did({"enter alice", "leave"}));
    c.subscribe({"chat:1"});
    store.hold(false);
    store.release();
    CHECK(next_event(c) == "leave alice");
    CHECK(next_event(c) == "join alice");
    CHECK(store.done() == std::vector<std::string>{"enter alice", "leave", "enter alice"});
}

TEST_CASE("what the store refused is done again, and counted")
{
    scripted_presence store;
    store.fail(true);
    chat_world s{store, leaving_after(0ms)};
    client c{s.port(), "alice"};
    c.subscribe({"chat:1"});
    REQUIRE(eventually([&] { return s.w.hub().stats().presence_failures >= 2; }));
    store.fail(false);
    CHECK(next_event(c) == "join alice");
    store.fail(true);
    client watcher{s.port(), ""};
    watcher.subscribe({"chat:1"});
    c.close();
    const auto failures = s.w.hub().stats().presence_failures;
    REQUIRE(eventually([&] { return s.w.hub().stats().presence_failures > failures + 2; }));
    store.fail(false);
    CHECK(next_event(watcher) == "leave alice");
}

TEST_CASE("a store that fails does not hold up a hub that goes")
{
    scripted_presence store;
    chat_world s{store};
    member a{s.port(), "alice"};
    member b{s.port(), "bob"};
    store.fail(true);
    auto done = s.w.hub().async_shutdown({}, asio::use_future);
    CHECK(a.closed() == 3001);
    CHECK(b.closed() == 3001);
    REQUIRE(done.wait_for(patience) == std::future_status::ready);
    REQUIRE(eventually([&] { return s.w.hub().stats().presence_failures >= 2; }));
    s.w.destroy_server();
    s.w.destroy_hub();
    CHECK(store.done().size() < 50); // it does not ask without end
}

TEST_CASE("connections that the store forgot are entered again")
{
    scripted_presence store;
    chat_world s{store};
    member c{s.port(), "alice"};
    store.forget();
    CHECK(next_event(c) == "join alice");
    CHECK(store.done() == std::vector<std::string>{"enter alice", "enter alice"});
}

TEST_CASE("users whose hub died have left, and a refresh that fails is followed by the next one")
{
    scripted_presence store;
    chat_world s{store};
    member c{s.port(), "alice"};
    store.fail_refresh();
    REQUIRE(eventually([&] { return s.w.hub().stats().presence_failures == 1; }));
    store.depart("bob");
    CHECK(next_event(c) == "leave bob");
    CHECK(s.w.hub().stats().presence_failures == 1);
    c.close();
    REQUIRE(store.did({"enter alice", "leave"}));
    const auto refreshes = store.refreshes();
    scripted_presence other;
    chat_world busy{other};
    const member d{busy.port(), "alice"};
    REQUIRE(eventually([&] { return other.refreshes() >= 5; }));
    CHECK(store.refreshes() <= refreshes + 1); // nobody is left to be refreshed; one may have been under way
}

TEST_CASE("a store that fails is an error to who asks, and no more")
{
    chat_world s{scripted_presence{}};
    member c{s.port(), "alice"};
    CHECK(refusal_of(c, {{"room", "chat:1"}}) == "bus_unavailable");
    CHECK_THROWS_AS(s.who("chat:1"), boost::system::system_error);
    for (int i = 0; i != 40; ++i) // each has given its place among the pending requests back
        CHECK(refusal_of(c, {{"room", "chat:1"}}) == "bus_unavailable");
}

TEST_CASE("hub, store and answers go in any order")
{
    scripted_presence store;
    store.hold(true);
    {
        chat_world s{store, leaving_after(0ms), 2};
        client a{s.port(), "alice"};
        client b{s.port(), "bob"};
        a.subscribe({"chat:1"});
        b.subscribe({"chat:1"});
        REQUIRE(eventually([&] { return store.done().size() == 2; }));
        SECTION("the connections first")
        {
            a.close();
        }
        SECTION("the threads first")
        {
            s.w.stop();
        }
        SECTION("the hub first")
        {
            s.w.destroy_server();
            s.w.destroy_hub();
        }
    }
    store.release();
    store.release(error::bus_unavailable);
}

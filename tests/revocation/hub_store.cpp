// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Hubs that start, return, or miss a command learn from the store what was revoked; and stores that are away.
#include "revocation/hub_support.hpp"
#include "support/scripted_bus.hpp"

#include <fanfare/local_connection.hpp>

using namespace fanfare;
using namespace fanfare::test;

namespace {

link_status link_of(world& w)
{
    for (const auto& link : w.hub().core()->links())
        if (link.name == "revocations")
            return link.status;
    return {false, "no such link"};
}

bool refused(std::uint16_t port, const std::string& query)
{
    return client{port, with(query), false}.status() == 401;
}

} // namespace

TEST_CASE("a hub that starts later knows what was revoked before")
{
    memory_revocation_store store;
    world first;
    first.hub().revocations(store);
    first.serve(by_query());
    CHECK(first.hub().async_revoke({.user_id = "ann"}, asio::use_future).get().nodes == 1);
    first.hub().async_revoke({.token_id = "t"}, asio::use_future).get();
    world second;
    second.hub().revocations(store);
    second.serve(by_query());
    CHECK(refused(second.port(), query_of("ann", long_ago())));
    CHECK(refused(second.port(), query_of("bob", later_on(), "t")));
    CHECK(client{second.port(), with(query_of("ann", later_on()))}.open());
    world alone; // without the store
    alone.serve(by_query());
    CHECK(client{alone.port(), with(query_of("ann", long_ago()))}.open());
}

TEST_CASE("a hub that starts later reads more than one page")
{
    memory_revocation_store store;
    for (int i = 0; i != 2'500; ++i)
        store.async_add({.token_id = std::to_string(i), .until = wall::now() + 1h},
                        [](error_code ec) { CHECK(!ec); });
    world w;
    w.hub().revocations(store);
    w.serve(by_query());
    CHECK(eventually([&] { return link_of(w).up; }));
    CHECK(w.hub().core()->revoked.size() == 2'500);
    CHECK(refused(w.port(), query_of("ann", later_on(), "2499")));
}

TEST_CASE("until a hub has read its store nobody with a credential is let in")
{
    away_revocations store;
    store.leave();
    world w;
    w.hub().revocations(store);
    w.serve(by_query());
    const client c{w.port(), with(query_of("ann", later_on())), false};
    CHECK(c.status() == 503);
    CHECK(c.response()[http::field::retry_after] == "1");
    CHECK(text_in(c.response(), "code") == "store_failed");
    CHECK(text_in(c.response(), "message") == "it is not known yet which credentials were revoked");
    CHECK(client{w.port()}.open()); // a visitor without one
    CHECK_FALSE(link_of(w).up);
    const auto ready = http_get(w.port(), "/readyz");
    CHECK(ready.result_int() == 503);
    CHECK(json::parse(ready.body()).at("status") == "revocations_down");
    CHECK(json::parse(ready.body()).at("problem") == "the store failed");
    CHECK(eventually([&] { return store.reads() >= 2; }));
    store.come_back();
    CHECK(eventually([&] { return client{w.port(), with(query_of("ann", later_on())), false}.open(); }));
    CHECK(link_of(w).up);
    CHECK(http_get(w.port(), "/readyz").result_int() == 200);
}

TEST_CASE("a hub keeps what it knows while its store is away")
{
    away_revocations store;
    world w{{.revocation_refresh = 20ms}};
    w.hub().revocations(store);
    w.serve(by_query());
    w.hub().async_revoke({.user_id = "ann"}, asio::use_future).get();
    store.leave();
    const auto before = store.reads();
    CHECK(eventually([&] { return store.reads() > before + 1; }));
    CHECK(refused(w.port(), query_of("ann", long_ago())));
    CHECK(client{w.port(), with(query_of("bob", long_ago()))}.open());
    CHECK_FALSE(link_of(w).up); // but it says that it may lack something
    store.come_back();
    CHECK(eventually([&] { return link_of(w).up; }));
}

TEST_CASE("what could not be stored is not revoked anywhere")
{
    away_revocations store;
    in_process_bus bus;
    world one{{}, 1, bus}, two{{}, 1, bus};
    for (auto* w : {&one, &two}) {
        w->hub().revocations(store);
        w->serve(by_query());
    }
    std::atomic<int> told{0};
    one.hub().on_exception([&](const std::exception_ptr& cause) {
        try {
            std::rethrow_exception(cause);
        } catch (const boost::system::system_error& e) {
            told += e.code() == error::store_failed;
        }
    });
    client here{one.port(), with(query_of("ann", long_ago()))},
        there{two.port(), with(query_of("ann", long_ago()))};
    store.leave();
    CHECK(error_of(one.hub().async_revoke({.user_id = "ann"}, asio::use_future)) == error::store_failed);
    CHECK_FALSE(one.hub().revoke({.user_id = "ann"}));
    CHECK(eventually([&] { return told == 1; }));
    CHECK(here.drain().empty());
    CHECK(there.drain().empty());
    CHECK(client{one.port(), with(query_of("ann", long_ago()))}.open());
    store.come_back();
    CHECK(one.hub().async_revoke({.user_id = "ann"}, asio::use_future).get().connections == 2);
    CHECK(here.closed() == 3503);
    CHECK(there.closed() == 3503);
}

TEST_CASE("a hub that missed the command closes the connections when it asks the store again")
{
    away_revocations store;
    world one, two{{.revocation_refresh = 20ms}}; // each on a bus of its own
    for (auto* w : {&one, &two}) {
        w->hub().revocations(store);
        w->serve(by_query());
    }
    client c{two.port(), with(query_of("ann", long_ago()))}, other{two.port(), with(query_of("bob", long_ago()))};
    CHECK(one.hub().async_revoke({.user_id = "ann"}, asio::use_future).get().nodes == 1);
    CHECK(c.closed() == 3503);
    CHECK(other.drain().empty());
    CHECK(refused(two.port(), query_of("ann", long_ago())));
}

TEST_CASE("without its bus a hub revokes what is its own, and others learn it when they are back")
{
    away_revocations store;
    world away{{.revocation_refresh = 0ms}};
    away.hub().revocations(store);
    away.serve(by_query());
    scripted_bus bus;
    basic_world<scripted_bus> back{{.revocation_refresh = 0ms}, 1, bus};
    back.hub().revocations(store);
    back.run();
    std::atomic<int> closed{0};
    const auto connect = [&](std::string user) {
        return back.hub().connect(identity{.user_id = std::move(user)},
                                  local_handlers{.on_close = [&](close_code code, std::string_view) {
                                      closed += code == close_code::revoked;
                                  }});
    };
    const auto ann = connect("ann"), bob = connect("bob");
    CHECK(eventually([&] { return back.hub().stats().connections == 2; }));
    client c{away.port(), with(query_of("ann", long_ago()))};
    bus.sink().changed({.up = false, .problem = "cut"});

    std::atomic<bool> done{false};
    back.hub().async_revoke({.user_id = "bob"}, [&](error_code ec, const revoke_result& result) {
        CHECK(ec == error::bus_unavailable);
        CHECK(result.connections == 1);
        CHECK(result.nodes == 1);
        done = true;
    });
    CHECK(eventually([&] { return done.load(); }));
    CHECK(closed == 1);

    CHECK(away.hub().async_revoke({.user_id = "ann"}, asio::use_future).get().connections == 1);
    CHECK(c.closed() == 3503);
    const auto reads = store.reads();
    bus.sink().changed({.up = true});
    CHECK(eventually([&] { return closed == 2; }));
    CHECK(store.reads() > reads);
    CHECK_THROWS_AS(
        back.hub().connect(identity{.user_id = "ann", .issued_at = wall::now() - 1h}, local_handlers{}),
        boost::system::system_error);
}

TEST_CASE("a store that is full refuses, and the hub without one, too")
{
    const memory_revocation_store small{1};
    world w;
    w.hub().revocations(small);
    w.serve(by_query());
    w.hub().async_revoke({.token_id = "1"}, asio::use_future).get();
    w.hub().async_revoke({.token_id = "1", .until = wall::now() + 48h}, asio::use_future).get(); // has its place
    client c{w.port(), with(query_of("ann", long_ago()))};
    CHECK(error_of(w.hub().async_revoke({.user_id = "ann"}, asio::use_future)) == error::store_full);
    CHECK(c.drain().empty());
    world alone;
    alone.run();
    auto& list = alone.hub().core()->revoked;
    for (std::size_t i = 0; i != detail::max_revocations; ++i)
        list.add({.token_id = std::to_string(i), .until = wall::now() + 1h}, wall::now());
    CHECK(error_of(alone.hub().async_revoke({.user_id = "ann"}, asio::use_future)) == error::store_full);
}

TEST_CASE("a hub that has ended asks its revocations nothing, and tells them to rest")
{
    away_revocations store;
    asio::io_context io{1};
    hub at{io.get_executor(), hub_options{.revocation_refresh = 1ms}};
    at.revocations(store);
    while (store.reads() < 3)
        io.run_one();
    std::optional<error_code> late;
    at.async_shutdown({}, [&](error_code) {});
    io.run(); // the next read keeps it no longer
    const auto reads = store.reads();
    CHECK(store.rests() == 1);
    io.restart();
    at.async_revoke({.user_id = "ann"}, [&](error_code ec, const revoke_result&) { late = ec; });
    io.run();
    CHECK(late == error_code{error::shutting_down});
    CHECK(store.reads() == reads);
}

TEST_CASE("a hub that goes while its store is away leaves nothing behind")
{
    away_revocations store;
    store.leave();
    asio::io_context io{1};
    {
        hub at{io.get_executor()};
        at.revocations(store);
        io.poll();
    }
    const auto begun = std::chrono::steady_clock::now();
    io.run();
    CHECK(std::chrono::steady_clock::now() - begun < patience / 2);
    CHECK(store.reads() == 1);
}

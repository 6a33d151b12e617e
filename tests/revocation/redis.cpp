// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Revocations in Redis: what every store does, hubs that start, and hubs that were cut off.
#include "bus/redis_support.hpp"
#include "revocation/conformance.hpp"
#include "revocation/hub_support.hpp"

#include <fanfare/redis/client.hpp>
#include <fanfare/revocation/redis.hpp>

#include <boost/asio/use_future.hpp>

using namespace fanfare;
using namespace fanfare::test;

namespace {

// A thread with an io_context, which outlives the worlds.
struct background {
    asio::io_context context{1};
    asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
    std::thread thread{[this] { context.run(); }};
    ~background()
    {
        context.stop();
        thread.join();
    }
};

redis_revocation_store store_of(background& b, const redis_server& server, redis_revocation_options options = {})
{
    return redis_revocation_store{redis_client{b.context, eager(server)}, std::move(options)};
}

using blocking = testing::blocking_revocations<redis_revocation_store>;

error_code code_of_add(blocking& store, revocation what)
{
    try {
        store.add(std::move(what));
        return {};
    } catch (const boost::system::system_error& e) {
        return e.code();
    }
}

} // namespace

TEST_CASE("revocations in Redis: what every store does", "[revocation][redis]")
{
    const redis_server server;
    background b;
    int made = 0;
    run_as_sections(testing::revocation_checks([&] {
        const redis_revocation_options own{.prefix = "p" + std::to_string(++made) + ':'};
        return handles_of(store_of(b, server, own), store_of(b, server, own));
    }));
}

TEST_CASE("revocations in Redis: options that cannot work are refused", "[revocation][redis]")
{
    background b;
    const redis_client client{b.context, "redis://127.0.0.1:1"};
    for (const redis_revocation_options& bad :
         {redis_revocation_options{.prefix = ""}, redis_revocation_options{.prefix = std::string(65, 'p')},
          redis_revocation_options{.limit = 0}, redis_revocation_options{.limit = 100'001}})
        CHECK_THROWS_AS((redis_revocation_store{client, bad}), boost::system::system_error);
}

TEST_CASE("revocations in Redis: a full store refuses, and forgets what has expired", "[revocation][redis]")
{
    const redis_server server;
    background b;
    blocking store{store_of(b, server, {.limit = 2})};
    const auto now = wall::now();
    store.add({.token_id = "1", .until = now - 10min});
    CHECK(store.read().entries.size() == 1);
    store.add({.token_id = "2", .until = now + 1h}); // the first one goes
    store.add({.token_id = "3", .until = now + 1h});
    std::string cursor;
    CHECK(store.read_all(cursor).size() == 2);
    CHECK(code_of_add(store, {.token_id = "4", .until = now + 1h}) == error::store_full);
    CHECK_FALSE(code_of_add(store, {.token_id = "3", .until = now + 2h}));
    CHECK(server.command({"ZCARD", "fanfare:revocations:{all}:until"}) == ":2\r\n");
    CHECK(server.command({"HLEN", "fanfare:revocations:{all}:entries"}) == ":2\r\n");
}

TEST_CASE("revocations in Redis: long ones are read by pages", "[revocation][redis]")
{
    const redis_server server;
    background b;
    blocking store{store_of(b, server)};
    const std::string user(4'096, 'u');
    for (int i = 0; i != 100; ++i)
        store.add(
            {.user_id = user, .token_id = std::to_string(i) + std::string(4'000, 't'), .until = wall::now() + 1h});
    const auto first = store.read();
    CHECK(first.more);
    CHECK(first.entries.size() < 50); // 8 KiB each
    std::string cursor;
    CHECK(store.read_all(cursor).size() == 100);
}

TEST_CASE("revocations in Redis: when the keys were lost, reading begins anew", "[revocation][redis]")
{
    const redis_server server;
    background b;
    blocking store{store_of(b, server)}, other{store_of(b, server)};
    for (const auto* token : {"1", "2", "3"})
        store.add({.token_id = token, .until = wall::now() + 1h});
    std::string cursor;
    CHECK(store.read_all(cursor).size() == 3);
    server.command({"FLUSHALL"});
    CHECK(store.read(cursor).entries.empty());
    store.add({.token_id = "4", .until = wall::now() + 1h});
    CHECK(store.read_all(cursor).size() == 1);
    server.command({"DEL", "fanfare:revocations:{all}:state"}); // one key alone: numbers go on
    other.add({.token_id = "5", .until = wall::now() + 1h});
    CHECK(store.read_all(cursor).size() == 2);
    store.add({.token_id = "6", .until = wall::now() + 1h});
    CHECK(other.read_all(cursor).size() == 1);
}

TEST_CASE("revocations in Redis: what a primary gives after a failover is read by who has read the lost ones",
          "[revocation][redis]")
{
    const redis_server server;
    background b;
    blocking store{store_of(b, server)};
    const std::string keys = "fanfare:revocations:{all}:";
    const auto number_of = [&](const std::string& token) {
        return server.command({"ZSCORE", keys + "numbers", detail::revocation_key({.token_id = token})});
    };
    for (const auto* token : {"1", "2"})
        store.add({.token_id = token, .until = wall::now() + 1h});
    const auto last = server.command({"HGET", keys + "state", "last"});
    for (const auto* token : {"3", "4"})
        store.add({.token_id = token, .until = wall::now() + 1h});
    std::string cursor;
    CHECK(store.read_all(cursor).size() == 4);
    const auto lost = number_of("3");
    for (const auto* token : {"3", "4"}) { // as if they had not reached the replica
        const auto key = detail::revocation_key({.token_id = token});
        server.command({"HDEL", keys + "entries", key});
        server.command({"ZREM", keys + "numbers", key});
        server.command({"ZREM", keys + "until", key});
    }
    server.command({"HSET", keys + "state", "last", last.substr(last.find('\n') + 1, 13)});
    CHECK(server.command({"HGET", keys + "state", "last"}) == last);
    REQUIRE(eventually([&] { // the replica takes over later than the last change
        return server.command({"EVAL",
                               "local t = redis.call('TIME') "
                               "return t[1] * 1000 + math.floor(t[2] / 1000) > ARGV[1] + 9 and 1 or 0",
                               "0", last.substr(last.find('\n') + 1, 13)}) == ":1\r\n";
    }));
    auto early = cursor;
    CHECK(store.read_all(early).size() == 2); // read before anything is added: it begins anew
    for (const auto* token : {"5", "6"})
        store.add({.token_id = token, .until = wall::now() + 1h});
    CHECK(number_of("5") != lost);
    CHECK(number_of("6") != lost);
    const auto after = store.read_all(cursor);
    REQUIRE(after.size() == 2);
    CHECK(after[0].token_id == "5");
    CHECK(after[1].token_id == "6");
    CHECK(store.read_all(early).size() == 2);
}

TEST_CASE("revocations in Redis: an entry that nobody can read is an error, not nothing", "[revocation][redis]")
{
    const redis_server server;
    background b;
    blocking store{store_of(b, server)};
    for (const auto* bad : {"", "nothing", "- 1 {}", "1 x {}", "- 1 {\"token\":7}", "- 99 [1]", "1 2"}) {
        INFO(bad);
        server.command({"HSET", "fanfare:revocations:{all}:entries", "bad", bad});
        server.command({"ZADD", "fanfare:revocations:{all}:numbers", "1", "bad"});
        CHECK_THROWS_AS(store.read(), boost::system::system_error);
    }
}

TEST_CASE("a hub that starts knows what Redis has, and one that starts without Redis lets nobody in",
          "[revocation][redis]")
{
    redis_server server;
    background b;
    {
        world first;
        first.hub().revocations(store_of(b, server));
        first.serve(by_query());
        CHECK(eventually([&] { return client{first.port(), with(query_of("bob", long_ago())), false}.open(); }));
        first.hub().async_revoke({.user_id = "ann"}, asio::use_future).get();
    }
    server.freeze();
    world second;
    second.hub().revocations(store_of(b, server));
    second.serve(by_query());
    CHECK(client{second.port(), with(query_of("ann", long_ago())), false}.status() == 503);
    CHECK(client{second.port(), with(query_of("bob", long_ago())), false}.status() == 503);
    CHECK(http_get(second.port(), "/readyz").result_int() == 503);
    server.thaw();
    CHECK(eventually([&] { return client{second.port(), with(query_of("bob", long_ago())), false}.open(); }));
    CHECK(client{second.port(), with(query_of("ann", long_ago())), false}.status() == 401);
    CHECK(http_get(second.port(), "/readyz").result_int() == 200);
}

TEST_CASE("what Redis could not store, since it is away, is revoked nowhere", "[revocation][redis]")
{
    redis_server server;
    background b;
    auto options = eager(server);
    options.queue_time = 100ms;
    const redis_client redis{b.context, options};
    world w;
    w.hub().revocations(redis_revocation_store{redis});
    w.serve(by_query());
    REQUIRE(eventually([&] { return w.hub().core()->revoked.complete(); }));
    client ann{w.port(), with(query_of("ann", long_ago()))};
    server.kill_hard();
    REQUIRE(eventually([&] { return !redis.status().up; })); // or it would be on its way when the link breaks
    CHECK(error_of(w.hub().async_revoke({.user_id = "ann"}, asio::use_future)) == error::store_failed);
    CHECK(ann.drain().empty());
    CHECK(client{w.port(), with(query_of("ann", long_ago()))}.open());
    server.start();
    CHECK(eventually([&] { return !error_of(w.hub().async_revoke({.user_id = "ann"}, asio::use_future)); }));
    CHECK(ann.closed() == 3503);
}

TEST_CASE("a hub that was cut off while a user was revoked closes the connections when it is back",
          "[revocation][redis]")
{
    const redis_server keeps; // what was revoked
    redis_server carries;     // the bus
    background b;
    const auto options = hub_options{.revocation_refresh = 0ms}; // only the bus's return tells
    basic_world<redis_bus> one{options, 1, redis_bus{b.context, eager(carries)}};
    basic_world<redis_bus> two{options, 1, redis_bus{b.context, eager(carries)}};
    for (auto* w : {&one, &two}) {
        w->hub().revocations(store_of(b, keeps));
        w->serve(by_query());
        REQUIRE(eventually([&] { return w->hub().status().up; }));
        REQUIRE(eventually([&] { return w->hub().core()->revoked.complete(); }));
    }
    client here{one.port(), with(query_of("ann", long_ago()))},
        there{two.port(), with(query_of("ann", long_ago()))};
    client other{two.port(), with(query_of("bob", long_ago()))};
    const auto reached = one.hub().async_revoke({.token_id = "nobody's"}, asio::use_future).get();
    CHECK(reached.nodes == 2);
    carries.kill_hard();
    REQUIRE(eventually([&] { return !one.hub().status().up && !two.hub().status().up; }));
    CHECK(error_of(one.hub().async_revoke({.user_id = "ann"}, asio::use_future)) == error::bus_unavailable);
    CHECK(here.closed() == 3503); // where it was asked for, at once
    CHECK(there.drain().empty());
    carries.start();
    CHECK(there.closed() == 3503);
    for (const auto& message : other.drain()) // the bus was away
        CHECK(message.at("type") == "gap");
    CHECK(client{two.port(), with(query_of("ann", long_ago())), false}.status() == 401);
}

TEST_CASE("a hub that has shut down lets the client of its revocations rest", "[revocation][redis]")
{
    const redis_server server;
    asio::io_context io{1};
    const redis_client client{io, eager(server)};
    hub at{io.get_executor(), hub_options{.revocation_refresh = 5ms}};
    at.revocations(redis_revocation_store{client});
    while (!at.core()->revoked.complete())
        io.run_one();
    at.async_shutdown({}, [](error_code) {});
    io.run(); // until nothing keeps it
    CHECK_FALSE(client.up());
}

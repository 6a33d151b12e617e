// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// What keeps its things in Redis, behind an address that is given to another server.
#include "redis/moving_redis.hpp"
#include "store/redis_support.hpp"
#include "support/client.hpp"

#include <fanfare/auth/redis_ticket.hpp>
#include <fanfare/hub.hpp>
#include <fanfare/inbox/redis.hpp>
#include <fanfare/presence/redis.hpp>
#include <fanfare/server.hpp>

#include <boost/asio/use_future.hpp>

using namespace fanfare;
using namespace fanfare::test;
using namespace fanfare::test::redis_stores;

TEST_CASE(
    "history, tickets, inbox and presence follow an address to another server, and lose no call to the old one",
    "[redis][store]")
{
    moving_redis redis;
    store_node node{redis.options()};
    auto store = node.blocking();
    redis_ticket_store tickets{node.client};
    redis_inbox inbox{node.client};
    redis_presence presence{node.client};
    const journal fates;
    const auto note = [&fates](const char* what) {
        return [fates, what](error_code ec, const auto&...) { fates.add(what + (ec ? ": " + ec.message() : "")); };
    };
    const auto use_all = [&] {
        const auto before = fates.lines().size();
        tickets.async_issue({.user_id = "ann"}, 30s, note("ticket"));
        inbox.async_add({.user_id = "ann", .title = "t"}, note("inbox"));
        presence.async_enter("r", {.connection_id = "c", .user_id = "ann"}, note("presence"));
        node.store.async_append(
            {.room = "r", .message = {.body = "{}"}, .limits = hundred},
            [fates](const append_answer& a) { fates.add("append" + (a.error ? ": " + a.error.message() : "")); });
        node.store.async_read("r", {.limits = hundred}, note("read"));
        CHECK(fates.wait_for_count(before + 5));
    };
    use_all();
    redis.move();
    use_all(); // each is refused by the old server, and sent again to the new one
    use_all();
    for (const auto* what : {"ticket", "inbox", "presence", "append", "read"})
        CHECK(fates.count(what) == 3);
    INFO(fates.text());
    CHECK(fates.lines().size() == 15);
    CHECK(store.read("r", {.limits = hundred}).top.offset >= 2);
}

TEST_CASE("a server with history behind a moved address publishes on the new one, and says how its links stand",
          "[redis][store]")
{
    moving_redis redis;
    running_context io{2};
    const redis_client client{io.get(), redis.options()};
    const redis_bus bus{io.get(), redis.options(), impatient()};
    std::optional<hub<redis_bus, redis_store>> hub;
    hub.emplace(io.executor(), bus, redis_store{client, bus});
    hub->configure("chat:", {.history = 100});
    server_options options{.address = "127.0.0.1", .port = 0, .authenticate = [](const handshake_request&) {
                               return auth_result{identity{.user_id = "ann"}};
                           }};
    options.api.tickets_status = status_from(redis_ticket_store{client});
    server http{*hub, options};
    const auto ready = [&] { return http_get(http.port(), "/readyz").result_int() == 200; };
    REQUIRE(eventually(ready));
    CHECK(hub->async_publish("chat:1", "n", json::value(1), asio::use_future).get().position.offset == 1);
    redis.move();
    // Nobody is in a room here, so the bus does not look; the store's first publish is refused and sent again.
    CHECK_NOTHROW(hub->async_publish("chat:1", "n", json::value(2), asio::use_future).get());
    CHECK(redis.second.command({"EXISTS", "fanfare:history:{chat:1}:log"}) == ":1\r\n");
    CHECK(eventually(ready));

    // There is no primary any more: the links say so, without a publish.
    redis.second.command({"REPLICAOF", "127.0.0.1", "1"});
    std::string problem;
    CHECK(eventually([&] {
        const auto answer = http_get(http.port(), "/readyz");
        problem = answer.body();
        return answer.result_int() == 503 && problem.find("replica") != std::string::npos;
    }));
    INFO(problem);
    bool store_down = false;
    CHECK(eventually([&] {
        for (const auto& one : hub->links())
            store_down = store_down || (one.name == "store" && !one.status.up);
        return store_down;
    }));
    redis.second.command({"REPLICAOF", "NO", "ONE"});
    CHECK(eventually(ready));
    hub.reset();
}

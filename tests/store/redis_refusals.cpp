// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// History in a Redis that has lost, holds something else, has no memory, or does not permit.
#include "store/redis_support.hpp"

using namespace fanfare;
using namespace fanfare::test;
using namespace fanfare::test::redis_stores;

TEST_CASE("a history that Redis has lost begins anew in a new epoch", "[redis][store]")
{
    const redis_server server;
    store_node node{eager(server)};
    auto store = node.blocking();
    std::set<std::uint64_t> epochs;
    const auto fill = [&] {
        position at;
        for (std::size_t i = 1; i <= 5; ++i) {
            at = store.append("r", numbered(i), hundred).at;
            CHECK(at.offset == i);
        }
        CHECK(epochs.insert(at.epoch).second);
    };
    const std::vector<std::vector<std::string>> losses{{"FLUSHALL"},
                                                       {"DEL", meta_key},
                                                       {"DEL", log_key},
                                                       {"HDEL", meta_key, "top"},
                                                       {"HSET", meta_key, "top", "3"}};
    for (const auto& loss : losses) {
        fill(); // noticed by an append
        server.command(loss);
        if (loss.front() == "HSET")
            continue;
        fill();
        server.command(loss);
        const auto page = store.read("r", {.limit = 10, .limits = hundred}); // noticed by a read
        CHECK_FALSE(store.error());
        CHECK(page.top.offset == 0);
        CHECK(page.oldest == 1);
        CHECK(page.messages.empty());
        const auto first = store.append("r", "{}", hundred);
        CHECK(first.at == position{page.top.epoch, 1});
        CHECK(epochs.insert(first.at.epoch).second);
        server.command({"FLUSHALL"});
    }
}

TEST_CASE("a history with a hole is not passed off as whole", "[redis][store]")
{
    const redis_server server;
    store_node node{eager(server)};
    auto store = node.blocking();
    const auto top = store_promises::fill(store, "r", 20, hundred);
    server.command({"XDEL", log_key, "7-0"});
    const auto page = store.read("r", {.limit = 100, .limits = hundred});
    CHECK(page.messages.empty());
    CHECK(page.top.offset == 0);
    CHECK(page.top.epoch != top.epoch);
    CHECK(store.append("r", "{}", hundred).at == position{page.top.epoch, 1});
}

TEST_CASE("a key of another type is told, and harms no other room", "[redis][store]")
{
    const redis_server server;
    store_node node{eager(server)};
    auto store = node.blocking();
    for (const auto& key : {log_key, meta_key}) {
        server.command({"FLUSHALL"});
        server.command({"SET", key, "mine"});
        CHECK(store.append("r", "{}", hundred).error == error::redis_failed);
        (void)store.read("r", {.limit = 1, .limits = hundred});
        CHECK(store.error() == error::redis_failed);
        CHECK(server.command({"GET", key}) == "$4\r\nmine\r\n");
        CHECK(server.command({"DBSIZE"}) == ":1\r\n");
    }
    server.command({"FLUSHALL"});
    server.command({"LPUSH", "fanfare:history:{r}:key:k", "mine"});
    CHECK(store.append("r", "{}", hundred, "k").error == error::redis_failed);
    CHECK(store.append("r", "{}", hundred, "l").at.offset == 1);
    CHECK(store.append("s", "{}", hundred, "k").at.offset == 1);
}

TEST_CASE("a Redis without memory refuses, and no offset is lost by that", "[redis][store]")
{
    const redis_server server;
    publishing_node node{eager(server)};
    position_sink sink;
    REQUIRE(sink.attach(node.bus, "r"));
    blocking_store store{node.store};
    CHECK(store.append("r", numbered(1), hundred).at.offset == 1);
    server.command({"CONFIG", "SET", "maxmemory", "1"});
    CHECK(store.append("r", numbered(2), hundred, "k").error == error::redis_failed);
    CHECK(store.append("new", numbered(1), hundred).error == error::redis_failed);
    CHECK(store.read("r", {.limit = 9, .limits = hundred}).messages.size() == 1);
    server.command({"CONFIG", "SET", "maxmemory", "0"});
    const auto second = store.append("r", numbered(3), hundred, "k");
    CHECK(second.at.offset == 2);
    CHECK_FALSE(second.duplicate);
    REQUIRE(eventually([&] { return sink.size() == 2; }));
    CHECK(sink.all().back().body == with_position(numbered(3), second.at));
    node.bus.detach(sink);
}

TEST_CASE("what Redis does not permit to publish is stored, and left to the bus", "[redis][store]")
{
    const redis_server server;
    server.command({"ACL", "SETUSER", "app", "on", ">secret", "resetchannels", "~*", "+@all"});
    auto options = eager(server);
    options.user = "app";
    options.password = "secret";
    publishing_node node{options};
    blocking_store store{node.store};
    const auto answer = store.append("r", "{\"a\":1}", hundred);
    CHECK_FALSE(answer.error);
    CHECK_FALSE(answer.published);
    REQUIRE(answer.stored);
    CHECK(answer.stored->body == "{\"a\":1}");
    CHECK(answer.stored->offset == 1);
}

TEST_CASE("a user without permission for scripts is told so", "[redis][store]")
{
    const redis_server server;
    server.command({"ACL", "SETUSER", "app", "on", ">secret", "~fanfare:*", "&*", "+@all", "-@scripting"});
    auto options = eager(server);
    options.user = "app";
    options.password = "secret";
    store_node node{options};
    auto store = node.blocking();
    CHECK(store.append("r", "{}", hundred).error == error::redis_failed);
    (void)store.read("r", {.limits = hundred});
    CHECK(store.error() == error::redis_failed);
}

TEST_CASE("the permissions that the manual names are enough for a history", "[redis][store]")
{
    const redis_server server;
    server.command({"ACL",        "SETUSER",      "app",
                    "on",         ">secret",      "resetchannels",
                    "~fanfare:*", "&fanfare:*",   "&notifications",
                    "+publish",   "+subscribe",   "+unsubscribe",
                    "+ping",      "+role",        "+eval",
                    "+evalsha",   "+script|load", "+time",
                    "+info",      "+exists",      "+del",
                    "+get",       "+set",         "+hmget",
                    "+hset",      "+pexpire",     "+xadd",
                    "+xlen",      "+xrange",      "+xrevrange",
                    "+xtrim"});
    auto options = eager(server);
    options.user = "app";
    options.password = "secret";
    publishing_node node{options};
    blocking_store store{node.store};
    for (std::uint64_t i = 1; i <= 5; ++i) {
        const auto answer = store.append("r", "{}", {.messages = 2, .age = 1h}, std::to_string(i));
        CHECK_FALSE(answer.error);
        CHECK(answer.published);
    }
    server.command({"DEL", log_key});
    CHECK(store.read("r", {.limit = 9, .limits = hundred}).top.offset == 0);
    CHECK(store.read("r", {.limit = 9, .newest_first = true, .limits = hundred}).top.offset == 0);
    CHECK_FALSE(store.error());
    CHECK(eventually([&] { return calls_of(server, "evalsha") > 0 || store.append("r", "{}", hundred).error; }));
}

TEST_CASE("what the bus would not carry is not stored", "[redis][store]")
{
    const redis_server server;
    redis_bus_options options;
    options.max_message_size = 4096;
    publishing_node node{eager(server), options};
    position_sink sink;
    REQUIRE(sink.attach(node.bus, "r"));
    blocking_store store{node.store};
    CHECK(store.append("r", "{\"a\":\"" + std::string(4096, 'x') + "\"}", hundred).error ==
          error::message_too_large);
    CHECK(store.append("r", {.body = "{}", .key = std::string(1025, 'k')}, hundred).error ==
          error::message_too_large);
    // What is just small enough arrives.
    std::string body = "{\"a\":\"" + std::string(4096 - 72 - 64 - 9, 'x') + "\"}";
    while (store.append("r", body, hundred).error)
        body.erase(6, 1);
    REQUIRE(eventually([&] { return sink.size() == 1; }));
    CHECK(sink.all().front().at.offset == 1);
    CHECK(node.bus.stats().malformed == 0);
    node.bus.detach(sink);
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Inboxes in Redis: what every inbox does, and what Redis itself can do to one.
#include "inbox/conformance.hpp"
#include "inbox/support.hpp"
#include "redis/redis_server.hpp"

#include <fanfare/inbox/redis.hpp>

#include <thread>

using namespace fanfare;
using namespace fanfare::test;

namespace {

// A process with its own connection to Redis.
class node {
public:
    explicit node(const redis_server& server, redis_inbox_options options = {}, const std::string& login = {})
        : inbox{start("redis://" + login + "127.0.0.1:" + std::to_string(server.port())), std::move(options)}
    {}
    ~node()
    {
        context_.stop();
        thread_.join();
    }
    node(const node&) = delete;
    node& operator=(const node&) = delete;

private:
    redis_client start(const std::string& url)
    {
        auto o = parse_redis_url(url);
        o.first_backoff = 10ms;
        o.max_backoff = 50ms;
        thread_ = std::thread{[this] { context_.run(); }};
        return {context_.get_executor(), std::move(o)};
    }
    asio::io_context context_{1};
    asio::executor_work_guard<asio::io_context::executor_type> guard_{context_.get_executor()};
    std::thread thread_;

public:
    redis_inbox inbox;
};

} // namespace

TEST_CASE("an inbox in Redis keeps what users were told, and counts right", "[inbox][redis]")
{
    const redis_server server;
    const node one{server};
    const node other{server};
    check_inbox(one.inbox, other.inbox);
}

TEST_CASE("a full inbox in Redis gives up the oldest notification that was read", "[inbox][redis]")
{
    const redis_server server;
    const node n{server, {.limits = {.items = 10}}};
    check_limit(n.inbox);
}

TEST_CASE("an inbox in Redis works with the rights that it needs, and one right less changes nothing by halves",
          "[inbox][redis]")
{
    const redis_server server;
    REQUIRE(server.command({"ACL",        "SETUSER", "app",      "on",           ">secret",
                            "~fanfare:*", "+eval",   "+evalsha", "+script|load", "+time",
                            "+hget",      "+hset",   "+hdel",    "+hincrby",     "+zadd",
                            "+zrem",      "+zcard",  "+zrange",  "+zscore",      "+zrevrangebyscore"}) ==
            "+OK\r\n");
    const node n{server, {.limits = {.items = 10}}, "app:secret@"};
    blocking_inbox store{n.inbox};
    check_limit(n.inbox);
    const auto before = store.counts("l");
    REQUIRE(server.command({"ACL", "SETUSER", "app", "-zrange"}) == "+OK\r\n");
    CHECK(failure_of([&] { store.add("l", "over the limit", "key"); }) == error::redis_failed);
    CHECK(store.counts("l").revision == before.revision);
    REQUIRE(server.command({"ACL", "SETUSER", "app", "+zrange"}) == "+OK\r\n");
    CHECK(store.list("l").items.size() == 10);
    CHECK_FALSE(store.add("l", "over the limit", "key").duplicate);
}

TEST_CASE("an inbox in Redis refuses a prefix that cannot be", "[inbox][redis]")
{
    asio::io_context context;
    const redis_client client{context.get_executor(), parse_redis_url("redis://127.0.0.1")};
    for (const auto& wrong : {std::string{}, std::string{"a b"}, std::string(65, 'a')})
        CHECK(failure_of([&] { redis_inbox{client, {.prefix = wrong}}; }) == error::invalid_config);
}

TEST_CASE("a prefix keeps inboxes in Redis apart, and a user is one hash tag", "[inbox][redis]")
{
    const redis_server server;
    const node one{server, {.prefix = "a:"}};
    const node other{server, {.prefix = "b:"}};
    blocking_inbox{one.inbox}.add("alice", "t");
    CHECK(blocking_inbox{other.inbox}.list("alice").items.empty());
    CHECK(server.command({"EXISTS", "a:inbox:{alice}:items", "a:inbox:{alice}:unread"}) == ":2\r\n");
}

TEST_CASE("an inbox in Redis goes on when Redis forgets its scripts, or everything", "[inbox][redis]")
{
    const redis_server server;
    const node n{server};
    blocking_inbox store{n.inbox};
    const auto first = store.add("alice", "one");
    store.list("alice");
    server.command({"SCRIPT", "FLUSH"});
    CHECK(store.add("alice", "two").counts.unread == 2);
    CHECK(store.list("alice").items.size() == 2);
    server.command({"FLUSHALL"});
    CHECK(store.list("alice").items.empty());
    CHECK(failure_of([&] { store.mark("alice", inbox_action::read, {first.item.id}); }) == error::not_found);
    const auto anew = store.add("alice", "three");
    CHECK(anew.counts.unread == 1);
    CHECK(anew.counts.revision > first.counts.revision); // devices take it for the newer one
}

TEST_CASE("an inbox in Redis says what Redis refuses, and works again afterwards", "[inbox][redis]")
{
    const redis_server server;
    const node n{server};
    blocking_inbox store{n.inbox};
    store.add("alice", "one");
    server.command({"CONFIG", "SET", "maxmemory", "1"});
    CHECK(failure_of([&] { store.add("alice", "two"); }) == error::redis_failed);
    CHECK(store.counts("alice").unread == 1); // reading goes on
    server.command({"CONFIG", "SET", "maxmemory", "0"});
    CHECK(store.add("alice", "two").counts.unread == 2);
    server.command({"SET", "fanfare:inbox:{bob}:items", "not a hash"});
    CHECK(failure_of([&] { store.add("bob", "t"); }) == error::redis_failed);
}

TEST_CASE("with appendonly, an inbox in Redis survives a kill of Redis", "[inbox][redis]")
{
    redis_server server{{"--appendonly", "yes", "--appendfsync", "always"}};
    const node n{server};
    blocking_inbox store{n.inbox};
    std::size_t stored = 0;
    for (int i = 0; i != 50; ++i)
        stored += store.add("alice", "n", "key " + std::to_string(i)).duplicate ? std::size_t{0} : std::size_t{1};
    server.restart();
    CHECK(eventually([&] {
        try {
            return store.counts("alice").unread == stored;
        } catch (const boost::system::system_error&) {
            return false; // not yet
        }
    }));
    CHECK(store.add("alice", "n", "key 7").duplicate);
}

TEST_CASE("devices on two nodes share an inbox in Redis", "[inbox][redis]")
{
    const redis_server server;
    const node first{server};
    const node second{server};
    in_process_bus bus;
    inbox_world one{first.inbox, bus};
    inbox_world two{second.inbox, bus};
    device_client laptop{one.port(), "alice"};
    device_client phone{two.port(), "alice"};
    const auto id = one.notify("alice", "t").id;
    for (auto* device : {&laptop, &phone}) {
        CHECK(text(device->next("notification"), "id") == id);
        CHECK(number(device->next("badge"), "unread") == 1);
    }
    CHECK(number(phone.ask_for("mark", {{"action", "read"}, {"ids", json::array{id}}}), "unread") == 0);
    CHECK(number(laptop.next("inbox_changed"), "unread") == 0);
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// History in Redis: what every store does, and order over processes.
#include "store/redis_support.hpp"

#include <memory>

using namespace fanfare;
using namespace fanfare::test;
using namespace fanfare::test::redis_stores;

TEST_CASE("the Redis store keeps the promises of a store", "[redis][store]")
{
    redis_server server;
    store_conformance(maker<store_node>(server));
}

TEST_CASE("the Redis store that publishes keeps the promises of a store", "[redis][store]")
{
    redis_server server;
    store_conformance(maker<publishing_node>(server));
}

TEST_CASE("what two processes append to a room arrives in the order of the history, without a hole",
          "[redis][store]")
{
    constexpr std::size_t each = 1500;
    const redis_server server;
    publishing_node one{eager(server)}, other{eager(server)}, third{eager(server)};
    position_sink sink;
    REQUIRE(sink.attach(third.bus, "chat:a"));
    const auto all = std::make_shared<answers>();
    std::vector<std::thread> writers;
    for (auto* node : {&one, &other})
        writers.emplace_back([node, all] {
            for (std::size_t i = 0; i != each; ++i)
                node->store.async_append({.room = "chat:a",
                                          .message = {.body = numbered(i), .key = "k", .except = i},
                                          .limits = {.messages = 50}},
                                         all->taker(all));
        });
    for (auto& w : writers)
        w.join();
    REQUIRE(eventually([&] { return all->size() == 2 * each && sink.size() == 2 * each; }));
    for (const auto& a : all->all) {
        CHECK_FALSE(a.error);
        CHECK(a.published);
        CHECK(a.nodes == 1);
    }
    const auto heard = sink.all();
    const auto epoch = heard.front().at.epoch;
    CHECK(epoch == all->all.front().at.epoch);
    int wrong = 0;
    for (std::size_t i = 0; i != heard.size(); ++i) {
        const auto& r = heard[i];
        wrong +=
            r.at == position{epoch, i + 1} && r.key == "k" && r.body == with_position(numbered(r.except), r.at)
                ? 0
                : 1;
    }
    CHECK(wrong == 0);
    CHECK(sink.missed_count() == 0);
    third.bus.detach(sink);
}

TEST_CASE("the number of other processes that a stored message was sent to", "[redis][store]")
{
    const redis_server server;
    publishing_node here{eager(server)}, there{eager(server)};
    position_sink own, others;
    blocking_store store{here.store};
    CHECK(store.append("r", "{}", hundred).nodes == 0);
    REQUIRE(own.attach(here.bus, "r"));
    CHECK(store.append("r", "{}", hundred).nodes == 0);
    REQUIRE(others.attach(there.bus, "r"));
    const auto third = store.append("r", "{\"a\":1}", hundred);
    CHECK(third.nodes == 1);
    CHECK(here.bus.stats().published == 3);
    REQUIRE(eventually([&] { return own.size() == 2 && others.size() == 1; }));
    CHECK(others.all().front().body == with_position("{\"a\":1}", third.at));
    CHECK(own.all().back().body == with_position("{\"a\":1}", third.at));
    CHECK(own.all().front().body.starts_with("{\"offset\":2,")); // an empty body is still JSON
    here.bus.detach(own);
    there.bus.detach(others);
}

TEST_CASE("the bus carries the position that a hub gives a message", "[redis][store][bus]")
{
    const redis_server server;
    publishing_node here{eager(server)}, there{eager(server)};
    position_sink sink, publisher;
    REQUIRE(sink.attach(there.bus, "r"));
    REQUIRE(publisher.attach(here.bus, "other"));
    const position at{0x00a1b2c3d4e5f607, 12};
    CHECK_FALSE(here.bus.publish({.channel = "r", .body = "{}", .key = "k", .except = 7, .at = at}).error);
    CHECK_FALSE(here.bus.publish({.channel = "r", .body = "{}"}).error);
    REQUIRE(eventually([&] { return sink.size() == 2; }));
    CHECK(sink.all()[0].at == at);
    CHECK(sink.all()[0].key == "k");
    CHECK(sink.all()[0].except == 7);
    CHECK_FALSE(sink.all()[1].at);
    there.bus.detach(sink);
    here.bus.detach(publisher);
}

TEST_CASE("ten thousand appends in one go keep their order", "[redis][store]")
{
    const redis_server server;
    store_node node{eager(server)};
    const auto all = std::make_shared<answers>();
    append_many(node.store, 10'000, {.messages = 10'000}, all);
    REQUIRE(eventually([&] { return all->size() == 10'000; }));
    int wrong = 0;
    for (std::size_t i = 0; i != all->all.size(); ++i)
        wrong += !all->all[i].error && all->all[i].at.offset == i + 1 ? 0 : 1;
    CHECK(wrong == 0);
    auto store = node.blocking();
    const auto page = store.read("r", {.limit = 20'000, .limits = {.messages = 10'000}});
    REQUIRE(page.messages.size() == 10'000);
    for (std::size_t i = 0; i != page.messages.size(); ++i)
        wrong += page.messages[i].body == numbered(i + 1) ? 0 : 1;
    CHECK(wrong == 0);
}

TEST_CASE("Redis keeps what the limits say, and no more", "[redis][store]")
{
    const redis_server server;
    store_node node{eager(server)};
    auto store = node.blocking();
    for (std::size_t i = 1; i <= 250; ++i)
        REQUIRE_FALSE(store.append("r", numbered(i), hundred).error);
    CHECK(server.command({"XLEN", log_key}) == ":100\r\n");
    CHECK_FALSE(store.append("r", "{}", {.messages = 10}).error);
    CHECK(server.command({"XLEN", log_key}) == ":10\r\n");

    const history_limits moment{.messages = 100, .age = 300ms};
    for (std::size_t i = 1; i <= 20; ++i)
        REQUIRE_FALSE(store.append("s", numbered(i), moment).error);
    REQUIRE(eventually([&] { return store.read("s", {.limits = moment}).oldest == 21; }));
    CHECK_FALSE(store.append("s", "{}", moment).error);
    CHECK(server.command({"XLEN", "fanfare:history:{s}:log"}) == ":1\r\n");
}

TEST_CASE("only those messages are shown that are young enough", "[redis][store]")
{
    const redis_server server;
    store_node node{eager(server)};
    auto store = node.blocking();
    const history_limits hour{.messages = 1000, .age = 1h};
    for (std::size_t i = 1; i <= 40; ++i)
        REQUIRE_FALSE(store.append("r", numbered(i), hour).error);
    // The boundary is found wherever it is: here by rewriting the log with times of our own.
    const auto now = "local t = redis.call('TIME') return t[1] * 1000 + math.floor(t[2] / 1000)";
    const long ms = number_in(server.command({"EVAL", now, "0"}));
    for (const int dead : {0, 1, 17, 39, 40}) {
        server.command({"DEL", log_key});
        for (int i = 1; i <= 40; ++i)
            server.command({"XADD", log_key, std::to_string(i) + "-0", "t",
                            std::to_string(i <= dead ? ms - 7'200'000 : ms), "b",
                            numbered(static_cast<std::size_t>(i)), "k", "", "x", "0"});
        const auto page = store.read("r", {.limit = 100, .limits = hour});
        CHECK(page.top.offset == 40);
        CHECK(page.oldest == static_cast<std::uint64_t>(dead + 1));
        CHECK(page.messages.size() == static_cast<std::size_t>(40 - dead));
    }
}

TEST_CASE("a long page ends before it is too large for one answer", "[redis][store]")
{
    const redis_server server;
    store_node node{eager(server)};
    auto store = node.blocking();
    const std::string half_a_mib(512 * 1024, 'x');
    for (int i = 0; i != 40; ++i)
        REQUIRE_FALSE(store.append("r", "{\"a\":\"" + half_a_mib + "\"}", hundred).error);
    std::vector<std::uint64_t> got;
    for (std::uint64_t from = 0; from != 40;) {
        const auto page = store.read("r", {.from = from, .limit = 100, .limits = hundred});
        REQUIRE_FALSE(store.error());
        REQUIRE_FALSE(page.messages.empty());
        CHECK(page.messages.size() <= 15); // 16 are a little more than 8 MiB
        for (const auto& m : page.messages)
            got.push_back(m.offset);
        from = page.messages.back().offset;
    }
    CHECK(got == store_promises::range(1, 40));
    const auto newest = store.read("r", {.limit = 100, .newest_first = true, .limits = hundred});
    REQUIRE(newest.messages.size() == 15);
    CHECK(newest.messages.back().offset == 26);
}

TEST_CASE("nothing of a history stays in Redis for ever", "[redis][store]")
{
    const redis_server server;
    store_node node{eager(server), {.lifetime = 2s}};
    auto store = node.blocking();
    CHECK_FALSE(store.append("r", "{}", {.messages = 9, .idempotency_window = 1s}, "k").error);
    (void)store.read("unknown", {.limits = hundred});
    CHECK(number_in(server.command({"PTTL", log_key})) > 0);
    CHECK(number_in(server.command({"PTTL", meta_key})) > 0);
    CHECK(number_in(server.command({"PTTL", "fanfare:history:{unknown}:meta"})) > 0);
    CHECK(eventually([&] { return server.command({"DBSIZE"}) == ":0\r\n"; }));
    CHECK_FALSE(store.append("long", "{}", {.messages = 9, .age = 1h}).error); // not before its messages
    CHECK(number_in(server.command({"PTTL", "fanfare:history:{long}:log"})) > 3'000'000);
}

TEST_CASE("spans without an end are stored like any others", "[redis][store]")
{
    const redis_server server;
    store_node node{eager(server)};
    auto store = node.blocking();
    constexpr auto ever = std::chrono::milliseconds::max();
    const history_limits endless{.messages = 9, .age = ever, .idempotency_window = ever};
    const auto first = store.append("r", "{}", endless, "k");
    CHECK_FALSE(first.error);
    CHECK(store.append("r", "{}", endless, "k").duplicate);
    CHECK(store.append("r", "{}", endless).at.offset == 2);
    const auto page = store.read("r", {.limit = 9, .limits = endless});
    CHECK_FALSE(store.error());
    CHECK(page.oldest == 1);
    CHECK(page.messages.size() == 2);
    for (const auto& key : {log_key, meta_key, std::string{"fanfare:history:{r}:key:k"}})
        CHECK(number_in(server.command({"PTTL", key})) > 3'000'000'000'000);
}

TEST_CASE("prefixes keep histories apart", "[redis][store]")
{
    const redis_server server;
    store_node one{eager(server), {.prefix = "a:"}}, other{eager(server), {.prefix = "b:"}};
    CHECK(one.blocking().append("r", "{\"a\":1}", hundred).at.offset == 1);
    auto b = other.blocking();
    CHECK(b.read("r", {.limits = hundred}).top.offset == 0);
    CHECK(b.append("r", "{\"b\":1}", hundred).at.offset == 1);
    CHECK(server.command({"EXISTS", "a:history:{r}:log", "b:history:{r}:log"}) == ":2\r\n");
}

TEST_CASE(
    "after a restart of a Redis that is not called durable positions do not count, and what is left can be read",
    "[redis][store]")
{
    redis_server server{{"--appendonly", "yes", "--appendfsync", "always"}};
    store_node node{eager(server)};
    auto store = node.blocking();
    const auto top = store_promises::fill(store, "r", 30, {.messages = 20});
    server.restart();
    REQUIRE(eventually([&] {
        (void)store.read("r", {.limits = {.messages = 20}});
        return !store.error();
    }));
    const auto page = store.read("r", {.limit = 100, .limits = {.messages = 20}});
    CHECK(page.top.epoch != top.epoch);
    CHECK(page.top.offset == 30);
    CHECK(page.oldest == 11);
    CHECK(page.messages.size() == 20);
    CHECK(store.append("r", "{}", {.messages = 20}).at == position{page.top.epoch, 31});
    CHECK(store.read("r", {.limits = {.messages = 20}}).top == position{page.top.epoch, 31}); // and no other one
}

TEST_CASE("options of a store in Redis that cannot work are refused by name", "[redis][store]")
{
    running_context context;
    const redis_client client{context.executor(), "redis://127.0.0.1:1"};
    const auto refused = [&](redis_store_options options) {
        try {
            redis_store{client, std::move(options)};
        } catch (const boost::system::system_error& e) {
            CHECK(e.code() == error::invalid_config);
            return std::string{e.what()};
        }
        return std::string{};
    };
    CHECK(refused({.prefix = ""}).find("prefix") != std::string::npos);
    CHECK(refused({.prefix = "a{b"}).find("prefix") != std::string::npos);
    CHECK(refused({.lifetime = 999ms}).find("lifetime") != std::string::npos);
    CHECK(refused({.lifetime = std::chrono::hours{24 * 400}}).find("lifetime") != std::string::npos);
    CHECK(refused({}).empty());
}

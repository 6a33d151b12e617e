// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// History in a Redis that is away, restarts, or is killed.
#include "store/redis_support.hpp"

#include <memory>
#include <optional>

using namespace fanfare;
using namespace fanfare::test;
using namespace fanfare::test::redis_stores;

TEST_CASE("a Redis that was told to forget its scripts gets them again", "[redis][store]")
{
    const redis_server server;
    store_node node{eager(server)};
    auto store = node.blocking();
    for (std::uint64_t i = 1; i <= 4; ++i) {
        CHECK(store.append("r", "{}", hundred).at.offset == i);
        CHECK(store.read("r", {.limits = hundred}).top.offset == i);
        server.command({"SCRIPT", "FLUSH"});
    }
    CHECK(calls_of(server, "evalsha") > 0);
}

TEST_CASE("what waits while Redis is away is stored in its order when it is back", "[redis][store]")
{
    redis_server server;
    store_node node{quick(server.url())};
    const journal notes;
    watch(node.client, notes);
    auto store = node.blocking();
    for (int round = 1; round <= 3; ++round) {
        CHECK(store.append("r", "{}", hundred).at.offset == 1);
        server.kill_hard();
        REQUIRE(notes.wait([round](const auto& lines) {
            return std::count_if(lines.begin(), lines.end(),
                                 [](const auto& l) { return l.starts_with("down: "); }) >= round;
        }));
        REQUIRE(eventually([&] { return !node.client.up(); }));
        const auto all = std::make_shared<answers>();
        append_many(node.store, 500, {.messages = 1000}, all);
        server.start();
        REQUIRE(eventually([&] { return all->size() == 500; }));
        const auto page = store.read("r", {.limit = 1000, .limits = {.messages = 1000}});
        REQUIRE(page.messages.size() == 500);
        int wrong = 0;
        for (std::size_t i = 0; i != 500; ++i)
            wrong += page.messages[i].body == numbered(i + 1) && all->all[i].at == position{page.top.epoch, i + 1}
                         ? 0
                         : 1;
        CHECK(wrong == 0);
        server.command({"FLUSHALL"});
    }
}

TEST_CASE("an append that was on its way when the link broke is unknown, one that never left was not sent",
          "[redis][store]")
{
    redis_server server;
    auto options = quick(server.url());
    options.queue_time = 200ms;
    store_node node{options};
    auto store = node.blocking();
    CHECK(store.append("r", "{}", hundred).at.offset == 1);
    server.freeze();
    const auto all = std::make_shared<answers>();
    append_many(node.store, 3, hundred, all);
    wait_until_written(node.client);
    server.kill_hard();
    REQUIRE(eventually([&] { return all->size() == 3; }));
    for (const auto& a : all->all)
        CHECK(a.error == error::delivery_unknown);
    CHECK(store.append("r", "{}", hundred).error == error::bus_unavailable);
    (void)store.read("r", {.limits = hundred});
    CHECK(store.error() == error::bus_unavailable);
}

TEST_CASE("who tries again with the same key after a broken link has the message once", "[redis][store]")
{
    redis_server server;
    auto options = quick(server.url());
    options.response_timeout = 300ms;
    options.connect_timeout = 2s;
    store_node node{options};
    auto store = node.blocking();
    const auto first = store.append("r", "{}", hundred);
    CHECK(first.at.offset == 1);
    server.freeze();
    CHECK(store.append("r", "{\"a\":1}", hundred, "k").error == error::delivery_unknown);
    server.thaw(); // it reads what the kernel has for it, though nobody is there any more
    std::optional<stored_answer> again;
    REQUIRE(eventually([&] {
        again.emplace(store.append("r", "{\"a\":1}", hundred, "k"));
        return !again->error;
    }));
    CHECK(again->at == position{first.at.epoch, 2});
    CHECK(bodies(store.read("r", {.limit = 9, .limits = hundred})) == std::vector<std::string>{"{}", "{\"a\":1}"});
}

TEST_CASE("a restart of a durable Redis changes nothing", "[redis][store]")
{
    redis_server server{{"--appendonly", "yes", "--appendfsync", "always"}};
    store_node node{eager(server), {.durable = true}};
    auto store = node.blocking();
    const auto top = store_promises::fill(store, "r", 30, {.messages = 20});
    CHECK(store.append("r", "{}", {.messages = 20}, "k").at.offset == 31);
    server.restart();
    REQUIRE(eventually([&] { return node.client.up(); }));
    auto page = store.read("r", {.from = 30, .limit = 5, .limits = {.messages = 20}});
    if (store.error()) // the link was found broken by this
        page = store.read("r", {.from = 30, .limit = 5, .limits = {.messages = 20}});
    CHECK(page.top == position{top.epoch, 31});
    CHECK(page.oldest == 12);
    CHECK(bodies(page) == std::vector<std::string>{"{}"});
    CHECK(store.append("r", "{}", {.messages = 20}, "k").duplicate);
    CHECK(store.append("r", "{}", {.messages = 20}).at == position{top.epoch, 32});
}

TEST_CASE("what a killed durable Redis had confirmed is there, and what is tried again is there once",
          "[redis][store]")
{
    constexpr std::size_t count = 3000;
    constexpr history_limits all_of_it{.messages = 10'000};
    // Not `everysec`: while it waits for the disk it answers before it has written.
    redis_server server{{"--appendonly", "yes", "--appendfsync", "always"}};
    auto options = quick(server.url());
    options.connect_timeout = 2s;
    store_node node{options, {.durable = true}};
    auto store = node.blocking();
    const auto epoch = store.read("r", {.limits = all_of_it}).top.epoch;
    std::vector<position> confirmed(count);
    std::atomic<std::size_t> answered{0}, good{0};
    const auto append = [&](std::size_t i) {
        node.store.async_append({.room = "r",
                                 .message = {.body = numbered(i)},
                                 .idempotency_key = std::to_string(i),
                                 .limits = all_of_it},
                                [&, i](const append_answer& a) {
                                    confirmed[i] = a.error ? position{} : a.at;
                                    good += a.error ? 0U : 1U;
                                    ++answered;
                                });
    };
    std::size_t sent = 0;
    for (int kill = 0; kill != 3; ++kill) {
        const auto enough = good + 200;
        std::thread publisher{[&, end = sent + count / 3] {
            while (sent != end) {
                append(sent++);
                eventually([&] { return answered + 50 > sent; }); // so that it is killed in the middle
            }
        }};
        eventually([&] { return good >= enough; });
        server.restart(); // not from a thread that ends: the server would end with it
        publisher.join();
        REQUIRE(eventually([&] { return answered == sent; }));
        const auto page = store.read("r", {.limit = 10'000, .limits = all_of_it});
        REQUIRE_FALSE(store.error());
        CHECK(page.top.epoch == epoch);
        int wrong = 0;
        for (std::size_t i = 0; i != sent; ++i)
            if (const auto at = confirmed[i])
                wrong += at.epoch == epoch && at.offset <= page.messages.size() &&
                                 page.messages[at.offset - 1].body == numbered(i)
                             ? 0
                             : 1;
        CHECK(wrong == 0);
    }
    CHECK(good < count);
    for (std::size_t i = 0; i != count; ++i)
        if (!confirmed[i])
            append(i);
    REQUIRE(eventually([&] { return good == count; }));
    const auto page = store.read("r", {.limit = 10'000, .limits = all_of_it});
    CHECK(page.messages.size() == count); // each once
    std::set<std::string> different;
    for (const auto& m : page.messages)
        different.insert(m.body);
    CHECK(different.size() == count);
}

TEST_CASE("a store whose context has ended harms nobody", "[redis][store]")
{
    const redis_server server;
    auto node = std::make_unique<store_node>(eager(server));
    redis_store kept = node->store;
    const auto all = std::make_shared<answers>();
    append_many(kept, 10, hundred, all);
    node.reset();
    append_many(kept, 10, hundred, all);
    kept.async_read("r", {}, [](error_code, history_page) {});
    CHECK(all.use_count() == 1); // the handlers are gone
}

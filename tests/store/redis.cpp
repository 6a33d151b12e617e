// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// History in Redis: what every store does, order over processes, and a Redis that forgets, refuses, freezes or dies.
#include "bus/redis_support.hpp"
#include "redis/client_support.hpp"
#include "store/conformance.hpp"

#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/error.hpp>
#include <fanfare/store/redis.hpp>

#include <boost/system/system_error.hpp>

#include <deque>
#include <memory>
#include <optional>

using namespace fanfare;
using namespace fanfare::test;

namespace {

constexpr history_limits hundred{.messages = 100};

// One process' store.
struct store_node {
    explicit store_node(redis_options redis, redis_store_options options = {})
        : client{context.executor(), std::move(redis)}, store{client, std::move(options)}
    {}
    blocking_store<redis_store> blocking() { return blocking_store{store}; }

    running_context context{2};
    redis_client client;
    redis_store store;
};

// The same with a bus, on which the store publishes.
struct publishing_node {
    explicit publishing_node(const redis_options& redis, redis_bus_options options = {})
        : bus{context.executor(), redis, std::move(options)}, client{context.executor(), redis}, store{client, bus}
    {}
    running_context context{2};
    redis_bus bus;
    redis_client client;
    redis_store store;
};

template <class Node>
struct nodes_of {
    nodes_of(const redis_options& redis, std::size_t n)
    {
        for (std::size_t i = 0; i != n; ++i)
            all.emplace_back(redis);
    }
    redis_store& store(std::size_t i) { return all[i].store; }
    std::deque<Node> all;
};

// Each part of the conformance needs a Redis without rooms.
template <class Node>
auto maker(redis_server& server)
{
    return [&server](std::size_t n) {
        server.command({"FLUSHALL"});
        return std::make_unique<nodes_of<Node>>(eager(server), n);
    };
}

// A hub as a bus sees it, which writes down positions and bodies.
class position_sink final : public bus_sink {
public:
    struct record {
        position at;
        std::string body, key;
        std::uint64_t except;
    };
    error_code ready(const bus_message&) noexcept override { return {}; }
    void deliver(const bus_message& m) override
    {
        const std::lock_guard lock{mutex_};
        all_.push_back({m.at, std::string{m.body}, std::string{m.key}, m.except});
    }
    void joined(std::string_view) override { joined_ = true; }
    void missed(std::string_view room) override
    {
        missed_ += room.empty() ? 0 : 1;
    } // broadcasts: not of this test
    void changed(const bus_status& status) override { up_ = status.up; }

    bool attach(redis_bus& bus, const std::string& room)
    {
        bus.attach(*this);
        return eventually([&] { return up_.load(); }) &&
               (bus.join(*this, room) || eventually([&] { return joined_.load(); }));
    }
    std::vector<record> all() const
    {
        const std::lock_guard lock{mutex_};
        return all_;
    }
    std::size_t size() const
    {
        const std::lock_guard lock{mutex_};
        return all_.size();
    }
    int missed_count() const { return missed_; }

private:
    mutable std::mutex mutex_;
    std::vector<record> all_;
    std::atomic<bool> joined_{false}, up_{true};
    std::atomic<int> missed_{0};
};

std::string with_position(const std::string& body, const position& at)
{
    return body.substr(0, body.size() - 1) + ",\"offset\":" + std::to_string(at.offset) + ",\"epoch\":\"" +
           detail::epoch_text(at.epoch) + "\"}";
}

std::string numbered(std::size_t n)
{
    return "{\"n\":" + std::to_string(n) + '}';
}

// Appends without waiting; the answers are written down.
struct answers {
    std::mutex mutex;
    std::vector<append_answer> all;
    std::size_t size()
    {
        const std::lock_guard lock{mutex};
        return all.size();
    }
    append_done taker(const std::shared_ptr<answers>& self)
    {
        return [self](const append_answer& a) {
            const std::lock_guard lock{self->mutex};
            self->all.push_back(a);
            self->all.back().message = nullptr;
        };
    }
};

void append_many(redis_store& store, std::size_t count, history_limits limits, const std::shared_ptr<answers>& to)
{
    for (std::size_t i = 1; i <= count; ++i)
        store.async_append({.room = "r", .message = {.body = numbered(i)}, .limits = limits}, to->taker(to));
}

std::vector<std::string> bodies(const history_page& page)
{
    std::vector<std::string> out;
    for (const auto& m : page.messages)
        out.push_back(m.body);
    return out;
}

// All that was appended so far is in the kernel's hands: an observer is told after that.
void wait_until_written(redis_client& client)
{
    const journal notes;
    client.on_state([notes](bool, const std::string&) { notes.add("here"); });
    REQUIRE(notes.wait_for_count(1));
}

long number_in(const std::string& reply)
{
    return std::strtol(reply.c_str() + 1, nullptr, 10); // ":7"
}

const std::string log_key = "fanfare:history:{r}:log", meta_key = "fanfare:history:{r}:meta";

} // namespace

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
        CHECK(page.messages.size() <= 17);
        for (const auto& m : page.messages)
            got.push_back(m.offset);
        from = page.messages.back().offset;
    }
    CHECK(got == store_promises::range(1, 40));
    const auto newest = store.read("r", {.limit = 100, .newest_first = true, .limits = hundred});
    REQUIRE(newest.messages.size() == 16);
    CHECK(newest.messages.back().offset == 25);
}

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

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "bus/redis_support.hpp"

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>

using namespace fanfare;
using namespace fanfare::test;

namespace {

// What became of the messages of one publisher, by their number.
struct fates {
    std::mutex mutex;
    std::map<int, error_code> all;

    bus_done of(int i)
    {
        return [this, i](const bus_receipt& r) {
            const std::lock_guard lock{mutex};
            all.emplace(i, r.error);
        };
    }
    std::size_t size()
    {
        const std::lock_guard lock{mutex};
        return all.size();
    }
};

std::string body_of(int publisher, int i)
{
    return detail::numbered_body(static_cast<std::size_t>(publisher), i);
}

// Where in `order` a message of `publisher` stands, by its number.
std::map<int, std::size_t> positions(const std::vector<std::string>& order, int publisher)
{
    std::map<int, std::size_t> out;
    const auto start = "chat:a {\"n\":\"" + std::to_string(publisher) + '.';
    for (std::size_t at = 0; at != order.size(); ++at)
        if (order[at].starts_with(start))
            CHECK(out.emplace(std::stoi(order[at].substr(start.size())), at).second); // no duplicate
    return out;
}

// In order; nothing that was never sent; and whatever was confirmed has arrived, or stands in a hole that was told.
void check_stream(const std::vector<std::string>& order, int publisher, const std::map<int, error_code>& fates)
{
    const auto at = positions(order, publisher);
    std::size_t last = 0;
    for (const auto& [number, place] : at) {
        CHECK(place >= last);
        last = place;
        CHECK(fates.at(number) != error::bus_unavailable);
    }
    int untold = 0;
    for (const auto& [number, error] : fates) {
        if (error || at.count(number) != 0)
            continue;
        const auto next = at.upper_bound(number);
        const auto begin = next == at.begin() ? 0 : std::prev(next)->second;
        const auto end = next == at.end() ? order.size() : next->second;
        const auto from = order.begin() + static_cast<std::ptrdiff_t>(begin);
        const auto to = order.begin() + static_cast<std::ptrdiff_t>(end);
        untold += std::find(from, to, "chat:a missed") == to;
    }
    CHECK(untold == 0);
}

} // namespace

TEST_CASE("kill -9 of Redis in mid-stream and a restart: order, no duplicates, and every hole is told",
          "[redis][bus]")
{
    redis_server server;
    redis_nodes nodes{eager(server), 2, impatient()};
    redis_sink a{nodes.bus(0)}, b{nodes.bus(1)};
    a.sink.keep_order = b.sink.keep_order = true;
    redis_sink* const sinks[] = {&a, &b};
    REQUIRE(a.join("chat:a"));
    REQUIRE(b.join("chat:a"));

    fates known[2];
    std::atomic<bool> stop{false};
    std::atomic<int> sent[2] = {0, 0};
    std::vector<std::thread> publishers;
    for (int p = 0; p != 2; ++p)
        publishers.emplace_back([&, p] {
            for (int i = 0; !stop; ++i) {
                if (sinks[p]->publish("chat:a", body_of(p, i), known[p].of(i)).error)
                    known[p].of(i)({error::bus_unavailable});
                sent[p] = i + 1;
                if (i % 32 == 31)
                    std::this_thread::sleep_for(1ms);
            }
        });
    const auto more = [&](int n) {
        for (const auto& s : sent) {
            const int until = s + n;
            CHECK(bus_eventually([&] { return s >= until; }));
        }
    };
    for (int round = 0; round != 3; ++round) {
        more(500);
        server.kill_hard();
        more(100);
        CHECK(bus_eventually([&] { return !a.sink.up() && !b.sink.up(); }));
        server.start();
        CHECK(bus_eventually([&] { return a.sink.up() && b.sink.up(); }));
    }
    more(500);
    stop = true;
    for (auto& t : publishers)
        t.join();
    for (int p = 0; p != 2; ++p)
        CHECK(bus_eventually([&] { return known[p].size() == static_cast<std::size_t>(sent[p]); }));
    REQUIRE_FALSE(a.publish("chat:a", R"({"the":"end"})").error);
    for (auto* s : sinks)
        REQUIRE(bus_eventually([&] { return s->sink.has(R"({"the":"end"})"); }));
    for (auto* s : sinks) {
        CHECK(s->sink.missed_count("chat:a") >= 3);
        for (int p = 0; p != 2; ++p)
            check_stream(s->sink.order(), p, known[p].all);
    }
    // What both have got came in one order.
    auto seen_a = a.sink.bodies("chat:a"), seen_b = b.sink.bodies("chat:a");
    const std::set<std::string> in_a{seen_a.begin(), seen_a.end()}, in_b{seen_b.begin(), seen_b.end()};
    std::erase_if(seen_a, [&](const auto& body) { return in_b.count(body) == 0; });
    std::erase_if(seen_b, [&](const auto& body) { return in_a.count(body) == 0; });
    CHECK(seen_a.size() > 1000);
    CHECK((seen_a == seen_b));
    CHECK(nodes.bus(0).stats().reconnects >= 3);
}

TEST_CASE("a publisher that lost messages tells the members on all nodes", "[redis][bus]")
{
    redis_server server;
    server.command({"ACL", "SETUSER", "a", "on", ">secret", "allcommands", "allchannels"});
    auto options = parse_redis_url("redis://a:secret@127.0.0.1:" + std::to_string(server.port()));
    options.queue_time = 50ms;
    options.first_backoff = options.max_backoff = 50ms;
    redis_node lonely{options, impatient()};
    redis_nodes nodes{eager(server), 1};
    redis_sink a{lonely.bus}, b{nodes.bus(0)};
    b.sink.keep_order = true;
    for (const auto* room : {"chat:a", "chat:b"})
        REQUIRE(b.join(room));

    const auto shut_out = [&](bool out) {
        server.command({"ACL", "SETUSER", "a", out ? "off" : "on"});
        if (out)
            server.command({"CLIENT", "KILL", "USER", "a"});
        CHECK(bus_eventually([&] { return a.sink.up() == !out; }));
    };
    shut_out(true);
    CHECK(a.sink.changes().back().problem.find("secret") == std::string::npos);
    std::atomic<int> answered{0};
    CHECK(a.publish("chat:a", "{}").dispatched_to_cluster);
    CHECK(a.publish("chat:b", "{}", [&](const bus_receipt& r) {
               answered = r.error == error::bus_unavailable ? 1 : 2;
           }).dispatched_to_cluster);
    CHECK_FALSE(a.send({.what = bus_message::kind::broadcast, .body = "{}"}).error);
    CHECK(bus_eventually([&] { return lonely.bus.stats().lost == 3; }));
    CHECK(answered == 1);
    CHECK_FALSE(a.publish("chat:a", R"({"held":1})").error); // this one waits
    b.sink.forget();
    shut_out(false);
    REQUIRE_FALSE(a.publish("chat:a", R"({"later":1})").error);
    CHECK(bus_eventually([&] { return b.sink.has(R"({"later":1})"); }));
    CHECK(b.sink.missed_count("chat:a") == 1);
    CHECK(b.sink.missed_count("chat:b") == 0); // its publisher knows
    CHECK(b.sink.missed_count("") == 1);
    const auto order = b.sink.order(); // the hole comes before what was published after it
    CHECK(std::find(order.begin(), order.end(), "chat:a missed") <
          std::find(order.begin(), order.end(), R"(chat:a {"later":1})"));

    // Too many rooms to name: everybody is told about everything.
    shut_out(true);
    for (int i = 0; i != 10'001; ++i)
        REQUIRE_FALSE(a.publish("device:" + std::to_string(i), "{}").error);
    CHECK(bus_eventually([&] { return lonely.bus.stats().lost >= 10'004; }));
    b.sink.forget();
    shut_out(false);
    for (const auto* of : {"chat:a", "chat:b", ""})
        CHECK(bus_eventually([&] { return b.sink.missed_count(of) == 1; }));
}

TEST_CASE("messages that were published while Redis was away arrive when it comes", "[redis][bus]")
{
    redis_server server{{}, false};
    redis_nodes nodes{eager(server), 1, impatient()};
    recording_sink sink;
    auto& bus = nodes.bus(0);
    bus.attach(sink);
    CHECK_FALSE(sink.up()); // told at once
    CHECK(sink.changes().front().problem.starts_with("redis://127.0.0.1:"));
    CHECK_FALSE(bus.join(sink, "chat:a"));
    CHECK(bus_eventually([&] { return sink.take_joined("chat:a"); })); // nobody waits for Redis
    std::atomic<int> good{0};
    for (int i = 0; i != 100; ++i)
        CHECK(bus.publish({.channel = "chat:a", .body = body_of(0, i)},
                          [&](const bus_receipt& r) { good += !r.error; })
                  .dispatched_to_cluster);
    server.start();
    CHECK(bus_eventually([&] { return sink.size() == 100; }));
    CHECK(sink.bodies("chat:a").back() == body_of(0, 99));
    CHECK(bus_eventually([&] { return good == 100; }));
    CHECK(sink.missed_count("chat:a") == 1);
    CHECK(sink.up());
    CHECK(bus.stats().lost == 0);
    CHECK(bus.stats().reconnects == 0);
    bus.detach(sink);
    CHECK(bus.publish({.channel = "chat:a", .body = "{}"}).error == error::bus_unavailable);
    CHECK_FALSE(bus.stats().up);

    redis_sink again{bus}; // and it can be used again
    CHECK(again.came_up);
    REQUIRE(again.join("chat:a"));
    REQUIRE_FALSE(again.publish("chat:a", "{}").error);
    CHECK(bus_eventually([&] { return again.sink.has("{}"); }));
}

TEST_CASE("the bus comes up when Redis returns to a full queue", "[redis][bus]")
{
    redis_server server;
    auto options = eager(server);
    options.queue_messages = 100;
    redis_nodes nodes{options, 1, impatient()};
    redis_sink a{nodes.bus(0)};
    REQUIRE(a.join("chat:a"));
    server.kill_hard();
    REQUIRE(bus_eventually([&] { return !a.sink.up(); }));
    int taken = 0;
    while (!a.publish("chat:a", body_of(0, taken)).error)
        ++taken;
    CHECK(taken == 100);
    server.start();
    CHECK(bus_eventually([&] { return a.sink.up() && a.sink.bodies("chat:a").size() == 100; }));
    CHECK(a.bus.stats().lost == 0);
}

TEST_CASE("a loss is told to all nodes although the queue is full", "[redis][bus]")
{
    redis_server server;
    auto options = eager(server);
    options.queue_messages = 100;
    options.response_timeout = 500ms;
    redis_node lonely{options, impatient()};
    redis_bus_options patient;
    patient.probe_interval = patient.probe_timeout = 60s;
    redis_nodes nodes{eager(server), 1, patient};
    redis_sink a{lonely.bus}, b{nodes.bus(0)};
    b.sink.keep_order = true;
    for (const auto* room : {"chat:a", "chat:b"})
        REQUIRE(b.join(room));
    server.freeze();
    REQUIRE_FALSE(a.publish("chat:b", "{}").error); // is written, and nobody knows what became of it
    REQUIRE(bus_eventually([&] { return !a.sink.up() && lonely.bus.stats().lost == 1; }));
    while (!a.publish("chat:a", R"({"waited":1})").error)
        ;
    b.sink.forget();
    server.thaw();
    CHECK(bus_eventually([&] { return b.sink.bodies("chat:a").size() == 100; }));
    CHECK(b.sink.missed_count("chat:b") == 1);
    const auto order = b.sink.order();
    CHECK(std::find(order.begin(), order.end(), "chat:b missed") <
          std::find(order.begin(), order.end(), R"(chat:a {"waited":1})"));
}

TEST_CASE("what was never sent when the last hub ends is told", "[redis][bus]")
{
    redis_server server{{}, false};
    redis_bus_options options;
    bus_problems told;
    told.listen(options);
    redis_node node{eager(server), options};
    recording_sink sink;
    std::atomic<int> answered{0};
    node.bus.attach(sink);
    for (int i = 0; i != 3; ++i) {
        CHECK_FALSE(node.bus.publish({.channel = "chat:a", .body = "{}"}).error);
        CHECK_FALSE(
            node.bus.publish({.channel = "chat:a", .body = "{}"}, [&](const bus_receipt&) { ++answered; }).error);
    }
    node.bus.detach(sink);
    CHECK(bus_eventually([&] { return told.tell(": 3 messages were never sent"); }));
    CHECK(answered == 3); // their publishers know
    CHECK(node.bus.stats().lost == 6);
}

TEST_CASE("what waits too long or is too much is refused, and nobody gets it", "[redis][bus]")
{
    redis_server server{{}, false};
    auto options = eager(server);
    options.queue_messages = 10;
    options.queue_time = 50ms;
    redis_node node{options};
    recording_sink sink;
    node.bus.attach(sink);
    std::atomic<int> unavailable{0};
    for (int i = 0; i != 10; ++i)
        CHECK_FALSE(node.bus
                        .publish({.channel = "chat:a", .body = "{}"},
                                 [&](const bus_receipt& r) { unavailable += r.error == error::bus_unavailable; })
                        .error);
    const auto refused =
        node.bus.publish({.channel = "chat:a", .body = "{}"}, [&](const bus_receipt&) { unavailable += 100; });
    CHECK(refused.error == error::bus_unavailable);
    CHECK_FALSE(refused.dispatched_to_cluster);
    CHECK(bus_eventually([&] { return unavailable == 10; }));
    const std::string large(2 * 1024 * 1024, 'x'), key(1025, 'k');
    CHECK(node.bus.publish({.channel = "chat:a", .body = large}).error == error::message_too_large);
    CHECK(node.bus.publish({.channel = "chat:a", .body = "{}", .key = key}).error == error::message_too_large);
    node.bus.detach(sink);
}

TEST_CASE("a frozen Redis is noticed, and who waits for it is let in", "[redis][bus]")
{
    redis_server server;
    redis_nodes nodes{eager(server), 1, impatient()};
    redis_sink a{nodes.bus(0)};
    REQUIRE(a.join("chat:a"));
    a.sink.forget();
    server.freeze();
    CHECK_FALSE(a.bus.join(a.sink, "chat:b"));
    CHECK(bus_eventually([&] { return a.sink.take_joined("chat:b"); }));
    CHECK(bus_eventually([&] { return !a.sink.up(); }));
    CHECK(a.sink.changes().front().problem == server.url() + "/0: does not answer the probe");
    CHECK(a.sink.missed_count("chat:a") == 0); // not yet: the hole is still open
    server.thaw();
    CHECK(bus_eventually([&] { return a.sink.up(); }));
    for (const auto* room : {"chat:a", "chat:b"}) {
        CHECK(a.sink.missed_count(room) == 1);
        REQUIRE_FALSE(a.publish(room, "{}").error);
        CHECK(bus_eventually([&] { return a.sink.bodies(room).size() == 1; }));
    }
    CHECK(a.sink.missed_count("") == 1);
}

TEST_CASE("the loss of either connection is the loss of both", "[redis][bus]")
{
    redis_server server;
    redis_nodes nodes{eager(server), 1, impatient()};
    redis_sink a{nodes.bus(0)};
    REQUIRE(a.join("chat:a"));
    for (const auto* type : {"pubsub", "normal"}) {
        a.sink.forget();
        server.command({"CLIENT", "KILL", "TYPE", type, "SKIPME", "yes"});
        CHECK(bus_eventually([&] { return a.sink.missed_count("chat:a") == 1 && a.sink.up(); }));
        CHECK(a.sink.changes().size() >= 2);
        REQUIRE_FALSE(a.publish("chat:a", "{}").error);
        CHECK(bus_eventually([&] { return a.sink.has("{}"); }));
        CHECK(a.sink.missed_count("chat:a") == 1);
    }
    CHECK(a.bus.stats().reconnects == 2);
}

TEST_CASE("a Redis that has become a replica is left", "[redis][bus]")
{
    redis_server master, server;
    redis_nodes nodes{eager(server), 1, impatient()};
    redis_sink a{nodes.bus(0)};
    REQUIRE(a.join("chat:a"));
    a.sink.forget();
    server.command({"REPLICAOF", "127.0.0.1", std::to_string(master.port())});
    CHECK(bus_eventually([&] { return !a.sink.up(); }));
    CHECK(a.sink.changes().front().problem.find("replica") != std::string::npos);
    CHECK(bus_eventually([&] { return a.sink.changes().size() >= 2; })); // nor does it take it again
    CHECK_FALSE(a.sink.up());
    CHECK(a.sink.changes().back().problem.find("replica") != std::string::npos);
    server.command({"REPLICAOF", "NO", "ONE"});
    CHECK(bus_eventually([&] { return a.sink.up(); }));
    CHECK(a.sink.missed_count("chat:a") == 1);
}

TEST_CASE("a sink may go in the bus's own callbacks", "[redis][bus]")
{
    redis_server server;
    auto options = impatient();
    std::function<void()> go;
    std::atomic<bool> going{false}; // at the next problem
    options.on_problem = [&](std::string_view) {
        if (going.exchange(false))
            go();
    };
    redis_nodes nodes{eager(server), 1, options};
    auto& bus = nodes.bus(0);
    std::atomic<bool> gone{false};
    recording_sink sink;
    go = [&] {
        bus.detach(sink);
        sink.gone = true;
        gone = true;
    };
    const auto arrive = [&] {
        sink.gone = gone = false;
        bus.attach(sink);
        CHECK(bus_eventually([&] { return sink.up(); }));
        (void)bus.join(sink, "chat:a");
    };
    arrive();
    CHECK_FALSE(bus.publish({.channel = "chat:a", .body = "{}"}, [&](const bus_receipt&) { go(); }).error);
    CHECK(bus_eventually([&] { return gone.load(); }));
    arrive();
    going = true;
    server.command({"PUBLISH", "notifications", "hello"});
    CHECK(bus_eventually([&] { return gone.load(); }));
    arrive();
    going = true;
    server.kill_hard();
    CHECK(bus_eventually([&] { return gone.load(); }));
    CHECK(sink.calls_when_gone == 0);
}

TEST_CASE("the context may end before the bus and its sinks", "[redis][bus]")
{
    redis_server server;
    recording_sink sink;
    std::optional<redis_bus> bus;
    {
        asio::io_context context;
        bus.emplace(context, server.url());
        bus->attach(sink);
        for (int i = 0; i != 200 && !sink.up(); ++i)
            context.run_one_for(50ms);
        CHECK(sink.up());
        CHECK_FALSE(bus->join(sink, "chat:a"));
        CHECK_FALSE(bus->publish({.channel = "chat:a", .body = "{}"}, [](const bus_receipt&) {}).error);
        context.poll();
        CHECK_FALSE(bus->publish({.channel = "chat:a", .body = "{}"}, [](const bus_receipt&) {}).error);
    }
    CHECK(bus->publish({.channel = "chat:a", .body = "{}"}).error == error::bus_unavailable);
    (void)bus->join(sink, "chat:b");
    bus->leave(sink, "chat:a");
    bus->detach(sink);
    sink.gone = true;
    bus.reset();
    CHECK(sink.calls_when_gone == 0);
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Redis dies in mid-stream: what came keeps its order, and what did not come is told.
#include "bus/redis_support.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <iterator>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

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

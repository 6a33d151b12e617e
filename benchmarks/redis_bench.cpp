// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.

// The parts of the benchmarks that need Redis. BUS is the URL of a Redis, or `in_process`.
//   redis_bench plain URL         publishes to the room `device:plain` by hiredis, one PUBLISH after the other
//   redis_bench node BUS          a server whose hub publishes to `global`
//   redis_bench latency BUS COUNT one message at a time, from `publish` to a client of the same server
//   redis_bench rooms BUS COUNT   clients join so many rooms, a hundred each
// The first two obey the line protocol of bench_server.hpp. The others print one line and end.

#include "bench_node.hpp"
#include "blocking_client.hpp"
#include "plain_redis.hpp"

#include <fanfare/bus/in_process.hpp>
#include <fanfare/bus/redis.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace asio = boost::asio;

namespace {

using clock_type = std::chrono::steady_clock;
constexpr std::size_t message_size = 128;
constexpr std::string_view plain_room = "device:plain";

double seconds_since(clock_type::time_point begin)
{
    return std::chrono::duration<double>(clock_type::now() - begin).count();
}

void run_plain(const std::string& url)
{
    asio::io_context ioc{1};
    bench::plain_redis redis{url};
    const auto channel = "fanfare:room:{" + std::string{plain_room} + '}';
    std::string body; // as cheap as it gets: only the digits are written anew
    std::size_t digits = 0;
    const auto publish = [&](std::uint64_t sequence, std::size_t size) {
        if (body.size() != size) {
            bench::envelope first{plain_room};
            first.payload(bench::first_sequence, size);
            body = first.text();
            digits = body.find(std::to_string(bench::first_sequence));
        }
        body.replace(digits, 8, std::to_string(sequence));
        redis.publish(channel, body);
    };
    bench::control control{
        ioc, {.publish = publish, .connections = [] { return std::size_t{0}; }, .quit = [&ioc] { ioc.stop(); }}};
    control.start(0);
    ioc.run();
}

template <class Bus>
void run_node(asio::io_context& ioc, Bus bus)
{
    bench::node here{ioc, std::move(bus)};
    bench::wait_until_up(ioc, here.hub());
    bench::control control{
        ioc,
        {.publish = [&here](auto sequence, auto size) { here.publish(sequence, size); },
         .connections = [&here] { return static_cast<std::size_t>(here.hub().stats().connections); },
         .quit = [&ioc] { ioc.stop(); }}};
    control.start(here.port());
    ioc.run();
}

// Runs a context in a thread, and stops it at the end.
class runner {
public:
    explicit runner(asio::io_context& ioc) : ioc_{ioc}, work_{ioc.get_executor()}, thread_{[&ioc] { ioc.run(); }}
    {}
    ~runner()
    {
        ioc_.stop();
        thread_.join();
    }
    runner(const runner&) = delete;
    runner& operator=(const runner&) = delete;

private:
    asio::io_context& ioc_;
    asio::executor_work_guard<asio::io_context::executor_type> work_;
    std::thread thread_;
};

template <class Bus>
void measure_latency(asio::io_context& ioc, Bus bus, std::size_t count)
{
    constexpr std::size_t warm_up = 200;
    bench::node here{ioc, std::move(bus)};
    bench::wait_until_up(ioc, here.hub());
    const runner running{ioc};
    bench::blocking_client receiver{here.port()};
    receiver.reach(bench::stage::ready, "global");
    std::vector<double> us;
    for (std::size_t i = 0; i != warm_up + count; ++i) {
        const auto begin = clock_type::now();
        here.publish(bench::first_sequence + i, message_size);
        receiver.wait(i + 1);
        if (i >= warm_up)
            us.push_back(seconds_since(begin) * 1e6);
    }
    if (!receiver.exact(warm_up + count, message_size))
        throw std::runtime_error{"not every message arrived once and in order"};
    std::sort(us.begin(), us.end());
    std::printf("p50_us %.1f p99_us %.1f checked\n", us[us.size() / 2], us[us.size() * 99 / 100]);
}

// What Redis says of the subscriptions; nothing without Redis.
struct subscriptions {
    std::unique_ptr<bench::plain_redis> redis;

    std::uint64_t commands() const { return redis ? redis->info("commandstats", "cmdstat_subscribe:calls=") : 0; }
    std::uint64_t memory() const { return redis ? redis->info("memory", "used_memory:") : 0; }
    void wait_for(std::uint64_t channels, std::uint64_t least_commands = 0) const
    {
        const auto begin = clock_type::now();
        while (commands() < least_commands || redis->info("stats", "pubsub_channels:") != channels) {
            if (seconds_since(begin) > 30)
                throw std::runtime_error{"the rooms were not subscribed within 30 s"};
            std::this_thread::sleep_for(std::chrono::milliseconds{1});
        }
    }
};

template <class Bus>
void measure_rooms(asio::io_context& ioc, Bus bus, std::size_t count, const subscriptions& seen)
{
    constexpr std::size_t rooms_a_client = 100;
    fanfare::server_options serving; // the credential names the rooms: then `connected` says that all are in force
    serving.authenticate = [next = std::size_t{0}](const fanfare::handshake_request&,
                                                   fanfare::auth_done done) mutable {
        fanfare::identity who;
        for (std::size_t i = 0; i != rooms_a_client; ++i)
            who.rooms.push_back("device:" + std::to_string(1'000'000 + next++));
        done(std::move(who));
    };
    bench::node here{ioc, std::move(bus), std::move(serving)};
    bench::wait_until_up(ioc, here.hub());
    const runner running{ioc};
    const auto heap = bench::heap_bytes();
    const auto memory = seen.memory();
    const auto commands = seen.commands();
    const auto begin = clock_type::now();
    std::deque<bench::blocking_client> clients;
    for (std::size_t i = 0; i != count / rooms_a_client; ++i)
        clients.emplace_back(here.port());
    for (auto& c : clients)
        c.reach(bench::stage::subscribing, "none:such"); // its `connected` has come; nothing else is to be read
    const auto joined = seconds_since(begin);
    const auto sent = seen.commands() - commands;
    const auto per_room = [count](auto after, auto before) {
        return (static_cast<double>(after) - static_cast<double>(before)) / static_cast<double>(count);
    };
    std::printf("join_ms %.1f commands %llu heap_a_room %.0f redis_a_room %.0f ", joined * 1e3,
                static_cast<unsigned long long>(sent), per_room(bench::heap_bytes(), heap),
                per_room(seen.memory(), memory));
    double again = 0;
    if (seen.redis) {
        const auto lost = clock_type::now();
        seen.redis->drop_subscribers();
        seen.wait_for(count + 4, commands + sent + 1);
        again = seconds_since(lost);
    }
    std::printf("again_ms %.1f again_commands %llu\n", again * 1e3,
                static_cast<unsigned long long>(seen.commands() - commands - sent));
}

template <class Bus>
void run_on(const std::string& role, asio::io_context& ioc, Bus bus, std::size_t count, const subscriptions& seen)
{
    if (role == "node")
        run_node(ioc, std::move(bus));
    else if (role == "latency")
        measure_latency(ioc, std::move(bus), count);
    else
        measure_rooms(ioc, std::move(bus), count, seen);
}

} // namespace

int main(int argc, char** argv)
try {
    const std::string role = argc > 1 ? argv[1] : "", where = argc > 2 ? argv[2] : "";
    const std::size_t count = argc > 3 ? std::stoul(argv[3]) : 1;
    const auto roles = {"plain", "node", "latency", "rooms"};
    if (where.empty() || std::find(roles.begin(), roles.end(), role) == roles.end())
        throw std::runtime_error{"usage: redis_bench plain|node|latency|rooms URL|in_process [COUNT]"};
    if (role == "plain") {
        run_plain(where);
        return 0;
    }
    asio::io_context ioc{1};
    if (where == "in_process")
        run_on(role, ioc, fanfare::in_process_bus{}, count, {});
    else
        run_on(role, ioc, fanfare::redis_bus{ioc, where}, count, {std::make_unique<bench::plain_redis>(where)});
} catch (const std::exception& e) {
    std::fprintf(stderr, "redis_bench: %s\n", e.what());
    return 1;
}

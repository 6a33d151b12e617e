// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.

// The parts of the benchmarks that need Redis. BUS is the URL of a Redis, or `in_process`.
//   redis_bench plain URL         publishes to the room `device:plain` by hiredis, one PUBLISH after the other
//   redis_bench node BUS          a server whose hub publishes to `global`
//   redis_bench latency BUS COUNT one message at a time, from `publish` to a client of the same server
//   redis_bench rooms BUS COUNT   clients join so many rooms, a hundred each
// The first two obey the line protocol of bench_server.hpp. The others print one line and end.

#include "load_client.hpp"

#include <fanfare/bus/redis.hpp>
#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/fanfare.hpp>
#include <fanfare/server.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/json/value.hpp>
#include <boost/system/system_error.hpp>
#include <hiredis/hiredis.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <memory>
#include <netinet/in.h>
#include <string_view>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <vector>

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

using clock_type = std::chrono::steady_clock;
constexpr std::size_t message_size = 128;
constexpr std::string_view plain_room = "device:plain";

double seconds_since(clock_type::time_point begin)
{
    return std::chrono::duration<double>(clock_type::now() - begin).count();
}

// A connection as one opens it by hand. Every command waits for its reply.
class plain_redis {
public:
    explicit plain_redis(const std::string& url)
    {
        const auto where = fanfare::parse_redis_url(url);
        context_.reset(::redisConnect(where.host.c_str(), where.port));
        if (!context_ || context_->err)
            throw std::runtime_error{"cannot connect to Redis"};
    }

    void publish(const std::string& channel, const std::string& body)
    {
        take(::redisCommand(context_.get(), "PUBLISH %s %b", channel.c_str(), body.data(), body.size()));
    }

    /// The number behind `name` in INFO's `section`; 0 if it is not there.
    std::uint64_t info(const char* section, std::string_view name)
    {
        const auto reply = take(::redisCommand(context_.get(), "INFO %s", section));
        const std::string_view text{reply->str, static_cast<std::size_t>(reply->len)};
        const auto at = text.find(name);
        return at == text.npos ? 0 : std::strtoull(text.data() + at + name.size(), nullptr, 10);
    }

    void drop_subscribers() { take(::redisCommand(context_.get(), "CLIENT KILL TYPE pubsub")); }

private:
    struct deleter {
        void operator()(redisContext* c) const { ::redisFree(c); }
        void operator()(redisReply* r) const { ::freeReplyObject(r); }
    };
    using reply_ptr = std::unique_ptr<redisReply, deleter>;

    static reply_ptr take(void* reply)
    {
        reply_ptr owned{static_cast<redisReply*>(reply)};
        if (!owned || owned->type == REDIS_REPLY_ERROR)
            throw std::runtime_error{owned ? std::string{owned->str} : "Redis does not answer"};
        return owned;
    }

    std::unique_ptr<redisContext, deleter> context_;
};

// An envelope of which only the number changes.
class envelope {
public:
    explicit envelope(std::string_view room) : room_{room}, payload_{{"seq", bench::first_sequence}, {"pad", ""}}
    {}

    const json::value& payload(std::uint64_t sequence, std::size_t size)
    {
        if (size != size_) {
            payload_.at("pad") = "";
            payload_.at("pad") = std::string(bench::padding(size, text().size()), 'x');
            size_ = size;
        }
        payload_.at("seq") = sequence;
        return payload_;
    }

    std::string text() const
    {
        return fanfare::detail::write_envelope({.type = "bench", .room = room_, .payload = &payload_},
                                               std::chrono::system_clock::now());
    }

private:
    std::string_view room_;
    json::value payload_;
    std::size_t size_ = 0;
};

void run_plain(const std::string& url)
{
    asio::io_context ioc{1};
    plain_redis redis{url};
    const auto channel = "fanfare:room:{" + std::string{plain_room} + '}';
    std::string body; // as cheap as it gets: only the digits are written anew
    std::size_t digits = 0;
    const auto publish = [&](std::uint64_t sequence, std::size_t size) {
        if (body.size() != size) {
            envelope first{plain_room};
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

// A hub, a server and the thread that runs them.
template <class Bus>
class node {
public:
    node(asio::io_context& ioc, Bus bus, fanfare::server_options serving = {})
        : hub_{ioc.get_executor(), std::move(bus), options()}, server_{hub_, local(std::move(serving))}
    {}

    fanfare::hub<Bus>& hub() { return hub_; }
    unsigned short port() const { return server_.port(); }

    void publish(std::uint64_t sequence, std::size_t size)
    {
        if (const auto receipt = room_.publish("bench", next_.payload(sequence, size)); !receipt)
            throw boost::system::system_error{receipt.error};
    }

private:
    static fanfare::hub_options options()
    {
        fanfare::hub_options o;
        o.executors_are_serial = true;
        o.outbox_messages = 1'000'000; // a burst must not close a receiver
        o.outbox_bytes = 256 * 1024 * 1024;
        return o;
    }
    static fanfare::server_options local(fanfare::server_options o)
    {
        o.address = "127.0.0.1";
        o.port = 0;
        return o;
    }

    fanfare::hub<Bus> hub_;
    fanfare::server server_;
    fanfare::room<> room_ = hub_.room("global");
    envelope next_{"global"};
};

// Runs nothing else: `ioc` must not be running.
template <class Bus>
void wait_until_up(asio::io_context& ioc, const fanfare::hub<Bus>& hub)
{
    const auto deadline = clock_type::now() + std::chrono::seconds{30};
    while (!hub.status().up)
        if (ioc.run_one_until(deadline) == 0)
            throw std::runtime_error{"the bus did not come up within 30 s: " + hub.status().problem};
}

template <class Bus>
void run_node(asio::io_context& ioc, Bus bus)
{
    node here{ioc, std::move(bus)};
    wait_until_up(ioc, here.hub());
    bench::control control{
        ioc,
        {.publish = [&here](auto sequence, auto size) { here.publish(sequence, size); },
         .connections = [&here] { return static_cast<std::size_t>(here.hub().stats().connections); },
         .quit = [&ioc] { ioc.stop(); }}};
    control.start(here.port());
    ioc.run();
}

// One client of this process' server, used by one thread.
class client {
public:
    explicit client(unsigned short port) : fd_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)}
    {
        sockaddr_in server{};
        server.sin_family = AF_INET;
        server.sin_port = htons(port);
        server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const timeval patience{.tv_sec = 30, .tv_usec = 0};
        if (fd_ < 0 || ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0 ||
            ::connect(fd_, reinterpret_cast<const sockaddr*>(&server), sizeof server) < 0)
            throw std::system_error{errno, std::generic_category(), "connect"};
        send(bench::load_client::upgrade_request(port, "/api/v1/ws"));
    }
    ~client() { ::close(fd_); }
    client(const client&) = delete;
    client& operator=(const client&) = delete;

    /// Reads until the client is that far.
    void reach(bench::stage stage, const std::string& room)
    {
        while (client_.at() != stage)
            read(room);
    }
    void wait(std::uint64_t messages)
    {
        while (client_.messages() < messages)
            read("global");
    }
    bool exact(std::uint64_t messages) const
    {
        return all_.messages == messages && all_.lost == 0 && all_.out_of_order == 0 &&
               all_.min_size == message_size && all_.max_size == message_size;
    }

private:
    void read(const std::string& room)
    {
        std::array<char, 16 * 1024> input; // here, since what a client allocates is counted with the server's
        const auto n = ::recv(fd_, input.data(), input.size(), 0);
        if (n <= 0)
            throw std::runtime_error{"the client was dropped, or nothing came for 30 s"};
        std::string output;
        client_.take({input.data(), static_cast<std::size_t>(n)}, room, all_, output);
        if (client_.at() == bench::stage::closed)
            throw std::runtime_error{"the client was refused or dropped"};
        if (!output.empty())
            send(output);
    }
    void send(std::string_view bytes)
    {
        if (::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size()))
            throw std::runtime_error{"the client was dropped"};
    }

    int fd_;
    bench::load_client client_;
    bench::totals all_;
};

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
    node here{ioc, std::move(bus)};
    wait_until_up(ioc, here.hub());
    const runner running{ioc};
    client receiver{here.port()};
    receiver.reach(bench::stage::ready, "global");
    std::vector<double> us;
    for (std::size_t i = 0; i != warm_up + count; ++i) {
        const auto begin = clock_type::now();
        here.publish(bench::first_sequence + i, message_size);
        receiver.wait(i + 1);
        if (i >= warm_up)
            us.push_back(seconds_since(begin) * 1e6);
    }
    if (!receiver.exact(warm_up + count))
        throw std::runtime_error{"not every message arrived once and in order"};
    std::sort(us.begin(), us.end());
    std::printf("p50_us %.1f p99_us %.1f checked\n", us[us.size() / 2], us[us.size() * 99 / 100]);
}

// What Redis says of the subscriptions; nothing without Redis.
struct subscriptions {
    std::unique_ptr<plain_redis> redis;

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
    node here{ioc, std::move(bus), std::move(serving)};
    wait_until_up(ioc, here.hub());
    const runner running{ioc};
    const auto heap = bench::heap_bytes();
    const auto memory = seen.memory();
    const auto commands = seen.commands();
    const auto begin = clock_type::now();
    std::deque<client> clients;
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
        run_on(role, ioc, fanfare::redis_bus{ioc, where}, count, {std::make_unique<plain_redis>(where)});
} catch (const std::exception& e) {
    std::fprintf(stderr, "redis_bench: %s\n", e.what());
    return 1;
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_BUS_REDIS_SUPPORT_HPP
#define FANFARE_TESTS_BUS_REDIS_SUPPORT_HPP

#include "bus/conformance.hpp"
#include "redis/redis_server.hpp"

#include <fanfare/bus/redis.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace fanfare::test {

using namespace std::chrono_literals;

// One process's end of the bus: a context that two threads run, and a bus.
class redis_node {
public:
    explicit redis_node(redis_options redis, redis_bus_options options = {})
        : guard_{context_.get_executor()}, bus{context_, std::move(redis), std::move(options)},
          threads_{std::thread{[this] { context_.run(); }}, std::thread{[this] { context_.run(); }}}
    {}
    ~redis_node()
    {
        context_.stop();
        for (auto& t : threads_)
            t.join();
    }
    redis_node(const redis_node&) = delete;
    redis_node& operator=(const redis_node&) = delete;

private:
    asio::io_context context_;
    asio::executor_work_guard<asio::io_context::executor_type> guard_;

public:
    redis_bus bus;

private:
    std::thread threads_[2];
};

class redis_nodes {
public:
    redis_nodes(const redis_options& redis, std::size_t n, const redis_bus_options& options = {})
    {
        for (std::size_t i = 0; i != n; ++i)
            nodes_.emplace_back(redis, options);
    }
    redis_bus& bus(std::size_t i) { return nodes_[i].bus; }

private:
    std::deque<redis_node> nodes_;
};

// Connects again quickly.
inline redis_options eager(const redis_server& server)
{
    auto options = parse_redis_url(server.url());
    options.first_backoff = 10ms;
    options.max_backoff = 50ms;
    return options;
}

// Notices quickly what is wrong.
inline redis_bus_options impatient()
{
    redis_bus_options options;
    options.linger = 100ms;
    options.probe_interval = 50ms;
    options.probe_timeout = 500ms;
    return options;
}

using redis_sink = attached_sink<redis_bus>;

// What `on_problem` was told.
struct bus_problems {
    std::mutex mutex;
    std::vector<std::string> all;

    void listen(redis_bus_options& options)
    {
        options.on_problem = [this](std::string_view text) {
            const std::lock_guard lock{mutex};
            all.emplace_back(text);
        };
    }
    bool tell(std::string_view part)
    {
        const std::lock_guard lock{mutex};
        return std::any_of(all.begin(), all.end(),
                           [part](const auto& p) { return p.find(part) != std::string::npos; });
    }
    std::size_t size()
    {
        const std::lock_guard lock{mutex};
        return all.size();
    }
};

inline std::string body_of(int publisher, int i)
{
    return detail::numbered_body(static_cast<std::size_t>(publisher), i);
}

// How often the server has run this command, by INFO commandstats.
inline long calls_of(const redis_server& server, const std::string& command)
{
    const auto info = server.command({"INFO", "commandstats"});
    const auto at = info.find("cmdstat_" + command + ":calls=");
    return at == std::string::npos ? 0 : std::stol(info.substr(info.find('=', at) + 1));
}

inline std::size_t subscribers(const redis_server& server, const std::string& channel)
{
    // PUBSUB NUMSUB answers an array; SPUBLISH would not count. EVAL gives the number alone.
    const auto reply = server.command({"EVAL", "return redis.call('PUBSUB','NUMSUB',ARGV[1])[2]", "0", channel});
    return reply.starts_with(':') ? std::stoul(reply.substr(1)) : 99;
}

} // namespace fanfare::test

#endif

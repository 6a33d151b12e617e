// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_STORE_REDIS_SUPPORT_HPP
#define FANFARE_TESTS_STORE_REDIS_SUPPORT_HPP

// What the tests of history in Redis share.
#include "bus/redis_support.hpp"
#include "redis/client_support.hpp"
#include "store/conformance.hpp"

#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/error.hpp>
#include <fanfare/store/redis.hpp>

#include <boost/system/system_error.hpp>

#include <deque>
#include <memory>

namespace fanfare::test::redis_stores {

inline constexpr history_limits hundred{.messages = 100};

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
    error_code check_capacity(const bus_message&) noexcept override { return {}; }
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

inline std::string with_position(const std::string& body, const position& at)
{
    return body.substr(0, body.size() - 1) + ",\"offset\":" + std::to_string(at.offset) + ",\"epoch\":\"" +
           detail::epoch_text(at.epoch) + "\"}";
}

inline std::string numbered(std::size_t n)
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

inline void append_many(redis_store& store, std::size_t count, history_limits limits,
                        const std::shared_ptr<answers>& to)
{
    for (std::size_t i = 1; i <= count; ++i)
        store.async_append({.room = "r", .message = {.body = numbered(i)}, .limits = limits}, to->taker(to));
}

inline std::vector<std::string> bodies(const history_page& page)
{
    std::vector<std::string> out;
    for (const auto& m : page.messages)
        out.push_back(m.body);
    return out;
}

// All that was appended so far is in the kernel's hands: an observer is told after that.
inline void wait_until_written(redis_client& client)
{
    const journal notes;
    client.on_state([notes](bool, const std::string&) { notes.add("here"); });
    REQUIRE(notes.wait_for_count(1));
}

inline long number_in(const std::string& reply)
{
    return std::strtol(reply.c_str() + 1, nullptr, 10); // ":7"
}

inline const std::string log_key = "fanfare:history:{r}:log", meta_key = "fanfare:history:{r}:meta";

} // namespace fanfare::test::redis_stores

#endif

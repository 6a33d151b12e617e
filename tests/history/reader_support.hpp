// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_HISTORY_READER_SUPPORT_HPP
#define FANFARE_TESTS_HISTORY_READER_SUPPORT_HPP

// What the tests of the history reader share.
#include "support/catch.hpp"

#include <fanfare/bus/in_process.hpp>
#include <fanfare/detail/history/history_reader.hpp>

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fanfare::test::histories {

using namespace fanfare::detail;

inline constexpr std::uint64_t epoch = 7;

// What a store was asked.
struct asked {
    std::string room;
    history_query query;
    history_done done;
};

// A store that answers when the test says so.
class scripted_store {
public:
    void async_append(const history_append&, const append_done& done) { done({.error = error::store_failed}); }
    void async_read(std::string_view room, const history_query& query, history_done done)
    {
        asked_->push_back({std::string{room}, query, std::move(done)});
    }
    std::size_t waiting() const { return asked_->size(); }
    asked next()
    {
        REQUIRE_FALSE(asked_->empty());
        auto first = std::move(asked_->front());
        asked_->pop_front();
        return first;
    }

private:
    std::shared_ptr<std::deque<asked>> asked_ = std::make_shared<std::deque<asked>>();
};
static_assert(fanfare::store<scripted_store>);

// Everything after `from` up to `top`, of what begins at `oldest`.
inline history_page page(std::uint64_t from, std::uint64_t top, std::uint64_t oldest = 1, std::uint64_t in = epoch)
{
    history_page out{.top = {in, top}, .oldest = oldest};
    for (auto i = std::max(from + 1, oldest); i <= top; ++i)
        out.messages.push_back({.offset = i, .body = R"({"type":"n"})"});
    return out;
}

struct no_hub final : bus_sink {
    error_code check_capacity(const bus_message&) noexcept override { return {}; }
    void deliver(const bus_message&) override {}
    void joined(std::string_view) override {}
    void missed(std::string_view) override {}
    void changed(const bus_status&) override {}
};

// A reader, with one shard that runs when the test says so.
struct reading {
    static constexpr std::size_t max_recovery = 50;
    static constexpr std::size_t page_bytes = 1000;

    reading() { life.begin(owner); }
    room_ptr room(std::string_view name, std::size_t history = 100)
    {
        return rooms.obtain(name, std::make_shared<const namespace_rules>(room_options{.history = history}));
    }
    // Lets the shard do what is queued.
    void run()
    {
        context.restart();
        context.poll();
    }

    asio::io_context context{1};
    hub_options options{.outbox_bytes = 4 * page_bytes, .max_recovery = max_recovery, .max_pending_reads = 3};
    room_registry rooms{1};
    hub_counters count;
    lifetime life;
    no_hub sink;
    any_bus bus{in_process_bus{}};
    bus_subscriptions subscriptions{bus, sink, rooms, count};
    shard_services shared{options, rooms, subscriptions, life};
    shard_set shards{{context.get_executor()}, shared};
    namespaces rules{32, true};
    scripted_store script;
    any_store store{script};
    history_reader reader{store, shards, rules, options, count, life};
    std::shared_ptr<void> owner = std::make_shared<int>(0); // the hub
};

} // namespace fanfare::test::histories

#endif

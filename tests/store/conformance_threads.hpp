// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_STORE_CONFORMANCE_THREADS_HPP
#define FANFARE_TESTS_STORE_CONFORMANCE_THREADS_HPP

// What every store must do when many threads and processes use it at once. See conformance.hpp.
#include "blocking_store.hpp"

#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_test_macros.hpp>
#else
#include <catch2/catch.hpp>
#endif

#include <fanfare/store.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

namespace fanfare::test {

namespace store_promises {

// Many threads with one key: one message.
template <class Make>
void one_of_many_duplicates(Make& make)
{
    auto stores = make(2);
    std::atomic<int> stored{0}, duplicates{0}, wrong{0};
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t != 4; ++t)
        threads.emplace_back([&, own = handle(stores, t % 2)]() mutable {
            for (std::uint64_t i = 1; i <= 50; ++i) {
                const auto answer = own.append("chat:a", body(i), hundred, std::to_string(i));
                stored += !answer.error && !answer.duplicate ? 1 : 0;
                duplicates += answer.duplicate ? 1 : 0;
                wrong += answer.at.offset == i ? 0 : 1;
            }
        });
    for (auto& t : threads)
        t.join();
    CHECK(stored == 50);
    CHECK(duplicates == 150);
    CHECK(wrong == 0); // a thread goes on when its key is known: so the n-th key is the n-th message
    auto store = handle(stores, 0);
    const auto page = store.read("chat:a", {.limit = 100, .limits = hundred});
    CHECK(offsets(page) == range(1, 50));
}

// What the handlers of one room's appends saw.
struct seen {
    std::atomic<int> inside{0}, overlaps{0}, errors{0}, calls{0};
    std::atomic<std::uint64_t> answered{0};
    std::mutex mutex;
    std::vector<std::uint64_t> order;
    std::set<std::uint64_t> epochs;

    void take(const append_answer& a)
    {
        overlaps += inside.fetch_add(1) == 0 ? 0 : 1;
        errors += a.error ? 1 : 0;
        {
            const std::lock_guard lock{mutex};
            order.push_back(a.at.offset);
            epochs.insert(a.at.epoch);
        }
        answered = a.at.offset;
        inside.fetch_sub(1);
        ++calls;
    }
};

template <class Make>
void handlers_in_order(Make& make)
{
    constexpr int count = 200;
    auto stores = make(1);
    std::vector<std::shared_ptr<seen>> rooms;
    for (int r = 0; r != 3; ++r)
        rooms.push_back(std::make_shared<seen>());
    for (std::uint64_t i = 1; i <= count; ++i)
        for (std::size_t r = 0; r != rooms.size(); ++r) {
            const auto room = "chat:" + std::to_string(r);
            stores->store(0).async_append(
                {.room = room, .message = {.body = body(i)}, .limits = {.messages = count}},
                [own = rooms[r]](const append_answer& a) { own->take(a); });
        }
    for (std::size_t r = 0; r != rooms.size(); ++r) {
        auto& room = *rooms[r];
        REQUIRE(store_eventually([&] { return room.calls >= count; }));
        CHECK(room.calls == count);
        CHECK(room.errors == 0);
        CHECK(room.overlaps == 0);
        CHECK(room.epochs.size() == 1);
        CHECK(room.order == range(1, count));
        auto store = handle(stores, 0);
        const auto page = store.read("chat:" + std::to_string(r), {.limit = count, .limits = {.messages = count}});
        REQUIRE(page.messages.size() == count);
        for (const auto& m : page.messages) // and what one thread appended is in its order
            CHECK(m.body == body(m.offset));
    }
}

// One view: no hole, nothing that is not kept, and everything that was answered before.
inline bool is_consistent(const history_page& page, const history_query& query, std::uint64_t answered,
                          std::uint64_t epoch)
{
    if (page.top.epoch != epoch || page.top.offset < answered || page.oldest > page.top.offset + 1)
        return false;
    const auto& m = page.messages;
    for (std::size_t i = 1; i < m.size(); ++i)
        if (m[i].offset != (query.newest_first ? m[i - 1].offset - 1 : m[i - 1].offset + 1))
            return false;
    if (m.empty())
        return page.top.offset == 0;
    const auto newest = query.newest_first ? m.front().offset : m.back().offset;
    const auto oldest = query.newest_first ? m.back().offset : m.front().offset;
    const auto kept = page.top.offset + 1 - page.oldest;
    return newest <= page.top.offset && oldest >= page.oldest && kept <= query.limits.messages &&
           m.size() == std::min<std::uint64_t>(query.limit, kept) &&
           (query.newest_first ? newest == page.top.offset : oldest == page.oldest);
}

template <class Make>
void many_threads(Make& make)
{
    constexpr int each = 150;
    static constexpr history_limits limits{.messages = 40};
    auto stores = make(1);
    const auto room = std::make_shared<seen>();
    auto reader = handle(stores, 0);
    const auto epoch = reader.read("chat:a", {.limits = limits}).top.epoch;
    std::atomic<int> running{4};
    std::vector<std::thread> writers;
    for (std::uint64_t w = 0; w != 4; ++w)
        writers.emplace_back([&, own = stores->store(0), w]() mutable {
            for (std::uint64_t i = 0; i != each; ++i) {
                own.async_append({.room = "chat:a", .message = {.body = body(w * each + i)}, .limits = limits},
                                 [room](const append_answer& a) { room->take(a); });
                if (i % 30 == 29) // no more in flight than any store bears
                    store_eventually([&] { return room->calls + 240 > static_cast<int>(4 * i); });
            }
            --running;
        });
    int wrong = 0;
    for (bool turn = false; running != 0 || room->calls < 4 * each; turn = !turn) {
        const std::uint64_t answered = room->answered;
        const history_query query{.limit = 25, .newest_first = turn, .limits = limits};
        const auto page = reader.read("chat:a", query);
        wrong += !reader.error() && is_consistent(page, query, answered, epoch) ? 0 : 1;
        if (running == 0 && !store_eventually([&] { return room->calls >= 4 * each; }))
            break;
    }
    for (auto& t : writers)
        t.join();
    CHECK(wrong == 0);
    CHECK(room->calls == 4 * each);
    CHECK(room->errors == 0);
    CHECK(room->overlaps == 0);
    CHECK((room->epochs == std::set{epoch}));
    CHECK(room->order == range(1, 4 * each));
}

// What several processes append at once: each offset once, none left out.
template <class Make>
void many_processes(Make& make)
{
    constexpr int each = 100;
    static constexpr history_limits limits{.messages = 1000};
    auto stores = make(3);
    std::vector<std::shared_ptr<seen>> own;
    std::vector<std::thread> writers;
    for (std::size_t p = 0; p != 3; ++p) {
        own.push_back(std::make_shared<seen>());
        writers.emplace_back([store = stores->store(p), mine = own.back()]() mutable {
            for (std::uint64_t i = 0; i != each; ++i)
                store.async_append({.room = "chat:a", .message = {.body = body(i)}, .limits = limits},
                                   [mine](const append_answer& a) { mine->take(a); });
        });
    }
    for (auto& t : writers)
        t.join();
    std::set<std::uint64_t> all;
    for (const auto& one : own) {
        REQUIRE(store_eventually([&] { return one->calls >= each; }));
        CHECK(one->errors == 0);
        CHECK(std::is_sorted(one->order.begin(), one->order.end()));
        all.insert(one->order.begin(), one->order.end());
    }
    CHECK(all.size() == 3 * each);
    CHECK(*all.begin() == 1);
    CHECK(*all.rbegin() == 3 * each);
    auto store = handle(stores, 1);
    CHECK(offsets(store.read("chat:a", {.limit = 1000, .limits = limits})) == range(1, 3 * each));
}

} // namespace store_promises

} // namespace fanfare::test

#endif

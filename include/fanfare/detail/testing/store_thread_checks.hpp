// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_TESTING_STORE_THREAD_CHECKS_HPP
#define FANFARE_DETAIL_TESTING_STORE_THREAD_CHECKS_HPP

// Many threads and processes that use a store at once.
#include <fanfare/detail/testing/joined_threads.hpp>
#include <fanfare/detail/testing/store_world.hpp>
#include <fanfare/position.hpp>
#include <fanfare/store.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace fanfare::detail::store_promises {

// Many threads with one key: one message.
template <class World>
void check_one_of_many_duplicates(World& w)
{
    auto& look = w.look;
    look.about("S8", "four threads append with the same 50 keys");
    std::atomic<int> stored{0}, duplicates{0}, wrong{0};
    joined_threads threads;
    for (std::size_t t = 0; t != 4; ++t)
        threads.run([&, own = w[t % 2]]() mutable {
            for (std::uint64_t i = 1; i <= 50; ++i) {
                const auto answer = own.append("chat:a", body(i), hundred, std::to_string(i));
                stored += !answer.error && !answer.duplicate ? 1 : 0;
                duplicates += answer.duplicate ? 1 : 0;
                wrong += answer.at.offset == i ? 0 : 1;
            }
        });
    threads.join();
    look.equal("the number of appends that stored a message", stored, 50);
    look.equal("the number of duplicates", duplicates, 150);
    // A thread goes on when its key is known: so the n-th key is the n-th message.
    look.equal("the number of answers whose offset is not the key's", wrong, 0);
    auto store = w[0];
    const auto page = store.read("chat:a", {.limit = 100, .limits = hundred});
    look.equal("the offsets of the room", offsets(page), range(1, 50));
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

template <class World>
void check_handlers_in_order(World& w)
{
    auto& look = w.look;
    look.about("S10", "200 appends to each of three rooms, without waiting for answers");
    constexpr int count = 200;
    std::vector<std::shared_ptr<seen>> rooms;
    for (int r = 0; r != 3; ++r)
        rooms.push_back(std::make_shared<seen>());
    for (std::uint64_t i = 1; i <= count; ++i)
        for (std::size_t r = 0; r != rooms.size(); ++r) {
            const auto room = "chat:" + std::to_string(r);
            w.store(0).async_append({.room = room, .message = {.body = body(i)}, .limits = {.messages = count}},
                                    [own = rooms[r]](const append_answer& a) { own->take(a); });
        }
    for (std::size_t r = 0; r != rooms.size(); ++r) {
        auto& room = *rooms[r];
        look.require(w.eventually([&] { return room.calls >= count; }), "the handler of each append is called");
        look.equal("the number of calls of the handlers", room.calls, count);
        look.equal("the number of appends with an error", room.errors, 0);
        look.equal("the number of handlers that were called while another one ran", room.overlaps, 0);
        look.equal("the number of epochs", room.epochs.size(), 1);
        look.equal("the offsets in the order of the handlers' calls", room.order, range(1, count));
        auto store = w[0];
        const auto page = store.read("chat:" + std::to_string(r), {.limit = count, .limits = {.messages = count}});
        look.require_equal("the number of messages of the page", page.messages.size(), count);
        for (const auto& m : page.messages) // and what one thread appended is in its order
            look.equal("a message's body", m.body, body(m.offset));
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

template <class World>
void check_many_threads(World& w)
{
    auto& look = w.look;
    look.about("S11", "four threads append while one reads");
    constexpr int each = 150;
    static constexpr history_limits limits{.messages = 40};
    const auto room = std::make_shared<seen>();
    auto reader = w[0];
    const auto epoch = reader.read("chat:a", {.limits = limits}).top.epoch;
    std::atomic<int> running{4};
    joined_threads writers;
    for (std::uint64_t t = 0; t != 4; ++t)
        writers.run([&, own = w.store(0), t]() mutable {
            for (std::uint64_t i = 0; i != each; ++i) {
                own.async_append({.room = "chat:a", .message = {.body = body(t * each + i)}, .limits = limits},
                                 [room](const append_answer& a) { room->take(a); });
                if (i % 30 == 29) // no more in flight than any store bears
                    w.eventually([&] { return room->calls + 240 > static_cast<int>(4 * i); });
            }
            --running;
        });
    int wrong = 0;
    for (bool turn = false; running != 0 || room->calls < 4 * each; turn = !turn) {
        const std::uint64_t answered = room->answered;
        const history_query query{.limit = 25, .newest_first = turn, .limits = limits};
        const auto page = reader.read("chat:a", query);
        wrong += !reader.error() && is_consistent(page, query, answered, epoch) ? 0 : 1;
        if (running == 0 && !w.eventually([&] { return room->calls >= 4 * each; }))
            break;
    }
    writers.join();
    look.equal("the number of pages with a hole, too few messages, or without what was answered before", wrong, 0);
    look.about("S10", "four threads append while one reads");
    look.equal("the number of calls of the handlers", room->calls, 4 * each);
    look.equal("the number of appends with an error", room->errors, 0);
    look.equal("the number of handlers that were called while another one ran", room->overlaps, 0);
    look.equal("the epochs", room->epochs, std::set{epoch});
    look.equal("the offsets in the order of the handlers' calls", room->order, range(1, 4 * each));
}

// What several processes append at once: each offset once, none left out.
template <class World>
void check_many_processes(World& w)
{
    auto& look = w.look;
    look.about("S12", "three handles append to one room at once");
    constexpr int each = 100;
    static constexpr history_limits limits{.messages = 1000};
    std::vector<std::shared_ptr<seen>> own;
    joined_threads writers;
    for (std::size_t p = 0; p != 3; ++p) {
        own.push_back(std::make_shared<seen>());
        writers.run([store = w.store(p), mine = own.back()]() mutable {
            for (std::uint64_t i = 0; i != each; ++i)
                store.async_append({.room = "chat:a", .message = {.body = body(i)}, .limits = limits},
                                   [mine](const append_answer& a) { mine->take(a); });
        });
    }
    writers.join();
    std::set<std::uint64_t> all;
    for (const auto& one : own) {
        look.about("S10", "three handles append to one room at once");
        look.require(w.eventually([&] { return one->calls >= each; }), "the handler of each append is called");
        look.about("S12", "three handles append to one room at once");
        look.equal("the number of appends with an error", one->errors, 0);
        look.expect(std::is_sorted(one->order.begin(), one->order.end()),
                    "the handlers of one handle are called in the order of the offsets");
        all.insert(one->order.begin(), one->order.end());
    }
    look.require_equal("the number of different offsets", all.size(), 3 * each);
    look.equal("the smallest offset", *all.begin(), 1);
    look.equal("the largest offset", *all.rbegin(), 3 * each);
    auto store = w[1];
    look.equal("the offsets that another handle reads",
               offsets(store.read("chat:a", {.limit = 1000, .limits = limits})), range(1, 3 * each));
}

} // namespace fanfare::detail::store_promises

#endif

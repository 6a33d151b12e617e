// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "store/conformance.hpp"

#include <fanfare/store/memory.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

using namespace fanfare;
using fanfare::test::blocking_store;

namespace {

// The stores of one process: handles of one memory.
struct handles {
    explicit handles(std::size_t n) : all(n, memory_store{}) {}
    memory_store& store(std::size_t i) { return all[i]; }
    std::vector<memory_store> all;
};

constexpr history_limits hundred{.messages = 100};

} // namespace

TEST_CASE("the store in memory keeps the promises of a store", "[store]")
{
    test::store_conformance([](std::size_t n) { return std::make_unique<handles>(n); });
}

TEST_CASE("a room that the store in memory has forgotten begins a new epoch", "[store]")
{
    const memory_store memory{{.rooms = 16}};
    blocking_store store{memory};
    const auto first = store.append("chat:first", "{}", hundred).at;
    for (int i = 0; i != 1000; ++i)
        store.append("chat:" + std::to_string(i), "{}", hundred);
    CHECK(memory.rooms() <= 32); // each part of the rooms keeps one at least
    const auto again = store.read("chat:first", {.limit = 10, .limits = hundred});
    CHECK(again.top.epoch != first.epoch);
    CHECK(again.top.epoch != 0);
    CHECK(again.top.offset == 0);
    CHECK(again.messages.empty());
}

TEST_CASE("a room that is used is not forgotten for one that is not", "[store]")
{
    const memory_store memory{{.rooms = 1000}};
    blocking_store store{memory};
    const auto first = store.append("chat:busy", "{}", hundred).at;
    for (int i = 0; i != 3000; ++i) {
        store.append("chat:" + std::to_string(i), "{}", hundred);
        if (i % 10 == 0)
            store.read("chat:busy", {.limits = hundred});
    }
    CHECK((store.read("chat:busy", {.limits = hundred}).top == first));
}

TEST_CASE("the store in memory holds no more bytes than it may, and one message of each room at least", "[store]")
{
    const memory_store memory{{.bytes = 100'000}};
    blocking_store store{memory};
    for (int i = 0; i != 200; ++i)
        store.append("chat:a", std::string(5'000, 'x'), {.messages = 1000});
    CHECK(memory.bytes() <= 100'000);
    CHECK(memory.bytes() > 50'000);
    auto page = store.read("chat:a", {.limit = 1000, .limits = {.messages = 1000}});
    CHECK(page.top.offset == 200);
    CHECK(page.messages.size() == page.top.offset + 1 - page.oldest);
    CHECK(page.messages.size() >= 10);
    store.append("chat:a", std::string(500'000, 'x'), {.messages = 1000}); // larger than all that may be
    page = store.read("chat:a", {.limit = 1000, .limits = {.messages = 1000}});
    CHECK(page.messages.size() == 1);
    CHECK(page.oldest == 201);
}

TEST_CASE("the store in memory gives its bytes back when messages grow old or are pushed out", "[store]")
{
    const memory_store memory;
    blocking_store store{memory};
    const history_limits brief{.messages = 10, .age = std::chrono::milliseconds{50}};
    for (int i = 0; i != 100; ++i)
        store.append("chat:a", std::string(1'000, 'x'), brief);
    CHECK(memory.bytes() < 12'000);
    CHECK(test::store_eventually([&] { return store.read("chat:a", {.limits = brief}).oldest == 101; }));
    CHECK(memory.bytes() == 0);
}

TEST_CASE("the store in memory counts idempotency keys among its bytes, and gives them back", "[store]")
{
    const memory_store memory{{.rooms = 1, .bytes = 100'000}};
    blocking_store store{memory};
    const history_limits one{.messages = 1};
    const auto key = [](int i) { return std::string(200, 'k') + std::to_string(i); };
    store.append("chat:a", "{}", hundred);
    const auto plain = memory.bytes();
    store.append("chat:a", "{}", one, key(0));
    CHECK(memory.bytes() > plain + 400); // the name is there twice
    const auto one_key = memory.bytes();
    CHECK(store.append("chat:a", "{}", one, key(0)).duplicate);
    CHECK(memory.bytes() == one_key);
    for (int i = 1; i != 1000; ++i)
        store.append("chat:a", "{}", one, key(i));
    CHECK(memory.bytes() <= 100'000);
    CHECK(memory.bytes() > 50'000);
    CHECK(store.append("chat:a", "{}", one, key(999)).duplicate);
}

TEST_CASE("the store in memory gives the bytes of idempotency keys back with the keys and with the room",
          "[store]")
{
    const memory_store memory{{.rooms = 1}};
    blocking_store store{memory};
    store.append("chat:a", "{}", hundred);
    const auto plain = memory.bytes();
    const history_limits brief{.messages = 1, .idempotency_window = std::chrono::milliseconds{50}};
    for (int i = 0; i != 100; ++i)
        store.append("chat:a", "{}", brief, std::to_string(i));
    CHECK(test::store_eventually([&] {
        store.read("chat:a", {.limits = hundred});
        return memory.bytes() == plain;
    }));
    for (int i = 0; i != 100; ++i)
        store.append("chat:a", "{}", {.messages = 1}, std::to_string(i));
    CHECK(memory.bytes() > plain + 5'000);
    for (int i = 0; i != 1000; ++i) // each part of the rooms keeps one at least
        store.append("chat:" + std::to_string(i), "{}", hundred);
    CHECK(memory.bytes() <= 17 * plain);
}

TEST_CASE("the store in memory forgets the oldest idempotency key when there are too many", "[store]")
{
    const memory_store memory{{.idempotency_keys = 10}};
    blocking_store store{memory};
    for (int i = 0; i != 100; ++i)
        CHECK_FALSE(store.append("chat:a", "{}", hundred, std::to_string(i)).duplicate);
    CHECK(store.append("chat:a", "{}", hundred, "99").duplicate);
    CHECK_FALSE(store.append("chat:a", "{}", hundred, "0").duplicate);
}

TEST_CASE("two stores in memory know nothing of each other", "[store]")
{
    blocking_store a{memory_store{}}, b{memory_store{}};
    const auto at = a.append("chat:a", "{}", hundred).at;
    const auto other = b.read("chat:a", {.limits = hundred}).top;
    CHECK(other.offset == 0);
    CHECK(other.epoch != at.epoch);
}

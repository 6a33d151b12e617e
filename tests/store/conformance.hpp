// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_STORE_CONFORMANCE_HPP
#define FANFARE_TESTS_STORE_CONFORMANCE_HPP

// What every store must do, as a test for yours. It needs this folder's headers, Catch2 2 or 3, and how to make stores:
//
//     struct my_stores {                      // handles of one new store, as some processes have them
//         explicit my_stores(std::size_t n);
//         my_store& store(std::size_t i);
//     };
//     TEST_CASE("my store keeps the promises of a store")
//     {
//         fanfare::test::store_conformance([](std::size_t n) { return std::make_unique<my_stores>(n); });
//     }
//
// Each part gets stores of its own. The handlers may be called at any time, on any thread: the test waits at most
// `store_patience` for anything.
#include "blocking_store.hpp"
#include "conformance_threads.hpp"

#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_test_macros.hpp>
#else
#include <catch2/catch.hpp>
#endif

#include <fanfare/store.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace fanfare::test {

namespace store_promises {

template <class Make>
void offsets_grow(Make& make)
{
    auto stores = make(1);
    auto store = handle(stores, 0);
    std::uint64_t epoch = 0;
    for (std::uint64_t i = 1; i <= 20; ++i) {
        const auto answer = store.append("chat:a", body(i), hundred);
        REQUIRE_FALSE(answer.error);
        CHECK_FALSE(answer.duplicate);
        CHECK(answer.at.offset == i);
        CHECK(answer.at.epoch != 0);
        CHECK((i == 1 || answer.at.epoch == epoch));
        epoch = answer.at.epoch;
        CHECK((answer.published || answer.stored));
        if (answer.stored) {
            CHECK(answer.stored->offset == i);
            CHECK(answer.stored->body == body(i));
        }
    }
    const auto page = store.read("chat:a", {.limit = 100, .limits = hundred});
    REQUIRE_FALSE(store.error());
    CHECK((page.top == position{epoch, 20}));
    CHECK(page.oldest == 1);
    CHECK(offsets(page) == range(1, 20));
    CHECK(page.messages.front().body == body(1));
    CHECK(page.messages.back().body == body(20));
}

template <class Make>
void epoch_from_the_first_read(Make& make)
{
    auto stores = make(2);
    auto store = handle(stores, 0);
    auto other = handle(stores, 1);
    const auto before = store.read("chat:a", {.limit = 10, .limits = hundred});
    REQUIRE_FALSE(store.error());
    CHECK(before.top.epoch != 0);
    CHECK(before.top.offset == 0);
    CHECK(before.oldest == 1);
    CHECK(before.messages.empty());
    CHECK((other.read("chat:a", {.limits = hundred}).top == before.top));
    const auto first = other.append("chat:a", "{}", hundred);
    CHECK((first.at == position{before.top.epoch, 1}));
    CHECK((store.read("chat:a", {.limits = hundred}).top == first.at));
}

template <class Make>
void count_limit(Make& make)
{
    auto stores = make(1);
    auto store = handle(stores, 0);
    const history_limits three{.messages = 3};
    const auto last = fill(store, "chat:a", 50, three);
    auto page = store.read("chat:a", {.limit = 100, .limits = three});
    CHECK((page.top == last));
    CHECK(page.oldest == 48);
    CHECK(offsets(page) == range(48, 50));
    page = store.read("chat:a", {.from = 10, .limit = 100, .limits = three}); // where nothing is left
    CHECK(page.oldest == 48);
    CHECK(offsets(page) == range(48, 50));
    const history_limits one{.messages = 1};
    fill(store, "chat:b", 5, one);
    page = store.read("chat:b", {.limit = 100, .newest_first = true, .limits = one});
    CHECK(page.oldest == 5);
    CHECK(bodies(page) == std::vector{body(5)});
}

template <class Make>
void age_limit(Make& make)
{
    auto stores = make(1);
    auto store = handle(stores, 0);
    const history_limits hour{.messages = 100, .age = 1h}, moment{.messages = 100, .age = 200ms};
    const auto kept = fill(store, "chat:old", 5, hour);
    const auto gone = fill(store, "chat:new", 5, moment);
    CHECK(
        store_eventually([&] { return store.read("chat:new", {.limit = 9, .limits = moment}).messages.empty(); }));
    auto page = store.read("chat:new", {.limit = 9, .limits = moment});
    CHECK((page.top == gone)); // the place is known, what was there is not
    CHECK(page.oldest == 6);
    page = store.read("chat:old", {.limit = 9, .limits = hour});
    CHECK((page.top == kept));
    CHECK(offsets(page) == range(1, 5));
    const auto next = store.append("chat:new", body(6), moment);
    CHECK((next.at == position{gone.epoch, 6}));
    CHECK(store_eventually([&] { return store.read("chat:new", {.limits = moment}).oldest == 7; }));
}

template <class Make>
void pages(Make& make)
{
    auto stores = make(1);
    auto store = handle(stores, 0);
    const auto top = fill(store, "chat:a", 30, hundred);
    const auto read = [&](std::uint64_t from, std::size_t limit, bool newest_first) {
        const auto page =
            store.read("chat:a", {.from = from, .limit = limit, .newest_first = newest_first, .limits = hundred});
        CHECK_FALSE(store.error());
        CHECK((page.top == top));
        CHECK(page.oldest == 1);
        for (const auto& m : page.messages)
            CHECK(m.body == body(m.offset));
        return offsets(page);
    };
    const auto down = [](std::uint64_t first, std::uint64_t last) {
        auto out = range(last, first);
        std::reverse(out.begin(), out.end());
        return out;
    };
    CHECK(read(0, 0, false).empty());
    CHECK(read(0, 0, true).empty());
    CHECK(read(0, 10, false) == range(1, 10));
    CHECK(read(10, 10, false) == range(11, 20));
    CHECK(read(25, 10, false) == range(26, 30));
    CHECK(read(29, 1, false) == range(30, 30));
    CHECK(read(30, 10, false).empty());
    CHECK(read(31, 10, false).empty());
    CHECK(read(std::numeric_limits<std::uint64_t>::max(), 10, false).empty());
    CHECK(read(0, 1000, false) == range(1, 30));
    CHECK(read(0, 10, true) == down(30, 21));
    CHECK(read(21, 10, true) == down(20, 11));
    CHECK(read(2, 10, true) == down(1, 1));
    CHECK(read(1, 10, true).empty());
    CHECK(read(31, 2, true) == down(30, 29));
    CHECK(read(std::numeric_limits<std::uint64_t>::max(), 2, true) == down(30, 29));
    CHECK(read(0, 1000, true) == down(30, 1));
}

// Bytes of bodies and keys.
inline std::size_t bytes_of(const history_page& page)
{
    std::size_t all = 0;
    for (const auto& m : page.messages)
        all += m.body.size() + m.key.size();
    return all;
}

template <class Make>
void byte_limit(Make& make)
{
    auto stores = make(1);
    auto store = handle(stores, 0);
    // 60 messages of 12 to 5,000 bytes, so that pages begin and end with small and with large ones.
    const auto sized = [](std::uint64_t n) {
        return stored_message{.body = "{\"n\":\"" + std::string(n * n * 977 % 4900, 'x') + "\"}",
                              .key = std::string(n % 3 * 30, 'k')};
    };
    for (std::uint64_t i = 1; i <= 60; ++i)
        REQUIRE_FALSE(store.append("chat:a", sized(i), hundred).error);
    for (const bool newest_first : {false, true})
        for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, std::size_t{3000}, std::size_t{20'000}}) {
            std::vector<std::uint64_t> all;
            for (std::uint64_t from = 0; all.size() != 60; from = all.back()) {
                const auto page = store.read(
                    "chat:a",
                    {.from = from, .limit = 100, .bytes = bytes, .newest_first = newest_first, .limits = hundred});
                REQUIRE_FALSE(store.error());
                REQUIRE_FALSE(page.messages.empty()); // one of any size
                CHECK((page.messages.size() == 1 || bytes_of(page) <= bytes));
                CHECK(page.oldest == 1);
                CHECK(page.top.offset == 60);
                for (const auto& m : page.messages)
                    all.push_back(m.offset);
                REQUIRE(all.size() <= 60);
            }
            if (newest_first)
                std::reverse(all.begin(), all.end());
            CHECK(all == range(1, 60));
        }
    CHECK(store.read("chat:a", {.limit = 0, .bytes = 20'000, .limits = hundred}).messages.empty());
    CHECK(store.read("chat:a", {.limit = 2, .bytes = 20'000, .limits = hundred}).messages.size() == 2);
}

template <class Make>
void everything_is_kept(Make& make)
{
    auto stores = make(2);
    auto store = handle(stores, 0);
    auto other = handle(stores, 1);
    const std::string room = "group:o'hara \"%s\" k\xc3\xa4se \xf0\x9f\x98\x80";
    std::string bytes;
    for (int c = 1; c != 256; ++c)
        bytes += static_cast<char>(c);
    const std::vector<stored_message> sent{
        {.body = R"({"payload":"it's \"quoted\"; DROP TABLE x; -- \\"})", .key = "o'key \"\xe2\x82\xac\""},
        {.body = "{\"a\":\"\xf0\x9f\x98\x80\"}", .key = "k", .except = std::numeric_limits<std::uint64_t>::max()},
        {.body = "{\"x\":\"" + std::string(200'000, 'x') + "\"}", .key = std::string(128, 'k'), .except = 1},
        {.body = "{}", .except = std::uint64_t{1} << 63U},
        {.body = bytes, .key = bytes.substr(0, 128)},
    };
    for (const auto& m : sent)
        REQUIRE_FALSE(store.append(room, m, hundred).error);
    const auto page = other.read(room, {.limit = 10, .limits = hundred});
    REQUIRE(page.messages.size() == sent.size());
    for (std::size_t i = 0; i != sent.size(); ++i) {
        CHECK(page.messages[i].offset == i + 1);
        CHECK((page.messages[i].body == sent[i].body));
        CHECK(page.messages[i].key == sent[i].key);
        CHECK(page.messages[i].except == sent[i].except);
    }
}

template <class Make>
void idempotency(Make& make)
{
    auto stores = make(2);
    auto store = handle(stores, 0);
    auto other = handle(stores, 1);
    const history_limits two{.messages = 2};
    const std::string key = "o'key \"\xf0\x9f\x98\x80\" \\ " + std::string(100, 'k');
    const auto first = store.append("chat:a", "{\"first\":1}", two, key);
    REQUIRE_FALSE(first.error);
    CHECK_FALSE(first.duplicate);
    for (auto* one : {&store, &other}) {
        const auto again = one->append("chat:a", "{\"second\":1}", two, key);
        CHECK_FALSE(again.error);
        CHECK(again.duplicate);
        CHECK_FALSE(again.published);
        CHECK((again.at == first.at));
    }
    CHECK((store.read("chat:a", {.limits = two}).top == first.at));
    CHECK_FALSE(store.append("chat:a", "{}", two, key + '2').duplicate);
    CHECK_FALSE(store.append("chat:b", "{}", two, key).duplicate); // a key is its room's
    CHECK_FALSE(store.append("chat:a", "{}", two).duplicate);
    const auto fourth = store.append("chat:a", "{}", two); // without a key nothing is a duplicate
    CHECK_FALSE(fourth.duplicate);
    CHECK(fourth.at.offset == 4);
    const auto late = other.append("chat:a", "{}", two, key); // the message is gone, its key is known
    CHECK(late.duplicate);
    CHECK((late.at == first.at));
    CHECK((store.read("chat:a", {.limits = two}).top == fourth.at));
}

template <class Make>
void idempotency_window(Make& make)
{
    auto stores = make(1);
    auto store = handle(stores, 0);
    const history_limits brief{.messages = 100, .idempotency_window = 300ms};
    CHECK(store.append("chat:a", "{}", brief, "k").at.offset == 1);
    std::optional<stored_answer> answer;
    // Asking again does not prolong it.
    CHECK(store_eventually([&] {
        answer.emplace(store.append("chat:a", "{}", brief, "k"));
        return !answer->duplicate;
    }));
    CHECK_FALSE(answer->error);
    CHECK(answer->at.offset == 2);
}

template <class Make>
void many_rooms(Make& make)
{
    auto stores = make(1);
    auto store = handle(stores, 0);
    std::vector<position> tops;
    const auto name = [](std::size_t i) { return "device:" + std::to_string(i); };
    for (std::size_t i = 0; i != 300; ++i)
        tops.push_back(fill(store, name(i), 1 + i % 3, hundred));
    for (std::size_t i = 0; i != 300; ++i) {
        const auto page = store.read(name(i), {.limit = 10, .limits = hundred});
        CHECK((page.top == tops[i]));
        CHECK(offsets(page) == range(1, 1 + i % 3));
    }
}

} // namespace store_promises

template <class Make>
void store_conformance(Make make)
{
    using namespace store_promises;
    SECTION("offsets grow by one, in one epoch")
    {
        offsets_grow(make);
    }
    SECTION("a room has its epoch from the first read on")
    {
        epoch_from_the_first_read(make);
    }
    SECTION("as many messages are kept as the limit says")
    {
        count_limit(make);
    }
    SECTION("messages are kept as long as the limit says")
    {
        age_limit(make);
    }
    SECTION("pages, oldest first and newest first")
    {
        pages(make);
    }
    SECTION("a page has no more bytes than were asked for, and reading on gives everything")
    {
        byte_limit(make);
    }
    SECTION("body, key and except are kept")
    {
        everything_is_kept(make);
    }
    SECTION("a second message with the same key is not stored")
    {
        idempotency(make);
    }
    SECTION("a key is forgotten after its window")
    {
        idempotency_window(make);
    }
    SECTION("of many messages with one key one is stored")
    {
        one_of_many_duplicates(make);
    }
    SECTION("many rooms")
    {
        many_rooms(make);
    }
    SECTION("handlers are called once, in order, one at a time")
    {
        handlers_in_order(make);
    }
    SECTION("many threads in one room, with a reader")
    {
        many_threads(make);
    }
    SECTION("many processes in one room")
    {
        many_processes(make);
    }
}

} // namespace fanfare::test

#endif

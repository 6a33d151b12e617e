// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_STORE_CONFORMANCE_HPP
#define FANFARE_TESTS_STORE_CONFORMANCE_HPP

// What every store must do, as a test for yours. It needs this file, Catch2 2 or 3, and how to make stores:
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

#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_test_macros.hpp>
#else
#include <catch2/catch.hpp>
#endif

#include <fanfare/store.hpp>

#include <boost/system/error_code.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <future>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace fanfare::test {

inline constexpr std::chrono::seconds store_patience{30};

template <class F>
bool store_eventually(F holds)
{
    const auto deadline = std::chrono::steady_clock::now() + store_patience;
    while (!holds()) {
        if (std::chrono::steady_clock::now() > deadline)
            return false;
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
    return true;
}

// An answer to an append, with a copy of what was stored.
struct stored_answer : append_answer {
    explicit stored_answer(const append_answer& a) : append_answer{a}
    {
        if (a.message)
            stored = *a.message;
        message = nullptr;
    }
    std::optional<stored_message> stored{};
};

// A store, asked and waited for. Throws if it does not answer. Used by one thread at a time.
template <class Store>
class blocking_store {
public:
    explicit blocking_store(Store store) : store_{std::move(store)} {}

    stored_answer append(std::string_view room, stored_message message, history_limits limits,
                         std::string_view idempotency_key = {})
    {
        const auto promise = std::make_shared<std::promise<stored_answer>>();
        auto answer = promise->get_future();
        store_.async_append(
            {.room = room, .message = std::move(message), .idempotency_key = idempotency_key, .limits = limits},
            [promise](const append_answer& a) { promise->set_value(stored_answer{a}); });
        return wait(answer);
    }
    stored_answer append(std::string_view room, std::string body, history_limits limits, std::string_view key = {})
    {
        return append(room, stored_message{.body = std::move(body)}, limits, key);
    }
    // Answers the error, if any, in `error()`.
    history_page read(std::string_view room, const history_query& query)
    {
        using both = std::pair<error_code, history_page>;
        const auto promise = std::make_shared<std::promise<both>>();
        auto answer = promise->get_future();
        store_.async_read(room, query, [promise](error_code ec, history_page page) {
            promise->set_value({ec, std::move(page)});
        });
        auto [ec, page] = wait(answer);
        error_ = ec;
        return page;
    }
    error_code error() const { return error_; }

private:
    template <class Answer>
    static Answer wait(std::future<Answer>& answer)
    {
        if (answer.wait_for(store_patience) != std::future_status::ready)
            throw std::runtime_error("the store did not answer");
        return answer.get();
    }

    Store store_;
    error_code error_{};
};

namespace store_promises {

using namespace std::chrono_literals;

inline constexpr history_limits hundred{.messages = 100};

template <class Stores>
auto handle(Stores& stores, std::size_t i)
{
    using store_type = std::remove_cvref_t<decltype(stores->store(i))>;
    static_assert(store<store_type>);
    return blocking_store<store_type>{stores->store(i)};
}

inline std::vector<std::string> bodies(const history_page& page)
{
    std::vector<std::string> out;
    for (const auto& m : page.messages)
        out.push_back(m.body);
    return out;
}

inline std::vector<std::uint64_t> offsets(const history_page& page)
{
    std::vector<std::uint64_t> out;
    for (const auto& m : page.messages)
        out.push_back(m.offset);
    return out;
}

inline std::vector<std::uint64_t> range(std::uint64_t first, std::uint64_t last)
{
    std::vector<std::uint64_t> out;
    for (auto i = first; i <= last; ++i)
        out.push_back(i);
    return out;
}

inline std::string body(std::uint64_t n)
{
    return "{\"n\":" + std::to_string(n) + '}';
}

template <class Blocking>
position fill(Blocking& store, std::string_view room, std::uint64_t count, history_limits limits)
{
    position last;
    for (std::uint64_t i = 1; i <= count; ++i) {
        const auto answer = store.append(room, body(i), limits);
        REQUIRE_FALSE(answer.error);
        last = answer.at;
    }
    return last;
}

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

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "sqlite/support.hpp"
#include "support/catch.hpp"

#include <fanfare/detail/sqlite/database.hpp>
#include <fanfare/error.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <unistd.h>

using namespace fanfare;
using namespace fanfare::test;
using namespace std::chrono_literals;

namespace {

constexpr history_limits hundred{.messages = 100};

// Each with a connection and a thread of its own, as processes have them.
struct on_one_file {
    explicit on_one_file(std::size_t n)
    {
        for (std::size_t i = 0; i != n; ++i)
            all.emplace_back(folder.file());
    }
    sqlite_store& store(std::size_t i) { return all[i].store; }

    temporary_folder folder;
    std::deque<sqlite_process> all;
};

// What is stored in the end, read through a new connection.
history_page read_again(const std::string& file, const std::string& room, const history_limits& limits)
{
    sqlite_process process{file};
    blocking_store store{process.store};
    auto page = store.read(room, {.limit = 1'000'000, .limits = limits});
    CHECK_FALSE(store.error());
    return page;
}

} // namespace

TEST_CASE("the SQLite store keeps the promises of a store", "[sqlite]")
{
    store_conformance([](std::size_t n) { return std::make_unique<on_one_file>(n); });
}

TEST_CASE("history outlives the process: offsets and epoch go on", "[sqlite]")
{
    const temporary_folder folder;
    position first, unused;
    {
        sqlite_process process{folder.file()};
        blocking_store store{process.store};
        first = store.append("chat:a", {.body = "{\"n\":1}", .key = "k", .except = 7}, hundred, "once").at;
        unused = store.read("chat:unused", {.limits = hundred}).top;
    }
    sqlite_process process{folder.file()};
    blocking_store store{process.store};
    const auto page = store.read("chat:a", {.limit = 10, .limits = hundred});
    CHECK((page.top == first));
    REQUIRE(page.messages.size() == 1);
    CHECK(page.messages[0].body == "{\"n\":1}");
    CHECK(page.messages[0].key == "k");
    CHECK(page.messages[0].except == 7);
    CHECK(store.append("chat:a", "{}", hundred, "once").duplicate);
    CHECK((store.append("chat:a", "{}", hundred).at == position{first.epoch, 2}));
    CHECK((store.read("chat:unused", {.limits = hundred}).top == unused));
}

TEST_CASE("rooms that are only read leave nothing in the file", "[sqlite]")
{
    const temporary_folder folder;
    sqlite_process process{folder.file()};
    blocking_store store{process.store};
    store.append("chat:a", "{}", hundred);
    for (int i = 0; i != 100; ++i)
        CHECK(store.read("device:" + std::to_string(i), {.limits = hundred}).top.epoch != 0);
    detail::sqlite_database file{folder.file(), {}};
    detail::sqlite_statement rooms{file, "SELECT count(*) FROM fanfare_rooms"};
    auto rows = rooms.query();
    REQUIRE(rows.next());
    CHECK(rows.integer(0) == 1);
}

TEST_CASE("what the limits push out leaves the file", "[sqlite]")
{
    const temporary_folder folder;
    const auto count = [&](const char* sql) {
        detail::sqlite_database file{folder.file(), {}};
        detail::sqlite_statement rows_of{file, sql};
        auto rows = rows_of.query();
        return rows.next() ? rows.integer(0) : -1;
    };
    sqlite_process process{folder.file()};
    blocking_store store{process.store};
    const history_limits ten{.messages = 10}, moment{.messages = 100, .age = 50ms, .idempotency_window = 50ms};
    for (int i = 0; i != 200; ++i) {
        store.append("chat:a", "{}", ten);
        store.append("chat:idle", "{}", moment, std::to_string(i)); // nobody comes back to this room
    }
    CHECK(count("SELECT count(*) FROM fanfare_messages JOIN fanfare_rooms ON id = room WHERE name = 'chat:a'") <
          40);
    CHECK(store_eventually([&] {
        store.append("chat:a", "{}", ten);
        return count("SELECT (SELECT count(*) FROM fanfare_keys) + (SELECT count(*) FROM fanfare_messages "
                     "JOIN fanfare_rooms ON id = room WHERE name = 'chat:idle')") == 0;
    }));
    const auto page = store.read("chat:idle", {.limit = 10, .limits = moment});
    CHECK(page.top.offset == 200);
    CHECK(page.oldest == 201);
}

TEST_CASE("a room keeps its promises when its limits change", "[sqlite]")
{
    const temporary_folder folder;
    sqlite_process process{folder.file()};
    blocking_store store{process.store};
    const history_limits many{.messages = 5'000}, few{.messages = 5}, aged{.messages = 5, .age = 1h};
    for (int i = 0; i != 3'000; ++i)
        process.store.async_append({.room = "chat:a", .message = {.body = "{}"}, .limits = many},
                                   [](const auto&) {});
    CHECK(store.read("chat:a", {.limit = 10'000, .limits = many}).messages.size() == 3'000);
    for (int i = 0; i != 10; ++i)
        for (const auto& limits : {few, aged, many}) {
            const auto at = store.append("chat:a", "{}", limits).at;
            const auto page = store.read("chat:a", {.limit = 10, .limits = few});
            CHECK_FALSE(store.error());
            CHECK((page.top == at));
            CHECK(page.messages.size() == 5);
        }
    const auto page = store.read("chat:a", {.limit = 10'000, .limits = many});
    CHECK_FALSE(store.error());
    CHECK(page.messages.size() == page.top.offset + 1 - page.oldest);
}

TEST_CASE("a sudden end of the process takes nothing that was answered", "[sqlite]")
{
    for (int round = 0; round != 3; ++round) {
        const temporary_folder folder;
        int pipe[2] = {};
        REQUIRE(::pipe(pipe) == 0);
        child_process child{[&] {
            sqlite_process process{folder.file()};
            std::atomic<std::uint64_t> under_way{0};
            for (std::uint64_t i = 1;; ++i) { // until it is killed
                while (under_way >= 50)
                    std::this_thread::yield();
                ++under_way;
                process.store.async_append(
                    {.room = "chat:a", .message = {.body = std::to_string(i)}, .limits = {.messages = 1'000'000}},
                    [&](const append_answer& a) {
                        const std::uint64_t told[] = {a.error ? 0 : a.at.epoch, a.at.offset};
                        if (::write(pipe[1], told, sizeof told) != sizeof told)
                            ::_exit(2);
                        --under_way;
                    });
            }
        }};
        ::close(pipe[1]);
        std::uint64_t told[2] = {}, epoch = 0, last = 0;
        const auto enough = 300 * static_cast<std::uint64_t>(round + 1);
        while (last < enough && ::read(pipe[0], told, sizeof told) == sizeof told) {
            epoch = told[0];
            REQUIRE(told[1] == ++last);
        }
        child.kill();
        while (::read(pipe[0], told, sizeof told) == sizeof told)
            REQUIRE(told[1] == ++last); // what it said before its end
        ::close(pipe[0]);
        CHECK(last >= 300);
        CHECK(epoch != 0);
        const auto page = read_again(folder.file(), "chat:a", {.messages = 1'000'000});
        CHECK(page.top.epoch == epoch);
        CHECK(page.top.offset >= last);
        REQUIRE(page.messages.size() == page.top.offset);
        for (const auto& m : page.messages)
            CHECK(m.body == std::to_string(m.offset));
    }
}

TEST_CASE("two processes on one file give each offset once", "[sqlite]")
{
    const temporary_folder folder;
    const auto work = [&folder](const std::string& name) {
        return [&folder, name] {
            sqlite_process process{folder.file()};
            const auto room = std::make_shared<store_promises::seen>();
            for (int i = 0; i != 500; ++i)
                process.store.async_append(
                    {.room = "chat:a", .message = {.body = name}, .limits = {.messages = 10'000}},
                    [room](const append_answer& a) { room->take(a); });
            if (!eventually([&] { return room->calls == 500; }) || room->errors != 0 ||
                !std::is_sorted(room->order.begin(), room->order.end()))
                throw std::runtime_error{"an append failed, or its answer came out of order"};
        };
    };
    child_process one{work("one")}, two{work("two")};
    CHECK(one.wait());
    CHECK(two.wait());
    const auto page = read_again(folder.file(), "chat:a", {.messages = 10'000});
    CHECK((store_promises::offsets(page) == store_promises::range(1, 1'000)));
    const auto bodies = store_promises::bodies(page);
    CHECK(std::count(bodies.begin(), bodies.end(), "one") == 500);
}

TEST_CASE("what waits for the disk is bounded, by count and by bytes", "[sqlite]")
{
    const temporary_folder folder;
    asio::io_context disk; // does not run yet
    sqlite_store store{disk, folder.file(), {.queue_count = 10, .queue_bytes = 20'000}};
    int refused = 0, stored = 0;
    const auto append = [&](std::size_t bytes) {
        store.async_append({.room = "chat:a", .message = {.body = std::string(bytes, 'x')}, .limits = hundred},
                           [&](const append_answer& a) {
                               CHECK((!a.error || a.error == error::store_full));
                               ++(a.error ? refused : stored);
                           });
    };
    for (int i = 0; i != 15; ++i)
        append(10);
    CHECK(refused == 5); // at once
    CHECK(stored == 0);
    disk.run();
    CHECK(stored == 10);
    append(30'000); // never fits
    CHECK(refused == 6);
    append(15'000);
    append(15'000);
    CHECK(refused == 7);
    store.async_read("chat:a", {.limits = hundred}, [&](error_code ec, const history_page& page) {
        CHECK_FALSE(ec);
        CHECK(page.top.offset == 11);
    });
    disk.restart();
    disk.run();
    CHECK(stored == 11);
}

TEST_CASE("a page of long messages in SQLite ends before it takes much memory, and the next one goes on",
          "[sqlite]")
{
    const temporary_folder folder;
    sqlite_process process{folder.file()};
    blocking_store store{process.store};
    for (int i = 0; i != 20; ++i)
        store.append("chat:a", std::string(1024 * 1024, 'x'), hundred);
    std::uint64_t read = 0;
    for (const std::size_t due : {8u, 8u, 4u, 0u}) {
        const auto page = store.read("chat:a", {.from = read, .limit = 100, .limits = hundred});
        CHECK_FALSE(store.error());
        CHECK(page.top.offset == 20);
        CHECK(page.oldest == 1);
        CHECK((store_promises::offsets(page) == store_promises::range(read + 1, read + due)));
        read += due;
    }
    const auto page = store.read("chat:a", {.limit = 100, .newest_first = true, .limits = hundred});
    REQUIRE(page.messages.size() == 8);
    CHECK(page.messages.back().offset == 13);
}

TEST_CASE("reads that wait together with others are answered before their pages take much memory", "[sqlite]")
{
    const temporary_folder folder;
    asio::io_context disk;
    sqlite_store store{disk, folder.file()};
    int answered = 0;
    const auto append = [&] {
        store.async_append(
            {.room = "chat:a", .message = {.body = std::string(9 * 1024 * 1024, 'x')}, .limits = hundred},
            [&](const append_answer& a) {
                CHECK_FALSE(a.error);
                ++answered;
            });
    };
    append();
    std::uint64_t stored_at_first = 0;
    for (int i = 0; i != 5; ++i)
        store.async_read("chat:a", {.limit = 1, .limits = hundred},
                         [&, i](error_code ec, const history_page& page) {
                             CHECK_FALSE(ec);
                             CHECK(page.top.offset == 1);
                             CHECK(page.messages.size() == 1);
                             CHECK(++answered == i + 2);
                             if (i == 0)
                                 stored_at_first = read_again(folder.file(), "chat:a", hundred).top.offset;
                         });
    append();
    disk.run();
    CHECK(answered == 7);
    CHECK(stored_at_first == 1); // not yet the one behind the reads
    CHECK(read_again(folder.file(), "chat:a", hundred).top.offset == 2);
}

TEST_CASE("what was appended is stored after the last handle is gone", "[sqlite]")
{
    const temporary_folder folder;
    std::atomic<int> answered{0};
    {
        asio::thread_pool pool{1};
        {
            sqlite_store store{pool, folder.file()};
            for (int i = 0; i != 200; ++i)
                store.async_append({.room = "chat:a", .message = {.body = "{}"}, .limits = {.messages = 1000}},
                                   [&](const append_answer& a) { answered += a.error ? 0 : 1; });
        }
        pool.join();
    }
    CHECK(answered == 200);
    CHECK(read_again(folder.file(), "chat:a", {.messages = 1000}).top.offset == 200);
}

TEST_CASE("handlers go without a call when the store's context ends first", "[sqlite]")
{
    const temporary_folder folder;
    const auto witness = std::make_shared<int>(0);
    auto disk = std::make_unique<asio::io_context>();
    sqlite_store store{*disk, folder.file()};
    const auto use = [&] {
        store.async_append({.room = "chat:a", .message = {.body = "{}"}, .limits = hundred},
                           [witness](const append_answer&) { ++*witness; });
        store.async_read("chat:a", {.limits = hundred},
                         [witness](error_code, const history_page&) { ++*witness; });
    };
    use();
    CHECK(witness.use_count() == 3);
    disk.reset();
    CHECK(witness.use_count() == 1);
    use();
    CHECK(witness.use_count() == 1);
    CHECK(*witness == 0);
}

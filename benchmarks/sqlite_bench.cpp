// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.

// How many durable appends to history a second the SQLite store does, beside one transaction for each with the same
// settings of SQLite. `sqlite_bench [FOLDER [APPENDS [PAIRS]]]`: the folder lies on the disk in question, and is the
// current one by default. Prints one line a pair and one with the medians:
//   store APPENDS_A_SECOND single APPENDS_A_SECOND ratio RATIO
// Both are checked: every append was answered without error, and is in the file.

#include <fanfare/detail/sqlite/database.hpp>
#include <fanfare/store/sqlite.hpp>

#include <boost/asio/thread_pool.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

namespace asio = boost::asio;

namespace {

constexpr std::size_t in_flight = 1'000;
constexpr std::size_t message_size = 128;
constexpr std::size_t history = 1'000;

double median(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

double rate(std::size_t count, std::chrono::steady_clock::time_point begin)
{
    return static_cast<double>(count) /
           std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// A file that is gone afterwards, with what SQLite puts beside it.
class scratch_file {
public:
    explicit scratch_file(const std::filesystem::path& folder)
        : name{(folder / "fanfare-sqlite-bench.db").string()}
    {
        remove();
    }
    ~scratch_file() { remove(); }
    scratch_file(const scratch_file&) = delete;
    scratch_file& operator=(const scratch_file&) = delete;

    const std::string name;

private:
    void remove() const
    {
        for (const auto* end : {"", "-wal", "-shm"})
            std::filesystem::remove(name + end);
    }
};

// Lets so many through at a time.
class gate {
public:
    void enter()
    {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [this] { return inside_ < in_flight; });
        ++inside_;
    }
    void leave(bool failed)
    {
        const std::lock_guard lock{mutex_};
        failed_ = failed_ || failed;
        --inside_;
        changed_.notify_one();
    }
    void wait_until_empty()
    {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [this] { return inside_ == 0; });
        if (failed_)
            throw std::runtime_error{"an append failed"};
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t inside_ = 0;
    bool failed_ = false;
};

void check(const std::string& file, const char* sql, std::uint64_t expected)
{
    fanfare::detail::sqlite_database db{file, {}};
    fanfare::detail::sqlite_statement top{db, sql};
    auto rows = top.query();
    if (!rows.next() || static_cast<std::uint64_t>(rows.integer(0)) != expected)
        throw std::runtime_error{"what was answered is not in the file"};
}

double through_the_store(const std::filesystem::path& folder, std::size_t count)
{
    const scratch_file file{folder};
    double result = 0;
    {
        asio::thread_pool disk{1};
        fanfare::sqlite_store store{disk, file.name};
        gate under_way;
        const auto begin = std::chrono::steady_clock::now();
        for (std::size_t i = 0; i != count; ++i) {
            under_way.enter();
            store.async_append({.room = "order:1",
                                .message = {.body = std::string(message_size, 'x')},
                                .limits = {.messages = history}},
                               [&under_way](const fanfare::append_answer& a) { under_way.leave(!!a.error); });
        }
        under_way.wait_until_empty();
        result = rate(count, begin);
        disk.join();
    }
    check(file.name, "SELECT top FROM fanfare_rooms", count);
    return result;
}

// What one would write first: a transaction for each message. It only inserts and trims; prepared statements, WAL and
// synchronous=FULL as the store has them.
double one_by_one(const std::filesystem::path& folder, std::size_t count)
{
    using namespace fanfare::detail;
    const scratch_file file{folder};
    double result = 0;
    {
        sqlite_database db{file.name, {}};
        db.execute("CREATE TABLE messages (room INTEGER, offset INTEGER, body TEXT, PRIMARY KEY (room, offset)) "
                   "WITHOUT ROWID");
        sqlite_statement begin_it{db, "BEGIN IMMEDIATE"}, commit{db, "COMMIT"};
        sqlite_statement insert{db, "INSERT INTO messages (room, offset, body) VALUES (1, ?1, ?2)"};
        sqlite_statement trim{db, "DELETE FROM messages WHERE room = 1 AND offset <= ?1"};
        const auto begin = std::chrono::steady_clock::now();
        for (std::size_t i = 1; i <= count; ++i) {
            begin_it.run();
            insert.run(i, std::string(message_size, 'x'));
            if (i % 100 == 0 && i > history)
                trim.run(i - history);
            commit.run();
        }
        result = rate(count, begin);
    }
    check(file.name, "SELECT max(offset) FROM messages", count);
    return result;
}

void print(double store, double single, double ratio)
{
    std::cout << std::fixed << std::setprecision(0) << "store " << store << " single " << single
              << std::setprecision(1) << " ratio " << ratio << std::endl;
}

} // namespace

int main(int argc, char** argv)
try {
    const std::filesystem::path folder = argc > 1 ? argv[1] : ".";
    const std::size_t count = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 20'000;
    const std::size_t pairs = argc > 3 ? std::strtoul(argv[3], nullptr, 10) : 5;
    if (count < 100 || pairs == 0)
        throw std::runtime_error{"usage: sqlite_bench [FOLDER [APPENDS [PAIRS]]], 100 appends or more"};
    const auto fewer = std::max<std::size_t>(count / 10, 100); // they take long
    std::vector<double> store, single, ratios;
    for (std::size_t i = 0; i != pairs; ++i) {
        const bool store_first = i % 2 == 0;
        if (store_first)
            store.push_back(through_the_store(folder, count));
        single.push_back(one_by_one(folder, fewer));
        if (!store_first)
            store.push_back(through_the_store(folder, count));
        ratios.push_back(store.back() / single.back());
        print(store.back(), single.back(), ratios.back());
    }
    std::cout << "median ";
    print(median(store), median(single), median(ratios));
} catch (const std::exception& e) {
    std::cerr << "sqlite_bench: " << e.what() << '\n';
    return 1;
}

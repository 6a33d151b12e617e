// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// A shop that tells of each order exactly once, even if it dies at the worst moment. The order and the message about
// it are written in one transaction of the shop's own database, so that there is never one without the other. A relay
// then publishes the messages, in the order of the commits, and forgets each when its receipt has come.
//   05_transactional_outbox FOLDER --orders 3                         sells, and prints what clients can read
//   05_transactional_outbox FOLDER --orders 3 --crash-after-commit 2  dies before the second message is published
//   05_transactional_outbox FOLDER --orders 3 --crash-after-publish 2 dies before it knows that it was
//   05_transactional_outbox FOLDER                                    publishes what was left, and prints it all
#include "command_line.hpp"

#include <fanfare/fanfare.hpp>
#include <fanfare/store/sqlite.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>

#include <sqlite3.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace asio = boost::asio;

// The application's database, as it might have been before there was Fanfare; only the table `outbox` is new.
class shop {
public:
    struct message {
        std::int64_t id = 0;
        std::string room, type, payload;
    };

    explicit shop(const std::string& file)
    {
        if (::sqlite3_open(file.c_str(), &db_) != SQLITE_OK)
            throw std::runtime_error{file + ": " + ::sqlite3_errmsg(db_)};
        ::sqlite3_busy_timeout(db_, 5'000);
        run("PRAGMA journal_mode = WAL");
        run("CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, item TEXT NOT NULL)");
        // AUTOINCREMENT: an id is never used again, so that it can serve as the idempotency key. SQLite lets one
        // transaction write at a time: the order of the ids is the order of the commits.
        run("CREATE TABLE IF NOT EXISTS outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, room TEXT NOT NULL, "
            "type TEXT NOT NULL, payload TEXT NOT NULL)");
    }
    ~shop() { ::sqlite3_close(db_); }
    shop(const shop&) = delete;
    shop& operator=(const shop&) = delete;

    // The order and its message: both or neither.
    std::int64_t place_order(const std::string& item)
    {
        run("BEGIN IMMEDIATE");
        try {
            run("INSERT INTO orders (item) VALUES (?1)", {item});
            const auto id = ::sqlite3_last_insert_rowid(db_);
            const boost::json::value payload{{"order", id}, {"item", item}};
            run("INSERT INTO outbox (room, type, payload) VALUES ('order:all', 'order_placed', ?1)",
                {boost::json::serialize(payload)});
            run("COMMIT");
            return id;
        } catch (...) {
            ::sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
            throw;
        }
    }

    // The first message that waits to be published.
    std::optional<message> first_message()
    {
        std::optional<message> first;
        run("SELECT id, room, type, payload FROM outbox ORDER BY id LIMIT 1", {}, [&](::sqlite3_stmt* row) {
            const auto text = [row](int column) {
                return std::string{reinterpret_cast<const char*>(::sqlite3_column_text(row, column))};
            };
            first = message{::sqlite3_column_int64(row, 0), text(1), text(2), text(3)};
        });
        return first;
    }
    void forget(const message& m) { run("DELETE FROM outbox WHERE id = ?1", {std::to_string(m.id)}); }

private:
    void run(const char* sql, const std::vector<std::string>& values = {})
    {
        run(sql, values, [](::sqlite3_stmt*) {});
    }

    template <class F>
    void run(const char* sql, const std::vector<std::string>& values, F each_row)
    {
        ::sqlite3_stmt* statement = nullptr;
        int code = ::sqlite3_prepare_v2(db_, sql, -1, &statement, nullptr);
        for (int i = 0; code == SQLITE_OK && i != static_cast<int>(values.size()); ++i)
            code = ::sqlite3_bind_text(statement, i + 1, values[static_cast<std::size_t>(i)].c_str(), -1,
                                       SQLITE_TRANSIENT);
        while (code == SQLITE_OK || code == SQLITE_ROW)
            if (code = ::sqlite3_step(statement); code == SQLITE_ROW)
                each_row(statement);
        const std::string why = ::sqlite3_errmsg(db_);
        ::sqlite3_finalize(statement);
        if (code != SQLITE_DONE)
            throw std::runtime_error{"the shop's database: " + why};
    }

    ::sqlite3* db_ = nullptr;
};

struct options {
    std::string folder;
    std::uint64_t orders = 0, crash_after_commit = 0, crash_after_publish = 0;
};

// Publishes what waits, one message after the other: the next one only when this one is in the history. If a message
// cannot be stored, this throws, and the message waits for the next run. If the process dies between the receipt and
// `forget`, the next run publishes the message again: the key tells the hub that it has it.
template <class Hub>
asio::awaitable<void> relay(Hub& hub, shop& own, std::uint64_t crash_after)
{
    while (const auto next = own.first_message()) {
        const auto key = "shop-" + std::to_string(next->id);
        const fanfare::publish_options once{.idempotency_key = key};
        const fanfare::json_text payload{next->payload};
        const fanfare::receipt receipt =
            co_await hub.async_publish(next->room, next->type, payload, once, asio::use_awaitable);
        if (--crash_after == 0)
            std::raise(SIGKILL);
        own.forget(*next);
        std::cout << "published " << next->payload << " as " << receipt.position.offset
                  << (receipt.duplicate ? ", before the crash" : "") << std::endl;
    }
}

template <class Hub>
asio::awaitable<void> sell(Hub& hub, shop& own, const options& wanted)
{
    co_await relay(hub, own, 0); // what an earlier run has left
    for (std::uint64_t n = 1; n <= wanted.orders; ++n) {
        const auto id =
            own.place_order("thing " + std::to_string(n)); // a busy shop does this on a thread of its own
        if (n == wanted.crash_after_commit)
            std::raise(SIGKILL);
        std::cout << "order " << id << " is placed" << std::endl;
        co_await relay(hub, own, n == wanted.crash_after_publish ? 1 : 0);
    }
    const fanfare::history_request all{.limit = 1000};
    const fanfare::history_part part = co_await hub.async_history("order:all", all, asio::use_awaitable);
    for (const auto& message : part.messages)
        std::cout << "history " << message << '\n';
}

options parse(int argc, char** argv)
{
    options wanted;
    for (demo::command_line words{argc, argv}; !words.done();) {
        const auto word = words.option();
        if (word == "--orders")
            wanted.orders = words.number(1, 1'000'000);
        else if (word == "--crash-after-commit")
            wanted.crash_after_commit = words.number(1, 1'000'000);
        else if (word == "--crash-after-publish")
            wanted.crash_after_publish = words.number(1, 1'000'000);
        else if (!word.starts_with("-") && wanted.folder.empty())
            wanted.folder = word;
        else
            throw std::invalid_argument{
                "usage: 05_transactional_outbox FOLDER [--orders N] [--crash-after-commit N] "
                "[--crash-after-publish N]"};
    }
    if (wanted.folder.empty())
        throw std::invalid_argument{"name a folder for the shop's files"};
    return wanted;
}

int main(int argc, char** argv)
try {
    const auto wanted = parse(argc, argv);
    const std::filesystem::path folder = wanted.folder;
    std::filesystem::create_directories(folder);
    shop own{(folder / "shop.db").string()};

    asio::io_context ioc;
    asio::thread_pool disk{1}; // writes the history's file; ends before the context that its answers go to
    fanfare::hub hub{ioc.get_executor(), fanfare::in_process_bus{},
                     fanfare::sqlite_store{disk, (folder / "history.db").string()}};
    // A message that was published and not forgotten is known for as long as the shop may stay down.
    hub.configure("order:", {.history = 1000, .idempotency_window = std::chrono::hours{24 * 30}});

    std::exception_ptr failure;
    asio::co_spawn(ioc, sell(hub, own, wanted), [&](std::exception_ptr e) {
        failure = e;
        ioc.stop();
    });
    ioc.run();
    if (failure)
        std::rethrow_exception(failure);
} catch (const std::exception& e) {
    std::cerr << "05_transactional_outbox: " << e.what() << '\n';
    return 1;
}

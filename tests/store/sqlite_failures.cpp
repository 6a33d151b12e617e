// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "sqlite/support.hpp"
#include "support/catch.hpp"

#include <fanfare/detail/sqlite/database.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>

#include <sqlite3.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

using namespace fanfare;
using namespace fanfare::test;

namespace {

constexpr history_limits hundred{.messages = 100};
namespace fs = std::filesystem;

// What the constructor throws, as text; empty if it does not.
std::string refusal_of(const std::string& file, int expected)
{
    asio::thread_pool pool{1};
    try {
        const sqlite_store store{pool, file};
        return {};
    } catch (const boost::system::system_error& e) {
        CHECK(e.code().category() == sqlite_category());
        CHECK((e.code().value() & 0xff) == expected);
        return e.what();
    }
}

void run_sql(const std::string& file, const char* sql)
{
    detail::sqlite_database{file, {}}.execute(sql);
}

// While this lives no file of this process grows beyond so many bytes: a full disk, as SQLite sees it.
class file_size_limit {
public:
    explicit file_size_limit(std::uintmax_t bytes) : handler_{std::signal(SIGXFSZ, SIG_IGN)}
    {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        auto limit = before_;
        limit.rlim_cur = static_cast<rlim_t>(bytes);
        REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
    }
    ~file_size_limit()
    {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }
    file_size_limit(const file_size_limit&) = delete;
    file_size_limit& operator=(const file_size_limit&) = delete;

private:
    rlimit before_{};
    void (*handler_)(int);
};

} // namespace

TEST_CASE("the SQLite store refuses what is no database, by the file's name", "[sqlite]")
{
    const temporary_folder folder;
    const auto text = folder.file("notes.txt");
    std::ofstream{text} << std::string(5'000, 'x');
    const auto why = refusal_of(text, SQLITE_NOTADB);
    CHECK(why.find(text) != std::string::npos);
    CHECK(why.find("not a database") != std::string::npos);
    CHECK(fs::file_size(text) == 5'000);
    CHECK(refusal_of(folder.path().string(), SQLITE_CANTOPEN).find(folder.path().string()) != std::string::npos);
    CHECK_FALSE(refusal_of(folder.file("no/such/folder.db"), SQLITE_CANTOPEN).empty());
    CHECK_FALSE(refusal_of(":memory:", SQLITE_CANTOPEN).empty());
}

TEST_CASE("the SQLite store refuses a file that it cannot write", "[sqlite]")
{
    const temporary_folder folder;
    if (::geteuid() == 0) { // root may write anything, except here
        CHECK_FALSE(refusal_of("/proc/fanfare.db", SQLITE_CANTOPEN).empty());
        return;
    }
    {
        const sqlite_process made{folder.file()};
    }
    fs::permissions(folder.file(), fs::perms::owner_read);
    const auto why = refusal_of(folder.file(), SQLITE_READONLY);
    CHECK(why.find(folder.file()) != std::string::npos);
    fs::permissions(folder.path(), fs::perms::owner_read | fs::perms::owner_exec);
    CHECK_FALSE(refusal_of(folder.file("new.db"), SQLITE_CANTOPEN).empty());
    fs::permissions(folder.path(), fs::perms::owner_all);
}

TEST_CASE("the SQLite store refuses a file of a later version, and says so", "[sqlite]")
{
    const temporary_folder folder;
    {
        const sqlite_process made{folder.file()};
    }
    run_sql(folder.file(), "UPDATE fanfare_schema SET version = 99 WHERE part = 'store'");
    const auto why = refusal_of(folder.file(), SQLITE_SCHEMA);
    CHECK(why.find(folder.file()) != std::string::npos);
    CHECK(why.find("version 99") != std::string::npos);
}

TEST_CASE("the SQLite store lives in a file of the application's, and minds its own tables", "[sqlite]")
{
    const temporary_folder folder;
    run_sql(folder.file(), "PRAGMA user_version = 42; CREATE TABLE orders (id INTEGER PRIMARY KEY)");
    {
        sqlite_process process{folder.file()};
        blocking_store store{process.store};
        CHECK(store.append("order:1", "{}", hundred).at.offset == 1);
    }
    detail::sqlite_database file{folder.file(), {}};
    detail::sqlite_statement version{file, "PRAGMA user_version"};
    auto rows = version.query();
    REQUIRE(rows.next());
    CHECK(rows.integer(0) == 42);
}

TEST_CASE("a full disk is an error of its messages, which never appear, and the store works again with space",
          "[sqlite]")
{
    const temporary_folder folder;
    sqlite_process process{folder.file()};
    blocking_store store{process.store};
    const std::string large(50'000, 'x');
    std::uint64_t stored = 0;
    for (; stored != 20; ++stored)
        REQUIRE_FALSE(store.append("chat:a", large, hundred).error);
    const auto copy = folder.file("copy.db"); // as after a crash at that moment
    {
        const file_size_limit full{fs::file_size(folder.file() + "-wal") + 10'000};
        const auto answers = std::make_shared<store_promises::seen>();
        for (int i = 0; i != 20; ++i)
            process.store.async_append({.room = "chat:a", .message = {.body = large}, .limits = hundred},
                                       [answers](const append_answer& a) { answers->take(a); });
        REQUIRE(eventually([&] { return answers->calls == 20; }));
        stored += static_cast<std::uint64_t>(20 - answers->errors);
        CHECK(answers->errors != 0);
        const auto answer = store.append("chat:b", large, hundred);
        CHECK(answer.error.category() == sqlite_category());
        CHECK_FALSE(answer.error.message().empty());
        const auto page = store.read("chat:a", {.limit = 100, .limits = hundred}); // reading goes on
        CHECK_FALSE(store.error());
        CHECK(page.top.offset == stored);
    }
    for (const auto* end : {"", "-wal"})
        fs::copy_file(folder.file() + end, copy + end);
    {
        sqlite_process later{copy};
        blocking_store restored{later.store};
        CHECK(restored.read("chat:a", {.limit = 100, .limits = hundred}).messages.size() == stored);
        CHECK(restored.read("chat:b", {.limits = hundred}).top.offset == 0);
    }
    const auto after = store.append("chat:a", "{\"after\":1}", hundred);
    REQUIRE_FALSE(after.error);
    CHECK(after.at.offset == stored + 1);
    const auto page = store.read("chat:a", {.limit = 100, .limits = hundred});
    CHECK(page.messages.size() == stored + 1);
    CHECK(page.messages.back().body == "{\"after\":1}");
    CHECK(store.read("chat:b", {.limits = hundred}).top.offset == 0);
}

TEST_CASE("a message that fails takes no other with it", "[sqlite]")
{
    const temporary_folder folder;
    asio::io_context disk;
    sqlite_store store{disk, folder.file()};
    run_sql(folder.file(), "CREATE TRIGGER poison BEFORE INSERT ON fanfare_messages WHEN new.body LIKE '%poison%' "
                           "BEGIN SELECT RAISE(ABORT, 'no'); END;"
                           "CREATE TRIGGER ender BEFORE INSERT ON fanfare_messages WHEN new.body LIKE '%end all%' "
                           "BEGIN SELECT RAISE(ROLLBACK, 'no'); END");
    struct answer {
        std::string body;
        error_code error;
        position at;
    };
    std::vector<answer> answers;
    const auto append = [&](std::string body, const std::string& key = {}) {
        store.async_append(
            {.room = "chat:a", .message = {.body = body}, .idempotency_key = key, .limits = hundred},
            [&answers, body](const append_answer& a) {
                answers.push_back({body, a.error, a.at});
            });
    };
    std::uint64_t seen_top = 99;
    append("poison first, in a new room", "key 1");
    append("1");
    append("poison");
    append("2", "key 2");
    append("poison with a key", "key 3");
    append("end all");
    store.async_read("chat:a", {.limits = hundred}, [&](error_code ec, const history_page& page) {
        CHECK_FALSE(ec);
        seen_top = page.top.offset;
    });
    append("3", "key 3"); // its key is still free
    append("end all, with a key", "key 4");
    append("4", "key 4");
    disk.run();
    REQUIRE(answers.size() == 9);
    std::uint64_t expected = 0;
    for (const auto& a : answers) {
        const bool good = a.body.size() == 1;
        CHECK(!a.error == good);
        if (good)
            CHECK(a.at.offset == ++expected);
    }
    CHECK(expected == 4);
    CHECK(seen_top == 2);
    CHECK(answers[0].error == error_code{SQLITE_CONSTRAINT_TRIGGER, sqlite_category()});
}

TEST_CASE("a damaged file is an error of its reads, never a hole in what is read", "[sqlite]")
{
    const temporary_folder folder;
    sqlite_process process{folder.file()};
    blocking_store store{process.store};
    for (int i = 0; i != 10; ++i)
        store.append("chat:a", "{}", hundred);
    run_sql(folder.file(), "DELETE FROM fanfare_messages WHERE offset = 5");
    const auto page = store.read("chat:a", {.limit = 10, .limits = hundred});
    CHECK(store.error() == error_code{SQLITE_CORRUPT, sqlite_category()});
    CHECK(page.messages.empty());
    CHECK(store.read("chat:a", {.from = 5, .limit = 10, .limits = hundred}).messages.size() == 5);
    CHECK_FALSE(store.error());
}

TEST_CASE("nonsense in the middle of the file is an error, and no message", "[sqlite]")
{
    const temporary_folder folder;
    const history_limits many{.messages = 1'000};
    {
        sqlite_process process{folder.file()};
        for (int i = 0; i != 500; ++i)
            process.store.async_append(
                {.room = "chat:a", .message = {.body = std::string(1'000, 'x')}, .limits = many},
                [](const auto&) {});
    }
    const auto size = fs::file_size(folder.file());
    REQUIRE(size > 400'000);
    {
        std::fstream file{folder.file(), std::ios::in | std::ios::out | std::ios::binary};
        file.seekp(static_cast<std::streamoff>(size / 2));
        file << std::string(100'000, '\xa5');
        REQUIRE(file.flush());
    }
    sqlite_process process{folder.file()};
    blocking_store store{process.store};
    const auto page = store.read("chat:a", {.limit = 1'000, .limits = many});
    CHECK(store.error().category() == sqlite_category());
    CHECK((store.error().value() & 0xff) == SQLITE_CORRUPT);
    CHECK(page.messages.empty());
}

TEST_CASE("a file that another process keeps busy is an error in the end", "[sqlite]")
{
    const temporary_folder folder;
    sqlite_process process{folder.file(), {.busy_timeout = std::chrono::milliseconds{50}}};
    blocking_store store{process.store};
    store.append("chat:a", "{}", hundred);
    {
        detail::sqlite_database other{folder.file(), {}};
        const detail::sqlite_transaction busy{other};
        CHECK(store.append("chat:a", "{}", hundred).error == error_code{SQLITE_BUSY, sqlite_category()});
        CHECK(store.read("chat:a", {.limits = hundred}).top.offset == 1); // reading waits for nobody
        CHECK_FALSE(store.error());
    }
    CHECK(store.append("chat:a", "{}", hundred).at.offset == 2);
}

TEST_CASE("without a wait for the disk, a restart of the machine begins new epochs", "[sqlite]")
{
    const temporary_folder folder;
    const sqlite_options fast{.durability = sqlite_durability::process_end};
    const auto top = [&](const sqlite_options& options) {
        sqlite_process process{folder.file(), options};
        blocking_store store{process.store};
        return store.read("chat:a", {.limits = hundred}).top;
    };
    position first;
    {
        sqlite_process process{folder.file(), fast};
        blocking_store store{process.store};
        first = store.append("chat:a", "{}", hundred).at;
    }
    if (fs::exists("/proc/sys/kernel/random/boot_id")) {
        CHECK((top(fast) == first)); // only the process began anew
        CHECK((top({}) == first));
    }
    run_sql(folder.file(), "UPDATE fanfare_store SET value = 'another' WHERE name = 'boot'");
    const auto after = top({});
    CHECK(after.epoch != first.epoch);
    CHECK(after.offset == 1); // what was not lost is still there
    CHECK((top({}) == after));
}

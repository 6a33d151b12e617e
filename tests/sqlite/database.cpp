// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// The small face of SQLite that the adapters stand on.
#include "sqlite/support.hpp"
#include "support/catch.hpp"

#include <fanfare/detail/sqlite/database.hpp>

#include <boost/system/system_error.hpp>

#include <sqlite3.h>

#include <cstdint>
#include <string>
#include <string_view>

using namespace fanfare;
using namespace fanfare::detail;
using fanfare::test::temporary_folder;

namespace {

std::string failure(const auto& f)
{
    try {
        f();
        return {};
    } catch (const boost::system::system_error& e) {
        return e.what();
    }
}

std::int64_t number(sqlite_database& db, const char* sql)
{
    sqlite_statement statement{db, sql};
    auto rows = statement.query();
    REQUIRE(rows.next());
    return rows.integer(0);
}

} // namespace

TEST_CASE("an older file's tables are brought up to date, step by step, all or nothing", "[sqlite]")
{
    const temporary_folder folder;
    const char* const first = "CREATE TABLE fanfare_x (a); INSERT INTO fanfare_x VALUES (1)";
    const char* const second = "ALTER TABLE fanfare_x ADD COLUMN b DEFAULT 2";
    {
        sqlite_database db{folder.file(), {}};
        db.schema("x", {first});
        db.schema("x", {first}); // nothing to do
        CHECK(number(db, "SELECT count(*) FROM fanfare_x") == 1);
    }
    sqlite_database db{folder.file(), {}};
    CHECK_FALSE(failure([&] { db.schema("x", {first, second, "no such statement"}); }).empty());
    CHECK_FALSE(db.in_transaction());
    CHECK_FALSE(failure([&] { (void)number(db, "SELECT b FROM fanfare_x"); }).empty());
    db.schema("x", {first, second});
    CHECK(number(db, "SELECT b FROM fanfare_x") == 2);
    const auto why = failure([&] { db.schema("x", {first}); });
    CHECK(why.find(folder.file()) != std::string::npos);
    CHECK(why.find("version 2") != std::string::npos);
    db.schema("y", {"CREATE TABLE fanfare_y (a)"}); // parts have versions of their own
}

TEST_CASE("a transaction that is not committed leaves nothing", "[sqlite]")
{
    const temporary_folder folder;
    sqlite_database db{folder.file(), {}};
    db.execute("CREATE TABLE t (a)");
    sqlite_statement insert{db, "INSERT INTO t VALUES (?1)"};
    {
        const sqlite_transaction lost{db};
        CHECK(insert.run(1) == 1);
        CHECK(db.in_transaction());
    }
    CHECK_FALSE(db.in_transaction());
    {
        sqlite_transaction kept{db};
        insert.run(2);
        kept.commit();
    }
    CHECK(number(db, "SELECT sum(a) FROM t") == 2);
}

TEST_CASE("values come back from SQLite as they were", "[sqlite]")
{
    const temporary_folder folder;
    sqlite_database db{folder.file(), {}};
    db.execute("CREATE TABLE t (n INTEGER PRIMARY KEY, a TEXT)");
    sqlite_statement insert{db, "INSERT INTO t (a) VALUES (?1)"};
    const std::string_view texts[] = {std::string_view{}, "", "o'hara", std::string_view{"a\0b", 3},
                                      "\xf0\x9f\x98\x80"};
    for (const auto text : texts)
        insert.run(text);
    insert.run(nullptr);
    sqlite_statement select{db, "SELECT a FROM t ORDER BY n"};
    for (int twice = 0; twice != 2; ++twice) {
        auto rows = select.query();
        for (const auto text : texts) {
            REQUIRE(rows.next());
            CHECK_FALSE(rows.is_null(0));
            CHECK(rows.text(0) == text);
        }
        REQUIRE(rows.next());
        CHECK(rows.is_null(0));
        CHECK(rows.text(0).empty());
        CHECK_FALSE(rows.next());
    }
    sqlite_statement echo{db, "SELECT ?1, ?2"};
    auto rows = echo.query(~std::uint64_t{0}, true);
    REQUIRE(rows.next());
    CHECK(static_cast<std::uint64_t>(rows.integer(0)) == ~std::uint64_t{0});
    CHECK(rows.integer(1) == 1);
}

TEST_CASE("SQLite's errors name the file, and no value", "[sqlite]")
{
    const temporary_folder folder;
    sqlite_database db{folder.file(), {}};
    db.execute("CREATE TABLE t (a UNIQUE)");
    sqlite_statement insert{db, "INSERT INTO t VALUES (?1)"};
    insert.run("secret");
    const auto why = failure([&] { insert.run("secret"); });
    CHECK(why.find(folder.file()) != std::string::npos);
    CHECK(why.find("UNIQUE constraint failed") != std::string::npos);
    CHECK(why.find("secret") == std::string::npos);
    insert.run("other"); // the statement can be used again
    CHECK(error_code{SQLITE_FULL, sqlite_category()}.message() == "database or disk is full");
    CHECK(std::string{sqlite_category().name()} == "sqlite");
}

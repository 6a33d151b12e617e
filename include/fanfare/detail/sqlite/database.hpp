// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SQLITE_DATABASE_HPP
#define FANFARE_DETAIL_SQLITE_DATABASE_HPP

#include <fanfare/config.hpp>
#include <fanfare/sqlite/options.hpp>

#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace fanfare::detail {

// A small C++ face of SQLite. Whatever fails throws `boost::system::system_error`: the code is SQLite's (extended) one
// in `sqlite_category`, the text names the file and says what SQLite says. No value that was bound is in a text.
//
//     sqlite_database db{"file.db", {}};
//     db.schema("inbox", {"CREATE TABLE fanfare_inbox (id INTEGER PRIMARY KEY, title TEXT NOT NULL)"});
//     sqlite_statement insert{db, "INSERT INTO fanfare_inbox (title) VALUES (?1)"};
//     sqlite_statement select{db, "SELECT id, title FROM fanfare_inbox WHERE id > ?1"};
//     {
//         sqlite_transaction t{db};            // rolled back if it is not committed
//         insert.run("it's here");
//         t.commit();
//     }
//     for (auto rows = select.query(0); rows.next();)
//         use(rows.integer(0), rows.text(1));
//
// Not thread-safe: one thread at a time.

class sqlite_database {
public:
    // Opens or creates the file, with write-ahead logging. Refuses what cannot be written, and files in UTF-16.
    sqlite_database(std::string file, const sqlite_options& options);
    ~sqlite_database();
    sqlite_database(const sqlite_database&) = delete;
    sqlite_database& operator=(const sqlite_database&) = delete;

    // Brings the tables of one part of the library up to date: the n-th step (any number of statements) leads from
    // version n - 1 to n. Versions stand in the table `fanfare_schema`, since `PRAGMA user_version` is the
    // application's. Throws if the file is of a later version than there are steps.
    void schema(std::string_view part, std::initializer_list<const char*> steps);

    // Runs statements that answer nothing.
    void execute(const char* sql);
    // Ends a transaction, if one is open.
    void roll_back() noexcept;

    // Whether a transaction is open. Some errors end one: a full disk, say.
    bool in_transaction() const noexcept;
    // Rows that the last INSERT, UPDATE or DELETE changed, and the id of the last one that was inserted.
    std::int64_t changes() const noexcept;
    std::int64_t last_insert_id() const noexcept;

    const std::string& file() const noexcept { return file_; }
    ::sqlite3* native() const noexcept { return db_; }

    // Throws an error of SQLite's last call; or the one that says that the file holds nonsense, in these words.
    [[noreturn]] void fail(int code) const;
    [[noreturn]] void fail_corrupt(std::string_view text) const;

private:
    void set_up(const sqlite_options& options);
    void use_log();
    static int busy(void* self, int count) noexcept;

    ::sqlite3* db_ = nullptr;
    std::string file_;
    std::chrono::steady_clock::duration busy_timeout_;
    std::chrono::steady_clock::time_point busy_since_{};
};

// A statement's answer. The statement can be used again when this is gone. Text lives until the next row.
class sqlite_rows {
public:
    explicit sqlite_rows(class sqlite_statement& s) noexcept : statement_{&s} {}
    ~sqlite_rows();
    sqlite_rows(const sqlite_rows&) = delete;
    sqlite_rows& operator=(const sqlite_rows&) = delete;

    // Goes to the next row, at first to the first one.
    bool next();
    std::int64_t integer(int column) const noexcept; // 0 for NULL
    std::string_view text(int column) const;
    bool is_null(int column) const noexcept;

private:
    class sqlite_statement* statement_;
};

// A prepared statement, which lives no longer than its database. The first value is ?1.
class sqlite_statement {
public:
    sqlite_statement(sqlite_database& db, const char* sql);
    ~sqlite_statement();
    sqlite_statement(const sqlite_statement&) = delete;
    sqlite_statement& operator=(const sqlite_statement&) = delete;

    // Text must live as long as what this answers.
    template <class... Values>
    [[nodiscard]] sqlite_rows query(const Values&... values)
    {
        [[maybe_unused]] int index = 0; // without values
        (bind(++index, values), ...);
        return sqlite_rows{*this};
    }
    // Answers how many rows it changed.
    template <class... Values>
    std::int64_t run(const Values&... values)
    {
        auto rows = query(values...);
        while (rows.next())
            ;
        return db_->changes();
    }

private:
    friend class sqlite_rows;
    void bind(int index, std::int64_t value);
    void bind(int index, std::string_view value);
    void bind(int index, std::nullptr_t);
    void bind(int index, int value) { bind(index, std::int64_t{value}); }
    void bind(int index, bool value) { bind(index, std::int64_t{value}); }
    void bind(int index, std::uint64_t value) { bind(index, static_cast<std::int64_t>(value)); } // the same bits
    void bind(int index, const char* value) { bind(index, std::string_view{value}); }
    void bind(int index, const std::string& value) { bind(index, std::string_view{value}); }
    void reset() noexcept;

    sqlite_database* db_;
    ::sqlite3_stmt* statement_ = nullptr;
};

// Rolled back when it is destroyed before `commit`.
class sqlite_transaction {
public:
    enum class kind : std::uint8_t { write, read };

    // One that writes takes its turn at once, so that it cannot fail in the middle for another process' sake.
    explicit sqlite_transaction(sqlite_database& db, kind what = kind::write);
    ~sqlite_transaction();
    sqlite_transaction(const sqlite_transaction&) = delete;
    sqlite_transaction& operator=(const sqlite_transaction&) = delete;

    void commit();

private:
    sqlite_database* db_;
};

// The exception that is being handled, as a code: what done handlers are told. Only in a catch block.
error_code sqlite_failure() noexcept;
// Whether a COMMIT that failed so may be found to be done after a crash: its log was written, but the disk has not
// confirmed it.
bool sqlite_unconfirmed(error_code ec) noexcept;

// Milliseconds since 1970, by the system's clock: what files hold must mean something after a restart.
inline std::int64_t sqlite_now() noexcept
{
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/sqlite/database.ipp>
#endif

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SQLITE_DATABASE_IPP
#define FANFARE_DETAIL_SQLITE_DATABASE_IPP

#include <fanfare/detail/sqlite/database.hpp>
#include <fanfare/error.hpp>

#include <boost/system/system_error.hpp>

#include <sqlite3.h>

#include <algorithm>
#include <exception>
#include <new>
#include <thread>
#include <utility>

namespace fanfare::detail {

FANFARE_DECL sqlite_database::sqlite_database(std::string file, const sqlite_options& options)
    : file_{std::move(file)}, busy_timeout_{std::clamp<std::chrono::milliseconds>(options.busy_timeout, {},
                                                                                  std::chrono::hours{24})}
{
    // SQLite's own locks are not needed: one thread at a time.
    constexpr int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    const int code =
        ::sqlite3_threadsafe() == 0 ? SQLITE_MISUSE : ::sqlite3_open_v2(file_.c_str(), &db_, flags, nullptr);
    try {
        if (code != SQLITE_OK)
            fail(db_ ? ::sqlite3_extended_errcode(db_) : code);
        set_up(options);
    } catch (...) {
        ::sqlite3_close_v2(db_);
        throw;
    }
}

FANFARE_DECL sqlite_database::~sqlite_database()
{
    ::sqlite3_close_v2(db_);
}

FANFARE_DECL void sqlite_database::fail(int code) const
{
    if ((code & 0xff) == SQLITE_NOMEM)
        throw std::bad_alloc{};
    // The connection's text is of its last call, which need not be the one that failed.
    const bool own_text = db_ && ::sqlite3_extended_errcode(db_) == code;
    const std::string text = own_text ? ::sqlite3_errmsg(db_) : ::sqlite3_errstr(code);
    throw boost::system::system_error{error_code{code, sqlite_category()}, file_ + ": " + text};
}

FANFARE_DECL void sqlite_database::fail_corrupt(std::string_view text) const
{
    throw boost::system::system_error{error_code{SQLITE_CORRUPT, sqlite_category()},
                                      file_ + ": " + std::string{text}};
}

FANFARE_DECL void sqlite_database::set_up(const sqlite_options& options)
{
    ::sqlite3_extended_result_codes(db_, 1);
    ::sqlite3_busy_handler(db_, &busy, this);
    if (::sqlite3_db_readonly(db_, "main") != 0) // SQLite opens what it may not write for reading
        fail(SQLITE_READONLY);
    {
        sqlite_statement encoding{*this, "PRAGMA encoding"};
        auto rows = encoding.query();
        if (!rows.next() || rows.text(0) != "UTF-8")
            throw boost::system::system_error{error_code{SQLITE_MISMATCH, sqlite_category()},
                                              file_ + ": the file's text is not in UTF-8"};
    }
    use_log();
    // fullfsync is for macOS, where an fsync alone does not reach the disk.
    execute(options.durability == sqlite_durability::power_loss
                ? "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON"
                : "PRAGMA synchronous = NORMAL");
    execute("PRAGMA foreign_keys = ON; PRAGMA journal_size_limit = 67108864");
}

// Where two processes begin a file, both may hold a lock that the other waits for: then SQLite does not ask `busy`.
FANFARE_DECL void sqlite_database::use_log()
{
    const auto until = std::chrono::steady_clock::now() + busy_timeout_;
    for (;;)
        try {
            sqlite_statement journal{*this, "PRAGMA journal_mode = WAL"};
            auto rows = journal.query();
            if (rows.next() && rows.text(0) == "wal")
                return;
            throw boost::system::system_error{error_code{SQLITE_CANTOPEN, sqlite_category()},
                                              file_ + ": the file cannot have a write-ahead log"};
        } catch (const boost::system::system_error& e) {
            if ((e.code().value() & 0xff) != SQLITE_BUSY || std::chrono::steady_clock::now() >= until)
                throw;
            std::this_thread::sleep_for(std::chrono::microseconds{500});
        }
}

// SQLite's own handler waits longer and longer, up to 100 ms, and starves beside a process that always has something
// to write.
FANFARE_DECL int sqlite_database::busy(void* self, int count) noexcept
{
    auto& db = *static_cast<sqlite_database*>(self);
    const auto now = std::chrono::steady_clock::now();
    if (count == 0)
        db.busy_since_ = now;
    else if (now - db.busy_since_ >= db.busy_timeout_)
        return 0;
    std::this_thread::sleep_for(std::chrono::microseconds{500});
    return 1;
}

FANFARE_DECL void sqlite_database::schema(std::string_view part, std::initializer_list<const char*> steps)
{
    sqlite_transaction all{*this};
    execute("CREATE TABLE IF NOT EXISTS fanfare_schema "
            "(part TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID");
    sqlite_statement get{*this, "SELECT version FROM fanfare_schema WHERE part = ?1"};
    std::int64_t version = 0;
    if (auto rows = get.query(part); rows.next())
        version = rows.integer(0);
    const auto latest = static_cast<std::int64_t>(steps.size());
    if (version > latest)
        throw boost::system::system_error{
            error_code{SQLITE_SCHEMA, sqlite_category()},
            file_ + ": the tables of the " + std::string{part} + " have version " + std::to_string(version) +
                ", made by a later Fanfare; this one knows " + std::to_string(latest)};
    if (version == latest)
        return;
    for (const char* step : steps)
        if (version-- <= 0)
            execute(step);
    sqlite_statement put{*this, "INSERT OR REPLACE INTO fanfare_schema (part, version) VALUES (?1, ?2)"};
    put.run(part, latest);
    all.commit();
}

FANFARE_DECL void sqlite_database::execute(const char* sql)
{
    if (const int code = ::sqlite3_exec(db_, sql, nullptr, nullptr, nullptr); code != SQLITE_OK)
        fail(code);
}

FANFARE_DECL void sqlite_database::roll_back() noexcept
{
    // If that fails, SQLite has ended the transaction by itself.
    if (in_transaction())
        ::sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
}

FANFARE_DECL bool sqlite_database::in_transaction() const noexcept
{
    return ::sqlite3_get_autocommit(db_) == 0;
}

FANFARE_DECL std::int64_t sqlite_database::changes() const noexcept
{
    return ::sqlite3_changes(db_);
}

FANFARE_DECL std::int64_t sqlite_database::last_insert_id() const noexcept
{
    return ::sqlite3_last_insert_rowid(db_);
}

FANFARE_DECL sqlite_statement::sqlite_statement(sqlite_database& db, const char* sql) : db_{&db}
{
    const int code = ::sqlite3_prepare_v3(db.native(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement_, nullptr);
    if (code != SQLITE_OK)
        db.fail(code);
}

FANFARE_DECL sqlite_statement::~sqlite_statement()
{
    ::sqlite3_finalize(statement_);
}

FANFARE_DECL void sqlite_statement::bind(int index, std::int64_t value)
{
    if (const int code = ::sqlite3_bind_int64(statement_, index, value); code != SQLITE_OK)
        db_->fail(code);
}

FANFARE_DECL void sqlite_statement::bind(int index, std::string_view value)
{
    // A null pointer would be NULL. SQLite keeps no copy.
    const int code = ::sqlite3_bind_text64(statement_, index, value.data() ? value.data() : "", value.size(),
                                           SQLITE_STATIC, SQLITE_UTF8);
    if (code != SQLITE_OK)
        db_->fail(code);
}

FANFARE_DECL void sqlite_statement::bind(int index, std::nullptr_t)
{
    if (const int code = ::sqlite3_bind_null(statement_, index); code != SQLITE_OK)
        db_->fail(code);
}

FANFARE_DECL bool sqlite_rows::next()
{
    const int code = ::sqlite3_step(statement_->statement_);
    if (code == SQLITE_ROW)
        return true;
    if (code != SQLITE_DONE)
        statement_->db_->fail(code);
    return false;
}

FANFARE_DECL sqlite_rows::~sqlite_rows()
{
    // The error, if any, was told by `next`. The bindings may point to what is gone soon.
    ::sqlite3_reset(statement_->statement_);
    ::sqlite3_clear_bindings(statement_->statement_);
}

FANFARE_DECL std::int64_t sqlite_rows::integer(int column) const noexcept
{
    return ::sqlite3_column_int64(statement_->statement_, column);
}

FANFARE_DECL std::string_view sqlite_rows::text(int column) const
{
    const auto* data = ::sqlite3_column_text(statement_->statement_, column);
    const auto size = static_cast<std::size_t>(::sqlite3_column_bytes(statement_->statement_, column));
    if (!data && ::sqlite3_column_type(statement_->statement_, column) != SQLITE_NULL)
        throw std::bad_alloc{};
    return {data ? reinterpret_cast<const char*>(data) : "", size};
}

FANFARE_DECL bool sqlite_rows::is_null(int column) const noexcept
{
    return ::sqlite3_column_type(statement_->statement_, column) == SQLITE_NULL;
}

FANFARE_DECL sqlite_transaction::sqlite_transaction(sqlite_database& db, kind what) : db_{&db}
{
    db.execute(what == kind::write ? "BEGIN IMMEDIATE" : "BEGIN");
}

FANFARE_DECL sqlite_transaction::~sqlite_transaction()
{
    if (db_)
        db_->roll_back();
}

FANFARE_DECL void sqlite_transaction::commit()
{
    db_->execute("COMMIT"); // when it fails, the destructor rolls back
    db_ = nullptr;
}

FANFARE_DECL error_code sqlite_failure() noexcept
{
    try {
        throw;
    } catch (const boost::system::system_error& e) {
        return e.code();
    } catch (const std::bad_alloc&) {
        return {SQLITE_NOMEM, sqlite_category()};
    } catch (const std::exception&) {
        return error::store_failed;
    }
}

FANFARE_DECL bool sqlite_unconfirmed(error_code ec) noexcept
{
    return ec.category() == sqlite_category() &&
           (ec.value() == SQLITE_IOERR_FSYNC || ec.value() == SQLITE_IOERR_DIR_FSYNC);
}

} // namespace fanfare::detail

#endif

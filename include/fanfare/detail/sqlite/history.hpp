// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SQLITE_HISTORY_HPP
#define FANFARE_DETAIL_SQLITE_HISTORY_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/sqlite/database.hpp>
#include <fanfare/detail/sqlite/worker.hpp>
#include <fanfare/position.hpp>
#include <fanfare/store.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace fanfare::detail {

// A room as one transaction sees it.
struct sqlite_room {
    std::int64_t id = 0; // 0: it has no row yet
    position top{};
    std::uint64_t oldest = 1; // the first message that is there, kept or about to be trimmed
    std::int64_t oldest_at = 0;
    std::int64_t newest_at = 0;
    history_limits limits{};
    std::uint64_t added = 0; // in this transaction
};

// The tables of a `sqlite_store`: `fanfare_rooms` has a row for each room that was written to, `fanfare_messages` and
// `fanfare_keys` what is kept of it. A room without a row has an epoch that follows from its name and the file's seed,
// so that reading never writes.
class sqlite_history final : public sqlite_tables {
public:
    sqlite_history(std::string file, const sqlite_options& options);

    sqlite_database& database() noexcept override { return db_; }
    void begin() override;
    void finish() override;

    // Gives the message its offset; or answers the first one's place if the key is known.
    position append(std::string_view room, stored_message& message, std::string_view idempotency_key,
                    const history_limits& limits, bool& duplicate);
    history_page read(std::string_view room, const history_query& query);

private:
    void begin_anew_after_a_restart(const sqlite_options& options);
    std::uint64_t first_epoch(std::string_view room) const noexcept;
    sqlite_room& find(std::string_view room);
    void insert(std::string_view name, sqlite_room& room, stored_message& message,
                std::string_view idempotency_key, const history_limits& limits);
    std::uint64_t first_kept(const sqlite_room& room, const history_limits& limits);
    void read_messages(const sqlite_room& room, const history_query& query, history_page& page);
    void trim(sqlite_room& room);
    void sweep();

    sqlite_database db_;
    const bool made_; // the tables, before the statements that use them
    sqlite_statement get_room_{db_, "SELECT id, epoch, top, oldest, oldest_at, newest_at FROM fanfare_rooms "
                                    "WHERE name = ?1"};
    sqlite_statement put_room_{db_, "INSERT INTO fanfare_rooms (name, epoch, top, oldest, oldest_at, newest_at) "
                                    "VALUES (?1, ?2, 0, 1, 0, 0)"};
    sqlite_statement set_room_{db_,
                               "UPDATE fanfare_rooms SET top = ?2, oldest = ?3, oldest_at = ?4, newest_at = ?5, "
                               "expires = ?6 WHERE id = ?1"};
    sqlite_statement put_message_{db_, "INSERT INTO fanfare_messages (room, offset, at, key, except_id, body) "
                                       "VALUES (?1, ?2, ?3, ?4, ?5, ?6)"};
    sqlite_statement get_upwards_{db_,
                                  "SELECT offset, body, key, except_id FROM fanfare_messages "
                                  "WHERE room = ?1 AND offset >= ?2 AND offset <= ?3 ORDER BY offset LIMIT ?4"};
    sqlite_statement get_downwards_{db_, "SELECT offset, body, key, except_id FROM fanfare_messages "
                                         "WHERE room = ?1 AND offset >= ?2 AND offset <= ?3 "
                                         "ORDER BY offset DESC LIMIT ?4"};
    sqlite_statement first_since_{db_, "SELECT offset, at FROM fanfare_messages "
                                       "WHERE room = ?1 AND offset >= ?2 AND at > ?3 ORDER BY offset LIMIT 1"};
    sqlite_statement drop_messages_{db_, "DELETE FROM fanfare_messages WHERE room = ?1 AND offset < ?2"};
    sqlite_statement get_key_{db_, "SELECT offset FROM fanfare_keys WHERE room = ?1 AND key = ?2 AND until > ?3"};
    sqlite_statement put_key_{db_, "INSERT OR REPLACE INTO fanfare_keys (room, key, offset, until) "
                                   "VALUES (?1, ?2, ?3, ?4)"};
    sqlite_statement drop_keys_{db_, "DELETE FROM fanfare_keys WHERE (room, key) IN "
                                     "(SELECT room, key FROM fanfare_keys WHERE until <= ?1 LIMIT ?2)"};
    sqlite_statement get_expired_{db_, "SELECT id, top, oldest FROM fanfare_rooms WHERE expires <= ?1 LIMIT 8"};
    sqlite_statement set_expired_{db_,
                                  "UPDATE fanfare_rooms SET oldest = ?2, expires = CASE WHEN ?2 > top THEN NULL "
                                  "ELSE expires END WHERE id = ?1"};

    std::string seed_;
    std::int64_t now_ = 0;
    std::uint64_t keys_added_ = 0;
    std::map<std::string, sqlite_room, std::less<>> rooms_; // of this transaction
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/sqlite/history.ipp>
#endif

#endif

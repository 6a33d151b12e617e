// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SQLITE_INBOX_TABLES_HPP
#define FANFARE_DETAIL_SQLITE_INBOX_TABLES_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/sqlite/database.hpp>
#include <fanfare/detail/sqlite/worker.hpp>
#include <fanfare/inbox_item.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fanfare::detail {

// The tables of a `sqlite_inbox`: `fanfare_inbox` has the notifications, `fanfare_inbox_users` each user's counts,
// which triggers keep. Times are milliseconds since 1970; 0: not marked. Each function is one operation of the port, in
// a transaction of the worker's.
class sqlite_inbox_tables final : public sqlite_tables {
public:
    sqlite_inbox_tables(std::string file, const sqlite_options& options);
    sqlite_database& database() noexcept override { return db_; }

    inbox_added add(const inbox_add& what, std::string_view data, const inbox_limits& limits);
    inbox_page list(std::string_view user, const inbox_query& query, std::uint64_t before);
    inbox_marked mark(std::string_view user, const inbox_mark& how);
    inbox_counts counts(std::string_view user);

private:
    struct user_row {
        std::int64_t id = 0;
        std::int64_t top = 0;
        std::int64_t items = 0;
        inbox_counts counts{};
    };
    std::optional<user_row> find(std::string_view user);
    std::optional<inbox_item> with_key(std::int64_t user, std::string_view name, std::string_view key);
    void make_room(user_row& row, const inbox_limits& limits);
    std::int64_t mark_all(std::int64_t user, inbox_action action, std::int64_t now);
    bool mark_one(std::int64_t user, std::string_view id, inbox_action action, std::int64_t now, bool& known);
    sqlite_statement& lister(inbox_filter filter) noexcept;

    sqlite_database db_;
    const bool made_; // the tables, before the statements that use them
    sqlite_statement get_user_{db_, "SELECT id, top, items, unread, unseen, revision FROM fanfare_inbox_users "
                                    "WHERE name = ?1"};
    sqlite_statement put_user_{db_, "INSERT INTO fanfare_inbox_users (name) VALUES (?1)"};
    // The revision follows the clock, so that it grows even where what was kept is lost.
    sqlite_statement step_{db_, "UPDATE fanfare_inbox_users SET top = max(top, ?2), "
                                "revision = max(revision + 1, ?3) WHERE id = ?1"};
    sqlite_statement put_{db_, "INSERT INTO fanfare_inbox (user, place, id, once, created, title, message, data) "
                               "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"};
    sqlite_statement drop_finished_{db_,
                                    "DELETE FROM fanfare_inbox WHERE user = ?1 AND place = (SELECT place FROM "
                                    "fanfare_inbox WHERE user = ?1 AND (read <> 0 OR archived <> 0) "
                                    "ORDER BY place LIMIT 1)"};
    sqlite_statement drop_oldest_{db_, "DELETE FROM fanfare_inbox WHERE user = ?1 AND place = (SELECT place FROM "
                                       "fanfare_inbox WHERE user = ?1 ORDER BY place LIMIT 1)"};
    sqlite_statement get_by_key_{db_, "SELECT place, id, created, seen, read, archived, title, message, data "
                                      "FROM fanfare_inbox WHERE user = ?1 AND once = ?2"};
    sqlite_statement get_marks_{db_, "SELECT place, seen, read, archived FROM fanfare_inbox "
                                     "WHERE user = ?1 AND id = ?2"};
    sqlite_statement set_marks_{db_, "UPDATE fanfare_inbox SET seen = ?3, read = ?4, archived = ?5 "
                                     "WHERE user = ?1 AND place = ?2"};
    sqlite_statement all_seen_{db_,
                               "UPDATE fanfare_inbox SET seen = ?2 WHERE user = ?1 AND seen = 0 AND archived = 0"};
    sqlite_statement all_read_{db_,
                               "UPDATE fanfare_inbox SET read = ?2, seen = CASE seen WHEN 0 THEN ?2 ELSE seen END "
                               "WHERE user = ?1 AND read = 0 AND archived = 0"};
    sqlite_statement all_unread_{db_, "UPDATE fanfare_inbox SET read = 0 "
                                      "WHERE user = ?1 AND read <> 0 AND archived = 0 AND ?2 <> 0"};
    sqlite_statement all_archived_{db_, "UPDATE fanfare_inbox SET archived = ?2 WHERE user = ?1 AND archived = 0"};
    sqlite_statement none_archived_{db_, "UPDATE fanfare_inbox SET archived = 0 WHERE user = ?1 AND archived <> 0 "
                                         "AND ?2 <> 0"};
    sqlite_statement list_all_{db_,
                               "SELECT place, id, created, seen, read, archived, title, message, data "
                               "FROM fanfare_inbox WHERE user = ?1 AND place < ?2 ORDER BY place DESC LIMIT ?3"};
    sqlite_statement list_active_{db_, "SELECT place, id, created, seen, read, archived, title, message, data "
                                       "FROM fanfare_inbox WHERE user = ?1 AND place < ?2 AND archived = 0 "
                                       "ORDER BY place DESC LIMIT ?3"};
    sqlite_statement list_unread_{db_, "SELECT place, id, created, seen, read, archived, title, message, data "
                                       "FROM fanfare_inbox WHERE user = ?1 AND place < ?2 AND read = 0 "
                                       "AND archived = 0 ORDER BY place DESC LIMIT ?3"};
    sqlite_statement list_archived_{db_, "SELECT place, id, created, seen, read, archived, title, message, data "
                                         "FROM fanfare_inbox WHERE user = ?1 AND place < ?2 AND archived <> 0 "
                                         "ORDER BY place DESC LIMIT ?3"};
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/sqlite/inbox_tables.ipp>
#endif

#endif

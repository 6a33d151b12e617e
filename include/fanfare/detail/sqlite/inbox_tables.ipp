// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SQLITE_INBOX_TABLES_IPP
#define FANFARE_DETAIL_SQLITE_INBOX_TABLES_IPP

#include <fanfare/detail/inbox/inbox_rules.hpp>
#include <fanfare/detail/sqlite/inbox_tables.hpp>

#include <algorithm>
#include <utility>

namespace fanfare::detail {

// The flags stand before the texts, which may be long. The indexes without all rows are for lists, marks and trimming.
inline constexpr char sqlite_inbox_schema[] = R"sql(
CREATE TABLE fanfare_inbox_users (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    top INTEGER NOT NULL DEFAULT 0,
    items INTEGER NOT NULL DEFAULT 0,
    unread INTEGER NOT NULL DEFAULT 0,
    unseen INTEGER NOT NULL DEFAULT 0,
    revision INTEGER NOT NULL DEFAULT 0);
CREATE TABLE fanfare_inbox (
    user INTEGER NOT NULL,
    place INTEGER NOT NULL,
    id TEXT NOT NULL,
    once TEXT,
    created INTEGER NOT NULL,
    seen INTEGER NOT NULL DEFAULT 0,
    read INTEGER NOT NULL DEFAULT 0,
    archived INTEGER NOT NULL DEFAULT 0,
    title TEXT NOT NULL,
    message TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (user, place)) WITHOUT ROWID;
CREATE UNIQUE INDEX fanfare_inbox_ids ON fanfare_inbox (user, id);
CREATE UNIQUE INDEX fanfare_inbox_keys ON fanfare_inbox (user, once) WHERE once IS NOT NULL;
CREATE INDEX fanfare_inbox_active ON fanfare_inbox (user, place) WHERE archived = 0;
CREATE INDEX fanfare_inbox_unread ON fanfare_inbox (user, place) WHERE read = 0 AND archived = 0;
CREATE INDEX fanfare_inbox_archived ON fanfare_inbox (user, place) WHERE archived <> 0;
CREATE INDEX fanfare_inbox_finished ON fanfare_inbox (user, place) WHERE read <> 0 OR archived <> 0;
CREATE TRIGGER fanfare_inbox_added AFTER INSERT ON fanfare_inbox BEGIN
    UPDATE fanfare_inbox_users SET items = items + 1,
        unread = unread + (NEW.read = 0 AND NEW.archived = 0),
        unseen = unseen + (NEW.seen = 0 AND NEW.archived = 0) WHERE id = NEW.user;
END;
CREATE TRIGGER fanfare_inbox_dropped AFTER DELETE ON fanfare_inbox BEGIN
    UPDATE fanfare_inbox_users SET items = items - 1,
        unread = unread - (OLD.read = 0 AND OLD.archived = 0),
        unseen = unseen - (OLD.seen = 0 AND OLD.archived = 0) WHERE id = OLD.user;
END;
CREATE TRIGGER fanfare_inbox_marked AFTER UPDATE OF seen, read, archived ON fanfare_inbox BEGIN
    UPDATE fanfare_inbox_users SET
        unread = unread + (NEW.read = 0 AND NEW.archived = 0) - (OLD.read = 0 AND OLD.archived = 0),
        unseen = unseen + (NEW.seen = 0 AND NEW.archived = 0) - (OLD.seen = 0 AND OLD.archived = 0)
        WHERE id = NEW.user;
END;
)sql";

FANFARE_DECL sqlite_inbox_tables::sqlite_inbox_tables(std::string file, const sqlite_options& options)
    : db_{std::move(file), options}, made_{(db_.schema("inbox", {sqlite_inbox_schema}), true)}
{}

// A row of place, id, created, seen, read, archived, title, message, data.
inline inbox_item sqlite_inbox_item(const sqlite_rows& row, std::string_view user)
{
    inbox_item item{.id = std::string{row.text(1)},
                    .user_id = std::string{user},
                    .title = std::string{row.text(6)},
                    .message = std::string{row.text(7)},
                    .created_at = from_inbox_ms(row.integer(2)),
                    .seen_at = maybe_from_inbox_ms(row.integer(3)),
                    .read_at = maybe_from_inbox_ms(row.integer(4)),
                    .archived_at = maybe_from_inbox_ms(row.integer(5))};
    set_inbox_data(item, std::string{row.text(8)});
    return item;
}

FANFARE_DECL std::optional<sqlite_inbox_tables::user_row> sqlite_inbox_tables::find(std::string_view user)
{
    auto rows = get_user_.query(user);
    if (!rows.next())
        return std::nullopt;
    const auto count = [&rows](int column) { return static_cast<std::uint64_t>(rows.integer(column)); };
    return user_row{rows.integer(0), rows.integer(1), rows.integer(2), {count(3), count(4), count(5)}};
}

FANFARE_DECL inbox_counts sqlite_inbox_tables::counts(std::string_view user)
{
    const auto row = find(user);
    return row ? row->counts : inbox_counts{};
}

// ---- add

FANFARE_DECL std::optional<inbox_item> sqlite_inbox_tables::with_key(std::int64_t user, std::string_view name,
                                                                     std::string_view key)
{
    if (key.empty())
        return std::nullopt;
    auto rows = get_by_key_.query(user, key);
    return rows.next() ? std::optional{sqlite_inbox_item(rows, name)} : std::nullopt;
}

FANFARE_DECL void sqlite_inbox_tables::make_room(user_row& row, const inbox_limits& limits)
{
    for (; row.items >= static_cast<std::int64_t>(limits.items); --row.items)
        if (drop_finished_.run(row.id) == 0)
            drop_oldest_.run(row.id);
}

FANFARE_DECL inbox_added sqlite_inbox_tables::add(const inbox_add& what, std::string_view data,
                                                  const inbox_limits& limits)
{
    auto row = find(what.user_id);
    if (!row) {
        put_user_.run(what.user_id);
        row = user_row{.id = db_.last_insert_id()};
    }
    if (const auto known = with_key(row->id, what.user_id, what.idempotency_key))
        return {*known, row->counts, true};
    make_room(*row, limits);
    const auto now = sqlite_now();
    const auto id = new_inbox_id();
    const auto place = row->top + 1;
    if (what.idempotency_key.empty())
        put_.run(row->id, place, id, nullptr, now, what.title, what.message, data);
    else
        put_.run(row->id, place, id, what.idempotency_key, now, what.title, what.message, data);
    step_.run(row->id, place, now);
    inbox_item item{.id = id,
                    .user_id = what.user_id,
                    .title = what.title,
                    .message = what.message,
                    .created_at = from_inbox_ms(now)};
    set_inbox_data(item, std::string{data});
    return {std::move(item), counts(what.user_id), false};
}

// ---- list

FANFARE_DECL sqlite_statement& sqlite_inbox_tables::lister(inbox_filter filter) noexcept
{
    switch (filter) {
    case inbox_filter::all: return list_all_;
    case inbox_filter::unread: return list_unread_;
    case inbox_filter::archived: return list_archived_;
    case inbox_filter::active: break;
    }
    return list_active_;
}

FANFARE_DECL inbox_page sqlite_inbox_tables::list(std::string_view user, const inbox_query& query,
                                                  std::uint64_t before)
{
    inbox_page page;
    const auto row = find(user);
    if (!row)
        return page;
    page.counts = row->counts;
    std::size_t bytes = 0;
    std::int64_t last = 0;
    auto rows = lister(query.filter).query(row->id, before, static_cast<std::int64_t>(query.limit) + 1);
    while (rows.next()) {
        auto item = sqlite_inbox_item(rows, user);
        bytes += inbox_weight(item, rows.text(8).size());
        if (page.items.size() == query.limit || (bytes > inbox_page_bytes && !page.items.empty())) {
            page.next_cursor = make_inbox_cursor(user, static_cast<std::uint64_t>(last));
            break;
        }
        last = rows.integer(0);
        page.items.push_back(std::move(item));
    }
    will_answer(bytes);
    return page;
}

// ---- mark

FANFARE_DECL std::int64_t sqlite_inbox_tables::mark_all(std::int64_t user, inbox_action action, std::int64_t now)
{
    switch (action) {
    case inbox_action::seen: return all_seen_.run(user, now);
    case inbox_action::read: return all_read_.run(user, now);
    case inbox_action::unread: return all_unread_.run(user, now);
    case inbox_action::archive: return all_archived_.run(user, now);
    case inbox_action::unarchive: return none_archived_.run(user, now);
    }
    return 0;
}

FANFARE_DECL bool sqlite_inbox_tables::mark_one(std::int64_t user, std::string_view id, inbox_action action,
                                                std::int64_t now, bool& known)
{
    inbox_item marks;
    std::int64_t place = 0;
    {
        auto rows = get_marks_.query(user, id);
        known = rows.next();
        if (!known)
            return false;
        place = rows.integer(0);
        marks.seen_at = maybe_from_inbox_ms(rows.integer(1));
        marks.read_at = maybe_from_inbox_ms(rows.integer(2));
        marks.archived_at = maybe_from_inbox_ms(rows.integer(3));
    }
    if (!apply_inbox_action(action, from_inbox_ms(now), marks))
        return false;
    set_marks_.run(user, place, to_inbox_ms(marks.seen_at), to_inbox_ms(marks.read_at),
                   to_inbox_ms(marks.archived_at));
    return true;
}

FANFARE_DECL inbox_marked sqlite_inbox_tables::mark(std::string_view user, const inbox_mark& how)
{
    inbox_marked answer;
    const auto row = find(user);
    if (!row) {
        answer.unknown = how.ids;
        return answer;
    }
    const auto now = sqlite_now();
    if (how.all)
        answer.changed = static_cast<std::size_t>(mark_all(row->id, how.action, now));
    for (const auto& id : how.ids) {
        bool known = false;
        if (mark_one(row->id, id, how.action, now, known))
            answer.ids.push_back(id);
        else if (!known)
            answer.unknown.push_back(id);
    }
    answer.changed += answer.ids.size();
    if (answer.changed != 0)
        step_.run(row->id, 0, now);
    answer.counts = counts(user);
    return answer;
}

} // namespace fanfare::detail

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SQLITE_HISTORY_IPP
#define FANFARE_DETAIL_SQLITE_HISTORY_IPP

#include <fanfare/detail/base/random.hpp>
#include <fanfare/detail/sqlite/history.hpp>

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace fanfare::detail {

// `at` never falls within a room, so that what has expired is always the room's beginning.
inline constexpr char sqlite_history_tables[] = R"sql(
CREATE TABLE fanfare_store (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE fanfare_rooms (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    epoch INTEGER NOT NULL,
    top INTEGER NOT NULL,
    oldest INTEGER NOT NULL,
    oldest_at INTEGER NOT NULL,
    newest_at INTEGER NOT NULL,
    expires INTEGER);
CREATE INDEX fanfare_rooms_expire ON fanfare_rooms (expires) WHERE expires IS NOT NULL;
CREATE TABLE fanfare_messages (
    room INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    at INTEGER NOT NULL,
    key TEXT,
    except_id INTEGER,
    body TEXT NOT NULL,
    PRIMARY KEY (room, offset)) WITHOUT ROWID;
CREATE TABLE fanfare_keys (
    room INTEGER NOT NULL,
    key TEXT NOT NULL,
    offset INTEGER NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (room, key)) WITHOUT ROWID;
CREATE INDEX fanfare_keys_until ON fanfare_keys (until);
)sql";

// Messages that one room loses in one transaction besides as many as it got: trimming must not hold others up.
inline constexpr std::uint64_t sqlite_trim_limit = 1'000;

// In milliseconds, no more than a hundred years.
inline std::int64_t sqlite_span(std::chrono::milliseconds span) noexcept
{
    return std::clamp<std::int64_t>(span.count(), 0, 3'200'000'000'000);
}

// Differs after each start of the machine; empty on systems without it.
inline std::string boot_id()
{
    std::string id;
    std::getline(std::ifstream{"/proc/sys/kernel/random/boot_id"}, id);
    return id;
}

FANFARE_DECL sqlite_history::sqlite_history(std::string file, const sqlite_options& options)
    : db_{std::move(file), options}, made_{(db_.schema("store", {sqlite_history_tables}), true)}
{
    begin_anew_after_a_restart(options);
}

// Without a wait for the disk at each COMMIT, a machine that was restarted may have lost messages that were sent: the
// next ones would get their offsets.
FANFARE_DECL void sqlite_history::begin_anew_after_a_restart(const sqlite_options& options)
{
    sqlite_statement get{db_, "SELECT value FROM fanfare_store WHERE name = ?1"};
    sqlite_statement put{db_, "INSERT OR REPLACE INTO fanfare_store (name, value) VALUES (?1, ?2)"};
    const auto value = [&get](std::string_view name) {
        auto rows = get.query(name);
        return rows.next() ? std::optional{std::string{rows.text(0)}} : std::nullopt;
    };
    sqlite_transaction all{db_};
    auto seed = value("seed");
    const auto boot = value("boot"), now = std::optional{boot_id()};
    if (const bool anew = boot && (boot != now || boot->empty()); anew || !seed) {
        seed = random_token(24);
        put.run("seed", *seed);
        db_.execute("UPDATE fanfare_rooms SET epoch = random(); DELETE FROM fanfare_store WHERE name = 'boot'");
    }
    if (options.durability == sqlite_durability::process_end)
        put.run("boot", *now);
    all.commit();
    seed_ = *seed;
}

// A hash (FNV-1a) of the file's secret seed and the room's name.
FANFARE_DECL std::uint64_t sqlite_history::first_epoch(std::string_view room) const noexcept
{
    std::uint64_t h = 0xcbf29ce484222325;
    for (const std::string_view part : {std::string_view{seed_}, room})
        for (const char c : part)
            h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9;
    h = (h ^ (h >> 27)) * 0x94d049bb133111eb;
    h ^= h >> 31;
    return h == 0 ? 1 : h;
}

FANFARE_DECL void sqlite_history::begin()
{
    rooms_.clear();
    keys_added_ = 0;
    now_ = sqlite_now();
}

FANFARE_DECL sqlite_room& sqlite_history::find(std::string_view name)
{
    if (const auto known = rooms_.find(name); known != rooms_.end())
        return known->second;
    sqlite_room room;
    if (auto rows = get_room_.query(name); rows.next()) {
        room.id = rows.integer(0);
        room.top = {static_cast<std::uint64_t>(rows.integer(1)), static_cast<std::uint64_t>(rows.integer(2))};
        room.oldest = static_cast<std::uint64_t>(rows.integer(3));
        room.oldest_at = rows.integer(4);
        room.newest_at = rows.integer(5);
    } else {
        room.top = {first_epoch(name), 0};
    }
    return rooms_.emplace(name, room).first->second;
}

FANFARE_DECL position sqlite_history::append(std::string_view name, stored_message& message,
                                             std::string_view idempotency_key, const history_limits& limits,
                                             bool& duplicate)
{
    auto& room = find(name);
    duplicate = false;
    if (room.id != 0 && !idempotency_key.empty())
        if (auto rows = get_key_.query(room.id, idempotency_key, now_); rows.next()) {
            duplicate = true;
            return {room.top.epoch, static_cast<std::uint64_t>(rows.integer(0))};
        }
    const auto before = room.id;
    try {
        insert(name, room, message, idempotency_key, limits);
    } catch (...) {
        if (!idempotency_key.empty())
            room.id = before; // the worker goes back to the savepoint
        throw;
    }
    return room.top;
}

FANFARE_DECL void sqlite_history::insert(std::string_view name, sqlite_room& room, stored_message& message,
                                         std::string_view idempotency_key, const history_limits& limits)
{
    if (room.id == 0) {
        put_room_.run(name, room.top.epoch);
        room.id = db_.last_insert_id();
    }
    const auto offset = room.top.offset + 1;
    const auto at = std::max(now_, room.newest_at);
    if (!idempotency_key.empty()) {
        put_key_.run(room.id, idempotency_key, offset, now_ + sqlite_span(limits.idempotency_window));
        ++keys_added_;
    }
    put_message_.run(room.id, offset, at, message.key, message.except, message.body);
    message.offset = offset;
    room.top.offset = offset;
    room.newest_at = at;
    if (room.oldest == offset)
        room.oldest_at = at;
    room.limits = limits;
    ++room.added;
}

FANFARE_DECL std::uint64_t sqlite_history::first_kept(const sqlite_room& room, const history_limits& limits)
{
    const auto most = std::max<std::uint64_t>(limits.messages, 1);
    const auto end = room.top.offset + 1;
    const auto first = std::max(room.oldest, end > most ? end - most : 1);
    const auto age = sqlite_span(limits.age);
    if (age == 0 || first == end)
        return first;
    const auto expired = now_ - age;
    if (room.newest_at <= expired)
        return end;
    auto rows = first_since_.query(room.id, first, expired);
    return rows.next() ? static_cast<std::uint64_t>(rows.integer(0)) : end;
}

FANFARE_DECL history_page sqlite_history::read(std::string_view name, const history_query& query)
{
    const auto& room = find(name);
    history_page page{.top = room.top, .oldest = room.top.offset + 1};
    if (room.id == 0)
        return page;
    page.oldest = first_kept(room, query.limits);
    if (page.top.epoch != first_epoch(name)) // given to what was there, nobody knows at which offset
        page.began = page.top.offset;
    if (query.limit != 0)
        read_messages(room, query, page);
    return page;
}

FANFARE_DECL void sqlite_history::read_messages(const sqlite_room& room, const history_query& query,
                                                history_page& page)
{
    auto first = page.oldest, last = page.top.offset;
    if (query.newest_first)
        last = query.from == 0 ? last : std::min(last, query.from - 1);
    else
        first = query.from < first ? first : std::min(query.from, last) + 1;
    if (first > last)
        return;
    const auto count = std::min<std::uint64_t>(query.limit, last - first + 1);
    auto rows = (query.newest_first ? get_downwards_ : get_upwards_).query(room.id, first, last, count);
    const auto most = std::min(query.bytes, max_history_page_bytes);
    std::size_t bytes = 0;
    bool full = false;
    for (auto expected = query.newest_first ? last : first; rows.next();
         query.newest_first ? --expected : ++expected) {
        const auto offset = static_cast<std::uint64_t>(rows.integer(0));
        if (offset != expected)
            break;
        const auto size = rows.text(1).size() + rows.text(2).size();
        full = bytes + size > most && !page.messages.empty();
        if (full)
            break;
        bytes += size;
        page.messages.push_back({.offset = offset,
                                 .body = std::string{rows.text(1)},
                                 .key = std::string{rows.text(2)},
                                 .except = static_cast<std::uint64_t>(rows.integer(3))});
    }
    will_answer(bytes);
    // Somebody else has deleted rows: a hole must not pass for a history.
    if (page.messages.size() != count && !full)
        db_.fail_corrupt("a room's history has a hole");
}

FANFARE_DECL void sqlite_history::finish()
{
    for (auto& [name, room] : rooms_) {
        if (room.added == 0)
            continue;
        trim(room);
        if (const auto age = sqlite_span(room.limits.age); age != 0)
            set_room_.run(room.id, room.top.offset, room.oldest, room.oldest_at, room.newest_at,
                          room.newest_at + age);
        else
            set_room_.run(room.id, room.top.offset, room.oldest, room.oldest_at, room.newest_at, nullptr);
    }
    sweep();
}

// Reads keep to the limits exactly; the rows are deleted later, when there are enough of them for a statement.
FANFARE_DECL void sqlite_history::trim(sqlite_room& room)
{
    const auto most = std::max<std::uint64_t>(room.limits.messages, 1);
    const auto end = room.top.offset + 1;
    const auto age = sqlite_span(room.limits.age);
    const bool many = end - room.oldest > most + std::clamp<std::uint64_t>(most / 8, 16, sqlite_trim_limit);
    const bool old = age != 0 && room.oldest_at <= now_ - age - age / 8;
    if (!many && !old)
        return;
    const auto first = std::min(first_kept(room, room.limits), room.oldest + room.added + sqlite_trim_limit);
    drop_messages_.run(room.id, first);
    room.oldest = first;
    auto rows = first_since_.query(room.id, first, std::numeric_limits<std::int64_t>::min());
    room.oldest_at = rows.next() ? rows.integer(1) : room.newest_at;
}

// Deletes some expired messages and keys of rooms that are not used any more, which no append would trim.
FANFARE_DECL void sqlite_history::sweep()
{
    drop_keys_.run(now_, 2 * keys_added_ + 16);
    struct idle {
        std::int64_t id;
        std::uint64_t end, oldest;
    };
    std::vector<idle> all;
    for (auto rows = get_expired_.query(now_); rows.next();)
        all.push_back({rows.integer(0), static_cast<std::uint64_t>(rows.integer(1)) + 1,
                       static_cast<std::uint64_t>(rows.integer(2))});
    for (const auto& room : all) {
        const auto first = std::min(room.end, room.oldest + sqlite_trim_limit);
        drop_messages_.run(room.id, first);
        set_expired_.run(room.id, first);
    }
}

} // namespace fanfare::detail

#endif

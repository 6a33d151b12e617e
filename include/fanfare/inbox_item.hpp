// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_INBOX_ITEM_HPP
#define FANFARE_INBOX_ITEM_HPP

#include <fanfare/config.hpp>

#include <boost/json/value.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fanfare {

/// UTC, in whole milliseconds.
using inbox_time = std::chrono::system_clock::time_point;

/// One notification as an inbox keeps it.
struct inbox_item {
    /// Unguessable, 20 characters.
    std::string id;
    /// Whose it is.
    std::string user_id{};
    std::string title{};
    std::string message{};
    json::value data = nullptr;
    /// When it was stored.
    inbox_time created_at{};
    /// When it was marked as seen, read and archived, if it was. What is read has been seen.
    std::optional<inbox_time> seen_at{};
    std::optional<inbox_time> read_at{};
    std::optional<inbox_time> archived_at{};
    /// `data` as JSON text, as it was written by whoever published it; it goes to clients instead of `data`, unless it is
    /// empty. A value cannot hold every number that text can.
    std::string data_text{};
};

/// How many notifications a user has not looked at. Archived ones do not count.
struct inbox_counts {
    std::uint64_t unread = 0;
    std::uint64_t unseen = 0;
    /// Grows with every change of the user's inbox: of two counts, the one with the higher revision is the newer. Below
    /// 2^53, so that a browser reads it exactly. It is made from the clock, so an inbox that has lost what it kept
    /// begins above all earlier revisions, as far as the clock is right.
    std::uint64_t revision = 0;
};

/// Which notifications to list.
enum class inbox_filter : std::uint8_t {
    active,   ///< Those that are not archived.
    all,      ///< Archived ones, too.
    unread,   ///< Neither read nor archived.
    archived, ///< Only those.
};

/// A part of a user's list. The newest comes first.
struct inbox_query {
    /// `inbox_page::next_cursor` of the page before; empty for the first.
    std::string cursor{};
    /// Notifications of a page, 1 to 200.
    std::size_t limit = 50;
    /// Which ones.
    inbox_filter filter = inbox_filter::active;
};

/// A page of a user's list.
struct inbox_page {
    /// At most as many as were asked for, and as many as fit into 256 KiB of JSON, but at least one if there is one.
    std::vector<inbox_item> items{};
    /// Empty if there are no more.
    std::string next_cursor{};
    inbox_counts counts{};
};

/// What to do with notifications.
enum class inbox_action : std::uint8_t {
    seen,      ///< Mark as seen.
    read,      ///< Mark as read, and seen.
    unread,    ///< Mark as not read; it stays seen.
    archive,   ///< Archive: it counts neither as unread nor as unseen, until `unarchive`.
    unarchive, ///< Undo `archive`.
};

/// A change of some of a user's notifications, or of all.
struct inbox_mark {
    inbox_action action = inbox_action::read;
    /// Which ones, 1 to 1,000; empty with `all`.
    std::vector<std::string> ids{};
    /// Every notification that is there when the store carries it out: of those that are not archived, or for
    /// `unarchive` of those that are.
    bool all = false;
};

/// What an `inbox_mark` has changed.
struct inbox_marked {
    /// The notifications that it changed, in the order of the request; empty with `all`.
    std::vector<std::string> ids{};
    /// Ids of the request that are not in the user's inbox.
    std::vector<std::string> unknown{};
    /// How many it changed.
    std::size_t changed = 0;
    /// The counts after it.
    inbox_counts counts{};
};

/// A notification for an inbox.
struct inbox_add {
    std::string user_id;
    std::string title{};
    std::string message{};
    json::value data = nullptr;
    /// Empty, or up to 128 bytes.
    std::string idempotency_key{};
    /// Instead of `data`, unless it is empty: JSON text, to be kept as it is. What was kept is answered as both.
    std::string data_text{};
};

/// What an `inbox_add` has stored.
struct inbox_added {
    inbox_item item{};
    /// The user's counts after it.
    inbox_counts counts{};
    /// Nothing was stored, as the user has a notification with this idempotency key already: it is `item`.
    bool duplicate = false;
};

/// How much an inbox takes. All hubs that share it say the same.
struct inbox_limits {
    /// Notifications of one user, at least 1. One more pushes out the oldest that is read or archived, else the oldest.
    std::size_t items = 10'000;
    /// Bytes of one notification's parts.
    std::size_t title = 1024;
    std::size_t message = 16 * 1024;
    std::size_t data = 64 * 1024; ///< As JSON, nested at most 64 deep.
};

} // namespace fanfare

#endif

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
    std::string user_id{};
    std::string title{};
    std::string message{};
    json::value data = nullptr;
    inbox_time created_at{};
    std::optional<inbox_time> seen_at{};
    std::optional<inbox_time> read_at{}; ///< What is read has been seen.
    std::optional<inbox_time> archived_at{};
};

/// What a user has not looked at. Archived notifications do not count.
struct inbox_counts {
    std::uint64_t unread = 0;
    std::uint64_t unseen = 0;
    /// Grows with every change of the user's inbox: of two counts, the one with the higher revision is the newer. Below
    /// 2^53. Begins above all earlier ones where what was kept is lost, as far as the clock is right.
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
    /// 1 to 200.
    std::size_t limit = 50;
    inbox_filter filter = inbox_filter::active;
};

struct inbox_page {
    /// No more than were asked for, and no more than fit into 256 KiB, but for the first.
    std::vector<inbox_item> items{};
    /// Empty if there are no more.
    std::string next_cursor{};
    inbox_counts counts{};
};

enum class inbox_action : std::uint8_t {
    seen,
    read,      ///< And seen.
    unread,    ///< Not read any more; it stays seen.
    archive,   ///< Neither unread nor unseen any more, until `unarchive`.
    unarchive, ///< As it was before.
};

/// A change of some of a user's notifications, or of all.
struct inbox_mark {
    inbox_action action = inbox_action::read;
    /// 1 to 1,000; empty with `all`.
    std::vector<std::string> ids{};
    /// Every notification that is there when the store carries it out: of those that are not archived, or for
    /// `unarchive` of those that are.
    bool all = false;
};

struct inbox_marked {
    /// Those that are different now, in the order of the request; none with `all`.
    std::vector<std::string> ids{};
    /// Ids that the user has not.
    std::vector<std::string> unknown{};
    /// How many are different now.
    std::size_t changed = 0;
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
};

struct inbox_added {
    inbox_item item{};
    inbox_counts counts{};
    /// The user has a notification with this idempotency key: it is `item`, and nothing was stored.
    bool duplicate = false;
};

/// How much an inbox takes. All hubs that share it agree.
struct inbox_limits {
    /// Notifications a user, at least 1. Beyond that the oldest that is read or archived goes, else the oldest.
    std::size_t items = 10'000;
    /// Bytes of one.
    std::size_t title = 1024;
    std::size_t message = 16 * 1024;
    std::size_t data = 64 * 1024; ///< As JSON, nested at most 64 deep.
};

} // namespace fanfare

#endif

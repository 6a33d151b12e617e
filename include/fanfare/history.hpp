// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_HISTORY_HPP
#define FANFARE_HISTORY_HPP

#include <fanfare/config.hpp>
#include <fanfare/position.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fanfare {

/// A page of a room's history: see `hub::async_history`.
struct history_request {
    /// Where the page begins: oldest first, with the message after it; newest first, with the one before it. Without:
    /// with the oldest, or the newest, message that is kept.
    std::optional<position> since{};
    /// Messages of a page, at most 1,000.
    std::size_t limit = 100;
    /// Bytes of them, about: a page ends early, but has a message if there is one. At most 8 MiB.
    std::size_t bytes = 1024 * 1024;
    /// In which order.
    bool newest_first = false;
};

/// What `hub::async_history` answers.
struct history_part {
    /// The place of the room's newest message.
    position top{};
    /// The offset of the oldest message that is kept; `top.offset + 1` if none is.
    std::uint64_t oldest = 0;
    /// Envelopes (JSON) with their `offset` and `epoch`, in the order that was asked for.
    std::vector<std::string> messages{};
    /// Whether there are more in that direction.
    bool more = false;
};

} // namespace fanfare

#endif

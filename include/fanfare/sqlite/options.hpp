// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_SQLITE_OPTIONS_HPP
#define FANFARE_SQLITE_OPTIONS_HPP

#include <fanfare/config.hpp>

#include <boost/system/error_category.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace fanfare {

/// The category of SQLite's (extended) result codes; the messages are SQLite's own. Thread-safe.
const boost::system::error_category& sqlite_category() noexcept;

/// When SQLite waits for the disk.
enum class sqlite_durability : std::uint8_t {
    /// At each transaction: what was answered survives a loss of power.
    power_loss,
    /// Now and then: what was answered survives the end of the process, however sudden. A loss of power may take the
    /// last transactions, never the file.
    process_end,
};

/// How the adapters for SQLite use their file.
struct sqlite_options {
    sqlite_durability durability = sqlite_durability::power_loss;
    /// How long a transaction waits for another process' one. Then it fails with SQLITE_BUSY.
    std::chrono::milliseconds busy_timeout{5'000};
    /// Operations that wait at most, and their bytes; beyond that they are refused with `error::store_full`.
    std::size_t queue_count = 10'000;
    std::size_t queue_bytes = 64 * 1024 * 1024;
    /// Operations in one transaction, at most. Processes that share a file take turns that long.
    std::size_t batch = 1'000;
};

} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/sqlite/options.ipp>
#endif

#endif

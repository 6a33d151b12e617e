// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_POSITION_HPP
#define FANFARE_POSITION_HPP

#include <fanfare/config.hpp>

#include <cstdint>

namespace fanfare {

/// A place in a room's history. Offsets begin at 1 and grow by one with each message; offset 0 is the place before the
/// first. Another epoch means that the history began anew, so offsets of different epochs cannot be compared. Epoch 0:
/// no position. On the wire `{"epoch":"00a1b2c3d4e5f607","offset":12}`: the epoch as 16 hexadecimal digits, since JSON
/// numbers of that size do not survive a browser.
struct position {
    std::uint64_t epoch = 0;
    std::uint64_t offset = 0;

    /// Whether it is a position.
    explicit operator bool() const noexcept { return epoch != 0; }
    friend bool operator==(const position&, const position&) = default;
};

} // namespace fanfare

#endif

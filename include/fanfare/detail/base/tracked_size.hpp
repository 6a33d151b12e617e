// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_BASE_TRACKED_SIZE_HPP
#define FANFARE_DETAIL_BASE_TRACKED_SIZE_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/counter.hpp>

#include <cstddef>

namespace fanfare::detail {

/// What waits in many places together.
struct waiting_gauges {
    gauge messages;
    gauge bytes;
};

/// A size that is a part of a gauge's value, until it is destroyed: whichever way it changes, or its owner ends, the gauge
/// follows. Only the thread that changes the gauge may change it.
class tracked_size {
public:
    /// Null: it is in no gauge. The gauge outlives it.
    explicit tracked_size(gauge* part_of) noexcept : part_of_{part_of} {}
    ~tracked_size() { *this = 0; }
    tracked_size(const tracked_size&) = delete;
    tracked_size& operator=(const tracked_size&) = delete;

    operator std::size_t() const noexcept { return value_; }
    tracked_size& operator=(std::size_t value) noexcept
    {
        if (part_of_ && value != value_)
            part_of_->add(value - value_); // modulo 2^64, where it has shrunk
        value_ = value;
        return *this;
    }
    tracked_size& operator+=(std::size_t n) noexcept { return *this = value_ + n; }
    tracked_size& operator-=(std::size_t n) noexcept { return *this = value_ - n; }
    tracked_size& operator++() noexcept { return *this += 1; }
    tracked_size& operator--() noexcept { return *this -= 1; }

private:
    std::size_t value_ = 0;
    gauge* part_of_;
};

} // namespace fanfare::detail

#endif

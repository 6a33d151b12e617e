// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_BASE_COUNTER_HPP
#define FANFARE_DETAIL_BASE_COUNTER_HPP

#include <fanfare/config.hpp>

#include <atomic>
#include <cstdint>

namespace fanfare::detail {

/// A number that only grows, changed by one thread and read by any.
class counter {
public:
    void add(std::uint64_t n = 1) noexcept
    {
        value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    }
    std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

/// One that goes down as well.
class gauge : private counter {
public:
    using counter::add;
    using counter::get;
    void subtract(std::uint64_t n = 1) noexcept { add(0 - n); }
};

/// A number that only grows, changed and read by any thread.
class shared_counter {
public:
    void add(std::uint64_t n = 1) noexcept { value_.fetch_add(n, std::memory_order_relaxed); }
    std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

protected:
    std::atomic<std::uint64_t> value_{0};
};

/// One that goes down as well.
class shared_gauge : private shared_counter {
public:
    using shared_counter::add;
    using shared_counter::get;
    void subtract(std::uint64_t n = 1) noexcept { value_.fetch_sub(n, std::memory_order_relaxed); }
};

} // namespace fanfare::detail

#endif

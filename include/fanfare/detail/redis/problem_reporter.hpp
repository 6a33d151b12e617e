// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REDIS_PROBLEM_REPORTER_HPP
#define FANFARE_DETAIL_REDIS_PROBLEM_REPORTER_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/token_bucket.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace fanfare::detail {

/// Tells the application what went wrong, at most two problems a second after the first eight; the next one that is
/// told says how many were left out. Not thread-safe.
class problem_reporter {
public:
    using handler = std::function<void(std::string_view)>;

    explicit problem_reporter(handler told) : told_{std::move(told)} {}

    /// `always`: whatever was told before.
    void report(std::string_view text, bool always = false)
    {
        using namespace std::chrono;
        if (!told_)
            return;
        const auto now = duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
        if (!rate_.take(static_cast<std::uint32_t>(now), 2, 8) && !always) {
            ++left_out_;
            return;
        }
        const auto left_out = std::exchange(left_out_, 0);
        if (left_out == 0)
            return told_(text);
        told_(std::string{text} + " (" + std::to_string(left_out) + " more before it)");
    }

private:
    const handler told_;
    token_bucket rate_;
    std::uint64_t left_out_ = 0;
};

} // namespace fanfare::detail

#endif

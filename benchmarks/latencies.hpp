// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_BENCHMARKS_LATENCIES_HPP
#define FANFARE_BENCHMARKS_LATENCIES_HPP

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace bench {

/// Any number of values in 60 KiB. Percentiles are true to 1 %, smallest, greatest and mean are exact.
class latencies {
public:
    void add(std::uint64_t value)
    {
        ++counts_[index(value)];
        ++count_;
        sum_ += static_cast<double>(value);
        min_ = std::min(min_, value);
        max_ = std::max(max_, value);
    }

    std::uint64_t count() const { return count_; }
    std::uint64_t min() const { return count_ == 0 ? 0 : min_; }
    std::uint64_t max() const { return max_; }
    double mean() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }

    /// The value that `percent` of all values do not exceed.
    std::uint64_t percentile(double percent) const
    {
        const auto wanted = static_cast<std::uint64_t>(std::ceil(static_cast<double>(count_) * percent / 100));
        std::uint64_t seen = 0;
        for (std::size_t i = 0; i != counts_.size(); ++i)
            if ((seen += counts_[i]) >= wanted && seen != 0)
                return std::min(greatest(i), max_);
        return 0;
    }

private:
    // Values below 256 have a counter each; above, each power of two is cut into 128.
    static constexpr int bits = 7;
    static constexpr std::size_t half = std::size_t{1} << bits;

    static int shift(std::uint64_t value)
    {
        return std::max(static_cast<int>(std::bit_width(value)) - bits - 1, 0);
    }

    static std::size_t index(std::uint64_t value)
    {
        return static_cast<std::size_t>(shift(value)) * half + static_cast<std::size_t>(value >> shift(value));
    }

    static std::uint64_t greatest(std::size_t index)
    {
        const auto by = index < 2 * half ? 0 : index / half - 1;
        return ((static_cast<std::uint64_t>(index - by * half) + 1) << by) - 1;
    }

    std::array<std::uint64_t, (64 - bits + 1) * half> counts_{};
    std::uint64_t count_ = 0, min_ = UINT64_MAX, max_ = 0;
    double sum_ = 0;
};

} // namespace bench

#endif

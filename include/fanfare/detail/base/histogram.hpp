// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_BASE_HISTOGRAM_HPP
#define FANFARE_DETAIL_BASE_HISTOGRAM_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/counter.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace fanfare::detail {

/// The upper bounds of all histograms' buckets, in nanoseconds. One set, so that panels and rules can compare them.
inline constexpr std::array<std::int64_t, 17> bucket_limits{
    100'000,       250'000,       500'000,       1'000'000,      2'500'000,     5'000'000,
    10'000'000,    25'000'000,    50'000'000,    100'000'000,    250'000'000,   500'000'000,
    1'000'000'000, 2'500'000'000, 5'000'000'000, 10'000'000'000, 30'000'000'000};
inline constexpr std::size_t bucket_count = bucket_limits.size() + 1;

/// The same in seconds.
inline constexpr auto bucket_seconds = [] {
    std::array<double, bucket_limits.size()> seconds{};
    for (std::size_t i = 0; i != seconds.size(); ++i)
        seconds[i] = static_cast<double>(bucket_limits[i]) / 1e9;
    return seconds;
}();

/// The bucket of a time; one below 0 counts as 0.
inline std::size_t bucket_of(std::chrono::nanoseconds time) noexcept
{
    return static_cast<std::size_t>(std::lower_bound(bucket_limits.begin(), bucket_limits.end(), time.count()) -
                                    bucket_limits.begin());
}

/// What histograms add up to.
struct histogram_sum {
    std::array<std::uint64_t, bucket_count> counts{};
    std::uint64_t sum_ns = 0;
};

/// How long something took, how often. `Counter` says which threads may add; any may read.
template <class Counter>
class basic_histogram {
public:
    void add(std::chrono::nanoseconds time, std::uint64_t times = 1) noexcept
    {
        counts_[bucket_of(time)].add(times);
        sum_ns_.add(times * static_cast<std::uint64_t>(std::max<std::int64_t>(time.count(), 0)));
    }
    void add_to(histogram_sum& all) const noexcept
    {
        for (std::size_t i = 0; i != bucket_count; ++i)
            all.counts[i] += counts_[i].get();
        all.sum_ns += sum_ns_.get();
    }

private:
    std::array<Counter, bucket_count> counts_{};
    Counter sum_ns_{};
};
using histogram = basic_histogram<counter>;
using shared_histogram = basic_histogram<shared_counter>;

} // namespace fanfare::detail

#endif

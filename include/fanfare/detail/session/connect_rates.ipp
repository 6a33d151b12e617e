// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SESSION_CONNECT_RATES_IPP
#define FANFARE_DETAIL_SESSION_CONNECT_RATES_IPP

#include <fanfare/detail/session/connect_rates.hpp>

#include <algorithm>

namespace fanfare::detail {

inline connect_rates::duration interval_of(double per_second) noexcept
{
    if (per_second == 0)
        return connect_rates::duration::zero();
    return std::chrono::duration_cast<connect_rates::duration>(std::chrono::duration<double>{1 / per_second});
}

FANFARE_DECL connect_rates::connect_rates(double per_second, std::uint32_t burst, std::size_t most)
    : interval_{interval_of(per_second)},
      capacity_{interval_ * std::clamp(burst, std::uint32_t{1}, std::uint32_t{1'000'000})}, most_{most}
{}

FANFARE_DECL std::optional<connect_rates::duration> connect_rates::take(const asio::ip::address& from,
                                                                        time_point now)
{
    forget_full(now);
    const auto known = full_at_.find(from);
    const auto full_at = (known == full_at_.end() ? now : std::max(known->second, now)) + interval_;
    if (full_at - now > capacity_)
        return full_at - now - capacity_;
    set(from, full_at);
    return std::nullopt;
}

// A few for each attempt, which adds one at most.
FANFARE_DECL void connect_rates::forget_full(time_point now)
{
    for (int left = 4; left != 0 && !by_time_.empty() && by_time_.begin()->first <= now; --left)
        forget_soonest();
}

FANFARE_DECL void connect_rates::set(const asio::ip::address& from, time_point full_at)
{
    if (const auto known = full_at_.find(from); known != full_at_.end()) {
        auto moved = by_time_.extract({known->second, from});
        moved.value().first = full_at;
        by_time_.insert(std::move(moved));
        known->second = full_at;
        return;
    }
    if (full_at_.size() >= most_)
        forget_soonest();
    const auto added = by_time_.emplace(full_at, from).first;
    try {
        full_at_.emplace(from, full_at);
    } catch (...) {
        by_time_.erase(added);
        throw;
    }
}

FANFARE_DECL void connect_rates::forget_soonest()
{
    full_at_.erase(by_time_.begin()->second);
    by_time_.erase(by_time_.begin());
}

} // namespace fanfare::detail

#endif

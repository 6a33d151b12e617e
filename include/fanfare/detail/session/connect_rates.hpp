// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SESSION_CONNECT_RATES_HPP
#define FANFARE_DETAIL_SESSION_CONNECT_RATES_HPP

#include <fanfare/config.hpp>

#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace fanfare::detail {

/// How often each address may connect: a token bucket for each, kept as the time at which it is full again (the
/// generic cell rate algorithm of ITU-T I.371). A full bucket is that of an address which was never seen, so it is
/// not kept. Not thread-safe; no clock of its own.
class connect_rates {
public:
    using time_point = std::chrono::steady_clock::time_point;
    using duration = std::chrono::steady_clock::duration;

    /// `per_second` 0: no limit; else from 0.001 to 1,000,000. `burst` counts as 1 to 1,000,000. `most`: addresses
    /// that are kept.
    connect_rates(double per_second, std::uint32_t burst, std::size_t most = 65'536);

    bool limited() const noexcept { return interval_ != duration::zero(); }
    /// Takes one attempt of an address, or answers how long to wait for the next one, and takes nothing.
    ///
    /// If too many are kept, the one whose bucket is full soonest is forgotten: it gets no more than what an address
    /// has that was never seen, and those that use the most stay.
    std::optional<duration> take(const asio::ip::address& from, time_point now);
    /// Addresses that are kept.
    std::size_t size() const noexcept { return full_at_.size(); }

private:
    using table = std::map<asio::ip::address, time_point>;

    void forget_full(time_point now);
    void set(const asio::ip::address& from, time_point full_at);
    void forget_soonest();

    const duration interval_; // between two attempts at the rate
    const duration capacity_; // the time that fills an empty bucket
    const std::size_t most_;
    table full_at_;
    std::set<std::pair<time_point, asio::ip::address>> by_time_; // the same
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/session/connect_rates.ipp>
#endif

#endif

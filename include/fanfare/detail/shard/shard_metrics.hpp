// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SHARD_SHARD_METRICS_HPP
#define FANFARE_DETAIL_SHARD_SHARD_METRICS_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/histogram.hpp>
#include <fanfare/detail/base/random.hpp>
#include <fanfare/detail/base/request_type.hpp>
#include <fanfare/detail/room/namespace_rules.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

namespace fanfare::detail {

inline std::int64_t steady_ns() noexcept
{
    using namespace std::chrono;
    return duration_cast<nanoseconds>(steady_clock::now().time_since_epoch()).count();
}

/// What a ping carries: when it was sent, and a mark by which one that this shard has sent to this connection is known. Its
/// pong brings that back (RFC 6455 section 5.5.3), so that no connection has to keep it. The time is shifted by a random
/// number: how long the machine has been up is nobody's business. The mark keeps clients from making times up for the
/// histogram; nothing else depends on it.
class ping_clock {
public:
    using payload = std::array<char, sizeof(std::uint64_t) + sizeof(std::uint32_t)>;

    /// `number`: of the connection.
    payload stamp(std::uint64_t number) const noexcept
    {
        const auto now = static_cast<std::uint64_t>(steady_ns()) + shift_;
        const auto mark = mark_of(now, number);
        payload out{};
        std::memcpy(out.data(), &now, sizeof now);
        std::memcpy(out.data() + sizeof now, &mark, sizeof mark);
        return out;
    }
    /// How long ago that was; nothing if it is no ping's of this connection.
    std::optional<std::chrono::nanoseconds> since(std::span<const char> stamped,
                                                  std::uint64_t number) const noexcept
    {
        std::uint64_t then = 0;
        std::uint32_t mark = 0;
        if (stamped.size() != sizeof then + sizeof mark)
            return std::nullopt;
        std::memcpy(&then, stamped.data(), sizeof then);
        std::memcpy(&mark, stamped.data() + sizeof then, sizeof mark);
        if (mark != mark_of(then, number))
            return std::nullopt;
        return std::chrono::nanoseconds{
            static_cast<std::int64_t>(static_cast<std::uint64_t>(steady_ns()) + shift_ - then)};
    }

private:
    static std::uint64_t random_number()
    {
        std::uint64_t out = 0;
        random_bytes(std::span{reinterpret_cast<unsigned char*>(&out), sizeof out});
        return out;
    }
    // Steele, Lea, Flood: the finalizer of SplitMix64.
    static std::uint64_t mix(std::uint64_t x) noexcept
    {
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
        x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
        return x ^ (x >> 31);
    }
    std::uint32_t mark_of(std::uint64_t time, std::uint64_t number) const noexcept
    {
        return static_cast<std::uint32_t>(mix(mix(mix(time ^ key_) + number) ^ other_key_) >> 32);
    }

    std::uint64_t shift_ = random_number(), key_ = random_number(), other_key_ = random_number();
};

/// What a shard measures if `hub_options::metrics` is set, besides what it counts in any case. Only on the shard, but for
/// reading the histograms.
struct shard_metrics {
    by_namespace<histogram> delivery; // from the publish to the end of the room's flush, once a message
    std::array<histogram, request_type_names.size()> requests; // from the arrival to the answer
    histogram heartbeats;                                      // from a ping to its pong
    histogram loop_lag;                                        // of the shard's timer
    ping_clock pings;
    timed_request* arriving = nullptr; // that is being handled; see request_timer

    /// Nothing happens if the request was not measured.
    void answered(const timed_request& one) noexcept
    {
        if (one.began_ns != 0)
            requests[static_cast<std::size_t>(one.type)].add(std::chrono::nanoseconds{steady_ns() - one.began_ns});
    }
};

} // namespace fanfare::detail

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REVOCATION_REVOCATION_LIST_HPP
#define FANFARE_DETAIL_REVOCATION_REVOCATION_LIST_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/revocation/revocation_rules.hpp>
#include <fanfare/identity.hpp>
#include <fanfare/revocation.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace fanfare::detail {

/// What a hub knows to be revoked. A question costs the same however much that is. Thread-safe.
class revocation_list {
public:
    using time_point = std::chrono::system_clock::time_point;

    /// `limit`: entries that are kept at most.
    explicit revocation_list(std::size_t limit = max_revocations) : limit_{limit} {}
    revocation_list(const revocation_list&) = delete;
    revocation_list& operator=(const revocation_list&) = delete;

    enum class added : std::uint8_t {
        changed, ///< More credentials are concerned now, or for longer.
        nothing, ///< It was known, or has expired.
        full,    ///< It could not be kept.
    };
    /// `one` is settled, and its problems have been looked for.
    added add(const revocation& one, time_point now);
    /// Forgets what has expired.
    void forget_expired(time_point now);
    /// In the one order of all atomics: who registers and then looks here, and who adds and then looks for whoever has
    /// registered, cannot both miss the other.
    std::size_t size() const noexcept { return size_.load(); }

    enum class verdict : std::uint8_t {
        valid,
        revoked,
        unknown, ///< The list does not hold yet what was revoked before.
    };
    /// Who has no credential is valid in any case.
    verdict check(const identity& who, time_point now) const;
    /// Whether the list holds all that was revoked before the hub began. At first it does.
    void set_complete(bool complete) noexcept { complete_.store(complete); }
    bool complete() const noexcept { return complete_.load(); }

private:
    struct by_time {
        time_point before;
        time_point until;
    };
    struct hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept
        {
            return std::hash<std::string_view>{}(text);
        }
    };
    template <class Value>
    using table = std::unordered_map<std::string, Value, hash, std::equal_to<>>;

    static bool raise(time_point& time, time_point to) noexcept;
    bool concerned(const identity& who, time_point now) const;
    bool has_room() const noexcept { return size_.load(std::memory_order_relaxed) < limit_; }
    void erase_expired(time_point now);
    added add_token(const revocation& one);
    added add_time(const revocation& one);

    const std::size_t limit_;
    mutable std::shared_mutex mutex_;
    table<std::map<std::string, time_point, std::less<>>> tokens_; // until when, by user; "" for anybody's
    table<by_time> users_;
    std::optional<by_time> everybody_;
    time_point next_sweep_{};
    time_point next_full_sweep_{}; // while there is no room
    std::atomic<std::size_t> size_{0};
    std::atomic<bool> complete_{true};
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/revocation/revocation_list.ipp>
#endif

#endif

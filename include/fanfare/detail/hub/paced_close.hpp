// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HUB_PACED_CLOSE_HPP
#define FANFARE_DETAIL_HUB_PACED_CLOSE_HPP

#include <fanfare/close_code.hpp>
#include <fanfare/config.hpp>
#include <fanfare/detail/shard/shard.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace fanfare::detail {

/// Closes the connections of one shard because the hub is stopping, evenly over a time. One whose request waits for an
/// answer, and does more than read, is closed when it has it, or when its patience is over. Only on the shard. What it
/// waits for owns it, so that it goes with the shard's context at the latest.
class paced_close : public std::enable_shared_from_this<paced_close> {
public:
    struct pace {
        close_code code;
        std::chrono::milliseconds over;     ///< 0: all at once.
        std::chrono::milliseconds patience; ///< With a request that waits, after `over`.
        std::chrono::milliseconds wait;     ///< For the peer's half of the closing handshake.
    };

    /// `hub` keeps the shard.
    paced_close(shard& home, std::shared_ptr<void> hub, const pace& how)
        : hub_{std::move(hub)}, home_{home}, how_{how}
    {}

    /// The connections that are there now. Those that come later close themselves.
    void start();

private:
    using clock = std::chrono::steady_clock;

    void go_on();
    void close_due(clock::time_point now);
    bool close_one(std::uint64_t number, bool patient);
    void close_answered(bool patient);

    std::shared_ptr<void> hub_;
    shard& home_;
    const pace how_;
    clock::time_point began_{};
    std::vector<std::uint64_t> all_; // their numbers
    std::size_t next_ = 0;           // of `all_`
    std::vector<std::uint64_t> busy_;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/hub/paced_close.ipp>
#endif

#endif

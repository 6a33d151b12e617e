// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SESSION_VIOLATIONS_HPP
#define FANFARE_DETAIL_SESSION_VIOLATIONS_HPP

#include <fanfare/config.hpp>

#include <algorithm>
#include <cstdint>

namespace fanfare::detail {

/// How often a client has sent what it must not send: one is forgiven for each second since the first, however the next
/// ones are spread over it. No clock of its own.
class violations {
public:
    /// Counts one at this time, of a clock of milliseconds that may wrap around; answers how many there are now.
    std::uint32_t add(std::uint32_t now) noexcept
    {
        const auto seconds = (now - forgiven_until_) / 1000;
        forgiven_until_ = seconds >= count_ ? now : forgiven_until_ + seconds * 1000;
        count_ -= std::min(seconds, count_);
        return ++count_;
    }

private:
    std::uint32_t forgiven_until_ = 0;
    std::uint32_t count_ = 0;
};

} // namespace fanfare::detail

#endif

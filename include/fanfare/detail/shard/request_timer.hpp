// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SHARD_REQUEST_TIMER_HPP
#define FANFARE_DETAIL_SHARD_REQUEST_TIMER_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/request_type.hpp>
#include <fanfare/detail/shard/shard.hpp>

#include <cstddef>
#include <utility>

namespace fanfare::detail {

/// Counts a request that is handled while this lives, and measures it, if anything is measured: it is answered when this
/// ends, unless somebody has taken it over who answers later. Only on the shard.
class request_timer {
public:
    request_timer(shard& at, request_type type) : metrics_{at.metrics()}
    {
        at.count().requests[static_cast<std::size_t>(type)].add();
        if (!metrics_)
            return;
        request_ = {type, steady_ns()};
        before_ = std::exchange(metrics_->arriving, &request_);
    }
    ~request_timer()
    {
        if (!metrics_)
            return;
        metrics_->arriving = before_;
        metrics_->answered(request_);
    }
    request_timer(const request_timer&) = delete;
    request_timer& operator=(const request_timer&) = delete;

    /// Takes over what is being handled on this shard. Who does says `shard_metrics::answered`.
    static timed_request take_over(shard& at) noexcept
    {
        auto* metrics = at.metrics();
        return metrics && metrics->arriving ? std::exchange(*metrics->arriving, {}) : timed_request{};
    }

private:
    shard_metrics* metrics_;
    timed_request request_{};
    timed_request* before_ = nullptr; // one that this came in the middle of
};

} // namespace fanfare::detail

#endif

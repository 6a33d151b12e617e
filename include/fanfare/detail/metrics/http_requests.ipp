// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_METRICS_HTTP_REQUESTS_IPP
#define FANFARE_DETAIL_METRICS_HTTP_REQUESTS_IPP

#include <fanfare/detail/metrics/http_requests.hpp>

namespace fanfare::detail {

FANFARE_DECL void http_requests::add(const labels& which, std::optional<std::chrono::nanoseconds> time)
{
    const std::lock_guard lock{mutex_};
    ++counts_[which];
    if (time)
        times_[which.route].add(*time);
}

FANFARE_DECL http_requests::totals http_requests::get() const
{
    const std::lock_guard lock{mutex_};
    totals out{counts_, {}};
    for (const auto& [route, times] : times_)
        times.add_to(out.times[route]);
    return out;
}

} // namespace fanfare::detail

#endif

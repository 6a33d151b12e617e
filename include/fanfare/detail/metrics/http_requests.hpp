// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_METRICS_HTTP_REQUESTS_HPP
#define FANFARE_DETAIL_METRICS_HTTP_REQUESTS_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/histogram.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>
#include <tuple>

namespace fanfare::detail {

/// The HTTP requests that were answered, by what is known about them: nothing here may be what a client chooses, so that
/// there are few entries. A request costs far more than the mutex. Thread-safe.
class http_requests {
public:
    struct labels {
        std::string_view route;  ///< One of the API's paths, or `other`. Lives as long as the program.
        std::string_view method; ///< A known one, or `other`. Lives as long as the program.
        int status;              ///< A known one, or 0.
        friend bool operator<(const labels& a, const labels& b) noexcept
        {
            return std::tie(a.route, a.method, a.status) < std::tie(b.route, b.method, b.status);
        }
    };
    struct totals {
        std::map<labels, std::uint64_t> counts;
        std::map<std::string_view, histogram_sum> times; // by route
    };

    /// `time`: from the request to its answer, if that was measured.
    void add(const labels& which, std::optional<std::chrono::nanoseconds> time);
    totals get() const;

private:
    mutable std::mutex mutex_;
    std::map<labels, std::uint64_t> counts_;
    std::map<std::string_view, histogram> times_;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/metrics/http_requests.ipp>
#endif

#endif

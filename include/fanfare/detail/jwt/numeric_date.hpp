// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_JWT_NUMERIC_DATE_HPP
#define FANFARE_DETAIL_JWT_NUMERIC_DATE_HPP

#include <fanfare/config.hpp>

#include <boost/json/value.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace fanfare::detail {

/// The last second of the year 9999. What is later is no date but a mistake: milliseconds, for instance.
inline constexpr std::int64_t last_numeric_date = 253'402'300'799;

/// Seconds since 1970 as a JSON number, whole or not (RFC 7519 section 2), however it is written; whole milliseconds of
/// it. Nothing for what is no number, below 0, or after the year 9999.
inline std::optional<std::chrono::milliseconds> numeric_date(const json::value& value) noexcept
{
    using std::chrono::milliseconds;
    if (const auto* number = value.if_double()) {
        if (!(*number >= 0 && *number < static_cast<double>(last_numeric_date + 1))) // nor NaN
            return std::nullopt;
        return milliseconds{static_cast<std::int64_t>(*number * 1000)};
    }
    const auto* seconds = value.if_int64(); // what is too large for it is too large anyway
    if (!seconds || *seconds < 0 || *seconds > last_numeric_date)
        return std::nullopt;
    return milliseconds{*seconds * 1000};
}

} // namespace fanfare::detail

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_WIRE_TRACEPARENT_IPP
#define FANFARE_DETAIL_WIRE_TRACEPARENT_IPP

#include <fanfare/detail/wire/traceparent.hpp>

#include <algorithm>

namespace fanfare::detail {

inline bool is_lower_hex(std::string_view text) noexcept
{
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

inline bool is_trace_id(std::string_view text) noexcept
{
    return is_lower_hex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

FANFARE_DECL bool is_traceparent(std::string_view text) noexcept
{
    constexpr std::size_t size = 55; // 2 + 32 + 16 + 2 digits, and the dashes between them
    if (text.size() < size || text.size() > max_trace_size)
        return false;
    const auto version = text.substr(0, 2);
    if (!is_lower_hex(version) || version == "ff" || text[2] != '-' || text[35] != '-' || text[52] != '-')
        return false;
    if (!is_trace_id(text.substr(3, 32)) || !is_trace_id(text.substr(36, 16)) || !is_lower_hex(text.substr(53, 2)))
        return false;
    const auto rest = text.substr(size);
    return rest.empty() || (version != "00" && rest.front() == '-' &&
                            std::all_of(rest.begin(), rest.end(), [](char c) { return c > ' ' && c <= '~'; }));
}

} // namespace fanfare::detail

#endif

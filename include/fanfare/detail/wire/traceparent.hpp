// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_WIRE_TRACEPARENT_HPP
#define FANFARE_DETAIL_WIRE_TRACEPARENT_HPP

#include <fanfare/config.hpp>

#include <cstddef>
#include <string_view>

namespace fanfare::detail {

/// Longer ones are refused: the version of today has 55 bytes.
inline constexpr std::size_t max_trace_size = 256;

/// Whether `text` is a `traceparent` (W3C Trace Context, section 3.2): `VERSION-TRACE_ID-PARENT_ID-FLAGS` of 2, 32, 16
/// and 2 hexadecimal digits in lower case; neither id is all zeros; the version is not `ff`. Of version `00` that is
/// all; of a later one more may follow after another dash: any visible ASCII characters, up to `max_trace_size` bytes.
bool is_traceparent(std::string_view text) noexcept;

/// What is said to a client whose trace is none.
inline constexpr std::string_view trace_refusal = "trace must be a traceparent of W3C Trace Context";

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/wire/traceparent.ipp>
#endif

#endif

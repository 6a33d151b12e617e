// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_SPARE_DESCRIPTORS_HPP
#define FANFARE_DETAIL_HTTP_SPARE_DESCRIPTORS_HPP

#include <fanfare/config.hpp>

#include <cstddef>

namespace fanfare::detail {

/// Descriptors that accepting leaves for what the process itself opens, where it may have so many: links that are made
/// anew, look-ups of names, files. Without them a lost link could not come back before clients leave, since a waiting
/// connection would take every descriptor that becomes free.
inline constexpr std::size_t spare_descriptors = 32;

/// How many are kept free of `limit`: no more than an eighth.
constexpr std::size_t spare_descriptors_of(std::size_t limit) noexcept
{
    return limit / 8 < spare_descriptors ? limit / 8 : spare_descriptors;
}

/// Whether another connection may be accepted: whether more than the spare descriptors are free by the process' present
/// limit (RLIMIT_NOFILE). `open` is any open descriptor. Thread-safe.
bool has_spare_descriptors(int open) noexcept;

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/http/spare_descriptors.ipp>
#endif

#endif

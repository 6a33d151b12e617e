// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_SPARE_DESCRIPTORS_IPP
#define FANFARE_DETAIL_HTTP_SPARE_DESCRIPTORS_IPP

#include <fanfare/detail/http/spare_descriptors.hpp>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace fanfare::detail {

// A new descriptor has the lowest number that is free (POSIX.1-2017, XSH 2.14), so all below it are taken. That others
// above it may be taken as well is rare, and no harm: then one connection more is accepted before it shows.
FANFARE_DECL bool has_spare_descriptors(int open) noexcept
{
    rlimit most{};
    if (::getrlimit(RLIMIT_NOFILE, &most) != 0 || most.rlim_cur == RLIM_INFINITY)
        return true;
    const auto limit = static_cast<std::size_t>(most.rlim_cur);
    const int next = ::fcntl(open, F_DUPFD_CLOEXEC, 0);
    if (next < 0)
        return false;
    ::close(next);
    return static_cast<std::size_t>(next) + spare_descriptors_of(limit) < limit;
}

} // namespace fanfare::detail

#endif

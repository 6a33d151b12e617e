// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_SOCKET_OPTIONS_IPP
#define FANFARE_DETAIL_HTTP_SOCKET_OPTIONS_IPP

#include <fanfare/detail/http/socket_options.hpp>

#if defined(__unix__) || defined(__APPLE__)
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <climits>
#include <cstdint>
#endif

namespace fanfare::detail {

FANFARE_DECL void set_unsent_low_water([[maybe_unused]] int descriptor,
                                       [[maybe_unused]] std::size_t bytes) noexcept
{
#if defined(TCP_NOTSENT_LOWAT)
    if (bytes == 0)
        return;
    const int value = static_cast<int>(std::min<std::size_t>(bytes, INT_MAX));
    // An old kernel without the option only hides more from the outbox.
    static_cast<void>(::setsockopt(descriptor, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &value, sizeof value));
#endif
}

FANFARE_DECL void set_user_timeout([[maybe_unused]] int descriptor,
                                   [[maybe_unused]] std::chrono::milliseconds time) noexcept
{
#if defined(TCP_USER_TIMEOUT)
    // The kernel takes an int.
    const auto value = static_cast<unsigned>(std::clamp<std::int64_t>(time.count(), 0, INT_MAX));
    // Without it the system's own, longer time-out finds out.
    static_cast<void>(::setsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &value, sizeof value));
#endif
}

} // namespace fanfare::detail

#endif

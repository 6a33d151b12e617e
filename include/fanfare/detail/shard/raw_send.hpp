// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SHARD_RAW_SEND_HPP
#define FANFARE_DETAIL_SHARD_RAW_SEND_HPP

#include <fanfare/config.hpp>

#include <cstddef>

#if defined(__unix__) || defined(__APPLE__)
#define FANFARE_HAS_RAW_SEND 1
#include <cerrno>
#include <sys/socket.h>
#include <sys/types.h>
#endif

namespace fanfare::detail {

#if defined(FANFARE_HAS_RAW_SEND)
/// Sends without blocking, without a signal, and without a look at any socket object. Answers the bytes taken,
/// 0 if the socket is full, -1 if it failed.
inline std::ptrdiff_t raw_send(int descriptor, const char* data, std::size_t size) noexcept
{
#if defined(MSG_NOSIGNAL)
    constexpr int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
#else
    constexpr int flags = MSG_DONTWAIT; // Asio sets SO_NOSIGPIPE where there is no MSG_NOSIGNAL
#endif
    for (;;) {
        const auto n = ::send(descriptor, data, size, flags);
        if (n >= 0)
            return n;
        if (errno == EAGAIN || errno == EWOULDBLOCK)
            return 0;
        if (errno != EINTR)
            return -1;
    }
}
#else
/// Connections have no descriptor to send to here (`session::native_socket` answers -1).
inline std::ptrdiff_t raw_send(int, const char*, std::size_t) noexcept
{
    return -1;
}
#endif

} // namespace fanfare::detail

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_NET_SOCKET_IO_HPP
#define FANFARE_DETAIL_NET_SOCKET_IO_HPP

#include <fanfare/config.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace fanfare::detail {

/// That a socket has nothing, or takes nothing, now is no error.
inline void forgive_would_block(error_code& ec) noexcept
{
    if (ec == asio::error::would_block || ec == asio::error::try_again)
        ec = {};
}

/// Reads from a non-blocking socket: how many bytes. 0 without an error: none are there.
template <class Socket>
std::size_t read_some_now(Socket& socket, std::span<char> to, error_code& ec)
{
    const auto n = socket.read_some(asio::buffer(to.data(), to.size()), ec);
    forgive_would_block(ec);
    return n;
}

/// Writes to a non-blocking socket, 64 buffers at most: how many bytes. Fewer than all of these only if it is full.
template <class Socket>
std::size_t write_some_now(Socket& socket, std::span<const std::string_view> bytes, error_code& ec)
{
    std::array<asio::const_buffer, 64> gathered;
    const auto n = std::min(bytes.size(), gathered.size());
    std::transform(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n), gathered.begin(),
                   [](std::string_view b) {
                       return asio::const_buffer{b.data(), b.size()};
                   });
    const auto written = socket.write_some(std::span<const asio::const_buffer>{gathered.data(), n}, ec);
    forgive_would_block(ec);
    return written;
}

} // namespace fanfare::detail

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_SOCKET_OPTIONS_HPP
#define FANFARE_DETAIL_HTTP_SOCKET_OPTIONS_HPP

#include <fanfare/config.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace fanfare::detail {

/// `TCP_NOTSENT_LOWAT`; does nothing for other sockets and systems.
void set_unsent_low_water(int descriptor, std::size_t bytes) noexcept;

/// `TCP_USER_TIMEOUT` (RFC 5482): the connection fails if the peer acknowledges no data for so long. Does nothing for
/// other sockets and systems.
void set_user_timeout(int descriptor, std::chrono::milliseconds time) noexcept;

/// The same socket, on the shard's executor, ready for writes that do not block.
template <class Socket>
auto prepared_socket(Socket socket, const asio::any_io_executor& executor, std::size_t unsent_low_water)
{
    using socket_protocol = typename Socket::protocol_type;
    using result = typename socket_protocol::socket;
    error_code ec;
    result moved{executor};
    const auto take_descriptor = [&] {
        const auto local = socket.local_endpoint(ec).protocol();
        const auto handle = socket.release(ec);
        if (!ec)
            moved.assign(local, handle, ec);
    };
    if constexpr (std::is_same_v<Socket, result>) {
        if (socket.get_executor() == executor)
            moved = std::move(socket);
        else
            take_descriptor();
    } else {
        take_descriptor();
    }
    moved.non_blocking(true, ec);
    if constexpr (std::is_same_v<socket_protocol, asio::ip::tcp> ||
                  std::is_same_v<socket_protocol, asio::generic::stream_protocol>) {
        // A Unix socket of the generic type refuses both, and needs neither.
        moved.set_option(asio::ip::tcp::no_delay{true}, ec);
#if defined(__unix__) || defined(__APPLE__)
        set_unsent_low_water(moved.native_handle(), unsent_low_water);
#endif
    }
    return moved; // one that failed above ends at its first read
}

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/http/socket_options.ipp>
#endif

#endif

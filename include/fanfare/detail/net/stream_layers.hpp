// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_NET_STREAM_LAYERS_HPP
#define FANFARE_DETAIL_NET_STREAM_LAYERS_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/net/endpoint_address.hpp>

#include <boost/asio/ip/address.hpp>

#include <optional>

namespace fanfare::detail {

/// The socket below all layers of a stream, or what stands for one: a stream in memory is its own.
template <class Stream>
auto& socket_of(Stream& stream) noexcept
{
    if constexpr (requires { stream.next_layer(); })
        return socket_of(stream.next_layer());
    else if constexpr (requires { stream.release_socket(); }) // a beast::tcp_stream
        return stream.socket();
    else
        return stream;
}

/// Closes the socket, whatever error that brings: what is under way ends with `operation_aborted`.
template <class Stream>
void close_socket(Stream& stream) noexcept
{
    auto& socket = socket_of(stream);
    error_code ignored; // it is closed whatever it says
    if constexpr (requires { socket.close(ignored); })
        socket.close(ignored);
    else
        socket.close();
}

/// The peer's address where the stream ends in an IP socket; the unspecified one of a Unix socket. Nothing if there is no
/// socket, or if its peer is gone already: that must not be taken for a Unix socket's.
template <class Stream>
std::optional<asio::ip::address> known_peer_address(Stream& stream)
{
    auto& socket = socket_of(stream);
    error_code ec;
    if constexpr (requires { socket.remote_endpoint(ec); }) {
        const auto end = socket.remote_endpoint(ec);
        return ec ? std::nullopt : std::optional{address_of(end)};
    } else {
        return std::nullopt;
    }
}

/// The same, and the unspecified address for what has none.
template <class Stream>
asio::ip::address peer_address(Stream& stream)
{
    return known_peer_address(stream).value_or(asio::ip::address{});
}

} // namespace fanfare::detail

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_NET_ENDPOINT_ADDRESS_HPP
#define FANFARE_DETAIL_NET_ENDPOINT_ADDRESS_HPP

#include <fanfare/config.hpp>

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace fanfare::detail {

/// The endpoint, if it is one of TCP; nothing for a Unix socket, and for no socket.
inline std::optional<asio::ip::tcp::endpoint> tcp_endpoint_of(const asio::generic::stream_protocol::endpoint& end)
{
    const auto family = end.protocol().family();
    const bool v6 = family == asio::ip::tcp::v6().family();
    if (!v6 && family != asio::ip::tcp::v4().family())
        return std::nullopt;
    asio::ip::tcp::endpoint ip{v6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), 0};
    std::memcpy(ip.data(), end.data(), std::min(end.size(), ip.size()));
    return ip;
}

/// The address that this text is, all of it; without a scope, which means nothing on another machine.
inline std::optional<asio::ip::address> read_address(std::string_view text)
{
    error_code bad;
    const auto address = asio::ip::make_address(std::string{text}, bad); // which ends at a NUL
    if (bad || text.find('%') != std::string_view::npos || text.find('\0') != std::string_view::npos)
        return std::nullopt;
    return address;
}

/// An IPv4 address that an IPv6 socket shows as one of its own (RFC 4291 section 2.5.5.2) is an IPv4 address.
inline asio::ip::address unmapped(const asio::ip::address& address)
{
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
    return address;
}

/// What limits by address count as one: the address, without the interface's identifier of an IPv6 address (its
/// lower 64 bits, RFC 4291 section 2.5.1), of which a client has as many as it likes. IPv6 addresses that stand for
/// one of IPv4 are that one (RFC 4291 section 2.5.5.2, RFC 6052 section 2.1); link-local ones, all of one network,
/// count singly.
inline asio::ip::address counted_as(const asio::ip::address& address)
{
    if (!address.is_v6())
        return address;
    const auto v6 = address.to_v6();
    if (v6.is_v4_mapped())
        return unmapped(address);
    if (v6.is_unspecified() || v6.is_loopback() || v6.is_link_local())
        return address;
    auto bytes = v6.to_bytes();
    constexpr asio::ip::address_v6::bytes_type translated{0x00, 0x64, 0xff, 0x9b};
    if (std::equal(bytes.begin(), bytes.begin() + 12, translated.begin()))
        return asio::ip::address_v4{{bytes[12], bytes[13], bytes[14], bytes[15]}};
    std::fill(bytes.begin() + 8, bytes.end(), std::uint8_t{0});
    return asio::ip::address_v6{bytes};
}

/// The address of an IP endpoint. Any other kind (of a Unix socket, of no socket) has the unspecified one, which is
/// nobody's: not that of the loopback interface, and no limit counts it.
template <class Endpoint>
asio::ip::address address_of(const Endpoint& end)
{
    if constexpr (requires { end.address(); }) {
        return unmapped(end.address());
    } else if constexpr (std::is_same_v<Endpoint, asio::generic::stream_protocol::endpoint>) {
        const auto tcp = tcp_endpoint_of(end);
        return tcp ? unmapped(tcp->address()) : asio::ip::address{};
    } else {
        return {};
    }
}

} // namespace fanfare::detail

#endif

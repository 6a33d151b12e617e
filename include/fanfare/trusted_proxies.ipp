// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TRUSTED_PROXIES_IPP
#define FANFARE_TRUSTED_PROXIES_IPP

#include <fanfare/auth.hpp>
#include <fanfare/detail/base/list_scanner.hpp>
#include <fanfare/detail/http/forwarded.hpp>
#include <fanfare/detail/net/endpoint_address.hpp>
#include <fanfare/error.hpp>
#include <fanfare/trusted_proxies.hpp>

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>

namespace fanfare {

namespace detail {

// The bit counted from the first, which is the highest of the first byte.
inline bool bit_of(const std::array<unsigned char, 16>& bytes, unsigned at) noexcept
{
    return (bytes[at / 8] >> (7 - at % 8) & 1) != 0;
}

inline std::array<unsigned char, 16> bytes_of(const asio::ip::address& address)
{
    std::array<unsigned char, 16> out{};
    const auto copy = [&out](const auto& from) { std::copy(from.begin(), from.end(), out.begin()); };
    if (address.is_v6())
        copy(address.to_v6().to_bytes());
    else
        copy(address.to_v4().to_bytes());
    return out;
}

[[noreturn]] inline void refuse_proxy(std::string_view text, const char* why)
{
    throw boost::system::system_error{error::invalid_config, "trusted proxy " + std::string{text} + ": " + why};
}

} // namespace detail

FANFARE_DECL trusted_proxies::range trusted_proxies::read_range(std::string_view text)
{
    const auto slash = text.find('/');
    const auto read = detail::read_address(text.substr(0, slash));
    if (!read)
        detail::refuse_proxy(text, "not an address, a range such as 10.0.0.0/8, or unix");
    const auto& address = *read;
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        detail::refuse_proxy(text, "write it as an IPv4 address");
    const unsigned bits = address.is_v6() ? 128 : 32;
    range out{detail::bytes_of(address), bits, address.is_v6()};
    if (slash == std::string_view::npos && address.is_unspecified())
        detail::refuse_proxy(text, "nobody's address; unix is that of Unix sockets");
    if (slash == std::string_view::npos)
        return out;
    const auto number = text.substr(slash + 1);
    const auto [end, failed] = std::from_chars(number.data(), number.data() + number.size(), out.prefix);
    if (failed != std::errc{} || end != number.data() + number.size() || out.prefix > bits)
        detail::refuse_proxy(text, address.is_v6() ? "the prefix is a number from 0 to 128"
                                                   : "the prefix is a number from 0 to 32");
    for (auto at = out.prefix; at != bits; ++at)
        if (detail::bit_of(out.bytes, at))
            detail::refuse_proxy(text, "the address has bits behind the prefix");
    return out;
}

FANFARE_DECL trusted_proxies& trusted_proxies::trust(std::string_view proxy)
{
    if (proxy == "unix")
        unix_ = true;
    else
        ranges_.push_back(read_range(proxy));
    return *this;
}

FANFARE_DECL trusted_proxies& trusted_proxies::by_header(std::string_view name)
{
    if (name.empty() || !std::all_of(name.begin(), name.end(), detail::is_token_char))
        throw boost::system::system_error{error::invalid_config, "not the name of a header: " + std::string{name}};
    headers_.assign(1, std::string{name});
    return *this;
}

FANFARE_DECL bool trusted_proxies::trusts(const asio::ip::address& peer) const noexcept
{
    if (peer.is_unspecified())
        return unix_;
    const auto address = detail::unmapped(peer);
    const auto bytes = detail::bytes_of(address);
    return std::any_of(ranges_.begin(), ranges_.end(), [&](const range& one) {
        if (one.v6 != address.is_v6())
            return false;
        const auto whole = one.prefix / 8;
        if (!std::equal(bytes.begin(), bytes.begin() + whole, one.bytes.begin()))
            return false;
        for (auto at = whole * 8; at != one.prefix; ++at)
            if (detail::bit_of(bytes, at) != detail::bit_of(one.bytes, at))
                return false;
        return true;
    });
}

// What shows that a proxy has forwarded a request, whichever of them is read.
inline constexpr std::string_view signs_of_proxies[] = {"Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"};

FANFARE_DECL std::optional<client_address> trusted_proxies::find_client(const asio::ip::address& peer,
                                                                        const line_reader& lines) const
{
    client_address out{detail::unmapped(peer)};
    if (!trusts(peer))
        return out;
    bool told = false;
    for (const auto& header : headers_) {
        const auto list = lines(header);
        if (!list)
            continue;
        const auto nodes = detail::equal_ignoring_case(header, "Forwarded")
                               ? detail::read_forwarded(*list)
                               : std::optional{detail::read_addresses(*list)};
        if (!nodes)
            return std::nullopt;
        const auto client = last_untrusted_address(*nodes);
        if (told && client != out.address)
            return std::nullopt;
        told = true;
        out = {client, true};
    }
    for (const auto& sign : signs_of_proxies)
        out.forwarded = out.forwarded || lines(sign);
    return out;
}

// Each node was added by the proxy that the next one names. Where all are trusted, the first one asked by itself.
FANFARE_DECL asio::ip::address trusted_proxies::last_untrusted_address(const std::vector<std::string>& nodes) const
{
    asio::ip::address client;
    for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) {
        const auto address = detail::address_of_node(*node);
        if (!address)
            return {};
        client = *address;
        if (!trusts(client))
            break;
    }
    return client;
}

} // namespace fanfare

#endif

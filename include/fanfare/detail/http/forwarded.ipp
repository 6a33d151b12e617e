// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_FORWARDED_IPP
#define FANFARE_DETAIL_HTTP_FORWARDED_IPP

#include <fanfare/auth.hpp>
#include <fanfare/detail/base/list_scanner.hpp>
#include <fanfare/detail/http/forwarded.hpp>
#include <fanfare/detail/net/endpoint_address.hpp>

#include <algorithm>
#include <utility>

namespace fanfare::detail {

// One element, up to the comma behind it: what `for` says there. Nothing if it is malformed.
inline std::optional<std::string> read_forwarded_element(list_scanner& from)
{
    std::optional<std::string> client;
    do {
        const auto name = from.token();
        if (name.empty()) // an empty pair
            continue;
        auto value = from.skip('=') ? from.text() : std::nullopt;
        const bool is_client = equal_ignoring_case(name, "for");
        if (!value || (is_client && client)) // a parameter "MUST NOT occur more than once"
            return std::nullopt;
        if (is_client)
            client = std::move(value);
    } while (from.skip(';'));
    return client.value_or("");
}

FANFARE_DECL std::optional<std::vector<std::string>> read_forwarded(std::string_view list)
{
    std::vector<std::string> all;
    list_scanner from{list};
    while (!from.at_end()) {
        if (from.skip(','))
            continue; // an empty element
        auto client = read_forwarded_element(from);
        if (!client || (!from.at_end() && !from.skip(',')))
            return std::nullopt;
        all.push_back(std::move(*client));
    }
    return all;
}

FANFARE_DECL std::vector<std::string> read_addresses(std::string_view list)
{
    std::vector<std::string> out;
    while (!list.empty())
        if (const auto one = next_element(list, ','); !one.empty())
            out.emplace_back(one);
    return out;
}

// Nothing, or a colon and a port: digits, or a name that hides it (RFC 7239 section 6.2).
inline bool is_port_part(std::string_view text)
{
    if (text.empty())
        return true;
    const auto all = [&](std::string_view rest, std::string_view besides) {
        return !rest.empty() && std::all_of(rest.begin(), rest.end(), [&](char c) {
            return (c >= '0' && c <= '9') || besides.find(c) != std::string_view::npos;
        });
    };
    if (text.starts_with(":_"))
        return all(text.substr(2), "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ._-");
    return text.size() <= 6 && text.starts_with(':') && all(text.substr(1), {});
}

// Without the port: of `192.0.2.1:80`, `[2001:db8::1]:80`, `[2001:db8::1]`. Empty if that is malformed.
inline std::string_view without_port(std::string_view node)
{
    const bool bracketed = node.starts_with('[');
    const auto colon = node.find(':');
    if (!bracketed && colon != node.rfind(':'))
        return node; // an IPv6 address
    const auto end = bracketed ? node.find(']') : std::min(colon, node.size());
    if (end == std::string_view::npos || !is_port_part(node.substr(bracketed ? end + 1 : end)))
        return {};
    return bracketed ? node.substr(1, end - 1) : node.substr(0, end);
}

FANFARE_DECL std::optional<asio::ip::address> address_of_node(std::string_view node)
{
    if (node == "unix:")
        return asio::ip::address{};
    const auto text = without_port(node);
    const auto address = read_address(text);
    if (!address || (node.starts_with('[') && !address->is_v6()))
        return std::nullopt;
    const auto client = unmapped(*address);
    return client.is_unspecified() ? std::nullopt : std::optional{client};
}

} // namespace fanfare::detail

#endif

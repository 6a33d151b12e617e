// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_FORWARDED_HPP
#define FANFARE_DETAIL_HTTP_FORWARDED_HPP

#include <fanfare/config.hpp>

#include <boost/asio/ip/address.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fanfare::detail {

// Headers in which proxies say for whom they ask. Thread-safe, as all that has no state.

/// The parameter `for` of each element of `Forwarded` (RFC 7239 section 4), in their order; empty for an element without
/// one. Nothing if the header is malformed, or an element has two.
std::optional<std::vector<std::string>> read_forwarded(std::string_view list);

/// The elements of a list of addresses, as `X-Forwarded-For` has it, in their order, without empty ones (RFC 9110 section
/// 5.6.1.2).
std::vector<std::string> read_addresses(std::string_view list);

/// The address of a node (RFC 7239 section 6), with or without a port, an IPv6 address with or without brackets; `unix:`,
/// which nginx writes for the client of a Unix socket, has the unspecified one. Nothing if it tells none: `unknown`, a
/// name that hides it (`_gazonk`), or what is no address of a client.
std::optional<asio::ip::address> address_of_node(std::string_view node);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/http/forwarded.ipp>
#endif

#endif

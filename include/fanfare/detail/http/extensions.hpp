// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_EXTENSIONS_HPP
#define FANFARE_DETAIL_HTTP_EXTENSIONS_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/session/session.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fanfare::detail {

/// One extension that a client offers, or one way of using it (RFC 6455 section 9.1).
struct extension_offer {
    std::string name;
    /// A parameter without a value has none; one with an empty value cannot be.
    std::vector<std::pair<std::string, std::optional<std::string>>> parameters;
};

/// Reads `Sec-WebSocket-Extensions`, all lines of it as one list. Nothing if it is malformed: the handshake fails then
/// (RFC 6455 section 9.1).
std::optional<std::vector<extension_offer>> read_extensions(std::string_view list);

/// What was settled about permessage-deflate (RFC 7692 section 7.1).
struct deflate_agreement {
    /// What to answer in `Sec-WebSocket-Extensions`.
    std::string answer;
    int client_window_bits = 15;
    int server_window_bits = 15;
};

/// Takes the first offer that can be met, as the client prefers it. Nothing if there is none: then messages go as they are.
/// An offer is declined if it has a parameter that is unknown, appears twice, or has a value that it may not have, or a
/// window for the server of 8 bits, which Beast's zlib cannot compress with.
std::optional<deflate_agreement> agree_on_deflate(const std::vector<extension_offer>& offers);

/// Reads `Sec-WebSocket-Protocol`, all lines of it as one list. Nothing if it is malformed: not all of its elements are
/// tokens, one appears twice, or there is none (RFC 6455 section 4.1, item 10).
std::optional<std::vector<std::string>> read_protocols(std::string_view list);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/http/extensions.ipp>
#endif

#endif

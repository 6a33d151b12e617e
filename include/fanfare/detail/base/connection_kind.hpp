// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_BASE_CONNECTION_KIND_HPP
#define FANFARE_DETAIL_BASE_CONNECTION_KIND_HPP

#include <fanfare/config.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fanfare::detail {

/// How a client is connected, and what it speaks: the labels of metrics.
enum class transport_kind : std::uint8_t { websocket, events, local };
enum class language_kind : std::uint8_t { fanfare, raw };

inline constexpr std::array<std::string_view, 3> transport_names{"websocket", "events", "local"};
inline constexpr std::array<std::string_view, 2> language_names{"fanfare", "raw"};
inline constexpr std::size_t connection_kinds = transport_names.size() * language_names.size();

/// The number of a kind of connection, from 0 to `connection_kinds`.
constexpr std::size_t kind_of(transport_kind transport, language_kind language) noexcept
{
    return static_cast<std::size_t>(transport) * language_names.size() + static_cast<std::size_t>(language);
}

} // namespace fanfare::detail

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_BASE_CONNECTION_ID_IPP
#define FANFARE_DETAIL_BASE_CONNECTION_ID_IPP

#include <fanfare/detail/base/connection_id.hpp>
#include <fanfare/detail/base/random.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <system_error>

namespace fanfare::detail {

FANFARE_DECL std::optional<connection_id> read_connection_id(std::string_view id) noexcept
{
    connection_id out;
    if (id.size() != 32)
        return std::nullopt;
    for (auto* half : {&out.node, &out.number}) {
        const auto read = std::from_chars(id.data(), id.data() + 16, *half, 16);
        if (read.ec != std::errc{} || read.ptr != id.data() + 16)
            return std::nullopt;
        id.remove_prefix(16);
    }
    return out;
}

FANFARE_DECL node_id::node_id()
{
    unsigned char random[sizeof node_];
    random_bytes(random);
    std::memcpy(&node_, random, sizeof node_);
}

FANFARE_DECL std::string node_id::id_of(std::uint64_t number) const
{
    std::string id(32, '0');
    char digits[16];
    const auto put = [&](std::uint64_t value, std::size_t end) {
        const auto last = std::to_chars(digits, digits + sizeof digits, value, 16).ptr;
        std::copy(digits, last, id.begin() + static_cast<std::ptrdiff_t>(end) - (last - digits));
    };
    put(node_, 16);
    put(number, 32);
    return id;
}

FANFARE_DECL std::string node_id::text() const
{
    return id_of(0).substr(0, 16);
}

FANFARE_DECL std::optional<std::uint64_t> node_id::number_of(std::string_view id) const
{
    const auto read = read_connection_id(id);
    return read && read->node == node_ ? std::optional{read->number} : std::nullopt;
}

} // namespace fanfare::detail

#endif

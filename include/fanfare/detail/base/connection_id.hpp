// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_BASE_CONNECTION_ID_HPP
#define FANFARE_DETAIL_BASE_CONNECTION_ID_HPP

#include <fanfare/config.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fanfare::detail {

/// A connection's id on the wire: 16 hexadecimal digits of the node, 16 of the connection's number there.
struct connection_id {
    std::uint64_t node = 0;
    std::uint64_t number = 0;
    /// Unique in the cluster, for `bus_message::except`.
    std::uint64_t tag() const noexcept { return node ^ number; }
};
std::optional<connection_id> read_connection_id(std::string_view id) noexcept;

/// The random number that a hub has among the hubs of its bus, and the ids of its connections. Immutable.
class node_id {
public:
    node_id();

    /// 16 hexadecimal digits.
    std::string text() const;
    std::string id_of(std::uint64_t number) const;
    /// The number of a connection of this node; none for one of another node, or what is no id.
    std::optional<std::uint64_t> number_of(std::string_view id) const;
    std::uint64_t except_tag(std::uint64_t number) const noexcept { return connection_id{node_, number}.tag(); }

private:
    std::uint64_t node_;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/base/connection_id.ipp>
#endif

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HUB_ENUMERATION_HPP
#define FANFARE_DETAIL_HUB_ENUMERATION_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/enumeration.hpp>
#include <fanfare/error.hpp>

#include <functional>

namespace fanfare::detail {

using rooms_listed = std::function<void(error_code, room_page)>;
using connections_listed = std::function<void(error_code, connection_page)>;

/// A page of the hub's rooms. Thread-safe; `done` is called on any thread, maybe before this returns.
void list_rooms(hub_core& hub, const room_query& what, rooms_listed done);
/// A page of the hub's connections. Thread-safe; `done` is called on any thread, maybe before this returns.
void list_connections(hub_core& hub, const connection_query& what, connections_listed done);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/hub/enumeration.ipp>
#endif

#endif

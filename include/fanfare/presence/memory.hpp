// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_PRESENCE_MEMORY_HPP
#define FANFARE_PRESENCE_MEMORY_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/presence/presence_table.hpp>
#include <fanfare/presence.hpp>

namespace fanfare {

/// Presence in this process' memory. Copies share it, so that several hubs of one process can:
/// @code
/// fanfare::memory_presence who;
/// a.presence(who);
/// b.presence(who);
/// @endcode
/// A hub that is given no store has one of its own. Thread-safe. The handlers are called in the calling thread,
/// before the function returns. Entries do not expire; a hub takes its own out when it is destroyed. Fails with
/// `std::bad_alloc` only.
class memory_presence : public detail::presence_table {};

static_assert(presence_store<memory_presence>);

} // namespace fanfare

#endif

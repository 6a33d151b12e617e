// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_ROOM_ROOM_STATE_IPP
#define FANFARE_DETAIL_ROOM_ROOM_STATE_IPP

#include <fanfare/detail/room/room_state.hpp>

namespace fanfare::detail {

FANFARE_DECL void intrusive_ptr_release(room_state* r) noexcept
{
    auto now = r->references.load(std::memory_order_relaxed);
    while (now > 1)
        if (r->references.compare_exchange_weak(now, now - 1, std::memory_order_acq_rel))
            return;
    // Maybe the last: new references come from the registry, so its lock decides.
    auto& part = r->registry.stripe_of(r->name);
    std::unique_ptr<room_state> dead;
    const std::lock_guard lock{part.mutex};
    if (r->references.fetch_sub(1, std::memory_order_acq_rel) != 1)
        return;
    const auto at = part.rooms.find(std::string_view{r->name});
    dead = std::move(at->second);
    part.rooms.erase(at);
}

FANFARE_DECL void room_state::note_beginning(const position& at) noexcept
{
    for (std::size_t i = 0; i != registry.shards(); ++i)
        if (auto& part = parts[i]; part.concerned() && !part.begins_after)
            part.begins_after = at;
}

FANFARE_DECL void room_registry::mark_joining(room_state& room, std::size_t shard_index)
{
    with_stream(room, [&] {
        auto& part = room.parts[shard_index];
        if (!part.concerned()) {
            part.generation.fetch_add(1);
            if (room.stream)
                part.begins_after = room.stream->last();
        }
        part.joining.fetch_add(1);
    });
}

FANFARE_DECL room_ptr room_registry::find(std::string_view name)
{
    auto& part = stripe_of(name);
    const std::lock_guard lock{part.mutex};
    const auto at = part.rooms.find(name);
    return at == part.rooms.end() ? room_ptr{} : room_ptr{at->second.get()};
}

FANFARE_DECL room_ptr room_registry::obtain(std::string_view name,
                                            const std::shared_ptr<const namespace_rules>& options)
{
    auto& part = stripe_of(name);
    const std::lock_guard lock{part.mutex};
    if (const auto at = part.rooms.find(name); at != part.rooms.end())
        return room_ptr{at->second.get()};
    auto made = std::make_unique<room_state>(*this, name, options, shards_);
    room_ptr result{made.get()};
    const std::string_view key = made->name;
    try {
        part.rooms.emplace(key, std::move(made));
    } catch (...) {
        // `made` still owns the room if nothing was inserted; the counter must not go through the registry.
        result.detach();
        throw;
    }
    return result;
}

FANFARE_DECL std::size_t room_registry::size() const
{
    std::size_t all = 0;
    for (auto& s : stripes_) {
        const std::lock_guard lock{s.mutex};
        all += s.rooms.size();
    }
    return all;
}

} // namespace fanfare::detail

#endif

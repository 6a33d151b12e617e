// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SESSION_MEMBERSHIPS_IPP
#define FANFARE_DETAIL_SESSION_MEMBERSHIPS_IPP

#include <fanfare/detail/session/memberships.hpp>

#include <algorithm>
#include <utility>

namespace fanfare::detail {

FANFARE_DECL const membership* memberships::find(std::string_view room) const noexcept
{
    for (const auto& one : joined_)
        if (one.room->name == room)
            return &one;
    return nullptr;
}

FANFARE_DECL void memberships::lost_some(std::string_view room) noexcept
{
    const auto* one = find(room);
    if (one)
        joined_[static_cast<std::size_t>(one - joined_.data())].begin = {};
}

FANFARE_DECL membership& memberships::add(room_ptr room, bool own)
{
    if (joined_.empty())
        joined_.reserve(1); // most connections have one
    joined_.push_back({std::move(room), 0, own});
    return joined_.back();
}

FANFARE_DECL membership memberships::remove(const membership& one)
{
    std::swap(joined_[static_cast<std::size_t>(&one - joined_.data())], joined_.back());
    auto gone = std::move(joined_.back());
    joined_.pop_back();
    return gone;
}

FANFARE_DECL void memberships::moved(const room_state& room, std::uint32_t position) noexcept
{
    for (auto& one : joined_)
        if (one.room.get() == &room)
            one.position = position;
}

FANFARE_DECL std::size_t memberships::count_chosen() const noexcept
{
    return static_cast<std::size_t>(
        std::count_if(joined_.begin(), joined_.end(), [](const membership& one) { return !one.own; }));
}

FANFARE_DECL std::vector<std::string> memberships::chosen() const
{
    std::vector<std::string> names;
    for (const auto& one : joined_)
        if (!one.own)
            names.push_back(one.room->name);
    return names;
}

FANFARE_DECL void memberships::expect(room_ptr room)
{
    if (!expected_)
        expected_ = std::make_unique<std::vector<room_ptr>>();
    expected_->push_back(std::move(room));
}

template <class Predicate>
bool take_first(std::unique_ptr<std::vector<room_ptr>>& rooms, Predicate matches)
{
    if (!rooms)
        return false;
    const auto at = std::find_if(rooms->begin(), rooms->end(), matches);
    if (at == rooms->end())
        return false;
    rooms->erase(at);
    if (rooms->empty())
        rooms.reset();
    return true;
}

FANFARE_DECL bool memberships::take_expected(const room_state& room)
{
    return take_first(expected_, [&room](const room_ptr& one) { return one.get() == &room; });
}

FANFARE_DECL bool memberships::take_expected(std::string_view room)
{
    bool any = false;
    while (take_first(expected_, [room](const room_ptr& one) { return one->name == room; }))
        any = true; // several requests may have asked for it
    return any;
}

} // namespace fanfare::detail

#endif

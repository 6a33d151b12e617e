// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SESSION_SESSION_DIRECTORY_IPP
#define FANFARE_DETAIL_SESSION_SESSION_DIRECTORY_IPP

#include <fanfare/detail/session/session.hpp>
#include <fanfare/detail/session/session_directory.hpp>

#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <utility>

namespace fanfare::detail {

FANFARE_DECL bool session_directory::with_session(std::uint64_t number, std::function<void(session&)> work)
{
    auto* home = shards_.of(number);
    if (!home)
        return false;
    home->post([number, work = std::move(work)](shard& here) {
        if (const boost::intrusive_ptr<session> one{find_session(here, number)})
            work(*one);
    });
    return true;
}

// A user's connections on this shard.
inline std::vector<std::uint64_t> connections_of(const std::string& user, const room_state& own, shard& home)
{
    std::vector<std::uint64_t> all;
    for (const auto slot : own.parts[home.index()].members)
        all.push_back(home.number_of(slot));
    if (home.greeting.load() != 0)
        for_each_session(home, [&](session& s) {
            if (!s.greeted() && s.who()->user_id == user)
                all.push_back(s.number());
        });
    return all;
}

FANFARE_DECL void session_directory::on_shards_of(const std::string& user,
                                                  std::function<void(shard&, const numbers&)> work,
                                                  const room_ptr& joining)
{
    const auto own = rooms_.find("user:" + user);
    if (!own)
        return;
    for (const auto& s : shards_) {
        if (s->greeting.load() == 0 && !own->parts[s->index()].concerned()) // in this order: see `session::begin`
            continue;
        if (joining)
            rooms_.mark_joining(*joining, s->index());
        s->post([own, user, work](shard& home) { work(home, connections_of(user, *own, home)); });
    }
}

FANFARE_DECL void session_directory::for_user(const std::string& user, std::function<void(session&)> work)
{
    on_shards_of(user, [work](shard& home, const numbers& connections) {
        for (const auto number : connections) // the work may end connections or change the members
            if (const boost::intrusive_ptr<session> one{find_session(home, number)})
                work(*one);
    });
}

// Joins connections to a room once the bus carries it. `joining` counts the shard until then, so that what is published
// meanwhile follows through the queue.
FANFARE_DECL void session_directory::join_all(shard& home, const numbers& connections, const room_ptr& room,
                                              const joined_handler& joined)
{
    for (const auto number : connections)
        if (auto* s = find_session(home, number))
            s->rooms().expect(room);
    preparation_.prepare(home, {room}, [&home, connections, room, joined](const room_preparation::hold_ptr&) {
        for (const auto number : connections) {
            auto* s = find_session(home, number);
            if (!s || !s->rooms().take_expected(*room))
                continue;
            s->join(room);
            if (joined)
                joined();
        }
        room->parts[home.index()].joining.fetch_sub(1);
    });
}

FANFARE_DECL void session_directory::join(std::uint64_t number, std::string_view name,
                                          const joined_handler& joined)
{
    auto* home = shards_.of(number);
    if (!home)
        return;
    const auto target = rooms_.obtain(name, rules_.rules_for(name));
    rooms_.mark_joining(*target, home->index());
    home->post([this, number, target, joined](shard& here) { join_all(here, {number}, target, joined); });
}

FANFARE_DECL void session_directory::join_user(const std::string& user, std::string_view name,
                                               const joined_handler& joined)
{
    const auto target = rooms_.obtain(name, rules_.rules_for(name));
    on_shards_of(
        user,
        [this, target, joined](shard& home, const numbers& connections) {
            join_all(home, connections, target, joined);
        },
        target);
}

} // namespace fanfare::detail

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REDIS_CHANNELS_IPP
#define FANFARE_DETAIL_REDIS_CHANNELS_IPP

#include <fanfare/detail/redis/channels.hpp>

#include <algorithm>

namespace fanfare::detail {

// ---- what is wanted

FANFARE_DECL bool redis_channels::join(bus_sink& sink, std::string_view room)
{
    auto at = rooms_.find(room);
    if (at == rooms_.end()) {
        at = rooms_.try_emplace(std::string{room}).first;
        at->second.room = at->first;
    }
    auto& e = at->second;
    for (const auto& m : e.members)
        if (m.sink == &sink)
            return !m.waiting;
    e.members.push_back({.sink = &sink});
    joined_rooms_ += e.members.size() == 1;
    auto& m = e.members.back();
    if (e.in_force())
        return true;
    if (up_ && !e.refused) {
        m.waiting = true;
        if (!e.asked)
            mark_changed(e);
        return false;
    }
    m.owed_missed = true;
    note(e, m, notice::kind::joined);
    if (e.refused)
        note(e, m, notice::kind::missed);
    return false;
}

FANFARE_DECL void redis_channels::leave(bus_sink& sink, std::string_view room, time_point now)
{
    auto* e = find(room);
    if (e && std::erase_if(e->members, [&sink](const member& m) { return m.sink == &sink; }) != 0 &&
        e->members.empty())
        begin_lingering(*e, now);
}

FANFARE_DECL void redis_channels::remove(bus_sink& sink, time_point now)
{
    std::vector<entry*> left;
    for (auto& [room, e] : rooms_)
        if (std::erase_if(e.members, [&sink](const member& m) { return m.sink == &sink; }) != 0 &&
            e.members.empty())
            left.push_back(&e);
    for (auto* e : left)
        begin_lingering(*e, now);
    std::erase_if(notices_, [&sink](const notice& n) { return n.sink == &sink; });
}

inline void redis_channels::begin_lingering(entry& e, time_point now)
{
    --joined_rooms_;
    if (!e.asked)
        return erase_if_idle(e);
    e.linger_until = now + linger_;
    if (!std::exchange(e.lingering, true))
        lingering_.emplace_back(e.linger_until, &e);
}

// Only where nothing points to it.
inline void redis_channels::erase_if_idle(entry& e)
{
    if (!e.members.empty() || e.asked || e.unanswered != 0 || e.changed || e.lingering)
        return;
    no_longer_pending(e);
    set_refused(e, false);
    rooms_.erase(rooms_.find(e.room));
}

inline void redis_channels::mark_changed(entry& e)
{
    if (up_ && !std::exchange(e.changed, true))
        changes_.push_back(&e);
}

inline void redis_channels::set_asked(entry& e, bool asked) noexcept
{
    if (e.asked != asked)
        asked ? ++asked_ : --asked_;
    e.asked = asked;
}

inline void redis_channels::set_refused(entry& e, bool refused)
{
    if (e.refused == refused)
        return;
    e.refused = refused;
    if (refused)
        refused_.insert(e.room);
    else
        refused_.erase(e.room);
}

inline void redis_channels::no_longer_pending(entry& e) noexcept
{
    if (std::exchange(e.pending, false))
        --pending_;
}

// ---- what to send

FANFARE_DECL std::optional<redis_channels::time_point> redis_channels::next_deadline() const
{
    return lingering_.empty() ? std::nullopt : std::optional{lingering_.front().first};
}

inline void redis_channels::end_lingering(time_point now)
{
    while (!lingering_.empty() && lingering_.front().first <= now) {
        auto& e = *lingering_.front().second;
        lingering_.pop_front();
        e.lingering = e.members.empty() && e.linger_until > now; // left again meanwhile
        if (e.lingering)
            lingering_.emplace_back(e.linger_until, &e);
        else
            mark_changed(e);
    }
}

FANFARE_DECL std::vector<redis_channels::command> redis_channels::take_commands(time_point now)
{
    end_lingering(now);
    std::vector<entry*> subscribe, unsubscribe;
    for (auto* e : std::exchange(changes_, {})) {
        e->changed = false;
        const bool wanted = !e->members.empty() || (e->asked && e->lingering);
        const bool retried = std::exchange(e->retried, false);
        if (wanted && !e->asked && (!e->refused || retried)) {
            subscribe.push_back(e);
        } else if (!wanted && e->asked) {
            unsubscribe.push_back(e);
        } else {
            if (e->unanswered == 0)
                no_longer_pending(*e);
            erase_if_idle(*e);
        }
    }
    std::vector<command> out;
    send(out, subscribe, true);
    send(out, unsubscribe, false);
    return out;
}

inline void redis_channels::send(std::vector<command>& out, const std::vector<entry*>& entries, bool subscribe)
{
    bool open = false; // whether the last command may take more
    for (auto* e : entries) {
        if (!open || e->sent_alone || out.back().rooms.size() == batch_) {
            out.push_back({.subscribe = subscribe});
            sent_.push_back({.subscribe = subscribe, .entries = {}});
        }
        open = !e->sent_alone;
        out.back().rooms.push_back(e->room);
        sent_.back().entries.push_back(e);
        set_asked(*e, subscribe);
        ++e->unanswered;
        ++unanswered_;
    }
}

// ---- what came back

FANFARE_DECL void redis_channels::link_up()
{
    up_ = true;
    for (auto& [room, e] : rooms_) {
        mark_changed(e);
        e.pending = true;
    }
    pending_ = rooms_.size();
}

FANFARE_DECL void redis_channels::link_down()
{
    up_ = false;
    changes_.clear();
    lingering_.clear();
    sent_.clear();
    refused_.clear();
    asked_ = unanswered_ = pending_ = 0;
    for (auto at = rooms_.begin(); at != rooms_.end();) {
        auto& e = at->second;
        if (e.members.empty()) {
            at = rooms_.erase(at);
            continue;
        }
        e.unanswered = 0;
        e.asked = e.changed = e.lingering = e.sent_alone = e.refused = e.retried = e.pending = false;
        for (auto& m : e.members) {
            if (std::exchange(m.waiting, false))
                note(e, m, notice::kind::joined);
            m.owed_missed = true;
        }
        ++at;
    }
}

FANFARE_DECL redis_channels::outcome redis_channels::answered(bool subscribe, std::string_view room)
{
    if (sent_.empty() || sent_.front().subscribe != subscribe)
        return outcome::unexpected;
    auto& first = sent_.front();
    auto& e = *first.entries[first.next];
    if (e.room != room)
        return outcome::unexpected;
    if (++first.next == first.entries.size())
        sent_.pop_front();
    --unanswered_;
    if (--e.unanswered != 0)
        return outcome::ok;
    no_longer_pending(e);
    if (e.asked)
        now_in_force(e);
    else
        erase_if_idle(e);
    return outcome::ok;
}

inline void redis_channels::now_in_force(entry& e)
{
    set_refused(e, false);
    for (auto& m : e.members) {
        if (std::exchange(m.waiting, false))
            note(e, m, notice::kind::joined);
        if (std::exchange(m.owed_missed, false))
            note(e, m, notice::kind::missed);
    }
}

FANFARE_DECL redis_channels::outcome redis_channels::failed(std::string& room)
{
    if (sent_.empty() || sent_.front().next != 0)
        return outcome::unexpected;
    const auto first = std::move(sent_.front());
    sent_.pop_front();
    room = first.entries.front()->room;
    unanswered_ -= first.entries.size();
    const bool with_others = first.entries.size() > 1;
    const bool again = first.entries.front()->refused; // then it was sent_alone
    for (auto* e : first.entries)
        if (--e->unanswered == 0) { // otherwise the answer to a later command decides
            if (e->asked)
                now_failed(*e, with_others);
            else
                erase_if_idle(*e);
        }
    return with_others ? outcome::retry : again ? outcome::still_refused : outcome::refused;
}

// A hundred at a time: each is a command of its own.
FANFARE_DECL bool redis_channels::retry_refused()
{
    constexpr std::size_t most = 100;
    auto at = refused_.upper_bound(last_retried_);
    const auto count = std::min(most, refused_.size());
    for (std::size_t i = 0; i != count; ++i, ++at) {
        if (at == refused_.end())
            at = refused_.begin();
        last_retried_ = *at;
        if (auto* e = find(*at); !e->asked && !e->members.empty()) {
            e->retried = true;
            mark_changed(*e);
        }
    }
    return count != 0;
}

inline void redis_channels::now_failed(entry& e, bool with_others)
{
    set_asked(e, false);
    e.sent_alone = true;
    if (e.members.empty())
        no_longer_pending(e);
    if (with_others || e.members.empty())
        return mark_changed(e);
    no_longer_pending(e);
    if (e.refused) // its members know
        return;
    set_refused(e, true);
    for (auto& m : e.members) {
        if (std::exchange(m.waiting, false))
            note(e, m, notice::kind::joined);
        m.owed_missed = true;
        note(e, m, notice::kind::missed);
    }
}

// ---- who gets what

inline const redis_channels::entry* redis_channels::find(std::string_view room) const
{
    const auto at = rooms_.find(room);
    return at == rooms_.end() ? nullptr : &at->second;
}

FANFARE_DECL void redis_channels::receivers(std::string_view room, std::vector<receiver>& out) const
{
    out.clear();
    if (const auto* e = find(room))
        for (const auto& m : e->members)
            if (!m.waiting)
                out.push_back({m.sink, m.skipping});
}

FANFARE_DECL void redis_channels::set_skipping(bus_sink& sink, std::string_view room, bool skipping)
{
    if (auto* e = find(room))
        for (auto& m : e->members)
            if (m.sink == &sink)
                m.skipping = skipping;
}

FANFARE_DECL bool redis_channels::in_force(std::string_view room) const
{
    const auto* e = find(room);
    return e && e->in_force();
}

FANFARE_DECL void redis_channels::note_missed(std::string_view room)
{
    if (auto* e = find(room))
        for (const auto& m : e->members)
            if (!m.waiting)
                note(*e, m, notice::kind::missed);
}

FANFARE_DECL void redis_channels::note_all_missed()
{
    for (auto& [room, e] : rooms_)
        for (const auto& m : e.members)
            if (!m.waiting)
                note(e, m, notice::kind::missed);
}

} // namespace fanfare::detail

#endif

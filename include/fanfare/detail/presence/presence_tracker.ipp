// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_PRESENCE_PRESENCE_TRACKER_IPP
#define FANFARE_DETAIL_PRESENCE_PRESENCE_TRACKER_IPP

#include <fanfare/detail/base/clock_math.hpp>
#include <fanfare/detail/presence/presence_table.hpp>
#include <fanfare/detail/presence/presence_tracker.hpp>
#include <fanfare/detail/wire/json_writer.hpp>
#include <fanfare/error.hpp>

#include <boost/json/value.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace fanfare::detail {

// For stores whose entries do not expire: how soon a failed operation is tried again.
inline constexpr std::chrono::milliseconds presence_retry{5'000};
// A store that does not answer keeps a stopping hub no longer.
inline constexpr std::chrono::seconds presence_stop_timeout{5};
// Bytes of `info`, as JSON.
inline constexpr std::size_t max_presence_info = 1024;

inline json::value public_info(const identity& who)
{
    const auto* info = who.claims.if_contains("info");
    std::string text;
    if (info)
        append_json(text, *info);
    if (!info || !(info->is_object() || info->is_string()) || text.size() > max_presence_info)
        return nullptr;
    return json::value(*info, json::storage_ptr{});
}

FANFARE_DECL presence_tracker::~presence_tracker()
{
    for (const auto& [room, entries] : rooms_)
        for (const auto& [number, e] : entries)
            if (e.where != phase::absent && e.where != phase::leaving)
                try {
                    store_.async_leave(room, parts_.node.id_of(number), [](error_code, const presence_change&) {});
                } catch (...) {
                    failed(); // out of memory: it expires, or stays in a store that is no better off
                }
}

FANFARE_DECL any_presence& presence_tracker::store()
{
    if (!store_) {
        store_ = presence_table{};
        store_.count_in(parts_.stores);
    }
    return store_;
}

// ---- from the sessions

FANFARE_DECL void presence_tracker::entered(std::string_view room, std::uint64_t number,
                                            std::shared_ptr<const identity> who)
{
    parts_.first.post(
        [this, name = std::string{room}, number, who = std::move(who)](shard&) { on_entered(name, number, who); });
}

FANFARE_DECL void presence_tracker::left(std::string_view room, std::uint64_t number)
{
    parts_.first.post([this, name = std::string{room}, number](shard&) { on_left(name, number); });
}

FANFARE_DECL void presence_tracker::stop()
{
    parts_.first.post([this](shard&) { process_departures(); });
}

FANFARE_DECL void presence_tracker::end()
{
    rooms_.clear();
    departures_.clear();
    next_refresh_.reset();
    armed_.reset();
    if (io_ && io_->timer)
        io_->timer->cancel();
    if (given_)
        given_.rest();
}

FANFARE_DECL void presence_tracker::when_idle(std::function<void()> tell)
{
    process_departures();
    if (under_way_ == 0)
        tell();
    else
        idle_waiters_.push_back(std::move(tell));
}

FANFARE_DECL void presence_tracker::read(std::string_view room, std::size_t limit, presence_was_read handler)
{
    parts_.first.post([this, name = std::string{room}, limit, handler = std::move(handler)](shard&) {
        if (parts_.life.ended()) // a store that was told to rest would be woken
            return handler(error::shutting_down, {});
        store().async_read(name, limit, handler);
    });
}

FANFARE_DECL void presence_tracker::on_entered(const std::string& room, std::uint64_t number,
                                               std::shared_ptr<const identity> who)
{
    auto& e = rooms_[room][number];
    e.who = std::move(who);
    e.wanted = true;
    advance(room, number, e);
    arm();
}

FANFARE_DECL void presence_tracker::on_left(const std::string& room, std::uint64_t number)
{
    auto* e = find(room, number);
    if (!e)
        return;
    e->wanted = false;
    e->leaves_at = clock::now() + parts_.options.presence_leave_delay;
    departures_.push_back({e->leaves_at, room, number});
    advance(room, number, *e);
    arm();
}

// ---- one entry

FANFARE_DECL presence_tracker::entry* presence_tracker::find(const std::string& room, std::uint64_t number)
{
    const auto at = rooms_.find(room);
    if (at == rooms_.end())
        return nullptr;
    const auto one = at->second.find(number);
    return one == at->second.end() ? nullptr : &one->second;
}

FANFARE_DECL void presence_tracker::erase(const std::string& room, std::uint64_t number)
{
    const auto at = rooms_.find(room);
    at->second.erase(number);
    if (at->second.empty())
        rooms_.erase(at);
}

// Takes the next step towards what is wanted, if none is under way. May erase the entry.
FANFARE_DECL void presence_tracker::advance(const std::string& room, std::uint64_t number, entry& e)
{
    const bool goes = !e.wanted && (parts_.life.stopping() || clock::now() >= e.leaves_at);
    if (e.where == phase::absent)
        e.wanted ? enter(room, number, e) : erase(room, number);
    else if (e.where == phase::present && goes)
        leave(room, number, e);
    else if (e.where == phase::unsure && goes && parts_.life.stopping())
        leave(room, number, e); // there may be no next refresh
}

FANFARE_DECL void presence_tracker::enter(const std::string& room, std::uint64_t number, entry& e)
{
    e.where = phase::entering;
    e.step = ++steps_;
    ++under_way_;
    const auto done = reply(room, number);
    store().async_enter(room, {parts_.node.id_of(number), e.who->user_id, public_info(*e.who)}, done);
}

FANFARE_DECL void presence_tracker::leave(const std::string& room, std::uint64_t number, entry& e)
{
    e.where = phase::leaving;
    e.step = ++steps_;
    ++under_way_;
    keep_hub();
    const auto done = reply(room, number);
    store().async_leave(room, parts_.node.id_of(number), done);
}

// Answers come back to the first shard by its queue, never from within the question.
FANFARE_DECL presence_changed presence_tracker::reply(const std::string& room, std::uint64_t number)
{
    return [this, hub = parts_.life.weak(), room, number](error_code ec, presence_change change) {
        if (const auto alive = hub.lock())
            parts_.first.post([this, room, number, ec, change = std::move(change)](shard&) {
                answered(room, number, ec, change);
            });
    };
}

FANFARE_DECL void presence_tracker::answered(const std::string& room, std::uint64_t number, error_code ec,
                                             presence_change change)
{
    --under_way_;
    if (ec)
        failed();
    for (const auto& user : change.departed)
        announce(room, "leave", user);
    if (auto* e = find(room, number)) {
        if (change.first_of_user)
            announce(room, "join", e->who->user_id);
        if (change.last_of_user)
            announce(room, "leave", e->who->user_id);
        e->where = ec ? phase::unsure : e->where == phase::entering ? phase::present : phase::absent;
        if (!ec)
            advance(room, number, *e);
    }
    arm();
    if (under_way_ != 0)
        return;
    for (const auto& tell : std::exchange(idle_waiters_, {}))
        tell();
    if (stopping_io_ && stopping_io_->timer)
        stopping_io_->timer->cancel();
}

FANFARE_DECL void presence_tracker::announce(const std::string& room, std::string_view type,
                                             const std::string& user)
{
    if (!user.empty() && !parts_.events.announce(room, type, {{"user_id", user}}))
        failed();
}

FANFARE_DECL void presence_tracker::failed() noexcept
{
    failures_.fetch_add(1, std::memory_order_relaxed);
}

// ---- time

FANFARE_DECL std::chrono::milliseconds presence_tracker::interval()
{
    const auto lifetime = store().lifetime();
    return lifetime.count() == 0
               ? presence_retry
               : std::clamp<std::chrono::milliseconds>(lifetime / 3, std::chrono::milliseconds{1}, longest_time);
}

FANFARE_DECL void presence_tracker::arm()
{
    if (rooms_.empty())
        next_refresh_.reset();
    else if (!next_refresh_)
        next_refresh_ = clock::now() + interval();
    auto next = next_refresh_;
    if (!departures_.empty() && (!next || departures_.front().when < *next))
        next = departures_.front().when;
    if (!next || (armed_ && *armed_ <= *next))
        return;
    if (!io_)
        io_ = shard_io::make(parts_.first.executor());
    armed_ = next;
    io_->timer->expires_at(*next);
    io_->timer->async_wait([this, hub = parts_.life.weak()](error_code ec) {
        if (const auto alive = ec ? nullptr : hub.lock())
            on_timer();
    });
}

FANFARE_DECL void presence_tracker::on_timer()
{
    armed_.reset();
    process_departures();
    if (next_refresh_ && clock::now() >= *next_refresh_)
        refresh();
    arm();
}

FANFARE_DECL void presence_tracker::process_departures()
{
    const auto now = clock::now();
    while (!departures_.empty() && (parts_.life.stopping() || departures_.front().when <= now)) {
        const auto one = std::move(departures_.front());
        departures_.pop_front();
        if (auto* e = find(one.room, one.number))
            advance(one.room, one.number, *e);
    }
}

FANFARE_DECL void presence_tracker::refresh()
{
    next_refresh_.reset();
    std::vector<presence_entries> present;
    for (auto& [room, entries] : rooms_) {
        presence_entries here{room, {}};
        for (auto& [number, e] : entries) {
            if (e.where == phase::present)
                here.connection_ids.push_back(parts_.node.id_of(number));
            else if (e.where == phase::unsure)
                e.wanted ? enter(room, number, e) : leave(room, number, e);
        }
        if (!here.connection_ids.empty())
            present.push_back(std::move(here));
    }
    if (present.empty() || refreshing_ || store().lifetime().count() == 0)
        return;
    refreshing_ = true;
    refresh_step_ = ++steps_;
    const auto done = [this, hub = parts_.life.weak()](error_code ec, presence_refresh answer) {
        if (const auto alive = hub.lock())
            parts_.first.post([this, ec, answer = std::move(answer)](shard&) { refreshed(ec, answer); });
    };
    store().async_refresh(std::move(present), done);
}

FANFARE_DECL void presence_tracker::refreshed(error_code ec, presence_refresh answer)
{
    refreshing_ = false;
    if (ec) {
        failed();
        next_refresh_ = clock::now() + interval() / 4; // the entries get old
    }
    for (const auto& [room, user] : answer.departed)
        announce(room, "leave", user);
    for (const auto& [room, ids] : answer.missing)
        for (const auto& id : ids) {
            const auto number = parts_.node.number_of(id);
            auto* e = number ? find(room, *number) : nullptr;
            // What has begun since then knows better.
            if (!e || e->where != phase::present || e->step > refresh_step_)
                continue;
            e->where = phase::absent;
            advance(room, *number, *e);
        }
    arm();
}

// A hub that stops may have no other owner left when the answers come. The timer's wait is one, and goes with the first
// shard's context at the latest.
FANFARE_DECL void presence_tracker::keep_hub()
{
    if (!parts_.life.stopping() || stopping_io_)
        return;
    stopping_io_ = shard_io::make(parts_.first.executor());
    stopping_io_->timer->expires_after(presence_stop_timeout);
    stopping_io_->timer->async_wait([this, keep = parts_.life.keep()](error_code cancelled) {
        stopping_io_.reset();
        if (cancelled && under_way_ != 0) // begun since then
            keep_hub();
    });
}

} // namespace fanfare::detail

#endif

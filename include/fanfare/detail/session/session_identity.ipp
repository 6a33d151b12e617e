// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SESSION_SESSION_IDENTITY_IPP
#define FANFARE_DETAIL_SESSION_SESSION_IDENTITY_IPP

// Whose a session is: the rooms that an identity grants, its end, and another one in its place.

#include <fanfare/detail/base/clock_math.hpp>
#include <fanfare/detail/session/session.hpp>
#include <fanfare/detail/wire/envelope.hpp>

#include <boost/json/array.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace fanfare::detail {

// How long before an identity's end its client is told: so that it has the time to get a new credential, and is not told
// long before with one that lives shortly.
inline std::chrono::milliseconds notice_of(const identity& who, wall_time now)
{
    constexpr std::chrono::milliseconds longest{60'000};
    const auto begin = who.issued_at ? std::min(*who.issued_at, now) : now;
    return std::min(longest, time_until(*who.expires_at, begin) / 10);
}

inline json::value expiry_field(const identity& who)
{
    std::string text;
    if (who.expires_at)
        append_timestamp(text, *who.expires_at);
    return who.expires_at ? json::value(text) : json::value();
}

// One deadline for both: first the client is told that the end is near, once it is greeted, then comes the end.
FANFARE_DECL void session::watch_expiry()
{
    warned_ = !greeted_;
    auto& deadline = home_.times(slot()).expires;
    if (!who_->expires_at) {
        deadline = 0;
        return;
    }
    const auto now = wall_now();
    const auto left = time_until(*who_->expires_at, now);
    const auto notice = warned_ ? std::chrono::milliseconds::zero() : std::min(left, notice_of(*who_, now));
    deadline = home_.now_ticks() + home_.ticks(left - notice);
}

// The deadline has passed: of the notice, or of the identity.
FANFARE_DECL void session::on_expiry()
{
    const boost::intrusive_ptr<session> keep{this};
    const auto left = time_until(*who_->expires_at, wall_now());
    if (warned_ || left.count() == 0)
        return close(close_code::expired);
    warned_ = true;
    home_.times(slot()).expires = home_.now_ticks() + home_.ticks(left);
    const json::value payload{{"expires_at", expiry_field(*who_)}};
    send_message("expiring", &payload);
}

FANFARE_DECL std::vector<room_ptr> session::rooms_of(const identity& who) const
{
    std::vector<room_ptr> own;
    const auto add = [&](const std::string& name) {
        error_code ec;
        if (const auto rules = context_->rules.rules_for(name, ec))
            own.push_back(context_->rooms.obtain(name, rules));
    };
    if (!who.anonymous())
        add("user:" + who.user_id);
    for (const auto& name : who.rooms)
        add(name);
    return own;
}

FANFARE_DECL json::object session::become(std::shared_ptr<const identity> who,
                                          const std::vector<room_ptr>& granted)
{
    who_ = std::move(who);
    watch_expiry();
    std::vector<std::string> lost;
    for (const auto& one : rooms_)
        if (one.own && std::find(granted.begin(), granted.end(), one.room) == granted.end())
            lost.push_back(one.room->name);
    json::array left, joined;
    for (const auto& name : lost)
        if (leave(name))
            left.emplace_back(name);
    json::object positions;
    for (const auto& room : granted) {
        if (!join(room, true))
            continue;
        joined.emplace_back(room->name);
        if (const auto& at = rooms_.find(room->name)->begin)
            positions[room->name] = position_fields(at);
    }
    json::object told{
        {"expires_at", expiry_field(*who_)}, {"joined", std::move(joined)}, {"left", std::move(left)}};
    if (!positions.empty())
        told["positions"] = std::move(positions);
    return told;
}

} // namespace fanfare::detail

#endif

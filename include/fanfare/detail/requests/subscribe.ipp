// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REQUESTS_SUBSCRIBE_IPP
#define FANFARE_DETAIL_REQUESTS_SUBSCRIBE_IPP

#include <fanfare/detail/requests/authorize.hpp>
#include <fanfare/detail/requests/resume.hpp>
#include <fanfare/detail/requests/subscribe.hpp>

#include <boost/json/object.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace fanfare::detail {

FANFARE_DECL void subscribe_operation::start(session& s, const json::object& payload,
                                             const json::value* request_id)
{
    const std::shared_ptr<subscribe_operation> op{new subscribe_operation{s}};
    op->request_id_ = own_value(request_id);
    if (const auto wrong = op->read(payload); !wrong.empty()) {
        s.end_request();
        return s.offend(error::invalid_message, wrong, request_id);
    }
    if (op->resume_.empty())
        op->check_all();
    else
        op->resume();
}

FANFARE_DECL std::string subscribe_operation::read(const json::object& payload)
{
    const auto* rooms = payload.if_contains("rooms");
    if (const auto* token = payload.if_contains("resume")) {
        if (!token->is_string() || token->get_string().empty())
            return "payload.resume must be a token";
        resume_ = std::string_view{token->get_string()};
    } else if (!rooms) {
        return "payload.rooms must be an array of strings";
    }
    const auto* list = rooms ? rooms->if_array() : nullptr;
    if (rooms && !(list && std::all_of(list->begin(), list->end(), [](const auto& v) { return v.is_string(); })))
        return "payload.rooms must be an array of strings";
    if (list)
        for (const auto& room : *list)
            wish_for(room.get_string());
    auto wrong = read_since(payload.if_contains("since"));
    return wrong.empty() ? read_last(payload.if_contains("last")) : wrong;
}

FANFARE_DECL subscribe_operation::wished* subscribe_operation::wish_of(std::string_view room)
{
    const auto at = by_name_.find(room);
    return at == by_name_.end() ? nullptr : at->second;
}

FANFARE_DECL subscribe_operation::wished& subscribe_operation::wish_for(std::string_view room)
{
    if (auto* known = wish_of(room))
        return *known;
    auto& wish = wishes_.emplace_back();
    wish.room = room;
    by_name_.emplace(wish.room, &wish);
    return wish;
}

// `since: {room: {epoch, offset}}`. A room that is not asked for would be forgotten in silence: an error.
FANFARE_DECL std::string subscribe_operation::read_since(const json::value* since)
{
    if (!since)
        return {};
    const auto* positions = since->if_object();
    if (!positions)
        return "payload.since must be an object of positions by room";
    for (const auto& one : *positions) {
        const std::string_view room = one.key();
        std::string why;
        const auto at = read_position(one.value(), why);
        if (!at)
            return "payload.since: " + std::string{room} + ": " + why;
        if (auto* wish = wish_of(room))
            wish->since = at;
        else if (resume_.empty())
            return "payload.since names " + std::string{room} + ", which payload.rooms does not";
        else
            since_.emplace_back(room, *at);
    }
    return {};
}

// `last: N` for all rooms that have no `since`, or `last: {room: N}`.
FANFARE_DECL std::string subscribe_operation::read_last(const json::value* last)
{
    const auto count = [](const json::value& v) -> std::optional<std::uint64_t> {
        error_code ec;
        const auto n = v.is_number() && !v.is_double() ? v.to_number<std::uint64_t>(ec) : 0;
        return ec || n == 0 ? std::nullopt : std::optional{n};
    };
    if (!last)
        return {};
    const std::string wrong = "payload.last must be a number above zero, or an object of such numbers by room";
    if (const auto* rooms = last->if_object()) {
        for (const auto& one : *rooms) {
            auto* wish = wish_of(one.key());
            const auto n = count(one.value());
            if (!wish)
                return "payload.last names " + std::string{one.key()} + ", which payload.rooms does not";
            if (!n)
                return wrong;
            wish->last = *n;
        }
        return {};
    }
    const auto n = count(*last);
    if (!n)
        return wrong;
    last_for_all_ = *n;
    return {};
}

// ---- the rooms of the connection before

FANFARE_DECL void subscribe_operation::resume()
{
    const auto token = read_resume_token(resume_);
    if (!token)
        return resumed_with(std::nullopt);
    take_rooms_of(session_->context(), *token, session_->who()->user_id,
                  [self = shared_from_this()](std::optional<std::vector<std::string>> rooms) {
                      self->session_->home().post(
                          [self, rooms = std::move(rooms)](shard&) { self->resumed_with(rooms); });
                  });
}

FANFARE_DECL void subscribe_operation::resumed_with(const std::optional<std::vector<std::string>>& rooms)
{
    resumed_ = rooms.has_value();
    if (rooms)
        for (const auto& room : *rooms)
            wish_for(room);
    for (const auto& [room, at] : since_) {
        // Its own rooms come with the identity; others are only known where the token is.
        const bool known = wish_of(room) || session_->is_member(room);
        auto& wish = wish_for(room);
        if (known)
            wish.since = at;
        else
            wish.refused = error::not_subscribed;
    }
    check_all();
}

// ---- may it, can it

FANFARE_DECL void subscribe_operation::check_all()
{
    for (auto& wish : wishes_)
        if (!wish.since && wish.last == 0)
            wish.last = last_for_all_;
    for (std::size_t i = 0; i != wishes_.size(); ++i)
        if (wishes_[i].refused == error{})
            check(i);
    answered();
}

FANFARE_DECL void subscribe_operation::check(std::size_t i)
{
    auto& wish = wishes_[i];
    error_code ec;
    const auto rules = session_->context().rules.rules_for(wish.room, ec);
    if (!rules)
        wish.refused = static_cast<error>(ec.value());
    else if (session_->is_member(wish.room))
        return ask_for_history(i);
    else if (!rules->client_subscribe || wish.room.starts_with("user:"))
        wish.refused = error::forbidden;                           // a user's own room is joined on connecting
    else if (waiting_ > 2 * session_->context().options.max_rooms) // no more questions at once than it may join
        wish.refused = error::too_many_rooms;
    if (wish.refused != error{})
        return;
    ++waiting_;
    ask(*session_, wish.room, room_action::subscribe, [self = shared_from_this(), i](bool allowed) {
        if (!allowed)
            self->wishes_[i].refused = error::forbidden;
        else
            self->ask_for_history(i);
        self->answered();
    });
}

// What was sent before is a matter of its own.
FANFARE_DECL void subscribe_operation::ask_for_history(std::size_t i)
{
    const auto& wish = wishes_[i];
    if (!wish.since && wish.last == 0)
        return;
    ++waiting_;
    ask(*session_, wish.room, room_action::history, [self = shared_from_this(), i](bool allowed) {
        if (auto& asked = self->wishes_[i]; !allowed) {
            asked.last = 0;
            asked.kept_from_it = true;
        }
        self->answered();
    });
}

FANFARE_DECL void subscribe_operation::answered()
{
    if (--waiting_ == 0)
        prepare();
}

// The client is told only when the bus carries the rooms' messages here: what is published once it knows, it gets.
FANFARE_DECL void subscribe_operation::prepare()
{
    const auto& hub = session_->context();
    std::vector<room_ptr> wanted;
    for (auto& wish : wishes_) {
        if (wish.refused != error{} || !session_->open() || session_->is_member(wish.room))
            continue;
        error_code ec;
        const auto rules = hub.rules.rules_for(wish.room, ec);
        if (!rules)
            wish.refused = static_cast<error>(ec.value());
        else
            wish.joins = hub.rooms.obtain(wish.room, rules);
        if (!wish.joins || std::find(wanted.begin(), wanted.end(), wish.joins) != wanted.end())
            continue;
        if (session_->rooms_joined() + session_->expected() >= hub.options.max_rooms) {
            wish = {std::move(wish.room), error::too_many_rooms};
            continue;
        }
        session_->expect(wish.joins);
        wanted.push_back(wish.joins);
    }
    hub.preparation.prepare(session_->home(), std::move(wanted),
                            [self = shared_from_this()](const std::shared_ptr<void>& hold) {
                                self->hold_ = hold;
                                self->join_all();
                            });
}

// ---- joining, and reading what was missed

// Rooms to catch up with are joined first: what comes live from now on waits for the history. The others are joined when
// the client is told, so that nothing comes before.
FANFARE_DECL void subscribe_operation::join_all()
{
    waiting_ = 1;
    for (auto& wish : wishes_)
        if (wish.refused == error{} && (wish.since || wish.last != 0) && session_->open())
            catch_up_from(wish);
    for (std::size_t i = 0; i != wishes_.size(); ++i)
        if (const auto& wish = wishes_[i]; wish.reading)
            read_for(i, session_->catching(wish.room)->sent());
    one_read();
}

FANFARE_DECL void subscribe_operation::catch_up_from(wished& wish)
{
    const bool was_member = session_->is_member(wish.room);
    const auto room = was_member ? session_->room_of(wish.room) : wish.joins;
    if (!room || !room->stream || wish.kept_from_it) {
        if (wish.since)
            wish.recovered = false; // nothing is kept, for this client, that could make good what was missed
        return;
    }
    if (was_member && (!wish.since || session_->catching(wish.room))) {
        if (wish.since)
            wish.refused = error::too_many_requests; // it is catching up already
        return;
    }
    if (!was_member && !(session_->take_expected(*room) && session_->join(room)))
        return;
    wish.base = session_->home().last_of(*room);
    auto from = wish.since.value_or(wish.base);
    if (!wish.since)
        from.offset -= std::min(from.offset, wish.last);
    wish.reading = from != wish.base;
    if (!wish.reading && was_member)
        return;
    auto& one = session_->begin_catch_up(wish.room, from);
    one.begin_reading();
    wish.catch_up = one.number();
    // What a member got live since it joined is not sent again.
    if (was_member && session_->got_all_since_joining(*room))
        one.skip(session_->joined_at(wish.room).offset, wish.base.offset);
}

FANFARE_DECL void subscribe_operation::read_for(std::size_t i, const position& from)
{
    ++waiting_;
    session_->context().history.read_after(session_->room_of(wishes_[i].room), from,
                                           [self = shared_from_this(), i](const shared_slice& slice) {
                                               self->session_->home().post([self, i, slice](shard&) {
                                                   self->wishes_[i].slice = slice;
                                                   self->one_read();
                                               });
                                           });
}

FANFARE_DECL void subscribe_operation::one_read()
{
    if (--waiting_ == 0)
        finish();
}

// ---- the answer

// Where a room goes on whose history could not make good what was missed. The live stream here may be behind what the
// client has had from another hub.
FANFARE_DECL position subscribe_operation::goes_on_at(const wished& wish)
{
    if (wish.slice && !wish.slice->error && wish.slice->top.epoch != wish.base.epoch)
        return wish.slice->top; // the stream here has not noticed yet that the history has begun anew
    const bool ahead = wish.since && wish.since->epoch == wish.base.epoch && wish.since->offset > wish.base.offset;
    const bool made_up = ahead && wish.slice && !wish.slice->error && wish.since->offset > wish.slice->top.offset;
    return ahead && !made_up ? *wish.since : wish.base;
}

// Settles how a room goes on, and answers up to where the client has everything once what follows has come.
FANFARE_DECL position subscribe_operation::settle(wished& wish)
{
    const auto room = session_->room_of(wish.room);
    if (!room || !room->stream)
        return {};
    auto* one = wish.since || wish.last != 0 ? session_->catching(wish.room) : nullptr;
    if (!one || one->number() != wish.catch_up || one->now() != catch_up::state::reading) {
        if (wish.since && !wish.recovered)
            wish.recovered = !wish.reading;
        return session_->home().last_of(*room);
    }
    bool whole = !wish.reading;
    if (wish.slice && one->give(wish.slice)) {
        whole = true;
        if (wish.base.epoch != one->sent().epoch)
            one->leave_behind(wish.base.epoch);
    } else if (wish.slice && !wish.since && !wish.slice->error && wish.slice->top.epoch == wish.base.epoch) {
        one->begin_at_oldest();
    } else {
        const auto at = goes_on_at(wish);
        one->give_up(at); // never a part of what was missed as if it were all
        if (at.epoch != wish.base.epoch)
            one->leave_behind(wish.base.epoch);
    }
    if (wish.since)
        wish.recovered = whole;
    return one->end();
}

FANFARE_DECL void subscribe_operation::finish()
{
    session_->end_request();
    const auto hold = std::exchange(hold_, nullptr);
    if (!session_->open())
        return;
    json::array joined;
    json::array rejected;
    json::object recovered;
    json::object positions;
    for (auto& wish : wishes_) {
        if (wish.joins && session_->take_expected(*wish.joins))
            session_->join(wish.joins);
        if (wish.refused == error{} && !session_->is_member(wish.room))
            wish.refused = error::not_subscribed; // left again while it waited
        if (wish.refused != error{}) {
            rejected.push_back({{"room", wish.room},
                                {"code", to_string(wish.refused)},
                                {"message", make_error_code(wish.refused).message()}});
            continue;
        }
        joined.emplace_back(wish.room);
        const auto at = settle(wish);
        if (at)
            positions[wish.room] = position_fields(at);
        if (wish.since) {
            auto told = at ? position_fields(at) : json::object{};
            told["recovered"] = wish.recovered.value_or(false);
            session_->context().count.count_recovered(wish.recovered.value_or(false));
            recovered[wish.room] = std::move(told);
        }
    }
    json::value payload{{"rooms", std::move(joined)},
                        {"rejected", std::move(rejected)},
                        {"recovered", std::move(recovered)},
                        {"positions", std::move(positions)}};
    if (resumed_)
        payload.get_object()["resumed"] = *resumed_;
    session_->send_message("subscribed", &payload, request_id_.is_null() ? nullptr : &request_id_);
    session_->pump();
}

} // namespace fanfare::detail

#endif

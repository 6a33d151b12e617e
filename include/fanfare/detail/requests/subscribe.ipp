// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REQUESTS_SUBSCRIBE_IPP
#define FANFARE_DETAIL_REQUESTS_SUBSCRIBE_IPP

#include <fanfare/detail/requests/authorize.hpp>
#include <fanfare/detail/requests/resume.hpp>
#include <fanfare/detail/requests/subscribe.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace fanfare::detail {

FANFARE_DECL void subscribe_operation::start(session& s, const incoming& message)
{
    const auto* payload = message.payload ? message.payload->if_object() : nullptr;
    if (!payload)
        return s.refuse(error::invalid_message, "subscribe needs a payload with rooms", message.request_id);
    auto request = client_request::begin(s, message.request_id);
    if (!request)
        return;
    const std::shared_ptr<subscribe_operation> op{new subscribe_operation{std::move(request)}};
    if (const auto wrong = op->asked_.read(*payload); !wrong.empty())
        return op->request_->refuse(error::invalid_message, wrong);
    if (op->asked_.resume.empty())
        op->check_rooms();
    else
        op->resume();
}

// One of the answers that a step waits for has come, or the step has asked for all of them.
FANFARE_DECL void subscribe_operation::one_less(void (subscribe_operation::*next)())
{
    if (--waiting_ != 0)
        return;
    waiting_ = 1;
    (this->*next)();
}

// ---- the rooms of the connection before

FANFARE_DECL void subscribe_operation::resume()
{
    const auto token = read_resume_token(asked_.resume);
    if (!token)
        return resumed_with(std::nullopt);
    take_rooms_of(request_->context(), *token, from().who()->user_id,
                  [self = shared_from_this()](std::optional<std::vector<std::string>> rooms) {
                      self->request_->post([self, rooms = std::move(rooms)] { self->resumed_with(rooms); });
                  });
}

FANFARE_DECL void subscribe_operation::resumed_with(const std::optional<std::vector<std::string>>& rooms)
{
    resumed_ = rooms.has_value();
    if (rooms)
        for (const auto& room : *rooms)
            asked_.add(room);
    for (const auto& [room, at] : asked_.since)
        resumed_room(room).since = at;
    for (auto& [room, token] : asked_.tokens)
        resumed_room(room).token = std::move(token);
    check_rooms();
}

// ---- may it, can it

FANFARE_DECL void subscribe_operation::check_rooms()
{
    who_ = from().who();
    for (auto& one : asked_.rooms)
        if (!one.since && one.last == 0)
            one.last = asked_.last_for_all;
    for (std::size_t i = 0; i != asked_.rooms.size(); ++i)
        if (asked_.rooms[i].refused == error{})
            check(i);
    one_less(&subscribe_operation::prepare_rooms);
}

FANFARE_DECL void subscribe_operation::check(std::size_t i)
{
    auto& one = asked_.rooms[i];
    error_code ec;
    const auto rules = request_->context().rules.rules_for(one.room, ec);
    if (!rules)
        one.refused = static_cast<error>(ec.value());
    else if (from().is_member(one.room))
        return check_history(i);
    else if (!rules->client_subscribe || one.room.starts_with("user:"))
        one.refused = error::forbidden;                            // a user's own room is joined on connecting
    else if (waiting_ > 2 * request_->context().options.max_rooms) // no more questions at once than it may join
        one.refused = error::too_many_rooms;
    else if (!from().take_room())
        one.refused = error::rate_limited;
    if (one.refused != error{})
        return;
    ++waiting_;
    const auto then = [self = shared_from_this(), i](error refused) {
        self->asked_.rooms[i].refused = refused;
        if (refused == error{})
            self->check_history(i);
        self->one_less(&subscribe_operation::prepare_rooms);
    };
    authorize(from(), one.room, room_action::subscribe, then, one.token);
}

// What was sent before is a matter of its own.
FANFARE_DECL void subscribe_operation::check_history(std::size_t i)
{
    const auto& one = asked_.rooms[i];
    if (!one.since && one.last == 0)
        return;
    ++waiting_;
    const auto then = [self = shared_from_this(), i](error refused) {
        auto& asked = self->asked_.rooms[i];
        asked.history_refused = refused == error::forbidden;
        if (asked.history_refused)
            asked.last = 0;
        else
            asked.refused = refused; // timed_out: it is to be asked for again
        self->one_less(&subscribe_operation::prepare_rooms);
    };
    authorize(from(), one.room, room_action::history, then, one.token);
}

// ---- joining, and reading what was missed

// The client is told only when the bus carries the rooms' messages here: what is published once it knows, it gets.
FANFARE_DECL void subscribe_operation::prepare_rooms()
{
    if (from().open() && from().who() != who_)
        return check_rooms(); // it has another identity meanwhile: what may that one?
    std::vector<room_ptr> chosen;
    for (auto& one : asked_.rooms)
        if (one.refused == error{} && from().open() && !from().is_member(one.room))
            choose_room(one, chosen);
    request_->context().preparation.prepare(from().home(), std::move(chosen),
                                            [self = shared_from_this()](const room_preparation::hold_ptr& hold) {
                                                self->hold_ = hold;
                                                self->join_rooms();
                                            });
}

FANFARE_DECL void subscribe_operation::choose_room(requested_room& one, std::vector<room_ptr>& chosen)
{
    const auto& context = request_->context();
    error_code ec;
    const auto rules = context.rules.rules_for(one.room, ec);
    if (!rules)
        one.refused = static_cast<error>(ec.value());
    else
        one.joins = context.rooms.obtain(one.room, rules);
    if (!one.joins || std::find(chosen.begin(), chosen.end(), one.joins) != chosen.end())
        return;
    auto& rooms = from().rooms();
    if (rooms.count_chosen() + rooms.expected() >= context.options.max_rooms) {
        one = {std::move(one.room), error::too_many_rooms};
        return;
    }
    rooms.expect(one.joins);
    chosen.push_back(one.joins);
}

// Rooms to catch up with are joined first: what comes live from now on waits for the history. The others are joined when
// the client is told, so that nothing comes before.
FANFARE_DECL void subscribe_operation::join_rooms()
{
    for (auto& one : asked_.rooms)
        if (one.refused == error{} && (one.since || one.last != 0) && from().open())
            begin_catch_up(one);
    read_histories();
}

FANFARE_DECL void subscribe_operation::begin_catch_up(requested_room& one)
{
    auto& s = from();
    const auto* member = s.rooms().find(one.room);
    const bool was_member = member != nullptr;
    const auto room = was_member ? member->room : one.joins;
    if (!room || !room->stream || one.history_refused) {
        if (one.since)
            one.recovered = false; // nothing is kept, for this client, that could make good what was missed
        return;
    }
    if (const auto* way = s.catching().find(one.room); way && one.since && way->waits_for_history())
        s.catching().end(one.room);
    if (was_member && (!one.since || s.catching().find(one.room))) {
        if (one.since)
            one.refused = error::too_many_requests; // it is catching up already
        return;
    }
    if (!was_member && !(s.rooms().take_expected(*room) && s.join(room)))
        return;
    one.base = s.home().last_of(*room);
    auto begin = one.since.value_or(one.base);
    if (!one.since)
        begin.offset -= std::min(begin.offset, one.last);
    one.reading = begin != one.base;
    if (!one.reading && was_member)
        return;
    auto& way = s.begin_catch_up(one.room, begin);
    way.begin_reading();
    one.catch_up = way.number();
    // What a member got live since it joined is not sent again.
    if (was_member && s.got_all_since_joining(*room, begin.epoch))
        way.skip(s.rooms().find(one.room)->begin.offset, one.base.offset);
}

FANFARE_DECL void subscribe_operation::read_histories()
{
    read_more();
    one_less(&subscribe_operation::answer);
}

// A few rooms at a time. Of each one page, as long as all of them fit into what may wait for the client: of the others
// it is learned whether what was missed is there, and they are read when the client has taken the first ones.
FANFARE_DECL void subscribe_operation::read_more()
{
    auto& history = request_->context().history;
    for (; next_ != asked_.rooms.size() && reads_ != max_reads && from().open(); ++next_) {
        const auto& one = asked_.rooms[next_];
        const auto* member = one.reading ? from().rooms().find(one.room) : nullptr;
        const auto* way = member ? way_of(one) : nullptr;
        if (!way)
            continue; // not to be read, or left again
        ++waiting_;
        ++reads_;
        const auto most =
            from().room_left() < request_->context().options.outbox_bytes / 2 ? 0 : history.page_bytes();
        from().reserve(most);
        const boost::intrusive_ptr<session> keep{&from()};
        history.read_after(
            member->room,
            {.from = way->sent(), .messages = most != 0, .wanted = [keep] { return keep->expects_answers(); }},
            [self = shared_from_this(), i = next_, most](const shared_slice& slice) {
                self->request_->post([self, i, most, slice] { self->was_read(i, most, slice); });
            });
    }
}

FANFARE_DECL void subscribe_operation::was_read(std::size_t i, std::size_t most, const shared_slice& slice)
{
    from().unreserve(most);
    if (auto* way = way_of(asked_.rooms[i]))
        way->keep(slice, from().room_left());
    --reads_;
    read_more();
    one_less(&subscribe_operation::answer);
}

// ---- the answer

// Where a room goes on whose history could not make good what was missed. The live stream here may be behind what the
// client has had from another hub.
FANFARE_DECL position subscribe_operation::continue_at(const requested_room& one, const shared_slice& slice)
{
    if (slice && !slice->error && slice->top.epoch != one.base.epoch)
        return slice->top; // the stream here has not noticed yet that the history has begun anew
    const bool ahead = one.since && one.since->epoch == one.base.epoch && one.since->offset > one.base.offset;
    const bool made_up = ahead && slice && !slice->error && one.since->offset > slice->top.offset;
    return ahead && !made_up ? *one.since : one.base;
}

// Hands what was read to the catching up; answers up to where the client has everything once what follows has come.
FANFARE_DECL position subscribe_operation::complete(requested_room& one)
{
    auto& s = from();
    const auto* member = s.rooms().find(one.room);
    const auto room = member ? member->room : room_ptr{};
    if (!room || !room->stream)
        return {};
    auto* way = way_of(one);
    if (!way) {
        if (one.since && !one.recovered)
            one.recovered = !one.reading;
        return s.home().last_of(*room);
    }
    bool whole = !one.reading;
    const auto slice = way->take_kept();
    if (slice && s.take_slice(*way, slice)) {
        whole = true;
        if (one.base.epoch != way->sent().epoch)
            way->ignore_epoch(one.base.epoch);
    } else if (slice && !one.since && !slice->error && slice->top.epoch == one.base.epoch) {
        way->begin_at_oldest();
    } else if (one.since && slice && slice->error && one.since->epoch != one.base.epoch) {
        s.rooms().lost_some(one.room);
        way->wait_for_history(); // which of the two is the newer epoch?
    } else {
        const auto at = continue_at(one, slice);
        way->continue_live_at(at); // never a part of what was missed as if it were all
        if (at.epoch != one.base.epoch)
            way->ignore_epoch(one.base.epoch);
    }
    if (one.since)
        one.recovered = whole;
    return way->end();
}

// What becomes of one room, in the answer.
FANFARE_DECL void subscribe_operation::tell(requested_room& one, json::object& payload)
{
    if (one.joins && from().rooms().take_expected(*one.joins))
        from().join(one.joins);
    if (one.refused == error{} && !from().is_member(one.room))
        one.refused = error::not_subscribed; // left again while it waited
    if (one.refused != error{}) {
        payload["rejected"].get_array().push_back({{"room", one.room},
                                                   {"code", to_string(one.refused)},
                                                   {"message", make_error_code(one.refused).message()}});
        return;
    }
    payload["rooms"].get_array().emplace_back(one.room);
    const auto at = complete(one);
    if (at)
        payload["positions"].get_object()[one.room] = position_fields(at);
    if (!one.since)
        return;
    auto told = at ? position_fields(at) : json::object{};
    told["recovered"] = one.recovered.value_or(false);
    request_->context().count.count_recovered(one.recovered.value_or(false));
    payload["recovered"].get_object()[one.room] = std::move(told);
}

FANFARE_DECL void subscribe_operation::answer()
{
    const auto hold = std::exchange(hold_, nullptr);
    request_->complete();
    if (!from().open())
        return;
    json::object payload{{"rooms", json::array{}},
                         {"rejected", json::array{}},
                         {"recovered", json::object{}},
                         {"positions", json::object{}}};
    for (auto& one : asked_.rooms)
        tell(one, payload);
    if (resumed_)
        payload["resumed"] = *resumed_;
    const json::value told(std::move(payload));
    from().send_message("subscribed", &told, request_->id());
    from().pump();
}

} // namespace fanfare::detail

#endif

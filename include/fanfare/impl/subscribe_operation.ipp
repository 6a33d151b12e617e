// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_IMPL_SUBSCRIBE_OPERATION_IPP
#define FANFARE_IMPL_SUBSCRIBE_OPERATION_IPP

#include <fanfare/detail/hub_core.hpp>
#include <fanfare/detail/subscribe_operation.hpp>

#include <boost/json/object.hpp>

#include <algorithm>
#include <optional>
#include <thread>
#include <utility>

namespace fanfare::detail {

// An authorizer's answer on its way to the shard. The last copy of an unused one refuses.
class pending_answer {
public:
    pending_answer(session& s, std::function<void(bool)> then)
        : session_{&s}, hub_{s.hub_ptr()}, then_{std::move(then)}, asking_{std::this_thread::get_id()}
    {
    }
    ~pending_answer() { give(false); }
    pending_answer(const pending_answer&) = delete;
    pending_answer& operator=(const pending_answer&) = delete;

    void give(bool allowed)
    {
        if (given_.exchange(true))
            return;
        // Still inside the question, on the shard's thread: no detour through the queue.
        if (inside_.load() && std::this_thread::get_id() == asking_)
            return then_(allowed);
        session_->home().post([s = session_, then = std::move(then_), allowed](shard&) { then(allowed); });
    }
    void asked() noexcept { inside_.store(false); }

private:
    boost::intrusive_ptr<session> session_;
    std::shared_ptr<hub_core> hub_;
    std::function<void(bool)> then_;
    std::thread::id asking_;
    std::atomic<bool> given_{false};
    std::atomic<bool> inside_{true};
};

template <class F>
void ask(session& s, std::string_view room, room_action action, F then)
{
    const auto& may = s.hub().handlers.may;
    if (!may)
        return then(true);
    const auto answer = std::make_shared<pending_answer>(s, std::move(then));
    const auto id = s.hub().id_of(s.number());
    try {
        may({*s.who(), room, action, id}, [answer](bool allowed) { answer->give(allowed); });
    } catch (...) {
        answer->give(false);
    }
    answer->asked();
}

FANFARE_DECL void subscribe_operation::start(session& s, const json::array& rooms, const json::value* since,
                                             const json::value* request_id)
{
    const std::shared_ptr<subscribe_operation> op{new subscribe_operation{s}};
    op->wishes_.reserve(rooms.size());
    for (const auto& room : rooms)
        op->wishes_.push_back({std::string{std::string_view{room.get_string()}}});
    if (const auto* positions = since ? since->if_object() : nullptr)
        for (const auto& one : *positions)
            op->since_.emplace_back(one.key());
    if (request_id)
        op->request_id_ = json::value(*request_id, json::storage_ptr{});
    for (std::size_t i = 0; i != op->wishes_.size(); ++i)
        op->check(i);
    op->answered();
}

FANFARE_DECL void subscribe_operation::check(std::size_t i)
{
    auto& wish = wishes_[i];
    error_code ec;
    const auto rules = session_->hub().rules_for(wish.room, ec);
    if (!rules)
        wish.refused = static_cast<error>(ec.value());
    else if (session_->is_member(wish.room))
        return;
    else if (!rules->client_subscribe || wish.room.starts_with("user:"))
        wish.refused = error::forbidden; // a user's own room is joined on connecting
    else if (waiting_ > session_->hub().options().max_rooms) // no more questions at once than it may join
        wish.refused = error::too_many_rooms;
    if (wish.refused != error{})
        return;
    ++waiting_;
    ask(*session_, wish.room, room_action::subscribe, [self = shared_from_this(), i](bool allowed) {
        if (!allowed)
            self->wishes_[i].refused = error::forbidden;
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
    auto& hub = session_->hub();
    std::vector<room_ptr> wanted;
    for (auto& wish : wishes_) {
        if (wish.refused != error{} || !session_->open() || session_->is_member(wish.room))
            continue;
        error_code ec;
        const auto rules = hub.rules_for(wish.room, ec);
        if (!rules)
            wish.refused = static_cast<error>(ec.value());
        else
            wish.joins = hub.rooms().obtain(wish.room, rules);
        if (!wish.joins || std::find(wanted.begin(), wanted.end(), wish.joins) != wanted.end())
            continue;
        if (session_->rooms_joined() + session_->expected() >= hub.options().max_rooms) {
            wish = {std::move(wish.room), error::too_many_rooms};
            continue;
        }
        session_->expect(wish.joins);
        wanted.push_back(wish.joins);
    }
    hub.when_in_force(session_->home(), std::move(wanted), [self = shared_from_this()] { self->finish(); });
}

FANFARE_DECL void subscribe_operation::finish()
{
    session_->end_request();
    if (!session_->open())
        return;
    json::array joined;
    json::array rejected;
    json::object recovered;
    for (auto& wish : wishes_) {
        if (wish.joins && session_->take_expected(*wish.joins))
            session_->join(wish.joins);
        if (wish.refused == error{} && !session_->is_member(wish.room))
            wish.refused = error::not_subscribed; // left again while it waited
        if (wish.refused == error{})
            joined.emplace_back(wish.room);
        else
            rejected.push_back({{"room", wish.room},
                                {"code", to_string(wish.refused)},
                                {"message", make_error_code(wish.refused).message()}});
    }
    // No room keeps a history here, so nothing that was missed can be made good: say so.
    for (const auto& room : since_)
        if (session_->is_member(room))
            recovered[room] = {{"recovered", false}};
    const json::value payload{
        {"rooms", std::move(joined)}, {"rejected", std::move(rejected)}, {"recovered", std::move(recovered)}};
    session_->send_message("subscribed", &payload, request_id_.is_null() ? nullptr : &request_id_);
}

// What the bus tells before `publish` returns is answered right after it, in order; the rest comes from any thread.
struct early_receipt {
    std::thread::id asking = std::this_thread::get_id();
    bool inside = true; // only in that thread
    std::optional<receipt> fate;

    bool take(const receipt& done)
    {
        if (std::this_thread::get_id() != asking || !inside)
            return false;
        fate = done;
        return true;
    }
};

FANFARE_DECL void publish_operation::start(session& s, std::string_view room, std::string_view type,
                                           const json::value* payload, const json::value* request_id)
{
    if (!s.begin_request())
        return s.send_error(error::too_many_requests, "too many unanswered requests", request_id);
    const auto own = [](const json::value* v) { return v ? json::value(*v, json::storage_ptr{}) : json::value(); };
    ask(s, room, room_action::publish,
        [keep = boost::intrusive_ptr<session>{&s}, room = std::string{room}, type = std::string{type},
         body = own(payload), id = own(request_id)](bool allowed) {
            keep->end_request();
            if (!allowed)
                return keep->send_error(error::forbidden, "not allowed to publish to " + room,
                                        id.is_null() ? nullptr : &id);
            const auto early = std::make_shared<early_receipt>();
            const auto told = [keep, room, id, early](const receipt& done) {
                if (early->take(done))
                    return;
                keep->home().post([keep, room, id, done](shard&) { answer(*keep, room, id, done); });
            };
            const auto taken = keep->hub().publish(room, nullptr, type, body, {}, told);
            early->inside = false;
            if (!taken || early->fate)
                answer(*keep, room, id, taken ? *early->fate : taken);
        });
}

FANFARE_DECL void publish_operation::answer(session& s, const std::string& room, const json::value& id,
                                            const receipt& done)
{
    const auto* answer_to = id.is_null() ? nullptr : &id;
    if (!done)
        return s.send_error(static_cast<error>(done.error.value()), done.error.message(), answer_to);
    if (!answer_to)
        return;
    const json::value body(receipt_fields({{"room", room}}, done));
    s.send_message("published", &body, answer_to);
}

} // namespace fanfare::detail

#endif

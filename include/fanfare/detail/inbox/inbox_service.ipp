// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_INBOX_INBOX_SERVICE_IPP
#define FANFARE_DETAIL_INBOX_INBOX_SERVICE_IPP

#include <fanfare/detail/inbox/inbox_json.hpp>
#include <fanfare/detail/inbox/inbox_rules.hpp>
#include <fanfare/detail/inbox/inbox_service.hpp>
#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/detail/wire/traceparent.hpp>

#include <boost/json/array.hpp>

#include <exception>
#include <utility>

namespace fanfare::detail {

struct inbox_service::pending {
    std::string user;
    notification what; // only to tell of a failure
    std::string ack_id;
    std::string trace;
    std::function<void(const receipt&)> done;
    receipt fate{};
    inbox_counts counts{};
    std::atomic<bool> answered{false}; // by the store
};

inline std::string room_of_user(std::string_view user)
{
    return "user:" + std::string{user};
}

FANFARE_DECL bool inbox_service::begin()
{
    if (under_way_.fetch_add(1) < parts_.options.queue_messages)
        return true;
    under_way_.fetch_sub(1);
    return false;
}

// ---- notifications

// An object's text with one more member, whose text is put in as it is.
inline std::string with_member(const json::value& object, std::string_view name, std::string_view value)
{
    std::string out;
    append_json(out, object);
    out.back() = ',';
    append_json_string(out, name);
    return out.append(":").append(value).append("}");
}

FANFARE_DECL receipt inbox_service::plain(std::string_view user, const notification& what,
                                          const std::function<void(const receipt&)>& done, std::string_view ack_id)
{
    const auto send = [&](const payload_ref& payload) {
        return parts_.messages.publish(room_of_user(user), nullptr, "notification", payload,
                                       {.idempotency_key = what.idempotency_key, .trace = what.trace}, done);
    };
    json::object fields{{"user_id", user}, {"title", what.title}, {"message", what.message}};
    if (!ack_id.empty())
        fields["ack_id"] = ack_id;
    if (what.data_text.empty())
        fields["data"] = what.data;
    const json::value payload(std::move(fields));
    auto taken = user.empty()             ? receipt{.error = error::invalid_user}
                 : what.data_text.empty() ? send(payload)
                                          : send(json_text{with_member(payload, "data", what.data_text)});
    if (taken.error == error::invalid_room)
        taken.error = error::invalid_user;
    if (!taken && done)
        done(taken);
    return taken;
}

// The text of a notification that is in the inbox.
inline std::string notification_payload(const inbox_item& item, const inbox_counts& counts,
                                        std::string_view ack_id)
{
    auto fields = inbox_count_fields({}, counts);
    if (!ack_id.empty())
        fields["ack_id"] = ack_id;
    auto out = inbox_item_text(item, false);
    out.back() = ',';
    std::string rest;
    append_json(rest, json::value(std::move(fields)));
    return out.append(rest, 1);
}

// What the hub would not send now: that is not stored either.
FANFARE_DECL error_code inbox_service::refusal(const std::string& room, std::string_view user,
                                               const notification& what, std::string_view ack_id) const
{
    error_code ec;
    const auto rules = user.empty() ? nullptr : parts_.rules.rules_for(room, ec);
    if (!rules)
        return error::invalid_user;
    if (!what.trace.empty() && !is_traceparent(what.trace))
        return error::invalid_message;
    if (what.title.size() + what.message.size() > parts_.options.max_publish_size)
        return error::message_too_large;
    const auto now = wall_now();
    const inbox_item likely{.id = std::string(inbox_id_size, '0'),
                            .user_id = std::string{user},
                            .title = what.title,
                            .message = what.message,
                            .data = json::value(what.data, json::storage_ptr{}),
                            .created_at = now,
                            .data_text = what.data_text};
    // With counts as long as they can be.
    const auto payload = notification_payload(likely, {inbox_newest, inbox_newest, inbox_newest}, ack_id);
    const auto body =
        write_envelope({.type = "notification", .room = room, .payload_text = payload, .trace = what.trace}, now);
    if (body.size() + (rules->history != 0 ? max_position_size : 0) > parts_.options.max_publish_size)
        return error::message_too_large;
    return parts_.messages.check_capacity(body.size());
}

FANFARE_DECL receipt inbox_service::notify(std::string_view user, const notification& what,
                                           std::function<void(const receipt&)> done, std::string_view ack_id)
{
    if (!in_use())
        return plain(user, what, done, ack_id);
    receipt taken;
    const auto room = room_of_user(user);
    if (parts_.life.stopping())
        taken.error = error::shutting_down;
    else if (const auto ec = refusal(room, user, what, ack_id))
        taken.error = ec;
    else if (!begin())
        taken.error = error::queue_full;
    if (taken.error) {
        if (done)
            done(taken);
        return taken;
    }
    if (const auto known = parts_.rooms.find(room))
        taken.local_receivers = known->total.load();
    const auto one = std::make_shared<pending>();
    one->user = user;
    one->ack_id = ack_id;
    one->trace = what.trace;
    if (!done)
        one->what = own_notification(what);
    one->done = std::move(done);
    const auto then = [this, hub = parts_.life.weak(), one](error_code ec, const inbox_added& answer) {
        if (const auto alive = hub.lock())
            return added(one, ec, answer);
        if (one->done) // nobody is left to send it
            one->done({.error = ec ? ec : error::shutting_down, .id = answer.item.id, .stored = !ec});
    };
    store_.async_add({.user_id = one->user,
                      .title = what.title,
                      .message = what.message,
                      .data = json::value(what.data, json::storage_ptr{}),
                      .idempotency_key = what.idempotency_key,
                      .data_text = what.data_text},
                     then);
    return taken;
}

FANFARE_DECL void inbox_service::added(const std::shared_ptr<pending>& one, error_code ec,
                                       const inbox_added& answer)
{
    if (one->answered.exchange(true))
        return;
    under_way_.fetch_sub(1);
    if (is_store_failure(ec))
        failed();
    if (ec)
        return sent(one, {.error = ec});
    one->fate = {.id = answer.item.id, .stored = true};
    one->counts = answer.counts;
    if (answer.duplicate)
        return sent(one, {.duplicate = true});
    const auto body = notification_payload(answer.item, answer.counts, one->ack_id);
    const auto told = [this, hub = parts_.life.weak(), one](const receipt& fate) {
        const auto alive = hub.lock();
        if (!alive)
            return;
        // In a turn of its own: this may be inside of the bus.
        parts_.first.post([this, one, fate](shard&) { sent(one, fate); });
    };
    // Any inbox may have answered: what it says is checked as what an application sends.
    const auto taken = is_json(body, inbox_data_depth + 1)
                           ? parts_.messages.publish(room_of_user(one->user), nullptr, "notification",
                                                     payload_ref::parsed(body), {.trace = one->trace}, told)
                           : receipt{.error = error::invalid_message};
    if (!taken)
        sent(one, taken);
}

FANFARE_DECL void inbox_service::sent(const std::shared_ptr<pending>& one, receipt fate)
{
    fate.id = one->fate.id;
    fate.stored = one->fate.stored;
    // Of a duplicate too: the first try may have been stored with its answer lost, and nobody told.
    if (fate.stored)
        announce(one->user, "badge", inbox_count_fields({}, one->counts), 0);
    if (one->done)
        return one->done(fate);
    if (fate.error)
        parts_.first.post([&handlers = parts_.handlers, one, ec = fate.error](shard& first) {
            handlers.call(first, handlers.on_notify_failed, one->user, one->what, ec);
        });
}

// ---- what clients and the application ask

template <class Answer>
std::function<void(error_code, Answer)> inbox_service::counted(std::function<void(error_code, Answer)> handler)
{
    return [this, hub = parts_.life.weak(), handler = std::move(handler)](error_code ec, Answer answer) {
        if (const auto alive = is_store_failure(ec) ? hub.lock() : nullptr)
            failed();
        handler(ec, std::move(answer));
    };
}

// A store that was told to rest would be woken.
FANFARE_DECL error_code inbox_service::unusable() const
{
    if (!in_use())
        return error::no_inbox;
    return parts_.life.ended() ? error_code{error::shutting_down} : error_code{};
}

FANFARE_DECL void inbox_service::list(std::string_view user, const inbox_query& query, inbox_was_listed handler)
{
    if (const auto ec = unusable())
        return handler(ec, {});
    store_.async_list(user, query, counted(handler));
}

FANFARE_DECL void inbox_service::counts(std::string_view user, inbox_was_counted handler)
{
    if (const auto ec = unusable())
        return handler(ec, {});
    store_.async_counts(user, counted(handler));
}

FANFARE_DECL void inbox_service::mark(std::string_view user, const inbox_mark& mark, std::uint64_t except,
                                      inbox_was_marked handler)
{
    if (const auto ec = unusable())
        return handler(ec, {});
    const auto then = [this, hub = parts_.life.weak(), user = std::string{user}, action = mark.action,
                       all = mark.all, except, handler](error_code ec, inbox_marked answer) {
        if (const auto alive = hub.lock()) {
            if (is_store_failure(ec))
                failed();
            else if (!ec)
                marked(user, {.action = action, .all = all}, except, answer);
        }
        handler(ec, std::move(answer));
    };
    store_.async_mark(user, mark, then);
}

FANFARE_DECL void inbox_service::marked(std::string_view user, const inbox_mark& mark, std::uint64_t except,
                                        const inbox_marked& answer)
{
    // It may be the second try of one that was carried out with its answer lost.
    if (answer.changed == 0)
        return announce(user, "badge", inbox_count_fields({}, answer.counts), except);
    auto changes = inbox_marked_fields(mark, answer);
    changes.erase("not_found");
    announce(user, "inbox_changed", std::move(changes), except);
    if (mark.action != inbox_action::read && mark.action != inbox_action::archive)
        return;
    json::object gone{{"revision", answer.counts.revision}};
    if (mark.all)
        gone["all"] = true;
    else
        gone["ids"] = json::array(answer.ids.begin(), answer.ids.end());
    if (answer.ids.size() == 1)
        gone["id"] = answer.ids.front();
    retract(user, std::move(gone), except);
}

FANFARE_DECL void inbox_service::retract(std::string_view user, json::object what, std::uint64_t except)
{
    announce(user, "retract", std::move(what), except);
}

FANFARE_DECL void inbox_service::announce(std::string_view user, std::string_view type, json::object what,
                                          std::uint64_t except)
{
    if (!parts_.messages.announce(room_of_user(user), type, json::value(std::move(what)), except))
        failed();
}

} // namespace fanfare::detail

#endif

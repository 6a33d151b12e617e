// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_INBOX_INBOX_SERVICE_IPP
#define FANFARE_DETAIL_INBOX_INBOX_SERVICE_IPP

#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/detail/inbox/inbox_rules.hpp>
#include <fanfare/detail/inbox/inbox_service.hpp>
#include <fanfare/detail/requests/inbox.hpp>
#include <fanfare/detail/wire/envelope.hpp>

#include <boost/json/array.hpp>

#include <exception>
#include <utility>

namespace fanfare::detail {

struct inbox_service::pending {
    std::string user;
    notification what; // only to tell of a failure
    std::string ack_id;
    std::function<void(const receipt&)> done;
    receipt fate{};
    inbox_counts counts{};
    std::atomic<bool> answered{false}; // by the store
};

// Whether an error is the inbox's fault, and not the caller's.
inline bool inbox_failed(error_code ec) noexcept
{
    return ec && ec != error::invalid_user && ec != error::invalid_message && ec != error::message_too_large &&
           ec != error::not_found && ec != error::no_inbox;
}

inline std::string room_of_user(std::string_view user)
{
    return "user:" + std::string{user};
}

FANFARE_DECL bool inbox_service::begin()
{
    if (under_way_.fetch_add(1) < hub_.options().queue_messages)
        return true;
    under_way_.fetch_sub(1);
    return false;
}

// ---- notifications

FANFARE_DECL receipt inbox_service::plain(std::string_view user, const notification& what,
                                          const std::function<void(const receipt&)>& done, std::string_view ack_id)
{
    json::object payload{{"user_id", user}, {"title", what.title}, {"message", what.message}, {"data", what.data}};
    if (!ack_id.empty())
        payload["ack_id"] = ack_id;
    const json::value body(std::move(payload));
    auto taken = user.empty() ? receipt{.error = error::invalid_user}
                              : hub_.publish(room_of_user(user), nullptr, "notification", body,
                                             {.idempotency_key = what.idempotency_key}, done);
    if (taken.error == error::invalid_room)
        taken.error = error::invalid_user;
    if (!taken && done)
        done(taken);
    return taken;
}

inline json::value notification_payload(const inbox_item& item, const inbox_counts& counts,
                                        std::string_view ack_id)
{
    auto payload = inbox_count_fields(inbox_item_fields(item), counts);
    payload.erase("archived_at");
    if (!ack_id.empty())
        payload["ack_id"] = ack_id;
    return json::value(std::move(payload));
}

// What the hub would not send now: that is not stored either.
FANFARE_DECL error_code inbox_service::refusal(const std::string& room, std::string_view user,
                                               const notification& what, std::string_view ack_id) const
{
    error_code ec;
    const auto rules = user.empty() ? nullptr : hub_.rules_for(room, ec);
    if (!rules)
        return error::invalid_user;
    if (what.title.size() + what.message.size() > hub_.options().max_publish_size)
        return error::message_too_large;
    const auto now = wall_now();
    const inbox_item likely{.id = std::string(inbox_id_size, '0'),
                            .user_id = std::string{user},
                            .title = what.title,
                            .message = what.message,
                            .data = json::value(what.data, json::storage_ptr{}),
                            .created_at = now};
    // With counts as long as they can be.
    const auto payload = notification_payload(likely, {inbox_newest, inbox_newest, inbox_newest}, ack_id);
    const auto body = write_envelope({.type = "notification", .room = room, .payload = &payload}, now);
    if (body.size() + (rules->history != 0 ? max_position_size : 0) > hub_.options().max_publish_size)
        return error::message_too_large;
    return hub_.check_capacity({.body = body});
}

FANFARE_DECL receipt inbox_service::notify(std::string_view user, const notification& what,
                                           std::function<void(const receipt&)> done, std::string_view ack_id)
{
    if (!in_use())
        return plain(user, what, done, ack_id);
    receipt taken;
    const auto room = room_of_user(user);
    if (hub_.stopping())
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
    if (const auto known = hub_.rooms().find(room))
        taken.local_receivers = known->total.load();
    const auto one = std::make_shared<pending>();
    one->user = user;
    one->ack_id = ack_id;
    if (!done)
        one->what = own_notification(what);
    one->done = std::move(done);
    const auto then = [weak = hub_.weak_from_this(), one](error_code ec, const inbox_added& answer) {
        if (const auto hub = weak.lock())
            return added(*hub, one, ec, answer);
        if (one->done) // nobody is left to send it
            one->done({.error = ec ? ec : error::shutting_down, .id = answer.item.id, .stored = !ec});
    };
    try {
        store_.async_add({.user_id = one->user,
                          .title = what.title,
                          .message = what.message,
                          .data = json::value(what.data, json::storage_ptr{}),
                          .idempotency_key = what.idempotency_key},
                         then);
    } catch (...) {
        added(hub_, one, error::handler_failed, {});
    }
    return taken;
}

FANFARE_DECL void inbox_service::added(hub_core& hub, const std::shared_ptr<pending>& one, error_code ec,
                                       const inbox_added& answer)
{
    if (one->answered.exchange(true))
        return;
    hub.inbox.under_way_.fetch_sub(1);
    if (inbox_failed(ec))
        hub.inbox.failed();
    if (ec)
        return sent(hub, one, {.error = ec});
    one->fate = {.id = answer.item.id, .stored = true};
    one->counts = answer.counts;
    if (answer.duplicate)
        return sent(hub, one, {.duplicate = true});
    const auto body = notification_payload(answer.item, answer.counts, one->ack_id);
    const auto told = [weak = hub.weak_from_this(), one](const receipt& fate) {
        const auto alive = weak.lock();
        if (!alive)
            return;
        // In a turn of its own: this may be inside of the bus.
        alive->shards().front()->post([one, fate](shard& first) { sent(first.hub(), one, fate); });
    };
    const auto taken = hub.publish(room_of_user(one->user), nullptr, "notification", body, {}, told);
    if (!taken)
        sent(hub, one, taken);
}

FANFARE_DECL void inbox_service::sent(hub_core& hub, const std::shared_ptr<pending>& one, receipt fate)
{
    fate.id = one->fate.id;
    fate.stored = one->fate.stored;
    // Of a duplicate too: the first try may have been stored with its answer lost, and nobody told.
    if (fate.stored)
        hub.inbox.announce(one->user, "badge", inbox_count_fields({}, one->counts), 0);
    if (one->done)
        return one->done(fate);
    if (!fate.error)
        return;
    hub.shards().front()->post([one, ec = fate.error](shard& first) {
        const auto& tell = first.hub().handlers.on_notify_failed;
        if (!tell)
            return;
        try {
            tell(one->user, one->what, ec);
        } catch (...) {
            first.hub().handler_failed(first, std::current_exception());
        }
    });
}

// ---- what clients and the application ask

template <class Answer>
std::function<void(error_code, Answer)>
inbox_service::counted(std::function<void(error_code, Answer)> handler) const
{
    return [weak = hub_.weak_from_this(), handler = std::move(handler)](error_code ec, Answer answer) {
        if (const auto hub = inbox_failed(ec) ? weak.lock() : nullptr)
            hub->inbox.failed();
        handler(ec, std::move(answer));
    };
}

FANFARE_DECL void inbox_service::list(std::string_view user, const inbox_query& query, inbox_was_listed handler)
{
    if (!in_use())
        return handler(error::no_inbox, {});
    try {
        store_.async_list(user, query, counted(handler));
    } catch (...) {
        counted(handler)(error::handler_failed, {});
    }
}

FANFARE_DECL void inbox_service::counts(std::string_view user, inbox_was_counted handler)
{
    if (!in_use())
        return handler(error::no_inbox, {});
    try {
        store_.async_counts(user, counted(handler));
    } catch (...) {
        counted(handler)(error::handler_failed, {});
    }
}

FANFARE_DECL void inbox_service::mark(std::string_view user, const inbox_mark& mark, std::uint64_t except,
                                      inbox_was_marked handler)
{
    if (!in_use())
        return handler(error::no_inbox, {});
    const auto then = [weak = hub_.weak_from_this(), user = std::string{user}, action = mark.action,
                       all = mark.all, except, handler](error_code ec, inbox_marked answer) {
        if (const auto hub = weak.lock()) {
            if (inbox_failed(ec))
                hub->inbox.failed();
            else if (!ec)
                hub->inbox.marked(user, {.action = action, .all = all}, except, answer);
        }
        handler(ec, std::move(answer));
    };
    try {
        store_.async_mark(user, mark, then);
    } catch (...) {
        then(error::handler_failed, {});
    }
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
    if (!hub_.announce(room_of_user(user), type, json::value(std::move(what)), except))
        failed();
}

FANFARE_DECL void inbox_service::greet(session& s)
{
    if (!in_use() || s.who()->anonymous())
        return;
    counts(s.who()->user_id, [keep = boost::intrusive_ptr<session>{&s}](error_code ec, const inbox_counts& now) {
        keep->home().post([keep, ec, now](shard&) {
            if (!keep->open())
                return;
            if (ec)
                return keep->send_error(error::store_failed, "the inbox cannot be read now");
            const json::value payload(inbox_count_fields({}, now));
            keep->send_message("badge", &payload);
        });
    });
}

} // namespace fanfare::detail

#endif

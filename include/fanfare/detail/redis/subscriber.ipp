// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REDIS_SUBSCRIBER_IPP
#define FANFARE_DETAIL_REDIS_SUBSCRIBER_IPP

#include <fanfare/detail/redis/bus_core.hpp>
#include <fanfare/detail/redis/link.hpp>
#include <fanfare/detail/redis/reply.hpp>
#include <fanfare/detail/redis/subscriber.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/query.hpp>

#include <optional>
#include <utility>

namespace fanfare::detail {

FANFARE_DECL
redis_subscriber::redis_subscriber(std::shared_ptr<redis_bus_core> core, const redis_bus_session& session,
                                   const asio::any_io_executor& executor, std::shared_ptr<redis_link> link,
                                   std::weak_ptr<redis_subscriber_events> events)
    : core_{std::move(core)}, session_{session}, link_{std::move(link)}, events_{std::move(events)},
      timer_{asio::query(executor, asio::execution::context), core_->strand->here()}, own_{core_->names.broadcast,
                                                                                           core_->names.control,
                                                                                           core_->names.probe}
{
    if (!core_->names.notifications.empty())
        own_.push_back(core_->names.notifications);
}

// ---- commands

FANFARE_DECL void redis_subscriber::subscribe_all()
{
    subscribing_ = true;
    own_confirmed_ = 0;
    std::vector<std::string_view> command{"SUBSCRIBE"};
    command.insert(command.end(), own_.begin(), own_.end());
    append_command(link_->outgoing(), command);
    core_->with_channels(session_, [this](redis_channels& channels) {
        channels.link_up();
        send_changes(channels);
    });
    link_->flush();
    expect_replies();
}

FANFARE_DECL void redis_subscriber::update()
{
    core_->with_channels(session_, [this](redis_channels& channels) { send_changes(channels); });
    core_->deliver_notices();
    link_->flush();
    expect_replies();
    wait_for_next();
    check_subscribed();
}

FANFARE_DECL void redis_subscriber::send_changes(redis_channels& channels)
{
    std::string names; // one after the other
    std::vector<std::size_t> ends;
    std::vector<std::string_view> command;
    for (const auto& change : channels.take_commands(clock::now())) {
        names.clear();
        ends.clear();
        for (const auto room : change.rooms) {
            core_->names.append_room(names, room);
            ends.push_back(names.size());
        }
        command.assign(1, change.subscribe ? "SUBSCRIBE" : "UNSUBSCRIBE");
        for (std::size_t i = 0, begin = 0; i != ends.size(); begin = ends[i++])
            command.push_back(std::string_view{names}.substr(begin, ends[i] - begin));
        append_command(link_->outgoing(), command);
    }
}

FANFARE_DECL void redis_subscriber::expect_replies()
{
    std::size_t unanswered = own_.size() - own_confirmed_;
    core_->with_channels(session_,
                         [&unanswered](const redis_channels& channels) { unanswered += channels.unanswered(); });
    link_->expect_replies(unanswered != 0);
}

FANFARE_DECL void redis_subscriber::wait_for_next()
{
    std::optional<clock::time_point> at;
    core_->with_channels(session_, [&at](const redis_channels& channels) { at = channels.next_deadline(); });
    if (!at || std::exchange(waiting_, true))
        return;
    auto& timer = timer_.here();
    timer.expires_at(*at);
    timer.async_wait(asio::bind_executor(core_->strand->here(), [weak = weak_from_this()](error_code ec) {
        const auto self = weak.lock();
        if (!self)
            return;
        self->waiting_ = false;
        if (const auto events = self->events_.lock(); events && !ec)
            events->on_update_due();
    }));
}

FANFARE_DECL void redis_subscriber::stop()
{
    subscribing_ = false;
    timer_.here().cancel();
}

// Their permissions may have been mended. Not with each probe: Redis keeps a log of what it refuses.
FANFARE_DECL void redis_subscriber::retry_refused()
{
    const auto now = clock::now();
    if (now - retried_ < 5 * core_->options.probe_interval)
        return;
    retried_ = now;
    bool some = false;
    core_->with_channels(session_, [&some](redis_channels& channels) { some = channels.retry_refused(); });
    if (const auto events = events_.lock(); events && some)
        events->on_update_due();
}

// ---- answers

FANFARE_DECL void redis_subscriber::on_reply(const redis_value& reply)
{
    if (reply.is_error())
        return on_refusal(reply.text());
    const auto what = reply[0].text();
    if ((what == "subscribe" || what == "unsubscribe") && reply.size() == 3)
        return on_answer(what == "subscribe", reply[1].text());
    fail("sent something that is not of a subscription");
}

FANFARE_DECL void redis_subscriber::on_answer(bool subscribe, std::string_view channel)
{
    if (own_confirmed_ != own_.size())
        return on_own_answer(subscribe, channel);
    const auto room = core_->names.room_of(channel);
    auto outcome = redis_channels::outcome::ok;
    bool notices = false;
    core_->with_channels(session_, [&](redis_channels& channels) {
        outcome = channels.answered(subscribe, room);
        notices = channels.notices_due();
    });
    if (outcome != redis_channels::outcome::ok)
        return fail("confirmed what it was not asked for");
    if (notices)
        core_->deliver_notices();
    check_subscribed();
}

FANFARE_DECL void redis_subscriber::on_own_answer(bool subscribe, std::string_view channel)
{
    if (!subscribe || channel != own_[own_confirmed_])
        return fail("confirmed what it was not asked for");
    ++own_confirmed_;
    if (channel == core_->names.broadcast)
        core_->missed_broadcasts();
    check_subscribed();
}

FANFARE_DECL void redis_subscriber::on_refusal(std::string_view text)
{
    const auto why = core_->tidy(text);
    if (own_confirmed_ != own_.size())
        return fail("refused the bus's own subscriptions (" + own_.front() + ", ...): " + why);
    if (!text.starts_with("NOPERM")) // it is busy, or loading: that passes
        return fail("refused a subscription: " + why);
    std::string room;
    auto outcome = redis_channels::outcome::ok;
    core_->with_channels(session_, [&](redis_channels& channels) { outcome = channels.failed(room); });
    switch (outcome) {
    case redis_channels::outcome::retry:
        if (const auto events = events_.lock())
            events->on_update_due();
        return;
    case redis_channels::outcome::refused:
        core_->deliver_notices();
        core_->problem(core_->name + ": refused SUBSCRIBE to " + core_->names.room + room + "}: " + why);
        return check_subscribed();
    case redis_channels::outcome::still_refused: return;
    default: fail("sent an error that nobody asked for: " + why);
    }
}

// Rooms that are joined meanwhile are not waited for: where many come and go there might never be a moment without.
FANFARE_DECL void redis_subscriber::check_subscribed()
{
    if (!subscribing_ || own_confirmed_ != own_.size())
        return;
    bool all = false;
    core_->with_channels(session_, [&all](const redis_channels& channels) { all = channels.pending() == 0; });
    const auto events = events_.lock();
    if (!all || !events)
        return;
    subscribing_ = false;
    events->on_subscribed();
}

FANFARE_DECL void redis_subscriber::fail(std::string_view why)
{
    if (const auto events = events_.lock())
        events->on_subscriber_failed(why);
}

} // namespace fanfare::detail

#endif

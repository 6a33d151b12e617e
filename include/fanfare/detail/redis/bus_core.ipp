// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REDIS_BUS_CORE_IPP
#define FANFARE_DETAIL_REDIS_BUS_CORE_IPP

#include <fanfare/detail/redis/bus_core.hpp>
#include <fanfare/detail/redis/bus_session.hpp>
#include <fanfare/detail/redis/login.hpp>
#include <fanfare/detail/redis/message.hpp>
#include <fanfare/error.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace fanfare::detail {

FANFARE_DECL redis_bus_core::redis_bus_core(const asio::any_io_executor& executor, redis_options redis_,
                                            redis_bus_options options_)
    : redis{std::move(redis_)}, options{std::move(options_)}, names{options.prefix, options.notifications_channel},
      name{describe(redis)}, strand{std::make_shared<bound_strand>(executor)}, channels_{options.linger,
                                                                                         options.subscribe_batch},
      status_{false, name + ": not connected yet"}, problems_{options.on_problem}
{
    check(redis);
}

// ---- sinks

FANFARE_DECL void redis_bus_core::attach(bus_sink& sink)
{
    const std::lock_guard calls{calls_mutex_};
    std::unique_lock state{state_mutex_};
    std::shared_ptr<redis_bus_session> begun;
    if (const auto executor = strand->executor(); !session_ && executor) {
        session_ = begun = redis_bus_session::make(shared_from_this(), executor);
        status_ = {false, name + ": not connected yet"};
    }
    sinks_.push_back({&sink});
    sink_count_ = sinks_.size();
    const auto status = status_;
    state.unlock();
    if (begun)
        begun->start();
    if (!status.up)
        sink.changed(status);
}

FANFARE_DECL void redis_bus_core::detach(bus_sink& sink)
{
    std::shared_ptr<redis_bus_session> ended;
    {
        const std::lock_guard calls{calls_mutex_};
        if (std::erase_if(sinks_, [&sink](const attached& a) { return a.sink == &sink; }) == 0)
            return;
        std::unique_lock state{state_mutex_};
        sink_count_ = std::max<std::size_t>(sinks_.size(), 1);
        channels_.remove(sink, redis_channels::clock::now());
        if (!sinks_.empty())
            return post_update(std::move(state));
        ended = std::move(session_);
        channels_.link_down();
    }
    if (ended)
        ended->stop();
}

FANFARE_DECL bool redis_bus_core::join(bus_sink& sink, std::string_view room)
{
    std::unique_lock state{state_mutex_};
    if (channels_.join(sink, room))
        return true;
    post_update(std::move(state));
    return false;
}

FANFARE_DECL void redis_bus_core::leave(bus_sink& sink, std::string_view room)
{
    std::unique_lock state{state_mutex_};
    const bool timed = channels_.next_deadline().has_value();
    channels_.leave(sink, room, redis_channels::clock::now());
    if (!timed && channels_.next_deadline())
        post_update(std::move(state));
}

// One update serves all joins and leaves until it runs. Takes the lock, and gives it up.
FANFARE_DECL void redis_bus_core::post_update(std::unique_lock<std::mutex> state)
{
    if (!session_ || std::exchange(update_posted_, true))
        return;
    state.unlock();
    strand->post([self = shared_from_this()] {
        std::shared_ptr<redis_bus_session> present;
        {
            const std::lock_guard lock{self->state_mutex_};
            self->update_posted_ = false;
            present = self->session_;
        }
        if (present)
            present->update();
    });
}

FANFARE_DECL void redis_bus_core::deliver_notices()
{
    const std::lock_guard calls{calls_mutex_};
    std::vector<redis_channels::notice> notices;
    {
        const std::lock_guard state{state_mutex_};
        notices = channels_.take_notices();
    }
    for (const auto& n : notices)
        n.what == redis_channels::notice::kind::joined ? n.sink->joined(n.room) : n.sink->missed(n.room);
}

FANFARE_DECL void redis_bus_core::set_status(const redis_bus_session& caller, bus_status status)
{
    const std::lock_guard calls{calls_mutex_};
    {
        const std::lock_guard state{state_mutex_};
        if (session_.get() != &caller || (status.up == status_.up && status.problem == status_.problem))
            return;
        status_ = status;
    }
    for (const auto& a : sinks_)
        a.sink->changed(status);
}

// ---- to the sinks

FANFARE_DECL void redis_bus_core::offer(bus_sink& sink, const bus_message& message, bool& skipping)
{
    if (!sink.check_capacity(message)) {
        sink.deliver(message);
        skipping = false;
        return;
    }
    // Redis has delivered it, so it cannot be refused any more: the hub is told `missed` instead, once for several
    // messages in a row. Where the history has them each is told: the read that the first one began may be over.
    count.overflowed.fetch_add(1, std::memory_order_relaxed);
    if (!std::exchange(skipping, true) || message.at)
        sink.missed(message.channel);
}

FANFARE_DECL void redis_bus_core::deliver_room(const bus_message& message)
{
    const std::lock_guard calls{calls_mutex_};
    {
        const std::lock_guard state{state_mutex_};
        channels_.receivers(message.channel, receivers_);
    }
    for (auto& r : receivers_) {
        const bool was_skipping = r.skipping;
        offer(*r.sink, message, r.skipping);
        if (r.skipping == was_skipping)
            continue;
        const std::lock_guard state{state_mutex_};
        channels_.set_skipping(*r.sink, message.channel, r.skipping);
    }
}

FANFARE_DECL void redis_bus_core::deliver_broadcast(const bus_message& message)
{
    const std::lock_guard calls{calls_mutex_};
    for (auto& a : sinks_)
        offer(*a.sink, message, a.skipping);
}

// Small, rare, and not to be lost for backpressure.
FANFARE_DECL void redis_bus_core::deliver_control(const bus_message& message)
{
    const std::lock_guard calls{calls_mutex_};
    auto counted = message;
    counted.hubs = sinks_.size();
    for (const auto& a : sinks_)
        a.sink->deliver(counted);
}

FANFARE_DECL void redis_bus_core::missed_broadcasts()
{
    const std::lock_guard calls{calls_mutex_};
    for (const auto& a : sinks_)
        a.sink->missed({});
}

// ---- publishing

FANFARE_DECL bus_receipt redis_bus_core::publish(const bus_message& message, bus_done done)
{
    if (message.key.size() > max_redis_key_size ||
        message.body.size() + message.key.size() + max_redis_header_line > options.max_message_size)
        return {error::message_too_large};
    const auto present = session();
    if (!present)
        return {error::bus_unavailable};
    using kind = redis_message::kind;
    const auto what = message.what == bus_message::kind::room        ? kind::room
                      : message.what == bus_message::kind::broadcast ? kind::broadcast
                                                                     : kind::control;
    std::string text;
    text.reserve(max_redis_header_line + message.key.size() + message.body.size());
    append_redis_message(text, {.what = what,
                                .except = message.except,
                                .key = message.key,
                                .body = message.body,
                                .at = what == kind::room ? message.at : position{}});
    const auto ec = present->commands().send(
        {"PUBLISH", names.of(message), text},
        [self = shared_from_this(), done = std::move(done), kind_ = message.what,
         room = std::string{message.channel}, origin = message.origin, stored = static_cast<bool>(message.at),
         sender = std::weak_ptr{present}](error_code failed, const redis_value& reply) {
            if (const auto s = sender.lock(); s && !done && failed == error::bus_unavailable)
                s->never_sent();
            self->answered(kind_, room, stored, origin, done, failed, reply);
        });
    if (ec)
        return {ec};
    count.published.fetch_add(1, std::memory_order_relaxed);
    return {.dispatched_to_cluster = true};
}

FANFARE_DECL std::size_t redis_bus_core::published_by_store(std::int64_t subscribers, std::string_view room)
{
    count.published.fetch_add(1, std::memory_order_relaxed);
    std::vector<redis_channels::receiver> here;
    {
        const std::lock_guard lock{state_mutex_};
        channels_.receivers(room, here);
    }
    const auto* publisher = here.empty() ? nullptr : here.front().sink; // a store is not told which one it is
    return others_among(subscribers, bus_message::kind::room, room, publisher);
}

// Of `subscribers`, this process is one if it is subscribed; instead its sinks count, but for the publisher.
FANFARE_DECL std::size_t redis_bus_core::others_among(std::int64_t subscribers, bus_message::kind what,
                                                      std::string_view room, const bus_sink* origin)
{
    const std::lock_guard lock{state_mutex_};
    const bool is_room = what == bus_message::kind::room;
    const bool subscribed = is_room ? channels_.in_force(room) : status_.up;
    std::vector<redis_channels::receiver> here;
    if (subscribed && is_room)
        channels_.receivers(room, here);
    const auto own = static_cast<std::size_t>(
        std::count_if(here.begin(), here.end(), [origin](const auto& r) { return r.sink != origin; }));
    const auto elsewhere = std::max<std::int64_t>(subscribers - (subscribed ? 1 : 0), 0);
    return static_cast<std::size_t>(elsewhere) + (is_room ? own : subscribed ? sink_count_ - 1 : 0);
}

FANFARE_DECL void redis_bus_core::answered(bus_message::kind what, const std::string& room, bool stored,
                                           const bus_sink* origin, const bus_done& done, error_code ec,
                                           const redis_value& reply)
{
    const auto present = session();
    if (!ec) {
        if (present)
            present->published();
        if (!done)
            return;
        return done({.dispatched_to_cluster = true, .nodes = others_among(reply.integer(), what, room, origin)});
    }
    count.lost.fetch_add(1, std::memory_order_relaxed);
    if (ec == error::redis_failed)
        problem(name + ": refused PUBLISH to " + names.of({.what = what, .channel = room}) + ": " +
                tidy(reply.text()));
    // Without `done` the publisher is not told of the loss; a stored message can be read in the history. In both cases
    // the room's members are told `missed`.
    if (present && (!done || stored))
        present->lost(what, room);
    if (done)
        return done({.error = ec});
    if (what == bus_message::kind::control)
        problem(name + ": a command to the other processes was lost");
}

// ---- what is known about it

FANFARE_DECL std::string redis_bus_core::tidy(std::string_view text) const
{
    return tidy_redis_text(text, redis.password);
}

FANFARE_DECL void redis_bus_core::problem(std::string_view text, bool always)
{
    problems_.report(text, always);
}

FANFARE_DECL redis_bus_stats redis_bus_core::stats()
{
    const auto get = [](const std::atomic<std::uint64_t>& n) { return n.load(std::memory_order_relaxed); };
    const std::lock_guard lock{state_mutex_};
    return {.up = session_ && status_.up,
            .published = get(count.published),
            .lost = get(count.lost),
            .received = get(count.received),
            .foreign = get(count.foreign),
            .malformed = get(count.malformed),
            .overflowed = get(count.overflowed),
            .reconnects = get(count.reconnects),
            .probes = get(count.probes),
            .subscriptions = channels_.subscriptions()};
}

} // namespace fanfare::detail

#endif

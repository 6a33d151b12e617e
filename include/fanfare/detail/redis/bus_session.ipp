// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REDIS_BUS_SESSION_IPP
#define FANFARE_DETAIL_REDIS_BUS_SESSION_IPP

#include <fanfare/detail/redis/bus_session.hpp>
#include <fanfare/error.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/query.hpp>

#include <algorithm>
#include <utility>

namespace fanfare::detail {

FANFARE_DECL redis_bus_session::redis_bus_session(std::shared_ptr<redis_bus_core> core,
                                                  const asio::any_io_executor& executor)
    : core_{std::move(core)}, clocks_{asio::query(executor, asio::execution::context), core_->strand->here()},
      incoming_{*core_, *this}
{}

FANFARE_DECL std::shared_ptr<redis_bus_session> redis_bus_session::make(std::shared_ptr<redis_bus_core> core,
                                                                        const asio::any_io_executor& executor)
{
    const std::shared_ptr<redis_bus_session> made{new redis_bus_session{std::move(core), executor}};
    auto& c = *made->core_;
    made->commands_ = redis_pipeline::make(c.strand, c.redis);
    made->commands_->hold(true); // until everything is subscribed
    made->commands_->on_link_up = [weak = std::weak_ptr{made}] {
        if (const auto self = weak.lock()) {
            self->commands_were_up_ = true;
            self->connected();
        }
    };
    made->commands_->on_link_down = [weak = std::weak_ptr{made}](const std::string& problem) {
        if (const auto self = weak.lock())
            self->disconnected(problem, std::exchange(self->commands_were_up_, false));
    };
    made->probe_ = std::make_shared<redis_bus_probe>(made->core_, executor, made->commands_, std::weak_ptr{made});
    made->losses_ = std::make_shared<redis_loss_notices>(made->core_, made->commands_, std::weak_ptr{made});
    made->link_ = std::make_shared<redis_link>(c.strand, c.redis, std::weak_ptr<redis_link_events>{made});
    made->subscriber_ =
        std::make_shared<redis_subscriber>(made->core_, *made, executor, made->link_, std::weak_ptr{made});
    return made;
}

FANFARE_DECL void redis_bus_session::start()
{
    commands_->start();
    link_->start();
}

FANFARE_DECL void redis_bus_session::stop()
{
    core_->strand->post([self = shared_from_this()] { self->end(); });
}

// What was published last may not have left yet; and to close a connection that has unread replies may destroy what
// the server has not read.
FANFARE_DECL void redis_bus_session::end()
{
    const bool was_up = stage_ == stage::up;
    stage_ = stage::stopped;
    probe_->stop();
    losses_->set_up(false);
    subscriber_->stop();
    clocks_.here().startup.cancel();
    link_->stop();
    const auto stop_now = [self = shared_from_this()] {
        self->commands_->stop();
        self->clocks_.here().shutdown.cancel();
        self->core_->strand->post([self] { self->report_never_sent(); });
    };
    if (!was_up || commands_->send({"PING"}, [stop_now](error_code, const redis_value&) { stop_now(); }))
        return stop_now();
    auto& timer = clocks_.here().shutdown;
    timer.expires_after(std::chrono::seconds{1});
    timer.async_wait(asio::bind_executor(core_->strand->here(), [stop_now](error_code ec) {
        if (!ec)
            stop_now();
    }));
}

FANFARE_DECL void redis_bus_session::report_never_sent()
{
    if (const auto n = std::exchange(never_sent_, 0); n != 0)
        core_->problem(core_->name + ": " + std::to_string(n) + (n == 1 ? " message was" : " messages were") +
                           " never sent: the bus was down when its last hub ended",
                       true);
}

// ---- down and up

FANFARE_DECL void redis_bus_session::on_up()
{
    link_was_up_ = true;
    connected();
}

FANFARE_DECL void redis_bus_session::on_down(const std::string& problem)
{
    disconnected(problem, std::exchange(link_was_up_, false));
}

FANFARE_DECL void redis_bus_session::connected()
{
    if (stage_ != stage::down || !link_->up() || !commands_->link().up())
        return;
    stage_ = stage::subscribing;
    subscriber_->subscribe_all();
    limit_startup();
}

FANFARE_DECL void redis_bus_session::disconnected(const std::string& problem, bool was_up)
{
    if (stage_ == stage::stopped)
        return;
    if (stage_ == stage::down) {
        if (was_up) // the other one of the two, dropped below
            return;
    } else {
        stage_ = stage::down;
        commands_->hold(true);
        probe_->stop();
        losses_->set_up(false);
        subscriber_->reset();
        clocks_.here().startup.cancel();
        core_->with_channels(*this, [](redis_channels& channels) { channels.link_down(); });
        if (link_->up())
            link_->drop("is connected anew");
        if (commands_->link().up())
            commands_->drop("is connected anew");
        core_->deliver_notices();
    }
    core_->set_status(*this, {false, problem});
    core_->problem(problem);
}

FANFARE_DECL void redis_bus_session::reconnect(std::string_view why)
{
    disconnected(core_->name + ": " + std::string{why}, true);
}

// However slow a server is, and whatever it answers: the bus is up in time, or connects anew.
FANFARE_DECL void redis_bus_session::limit_startup()
{
    auto& timer = clocks_.here().startup;
    timer.expires_after(std::max<clock::duration>(
        {std::chrono::seconds{30}, 4 * core_->redis.response_timeout, 5 * core_->options.probe_timeout}));
    timer.async_wait(
        asio::bind_executor(core_->strand->here(), [weak = weak_from_this(), number = ++startup_](error_code ec) {
            const auto self = weak.lock();
            if (!self || ec || self->startup_ != number)
                return;
            if (self->stage_ == stage::subscribing || self->stage_ == stage::probing)
                self->reconnect("does not confirm the subscriptions");
        }));
}

FANFARE_DECL void redis_bus_session::on_subscribed()
{
    stage_ = stage::probing;
    probe_->send();
}

FANFARE_DECL void redis_bus_session::come_up()
{
    stage_ = stage::up;
    clocks_.here().startup.cancel();
    if (std::exchange(ever_up_, true))
        core_->count.reconnects.fetch_add(1, std::memory_order_relaxed);
    probe_->repeat();
    losses_->set_up(true);
    losses_->send(); // before what was published after them
    commands_->hold(false);
    core_->set_status(*this, {});
}

// ---- subscriptions

FANFARE_DECL void redis_bus_session::update()
{
    subscriber_->update();
    probe_->schedule();
}

FANFARE_DECL void redis_bus_session::on_subscriber_failed(std::string_view why)
{
    reconnect(why);
}

FANFARE_DECL void redis_bus_session::on_reply(const redis_value& reply)
{
    if (stage_ == stage::down || stage_ == stage::stopped)
        return;
    if (reply.size() == 3 && reply[0].text() == "message")
        on_message(reply[1].text(), reply[2].text());
    else
        subscriber_->on_reply(reply);
}

FANFARE_DECL void redis_bus_session::on_read_end()
{
    probe_->on_read();
    subscriber_->expect_replies();
}

FANFARE_DECL void redis_bus_session::on_message(std::string_view channel, std::string_view body)
{
    if (channel != core_->names.probe)
        return incoming_.deliver(channel, body);
    std::string why;
    if (!probe_->on_message(body, why))
        incoming_.malformed(channel, why);
}

// ---- the probe

FANFARE_DECL void redis_bus_session::on_probe_failed(std::string_view why)
{
    reconnect(why);
}

FANFARE_DECL void redis_bus_session::on_probe_returned()
{
    if (stage_ == stage::probing)
        come_up();
    else
        losses_->send(); // those that Redis would not take before
    subscriber_->retry_refused();
}

FANFARE_DECL bool redis_bus_session::expects_messages()
{
    bool out = false;
    core_->with_channels(*this, [&out](const redis_channels& channels) {
        out = channels.joined_rooms() != 0 || channels.unanswered() != 0;
    });
    return out;
}

// ---- what was lost

FANFARE_DECL void redis_bus_session::lost(bus_message::kind what, std::string_view room)
{
    if (stage_ != stage::stopped)
        losses_->add(what, room);
}

FANFARE_DECL void redis_bus_session::on_notice_refused(redis_message::kind what, const std::string& room)
{
    core_->problem(core_->name + ": refused the notice of a loss");
    if (what == redis_message::kind::missed && !room.empty()) {
        core_->with_channels(*this, [&room](redis_channels& channels) { channels.note_missed(room); });
        return core_->deliver_notices();
    }
    if (what == redis_message::kind::all_missed) {
        core_->with_channels(*this, [](redis_channels& channels) { channels.note_all_missed(); });
        core_->deliver_notices();
    }
    core_->missed_broadcasts();
}

} // namespace fanfare::detail

#endif

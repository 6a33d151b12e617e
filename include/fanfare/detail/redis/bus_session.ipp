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
    : core_{std::move(core)}, clocks_{asio::query(executor, asio::execution::context), core_->strand->here()}
{}

FANFARE_DECL std::shared_ptr<redis_bus_session> redis_bus_session::make(std::shared_ptr<redis_bus_core> core,
                                                                        const asio::any_io_executor& executor)
{
    const std::shared_ptr<redis_bus_session> made{new redis_bus_session{std::move(core), executor}};
    auto& c = *made->core_;
    made->base_ = {c.names.broadcast, c.names.control, c.names.probe};
    if (!c.names.notifications.empty())
        made->base_.push_back(c.names.notifications);
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
    made->link_ = std::make_shared<redis_link>(c.strand, c.redis, std::weak_ptr<redis_link_events>{made});
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
    stop_probing();
    clocks_.here().ascent.cancel();
    link_->stop();
    const auto stop_now = [self = shared_from_this()] {
        self->commands_->stop();
        self->clocks_.here().turn.cancel();
        self->core_->strand->post([self] { self->report_never_sent(); });
    };
    if (!was_up || commands_->send({"PING"}, [stop_now](error_code, const redis_value&) { stop_now(); }))
        return stop_now();
    auto& timer = clocks_.here().turn;
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
    if (stage_ == stage::down && link_->up() && commands_->link().up())
        subscribe_all();
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
        stop_probing();
        clocks_.here().ascent.cancel();
        core_->with_channels(*this, [](redis_channels& channels) { channels.link_down(); });
        if (link_->up())
            link_->drop("is connected anew");
        if (commands_->link().up())
            commands_->drop("is connected anew");
        core_->tell();
    }
    core_->set_status(*this, {false, problem});
    core_->problem(problem);
}

FANFARE_DECL void redis_bus_session::give_up(std::string_view why)
{
    disconnected(core_->name + ": " + std::string{why}, true);
}

FANFARE_DECL void redis_bus_session::subscribe_all()
{
    stage_ = stage::subscribing;
    base_confirmed_ = 0;
    std::vector<std::string_view> words{"SUBSCRIBE"};
    words.insert(words.end(), base_.begin(), base_.end());
    append_command(link_->outgoing(), words);
    core_->with_channels(*this, [this](redis_channels& channels) {
        channels.link_up();
        send_changes(channels);
    });
    link_->flush();
    expect_answers();
    arm_ascent();
}

// Rooms that are joined meanwhile are not waited for: where many come and go there might never be a moment without.
FANFARE_DECL void redis_bus_session::confirmed()
{
    if (stage_ != stage::subscribing || base_confirmed_ != base_.size())
        return;
    bool all = false;
    core_->with_channels(*this, [&all](const redis_channels& channels) { all = channels.unsettled() == 0; });
    if (!all)
        return;
    stage_ = stage::probing;
    probe();
}

// However slow a server is, and whatever it answers: the bus is up in time, or tries anew.
FANFARE_DECL void redis_bus_session::arm_ascent()
{
    auto& timer = clocks_.here().ascent;
    timer.expires_after(std::max<clock::duration>(
        {std::chrono::seconds{30}, 4 * core_->redis.response_timeout, 5 * core_->options.probe_timeout}));
    timer.async_wait(
        asio::bind_executor(core_->strand->here(), [weak = weak_from_this(), number = ++ascent_](error_code ec) {
            const auto self = weak.lock();
            if (!self || ec || self->ascent_ != number)
                return;
            if (self->stage_ == stage::subscribing || self->stage_ == stage::probing)
                self->give_up("does not confirm the subscriptions");
        }));
}

FANFARE_DECL void redis_bus_session::come_up()
{
    stage_ = stage::up;
    clocks_.here().ascent.cancel();
    if (std::exchange(ever_up_, true))
        core_->count.reconnects.fetch_add(1, std::memory_order_relaxed);
    tell_losses(); // before what was published after them
    commands_->hold(false);
    core_->set_status(*this, {});
}

// ---- subscriptions

FANFARE_DECL void redis_bus_session::turn()
{
    core_->with_channels(*this, [this](redis_channels& channels) { send_changes(channels); });
    core_->tell();
    link_->flush();
    expect_answers();
    arm_turn();
    confirmed();
    probe_soon();
}

FANFARE_DECL void redis_bus_session::send_changes(redis_channels& channels)
{
    std::string names;
    std::vector<std::size_t> ends;
    std::vector<std::string_view> words;
    for (const auto& command : channels.turn(clock::now())) {
        names.clear();
        ends.clear();
        for (const auto room : command.rooms) {
            core_->names.append_room(names, room);
            ends.push_back(names.size());
        }
        words.assign(1, command.subscribe ? "SUBSCRIBE" : "UNSUBSCRIBE");
        for (std::size_t i = 0, begin = 0; i != ends.size(); begin = ends[i++])
            words.push_back(std::string_view{names}.substr(begin, ends[i] - begin));
        append_command(link_->outgoing(), words);
    }
}

FANFARE_DECL void redis_bus_session::expect_answers()
{
    std::size_t unanswered = base_.size() - base_confirmed_;
    core_->with_channels(*this,
                         [&unanswered](const redis_channels& channels) { unanswered += channels.unanswered(); });
    link_->expect_replies(unanswered != 0);
}

FANFARE_DECL void redis_bus_session::arm_turn()
{
    std::optional<clock::time_point> at;
    core_->with_channels(*this, [&at](const redis_channels& channels) { at = channels.next_turn(); });
    if (!at || stage_ == stage::stopped || std::exchange(turn_armed_, true))
        return;
    auto& timer = clocks_.here().turn;
    timer.expires_at(*at);
    timer.async_wait(asio::bind_executor(core_->strand->here(), [weak = weak_from_this()](error_code ec) {
        const auto self = weak.lock();
        if (!self)
            return;
        self->turn_armed_ = false;
        if (!ec)
            self->turn();
    }));
}

FANFARE_DECL void redis_bus_session::on_reply(const redis_value& reply)
{
    if (stage_ == stage::down || stage_ == stage::stopped)
        return;
    if (reply.is_error())
        return on_refusal(reply.text());
    const auto what = reply[0].text();
    if (what == "message" && reply.size() == 3)
        on_message(reply[1].text(), reply[2].text());
    else if ((what == "subscribe" || what == "unsubscribe") && reply.size() == 3)
        on_answer(what == "subscribe", reply[1].text());
    else
        give_up("sent something that is not of a subscription");
}

FANFARE_DECL void redis_bus_session::on_read_end()
{
    heard_ = clock::now();
    expect_answers();
}

FANFARE_DECL void redis_bus_session::on_answer(bool subscribe, std::string_view channel)
{
    if (base_confirmed_ != base_.size())
        return on_base_answer(subscribe, channel);
    const auto room = core_->names.room_of(channel);
    auto outcome = redis_channels::outcome::fine;
    bool telling = false;
    core_->with_channels(*this, [&](redis_channels& channels) {
        outcome = channels.answered(subscribe, room);
        telling = channels.notices_due();
    });
    if (outcome != redis_channels::outcome::fine)
        return give_up("confirmed what it was not asked for");
    if (telling)
        core_->tell();
    confirmed();
}

FANFARE_DECL void redis_bus_session::on_base_answer(bool subscribe, std::string_view channel)
{
    if (!subscribe || channel != base_[base_confirmed_])
        return give_up("confirmed what it was not asked for");
    ++base_confirmed_;
    if (channel == core_->names.broadcast)
        core_->missed_broadcasts();
    confirmed();
}

FANFARE_DECL void redis_bus_session::on_refusal(std::string_view text)
{
    const auto why = core_->tidy(text);
    if (base_confirmed_ != base_.size())
        return give_up("refused the bus's own subscriptions (" + base_.front() + ", ...): " + why);
    if (!text.starts_with("NOPERM")) // it is busy, or loading: that passes
        return give_up("refused a subscription: " + why);
    std::string room;
    auto outcome = redis_channels::outcome::fine;
    core_->with_channels(*this, [&](redis_channels& channels) { outcome = channels.failed(room); });
    switch (outcome) {
    case redis_channels::outcome::again: return turn();
    case redis_channels::outcome::refused:
        core_->tell();
        core_->problem(core_->name + ": refused SUBSCRIBE to " + core_->names.room + room + "}: " + why);
        return confirmed();
    case redis_channels::outcome::still: return;
    default: give_up("sent an error that nobody asked for: " + why);
    }
}

// ---- the probe

// Through the same queue and the same channels as every message, so that whatever stops those stops it too.
FANFARE_DECL void redis_bus_session::probe()
{
    const auto number = std::to_string(++probe_number_);
    std::string text;
    append_redis_message(text, {.what = redis_message::kind::probe, .body = number});
    const auto refused = [weak = weak_from_this()](error_code ec, const redis_value& reply) {
        const auto self = weak.lock();
        if (self && ec == error::redis_failed)
            self->give_up("refused the probe's PUBLISH: " + self->core_->tidy(reply.text()));
    };
    if (commands_->send({"PUBLISH", core_->names.probe, text}, refused, true))
        return give_up("takes no probe");
    core_->count.probes.fetch_add(1, std::memory_order_relaxed);
    probe_due_ = true;
    in_use_ = false;
    probe_sent_ = heard_ = clock::now();
    if (stage_ == stage::up) // it was asked when it connected
        ask_role();
    arm_probe(probe_sent_ + core_->options.probe_timeout);
}

// To publish on a replica works, and reaches those who are connected to that replica.
FANFARE_DECL void redis_bus_session::ask_role()
{
    const auto answered = [weak = weak_from_this()](error_code ec, const redis_value& reply) {
        const auto self = weak.lock();
        if (self && !ec && self->stage_ == stage::up && is_replica(reply))
            self->give_up("has become a replica: what is published there does not reach all");
    };
    (void)commands_->send({"ROLE"}, answered, true); // a broken link is told by itself
}

FANFARE_DECL void redis_bus_session::on_probe(std::string_view body)
{
    redis_message message;
    std::string why;
    if (!parse_redis_message(body, message, why) || message.what != redis_message::kind::probe)
        return malformed(core_->names.probe, why.empty() ? "not a probe" : why);
    if (!probe_due_ || message.body != std::to_string(probe_number_))
        return;
    stop_probing();
    proven_ = clock::now();
    if (stage_ == stage::probing)
        come_up();
    else
        tell_losses(); // those that Redis would not take before
    retry_refused();
    probe_soon();
}

// Their rights may have been mended. Not with each probe: Redis keeps a log of what it refuses.
FANFARE_DECL void redis_bus_session::retry_refused()
{
    if (proven_ - retried_ < 5 * core_->options.probe_interval)
        return;
    retried_ = proven_;
    bool some = false;
    core_->with_channels(*this, [&some](redis_channels& channels) { some = channels.retry_refused(); });
    if (some)
        turn();
}

FANFARE_DECL void redis_bus_session::published()
{
    in_use_ = true;
    probe_soon();
}

FANFARE_DECL void redis_bus_session::probe_soon()
{
    if (stage_ != stage::up || probe_armed_)
        return;
    bool active = in_use_;
    if (!active)
        core_->with_channels(*this, [&active](const redis_channels& channels) {
            active = channels.joined_rooms() != 0 || channels.unanswered() != 0;
        });
    if (active)
        arm_probe(proven_ + core_->options.probe_interval);
}

FANFARE_DECL void redis_bus_session::arm_probe(clock::time_point at)
{
    probe_armed_ = true;
    auto& timer = clocks_.here().probe;
    timer.expires_at(at);
    timer.async_wait(
        asio::bind_executor(core_->strand->here(), [weak = weak_from_this(), number = ++probe_timer_](error_code) {
            const auto self = weak.lock();
            if (self && self->probe_armed_ && self->probe_timer_ == number)
                self->on_probe_time();
        }));
}

FANFARE_DECL void redis_bus_session::on_probe_time()
{
    probe_armed_ = false;
    if (!probe_due_)
        return probe();
    // As long as other messages arrive, it may only stand behind them; but not for ever.
    const auto timeout = core_->options.probe_timeout;
    const auto end = std::min(std::max(probe_sent_, heard_) + timeout, probe_sent_ + 4 * timeout);
    if (clock::now() < end)
        arm_probe(end);
    else
        give_up("does not answer the probe");
}

FANFARE_DECL void redis_bus_session::stop_probing()
{
    probe_due_ = probe_armed_ = false;
    clocks_.here().probe.cancel();
}

} // namespace fanfare::detail

#endif

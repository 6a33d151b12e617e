// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REDIS_BUS_PROBE_IPP
#define FANFARE_DETAIL_REDIS_BUS_PROBE_IPP

#include <fanfare/detail/redis/bus_core.hpp>
#include <fanfare/detail/redis/bus_probe.hpp>
#include <fanfare/detail/redis/login.hpp>
#include <fanfare/detail/redis/message.hpp>
#include <fanfare/detail/redis/pipeline.hpp>
#include <fanfare/error.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/query.hpp>

#include <algorithm>
#include <atomic>
#include <utility>

namespace fanfare::detail {

FANFARE_DECL redis_bus_probe::redis_bus_probe(std::shared_ptr<redis_bus_core> core,
                                              const asio::any_io_executor& executor,
                                              std::shared_ptr<redis_pipeline> commands,
                                              std::weak_ptr<redis_probe_events> events)
    : core_{std::move(core)}, commands_{std::move(commands)}, events_{std::move(events)},
      timer_{asio::query(executor, asio::execution::context), core_->strand->here()}
{}

FANFARE_DECL void redis_bus_probe::send()
{
    const auto events = events_.lock();
    if (!events)
        return;
    const auto number = std::to_string(++number_);
    std::string text;
    append_redis_message(text, {.what = redis_message::kind::probe, .body = number});
    const auto answered = [weak = weak_from_this()](error_code ec, const redis_value& reply) {
        const auto self = weak.lock();
        const auto told = self ? self->events_.lock() : nullptr;
        if (told && ec == error::redis_failed)
            told->on_probe_failed("refused the probe's PUBLISH: " + self->core_->tidy(reply.text()));
    };
    if (commands_->send({"PUBLISH", core_->names.probe, text}, answered, redis_urgency::urgent))
        return events->on_probe_failed("takes no probe");
    core_->count.probes.fetch_add(1, std::memory_order_relaxed);
    on_its_way_ = true;
    in_use_ = false;
    sent_ = heard_ = clock::now();
    if (repeating_) // it was asked when it connected
        ask_role();
    wait_until(sent_ + core_->options.probe_timeout);
}

// To publish on a replica works, and reaches those who are connected to that replica.
FANFARE_DECL void redis_bus_probe::ask_role()
{
    const auto answered = [weak = weak_from_this()](error_code ec, const redis_value& reply) {
        const auto self = weak.lock();
        const auto told = self ? self->events_.lock() : nullptr;
        if (told && !ec && self->repeating_ && is_replica(reply))
            told->on_probe_failed("has become a replica: what is published there does not reach all");
    };
    (void)commands_->send({"ROLE"}, answered, redis_urgency::urgent); // a broken connection is told by itself
}

FANFARE_DECL bool redis_bus_probe::on_message(std::string_view body, std::string& why)
{
    redis_message message;
    if (!parse_redis_message(body, message, why) || message.what != redis_message::kind::probe) {
        if (why.empty())
            why = "not a probe";
        return false;
    }
    const auto events = events_.lock();
    if (!on_its_way_ || !events || message.body != std::to_string(number_))
        return true;
    cancel();
    returned_ = clock::now();
    core_->round_trips.add(returned_ - sent_);
    events->on_probe_returned();
    schedule();
    return true;
}

FANFARE_DECL void redis_bus_probe::schedule()
{
    if (!repeating_ || waiting_)
        return;
    const auto events = in_use_ ? nullptr : events_.lock();
    if (in_use_ || (events && events->expects_messages()))
        wait_until(returned_ + core_->options.probe_interval);
}

FANFARE_DECL void redis_bus_probe::wait_until(clock::time_point at)
{
    waiting_ = true;
    auto& timer = timer_.here();
    timer.expires_at(at);
    timer.async_wait(
        asio::bind_executor(core_->strand->here(), [weak = weak_from_this(), number = ++waits_](error_code) {
            const auto self = weak.lock();
            if (self && self->waiting_ && self->waits_ == number)
                self->on_timer();
        }));
}

FANFARE_DECL void redis_bus_probe::on_timer()
{
    waiting_ = false;
    if (!on_its_way_)
        return send();
    // As long as other messages arrive, it may only stand behind them; but not for ever.
    const auto timeout = core_->options.probe_timeout;
    const auto end = std::min(std::max(sent_, heard_) + timeout, sent_ + 4 * timeout);
    if (clock::now() < end)
        wait_until(end);
    else if (const auto events = events_.lock())
        events->on_probe_failed("does not answer the probe");
}

FANFARE_DECL void redis_bus_probe::stop()
{
    repeating_ = false;
    cancel();
}

FANFARE_DECL void redis_bus_probe::cancel()
{
    on_its_way_ = waiting_ = false;
    timer_.here().cancel();
}

} // namespace fanfare::detail

#endif

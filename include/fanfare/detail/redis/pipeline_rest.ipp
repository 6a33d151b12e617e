// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REDIS_PIPELINE_REST_IPP
#define FANFARE_DETAIL_REDIS_PIPELINE_REST_IPP

#include <fanfare/detail/redis/command_queue.hpp>
#include <fanfare/detail/redis/pipeline.hpp>

#include <chrono>
#include <string>

namespace fanfare::detail {

// How long a pipeline that was connected again by a command is idle before it rests again: not one connection for
// each command, where something else goes on using it.
inline constexpr std::chrono::seconds redis_idle_time{1};

inline constexpr redis_command_queue::clock::time_point redis_no_due{};

FANFARE_DECL void redis_pipeline::rest()
{
    strand_->post([self = shared_from_this()] {
        if (self->rest_ != rest_state::resting)
            self->rest_ = rest_state::wanted;
        self->limit_in_flight();
        self->rest_if_idle();
    });
}

FANFARE_DECL void redis_pipeline::wake()
{
    strand_->post([self = shared_from_this()] { self->end_rest(rest_state::none); });
}

FANFARE_DECL void redis_pipeline::rest_if_idle()
{
    if (rest_ == rest_state::wanted)
        rest_now();
    else if (rest_ == rest_state::again && queue_->here().in_flight.empty())
        start_rest_timer(redis_command_queue::clock::now() + redis_idle_time);
}

// Under one lock with the look at the queue: a command that comes later finds the link down, and wakes it.
FANFARE_DECL void redis_pipeline::rest_now()
{
    queue_->with([this](redis_command_queue& q) {
        if (q.all_messages != 0 || q.stopped)
            return;
        q.up = q.away = false;
        rest_ = rest_state::resting;
    });
    if (rest_ != rest_state::resting)
        return;
    link_->rest();
    queue_->here().timer.cancel(); // of commands that waited
    stop_rest_timer();
    if (on_link_down)
        on_link_down("closed until it is used again");
}

FANFARE_DECL void redis_pipeline::end_rest(rest_state next)
{
    if (rest_ == rest_state::again && next == rest_state::none) {
        rest_ = next;
        stop_rest_timer();
    }
    if (rest_ != rest_state::resting) // one that is only wanted still comes
        return;
    rest_ = next;
    link_->start();
}

// A server that answers byte by byte is never silent, and would keep the context from ending as long as it likes.
FANFARE_DECL void redis_pipeline::limit_in_flight()
{
    auto& sent = queue_->here().in_flight;
    if (rest_ == rest_state::none || sent.empty())
        return;
    const auto due = redis_command_queue::clock::now() + options_.response_timeout;
    for (auto batch = sent.rbegin(); batch != sent.rend() && batch->due == redis_no_due; ++batch)
        batch->due = due;
    start_rest_timer(sent.front().due);
}

FANFARE_DECL void redis_pipeline::start_rest_timer(std::chrono::steady_clock::time_point at)
{
    auto& timer = queue_->here().rest_timer;
    if (timer.expiry() == at) // the oldest one's, still
        return;
    timer.expires_at(at);
    timer.async_wait([weak = weak_from_this()](error_code ec) {
        if (const auto self = weak.lock(); self && !ec)
            self->on_rest_timer();
    });
}

FANFARE_DECL void redis_pipeline::stop_rest_timer()
{
    auto& mine = queue_->here();
    mine.rest_timer.expires_at(redis_no_due);
    for (auto& batch : mine.in_flight)
        batch.due = redis_no_due;
}

FANFARE_DECL void redis_pipeline::on_rest_timer()
{
    const auto& sent = queue_->here().in_flight;
    if (rest_ != rest_state::wanted && rest_ != rest_state::again)
        return;
    if (sent.empty())
        return rest_now();
    if (sent.front().due > redis_command_queue::clock::now())
        return start_rest_timer(sent.front().due);
    link_->drop("takes too long to answer (" + std::to_string(options_.response_timeout.count()) + " ms)");
}

} // namespace fanfare::detail

#endif

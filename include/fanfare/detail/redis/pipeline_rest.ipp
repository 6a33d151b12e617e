// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REDIS_PIPELINE_REST_IPP
#define FANFARE_DETAIL_REDIS_PIPELINE_REST_IPP

#include <fanfare/detail/redis/command_queue.hpp>
#include <fanfare/detail/redis/pipeline.hpp>

namespace fanfare::detail {

FANFARE_DECL void redis_pipeline::rest()
{
    strand_->post([self = shared_from_this()] {
        if (self->rest_ == rest_state::none)
            self->rest_ = rest_state::wanted;
        self->rest_if_idle();
    });
}

FANFARE_DECL void redis_pipeline::wake()
{
    strand_->post([self = shared_from_this()] { self->end_rest(); });
}

// Under one lock with the look at the queue: a command that comes later finds the link down, and wakes it.
FANFARE_DECL void redis_pipeline::rest_if_idle()
{
    if (rest_ != rest_state::wanted)
        return;
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
    if (on_link_down)
        on_link_down("closed until it is used again");
}

FANFARE_DECL void redis_pipeline::end_rest()
{
    if (rest_ != rest_state::resting) // one that is only wanted still comes
        return;
    rest_ = rest_state::none;
    link_->start();
}

} // namespace fanfare::detail

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REDIS_PIPELINE_IPP
#define FANFARE_DETAIL_REDIS_PIPELINE_IPP

#include <fanfare/detail/redis/command_queue.hpp>
#include <fanfare/detail/redis/login.hpp>
#include <fanfare/detail/redis/pipeline.hpp>
#include <fanfare/error.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

namespace fanfare::detail {

// Tells the commands' handlers that they failed.
template <class Entries>
void fail_all(Entries from, Entries to, error why)
{
    for (; from != to; ++from)
        if (from->done)
            from->done(why, {});
}

FANFARE_DECL redis_pipeline::redis_pipeline(std::shared_ptr<bound_strand> strand, redis_options options)
    : strand_{std::move(strand)}, options_{std::move(options)},
      queue_{std::make_unique<context_bound<redis_command_queue>>(
          asio::query(strand_->here(), asio::execution::context), strand_->here())}
{}

FANFARE_DECL redis_pipeline::~redis_pipeline() = default;

FANFARE_DECL std::shared_ptr<redis_pipeline> redis_pipeline::make(std::shared_ptr<bound_strand> strand,
                                                                  redis_options options)
{
    const std::shared_ptr<redis_pipeline> made{new redis_pipeline{strand, options}};
    made->link_ = std::make_shared<redis_link>(std::move(strand), std::move(options),
                                               std::weak_ptr<redis_link_events>{made});
    return made;
}

FANFARE_DECL void redis_pipeline::start()
{
    link_->start();
}

FANFARE_DECL void redis_pipeline::stop()
{
    strand_->post([self = shared_from_this()] { self->end(); });
    link_->stop();
}

FANFARE_DECL error_code redis_pipeline::send(std::span<const std::string_view> args, handler&& done,
                                             redis_urgency how)
{
    const bool urgent = how == redis_urgency::urgent, prompt = how == redis_urgency::prompt;
    std::size_t size = 16;
    for (const auto arg : args)
        size += arg.size() + 16;
    if (size > options_.queue_bytes && !urgent)
        return error::message_too_large;
    error_code refused = error::bus_unavailable;
    bool posts = false;
    queue_->with([&](redis_command_queue& q) {
        if (q.stopped)
            return;
        if ((urgent && !q.up) || (prompt && q.away))
            return;
        const bool full = q.all_messages >= options_.queue_messages || q.all_bytes + size > options_.queue_bytes;
        if (full && !urgent) { // what waits may wait for an urgent one
            if (!q.blocked())
                refused = error::queue_full;
            return;
        }
        auto& lane = urgent ? q.urgent : q.normal;
        const auto before = lane.bytes.size();
        append_command(lane.bytes, args);
        const auto added = lane.bytes.size() - before;
        const bool waits = q.blocked() && !urgent;
        lane.entries.push_back(
            {std::move(done), added,
             waits ? redis_command_queue::clock::now() : redis_command_queue::clock::time_point{}, prompt});
        ++q.all_messages;
        q.all_bytes += added;
        posts = !std::exchange(q.flush_posted, true);
        refused = {};
    });
    if (posts)
        post_flush();
    return refused;
}

FANFARE_DECL void redis_pipeline::post_flush()
{
    strand_->post([self = shared_from_this()] { self->flush(); });
}

FANFARE_DECL void redis_pipeline::hold(bool on)
{
    queue_->with([on](redis_command_queue& q) {
        q.held = on;
        if (on)
            q.stamp();
        q.flush_posted = true;
    });
    post_flush();
}

FANFARE_DECL void redis_pipeline::drop(std::string why)
{
    strand_->post([self = shared_from_this(), why = std::move(why)] { self->link_->drop(why); });
}

FANFARE_DECL bool redis_pipeline::ready() const
{
    bool out = false;
    queue_->with([&out](const redis_command_queue& q) { out = !q.blocked() && !q.stopped; });
    return out;
}

FANFARE_DECL std::size_t redis_pipeline::size() const
{
    std::size_t out = 0;
    queue_->with([&out](const redis_command_queue& q) { out = q.all_messages; });
    return out;
}

// All that has gathered leaves in one write. While one is under way the rest waits here, where it can still be told
// from what was sent.
FANFARE_DECL void redis_pipeline::flush()
{
    const bool free = link_->up() && !link_->writing();
    bool waits = false;
    queue_->with([&](redis_command_queue& q) {
        q.flush_posted = false;
        waits = q.blocked() && !q.normal.empty();
        if (!free)
            return;
        q.send(q.urgent, link_->outgoing());
        if (!q.blocked())
            q.send(q.normal, link_->outgoing());
    });
    if (waits) {
        end_rest(rest_state::again);
        fail_expired();
    }
    if (link_->outgoing().empty())
        return rest_if_idle();
    link_->flush();
    link_->expect_replies(true);
    limit_in_flight();
}

FANFARE_DECL void redis_pipeline::on_up()
{
    queue_->with([](redis_command_queue& q) {
        q.up = true;
        q.away = false;
    });
    if (on_link_up)
        on_link_up();
    flush();
}

FANFARE_DECL void redis_pipeline::on_down(const std::string& problem)
{
    const auto lost = std::exchange(queue_->here().in_flight, {});
    std::vector<redis_command_queue::entry> unsent;
    const bool was_left = !std::exchange(leaving_, {}).empty();
    queue_->with([&](redis_command_queue& q) {
        const bool attempt_failed = !q.up && !was_left;
        q.away = q.away || attempt_failed;
        q.up = false;
        q.stamp();
        unsent.swap(q.urgent.entries);
        q.urgent.bytes.clear();
        const auto forget = [&q](const redis_command_queue::entry& e) {
            --q.all_messages;
            q.all_bytes -= e.bytes;
        };
        for (const auto& b : lost)
            std::for_each(b.open(), b.entries.end(), forget);
        std::for_each(unsent.begin(), unsent.end(), forget);
    });
    release_answered();
    if (on_link_down)
        on_link_down(problem);
    for (const auto& b : lost)
        fail_all(b.open(), b.entries.end(), error::delivery_unknown);
    fail_all(unsent.begin(), unsent.end(), error::bus_unavailable);
    fail_prompt();
    post_flush(); // what waits may wait too long now
}

// What must not wait for a Redis that is away.
FANFARE_DECL void redis_pipeline::fail_prompt()
{
    std::vector<redis_command_queue::entry> prompt;
    queue_->with([&](redis_command_queue& q) {
        if (q.away)
            prompt = q.take_prompt();
    });
    fail_all(prompt.begin(), prompt.end(), error::bus_unavailable);
}

FANFARE_DECL void redis_pipeline::leave(std::string_view why)
{
    if (!leaving_.empty())
        return;
    leaving_ = why;
    queue_->with([](redis_command_queue& q) {
        q.up = false;
        q.stamp();
    });
}

FANFARE_DECL void redis_pipeline::on_reply(const redis_value& reply)
{
    auto& mine = queue_->here();
    if (mine.in_flight.empty())
        return link_->drop("sent a reply that nobody asked for");
    auto& oldest = mine.in_flight.front();
    auto& answered = oldest.entries[oldest.next++];
    const auto done = std::move(answered.done);
    ++mine.answered_messages;
    mine.answered_bytes += answered.bytes;
    if (oldest.next == oldest.entries.size()) {
        constexpr std::size_t kept = 4096;
        oldest.entries.clear();
        if (oldest.entries.capacity() <= kept)
            mine.spare = std::move(oldest.entries);
        mine.in_flight.pop_front();
    }
    if (reply.is_error() && is_no_primary(reply.text()))
        leave("answers " + tidy_redis_text(reply.text(), options_.password));
    if (done)
        done(reply.is_error() ? error_code{error::redis_failed} : error_code{}, reply);
}

FANFARE_DECL void redis_pipeline::on_read_end()
{
    release_answered();
    const bool all_answered = queue_->here().in_flight.empty();
    link_->expect_replies(!all_answered);
    if (all_answered && !leaving_.empty())
        link_->drop(leaving_);
    else if (all_answered)
        rest_if_idle();
}

// Makes room for what was answered, with one lock for all of it.
FANFARE_DECL void redis_pipeline::release_answered()
{
    auto& mine = queue_->here();
    if (mine.answered_messages == 0)
        return;
    queue_->with([](redis_command_queue& q) {
        q.all_messages -= std::exchange(q.answered_messages, 0);
        q.all_bytes -= std::exchange(q.answered_bytes, 0);
    });
}

// Fails what has waited too long, and looks again when the next one has.
FANFARE_DECL void redis_pipeline::fail_expired()
{
    auto& mine = queue_->here();
    std::vector<redis_command_queue::entry> old;
    auto again = redis_command_queue::clock::time_point::max();
    queue_->with([&](redis_command_queue& q) {
        if (!q.blocked())
            return;
        const auto limit = redis_command_queue::clock::now() - options_.queue_time;
        const auto begin = q.normal.begin();
        const auto fresh =
            std::find_if(begin, q.normal.entries.end(), [limit](const auto& e) { return e.queued > limit; });
        std::size_t bytes = 0;
        for (auto e = begin; e != fresh; ++e)
            bytes += e->bytes;
        old.assign(std::make_move_iterator(begin), std::make_move_iterator(fresh));
        q.normal.drop_front(old.size(), bytes);
        q.all_messages -= old.size();
        q.all_bytes -= bytes;
        if (!q.normal.empty())
            again = q.normal.begin()->queued + options_.queue_time;
    });
    fail_all(old.begin(), old.end(), error::bus_unavailable);
    rest_if_idle();
    if (again == redis_command_queue::clock::time_point::max() || std::exchange(mine.timing, true))
        return;
    // Not for each command on its own.
    mine.timer.expires_at(std::max(again, redis_command_queue::clock::now() + std::chrono::milliseconds{20}));
    mine.timer.async_wait([weak = weak_from_this()](error_code) { // cancelled: others may wait since then
        const auto self = weak.lock();
        if (!self)
            return;
        self->queue_->here().timing = false;
        self->fail_expired();
    });
}

FANFARE_DECL void redis_pipeline::end()
{
    auto& mine = queue_->here();
    const auto lost = std::exchange(mine.in_flight, {});
    std::vector<redis_command_queue::entry> unsent, urgent;
    queue_->with([&](redis_command_queue& q) {
        q.stopped = true;
        q.up = false;
        q.normal.compact();
        unsent.swap(q.normal.entries);
        urgent.swap(q.urgent.entries);
        q.normal = q.urgent = {};
        q.all_messages = q.answered_messages = 0;
        q.all_bytes = q.answered_bytes = 0;
    });
    mine.timer.cancel();
    mine.rest_timer.cancel();
    on_link_up = nullptr; // they may hold who holds this
    on_link_down = nullptr;
    for (const auto& b : lost)
        fail_all(b.open(), b.entries.end(), error::delivery_unknown);
    fail_all(urgent.begin(), urgent.end(), error::bus_unavailable);
    fail_all(unsent.begin(), unsent.end(), error::bus_unavailable);
}

} // namespace fanfare::detail

#endif

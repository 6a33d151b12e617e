// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REDIS_PIPELINE_IPP
#define FANFARE_DETAIL_REDIS_PIPELINE_IPP

#include <fanfare/detail/redis/pipeline.hpp>
#include <fanfare/error.hpp>

#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <iterator>
#include <utility>
#include <vector>

namespace fanfare::detail {

/// The commands of a pipeline. Their handlers may hold Asio's objects, so all this goes with the context.
struct redis_queue {
    using clock = std::chrono::steady_clock;

    struct entry {
        redis_pipeline::handler done;
        std::size_t bytes = 0;
        clock::time_point queued{}; // while the way is blocked; else not looked at
    };
    // Commands that wait. Those at the front that were given up stay for a while: taking each off moves all the others.
    struct lane {
        std::string bytes;
        std::vector<entry> entries;
        std::size_t gone = 0; // of the entries
        std::size_t gone_bytes = 0;

        bool empty() const noexcept { return gone == entries.size(); }
        auto begin() { return entries.begin() + static_cast<std::ptrdiff_t>(gone); }
        void forget(std::size_t count, std::size_t size)
        {
            gone += count;
            gone_bytes += size;
            if (2 * gone_bytes >= bytes.size() || 2 * gone >= entries.size())
                compact();
        }
        void compact()
        {
            entries.erase(entries.begin(), begin());
            bytes.erase(0, gone_bytes);
            gone = gone_bytes = 0;
        }
    };
    // Commands that left together.
    struct batch {
        std::vector<entry> entries;
        std::size_t next = 0; // to be answered
        auto open() const { return entries.begin() + static_cast<std::ptrdiff_t>(next); }
    };

    explicit redis_queue(const asio::any_io_executor& executor) : timer{executor} {}

    bool blocked() const noexcept { return !up || held; }

    // Commands that wait from now on for the way to be free.
    void stamp()
    {
        const auto now = clock::now();
        std::for_each(normal.begin(), normal.entries.end(), [now](entry& e) {
            if (e.queued == clock::time_point{})
                e.queued = now;
        });
    }

    // All commands of the lane are written next, and are in flight.
    void leave(lane& from, std::string& outgoing)
    {
        if (from.empty())
            return;
        from.compact();
        if (outgoing.empty())
            outgoing.swap(from.bytes);
        else
            outgoing.append(from.bytes);
        from.bytes.clear();
        in_flight.push_back({std::move(from.entries)});
        from.entries = std::exchange(spare, {});
    }

    // Under the lock.
    lane urgent;
    lane normal;
    std::size_t all_messages = 0; // waiting and in flight
    std::size_t all_bytes = 0;
    bool up = false;
    bool held = false;
    bool woken = false;
    bool stopped = false;

    // On the strand only.
    std::deque<batch> in_flight;
    std::vector<entry> spare;          // empty, with its memory
    std::size_t answered_messages = 0; // not yet taken off `all_messages`
    std::size_t answered_bytes = 0;
    asio::steady_timer timer;
    bool timing = false;
};

template <class Entries>
void give_up(Entries from, Entries to, error why)
{
    for (; from != to; ++from)
        if (from->done)
            from->done(why, {});
}

FANFARE_DECL redis_pipeline::redis_pipeline(std::shared_ptr<bound_strand> strand, redis_options options)
    : strand_{std::move(strand)}, options_{std::move(options)},
      queue_{std::make_unique<context_bound<redis_queue>>(asio::query(strand_->here(), asio::execution::context),
                                                          strand_->here())}
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

FANFARE_DECL error_code redis_pipeline::send(std::span<const std::string_view> args, handler&& done, bool urgent)
{
    std::size_t size = 16;
    for (const auto arg : args)
        size += arg.size() + 16;
    if (size > options_.queue_bytes && !urgent)
        return error::message_too_large;
    error_code refused = error::bus_unavailable;
    bool wakes = false;
    queue_->with([&](redis_queue& q) {
        if (q.stopped)
            return;
        if (urgent && !q.up)
            return;
        const bool full = q.all_messages >= options_.queue_messages || q.all_bytes + size > options_.queue_bytes;
        if (full && !urgent) { // what waits may wait for an urgent one
            if (!q.blocked())
                refused = error::queue_full;
            return;
        }
        auto& way = urgent ? q.urgent : q.normal;
        const auto before = way.bytes.size();
        append_command(way.bytes, args);
        const auto added = way.bytes.size() - before;
        const bool waits = q.blocked() && !urgent;
        way.entries.push_back(
            {std::move(done), added, waits ? redis_queue::clock::now() : redis_queue::clock::time_point{}});
        ++q.all_messages;
        q.all_bytes += added;
        wakes = !std::exchange(q.woken, true);
        refused = {};
    });
    if (wakes)
        wake();
    return refused;
}

FANFARE_DECL void redis_pipeline::wake()
{
    strand_->post([self = shared_from_this()] { self->flush(); });
}

FANFARE_DECL void redis_pipeline::hold(bool on)
{
    queue_->with([on](redis_queue& q) {
        q.held = on;
        if (on)
            q.stamp();
        q.woken = true;
    });
    wake();
}

FANFARE_DECL void redis_pipeline::drop(std::string why)
{
    strand_->post([self = shared_from_this(), why = std::move(why)] { self->link_->drop(why); });
}

FANFARE_DECL bool redis_pipeline::ready() const
{
    bool out = false;
    queue_->with([&out](const redis_queue& q) { out = !q.blocked() && !q.stopped; });
    return out;
}

FANFARE_DECL std::size_t redis_pipeline::size() const
{
    std::size_t out = 0;
    queue_->with([&out](const redis_queue& q) { out = q.all_messages; });
    return out;
}

// All that has gathered leaves in one write. While one is under way the rest waits here, where it can still be told
// from what was sent.
FANFARE_DECL void redis_pipeline::flush()
{
    const bool free = link_->up() && !link_->writing();
    bool waits = false;
    queue_->with([&](redis_queue& q) {
        q.woken = false;
        waits = q.blocked() && !q.normal.empty();
        if (!free)
            return;
        q.leave(q.urgent, link_->outgoing());
        if (!q.blocked())
            q.leave(q.normal, link_->outgoing());
    });
    if (waits)
        expire();
    if (link_->outgoing().empty())
        return;
    link_->flush();
    link_->expect_replies(true);
}

FANFARE_DECL void redis_pipeline::on_up()
{
    queue_->with([](redis_queue& q) { q.up = true; });
    if (on_link_up)
        on_link_up();
    flush();
}

FANFARE_DECL void redis_pipeline::on_down(const std::string& problem)
{
    const auto lost = std::exchange(queue_->here().in_flight, {});
    std::vector<redis_queue::entry> unsent;
    queue_->with([&](redis_queue& q) {
        q.up = false;
        q.stamp();
        unsent.swap(q.urgent.entries);
        q.urgent.bytes.clear();
        const auto forget = [&q](const redis_queue::entry& e) {
            --q.all_messages;
            q.all_bytes -= e.bytes;
        };
        for (const auto& b : lost)
            std::for_each(b.open(), b.entries.end(), forget);
        std::for_each(unsent.begin(), unsent.end(), forget);
    });
    settle();
    if (on_link_down)
        on_link_down(problem);
    for (const auto& b : lost)
        give_up(b.open(), b.entries.end(), error::delivery_unknown);
    give_up(unsent.begin(), unsent.end(), error::bus_unavailable);
    wake(); // what waits may wait too long now
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
    if (done)
        done(reply.is_error() ? error_code{error::redis_failed} : error_code{}, reply);
}

FANFARE_DECL void redis_pipeline::on_read_end()
{
    settle();
    link_->expect_replies(!queue_->here().in_flight.empty());
}

// Makes room for what was answered, with one lock for all of it.
FANFARE_DECL void redis_pipeline::settle()
{
    auto& mine = queue_->here();
    if (mine.answered_messages == 0)
        return;
    queue_->with([](redis_queue& q) {
        q.all_messages -= std::exchange(q.answered_messages, 0);
        q.all_bytes -= std::exchange(q.answered_bytes, 0);
    });
}

// Gives up what has waited too long, and looks again when the next one has.
FANFARE_DECL void redis_pipeline::expire()
{
    auto& mine = queue_->here();
    std::vector<redis_queue::entry> old;
    auto again = redis_queue::clock::time_point::max();
    queue_->with([&](redis_queue& q) {
        if (!q.blocked())
            return;
        const auto limit = redis_queue::clock::now() - options_.queue_time;
        const auto begin = q.normal.begin();
        const auto fresh =
            std::find_if(begin, q.normal.entries.end(), [limit](const auto& e) { return e.queued > limit; });
        std::size_t bytes = 0;
        for (auto e = begin; e != fresh; ++e)
            bytes += e->bytes;
        old.assign(std::make_move_iterator(begin), std::make_move_iterator(fresh));
        q.normal.forget(old.size(), bytes);
        q.all_messages -= old.size();
        q.all_bytes -= bytes;
        if (!q.normal.empty())
            again = q.normal.begin()->queued + options_.queue_time;
    });
    give_up(old.begin(), old.end(), error::bus_unavailable);
    if (again == redis_queue::clock::time_point::max() || std::exchange(mine.timing, true))
        return;
    // Not for each command on its own.
    mine.timer.expires_at(std::max(again, redis_queue::clock::now() + std::chrono::milliseconds{20}));
    mine.timer.async_wait([weak = weak_from_this()](error_code ec) {
        const auto self = weak.lock();
        if (!self)
            return;
        self->queue_->here().timing = false;
        if (!ec)
            self->expire();
    });
}

FANFARE_DECL void redis_pipeline::end()
{
    auto& mine = queue_->here();
    const auto lost = std::exchange(mine.in_flight, {});
    std::vector<redis_queue::entry> unsent, urgent;
    queue_->with([&](redis_queue& q) {
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
    on_link_up = nullptr; // they may hold who holds this
    on_link_down = nullptr;
    for (const auto& b : lost)
        give_up(b.open(), b.entries.end(), error::delivery_unknown);
    give_up(urgent.begin(), urgent.end(), error::bus_unavailable);
    give_up(unsent.begin(), unsent.end(), error::bus_unavailable);
}

} // namespace fanfare::detail

#endif

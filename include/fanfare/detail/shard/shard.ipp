// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SHARD_SHARD_IPP
#define FANFARE_DETAIL_SHARD_SHARD_IPP

#include <fanfare/detail/shard/shard.hpp>

#include <boost/asio/bind_executor.hpp>

#include <algorithm>
#include <utility>

namespace fanfare::detail {

// Receivers served before the shard lets other work pass.
inline constexpr std::size_t delivery_slice = 512;

inline std::chrono::milliseconds tick_for(const hub_options& o)
{
    const auto shortest =
        std::min({o.ping_interval, o.idle_timeout, o.write_timeout, o.close_timeout, o.authorizer_timeout});
    return std::clamp(shortest / 8, std::chrono::milliseconds{10}, std::chrono::milliseconds{1000});
}

FANFARE_DECL shard::shard(const shard_services& shared, asio::any_io_executor executor, std::uint8_t index)
    : shared_{shared}, io_{shard_io::make(std::move(executor))}, index_{index},
      tick_length_{tick_for(shared.options)}, started_{std::chrono::steady_clock::now()},
      random_{std::random_device{}()}, metrics_{shared.options.metrics ? std::make_unique<shard_metrics>()
                                                                       : nullptr}
{
    io_->set_remains([this] { return release_queue(); });
}

FANFARE_DECL shard::~shard()
{
    io_->set_remains({});
}

// Nobody runs what is queued when the context has ended, and it may hold the hub.
FANFARE_DECL std::shared_ptr<void> shard::release_queue()
{
    struct remains {
        std::shared_ptr<void> hub; // goes last: the rooms are its
        std::vector<command> queue;
        std::shared_ptr<void> reads;
        std::shared_ptr<void> renewals;
    };
    const auto out = std::make_shared<remains>(remains{shared_.life.keep(), {}, {}, {}});
    if (out->hub) {
        out->reads = reads.release();
        out->renewals = renewals.release();
        const std::lock_guard lock{mutex_};
        out->queue.swap(queue_);
        last_room_ = nullptr;
    }
    return out;
}

// ---- queue

FANFARE_DECL void shard::deliver(room_state* room, shared_frame message)
{
    const auto generation = room ? room->parts[index_].generation.load() : 0;
    enqueue({.message = std::move(message), .generation = generation}, room);
}

FANFARE_DECL void shard::post(task work)
{
    enqueue({.work = std::make_unique<task>(std::move(work))}, nullptr);
}

FANFARE_DECL void shard::enqueue(command c, room_state* room)
{
    {
        const std::lock_guard lock{mutex_};
        if (c.message)
            count_queued(1, c.message->wire().size());
        c.again = room && room == last_room_;
        if (!c.again)
            c.room = room;
        queue_.push_back(std::move(c));
        last_room_ = room;
        if (std::exchange(armed_, true))
            return;
    }
    wake();
}

// The wait owns the timer, so that it goes with the context.
FANFARE_DECL std::weak_ptr<asio::steady_timer> shard::run_after(std::chrono::milliseconds wait, task work)
{
    const auto timer = std::make_shared<asio::steady_timer>(executor(), wait);
    timer->async_wait(asio::bind_executor(
        executor(), [this, timer, hub = shared_.life.weak(), work = std::move(work)](error_code ec) {
            if (const auto alive = ec ? nullptr : hub.lock())
                work(*this);
        }));
    return timer;
}

// Under the lock, which is cheaper than two atomic additions on lines that publisher and shard contend for.
FANFARE_DECL void shard::count_queued(std::size_t messages, std::size_t bytes) noexcept
{
    queued_messages_.store(queued_messages_.load(std::memory_order_relaxed) + messages, std::memory_order_relaxed);
    queued_bytes_.store(queued_bytes_.load(std::memory_order_relaxed) + bytes, std::memory_order_relaxed);
}

FANFARE_DECL void shard::wake()
{
    io_->post([this, keep = shared_.life.keep()] { drain(); });
}

// One turn: takes what was queued, hands a slice of the messages out, and comes again if there is more.
FANFARE_DECL void shard::drain()
{
    {
        const std::lock_guard lock{mutex_};
        taken_.swap(queue_);
        last_room_ = nullptr;
    }
    room_ptr current;
    for (auto& c : taken_)
        take(c, current);
    // The room of a busy time is kept while it is used: growing again would cost the publishers.
    if (taken_.capacity() > 1024 && taken_.size() < taken_.capacity() / 64)
        std::vector<command>{}.swap(taken_);
    else
        taken_.clear();
    flush(delivery_slice);

    bool again = false;
    {
        const std::lock_guard lock{mutex_};
        again = armed_ = !queue_.empty() || !dirty_.empty();
    }
    if (again)
        wake();
}

FANFARE_DECL void shard::take(command& c, room_ptr& current)
{
    if (c.work)
        return (*c.work)(*this);
    if (!c.again)
        current = std::move(c.room);
    auto& part = current ? current->parts[index_] : everyone_;
    if (current && (c.generation != part.generation.load() || (c.message->at() && !follows(part, *c.message))))
        return uncount(c.message);
    part.pending.push_back(std::move(c.message));
    make_dirty(current, part);
}

// What was queued before the last member left may reach those who joined since: they have it, or were told.
FANFARE_DECL bool shard::follows(shard_room& part, const frame& message) noexcept
{
    const auto& at = message.at();
    const bool known = part.last_set_in == part.generation.load();
    if (known && !message.is_gap() && at.epoch == part.last.epoch && at.offset <= part.last.offset)
        return false;
    part.last = at;
    part.last_set_in = part.generation.load();
    return true;
}

FANFARE_DECL void shard::uncount(const shared_frame& message)
{
    const std::lock_guard lock{mutex_};
    count_queued(0 - std::size_t{1}, 0 - message->wire().size());
}

// ---- connections and members

FANFARE_DECL void shard::add(shard_member& one, int native_socket)
{
    finish_deliveries(everyone_, true);
    if (free_slots_.empty()) {
        free_slots_.push_back(static_cast<std::uint32_t>(slots_.size()));
        slots_.emplace_back();
        generations_.push_back(0);
        deadlines_.emplace_back();
    }
    const auto slot = free_slots_.back();
    free_slots_.pop_back();
    slots_[slot] = {&one, native_socket, native_socket < 0};
    ++generations_[slot];
    one.number_ = number_of(slot);
    ++live_;
    counters_.connections.add();
    counters_.accepted.add();
    arm_timer();
}

FANFARE_DECL void shard::remove(shard_member& one)
{
    const auto slot = one.slot();
    slots_[slot] = {};
    deadlines_[slot] = {};
    free_slots_.push_back(slot);
    --live_;
    forget_connection();
    counters_.connections.subtract();
    counters_.closed.add();
    if (live_ == 0) {
        if (io_->timer)
            io_->timer->cancel();
        if (answers.size() != 0) // the clock, which would end them, stands still; they keep the hub until then
            post([](shard& self) {
                if (self.live_ == 0)
                    self.answers.expire_all();
            });
        for (const auto& tell : std::exchange(on_empty, {}))
            tell();
    }
}

FANFARE_DECL std::uint64_t shard::number_of(std::uint32_t slot) const noexcept
{
    return (std::uint64_t{index_} << 56) | (std::uint64_t{generations_[slot]} << 24) | slot;
}

FANFARE_DECL shard_member* shard::find(std::uint64_t number) noexcept
{
    const auto slot = static_cast<std::size_t>(number & 0xffffff);
    if (slot >= slots_.size() || generations_[slot] != static_cast<std::uint32_t>((number >> 24) & 0xffffffff))
        return nullptr;
    return slots_[slot].owner;
}

FANFARE_DECL std::uint32_t shard::join(room_state& room, std::uint32_t slot)
{
    auto& part = room.parts[index_];
    finish_deliveries(part, false);
    part.members.push_back(slot);
    count_member(room, part);
    shared_.subscriptions.add_member(room);
    return static_cast<std::uint32_t>(part.members.size() - 1);
}

FANFARE_DECL position shard::last_of(room_state& room)
{
    deliver_pending(&room);
    auto& part = room.parts[index_];
    if (!part.last && room.stream) // it may have become known since they joined, and nothing has come
        shared_.rooms.with_stream(room, [&part] { part.last = part.begins_after; });
    return part.last;
}

FANFARE_DECL void shard::deliver_pending(room_state* room)
{
    room ? finish_deliveries(room->parts[index_], false) : finish_deliveries(everyone_, true);
}

// Settles after which message of the room's stream the shard's members begin to get them.
FANFARE_DECL void shard::count_member(room_state& room, shard_room& part)
{
    shared_.rooms.with_stream(room, [&] {
        if (!part.concerned()) {
            part.generation.fetch_add(1);
            part.begins_after = room.stream ? room.stream->last() : fanfare::position{};
        }
        if (part.last_set_in != part.generation.load())
            part.last = part.begins_after; // what follows is in the queue
        part.last_set_in = part.generation.load();
        part.count.fetch_add(1);
    });
}

FANFARE_DECL void shard::leave(room_state& room, std::uint32_t position)
{
    auto& part = room.parts[index_];
    finish_deliveries(part, false);
    const auto moved = part.members.back();
    part.members[position] = moved;
    part.members.pop_back();
    if (position != part.members.size())
        slots_[moved].owner->moved(room, position);
    else if (part.members.empty())
        part.members.shrink_to_fit();
    part.count.fetch_sub(1);
    shared_.subscriptions.remove_member(room);
}

// ---- time

FANFARE_DECL std::uint32_t shard::ticks(std::chrono::milliseconds length) const noexcept
{
    constexpr std::int64_t never = 0x7fff'ffff; // half of what the clock can tell apart: years
    const auto whole = length / tick_length_ + (length % tick_length_ * 2 >= tick_length_ ? 1 : 0);
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(whole, 1, never));
}

FANFARE_DECL void shard::arm_timer()
{
    if (std::exchange(timer_armed_, true))
        return;
    update_clock(); // it stood still while nobody was here
    io_->timer->expires_after(tick_length_);
    io_->timer->async_wait(asio::bind_executor(executor(), [this, keep = shared_.life.keep()](error_code ec) {
        timer_armed_ = false;
        if (metrics_ && !ec)
            metrics_->loop_lag.add(std::chrono::steady_clock::now() - io_->timer->expiry());
        on_tick();
        if (live_ != 0)
            arm_timer();
    }));
}

FANFARE_DECL void shard::update_clock()
{
    tick_ = static_cast<std::uint32_t>((std::chrono::steady_clock::now() - started_) / tick_length_) + 1;
}

FANFARE_DECL void shard::on_tick()
{
    update_clock();
    if (shared_.on_tick)
        shared_.on_tick();
    answers.expire(tick_);
    const auto silent = ticks(shared_.options.idle_timeout);
    for (std::size_t i = 0; i != slots_.size(); ++i) {
        if (!slots_[i].owner)
            continue;
        const auto& d = deadlines_[i];
        if ((d.end_at != 0 && tick_ >= d.end_at) || tick_ >= d.next_ping ||
            (d.expires != 0 && tick_ >= d.expires) || tick_ - d.last_heard >= silent)
            slots_[i].owner->on_tick();
    }
}

FANFARE_DECL std::span<char> shard::read_buffer()
{
    if (read_buffer_.empty())
        read_buffer_.resize(64 * 1024);
    return read_buffer_;
}

FANFARE_DECL std::uint32_t shard::random_below(std::uint32_t bound)
{
    return bound == 0 ? 0 : static_cast<std::uint32_t>(random_() % bound);
}

} // namespace fanfare::detail

#endif

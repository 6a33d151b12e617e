// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SHARD_SHARD_HPP
#define FANFARE_DETAIL_SHARD_SHARD_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/lifetime.hpp>
#include <fanfare/detail/base/request_type.hpp>
#include <fanfare/detail/room/bus_subscriptions.hpp>
#include <fanfare/detail/room/room_state.hpp>
#include <fanfare/detail/shard/answer_deadlines.hpp>
#include <fanfare/detail/shard/read_lines.hpp>
#include <fanfare/detail/shard/shard_counters.hpp>
#include <fanfare/detail/shard/shard_io.hpp>
#include <fanfare/detail/shard/shard_member.hpp>
#include <fanfare/detail/shard/shard_metrics.hpp>
#include <fanfare/detail/shard/turns.hpp>
#include <fanfare/detail/wire/deflater.hpp>
#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/detail/wire/inflater.hpp>
#include <fanfare/options.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <span>
#include <vector>

namespace fanfare::detail {

/// What all shards of a hub share. It outlives them.
struct shard_services {
    const hub_options& options;
    room_registry& rooms;
    bus_subscriptions& subscriptions;
    lifetime& life;
    std::function<void()> on_tick{}; // called on each shard while it has connections, in each of its ticks
};

/// The connections that one executor serves, and their part of the rooms.
///
/// `deliver`, `post` and the loads may be called from any thread, all else only on the executor.
class shard {
public:
    using task = std::function<void(shard&)>;

    shard(const shard_services& shared, asio::any_io_executor executor, std::uint8_t index);
    ~shard();
    shard(const shard&) = delete;
    shard& operator=(const shard&) = delete;

    const asio::any_io_executor& executor() const noexcept { return io_->executor; }
    std::uint8_t index() const noexcept { return index_; }

    /// Publishes, and their bytes, that have not been handed to all receivers yet.
    std::size_t queued_messages() const noexcept { return queued_messages_.load(std::memory_order_relaxed); }
    std::size_t queued_bytes() const noexcept { return queued_bytes_.load(std::memory_order_relaxed); }
    /// Connections that live here or are on their way.
    std::size_t load() const noexcept { return load_.load(std::memory_order_relaxed); }
    void expect_connection() noexcept { load_.fetch_add(1, std::memory_order_relaxed); }
    void forget_connection() noexcept { load_.fetch_sub(1, std::memory_order_relaxed); }

    /// Queues a message for this shard's members of the room; a null room means every connection. The caller keeps
    /// the room alive during the call.
    void deliver(room_state* room, shared_frame message);
    /// Queues work. Everything queued, by whomever, runs in order.
    void post(task work);
    /// Runs `work` on the shard after `wait`, unless the timer is cancelled, or the hub or the context ends before. Only on
    /// the shard.
    std::weak_ptr<asio::steady_timer> run_after(std::chrono::milliseconds wait, task work);

    /// What keeps the hub, and so this shard. From any thread.
    std::shared_ptr<void> keep_hub() const noexcept { return shared_.life.keep(); }
    bool hub_is_stopping() const noexcept { return shared_.life.stopping(); }

    /// A connection begins, and gets its number; and ends.
    void add(shard_member& one, int native_socket);
    void remove(shard_member& one);
    /// The number of the connection in this slot: 8 bits of shard, 32 of generation, 24 of slot. Never 0.
    std::uint64_t number_of(std::uint32_t slot) const noexcept;
    /// The connection of this number, or null if it has ended.
    shard_member* find(std::uint64_t number) noexcept;
    std::size_t connections() const noexcept { return live_; }
    /// Each connection lives in a place of its own, a number below this; null where none lives.
    std::uint32_t places() const noexcept { return static_cast<std::uint32_t>(slots_.size()); }
    shard_member* in_place(std::uint32_t slot) noexcept { return slots_[slot].owner; }
    template <class F>
    void for_each(F f)
    {
        for (std::size_t i = 0; i != slots_.size(); ++i)
            if (auto* s = slots_[i].owner)
                f(*s);
    }

    /// Membership. `join` answers the member's position; `leave` may move another member to it.
    std::uint32_t join(room_state& room, std::uint32_t slot);
    void leave(room_state& room, std::uint32_t position);
    /// The last message of the room's history that the members here have got; delivers what waits first. Not while a
    /// delivery walks over the room's members.
    position last_of(room_state& room);
    /// Delivers what waits for the room's members here, or for everybody: null. Not while a delivery walks over them.
    void deliver_pending(room_state* room);
    /// Whether that is `at`, and nothing is on its way.
    bool is_at(const room_state& room, const position& at) const noexcept
    {
        const auto& part = room.parts[index_];
        return part.last == at && part.pending.empty() && !part.under_way;
    }

    /// Set when the quick path of delivery must not be taken: see `shard_member::deliver`.
    void set_indirect(std::uint32_t slot, bool on) noexcept { slots_[slot].indirect = on; }
    /// Ends a connection when no delivery walks over its rooms: now, or at the end of the present one.
    void end_later(shard_member& one);

    /// Time in ticks of `tick_length`, taken when the timer last fired.
    std::uint32_t now_ticks() const noexcept { return tick_; }
    std::uint32_t ticks(std::chrono::milliseconds length) const noexcept;
    /// How long ago that tick was at most: ticks are taken when the timer fires, and that may be late.
    std::chrono::milliseconds time_since(std::uint32_t tick) const noexcept
    {
        return (now_ticks() - tick + 2) * tick_length_;
    }
    /// A connection's next deadlines; 0 means none.
    struct deadlines {
        std::uint32_t last_heard = 0;
        std::uint32_t next_ping = 0;
        std::uint32_t end_at = 0;
        std::uint32_t expires = 0; // or before: when it is to be told that it will
    };
    deadlines& times(std::uint32_t slot) noexcept { return deadlines_[slot]; }

    std::span<char> read_buffer();
    std::uint32_t random_below(std::uint32_t bound);
    shard_counters& count() noexcept { return counters_; }
    const shard_counters& count() const noexcept { return counters_; }
    /// Null if nothing is to be measured.
    shard_metrics* metrics() noexcept { return metrics_.get(); }
    const shard_metrics* metrics() const noexcept { return metrics_.get(); }
    /// Measures a request that was answered just now, if it is measured. Once.
    void answered(const timed_request& one) noexcept
    {
        if (metrics_)
            metrics_->answered(one);
    }

    /// Connections that wait for the bus before they are greeted. Counted on the shard, read from any thread.
    std::atomic<std::uint32_t> greeting{0};
    /// The reads of stores that its connections, and its part of the rooms, wait for.
    read_lines reads{*this};
    /// What its connections ask the application, and how long they wait.
    answer_deadlines answers;
    /// New identities of its connections, of which each takes effect before the next one.
    turns renewals;
    std::unique_ptr<inflater> inflate;
    std::unique_ptr<deflater> deflate;
    /// Called once when the last connection has ended.
    std::vector<std::function<void()>> on_empty;

private:
    struct command {
        room_ptr room{};
        shared_frame message{};
        std::unique_ptr<task> work{};
        std::uint32_t generation = 0; // of the room's part
        bool again = false;           // for the room of the command before, to spare its counter
    };
    struct place {
        shard_member* owner = nullptr;
        int native_socket = -1;
        bool indirect = false;
    };

    void enqueue(command c, room_state* room);
    void count_queued(std::size_t messages, std::size_t bytes) noexcept;
    void wake();
    std::shared_ptr<void> release_queue();
    void drain();
    void take(command& c, room_ptr& current);
    static bool follows(shard_room& part, const frame& message) noexcept;
    void uncount(const shared_frame& message);
    void count_member(room_state& room, shard_room& part);
    void make_dirty(const room_ptr& room, shard_room& part);
    void flush(std::size_t budget);
    bool begin_delivery(shard_room& part, std::size_t members);
    std::size_t advance(shard_room& part, std::size_t budget, bool everyone);
    void end_delivery(shard_room& part);
    void measure(const shard_room& part, const delivery& done);
    void finish_deliveries(shard_room& part, bool everyone);
    void deliver_to(std::uint32_t slot, delivery& d);
    void end_failed();
    void arm_timer();
    void update_clock();
    void on_tick();

    const shard_services& shared_;
    std::shared_ptr<shard_io> io_;
    std::uint8_t index_;

    // What publishers write, on cache lines of its own.
    alignas(64) std::mutex mutex_; // guards queue_, last_room_, armed_, and changes of the counters
    std::vector<command> queue_;
    room_state* last_room_ = nullptr; // of the last command that is queued
    bool armed_ = false;
    std::atomic<std::size_t> queued_messages_{0};
    std::atomic<std::size_t> queued_bytes_{0};
    std::atomic<std::size_t> load_{0};

    alignas(64) std::vector<command> taken_;
    std::deque<room_ptr> dirty_; // null: everyone_
    shard_room everyone_;
    std::vector<place> slots_;
    std::vector<std::uint32_t> generations_;
    std::vector<deadlines> deadlines_;
    std::vector<std::uint32_t> free_slots_;
    std::vector<boost::intrusive_ptr<shard_member>> failed_; // to be ended after the delivery
    bool walking_ = false;                                   // a delivery loop is on the stack
    std::size_t live_ = 0;

    bool timer_armed_ = false;
    std::chrono::milliseconds tick_length_;
    std::chrono::steady_clock::time_point started_;
    std::uint32_t tick_ = 1;
    std::vector<char> read_buffer_;
    std::minstd_rand random_;
    shard_counters counters_;
    const std::unique_ptr<shard_metrics> metrics_;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/shard/read_lines.ipp>
#include <fanfare/detail/shard/shard.ipp>
#include <fanfare/detail/shard/shard_delivery.ipp>
#endif

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_PRESENCE_PRESENCE_TRACKER_HPP
#define FANFARE_DETAIL_PRESENCE_PRESENCE_TRACKER_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/connection_id.hpp>
#include <fanfare/detail/base/lifetime.hpp>
#include <fanfare/detail/base/port_metrics.hpp>
#include <fanfare/detail/publish/publisher.hpp>
#include <fanfare/detail/shard/shard.hpp>
#include <fanfare/detail/shard/shard_io.hpp>
#include <fanfare/fwd.hpp>
#include <fanfare/identity.hpp>
#include <fanfare/presence.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace fanfare::detail {

/// What a `presence_tracker` works with.
struct presence_parts {
    const hub_options& options;
    const node_id& node;
    shard& first;
    publisher& events;
    const std::shared_ptr<port_metrics>& stores;
    const lifetime& life;
};

/// Tells the presence store which of the hub's connections are in which rooms, keeps that alive, and publishes `join`
/// and `leave` to the rooms.
///
/// Works on the first shard, so that all of the hub's events of a room have one order. For each connection and room
/// at most one operation is under way; what is wanted meanwhile follows when its answer has come. An operation that
/// failed leaves its entry `unsure` and is done again at the next refresh.
class presence_tracker {
public:
    explicit presence_tracker(const presence_parts& parts) : parts_{parts} {}
    /// Takes out of the store what is still in it.
    ~presence_tracker();
    presence_tracker(const presence_tracker&) = delete;
    presence_tracker& operator=(const presence_tracker&) = delete;

    /// Before the first connection.
    void use(any_presence store) { store_ = given_ = std::move(store); }
    /// How the link of the store that it uses stands. Thread-safe.
    link_status status() const { return given_ ? given_.status() : link_status{}; }
    /// The hub has shut down: what the store has not answered is not told to it again, and it is not needed any more. Only on
    /// the first shard.
    void end();

    /// A connection has joined or left a room with presence. Thread-safe; for one connection in order.
    void entered(std::string_view room, std::uint64_t number, std::shared_ptr<const identity> who);
    void left(std::string_view room, std::uint64_t number);
    /// Who is in the room; sees what this thread's calls have done before. Thread-safe; the handler comes on any
    /// thread.
    void read(std::string_view room, std::size_t limit, presence_was_read handler);
    /// The hub is stopping: who has left is gone at once. Thread-safe.
    void stop();
    /// Calls `tell` when the store has answered everything; only on the first shard, of a hub that is stopping.
    void when_idle(std::function<void()> tell);
    /// Operations of the store that failed, and events that could not be published. Thread-safe.
    std::uint64_t failures() const noexcept { return failures_.load(std::memory_order_relaxed); }

private:
    using clock = std::chrono::steady_clock;
    enum class phase : std::uint8_t { absent, entering, present, leaving, unsure };
    struct entry {
        std::shared_ptr<const identity> who;
        clock::time_point leaves_at{}; // unless wanted
        std::uint64_t step = 0;        // of the last operation
        phase where = phase::absent;
        bool wanted = true;
    };
    using room_entries = std::unordered_map<std::uint64_t, entry>;
    struct departure {
        clock::time_point when;
        std::string room;
        std::uint64_t number;
    };

    any_presence& store();
    entry* find(const std::string& room, std::uint64_t number);
    void erase(const std::string& room, std::uint64_t number);
    void on_entered(const std::string& room, std::uint64_t number, std::shared_ptr<const identity> who);
    void on_left(const std::string& room, std::uint64_t number);
    void advance(const std::string& room, std::uint64_t number, entry& e);
    void enter(const std::string& room, std::uint64_t number, entry& e);
    void leave(const std::string& room, std::uint64_t number, entry& e);
    presence_changed reply(const std::string& room, std::uint64_t number);
    void answered(const std::string& room, std::uint64_t number, error_code ec, presence_change change);
    void refresh();
    void refreshed(error_code ec, presence_refresh answer);
    void process_departures();
    void announce(const std::string& room, std::string_view type, const std::string& user);
    void failed() noexcept;
    std::chrono::milliseconds interval();
    void arm();
    void on_timer();
    void keep_hub();

    presence_parts parts_;
    any_presence given_; // set before the first connection
    any_presence store_; // empty until it is needed: then the hub's own
    std::atomic<std::uint64_t> failures_{0};

    // Only on the first shard:
    std::unordered_map<std::string, room_entries> rooms_;
    std::deque<departure> departures_; // by time
    std::uint64_t steps_ = 0;
    std::size_t under_way_ = 0;
    std::vector<std::function<void()>> idle_waiters_;
    bool refreshing_ = false;
    std::uint64_t refresh_step_ = 0;
    std::optional<clock::time_point> next_refresh_; // while there are entries
    std::optional<clock::time_point> armed_;
    std::shared_ptr<shard_io> io_;
    std::shared_ptr<shard_io> stopping_io_; // its timer keeps a stopping hub while answers are on their way
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/presence/presence_tracker.ipp>
#endif

#endif

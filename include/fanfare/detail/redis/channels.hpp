// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REDIS_CHANNELS_HPP
#define FANFARE_DETAIL_REDIS_CHANNELS_HPP

#include <fanfare/config.hpp>
#include <fanfare/fwd.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace fanfare::detail {

/// Which rooms are subscribed, which should be, and whom to tell: without I/O, clock or lock of its own.
///
/// `join` and `leave` only note what is wanted. `take_commands` then says what to send; the server answers each channel
/// of each command in order, which comes back by `answered`. A room is in force when its latest command was a SUBSCRIBE
/// and none is unanswered: so an old answer is never taken for that of a new command.
class redis_channels {
public:
    using clock = std::chrono::steady_clock;
    using time_point = clock::time_point;

    struct notice {
        enum class kind : std::uint8_t { joined, missed };
        bus_sink* sink;
        std::string room;
        kind what;
    };
    /// A SUBSCRIBE or UNSUBSCRIBE of these rooms; the views live until the next call.
    struct command {
        bool subscribe = true;
        std::vector<std::string_view> rooms{};
    };
    struct receiver {
        bus_sink* sink;
        bool
            skipping; ///< The latest messages were not delivered to it for backpressure, and it was told `missed`.
    };
    enum class outcome : std::uint8_t {
        ok,
        retry,         ///< A command for several channels failed; each will be tried in a command of its own.
        refused,       ///< The command for one channel failed: it stays out of force until another try succeeds.
        still_refused, ///< Another try of such a channel has failed.
        unexpected,    ///< Not the answer to what was sent.
    };

    /// `linger`: how long a room stays subscribed without members. `batch`: channels in a command, at least 1.
    redis_channels(clock::duration linger, std::size_t batch) : linger_{linger}, batch_{batch} {}

    /// Notes a member. True if the room is in force. Otherwise commands are due, and a notice follows.
    bool join(bus_sink& sink, std::string_view room);
    void leave(bus_sink& sink, std::string_view room, time_point now);
    /// Forgets a sink altogether.
    void remove(bus_sink& sink, time_point now);
    /// Whether `take_commands` has something to do; also at `next_deadline()`.
    bool commands_due() const noexcept { return !changes_.empty() || !notices_.empty(); }
    std::optional<time_point> next_deadline() const;

    /// What to send now.
    std::vector<command> take_commands(time_point now);
    bool notices_due() const noexcept { return !notices_.empty(); }
    /// Takes the notices that are due; they must be given before the next answer or message is looked at.
    std::vector<notice> take_notices() { return std::exchange(notices_, {}); }

    /// The connection is there, without any subscription: everything that is wanted is due in the next
    /// `take_commands`, and counts as pending.
    void link_up();
    /// The connection is gone, and with it every subscription and every answer. Who waits is told `joined`; when the
    /// room is in force again all its members are told `missed`.
    void link_down();
    /// An answer for one channel.
    outcome answered(bool subscribe, std::string_view room);
    /// An error instead of the answers to the oldest command; its first room goes to `room`.
    outcome failed(std::string& room);
    /// Has some of the refused rooms tried again in the next `take_commands`, others each time. False if none is.
    bool retry_refused();

    /// The sinks that get a message of `room`.
    void receivers(std::string_view room, std::vector<receiver>& out) const;
    void set_skipping(bus_sink& sink, std::string_view room, bool skipping);
    bool in_force(std::string_view room) const;
    /// Notes `missed` for every member of every room, or for those of one room.
    void note_all_missed();
    void note_missed(std::string_view room);

    /// Rooms that are subscribed or asked for, lingering ones included.
    std::size_t subscriptions() const noexcept { return asked_; }
    /// Answers that have not come.
    std::size_t unanswered() const noexcept { return unanswered_; }
    /// Rooms that were wanted when the link came up, and are neither in force nor refused nor left by all members yet.
    std::size_t pending() const noexcept { return pending_; }
    /// Rooms with members.
    std::size_t joined_rooms() const noexcept { return joined_rooms_; }

private:
    struct member {
        bus_sink* sink;
        bool waiting = false;     // its join answered false, and `joined` has not been noted
        bool owed_missed = false; // gets `missed` when the room is in force
        bool skipping = false;
    };
    struct entry {
        std::string_view room{}; // the key
        std::vector<member> members{};
        time_point linger_until{};
        std::uint32_t unanswered = 0;
        bool asked = false;      // the latest command on this link was a SUBSCRIBE
        bool changed = false;    // in changes_
        bool lingering = false;  // in lingering_
        bool sent_alone = false; // a command with others failed
        bool refused = false;    // in refused_
        bool retried = false;    // is to be tried although it was refused
        bool pending = false;    // counts in pending_

        bool in_force() const noexcept { return asked && unanswered == 0; }
    };
    struct sent {
        bool subscribe;
        std::vector<entry*> entries;
        std::size_t next = 0;
    };
    struct hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view room) const noexcept
        {
            return std::hash<std::string_view>{}(room);
        }
    };
    using table = std::unordered_map<std::string, entry, hash, std::equal_to<>>;

    const entry* find(std::string_view room) const;
    entry* find(std::string_view room) { return const_cast<entry*>(std::as_const(*this).find(room)); }
    void mark_changed(entry& e);
    void note(entry& e, const member& m, notice::kind what)
    {
        notices_.push_back({m.sink, std::string{e.room}, what});
    }
    void begin_lingering(entry& e, time_point now);
    void end_lingering(time_point now);
    void send(std::vector<command>& out, const std::vector<entry*>& entries, bool subscribe);
    void now_in_force(entry& e);
    void now_failed(entry& e, bool with_others);
    void set_asked(entry& e, bool asked) noexcept;
    void set_refused(entry& e, bool refused);
    void no_longer_pending(entry& e) noexcept;
    void erase_if_idle(entry& e);

    clock::duration linger_;
    std::size_t batch_;
    table rooms_;
    std::vector<entry*> changes_;
    std::deque<std::pair<time_point, entry*>> lingering_;
    std::deque<sent> sent_;
    std::vector<notice> notices_;
    std::set<std::string_view> refused_;
    std::string last_retried_;
    std::size_t asked_ = 0;
    std::size_t unanswered_ = 0;
    std::size_t pending_ = 0;
    std::size_t joined_rooms_ = 0;
    bool up_ = false;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/redis/channels.ipp>
#endif

#endif

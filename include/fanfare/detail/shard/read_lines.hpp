// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SHARD_READ_LINES_HPP
#define FANFARE_DETAIL_SHARD_READ_LINES_HPP

#include <fanfare/config.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <unordered_map>

namespace fanfare::detail {

class shard;

/// What a read is for. Each kind has a line of its own: a store that is slow holds up its own readers only.
enum class read_kind : std::uint8_t {
    recovery, ///< For members of rooms: what they missed, and what is lacking in the live stream.
    page,     ///< A page of a room's history.
    presence,
    inbox,
};

/// Whether a read can begin.
enum class read_standing : std::uint8_t {
    ready,
    not_now, ///< Its owner has no room for the answer, and will `resume`.
    gone,    ///< Nobody waits for the answer: it is dropped.
};

/// The place of a read that is under way. The end of the last copy gives it back; from any thread.
using read_turn = std::shared_ptr<void>;

struct queued_read {
    std::uint64_t owner = 0;              ///< The connection's number; 0: none, of which there may be many.
    std::function<read_standing()> ask{}; ///< Empty: always ready.
    std::function<void(read_turn)> start{};
};

/// The reads of stores that one shard has begun or will begin: a few at a time, and the others wait here instead of in
/// the store. So an append waits behind a few reads at most, other work of the shard comes in between, and a read whose
/// client has gone meanwhile is never made. The owners take turns. Only on the shard, but for the end of a turn.
class read_lines {
public:
    /// Reads of one kind that are under way at most.
    static constexpr std::size_t max_under_way = 2;

    explicit read_lines(shard& home) : home_{home} {}
    read_lines(const read_lines&) = delete;
    read_lines& operator=(const read_lines&) = delete;

    /// Begins the read when its turn comes: before this returns, if nothing is before it. Behind one whose owner has no room
    /// for the answer it waits for `resume`.
    void enter(read_kind kind, queued_read one);
    /// The owner may have room for answers now.
    void resume(std::uint64_t owner);
    /// Drops what waits for this owner.
    void drop(std::uint64_t owner);
    /// Reads that wait for their turn: what others have to wait for. Not counted are those whose owner has no room for the
    /// answer: they are in nobody's way, and requests of one connection, of which there are no more than
    /// `hub_options::max_pending_requests`. Nor recoveries, which are as many as there are connections and rooms.
    std::size_t waiting() const noexcept { return waiting_; }
    /// Takes all that waits out, so that it goes with the result: nobody will run it.
    std::shared_ptr<void> release();

private:
    struct owner {
        std::list<queued_read> reads; // not empty between calls
        bool in_turn = false;         // its number is in `turns`, and its reads are in `waiting_`
    };
    using owners = std::unordered_map<std::uint64_t, owner>;
    struct line {
        owners all;
        std::deque<std::uint64_t> turns;
        std::size_t under_way = 0;
        bool running = false;
    };

    line& of(read_kind kind) noexcept { return lines_[static_cast<std::size_t>(kind)]; }
    void count(const line& of, std::size_t reads) noexcept;
    void uncount(const line& of, std::size_t reads) noexcept;
    void take_turn(line& in, owners::iterator at);
    void run(read_kind kind);
    void begin_next(read_kind kind, owners::iterator at);
    void finished(read_kind kind, std::uint64_t owner);

    shard& home_;
    std::array<line, 4> lines_; // by kind
    std::size_t waiting_ = 0;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/shard/shard.hpp> // which holds the body, as it needs the shard
#endif

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SESSION_CATCH_UP_HPP
#define FANFARE_DETAIL_SESSION_CATCH_UP_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/room/stream_sequencer.hpp>
#include <fanfare/detail/wire/frame.hpp>
#include <fanfare/position.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fanfare::detail {

/// How one receiver gets from a position in a room's history to the live stream: live messages wait while the history is
/// read and sent; both are merged by offset, without a hole or a repetition. No I/O, no clock.
class catch_up {
public:
    /// Live messages that wait at most, if their bytes do not end it before; beyond it the history is read again.
    static constexpr std::size_t max_buffered = 1024;

    /// The receiver has everything up to `sent`; without an epoch it takes the stream from wherever it is.
    /// `number` tells it from others of the same room.
    catch_up(std::string_view room, const position& sent, std::uint32_t number = 0)
        : room_{room}, sent_{sent}, number_{number}
    {}

    const std::string& room() const noexcept { return room_; }
    std::uint32_t number() const noexcept { return number_; }
    const position& sent() const noexcept { return sent_; }

    enum class state : std::uint8_t {
        waiting,  ///< Live messages are dropped; a read is to begin when the socket has drained.
        reading,  ///< Live messages wait for the history.
        sending,  ///< There is something for `next`.
        complete, ///< The live stream may have messages that were sent from the history.
    };
    state now() const noexcept { return state_; }

    /// A read of what is after `sent()` begins.
    void begin_reading() noexcept
    {
        state_ = state::reading;
        overflowed_ = false;
    }
    /// Live messages of this epoch are older than what the history gave.
    void ignore_epoch(std::uint64_t epoch) noexcept;
    /// The first message of a page that the receiver lacks; null if it lacks none of them.
    const frame* first_of(const history_slice& slice) const noexcept;
    /// What is after `first` and up to `last` was sent live before this began, in the epoch of `sent()`.
    void skip(std::uint64_t first, std::uint64_t last) noexcept
    {
        skip_epoch_ = sent_.epoch;
        skip_from_ = first;
        skip_to_ = last;
    }

    enum class live_step { pass, drop, caught_up };
    /// A message of the live stream: `pass` it on; `drop` it, it is kept here, or was sent; or the receiver has `caught_up`:
    /// pass it on. `room`: the bytes that may wait here besides what does.
    live_step live(const shared_frame& message, std::size_t room = no_limit);

    /// Keeps a page of the history until somebody decides what becomes of it: as much as `room` bytes hold, and only while
    /// nothing else needs the room. What it tells besides its messages is kept in any case.
    void keep(const shared_slice& slice, std::size_t room);
    /// What was kept; null if nothing was.
    shared_slice take_kept() noexcept
    {
        kept_bytes_ = 0;
        return std::exchange(kept_, nullptr);
    }

    /// The history's answer, of which the first messages are kept, as many as `room` bytes hold; what follows is read
    /// again. `must`: at least one. False if it does not hold everything after `sent()`: see `continue_live_at` and
    /// `continue_with_gap`.
    bool take_slice(const shared_slice& slice, std::size_t room = no_limit, bool must = true);
    /// Goes on live from `at`, which the caller has told the receiver; nothing is sent from the history. Without an
    /// epoch from wherever the stream is.
    void continue_live_at(const position& at);
    /// The history could not be read, and whether the live stream is ahead of the receiver or behind only the history
    /// knows: it stays where it is, and the history is read again.
    void wait_for_history();
    /// Begins with the oldest message that was read: the receiver asked for the newest, however many there are.
    void begin_at_oldest();
    /// Goes on with what the history still holds; the receiver gets a `gap` marker first. If the history could not be
    /// read it goes on with what comes live of its epoch; a message of another one makes it read again.
    void continue_with_gap(wall_time now);

    /// The next message for the receiver, if there is one. After null: `reading` has to begin again if `must_read()`.
    shared_frame next();
    /// `next` answers this one again.
    void put_back(shared_frame message) noexcept { marker_ = std::move(message); }
    /// Bytes that wait here.
    std::size_t held() const noexcept
    {
        return kept_bytes_ + slice_bytes_ + buffered_bytes_ + (marker_ ? marker_->wire().size() : 0);
    }
    /// Lets go of what waits here and can be read again.
    void release();
    bool must_read() const noexcept { return state_ == state::waiting; }
    /// Whether it is done once the live stream is at `sent()`.
    bool may_end() const noexcept { return state_ == state::complete; }
    /// Whether the history had more, when it was read, than the receiver has.
    bool goes_on() const noexcept { return sent_ && sent_.epoch == goal_.epoch && sent_.offset < goal_.offset; }
    /// The history could not be read when it had to be, and nothing has come since; nor is it being read now.
    bool waits_for_history() const noexcept
    {
        return unread_ && (state_ == state::waiting || state_ == state::complete);
    }
    /// Where the receiver is when it has got all that the history had when it was read.
    position end() const;

private:
    static constexpr auto no_limit = static_cast<std::size_t>(-1);

    struct messages {
        std::size_t first, end, bytes;
    };
    messages lacking(const history_slice& slice, std::size_t room, bool must) const noexcept;

    enum class place { had, next, hole };
    place place_of(const frame& message) noexcept;
    bool has_had(const frame& message) const noexcept;
    bool is_over(std::uint64_t epoch) const noexcept;
    bool has_passed(std::uint64_t epoch) noexcept;
    void learn_from(const position& top) noexcept;
    void follow(const position& at) noexcept;
    void go_to(const position& at) noexcept;
    shared_frame next_of_slice();
    void drop_slice() noexcept;
    position before_first() const;

    std::string room_;
    position sent_;
    std::uint32_t number_;
    // Epochs have no order that could be seen. The live stream may still come through several that were over when the
    // receiver was told its position; only the history knows.
    static constexpr std::size_t max_foreign_messages = 64;
    std::array<std::uint64_t, 4> passed_epochs_{}; // that are over
    std::size_t foreign_messages_ = 0;             // in a row, of those epochs
    std::uint64_t doubtful_epoch_ = 0; // a live message's; over, if what is read after that is of another
    bool stream_came_ = false;         // the live stream has been in the epoch of `sent_`: others are newer
    position goal_{};                  // how far the history went when it was read
    position anew_{};                  // where it goes on for a receiver that it does not go on from
    state state_ = state::waiting;
    bool overflowed_ = false;
    std::uint64_t first_ = 0; // the offset of the first message that the history had for `sent_`
    bool failed_ = false;     // it could not be read
    bool read_ = false;       // it was read, and nothing has been decided since
    // The history could not be read, and the receiver has got nothing since.
    bool unread_ = false;
    // And it was told so: it gets the next message of its epoch, whatever lies between.
    bool told_missed_ = false;
    // Messages of other epochs that do not make it read again: the more, the more often that has failed.
    std::size_t not_to_ask_ = 0;
    unsigned failures_ = 0;
    shared_slice kept_;
    std::size_t kept_bytes_ = 0; // of its messages
    shared_slice slice_;
    std::size_t at_ = 0, end_ = 0; // in the slice
    std::size_t slice_bytes_ = 0;  // between them
    shared_frame marker_;
    std::vector<shared_frame> buffer_;
    std::size_t buffer_at_ = 0;
    std::size_t buffered_bytes_ = 0;
    std::uint64_t skip_epoch_ = 0;
    std::uint64_t skip_from_ = 0;
    std::uint64_t skip_to_ = 0;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/session/catch_up.ipp>
#endif

#endif

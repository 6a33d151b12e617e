// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_ROOM_STREAM_SEQUENCER_HPP
#define FANFARE_DETAIL_ROOM_STREAM_SEQUENCER_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/detail/wire/frame.hpp>
#include <fanfare/position.hpp>

#include <boost/system/error_code.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

namespace fanfare::detail {

/// A part of a room's history, as frames that all who asked share: everything after `from`, up to `end`.
struct history_slice {
    error_code error{};
    position top{};
    std::uint64_t from = 0;             ///< What is not above this was not read.
    std::uint64_t oldest = 0;           ///< That is kept.
    std::uint64_t began = 0;            ///< The epoch, after this one.
    std::vector<shared_frame> frames{}; ///< The first after `from` that are kept; not all, if they are large.
    std::size_t bytes = 0;              ///< Of the frames.

    /// Whether everything after `at` is in it.
    bool reaches_back_to(std::uint64_t offset) const noexcept { return offset >= from && offset + 1 >= oldest; }
    /// Where this epoch goes on for those who have had another one up to `offset`. What is older of it they had.
    position beginning_after(std::uint64_t offset) const noexcept
    {
        return {top.epoch, std::max(std::min(offset, began), oldest == 0 ? 0 : oldest - 1)};
    }
};
using shared_slice = std::shared_ptr<const history_slice>;

/// What a slice tells of the history, with its frames from `first` on and before `end` only: it keeps no others.
shared_slice part_of(const shared_slice& whole, std::size_t first, std::size_t end);

/// The messages of a room with history on their way through one hub: lets them pass in the order of their offsets, and
/// finds holes. What came after a hole waits until it is filled from the history, or the members have been told.
/// No I/O, no clock. All but the constructor under `mutex`.
class stream_sequencer {
public:
    /// Frames that wait behind a hole at most; those above are read again.
    static constexpr std::size_t max_held = 4096;

    enum class step {
        pass,   ///< It is next: deliver it.
        drop,   ///< It was delivered before.
        hold,   ///< It waits.
        repair, ///< It waits, and the history has to be read after `last()`.
    };
    step live(const shared_frame& message);
    /// Messages may have passed by. True if the history has to be read after `last()`.
    bool missed();

    /// The history's answer to a repair. Appends to `out` what is to be delivered now, in order. True if the history
    /// has to be read again, after `last()`.
    bool repaired(const history_slice& slice, std::string_view room, wall_time now,
                  std::vector<shared_frame>& out);

    /// What has been let through; no position while nobody knows.
    const position& last() const noexcept { return last_; }
    /// The room's position as the store tells it, where nothing has passed yet.
    void seed(const position& top) noexcept { last_ = top; }
    /// Where it was when the members were last told of a gap.
    const position& last_gap() const noexcept { return last_gap_; }
    /// Grows with `reset`: the answer to a repair of another round is not for `repaired`.
    std::uint64_t round() const noexcept { return round_; }
    /// The bus has not carried the room for a while.
    void reset();

    std::mutex mutex;

    struct reader {
        position from;
        std::function<void(const shared_slice&)> then;
        bool messages = true;           ///< It wants messages, not only to know what there is.
        std::function<bool()> wanted{}; ///< Whether somebody waits for it still; empty: always.
        std::uint64_t ticket = 0;       ///< Lower ones have waited for longer.
    };
    std::vector<reader> readers; // by ticket
    std::uint64_t tickets = 0;
    bool reading = false;
    bool first_leads = false; // the next read is for who has waited for longest
    /// Those who wait until the room's position is known.
    std::vector<std::function<void()>> seeding;
    bool seed_again = false; // something was missed meanwhile

private:
    bool release_held(std::vector<shared_frame>& out);
    void note_what_is_over(const position& top);
    void forget_delivered();
    void tell_missed(std::string_view room, wall_time now, std::vector<shared_frame>& out);
    void pass_next(std::vector<shared_frame>& out);
    position begin_anew(const history_slice& slice);
    void pass_slice(const history_slice& slice, std::vector<shared_frame>& out);
    bool fill(const history_slice& slice, std::string_view room, wall_time now, std::vector<shared_frame>& out);

    const position* left(std::uint64_t epoch) const noexcept;
    void leave_epoch(std::uint64_t next);
    void note_left(const position& at);
    bool has_left(std::uint64_t epoch) const noexcept;

    position last_{};
    static constexpr std::size_t max_messages_of_left_epochs = 64;
    std::array<position, 4> left_epochs_{};   // the ends of epochs that are gone, the newest first
    std::size_t messages_of_left_epochs_ = 0; // messages of theirs in a row
    std::vector<shared_frame> held_;
    bool repairing_ = false;
    position last_gap_{};
    std::uint64_t round_ = 0;
    bool triggered_ = false; // by the first of `held_`
    bool again_ = false;     // what was missed after the read began
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/room/stream_sequencer.ipp>
#endif

#endif

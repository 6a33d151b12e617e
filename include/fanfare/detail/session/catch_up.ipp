// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SESSION_CATCH_UP_IPP
#define FANFARE_DETAIL_SESSION_CATCH_UP_IPP

#include <fanfare/detail/session/catch_up.hpp>

#include <algorithm>
#include <utility>

namespace fanfare::detail {

// What a live message is to a receiver that has everything up to `sent_`. In the order of the live stream.
FANFARE_DECL catch_up::place catch_up::place_of(const frame& message) noexcept
{
    const auto& at = message.at();
    if (sent_ && at.epoch == sent_.epoch) {
        stream_came_ = true;
        foreign_messages_ = 0;
        if (at.offset <= sent_.offset)
            return place::had;
        // What others lack may still be in the history.
        return told_missed_ || (at.offset == sent_.offset + 1 && !message.is_gap()) ? place::next : place::hole;
    }
    if (has_passed(at.epoch))
        return place::had;
    if (!sent_ || (stream_came_ && message.is_gap()))
        return place::next;
    if (told_missed_ && not_to_ask_ != 0) {
        --not_to_ask_;
        return place::had;
    }
    doubtful_epoch_ = at.epoch;
    return place::hole;
}

FANFARE_DECL void catch_up::ignore_epoch(std::uint64_t epoch) noexcept
{
    if (epoch == 0 || is_over(epoch))
        return;
    std::rotate(passed_epochs_.begin(), passed_epochs_.end() - 1, passed_epochs_.end());
    passed_epochs_.front() = epoch;
}

FANFARE_DECL bool catch_up::is_over(std::uint64_t epoch) const noexcept
{
    return std::find(passed_epochs_.begin(), passed_epochs_.end(), epoch) != passed_epochs_.end();
}

FANFARE_DECL bool catch_up::has_passed(std::uint64_t epoch) noexcept
{
    if (!is_over(epoch))
        return false;
    if (++foreign_messages_ < max_foreign_messages)
        return true;
    foreign_messages_ = 0;
    return false; // so many: somebody may have brought an old history back. The history knows
}

// A live message is passed on.
FANFARE_DECL void catch_up::follow(const position& at) noexcept
{
    go_to(at);
    stream_came_ = true;
    unread_ = told_missed_ = false;
    failures_ = 0;
}

FANFARE_DECL catch_up::live_step catch_up::live(const shared_frame& message, std::size_t room)
{
    if (!message->at()) {
        // Whether something is lacking is found out here anyway.
        if (message->is_gap() && (sent_ || state_ == state::waiting))
            return live_step::drop;
        // Before the answer to its request a receiver hears nothing of the room. A `gap` is kept however little may wait.
        const bool gap = message->is_gap();
        if (gap && state_ == state::reading && !buffer_.empty() && buffer_.back()->is_gap() &&
            !buffer_.back()->at())
            return live_step::drop;
        if (state_ != state::reading ||
            (!gap && (buffer_.size() >= max_buffered || message->wire().size() > room)))
            return live_step::pass;
        buffer_.push_back(message);
        buffered_bytes_ += message->wire().size();
        return live_step::drop;
    }
    if (state_ == state::waiting) {
        stream_came_ = stream_came_ || message->at().epoch == sent_.epoch;
        return live_step::drop;
    }
    if (state_ != state::complete) {
        overflowed_ = overflowed_ || buffer_.size() >= max_buffered || message->wire().size() > room;
        if (!overflowed_) {
            buffer_.push_back(message);
            buffered_bytes_ += message->wire().size();
        }
        return live_step::drop;
    }
    switch (place_of(*message)) {
    case place::next: return live_step::caught_up;
    case place::had: return live_step::drop;
    case place::hole: state_ = state::waiting; return live_step::drop; // the history knows
    }
    return live_step::drop;
}

FANFARE_DECL void catch_up::go_to(const position& at) noexcept
{
    if (at.epoch != sent_.epoch) {
        ignore_epoch(sent_.epoch);
        std::replace(passed_epochs_.begin(), passed_epochs_.end(), at.epoch, std::uint64_t{0});
        stream_came_ = false;
    }
    sent_ = at;
}

// What the history of now says about the epochs that the receiver or the live stream were in.
FANFARE_DECL void catch_up::learn_from(const position& top) noexcept
{
    if (const auto doubtful = std::exchange(doubtful_epoch_, 0); doubtful != top.epoch)
        ignore_epoch(doubtful);
    unread_ = told_missed_ = false;
    failures_ = 0;
}

FANFARE_DECL bool catch_up::has_had(const frame& message) const noexcept
{
    return message.at().epoch == sent_.epoch && message.at().offset <= sent_.offset;
}

FANFARE_DECL const frame* catch_up::first_of(const history_slice& slice) const noexcept
{
    const auto at = std::find_if(slice.frames.begin(), slice.frames.end(),
                                 [this](const shared_frame& f) { return !has_had(*f); });
    return at == slice.frames.end() ? nullptr : at->get();
}

// Those that the receiver has not had, as many as `room` bytes hold. `must`: at least one.
FANFARE_DECL catch_up::messages catch_up::lacking(const history_slice& slice, std::size_t room,
                                                  bool must) const noexcept
{
    messages out{};
    const auto& frames = slice.frames;
    while (out.first != frames.size() && has_had(*frames[out.first]))
        ++out.first;
    for (out.end = out.first; out.end != frames.size(); ++out.end) {
        const auto more = frames[out.end]->wire().size();
        if (out.bytes + more > room && !(must && out.end == out.first))
            break;
        out.bytes += more;
    }
    return out;
}

FANFARE_DECL void catch_up::keep(const shared_slice& slice, std::size_t room)
{
    const auto [first, end, bytes] = lacking(*slice, room, false);
    kept_ = part_of(slice, first, end);
    kept_bytes_ = bytes;
}

FANFARE_DECL bool catch_up::take_slice(const shared_slice& slice, std::size_t room, bool must)
{
    drop_slice();
    state_ = state::sending;
    failed_ = static_cast<bool>(slice->error);
    goal_ = anew_ = failed_ ? position{} : slice->top;
    read_ = !failed_;
    if (read_)
        learn_from(goal_);
    if (sent_ && read_ && goal_.epoch != sent_.epoch && !is_over(goal_.epoch)) // or it was brought back
        anew_ = slice->beginning_after(sent_.offset);
    first_ = slice->from < slice->top.offset ? std::max(slice->oldest, slice->from + 1) : slice->top.offset + 1;
    if (read_ && goal_.epoch != skip_epoch_) { // of another epoch only what it has from the one before was sent
        skip_to_ = std::min(skip_to_, slice->began);
        skip_epoch_ = goal_.epoch;
    }
    const auto [first, end, bytes] = lacking(*slice, room, must);
    if (end != first) { // the rest must not be kept with it
        slice_ = part_of(slice, first, end);
        end_ = end - first;
        slice_bytes_ = bytes;
    }
    return sent_ && !failed_ && slice->top.epoch == sent_.epoch && sent_.offset <= slice->top.offset &&
           slice->reaches_back_to(sent_.offset);
}

FANFARE_DECL void catch_up::drop_slice() noexcept
{
    slice_ = nullptr;
    at_ = end_ = slice_bytes_ = 0;
}

FANFARE_DECL void catch_up::continue_live_at(const position& at)
{
    if (read_ && sent_.epoch != goal_.epoch)
        ignore_epoch(sent_.epoch);
    read_ = false;
    stream_came_ = stream_came_ && at.epoch == sent_.epoch;
    sent_ = at;
    drop_slice();
    goal_ = {};
    state_ = state::sending;
}

FANFARE_DECL void catch_up::wait_for_history()
{
    unread_ = overflowed_ = true;
    release();
}

// Before the first message that the history had.
FANFARE_DECL position catch_up::before_first() const
{
    return {goal_.epoch, first_ - 1};
}

FANFARE_DECL void catch_up::begin_at_oldest()
{
    sent_ = before_first();
}

FANFARE_DECL void catch_up::continue_with_gap(wall_time now)
{
    if (failed_) {
        if (!std::exchange(told_missed_, true))
            marker_ = encode_missed(room_, now);
        unread_ = true;
        not_to_ask_ = (std::size_t{1} << failures_) - 1;
        failures_ = std::min(failures_ + 1, 6U);
        return;
    }
    const bool same = sent_.epoch == goal_.epoch && sent_.offset <= goal_.offset;
    go_to(same ? before_first() : anew_);
    marker_ = encode_lost(room_, sent_, now);
}

FANFARE_DECL void catch_up::release()
{
    if (kept_bytes_ != 0)
        kept_ = part_of(kept_, 0, 0);
    kept_bytes_ = 0;
    if (!sent_ || (state_ != state::sending && state_ != state::reading))
        return;
    drop_slice();
    const auto before = buffer_.size();
    std::erase_if(buffer_, [this](const shared_frame& f) {
        if (!f || !f->at())
            return !f;
        buffered_bytes_ -= f->wire().size();
        return true;
    });
    overflowed_ = overflowed_ || buffer_.size() != before;
    buffer_at_ = 0;
}

FANFARE_DECL shared_frame catch_up::next()
{
    if (state_ != state::sending)
        return nullptr;
    if (marker_)
        return std::exchange(marker_, nullptr);
    if (auto f = next_of_slice())
        return f;
    shared_frame found;
    while (buffer_at_ != buffer_.size() && !found && state_ == state::sending) {
        auto f = std::move(buffer_[buffer_at_++]);
        buffered_bytes_ -= f->wire().size();
        const auto here = f->at() ? place_of(*f) : place::next;
        if (here == place::next)
            found = std::move(f);
        else if (here == place::hole)
            state_ = state::waiting; // the slice ended too early
    }
    if (found) {
        if (found->at())
            follow(found->at());
        return found;
    }
    if (state_ == state::sending)
        state_ = overflowed_ || goes_on() ? state::waiting : state::complete;
    std::erase_if(buffer_, [](const shared_frame& f) { return !f || f->at(); });
    buffer_at_ = 0;
    buffered_bytes_ = 0;
    for (const auto& f : buffer_)
        buffered_bytes_ += f->wire().size();
    return nullptr;
}

FANFARE_DECL shared_frame catch_up::next_of_slice()
{
    while (at_ != end_) {
        auto f = slice_->frames[at_++];
        slice_bytes_ -= f->wire().size();
        const auto offset = f->at().offset;
        if (f->at().epoch != sent_.epoch || offset != sent_.offset + 1)
            continue;
        sent_ = f->at();
        if (offset <= skip_from_ || offset > skip_to_)
            return f;
    }
    drop_slice();
    return nullptr;
}

FANFARE_DECL position catch_up::end() const
{
    return goal_.epoch == sent_.epoch ? position{sent_.epoch, std::max(sent_.offset, goal_.offset)} : sent_;
}

} // namespace fanfare::detail

#endif

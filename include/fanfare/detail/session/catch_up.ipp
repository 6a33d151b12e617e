// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SESSION_CATCH_UP_IPP
#define FANFARE_DETAIL_SESSION_CATCH_UP_IPP

#include <fanfare/detail/session/catch_up.hpp>

#include <algorithm>
#include <utility>

namespace fanfare::detail {

// What a message is to a receiver that has everything up to `sent_`.
FANFARE_DECL catch_up::place catch_up::place_of(const frame& message) const noexcept
{
    const auto& at = message.at();
    if (at.epoch == floor_.epoch && at.offset <= floor_.offset)
        return place::had;
    if (ignored_epoch_ != 0 && at.epoch == ignored_epoch_)
        return place::had;
    if (!sent_)
        return place::next;
    if (at.epoch != sent_.epoch)
        return message.is_gap() ? place::next : place::hole;
    if (message.is_gap()) // what others lack may still be in the history
        return at.offset <= sent_.offset ? place::had : place::hole;
    return at.offset <= sent_.offset ? place::had : at.offset == sent_.offset + 1 ? place::next : place::hole;
}

FANFARE_DECL catch_up::live_step catch_up::live(const shared_frame& message, std::size_t room)
{
    if (!message->at()) {
        // Whether something is lacking is found out here anyway.
        if (message->is_gap() && (sent_ || state_ == state::waiting))
            return live_step::drop;
        if (state_ != state::reading || buffer_.size() >= max_buffered || message->wire().size() > room)
            return live_step::pass;
        buffer_.push_back(message);
        buffered_bytes_ += message->wire().size();
        return live_step::drop;
    }
    if (state_ == state::waiting)
        return live_step::drop;
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

FANFARE_DECL void catch_up::go_to(const position& at)
{
    if (sent_ && at && at.epoch != sent_.epoch)
        ignored_epoch_ = sent_.epoch;
    sent_ = at;
}

FANFARE_DECL bool catch_up::take_slice(const shared_slice& slice, std::size_t room, bool must)
{
    drop_slice();
    state_ = state::sending;
    failed_ = static_cast<bool>(slice->error);
    goal_ = anew_ = failed_ ? position{} : slice->top;
    if (sent_ && !failed_ && goal_.epoch != sent_.epoch && goal_.epoch != ignored_epoch_) // or it was brought back
        anew_ = slice->beginning_after(sent_.offset);
    first_ = slice->from < slice->top.offset ? std::max(slice->oldest, slice->from + 1) : slice->top.offset + 1;
    const auto& frames = slice->frames;
    while (at_ != frames.size() && frames[at_]->at().epoch == sent_.epoch &&
           frames[at_]->at().offset <= sent_.offset)
        ++at_;
    for (end_ = at_; end_ != frames.size(); ++end_) {
        const auto more = frames[end_]->wire().size();
        if (slice_bytes_ + more > room && !(must && end_ == at_))
            break;
        slice_bytes_ += more;
    }
    if (end_ != at_ && end_ - at_ == frames.size()) {
        slice_ = slice;
    } else if (end_ != at_) { // the rest must not be kept with it
        auto part = std::make_shared<history_slice>();
        part->frames.assign(frames.begin() + static_cast<std::ptrdiff_t>(at_),
                            frames.begin() + static_cast<std::ptrdiff_t>(end_));
        end_ -= std::exchange(at_, 0);
        slice_ = std::move(part);
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
    if (!at && sent_)
        floor_ = sent_; // what the receiver has may come once more, from wherever the stream is
    sent_ = at;
    drop_slice();
    goal_ = {};
    state_ = state::sending;
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
        marker_ = encode_missed(room_, now);
        return continue_live_at({});
    }
    const bool same = sent_.epoch == goal_.epoch && sent_.offset <= goal_.offset;
    go_to(same ? before_first() : anew_);
    marker_ = encode_lost(room_, sent_, now);
}

FANFARE_DECL void catch_up::release()
{
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
        if (!f->at() || place_of(*f) == place::next)
            found = std::move(f);
        else if (place_of(*f) == place::hole)
            state_ = state::waiting; // the slice ended too early
    }
    if (found) {
        if (found->at())
            go_to(found->at());
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

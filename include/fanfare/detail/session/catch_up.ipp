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

FANFARE_DECL catch_up::live_step catch_up::live(const shared_frame& message)
{
    if (!message->at()) {
        // Whether something is lacking is found out here anyway.
        if (message->is_gap() && (sent_ || state_ == state::waiting))
            return live_step::drop;
        if (state_ != state::reading || buffer_.size() >= max_buffered)
            return live_step::pass;
        buffer_.push_back(message);
        return live_step::drop;
    }
    if (state_ == state::waiting)
        return live_step::drop;
    if (state_ != state::complete) {
        overflowed_ = overflowed_ || buffer_.size() >= max_buffered || buffered_bytes_ >= max_buffered_bytes;
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

FANFARE_DECL bool catch_up::take_slice(shared_slice slice)
{
    slice_ = std::move(slice);
    at_ = 0;
    state_ = state::sending;
    goal_ = slice_->error ? 0 : slice_->top.offset;
    return sent_ && !slice_->error && slice_->top.epoch == sent_.epoch && sent_.offset <= slice_->top.offset &&
           slice_->reaches_back_to(sent_.offset);
}

FANFARE_DECL void catch_up::continue_live_at(const position& at)
{
    sent_ = at;
    slice_ = nullptr;
    goal_ = 0;
    state_ = state::sending;
}

FANFARE_DECL void catch_up::begin_at_oldest()
{
    sent_ = slice_->top;
    if (!slice_->frames.empty())
        sent_.offset = slice_->frames.front()->at().offset - 1;
}

FANFARE_DECL void catch_up::continue_with_gap(wall_time now)
{
    if (slice_->error) {
        marker_ = encode_missed(room_, now);
        if (sent_)
            floor_ = sent_;
        return continue_live_at({});
    }
    const bool same = sent_.epoch == slice_->top.epoch && sent_.offset <= slice_->top.offset;
    auto on = slice_->top;
    if (sent_ && slice_->top.epoch != sent_.epoch && slice_->top.epoch != ignored_epoch_) // or it was brought back
        on = slice_->beginning_after(sent_.offset);
    if (same && !slice_->frames.empty())
        on.offset = slice_->frames.front()->at().offset - 1;
    go_to(on);
    marker_ = encode_lost(room_, sent_, now);
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
        state_ = overflowed_ || sent_.offset < goal_ ? state::waiting : state::complete;
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(buffer_at_));
    std::erase_if(buffer_, [](const shared_frame& f) { return f->at(); });
    buffer_at_ = 0;
    buffered_bytes_ = 0;
    return nullptr;
}

FANFARE_DECL shared_frame catch_up::next_of_slice()
{
    while (slice_ && at_ != slice_->frames.size()) {
        const auto& f = slice_->frames[at_++];
        const auto offset = f->at().offset;
        if (f->at().epoch != sent_.epoch || offset != sent_.offset + 1)
            continue;
        sent_ = f->at();
        if (offset <= skip_from_ || offset > skip_to_)
            return f;
    }
    slice_ = nullptr;
    return nullptr;
}

FANFARE_DECL position catch_up::end() const
{
    auto out = sent_;
    if (slice_ && !slice_->frames.empty() && slice_->frames.back()->at().epoch == out.epoch)
        out.offset = std::max(out.offset, slice_->frames.back()->at().offset);
    return out;
}

} // namespace fanfare::detail

#endif

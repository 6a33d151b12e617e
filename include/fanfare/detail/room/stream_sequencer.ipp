// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_ROOM_STREAM_SEQUENCER_IPP
#define FANFARE_DETAIL_ROOM_STREAM_SEQUENCER_IPP

#include <fanfare/detail/room/stream_sequencer.hpp>

#include <algorithm>
#include <utility>

namespace fanfare::detail {

FANFARE_DECL shared_slice part_of(const shared_slice& whole, std::size_t first, std::size_t end)
{
    const auto& all = whole->frames;
    if (first == 0 && end == all.size())
        return whole;
    const auto part = std::make_shared<history_slice>(history_slice{.error = whole->error,
                                                                    .top = whole->top,
                                                                    .from = whole->from,
                                                                    .oldest = whole->oldest,
                                                                    .began = whole->began});
    part->frames.assign(all.begin() + static_cast<std::ptrdiff_t>(first),
                        all.begin() + static_cast<std::ptrdiff_t>(end));
    for (const auto& f : part->frames)
        part->bytes += f->wire().size();
    return part;
}

FANFARE_DECL stream_sequencer::step stream_sequencer::live(const shared_frame& message)
{
    const auto& at = message->at();
    if (!at)
        return step::pass; // from somebody who knows no history
    if (has_left(at.epoch)) {
        if (++messages_of_left_epochs_ < max_messages_of_left_epochs)
            return step::drop;
        messages_of_left_epochs_ = 0; // so many: somebody may have brought an old history back
    }
    if (!repairing_) {
        const bool same = at.epoch == last_.epoch;
        if (!last_ || (same && at.offset == last_.offset + 1)) {
            last_ = at;
            messages_of_left_epochs_ = 0;
            return step::pass;
        }
        if (same && at.offset == last_.offset)
            return step::drop;
    }
    // A lower offset may be a repetition, or a history that was set back: the store knows.
    if (held_.size() < max_held)
        held_.push_back(message);
    else
        again_ = true;
    if (std::exchange(repairing_, true))
        return step::hold;
    triggered_ = true;
    return step::repair;
}

FANFARE_DECL bool stream_sequencer::missed()
{
    if (!last_)
        return false;
    again_ = repairing_;
    if (!repairing_)
        triggered_ = false;
    return !std::exchange(repairing_, true);
}

FANFARE_DECL bool stream_sequencer::repaired(const history_slice& slice, std::string_view room, wall_time now,
                                             std::vector<shared_frame>& out)
{
    if (!std::exchange(repairing_, false))
        return false;  // forgotten meanwhile
    bool cut = false;  // the read has ended before the history did
    bool anew = false; // another epoch: it goes on from its beginning
    const auto told = out.size();
    if (!slice.error)
        note_what_is_over(slice.top);
    if (slice.error)
        tell_missed(room, now, out);
    else if (slice.top.epoch != last_.epoch || slice.top.offset < last_.offset) {
        anew = true;
        out.push_back(encode_lost(room, begin_anew(slice), now));
        pass_slice(slice, out);
    } else
        cut = fill(slice, room, now, out);
    if (std::any_of(out.begin() + static_cast<std::ptrdiff_t>(told), out.end(),
                    [](const shared_frame& f) { return f->is_gap(); }))
        last_gap_ = last_;
    forget_delivered();
    if (release_held(out))
        return true;
    cut = cut || (anew && last_.epoch == slice.top.epoch && last_.offset < slice.top.offset);
    return (std::exchange(again_, false) || cut) && missed();
}

// What the history of now says about others. What made the read necessary was stored before it began.
FANFARE_DECL void stream_sequencer::note_what_is_over(const position& top)
{
    if (triggered_ && !held_.empty() && held_.front()->at().epoch != top.epoch)
        note_left({held_.front()->at().epoch, 0});
}

FANFARE_DECL void stream_sequencer::forget_delivered()
{
    std::erase_if(held_, [this](const shared_frame& f) {
        const auto& at = f->at();
        return at.epoch == last_.epoch && at.offset <= last_.offset;
    });
}

// The history cannot be read: the stream goes on with what waits of its epoch, if something does. That which follows
// what was delivered shows that nothing is missing. Whether another epoch is the next one or an older one only the
// history knows: what waits of it is dropped, and the next message of it asks again.
FANFARE_DECL void stream_sequencer::tell_missed(std::string_view room, wall_time now,
                                                std::vector<shared_frame>& out)
{
    const auto told = out.size();
    const bool only_asked = triggered_ && !held_.empty() && has_left(held_.front()->at().epoch);
    std::erase_if(held_, [this](const shared_frame& f) { return has_left(f->at().epoch); });
    pass_next(out);
    forget_delivered();
    if (held_.empty() && (only_asked || out.size() != told))
        return;
    std::erase_if(held_, [this](const shared_frame& f) { return f->at().epoch != last_.epoch; });
    position goes_on{};
    if (!held_.empty())
        goes_on = last_ = {last_.epoch, held_.front()->at().offset - 1};
    out.push_back(encode_missed(room, now, goes_on));
}

// Delivers what waits and comes next.
FANFARE_DECL void stream_sequencer::pass_next(std::vector<shared_frame>& out)
{
    for (const auto& f : held_)
        if (f->at().epoch == last_.epoch && f->at().offset == last_.offset + 1) {
            last_ = f->at();
            out.push_back(f);
        }
}

// The history has lost what it had, or is another one: then the members get that from its beginning, or from where they
// left it. What waits was published after that, so the stream may go on before it.
FANFARE_DECL position stream_sequencer::begin_anew(const history_slice& slice)
{
    auto begin = slice.top;
    if (const auto* before = left(slice.top.epoch); before && before->offset != 0)
        begin.offset = std::min(before->offset, slice.top.offset);
    else if (slice.top.epoch != last_.epoch)
        begin = slice.beginning_after(last_.offset);
    leave_epoch(slice.top.epoch);
    last_ = begin;
    for (const auto& f : held_)
        if (f->at().epoch == last_.epoch && f->at().offset <= last_.offset) {
            last_.offset = f->at().offset - 1;
            break;
        }
    return last_;
}

// Delivers what the history has; true if it has more.
FANFARE_DECL bool stream_sequencer::fill(const history_slice& slice, std::string_view room, wall_time now,
                                         std::vector<shared_frame>& out)
{
    pass_next(out);
    if (!slice.reaches_back_to(last_.offset)) {
        auto next = slice.frames.empty() ? slice.top.offset + 1 : slice.frames.front()->at().offset;
        // What waits may begin before what is kept.
        for (const auto& f : held_)
            if (f->at().epoch == last_.epoch && f->at().offset > last_.offset)
                next = std::min(next, f->at().offset);
        last_.offset = next - 1;
        out.push_back(encode_lost(room, last_, now));
        pass_next(out);
    }
    pass_slice(slice, out);
    const bool more = !slice.frames.empty() && last_.offset < slice.top.offset;
    // Published, but not in the history that was read after it: the store has lost its end.
    if (triggered_ && !held_.empty() && held_.front()->at().epoch == last_.epoch &&
        held_.front()->at().offset > std::max(slice.top.offset, last_.offset)) {
        last_.offset = held_.front()->at().offset - 1;
        out.push_back(encode_lost(room, last_, now));
    }
    return more;
}

FANFARE_DECL void stream_sequencer::pass_slice(const history_slice& slice, std::vector<shared_frame>& out)
{
    for (const auto& f : slice.frames)
        if (f->at().offset == last_.offset + 1) {
            last_ = f->at();
            out.push_back(f);
        }
}

// Where this epoch was left; null if it was not.
FANFARE_DECL const position* stream_sequencer::left(std::uint64_t epoch) const noexcept
{
    const auto at = std::find_if(left_epochs_.begin(), left_epochs_.end(),
                                 [epoch](const position& p) { return p && p.epoch == epoch; });
    return at == left_epochs_.end() ? nullptr : &*at;
}

FANFARE_DECL void stream_sequencer::leave_epoch(std::uint64_t next)
{
    for (auto& one : left_epochs_)
        if (one.epoch == next)
            one = {};
    if (last_.epoch != next)
        note_left(last_);
}

// What is of the present epoch has not, whatever was said of that once.
FANFARE_DECL bool stream_sequencer::has_left(std::uint64_t epoch) const noexcept
{
    return epoch != last_.epoch && left(epoch);
}

// The members have what is up to `at` of an epoch that is over.
FANFARE_DECL void stream_sequencer::note_left(const position& at)
{
    if (!at)
        return;
    if (!has_left(at.epoch)) {
        std::rotate(left_epochs_.begin(), left_epochs_.end() - 1, left_epochs_.end());
        left_epochs_.front() = at;
    }
    if (!held_.empty() && held_.front()->at().epoch == at.epoch)
        triggered_ = false;
    std::erase_if(held_, [&at](const shared_frame& f) { return f->at().epoch == at.epoch; });
}

// Lets pass what waits, up to the next hole; true if there is one.
FANFARE_DECL bool stream_sequencer::release_held(std::vector<shared_frame>& out)
{
    const auto waiting = std::exchange(held_, {});
    bool hole = false;
    for (const auto& f : waiting)
        switch (live(f)) {
        case step::pass: out.push_back(f); break;
        case step::repair: hole = true; break;
        case step::drop:
        case step::hold: break;
        }
    return hole;
}

FANFARE_DECL void stream_sequencer::reset()
{
    last_ = {};
    held_.clear();
    repairing_ = triggered_ = again_ = false;
    ++round_;
}

} // namespace fanfare::detail

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SESSION_SESSION_RECOVERY_IPP
#define FANFARE_DETAIL_SESSION_SESSION_RECOVERY_IPP

// A session that catches up with the history of some of its rooms.

#include <fanfare/detail/session/session.hpp>
#include <fanfare/detail/wire/envelope.hpp>

#include <algorithm>
#include <mutex>
#include <utility>

namespace fanfare::detail {

// Messages that are sent from the history before the socket is tried.
inline constexpr std::size_t catch_up_slice = 64;
// Such slices, of each of its rooms, before the shard lets other work pass.
inline constexpr std::size_t catch_up_rounds = 8;
// Reads for one connection that are under way at most.
inline constexpr std::size_t catch_up_reads = 2;

FANFARE_DECL std::size_t session::waiting_bytes() const noexcept
{
    return (out_.waiting() ? out_.waiting()->bytes() : 0) + catching_.held();
}

FANFARE_DECL std::size_t session::room_left() const noexcept
{
    const auto waiting = waiting_bytes() + reserved_;
    return context_->options.outbox_bytes - std::min(context_->options.outbox_bytes, waiting);
}

FANFARE_DECL bool session::take_slice(catch_up& one, const shared_slice& slice)
{
    const bool nothing_waits = !out_.waiting() && catching_.held() == 0;
    return one.take_slice(slice, room_left(), nothing_waits);
}

FANFARE_DECL catch_up& session::begin_catch_up(std::string_view room, const position& sent)
{
    home_.set_indirect(slot(), true);
    return catching_.begin(room, sent);
}

FANFARE_DECL bool session::got_all_since_joining(const room_state& room, std::uint64_t epoch) const
{
    const auto policy = room.options->overflow;
    if (policy == overflow_policy::drop_oldest || policy == overflow_policy::latest_per_key)
        return false;
    const auto* one = rooms_.find(room.name);
    const auto begin = one ? one->begin : position{};
    const std::lock_guard lock{room.stream->mutex};
    const auto& gap = room.stream->last_gap();
    return begin && begin.epoch == epoch && epoch == room.stream->last().epoch &&
           !(gap.epoch == begin.epoch && gap.offset >= begin.offset);
}

FANFARE_DECL void session::read_on(catch_up& one)
{
    const auto room = rooms_.find(one.room())->room;
    one.begin_reading();
    ++catch_up_reads_;
    const boost::intrusive_ptr<session> keep{this};
    const auto then = [keep, room, number = one.number()](const shared_slice& slice) {
        keep->home().post([keep, room, number, slice](shard&) { keep->page_read(*room, number, slice); });
    };
    context_->history.read_after(room,
                                 {.from = one.sent(),
                                  .wanted = [keep] { return keep->expects_answers(); },
                                  .patience = history_need::for_members},
                                 then);
}

FANFARE_DECL void session::page_read(const room_state& room, std::uint32_t number, const shared_slice& slice)
{
    --catch_up_reads_;
    auto* waits = catching_.find(room.name);
    if (waits && waits->number() == number && waits->now() == catch_up::state::reading) {
        const bool goes_on = waits->goes_on(); // then it was counted when it began
        // What the catchings up hold can be read again. It makes way, or it would be read again for ever, and nothing sent.
        const auto* first = waits->first_of(*slice);
        if (first && first->wire().size() > room_left())
            catching_.release();
        const bool whole = waits->take_slice(slice, room_left(), !out_.waiting());
        if (!whole) {
            rooms_.lost_some(room.name);
            waits->continue_with_gap(wall_now());
        }
        if (!goes_on || !whole)
            context_->count.count_recovered(whole);
    }
    pump();
}

FANFARE_DECL void session::send_on(catch_up& one)
{
    const auto mine = context_->node.except_tag(number());
    for (std::size_t n = 0; n != catch_up_slice && !(out_.waiting() && out_.waiting()->half_full());) {
        auto next = one.next();
        if (!next)
            return;
        if (next->except() == mine)
            continue;
        next = own_form(std::move(next));
        if (!out_.takes(next->wire().size() + catching_.held()))
            return one.put_back(std::move(next));
        push(std::move(next), overflow_policy::close);
        ++n;
    }
}

FANFARE_DECL void session::pump()
{
    const boost::intrusive_ptr<session> keep{this};
    bool more = true;
    std::size_t rounds = 0;
    while (more && !catching_.empty() && phase_ == phase::open && !out_.blocked() && !out_.corked()) {
        if (++rounds > catch_up_rounds) // others wait too
            return home_.post([keep](shard&) { keep->pump(); });
        more = false;
        for (std::size_t i = 0; i < catching_.size(); ++i) {
            auto& one = catching_[i];
            if (one.now() == catch_up::state::sending)
                send_on(one);
            if (one.must_read() && !out_.waiting() && catch_up_reads_ != catch_up_reads)
                read_on(one);
            more = more || one.now() == catch_up::state::sending ||
                   (one.must_read() && catch_up_reads_ != catch_up_reads);
        }
        flush();
        end_completed_catch_ups();
    }
    if (phase_ == phase::open && !out_.blocked() && !out_.waiting())
        home_.set_indirect(slot(), !shard_may_write());
}

// Those whose live stream is where the history ended.
FANFARE_DECL void session::end_completed_catch_ups()
{
    catching_.end_if([this](const catch_up& one) {
        if (!one.may_end())
            return false;
        const auto* in = rooms_.find(one.room());
        return !in || home_.is_at(*in->room, one.sent());
    });
}

// ---- reads of stores, for its requests

FANFARE_DECL read_standing session::standing_for_read() noexcept
{
    if (phase_ != phase::open)
        return read_standing::gone;
    const auto* waiting = out_.waiting();
    const auto due = answers_due_.load(std::memory_order_relaxed) * context_->history.page_bytes();
    reads_wait_ = (waiting ? waiting->bytes() : 0) + due > context_->options.outbox_bytes / 2;
    return reads_wait_ ? read_standing::not_now : read_standing::ready;
}

// Those that had to wait for room in the outbox ask again.
FANFARE_DECL void session::resume_reads()
{
    if (std::exchange(reads_wait_, false))
        home_.post([keep = boost::intrusive_ptr<session>{this}](shard& home) {
            if (keep->open())
                home.reads.resume(keep->number());
        });
}

FANFARE_DECL void session::drop_reads()
{
    expects_answers_.store(false, std::memory_order_relaxed);
    home_.reads.drop(number());
}

} // namespace fanfare::detail

#endif

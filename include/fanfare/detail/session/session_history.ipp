// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SESSION_SESSION_HISTORY_IPP
#define FANFARE_DETAIL_SESSION_SESSION_HISTORY_IPP

// A session that catches up with the history of some of its rooms.

#include <fanfare/detail/base/random.hpp>
#include <fanfare/detail/session/session.hpp>

#include <algorithm>
#include <utility>

namespace fanfare::detail {

// Messages that are sent from the history before the socket is tried.
inline constexpr std::size_t catch_up_slice = 64;
// Such slices, of each of its rooms, before the shard lets other work pass.
inline constexpr std::size_t catch_up_rounds = 8;

FANFARE_DECL catch_up* session::catching(std::string_view room) noexcept
{
    if (catching_)
        for (auto& one : *catching_)
            if (one.room() == room)
                return &one;
    return nullptr;
}

FANFARE_DECL catch_up& session::begin_catch_up(std::string_view room, const position& sent)
{
    if (!catching_)
        catching_ = std::make_unique<std::vector<catch_up>>();
    home_.set_indirect(slot(), true);
    return catching_->emplace_back(room, sent, ++catch_ups_);
}

FANFARE_DECL void session::end_catch_up(std::string_view room)
{
    if (catching_)
        std::erase_if(*catching_, [room](const catch_up& one) { return one.room() == room; });
    if (catching_ && catching_->empty())
        catching_.reset();
}

FANFARE_DECL position session::joined_at(std::string_view room) const noexcept
{
    const auto at = position_of(room);
    return at == rooms_.size() ? position{} : rooms_[at].begin;
}

FANFARE_DECL bool session::got_all_since_joining(const room_state& room) const
{
    const auto policy = room.options->overflow;
    if (policy == overflow_policy::drop_oldest || policy == overflow_policy::latest_per_key)
        return false;
    const auto begin = joined_at(room.name);
    const std::lock_guard lock{room.stream->mutex};
    const auto& gap = room.stream->last_gap();
    return begin.epoch == room.stream->last().epoch && !(gap.epoch == begin.epoch && gap.offset >= begin.offset);
}

FANFARE_DECL room_ptr session::room_of(std::string_view name) const
{
    const auto at = position_of(name);
    return at == rooms_.size() ? room_ptr{} : rooms_[at].room;
}

FANFARE_DECL std::vector<std::string> session::chosen_rooms() const
{
    std::vector<std::string> all;
    for (const auto& m : rooms_)
        if (!m.own)
            all.push_back(m.room->name);
    return all;
}

// The token, and where its own rooms are, so that it can return even if nothing comes before it goes.
FANFARE_DECL void session::add_resumption(json::object& greeting)
{
    if (context_->resumable.enabled()) {
        random_bytes(std::span{reinterpret_cast<unsigned char*>(secret_.data()), sizeof secret_});
        greeting["resume_token"] = context_->node.id_of(number()) + resume_secret();
    }
    json::object positions;
    for (const auto& m : rooms_)
        if (m.begin)
            positions[m.room->name] = position_fields(m.begin);
    if (!positions.empty())
        greeting["positions"] = std::move(positions);
}

FANFARE_DECL std::string session::resume_secret() const
{
    return epoch_text(secret_[0]) + epoch_text(secret_[1]);
}

FANFARE_DECL bool session::direct() noexcept
{
    return native_socket() >= 0 && deflate_bits_ == 0 && greeted_ && !catching_;
}

// ---- live messages

FANFARE_DECL std::vector<shared_frame> session::meant_for_this(const std::vector<shared_frame>& frames,
                                                               bool selective)
{
    std::vector<shared_frame> meant;
    const auto mine = context_->node.except_tag(number());
    for (const auto& f : frames)
        if (!(selective && f->except() == mine) && wants_now(f))
            meant.push_back(f);
    return meant;
}

FANFARE_DECL bool session::wants_now(const shared_frame& message)
{
    auto* one = catching(message->room());
    if (!one)
        return true;
    switch (one->live(message)) {
    case catch_up::live_step::pass: return true;
    case catch_up::live_step::drop: return false;
    case catch_up::live_step::over: end_catch_up(message->room()); return true;
    }
    return true;
}

// ---- the history

FANFARE_DECL void session::read_on(catch_up& one)
{
    const auto room = room_of(one.room());
    one.begin_reading();
    const auto then = [keep = boost::intrusive_ptr<session>{this}, room,
                       number = one.number()](const shared_slice& slice) {
        keep->home().post([keep, room, number, slice](shard&) {
            auto* waits = keep->catching(room->name);
            if (!waits || waits->number() != number || waits->now() != catch_up::state::reading)
                return;
            const bool whole = waits->give(slice);
            if (!whole)
                waits->lose(wall_now());
            keep->context().count.count_recovered(whole);
            keep->pump();
        });
    };
    context_->history.read_after(room, one.sent(), then);
}

FANFARE_DECL void session::send_on(catch_up& one)
{
    const auto mine = context_->node.except_tag(number());
    for (std::size_t n = 0; n != catch_up_slice && !(outbox_ && outbox_->half_full());) {
        auto next = one.next();
        if (!next)
            return;
        if (next->except() == mine)
            continue;
        if (deflate_bits_ != 0 && home_.deflate)
            next = deflated_frame(next, deflate_bits_, *home_.deflate, context_->options.deflate_min_size);
        if (outbox_ && !outbox_->takes(next->wire().size()))
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
    while (more && catching_ && phase_ == phase::open && !blocked_ && !corked_) {
        if (++rounds > catch_up_rounds) // others wait too
            return home_.post([keep](shard&) { keep->pump(); });
        more = false;
        for (std::size_t i = 0; catching_ && i != catching_->size(); ++i) {
            auto& one = (*catching_)[i];
            if (one.now() == catch_up::state::sending)
                send_on(one);
            if (one.must_read() && !outbox_)
                read_on(one);
            more = more || one.now() == catch_up::state::sending || one.must_read();
        }
        flush();
        end_completed_catch_ups();
    }
    if (phase_ == phase::open && !blocked_ && !outbox_)
        home_.set_indirect(slot(), !direct());
}

// Those whose live stream is where the history ended.
FANFARE_DECL void session::end_completed_catch_ups()
{
    if (!catching_)
        return;
    std::erase_if(*catching_, [this](const catch_up& one) {
        if (one.now() != catch_up::state::settled)
            return false;
        const auto room = room_of(one.room());
        return !room || home_.is_at(*room, one.sent());
    });
    if (catching_->empty())
        catching_.reset();
}

} // namespace fanfare::detail

#endif

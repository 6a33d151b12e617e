// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SESSION_SESSION_SENDING_IPP
#define FANFARE_DETAIL_SESSION_SESSION_SENDING_IPP

// A session's way from a delivery, or a message of its own, to the stream.

#include <fanfare/detail/session/session.hpp>
#include <fanfare/detail/wire/envelope.hpp>

#include <utility>

namespace fanfare::detail {

FANFARE_DECL void session::deliver(delivery& d)
{
    if (phase_ != phase::open || !greeted_)
        return;
    const auto* frames = &d.frames();
    auto wire = d.wire();
    if (deflate_bits_ != 0 && home_.deflate) {
        const auto& form = d.deflated(deflate_bits_, *home_.deflate, context_->options.deflate_min_size);
        frames = &form.frames;
        wire = form.wire;
    }
    if (d.selective() || !catching_.empty()) {
        push_all(meant_for_this(*frames, d.selective()), 0);
        flush();
        return pump();
    }
    if (!out_.direct())
        return push_all(*frames, 0);
    error_code ec;
    const auto written = write({&wire, 1}, ec);
    home_.count().writes.add();
    home_.count().sent_bytes.add(written);
    if (ec)
        return home_.end_later(*this);
    if (written == wire.size())
        return home_.count().delivered.add(frames->size());
    continue_later(*frames, written);
}

FANFARE_DECL void session::continue_later(const std::vector<shared_frame>& frames, std::size_t written)
{
    std::size_t i = 0;
    while (written >= frames[i]->wire().size())
        written -= frames[i++]->wire().size();
    home_.count().delivered.add(i);
    if (written != 0) {
        queue().push_started(frames[i++], written);
        home_.count().delivered.add();
    }
    home_.count().short_writes.add();
    push_all(frames, i);
    if (!out_.blocked() && out_.waiting())
        block();
}

FANFARE_DECL std::vector<shared_frame> session::meant_for_this(const std::vector<shared_frame>& frames,
                                                               bool selective)
{
    std::vector<shared_frame> meant;
    const auto mine = context_->node.except_tag(number());
    for (const auto& f : frames)
        if (!(selective && f->except() == mine) && (catching_.empty() || catching_.pass_live(f, room_left())))
            meant.push_back(f);
    return meant;
}

FANFARE_DECL void session::push_all(const std::vector<shared_frame>& frames, std::size_t from)
{
    overflow_policy policy{};
    for (const frame* before = nullptr; from != frames.size() && phase_ == phase::open; ++from) {
        const auto* next = frames[from].get();
        if (!before || next->room() != before->room()) // most often all are of one room
            policy = policy_for(*next);
        push(frames[from], policy);
        before = next;
    }
}

FANFARE_DECL overflow_policy session::policy_for(const frame& message) const noexcept
{
    const auto* one = rooms_.find(message.room());
    return one ? one->room->options->overflow : overflow_policy::close;
}

FANFARE_DECL void session::push(shared_frame message, overflow_policy policy)
{
    if (policy == overflow_policy::resync && message->at())
        if (const auto* one = catching_.find(message->room()); one && one->now() == catch_up::state::waiting)
            return; // of the batch that did not fit: it comes from the history
    const auto size = message->wire().size();
    // What is in the history makes way for what is not.
    if (!catching_.empty() && waiting_bytes() + size > context_->options.outbox_bytes)
        catching_.release();
    const auto held = [this] { return catching_.empty() ? 0 : catching_.held(); };
    // What is only being collected is no reason to do without anything.
    if (out_.corked() && !out_.takes(size + held()) && !flush_collected())
        return;
    const std::string room{policy == overflow_policy::resync ? message->room() : std::string_view{}};
    const auto what = queue().push(std::move(message), policy, held());
    if (what == outbox::result::queued)
        home_.count().delivered.add();
    else
        on_overflow(room, policy, what);
}

// What the outbox has done instead of queueing a message, or besides.
FANFARE_DECL void session::on_overflow(std::string_view room, overflow_policy policy, outbox::result what)
{
    auto& count = home_.count();
    switch (what) {
    case outbox::result::queued: return;
    case outbox::result::conflated: count.delivered.add(); return count.conflated.add();
    case outbox::result::dropped: return count.dropped_by(policy).add(out_.waiting()->take_dropped());
    case outbox::result::overflow: count.slow_closed.add(); return close(close_code::slow_receiver);
    case outbox::result::resync: {
        count.resynced.add(out_.waiting()->take_resynced());
        auto sent = out_.waiting()->resync_from();
        --sent.offset;
        catching_.end(room);
        begin_catch_up(room, sent);
    }
    }
}

// A frame as this connection gets it: deflated, where that was negotiated.
FANFARE_DECL shared_frame session::own_form(shared_frame message) const
{
    if (deflate_bits_ == 0 || !home_.deflate)
        return message;
    return deflated_frame(message, deflate_bits_, *home_.deflate, context_->options.deflate_min_size);
}

FANFARE_DECL void session::send(shared_frame message)
{
    if (phase_ != phase::open || !message)
        return;
    push(own_form(std::move(message)), overflow_policy::close);
    flush();
}

FANFARE_DECL void session::send_message(std::string_view type, const json::value* payload,
                                        const json::value* request_id)
{
    send(protocol_.encode(type, payload, request_id));
}

FANFARE_DECL void session::send_error(const error_code& code, std::string_view message,
                                      const json::value* request_id)
{
    send(protocol_.encode_failure(code, message, request_id));
}

FANFARE_DECL void session::send_pong(std::span<const char> payload)
{
    queue().push_pong(payload);
}

FANFARE_DECL void session::send_ping()
{
    const auto* metrics = home_.metrics();
    pinged_ = metrics != nullptr;
    if (metrics)
        queue().push_ping(metrics->pings.stamp(number()));
    else
        queue().push_ping();
    flush();
}

// When the last ping went out, in ticks.
FANFARE_DECL std::uint32_t session::last_ping() const noexcept
{
    return home_.times(slot()).next_ping - home_.ticks(context_->options.ping_interval);
}

FANFARE_DECL void session::on_pong(std::span<const char> payload) noexcept
{
    if (!pinged_)
        return;
    const auto took = home_.metrics()->pings.since(payload, number());
    if (!took || *took > home_.time_since(last_ping()))
        return; // it has made the payload up, or kept that of an earlier ping
    pinged_ = false;
    home_.metrics()->heartbeats.add(*took);
}

FANFARE_DECL void session::deliver_pending()
{
    home_.deliver_pending(nullptr);
    for (std::size_t i = 0; i < rooms_.size(); ++i)
        home_.deliver_pending(rooms_[i].room.get());
}

// ---- the stream

// Whether the shard may write to the socket without asking the session.
FANFARE_DECL bool session::shard_may_write() noexcept
{
    return native_socket() >= 0 && deflate_bits_ == 0 && greeted_ && catching_.empty();
}

// Writes what waits, unless the stream is known to be full or more is being collected.
FANFARE_DECL void session::flush()
{
    if (out_.blocked() || out_.corked() || phase_ == phase::ended)
        return;
    const auto result = out_.flush(wall_now(), [this](std::span<const std::string_view> buffers, error_code& ec) {
        const auto written = write(buffers, ec);
        home_.count().writes.add();
        home_.count().sent_bytes.add(written);
        return written;
    });
    switch (result) {
    case write_queue::result::sent: return all_sent();
    case write_queue::result::full: home_.count().short_writes.add(); return block();
    case write_queue::result::failed: return home_.end_later(*this);
    }
}

// Also while more is being collected. Answers whether the connection is still open.
FANFARE_DECL bool session::flush_collected()
{
    if (out_.corked() && out_.waiting()) {
        out_.set_corked(false);
        flush();
        out_.set_corked(true);
        home_.set_indirect(slot(), true);
    }
    return phase_ == phase::open;
}

FANFARE_DECL void session::set_blocked(bool on) noexcept
{
    if (out_.blocked() == on)
        return;
    out_.set_blocked(on);
    auto& slow = home_.count().slow_connections;
    on ? slow.add() : slow.subtract();
}

FANFARE_DECL void session::block()
{
    set_blocked(true);
    home_.set_indirect(slot(), true);
    auto& end_at = home_.times(slot()).end_at;
    if (phase_ == phase::open)
        end_at = home_.now_ticks() + home_.ticks(context_->options.write_timeout) + 1;
    wait_write();
}

FANFARE_DECL void session::on_writable()
{
    if (phase_ == phase::ended)
        return;
    set_blocked(false);
    heard(); // it took what was waiting
    if (phase_ == phase::open)
        home_.times(slot()).end_at = 0;
    flush();
    pump();
    resume_reads();
    if (phase_ == phase::open && !reading_ && wants_read())
        start_read();
}

FANFARE_DECL void session::all_sent()
{
    out_.clear();
    if (phase_ == phase::open) {
        home_.set_indirect(slot(), !shard_may_write());
        return resume_reads();
    }
    // The closing handshake is done, or the peer broke the protocol: the server ends TCP first (RFC 6455
    // section 7.1.1), and reads on until the peer has seen the close frame.
    if (phase_ == phase::closing && !std::exchange(write_shut_, true))
        shutdown_write();
}

} // namespace fanfare::detail

#endif

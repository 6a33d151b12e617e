// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SESSION_SESSION_IPP
#define FANFARE_DETAIL_SESSION_SESSION_IPP

#include <fanfare/detail/session/session.hpp>

#include <algorithm>
#include <array>
#include <exception>
#include <iterator>
#include <utility>

namespace fanfare::detail {

FANFARE_DECL session::session(std::shared_ptr<const session_context> context, shard& home,
                              session_settings settings)
    : context_{std::move(context)}, home_{home}, who_{std::move(settings.who)},
      decoder_{ws_limits{context_->options.max_message_size, settings.deflate, settings.client_window_bits}},
      address_{settings.address}, deflate_bits_{static_cast<std::uint8_t>(
                                      settings.deflate ? std::max(settings.server_window_bits, 9) : 0)}
{}

// One that never started gives its places back; one that did has done so in `end`, unless the executor went away.
FANFARE_DECL session::~session()
{
    if (phase_ != phase::fresh)
        return;
    home_.forget_connection();
    context_->admitted.leave(who_->user_id, address_);
}

FANFARE_DECL void session::start(std::span<char> early)
{
    const boost::intrusive_ptr<session> keep{this};
    home_.add(*this, native_socket());
    phase_ = phase::open;
    if (deflate_bits_ != 0)
        home_.set_indirect(slot(), true);
    auto& times = home_.times(slot());
    times.last_heard = home_.now_ticks();
    times.next_ping = home_.now_ticks() + 1 + home_.random_below(home_.ticks(context_->options.ping_interval));
    if (const auto& until = who_->expires_at)
        times.expires = home_.now_ticks() + home_.ticks(std::chrono::duration_cast<std::chrono::milliseconds>(
                                                std::max(*until - wall_now(), wall_time::duration::zero())));
    home_.set_indirect(slot(), true); // nothing goes out before the greeting
    const auto own = own_rooms();
    expected_ = own;
    ++home_.greeting;
    context_->preparation.prepare(home_, own,
                                  [keep, own, early = std::vector<char>(early.begin(), early.end())](
                                      const room_preparation::hold_ptr&) mutable { keep->begin(own, early); });
}

FANFARE_DECL void session::begin(const std::vector<room_ptr>& own, std::span<char> early)
{
    --home_.greeting;
    if (phase_ == phase::open)
        greet(own);
    if (context_->life.stopping())
        close_for_shutdown(close_code::shutdown, context_->options.close_timeout);
    if (phase_ == phase::open && !blocked_ && !outbox_)
        all_sent();
    if (!early.empty() && phase_ == phase::open)
        on_bytes(early);
    if (phase_ != phase::ended && !reading_ && wants_read())
        start_read();
}

// ---- sending

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
    if (d.selective() || catching_) {
        push_all(meant_for_this(*frames, d.selective()), 0);
        flush();
        return pump();
    }
    if (blocked_ || outbox_ || corked_)
        return push_all(*frames, 0);
    error_code ec;
    const auto written = write({&wire, 1}, ec);
    home_.count().writes.add();
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
        box().push_started(frames[i++], written);
        home_.count().delivered.add();
    }
    home_.count().short_writes.add();
    push_all(frames, i);
    if (!blocked_ && outbox_)
        block();
}

FANFARE_DECL void session::push_all(const std::vector<shared_frame>& frames, std::size_t from)
{
    for (; from != frames.size() && phase_ == phase::open; ++from)
        push(frames[from], policy_for(*frames[from]));
}

FANFARE_DECL void session::push(shared_frame message, overflow_policy policy)
{
    if (policy == overflow_policy::resync && message->at())
        if (const auto* one = catching(message->room()); one && one->now() == catch_up::state::parked)
            return; // of the batch that did not fit: it comes from the history
    // What is only being collected is no reason to do without anything.
    if (corked_ && outbox_ && !outbox_->takes(message->wire().size()) && !flush_collected())
        return;
    auto& count = home_.count();
    const std::string room{policy == overflow_policy::resync ? message->room() : std::string_view{}};
    switch (box().push(std::move(message), policy)) {
    case outbox::result::queued: return count.delivered.add();
    case outbox::result::conflated: count.delivered.add(); return count.conflated.add();
    case outbox::result::dropped: return count.dropped.add(outbox_->take_dropped());
    case outbox::result::overflow: count.slow_closed.add(); return close(close_code::slow_receiver);
    case outbox::result::resync: {
        auto sent = outbox_->resync_from();
        --sent.offset;
        end_catch_up(room);
        begin_catch_up(room, sent);
    }
    }
}

FANFARE_DECL void session::send(shared_frame message)
{
    if (phase_ != phase::open)
        return;
    if (deflate_bits_ != 0 && home_.deflate)
        message = deflated_frame(message, deflate_bits_, *home_.deflate, context_->options.deflate_min_size);
    push(std::move(message), overflow_policy::close);
    flush();
}

FANFARE_DECL void session::send_message(std::string_view type, const json::value* payload,
                                        const json::value* request_id)
{
    send(encode({.type = type, .payload = payload, .request_id = request_id}, wall_now()));
}

FANFARE_DECL void session::send_error(const error_code& code, std::string_view message,
                                      const json::value* request_id)
{
    send(encode_error(code, message, request_id, wall_now()));
}

FANFARE_DECL outbox& session::box()
{
    if (!outbox_)
        outbox_ = std::make_unique<outbox>(context_->options.outbox_messages, context_->options.outbox_bytes);
    return *outbox_;
}

// Writes what waits, unless the socket is known to be full or more is being collected.
FANFARE_DECL void session::flush()
{
    if (blocked_ || corked_ || phase_ == phase::ended)
        return;
    std::array<std::string_view, 64> buffers;
    while (outbox_ && !outbox_->empty()) {
        const auto n = outbox_->gather(buffers, wall_now());
        std::size_t size = 0;
        for (std::size_t i = 0; i != n; ++i)
            size += buffers[i].size();
        error_code ec;
        const auto written = write({buffers.data(), n}, ec);
        home_.count().writes.add();
        if (ec)
            return home_.end_later(*this);
        outbox_->consume(written);
        if (written != size) {
            home_.count().short_writes.add();
            return block();
        }
    }
    all_sent();
}

// Also while more is being collected. Answers whether the connection is still open.
FANFARE_DECL bool session::flush_collected()
{
    if (corked_ && outbox_) {
        corked_ = false;
        flush();
        corked_ = true;
        home_.set_indirect(slot(), true);
    }
    return phase_ == phase::open;
}

FANFARE_DECL void session::block()
{
    blocked_ = true;
    home_.set_indirect(slot(), true);
    auto& give_up = home_.times(slot()).give_up;
    if (phase_ == phase::open)
        give_up = home_.now_ticks() + home_.ticks(context_->options.write_timeout) + 1;
    wait_write();
}

FANFARE_DECL void session::on_writable()
{
    if (phase_ == phase::ended)
        return;
    blocked_ = false;
    heard(); // it took what was waiting
    if (phase_ == phase::open)
        home_.times(slot()).give_up = 0;
    flush();
    pump();
    if (phase_ == phase::open && !reading_ && wants_read())
        start_read();
}

FANFARE_DECL void session::all_sent()
{
    outbox_.reset();
    if (phase_ == phase::open) {
        home_.set_indirect(slot(), !direct());
        return;
    }
    // The closing handshake is done, or the peer broke the protocol: the server ends TCP first (RFC 6455
    // section 7.1.1), and reads on until the peer has seen the close frame.
    if (phase_ == phase::closing && !std::exchange(write_shut_, true))
        shutdown_write();
}

// ---- ending

FANFARE_DECL void session::close(close_code code, std::string_view reason)
{
    close(code, reason.empty() ? to_string(code) : reason, context_->options.close_timeout);
}

FANFARE_DECL void session::close(close_code code, std::string_view reason, std::chrono::milliseconds wait)
{
    if (phase_ != phase::open || !flush_collected())
        return;
    phase_ = phase::closing;
    reason_ = code;
    home_.set_indirect(slot(), true);
    home_.times(slot()).give_up = home_.now_ticks() + home_.ticks(wait) + 1;
    box().push_close(code, reason);
    flush();
    if (phase_ == phase::closing && !reading_ && !corked_)
        start_read();
}

FANFARE_DECL void session::close_for_shutdown(close_code code, std::chrono::milliseconds wait)
{
    const auto delay = std::to_string(home_.random_below(context_->life.reconnect_spread()));
    deliver_pending();
    close(code, "{\"reason\":\"shutdown\",\"delay_ms\":" + delay + "}", wait);
}

FANFARE_DECL void session::deliver_pending()
{
    home_.deliver_pending(nullptr);
    for (std::size_t i = 0; i < rooms_.size(); ++i)
        home_.deliver_pending(rooms_[i].room.get());
}

FANFARE_DECL void session::end()
{
    if (phase_ == phase::ended || phase_ == phase::fresh)
        return;
    const boost::intrusive_ptr<session> keep{this};
    phase_ = phase::ended;
    home_.set_indirect(slot(), true); // deliveries that `leave` finishes must not write to the closed descriptor
    close_stream();
    if (auto chosen = chosen_rooms(); !chosen.empty() && context_->resumable.enabled() && greeted_)
        context_->resumable.keep(number(), resume_secret(), who_->user_id, std::move(chosen),
                                 std::chrono::steady_clock::now());
    while (!rooms_.empty()) {
        const auto last = std::move(rooms_.back());
        rooms_.pop_back();
        home_.leave(*last.room, last.position);
        if (last.room->options->presence)
            context_->presence.left(last.room->name, number());
    }
    expected_.clear();
    catching_.reset();
    outbox_.reset();
    context_->admitted.leave(who_->user_id, address_);
    if (announced_)
        context_->handlers.call(home_, context_->handlers.on_disconnect, ref(), reason_);
    home_.remove(*this);
}

FANFARE_DECL void session::on_tick()
{
    auto& times = home_.times(slot());
    const auto now = home_.now_ticks();
    if (times.give_up != 0 && now >= times.give_up) {
        if (phase_ == phase::open) {
            home_.count().write_timeouts.add();
            reason_ = close_code::write_timeout;
        }
        return end();
    }
    const auto& o = context_->options;
    // A peer whose socket is full gets no ping that it could answer: `give_up` sees to it.
    const bool silent = now - times.last_heard >= home_.ticks(o.idle_timeout);
    if (silent && phase_ == phase::open && !blocked_ && has_peer()) {
        home_.count().idle_timeouts.add();
        return close(close_code::stale);
    }
    if (times.expires != 0 && now >= times.expires && phase_ == phase::open)
        return close(close_code::expired);
    if (now >= times.next_ping && !blocked_) {
        times.next_ping = now + home_.ticks(o.ping_interval);
        if (phase_ == phase::open && greeted_) {
            box().push_ping();
            flush();
        }
    }
}

// ---- rooms

FANFARE_DECL std::size_t session::position_of(std::string_view room) const noexcept
{
    std::size_t i = 0;
    while (i != rooms_.size() && rooms_[i].room->name != room)
        ++i;
    return i;
}

FANFARE_DECL std::size_t session::rooms_joined() const noexcept
{
    return static_cast<std::size_t>(
        std::count_if(rooms_.begin(), rooms_.end(), [](const membership& m) { return !m.own; }));
}

FANFARE_DECL bool session::join(const room_ptr& room, bool own)
{
    if (phase_ != phase::open || is_member(room->name))
        return false;
    if (rooms_.empty())
        rooms_.reserve(1); // most connections have one
    rooms_.push_back({room, 0, own});
    rooms_.back().position = home_.join(*room, slot());
    if (room->stream)
        rooms_.back().begin = home_.last_of(*room);
    if (room->options->presence)
        context_->presence.entered(room->name, number(), who_);
    return true;
}

FANFARE_DECL bool session::take_expected(const room_state& room)
{
    const auto at = std::find(expected_.begin(), expected_.end(), &room);
    if (at == expected_.end())
        return false;
    expected_.erase(at);
    return true;
}

FANFARE_DECL bool session::leave(std::string_view room)
{
    const auto at = position_of(room);
    if (at == rooms_.size())
        return !room.starts_with("user:") &&
               std::erase_if(expected_, [room](const room_ptr& r) { return r->name == room; }) != 0;
    if (rooms_[at].own && room.starts_with("user:"))
        return false;
    end_catch_up(room);
    const auto gone = std::move(rooms_[at]);
    rooms_[at] = std::move(rooms_.back());
    rooms_.pop_back();
    home_.leave(*gone.room, gone.position);
    if (gone.room->options->presence)
        context_->presence.left(gone.room->name, number());
    return true;
}

FANFARE_DECL void session::moved(const room_state& room, std::uint32_t position) noexcept
{
    for (auto& m : rooms_)
        if (m.room.get() == &room)
            m.position = position;
}

FANFARE_DECL overflow_policy session::policy_for(const frame& message) const noexcept
{
    const auto at = position_of(message.room());
    return at == rooms_.size() ? overflow_policy::close : rooms_[at].room->options->overflow;
}

FANFARE_DECL connection_ref session::ref() const
{
    return {context_, number(), who_};
}

FANFARE_DECL void session::handler_failed(std::exception_ptr cause)
{
    context_->handlers.failed(home_, cause);
}

FANFARE_DECL bool session::begin_request()
{
    if (pending_requests_ >= context_->options.max_pending_requests)
        return false;
    ++pending_requests_;
    return true;
}

} // namespace fanfare::detail

#endif

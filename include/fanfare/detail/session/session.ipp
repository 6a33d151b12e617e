// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SESSION_SESSION_IPP
#define FANFARE_DETAIL_SESSION_SESSION_IPP

// A session's life: from the admission through the greeting to the end.

#include <fanfare/detail/base/clock_math.hpp>
#include <fanfare/detail/base/random.hpp>
#include <fanfare/detail/session/session.hpp>
#include <fanfare/detail/wire/envelope.hpp>

#include <algorithm>
#include <utility>

namespace fanfare::detail {

inline std::uint32_t steady_milliseconds() noexcept
{
    using namespace std::chrono;
    return static_cast<std::uint32_t>(duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count());
}

FANFARE_DECL session::session(std::shared_ptr<const session_context> context, shard& home,
                              session_settings settings)
    : context_{std::move(context)}, home_{home}, protocol_{*settings.language}, who_{std::move(settings.who)},
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

FANFARE_DECL connection_ref session::ref() const
{
    return {context_, number(), who_};
}

FANFARE_DECL connection_info session::info() const
{
    return {.id = context_->node.id_of(number()),
            .user_id = who_->user_id,
            .address = address_.is_unspecified() ? std::string{} : address_.to_string(),
            .transport = transport_names[static_cast<std::size_t>(transport())],
            .protocol = language_names[static_cast<std::size_t>(protocol_.language)],
            .rooms = rooms_.size(),
            .waiting_messages = out_.waiting() ? out_.waiting()->size() : 0,
            .waiting_bytes = waiting_bytes(),
            .slow = out_.blocked()};
}

// ---- beginning

FANFARE_DECL void session::start(std::span<char> early)
{
    const boost::intrusive_ptr<session> keep{this};
    home_.add(*this, native_socket());
    home_.count().begin(kind_of(transport(), protocol_.language));
    phase_ = phase::open;
    auto& times = home_.times(slot());
    times.last_heard = home_.now_ticks();
    times.next_ping = home_.now_ticks() + 1 + home_.random_below(home_.ticks(context_->options.ping_interval));
    watch_expiry();
    home_.set_indirect(slot(), true); // nothing goes out before the greeting
    const auto own = rooms_of(*who_);
    for (const auto& room : own)
        rooms_.expect(room);
    ++home_.greeting;
    context_->preparation.prepare(home_, own,
                                  [keep, own, early = std::vector<char>(early.begin(), early.end())](
                                      const room_preparation::hold_ptr&) mutable { keep->begin(own, early); });
}

FANFARE_DECL void session::begin(const std::vector<room_ptr>& own, std::span<char> early)
{
    if (phase_ == phase::open && who_->expires_at && *who_->expires_at <= wall_now())
        close(close_code::expired); // while its rooms were prepared
    if (phase_ == phase::open && context_->admitted.check_revoked(*who_) == error::unauthorized)
        close(close_code::revoked); // between its admission and its start, when nobody could find it
    if (phase_ == phase::open)
        greet(own);
    --home_
          .greeting; // not before it is a member: who looks for a user's connections must see the one or the other
    if (context_->life.closing())
        close_for_shutdown(close_code::shutdown, context_->options.close_timeout);
    if (phase_ == phase::open && out_.direct())
        all_sent();
    if (!early.empty() && phase_ == phase::open)
        on_bytes(early);
    if (phase_ != phase::ended && !reading_ && wants_read())
        start_read();
}

FANFARE_DECL void session::greet(const std::vector<room_ptr>& own)
{
    greeted_ = true;
    // Joined before it is told, or what is published once the client knows could miss it.
    for (const auto& room : own)
        if (rooms_.take_expected(*room))
            join(room, true);
    protocol_.greet(*this);
    if (phase_ != phase::open)
        return;
    watch_expiry();
    announced_ = true;
    if (!context_->handlers.call(home_, context_->handlers.on_connect, ref()))
        close(close_code::internal_error, "the connect handler failed");
    home_.renewals.next(number());
    on_greeted(); // which may bring a credential: it waits for those before
}

FANFARE_DECL std::string session::make_resume_token()
{
    random_bytes(std::span{reinterpret_cast<unsigned char*>(secret_.data()), sizeof secret_});
    return context_->node.id_of(number()) + resume_secret();
}

FANFARE_DECL std::string session::resume_secret() const
{
    return epoch_text(secret_[0]) + epoch_text(secret_[1]);
}

// ---- the client's messages

FANFARE_DECL bool session::wants_read() noexcept
{
    if (phase_ == phase::closing)
        return true;
    // A peer that sends but does not take its answers is held back by TCP.
    const auto* waiting = out_.waiting();
    return phase_ == phase::open &&
           !(out_.blocked() && waiting && waiting->bytes() > context_->options.outbox_bytes / 2);
}

FANFARE_DECL void session::on_message(std::string_view data, bool binary)
{
    if (phase_ != phase::open || !greeted_)
        return;
    handle_input([&] {
        if (take_rate())
            handle_message(data, binary);
    });
}

FANFARE_DECL void session::handle_message(std::string_view data, bool binary)
{
    home_.count().received.add();
    home_.count().received_bytes.add(data.size());
    protocol_.on_message(*this, data, binary);
}

FANFARE_DECL bool session::take_rate()
{
    const auto& o = context_->options;
    if (rate_.take(steady_milliseconds(), o.message_rate, o.message_burst))
        return true;
    home_.count().rate_limited.add();
    protocol_.refuse(*this, error::rate_limited, "more messages than allowed", nullptr);
    return false;
}

FANFARE_DECL bool session::take_room() noexcept
{
    const auto& o = context_->options;
    const auto at_once =
        std::min<std::size_t>(o.max_rooms, UINT32_MAX / 2) + std::min(o.room_burst, UINT32_MAX / 2);
    return room_rate_.take(steady_milliseconds(), o.room_rate, static_cast<std::uint32_t>(at_once));
}

FANFARE_DECL void session::refuse(error code, std::string_view message, const json::value* request_id)
{
    protocol_.refuse(*this, code, message, request_id);
}

FANFARE_DECL bool session::add_violation() noexcept
{
    return violations_.add(steady_milliseconds()) > context_->options.max_violations;
}

FANFARE_DECL bool session::begin_request() noexcept
{
    if (pending_requests_.load(std::memory_order_relaxed) >= context_->options.max_pending_requests)
        return false;
    pending_requests_.fetch_add(1, std::memory_order_relaxed);
    return true;
}

// ---- rooms

FANFARE_DECL bool session::join(const room_ptr& room, bool own)
{
    if (phase_ != phase::open || is_member(room->name))
        return false;
    auto& one = rooms_.add(room, own);
    one.position = home_.join(*room, slot());
    if (room->stream)
        one.begin = home_.last_of(*room);
    if (room->options->presence)
        context_->presence.entered(room->name, number(), who_);
    return true;
}

FANFARE_DECL bool session::leave(std::string_view room)
{
    const auto* one = rooms_.find(room);
    if (!one)
        return !room.starts_with("user:") && rooms_.take_expected(room);
    if (one->own && room.starts_with("user:"))
        return false;
    // Only the catching up knows what of this it has had. The place in the list stays: nobody joins or leaves in a delivery.
    home_.deliver_pending(one->room.get());
    catching_.end(room);
    const auto gone = rooms_.remove(*one);
    home_.leave(*gone.room, gone.position);
    if (gone.room->options->presence)
        context_->presence.left(gone.room->name, number());
    return true;
}

FANFARE_DECL void session::leave_all_rooms()
{
    while (!rooms_.empty()) {
        const auto last = rooms_.remove(rooms_[rooms_.size() - 1]);
        home_.leave(*last.room, last.position);
        if (last.room->options->presence)
            context_->presence.left(last.room->name, number());
    }
    rooms_.forget_expected();
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
    drop_reads();
    home_.set_indirect(slot(), true);
    home_.times(slot()).end_at = home_.now_ticks() + home_.ticks(wait) + 1;
    queue().push_close(code, reason);
    flush();
    if (phase_ == phase::closing && !reading_ && !out_.corked())
        start_read();
}

FANFARE_DECL void session::close_for_shutdown(close_code code, std::chrono::milliseconds wait)
{
    const auto delay = std::to_string(context_->life.next_reconnect_delay());
    deliver_pending();
    close(code, "{\"reason\":\"shutdown\",\"delay_ms\":" + delay + "}", wait);
}

FANFARE_DECL void session::on_peer_close(close_code code, std::string_view reason)
{
    if (phase_ == phase::open)
        return close(code, reason, context_->options.close_timeout);
    if (write_shut_)
        end(); // both close frames have passed
}

FANFARE_DECL void session::on_read_failed()
{
    if (phase_ == phase::open)
        reason_ = close_code::abnormal;
    end();
}

FANFARE_DECL void session::keep_for_resume()
{
    if (auto chosen = rooms_.chosen(); !chosen.empty() && context_->resumable.enabled() && greeted_)
        context_->resumable.keep(number(), resume_secret(), who_->user_id, std::move(chosen),
                                 std::chrono::steady_clock::now());
}

FANFARE_DECL void session::end()
{
    if (phase_ == phase::ended || phase_ == phase::fresh)
        return;
    const boost::intrusive_ptr<session> keep{this};
    phase_ = phase::ended;
    home_.set_indirect(slot(), true); // deliveries that `leave` finishes must not write to the closed descriptor
    close_stream();
    drop_reads();
    home_.renewals.drop(number());
    keep_for_resume();
    leave_all_rooms();
    catching_.clear();
    out_.clear();
    set_blocked(false);
    context_->admitted.leave(who_->user_id, address_);
    if (announced_)
        context_->handlers.call(home_, context_->handlers.on_disconnect, ref(), reason_);
    home_.count().end(kind_of(transport(), protocol_.language), reason_);
    home_.remove(*this);
}

FANFARE_DECL void session::on_tick()
{
    auto& times = home_.times(slot());
    const auto now = home_.now_ticks();
    if (times.end_at != 0 && now >= times.end_at) {
        if (phase_ == phase::open) {
            home_.count().write_timeouts.add();
            reason_ = close_code::write_timeout;
        }
        return end();
    }
    const auto& o = context_->options;
    // A peer whose socket is full gets no ping that it could answer: `end_at` sees to it.
    const bool silent = now - times.last_heard >= home_.ticks(o.idle_timeout);
    if (silent && phase_ == phase::open && !out_.blocked() && has_peer()) {
        home_.count().idle_timeouts.add();
        return close(close_code::stale);
    }
    if (times.expires != 0 && now >= times.expires && phase_ == phase::open)
        return on_expiry();
    if (now >= times.next_ping && !out_.blocked()) {
        times.next_ping = now + home_.ticks(o.ping_interval);
        if (phase_ == phase::open && greeted_)
            send_ping();
    }
}

} // namespace fanfare::detail

#endif

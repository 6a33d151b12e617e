// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SESSION_RENEWAL_IPP
#define FANFARE_DETAIL_SESSION_RENEWAL_IPP

#include <fanfare/close_code.hpp>
#include <fanfare/detail/session/renewal.hpp>
#include <fanfare/detail/session/session.hpp>
#include <fanfare/error.hpp>

#include <boost/json/value.hpp>

#include <utility>

namespace fanfare::detail {

FANFARE_DECL renewal::renewal(session& s, source make, done then)
    : home_{s.home()}, number_{s.number()}, session_{&s}, context_{s.context_ptr()}, make_{std::move(make)},
      then_{std::move(then)}
{}

FANFARE_DECL renewal::~renewal() = default;

FANFARE_DECL std::shared_ptr<renewal> renewal::start(session& s, source make, done then)
{
    const std::shared_ptr<renewal> self{new renewal{s, std::move(make), std::move(then)}};
    if (!s.home().renewals.enter(
            s.number(), [self] { self->begin(); }, s.greeted()))
        self->refuse(error::too_many_requests);
    return self;
}

// An identity that the application has given, and that cannot take effect, must not leave the connection with the rights
// that it had.
inline void end_without(session& s, const error_code& refused)
{
    if (refused == error::too_many_requests)
        return s.close(close_code::try_again_later, "too many new identities at once");
    if (refused != error::unauthorized)
        return s.close(close_code::try_again_later, "the new identity could not take effect");
    const bool revoked = s.context().admitted.check_revoked(*s.who()) == error::unauthorized;
    s.close(revoked ? close_code::revoked : close_code::expired);
}

FANFARE_DECL void renewal::start_unasked(session& s, source make, std::function<void()> renewed)
{
    const boost::intrusive_ptr<session> keep{&s};
    start(s, std::move(make), [keep, renewed = std::move(renewed)](error_code refused, json::object told) {
        if (refused)
            return end_without(*keep, refused);
        if (renewed)
            renewed();
        const json::value payload(std::move(told));
        keep->send_message("refreshed", &payload);
    });
}

FANFARE_DECL void renewal::begin()
{
    has_turn_ = true;
    if (!session_ || !session_->open()) // it was cancelled, or is being closed
        return end();
    auto who = make_(*session_->who());
    if (who.user_id != session_->who()->user_id)
        return refuse(error::forbidden);
    if (const auto wrong = context_->admitted.check(who))
        return refuse(wrong);
    who_ = context_->admitted.share(std::move(who));
    const auto granted = session_->rooms_of(*who_);
    context_->preparation.prepare(
        home_, granted,
        [self = shared_from_this(), granted](const room_preparation::hold_ptr&) { self->take_effect(granted); });
}

FANFARE_DECL void renewal::take_effect(const std::vector<room_ptr>& granted)
{
    if (!session_)
        return; // cancelled
    if (!session_->open())
        return end();
    if (const auto wrong = context_->admitted.check(*who_)) // it may have expired meanwhile
        return refuse(wrong);
    const auto keep = session_;
    auto told = keep->become(std::move(who_), granted);
    home_.count().refreshes.add();
    std::exchange(then_, nullptr)({}, std::move(told));
    const auto& handlers = context_->handlers;
    if (keep->open() && !handlers.call(home_, handlers.on_refreshed, keep->ref()))
        keep->close(close_code::internal_error, "the refresh handler failed");
    end();
}

FANFARE_DECL void renewal::refuse(const error_code& why)
{
    home_.count().refresh_failures.add();
    std::exchange(then_, nullptr)(why, {});
    end();
}

FANFARE_DECL void renewal::cancel()
{
    if (session_)
        end();
}

// Lets go of the connection, and lets the next one begin.
FANFARE_DECL void renewal::end()
{
    const auto context = std::exchange(context_, nullptr); // goes after the session
    const auto of = std::exchange(session_, nullptr);
    then_ = nullptr;
    make_ = nullptr;
    if (std::exchange(has_turn_, false))
        home_.renewals.next(number_);
}

} // namespace fanfare::detail

#endif

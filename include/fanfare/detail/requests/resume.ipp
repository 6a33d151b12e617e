// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REQUESTS_RESUME_IPP
#define FANFARE_DETAIL_REQUESTS_RESUME_IPP

#include <fanfare/detail/base/random.hpp>
#include <fanfare/detail/requests/resume.hpp>
#include <fanfare/detail/session/session.hpp>
#include <fanfare/detail/session/session_directory.hpp>

#include <chrono>
#include <memory>
#include <utility>

namespace fanfare::detail {

FANFARE_DECL void take_rooms_of(const session_context& context, const resume_token& token, const std::string& user,
                                std::function<void(std::optional<std::vector<std::string>>)> then)
{
    const auto number = context.node.number_of(token.connection_id);
    if (!number || !context.resumable.enabled())
        return then(std::nullopt); // of another node
    if (auto rooms = context.resumable.take(*number, token.secret, user, std::chrono::steady_clock::now()))
        return then(std::move(rooms));
    // The old connection may not have noticed yet that its client is gone. No answer destroys `answer`, which tells so.
    const auto answer = std::shared_ptr<std::optional<std::vector<std::string>>>{
        new std::optional<std::vector<std::string>>,
        [then = std::move(then)](std::optional<std::vector<std::string>>* rooms) {
            then(std::move(*rooms));
            delete rooms;
        }};
    context.sessions.with_session(*number, [secret = token.secret, user, answer](session& old) {
        if (!old.open() || !old.greeted() || !same_secret(old.resume_secret(), secret) ||
            old.who()->user_id != user)
            return;
        *answer = old.rooms().chosen();
        old.close(close_code::stale, "the client has returned on another connection");
    });
}

} // namespace fanfare::detail

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SESSION_RESUME_REGISTRY_IPP
#define FANFARE_DETAIL_SESSION_RESUME_REGISTRY_IPP

#include <fanfare/detail/base/clock_math.hpp>
#include <fanfare/detail/base/random.hpp>
#include <fanfare/detail/session/resume_registry.hpp>

#include <algorithm>
#include <utility>

namespace fanfare::detail {

FANFARE_DECL std::optional<resume_token> read_resume_token(std::string_view text)
{
    if (text.size() != 64 || text.find_first_not_of("0123456789abcdef") != std::string_view::npos)
        return std::nullopt;
    return resume_token{std::string{text.substr(0, 32)}, std::string{text.substr(32)}};
}

FANFARE_DECL void resume_registry::forget(time_point now)
{
    while (!oldest_first_.empty()) {
        const auto at = ended_.find(oldest_first_.front());
        if (at != ended_.end() && ended_.size() <= most_ && at->second.until > now)
            return;
        if (at != ended_.end())
            ended_.erase(at);
        oldest_first_.pop_front();
    }
}

FANFARE_DECL void resume_registry::keep(std::uint64_t connection, std::string secret, std::string user,
                                        std::vector<std::string> rooms, time_point now)
{
    const std::lock_guard lock{mutex_};
    ended_.insert_or_assign(connection,
                            ended{std::move(secret), std::move(user), std::move(rooms), later(now, window_)});
    oldest_first_.push_back(connection);
    forget(now);
}

FANFARE_DECL std::optional<std::vector<std::string>>
resume_registry::take(std::uint64_t connection, std::string_view secret, std::string_view user, time_point now)
{
    const std::lock_guard lock{mutex_};
    forget(now);
    const auto at = ended_.find(connection);
    if (at == ended_.end() || !same_secret(at->second.secret, secret) || at->second.user != user)
        return std::nullopt;
    auto rooms = std::move(at->second.rooms);
    ended_.erase(at);
    return rooms;
}

} // namespace fanfare::detail

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REVOCATION_REVOCATION_LIST_IPP
#define FANFARE_DETAIL_REVOCATION_REVOCATION_LIST_IPP

#include <fanfare/detail/revocation/revocation_list.hpp>

#include <mutex>

namespace fanfare::detail {

// Whoever adds clears what has expired away, no more often: a look at everything.
inline constexpr std::chrono::seconds revocation_sweep_interval{60};
// The same while there is no room: whoever adds then waits for it, and so does whoever asks meanwhile.
inline constexpr std::chrono::seconds revocation_full_sweep_interval{1};

FANFARE_DECL bool revocation_list::raise(time_point& time, time_point to) noexcept
{
    if (to <= time)
        return false;
    time = to;
    return true;
}

FANFARE_DECL revocation_list::added revocation_list::add(const revocation& one, time_point now)
{
    if (!one.until || *one.until <= now)
        return added::nothing;
    const std::unique_lock lock{mutex_};
    if (now >= (has_room() ? next_sweep_ : next_full_sweep_))
        erase_expired(now);
    return one.token_id.empty() ? add_time(one) : add_token(one);
}

FANFARE_DECL revocation_list::added revocation_list::add_token(const revocation& one)
{
    const auto token = tokens_.find(one.token_id);
    if (token != tokens_.end())
        if (const auto known = token->second.find(one.user_id); known != token->second.end())
            return raise(known->second, *one.until) ? added::changed : added::nothing;
    if (!has_room())
        return added::full;
    tokens_[one.token_id].emplace(one.user_id, *one.until);
    ++size_;
    return added::changed;
}

FANFARE_DECL revocation_list::added revocation_list::add_time(const revocation& one)
{
    if (!one.issued_before)
        return added::nothing;
    auto* known = everybody_ ? &*everybody_ : nullptr;
    if (!one.user_id.empty()) {
        const auto at = users_.find(one.user_id);
        known = at == users_.end() ? nullptr : &at->second;
    }
    if (known) {
        const bool later = raise(known->before, *one.issued_before), longer = raise(known->until, *one.until);
        return later || longer ? added::changed : added::nothing;
    }
    if (!has_room())
        return added::full;
    const by_time made{*one.issued_before, *one.until};
    if (one.user_id.empty())
        everybody_ = made;
    else
        users_.emplace(one.user_id, made);
    ++size_;
    return added::changed;
}

FANFARE_DECL void revocation_list::forget_expired(time_point now)
{
    const std::unique_lock lock{mutex_};
    erase_expired(now);
}

FANFARE_DECL void revocation_list::erase_expired(time_point now)
{
    next_sweep_ = now + revocation_sweep_interval;
    next_full_sweep_ = now + revocation_full_sweep_interval;
    std::size_t left = 0;
    for (auto& [token, users] : tokens_) {
        std::erase_if(users, [now](const auto& one) { return one.second <= now; });
        left += users.size();
    }
    std::erase_if(tokens_, [](const auto& token) { return token.second.empty(); });
    std::erase_if(users_, [now](const auto& one) { return one.second.until <= now; });
    if (everybody_ && everybody_->until <= now)
        everybody_.reset();
    size_ = left + users_.size() + (everybody_ ? 1 : 0);
}

FANFARE_DECL revocation_list::verdict revocation_list::check(const identity& who, time_point now) const
{
    if (!has_credential(who))
        return verdict::valid;
    if (size() != 0 && concerned(who, now))
        return verdict::revoked;
    return complete() ? verdict::valid : verdict::unknown;
}

FANFARE_DECL bool revocation_list::concerned(const identity& who, time_point now) const
{
    const auto by = [&](const by_time& one) {
        return now < one.until && (!who.issued_at || *who.issued_at < one.before);
    };
    const std::shared_lock lock{mutex_};
    if (everybody_ && by(*everybody_))
        return true;
    if (!who.user_id.empty())
        if (const auto user = users_.find(who.user_id); user != users_.end() && by(user->second))
            return true;
    if (who.token_id.empty())
        return false;
    const auto token = tokens_.find(who.token_id);
    if (token == tokens_.end())
        return false;
    const auto until = [&](const std::string& user) {
        const auto at = token->second.find(user);
        return at != token->second.end() && now < at->second;
    };
    return until({}) || (!who.user_id.empty() && until(who.user_id));
}

} // namespace fanfare::detail

#endif

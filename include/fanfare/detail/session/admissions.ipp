// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SESSION_ADMISSIONS_IPP
#define FANFARE_DETAIL_SESSION_ADMISSIONS_IPP

#include <fanfare/detail/net/endpoint_address.hpp>
#include <fanfare/detail/session/admissions.hpp>
#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/error.hpp>

#include <algorithm>
#include <utility>

namespace fanfare::detail {

template <class Map, class Key>
std::size_t count_of(const Map& all, const Key& key)
{
    const auto at = all.find(key);
    return at == all.end() ? 0 : at->second;
}

template <class Map, class Key>
void remove_one(Map& all, const Key& key)
{
    if (const auto at = all.find(key); at != all.end() && --at->second == 0)
        all.erase(at);
}

FANFARE_DECL error_code admissions::check(const identity& who) const
{
    error_code ec;
    if (!who.anonymous() && !rules_.rules_for("user:" + who.user_id, ec))
        return error::invalid_user;
    if (who.expires_at && *who.expires_at <= wall_now())
        return error::unauthorized;
    if ((ec = check_revoked(who)))
        return ec;
    for (const auto& name : who.rooms) {
        if (!rules_.rules_for(name, ec))
            return ec;
        if (is_room_of_another(name, who.user_id))
            return error::invalid_room; // its notifications are nobody else's
    }
    return {};
}

FANFARE_DECL error_code admissions::admit(const identity& who, const asio::ip::address& address)
{
    auto ec = life_.closing() ? error_code{error::shutting_down} : check(who);
    if (!ec)
        ec = take_places(who.user_id, address);
    if (ec)
        count_refusal(ec);
    return ec;
}

FANFARE_DECL error_code admissions::check_revoked(const identity& who) const
{
    switch (revoked_.check(who, wall_now())) {
    case revocation_list::verdict::revoked: return error::unauthorized;
    case revocation_list::verdict::unknown: return error::store_failed;
    case revocation_list::verdict::valid: break;
    }
    return {};
}

FANFARE_DECL std::optional<std::chrono::seconds> admissions::arrive(const asio::ip::address& address)
{
    if (!rates_.limited() || address.is_unspecified() || life_.closing()) // then nobody enters
        return std::nullopt;
    const auto from = counted_as(address);
    const std::lock_guard lock{mutex_};
    const auto wait = rates_.take(from, std::chrono::steady_clock::now());
    if (!wait)
        return std::nullopt;
    return std::max(std::chrono::ceil<std::chrono::seconds>(*wait), std::chrono::seconds{1});
}

// Takes one place for each limit, or none.
FANFARE_DECL error_code admissions::take_places(std::string_view user, const asio::ip::address& peer)
{
    const auto address = counted_as(peer);
    const std::lock_guard lock{mutex_};
    const bool counts_user = per_user_ != 0 && !user.empty();
    const bool counts_address = per_address_ != 0 && !address.is_unspecified(); // of this process, say
    if ((total_ != 0 && inside_ >= total_) || (counts_user && count_of(users_, user) >= per_user_) ||
        (counts_address && count_of(addresses_, address) >= per_address_))
        return error::too_many_connections;
    if (counts_user)
        ++users_[std::string{user}];
    if (counts_address)
        ++addresses_[address];
    ++inside_;
    return {};
}

FANFARE_DECL void admissions::leave(std::string_view user, const asio::ip::address& peer)
{
    const auto address = counted_as(peer);
    const std::lock_guard lock{mutex_};
    --inside_;
    if (per_user_ != 0 && !user.empty())
        remove_one(users_, user);
    if (per_address_ != 0)
        remove_one(addresses_, address);
}

FANFARE_DECL std::shared_ptr<const identity> admissions::share(identity who) const
{
    const bool timeless = !who.expires_at && !who.issued_at;
    if (who.anonymous() && who.claims.empty() && timeless && who.rooms.empty() && who.token_id.empty())
        return nobody_;
    return std::make_shared<const identity>(std::move(who));
}

} // namespace fanfare::detail

#endif

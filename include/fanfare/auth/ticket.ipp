// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_AUTH_TICKET_IPP
#define FANFARE_AUTH_TICKET_IPP

#include <fanfare/auth/ticket.hpp>
#include <fanfare/detail/base/random.hpp>
#include <fanfare/detail/wire/names.hpp>

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <map>
#include <mutex>
#include <system_error>
#include <unordered_map>

namespace fanfare {

// The map compares tickets in ordinary time. That tells an attacker nothing of use: a guess is compared byte by
// byte only with a ticket of the same bucket, each of 2^256 values is equally likely, and a ticket lives seconds.
struct memory_ticket_store::state {
    using time_point = std::chrono::steady_clock::time_point;
    using expiry_index = std::multimap<time_point, const std::string*>; // to the keys of the map, which stay put

    struct entry {
        identity who;
        std::string origin; // normalized; empty for any
        expiry_index::iterator expiry;
    };

    struct hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view ticket) const noexcept
        {
            return std::hash<std::string_view>{}(ticket);
        }
    };

    state(ticket_limits l, clock c) : limits{l}, now{std::move(c)} {}

    // Clears away some expired tickets: as many as keeps one call short, and more than one call can add.
    void purge(time_point at)
    {
        constexpr int most = 16;
        for (int i = 0; i < most && !by_expiry.empty() && by_expiry.begin()->first <= at; ++i) {
            tickets.erase(tickets.find(*by_expiry.begin()->second));
            by_expiry.erase(by_expiry.begin());
        }
    }

    bool insert(std::string ticket, entry value, time_point at, std::chrono::seconds lifetime)
    {
        const std::scoped_lock lock{mutex};
        purge(at);
        if (tickets.size() >= limits.max_tickets) {
            return false;
        }
        const auto [place, fresh] = tickets.try_emplace(std::move(ticket), std::move(value));
        if (fresh) {
            place->second.expiry = index(at + lifetime, place);
        }
        return fresh;
    }

    // Takes the entry out under the lock, so that of several callers only one gets it.
    std::optional<entry> extract(std::string_view ticket, time_point at)
    {
        const std::scoped_lock lock{mutex};
        purge(at);
        const auto place = tickets.find(ticket);
        if (place == tickets.end()) {
            return std::nullopt;
        }
        const bool expired = place->second.expiry->first <= at;
        by_expiry.erase(place->second.expiry);
        auto taken = std::move(place->second);
        tickets.erase(place);
        return expired ? std::nullopt : std::optional{std::move(taken)};
    }

    using table = std::unordered_map<std::string, entry, hash, std::equal_to<>>;

    expiry_index::iterator index(time_point expires, table::iterator place)
    {
        try {
            return by_expiry.emplace(expires, &place->first);
        } catch (...) {
            tickets.erase(place); // or it would never expire
            throw;
        }
    }

    const ticket_limits limits;
    const clock now;
    mutable std::mutex mutex;
    table tickets;
    expiry_index by_expiry;
};

FANFARE_DECL memory_ticket_store::memory_ticket_store(ticket_limits limits, clock now)
    : state_{std::make_shared<state>(limits, std::move(now))}
{
    using namespace std::chrono_literals;
    if (limits.max_lifetime < 1s || limits.max_lifetime > 300s) {
        throw boost::system::system_error{error::invalid_config, "ticket_limits::max_lifetime"};
    }
}

FANFARE_DECL boost::system::result<std::string>
memory_ticket_store::issue(identity who, std::chrono::seconds lifetime, std::string_view origin)
{
    if (lifetime < std::chrono::seconds{1} || lifetime > state_->limits.max_lifetime) {
        return make_error_code(error::invalid_config);
    }
    if (detail::names_room_of_another(who)) {
        return make_error_code(error::invalid_room);
    }
    const auto bound = origin.empty() ? std::optional<std::string>{""} : normalized_origin(origin);
    if (!bound) {
        return make_error_code(error::origin_not_allowed);
    }
    if (!who.issued_at) {
        who.issued_at = std::chrono::system_clock::now();
    }
    auto ticket = detail::random_token(detail::ticket_bytes);
    if (!state_->insert(ticket, {std::move(who), *bound, {}}, state_->now(), lifetime)) {
        return make_error_code(error::too_many_tickets);
    }
    return ticket;
}

FANFARE_DECL std::optional<identity> memory_ticket_store::redeem(std::string_view ticket, std::string_view origin)
{
    auto found = state_->extract(ticket, state_->now());
    if (!found || (!found->origin.empty() && normalized_origin(origin) != found->origin)) {
        return std::nullopt;
    }
    return std::move(found->who);
}

FANFARE_DECL void memory_ticket_store::async_issue(identity who, std::chrono::seconds lifetime, std::string origin,
                                                   ticket_issued handler)
{
    boost::system::result<std::string> ticket{std::string{}};
    try {
        ticket = issue(std::move(who), lifetime, origin);
    } catch (const std::system_error& failure) {
        ticket = error_code{failure.code()};
    }
    handler(ticket.error(), ticket ? std::move(*ticket) : std::string{});
}

FANFARE_DECL void memory_ticket_store::async_redeem(std::string_view ticket, std::string_view origin,
                                                    ticket_redeemed handler)
{
    auto who = redeem(ticket, origin);
    handler(who ? error_code{} : make_error_code(error::ticket_invalid), who ? std::move(*who) : identity{});
}

FANFARE_DECL std::size_t memory_ticket_store::size() const
{
    const std::scoped_lock lock{state_->mutex};
    return state_->tickets.size();
}

namespace detail {

FANFARE_DECL bool is_ticket_shaped(std::string_view text) noexcept
{
    return text.size() == (ticket_bytes * 4 + 2) / 3 && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
                      c == '_';
           });
}

FANFARE_DECL std::optional<std::string> find_ticket(const handshake_request& request)
{
    constexpr std::string_view prefix = "fanfare.ticket.";
    constexpr std::string_view token_prefix = "fanfare.token."; // what a browser has in place of `Authorization`
    if (auto ticket = request.query("ticket"); ticket && !ticket->empty()) {
        return ticket;
    }
    if (const auto token = request.bearer_token(); is_ticket_shaped(token)) {
        return std::string{token};
    }
    if (auto ticket = request.cookie("fanfare_ticket"); ticket && !ticket->empty()) {
        return ticket;
    }
    for (const auto entry : request.subprotocols()) {
        if (entry.starts_with(prefix)) {
            return std::string{entry.substr(prefix.size())};
        }
        if (entry.starts_with(token_prefix) && is_ticket_shaped(entry.substr(token_prefix.size()))) {
            return std::string{entry.substr(token_prefix.size())};
        }
    }
    return std::nullopt;
}

FANFARE_DECL bool names_room_of_another(const identity& who) noexcept
{
    return std::any_of(who.rooms.begin(), who.rooms.end(),
                       [&who](const std::string& room) { return is_room_of_another(room, who.user_id); });
}

FANFARE_DECL auth_result ticket_answer(error_code failure, identity who, bool offers_v1)
{
    if (failure == error::ticket_invalid) {
        return make_refusal(error::ticket_invalid, 401, true);
    }
    if (failure) {
        auto why = authenticator_failed(std::make_exception_ptr(boost::system::system_error{failure}));
        why.credential_seen = true;
        return why;
    }
    return auth_result{std::move(who), offers_v1 ? std::string{v1_subprotocol} : std::string{}};
}

} // namespace detail
} // namespace fanfare

#endif

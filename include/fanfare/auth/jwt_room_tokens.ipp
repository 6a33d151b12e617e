// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_AUTH_JWT_ROOM_TOKENS_IPP
#define FANFARE_AUTH_JWT_ROOM_TOKENS_IPP

#include <fanfare/auth/jwt_room_tokens.hpp>
#include <fanfare/detail/base/clock_math.hpp>
#include <fanfare/detail/base/json_fields.hpp>
#include <fanfare/detail/jwt/key_set.hpp>

#include <boost/json/array.hpp>

#include <algorithm>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

namespace fanfare {
namespace detail {

/// What somebody may do in a room: a bit for each `room_action`.
class room_actions {
public:
    void add(room_action action) noexcept { bits_ |= 1U << static_cast<unsigned>(action); }
    bool has(room_action action) const noexcept { return (bits_ >> static_cast<unsigned>(action) & 1U) != 0; }

private:
    unsigned bits_ = 0;
};

// Nothing if the claim is not a list of texts.
inline std::optional<room_actions> read_actions(const json::object& claims, std::string_view name)
{
    using enum room_action;
    room_actions out;
    const auto* value = claims.if_contains(name);
    if (!value) {
        for (const auto action : {subscribe, presence, history})
            out.add(action);
        return out;
    }
    const auto* list = value->if_array();
    if (!list)
        return std::nullopt;
    for (const auto& one : *list) {
        if (!one.is_string())
            return std::nullopt;
        for (const auto action : {subscribe, publish, presence, history})
            if (one.get_string() == to_string(action))
                out.add(action);
    }
    return out;
}

// Whether the claims name the room, and are of the right types.
inline bool names_room(const json::object& claims, const jwt_room_token_options& options, std::string_view room)
{
    const auto one = string_field(claims, options.room_claim);
    if (claims.contains(options.room_claim) && !one)
        return false;
    const auto* list = array_field(claims, options.rooms_claim);
    if (!list)
        return !claims.contains(options.rooms_claim) && one == room;
    if (list->size() > options.max_rooms ||
        !std::all_of(list->begin(), list->end(), [](const json::value& v) { return v.is_string(); }))
        return false;
    return one == room || std::any_of(list->begin(), list->end(),
                                      [room](const json::value& v) { return v.get_string() == room; });
}

/// A connection and a room. Neither has a line break in it.
inline std::string grant_key(std::string_view connection, std::string_view room)
{
    return std::string{connection} + '\n' + std::string{room};
}

/// What connections may do, until it expires. Thread-safe.
class room_grants {
public:
    using time_point = jwt_verifier::time_point;

    room_grants(std::size_t most, std::size_t most_of_one) : most_{most}, most_of_one_{most_of_one} {}

    void keep(std::string key, std::string user, room_actions actions, time_point expires)
    {
        const std::lock_guard lock{mutex_};
        if (const auto before = grants_.find(key); before != grants_.end())
            forget(before);
        make_room_within(std::string_view{key}.substr(0, key.find('\n')));
        if (grants_.size() >= most_)
            forget(by_expiry_.begin()->second);
        const auto place = grants_.emplace(std::move(key), grant{std::move(user), actions, {}}).first;
        try {
            place->second.expiry = by_expiry_.emplace(expires, place);
        } catch (...) {
            grants_.erase(place); // or it would never be forgotten
            throw;
        }
    }

    bool allows(const std::string& key, std::string_view user, room_action action)
    {
        const auto now = std::chrono::system_clock::now();
        const std::lock_guard lock{mutex_};
        constexpr int most = 16; // so that one call stays short
        for (int i = 0; i < most && !by_expiry_.empty() && by_expiry_.begin()->first <= now; ++i)
            forget(by_expiry_.begin()->second);
        const auto found = grants_.find(key);
        return found != grants_.end() && found->second.expiry->first > now && found->second.user == user &&
               found->second.actions.has(action);
    }

    void forget_all(std::string_view connection)
    {
        const std::lock_guard lock{mutex_};
        const auto [first, last] = range_of(connection);
        for (auto at = first; at != last;)
            forget(at++);
    }

    std::size_t size() const
    {
        const std::lock_guard lock{mutex_};
        return grants_.size();
    }

private:
    struct grant;
    using table = std::map<std::string, grant>;
    using expiry_index = std::multimap<time_point, table::iterator>;
    struct grant {
        std::string user;
        room_actions actions;
        expiry_index::iterator expiry;
    };

    std::pair<table::iterator, table::iterator> range_of(std::string_view connection)
    {
        auto end = grant_key(connection, {});
        const auto first = grants_.lower_bound(end);
        ++end.back();
        return {first, grants_.lower_bound(end)};
    }

    // For one more of this connection's. It has few, so they are counted.
    void make_room_within(std::string_view connection)
    {
        const auto [first, last] = range_of(connection);
        if (static_cast<std::size_t>(std::distance(first, last)) < most_of_one_)
            return;
        auto soonest = first;
        for (auto at = first; at != last; ++at)
            if (at->second.expiry->first < soonest->second.expiry->first)
                soonest = at;
        forget(soonest);
    }

    void forget(table::iterator place)
    {
        by_expiry_.erase(place->second.expiry);
        grants_.erase(place);
    }

    const std::size_t most_, most_of_one_;
    mutable std::mutex mutex_;
    table grants_;
    expiry_index by_expiry_;
};

} // namespace detail

struct jwt_room_tokens::state {
    state(jwt_keys keys, jwt_room_token_options o, any_authorizer other)
        : verifier{std::move(keys), o.token}, options{std::move(o)}, otherwise{std::move(other)},
          grants{options.max_grants, options.max_grants_per_connection}
    {}

    // What a good token allows this user in this room; nothing if it is not for that.
    std::optional<detail::room_actions> allowed_by(const jwt_claims& claims, const std::string& user,
                                                   std::string_view room) const
    {
        const auto whose = detail::string_field(claims.all, options.token.user_claim);
        if (claims.all.contains(options.token.user_claim) && !whose)
            return std::nullopt;
        if (whose.value_or("") != user || (user.empty() && !options.allow_anonymous))
            return std::nullopt;
        if (!detail::names_room(claims.all, options, room))
            return std::nullopt;
        return detail::read_actions(claims.all, options.actions_claim);
    }

    const jwt_verifier verifier;
    const jwt_room_token_options options;
    const any_authorizer otherwise;
    detail::room_grants grants;
};

FANFARE_DECL jwt_room_tokens::jwt_room_tokens(jwt_keys keys, jwt_room_token_options options,
                                              any_authorizer otherwise)
{
    if (!options.token.require_expiry)
        detail::fail_jwt_config("a subscription token needs exp");
    if (options.token.type.empty())
        options.token.type = jwt_room_token_type;
    if (options.max_grants < 1 || options.max_grants > 10'000'000)
        detail::fail_jwt_config("jwt_room_token_options::max_grants is not between 1 and 10'000'000");
    if (options.max_grants_per_connection < 1 || options.max_grants_per_connection > 10'000)
        detail::fail_jwt_config("jwt_room_token_options::max_grants_per_connection is not between 1 and 10'000");
    state_ = std::make_shared<state>(std::move(keys), std::move(options), std::move(otherwise));
}

FANFARE_DECL void jwt_room_tokens::operator()(const access_request& request, access_done done) const
{
    auto key = detail::grant_key(request.connection_id, request.room);
    if (request.token.empty()) {
        if (state_->grants.allows(key, request.who.user_id, request.action))
            return done(true);
        return state_->otherwise(request, std::move(done));
    }
    state_->verifier.async_verify(request.token, [state = state_, key = std::move(key), user = request.who.user_id,
                                                  room = std::string{request.room}, action = request.action,
                                                  done = std::move(done)](
                                                     const boost::system::result<jwt_claims>& checked) {
        const auto allowed = checked ? state->allowed_by(*checked, user, room) : std::nullopt;
        if (!allowed)
            return done(false);
        state->grants.keep(key, user, *allowed, detail::later(*checked->expires_at, state->options.token.leeway));
        done(allowed->has(action));
    });
}

FANFARE_DECL void jwt_room_tokens::forget(std::string_view connection_id) const
{
    state_->grants.forget_all(connection_id);
}

FANFARE_DECL std::size_t jwt_room_tokens::grants() const
{
    return state_->grants.size();
}

} // namespace fanfare

#endif

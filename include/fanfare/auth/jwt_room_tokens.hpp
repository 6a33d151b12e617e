// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_AUTH_JWT_ROOM_TOKENS_HPP
#define FANFARE_AUTH_JWT_ROOM_TOKENS_HPP

#include <fanfare/auth/jwt_verifier.hpp>
#include <fanfare/authorizer.hpp>
#include <fanfare/config.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace fanfare {

/// What subscription tokens must have, and how long they are remembered.
struct jwt_room_token_options {
    /// Issuers, audiences, leeway, length, type, and the claim that is the user; the rest is not looked at.
    /// `require_expiry` stays on. An empty `type` is `jwt_room_token_type` here.
    ///
    /// Tokens of type `JWT` or `at+jwt`, which can be chosen as well, also let in through a `jwt_authenticator` without
    /// a type of its own, if it has these keys.
    jwt_options token{};
    /// The claim that names one room, and the one that names several: a string, and an array of strings. A token has
    /// one of them, or both.
    std::string room_claim = "room", rooms_claim = "rooms";
    /// The claim that lists what is allowed in these rooms: an array of `subscribe`, `publish`, `presence`, `history`;
    /// other texts mean nothing. Without it all but `publish`.
    std::string actions_claim = "can";
    /// Rooms of one token, at most.
    std::size_t max_rooms = 100;
    /// Takes tokens without a user from connections without one: whoever has such a token may use it.
    bool allow_anonymous = false;
    /// What connections may do by the tokens that they have sent, at most so many rooms of them together. Above, those
    /// that expire first are forgotten. 1 to 10'000'000.
    std::size_t max_grants = 100'000;
    /// The same for each connection, so that none takes the place of others: of its grants, those that expire first are
    /// forgotten. 1 to 10'000.
    std::size_t max_grants_per_connection = 256;
};

/// An authorizer that lets connections into rooms by subscription tokens: JWTs that a back end makes for one user and
/// some rooms, and that the client sends with its `subscribe` (`access_request::token`). Needs OpenSSL
/// (`FANFARE_WITH_SSL`).
///
/// A token must be good (`jwt_verifier`), be of the connection's user, and name the room. With one that is not, the
/// request is refused, whatever another authorizer would say. What it allows is remembered for this connection and room
/// until it expires: so `publish`, `presence` and `history` can come later, without the token. The membership itself
/// lasts as long as the connection, and a revocation does not end what a token allows: let such tokens live for
/// minutes.
///
/// Answers at once, or where a `jwt_keys_source` answers. A handle: copies share what they remember. Thread-safe.
/// @code
/// fanfare::jwt_room_tokens tokens{keys, {}, [](const fanfare::access_request& r) { return r.room == "lobby"; }};
/// hub.authorize(tokens);
/// hub.on_disconnect([tokens](fanfare::connection_ref c, fanfare::close_code) { tokens.forget(c.id()); });
/// @endcode
class jwt_room_tokens {
public:
    /// @param keys What tokens are signed with; better not the keys of those that let users in.
    /// @param otherwise Decides what no token allows; empty: nothing more.
    /// Throws `boost::system::system_error` (`error::invalid_config`) for an option that is out of its range.
    explicit jwt_room_tokens(jwt_keys keys, jwt_room_token_options options = {}, any_authorizer otherwise = {});

    /// Decides. `request` is used during the call only. `done` is called once: before this returns, unless a source of
    /// keys or the other authorizer answers later. Throws what the other authorizer throws.
    void operator()(const access_request& request, access_done done) const;

    /// Forgets what this connection may do: for `hub.on_disconnect`. Without it that is remembered until its tokens
    /// expire, and counts for `max_grants`. A token that is being checked meanwhile is remembered. Thread-safe.
    void forget(std::string_view connection_id) const;

    /// What is remembered, some of it expired. Thread-safe.
    std::size_t grants() const;

private:
    struct state;
    std::shared_ptr<state> state_;
};

static_assert(authorizer<jwt_room_tokens>);

} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/auth/jwt_room_tokens.ipp>
#endif

#endif

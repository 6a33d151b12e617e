// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_AUTH_JWT_VERIFIER_HPP
#define FANFARE_AUTH_JWT_VERIFIER_HPP

#include <fanfare/auth/jwt_error.hpp>
#include <fanfare/auth/jwt_keys.hpp>
#include <fanfare/config.hpp>
#include <fanfare/identity.hpp>

#include <boost/json/object.hpp>
#include <boost/system/result.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fanfare {

/// The `typ` of subscription tokens (`jwt_room_tokens`). With it a token for a room lets nobody in as its user, though
/// it has the same issuer and key (RFC 8725 section 3.11).
inline constexpr std::string_view jwt_room_token_type = "room+jwt";

/// What a token with a good signature says. A plain value.
struct jwt_claims {
    /// All claims, as they stand in the token.
    json::object all{};
    std::string issuer{};                ///< `iss`, or empty.
    std::string subject{};               ///< `sub`, or empty.
    std::vector<std::string> audience{}; ///< `aud`: one string is a list of one.
    std::string token_id{};              ///< `jti`, or empty.
    std::string key_id{};                ///< `kid` of the header, or empty.
    jwt_algorithm algorithm{};           ///< `alg` of the header.
    /// `exp`, to the millisecond, without leeway. These times are within the clock's range.
    std::optional<std::chrono::system_clock::time_point> expires_at{};
    std::optional<std::chrono::system_clock::time_point> not_before{}; ///< `nbf`.
    std::optional<std::chrono::system_clock::time_point> issued_at{};  ///< `iat`.
};

/// What a token must have, where it travels, and what becomes of its claims.
struct jwt_options {
    /// Whose tokens are taken: `iss` is one of them, letter by letter. Empty: it is not looked at; the keys alone say
    /// who the issuer is.
    std::vector<std::string> issuers{};
    /// Whom tokens are for: `aud` has one of them at least. Empty: tokens that have an `aud` are refused, since nothing
    /// of what they name is this server (RFC 7519 section 4.1.3).
    std::vector<std::string> audiences{};
    /// Takes tokens for anybody, if `audiences` is empty: also those that the issuer has made for other applications.
    bool ignore_audience = false;
    /// How much clocks may differ: added to `exp`, and taken off `nbf` and `iat`. 0 to 5 minutes.
    std::chrono::seconds leeway{30};
    /// Refuses tokens without `exp`: such a token is good for ever.
    bool require_expiry = true;
    /// 64 to 65536. Servers take less in a header.
    std::size_t max_token_bytes = 8192;
    /// What `typ` of the header must be, such as `at+jwt` (RFC 9068 section 2.1); without case, and without
    /// `application/` (RFC 7515 section 4.1.9). Empty: none, `JWT` or `at+jwt`; tokens of other types are for other
    /// uses, such as a `logout+jwt` of OpenID Connect, or a `room+jwt` (`jwt_room_token_type`).
    std::string type{};

    /// The cookie that may hold the token; empty: none. Cookies come with whatever page asks: see `origin_allow_list`.
    std::string cookie = "fanfare_token";
    /// The query parameter that may hold the token, such as `token`. Empty: none. Targets are written to the logs of
    /// servers and proxies on the way, and the token with them.
    std::string query{};

    /// The claim that is the user: a string that a user may be called.
    std::string user_claim = "sub";
    /// Refuses tokens without that claim, or with an empty one. Otherwise they let in an anonymous visitor.
    bool require_user = true;
    /// The claim that grants rooms: an array of strings. It may be missing. Empty: none.
    std::string rooms_claim = "rooms";
    /// Rooms of one token, at most.
    std::size_t max_rooms = 100;
    /// The claims that are kept in `identity::claims`, for as long as the connection lasts. Nothing: all but the user,
    /// the rooms, `jti`, `iat` and `exp`.
    std::optional<std::vector<std::string>> kept_claims{};
    /// Makes the identity in place of what stands above, from `user_claim` on; nothing refuses the token
    /// (`jwt_error::not_accepted`). Called from any thread. What it leaves out of `token_id` and `issued_at` is taken
    /// from the token, and `expires_at` is never later than the token's.
    std::function<std::optional<identity>(const jwt_claims&)> make_identity{};
};

/// Takes the claims of a token, or a `jwt_error`.
using jwt_verified = std::function<void(boost::system::result<jwt_claims>)>;

/// Checks tokens (RFC 7519 section 7.2, RFC 8725). For tokens that come by other ways than a handshake; for that there
/// is `jwt_authenticator`.
///
/// A handle: copies share keys and options. Thread-safe. Nothing throws but `std::bad_alloc`, where nothing else is
/// said.
class jwt_verifier {
public:
    using time_point = std::chrono::system_clock::time_point;

    /// Throws `boost::system::system_error` (`error::invalid_config`) for an option that is out of its range.
    explicit jwt_verifier(jwt_keys keys, jwt_options options = {});

    /// Checks `token`, the compact form of a JWS (RFC 7515 section 3.1), with the keys that are there. Errors:
    /// `jwt_error`.
    boost::system::result<jwt_claims> verify(std::string_view token,
                                             time_point now = std::chrono::system_clock::now()) const;

    /// The same; where there is no key for the token and the keys have a `jwt_keys_source`, its answer is waited for,
    /// at most `jwt_keys_source_options::timeout`.
    ///
    /// Preconditions: the handler is not empty.
    /// Lifetimes: `token` needs to live only as long as the call.
    /// Completion: `void(boost::system::result<jwt_claims>)`, once.
    /// Executor: the handler is called in the calling thread before this returns; where the source is asked, on the
    /// source's executor, or in the thread that stops the source. It is destroyed without a call if the source's
    /// context ends first.
    /// Errors: `jwt_error`.
    /// Cancellation: not supported.
    /// Thread-safety: thread-safe.
    void async_verify(std::string_view token, jwt_verified handler) const;

    /// The identity that the options make of claims. Its `expires_at` is `exp` and the leeway: until then the token
    /// would be taken again. Errors: `jwt_error::bad_user`, `bad_rooms`, `not_accepted`. Throws what `make_identity`
    /// throws.
    boost::system::result<identity> identify(const jwt_claims& claims) const;

    /// What it was made with.
    const jwt_options& options() const noexcept { return *options_; }

private:
    jwt_keys keys_;
    std::shared_ptr<const jwt_options> options_;
};

} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/auth/jwt_verifier.ipp>
#endif

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_REVOCATION_HPP
#define FANFARE_REVOCATION_HPP

#include <fanfare/config.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace fanfare {

/// Credentials that are not valid any more, although they have not expired. A plain value; see `hub::async_revoke`.
///
/// | set | concerns |
/// | --- | --- |
/// | `token_id` | the credentials with this id, whoever's they are |
/// | `token_id`, `user_id` | the credentials with this id, of this user |
/// | `user_id` | the user's credentials that were issued before `issued_before` |
/// | neither | everybody's credentials that were issued before `issued_before`, which must be set |
///
/// A credential whose time of issue is not known (`identity::issued_at` is empty) counts as issued before any time. Who
/// has no user, no token id and no time of issue has no credential, and is never concerned.
///
/// Times of issue are mostly whole seconds, rounded down (`iat`, a NumericDate: RFC 7519 section 2). They are compared
/// as they are, so no credential that was issued before escapes; one that is issued later within the second of
/// `issued_before` may be refused as well, and the next one is not. An issuer whose clock is ahead dates its
/// credentials too late: then give `issued_before` as much later.
struct revocation {
    /// The user; empty: any. Of the bytes that a user id may have.
    std::string user_id{};
    /// The credential's own id: `jti` of a JWT (RFC 7519 section 4.1.7). At most 4,096 bytes of UTF-8; empty: any.
    std::string token_id{};
    /// Credentials issued before this time; not together with `token_id`. Empty, with `user_id`: the time of the call.
    std::optional<std::chrono::system_clock::time_point> issued_before{};
    /// When it can be forgotten: none of the credentials that it concerns is valid any more by then. In the future, by
    /// 366 days at most. Empty: `hub_options::revocation_lifetime` after the call.
    std::optional<std::chrono::system_clock::time_point> until{};
    /// What clients are told when they are closed; for their logs. At most 123 bytes of UTF-8 (RFC 6455 section 5.5).
    /// Empty: `revoked`, which is also what hubs say that learn it from the store later.
    std::string reason{};
};

/// What a revocation has done.
struct revoke_result {
    /// Open connections that were closed, on all hubs that answered.
    std::size_t connections = 0;
    /// Hubs that answered, this one included.
    std::size_t nodes = 0;
};

} // namespace fanfare

#endif

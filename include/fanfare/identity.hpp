// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_IDENTITY_HPP
#define FANFARE_IDENTITY_HPP

#include <fanfare/config.hpp>

#include <boost/json/object.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace fanfare {

/// Whose a connection is, as an authenticator has found out before the upgrade, or when the client brought a new credential
/// (`hub::on_refresh`). A plain value.
struct identity {
    /// The user, or empty for an anonymous visitor. All connections with the same id are one user's devices.
    std::string user_id{};

    /// What else the credential says (roles, groups, a tenant). Kept for the application's own decisions.
    json::object claims{};

    /// When the connection is closed (`close_code::expired`), unless it gets a new identity before; never, if empty. Who has
    /// expired already does not enter. The client is told by `expiring` a minute before, or a tenth of the identity's life
    /// if that is shorter: of the time since `issued_at`, or since the connection has it where nobody knows that.
    std::optional<std::chrono::system_clock::time_point> expires_at{};

    /// Rooms that the credential itself grants: joined at once on connecting. Another user's own room (`user:OTHER`)
    /// lets nobody in.
    std::vector<std::string> rooms{};

    /// The credential's own id, by which it can be revoked: `jti` of a JWT (RFC 7519 section 4.1.7). Empty: it has none.
    std::string token_id{};

    /// When the credential was issued: `iat` of a JWT (RFC 7519 section 4.1.6). Empty: nobody knows.
    std::optional<std::chrono::system_clock::time_point> issued_at{};

    /// Whether there is no user. Does not throw.
    bool anonymous() const noexcept { return user_id.empty(); }
};

/// What becomes different in the identities that a user's connections have (`hub::refresh_user`). What is empty stays as it
/// is, and so do the user, `token_id` and `issued_at`. A plain value.
struct identity_change {
    /// The new claims, in place of all old ones.
    std::optional<json::object> claims{};

    /// When they expire from now on.
    std::optional<std::chrono::system_clock::time_point> expires_at{};

    /// They never expire. Then `expires_at` counts for nothing.
    bool never_expires = false;

    /// The rooms that the identities grant, in place of those that they have granted so far.
    std::optional<std::vector<std::string>> rooms{};
};

} // namespace fanfare

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_BASE_IDENTITY_FIELDS_HPP
#define FANFARE_DETAIL_BASE_IDENTITY_FIELDS_HPP

#include <fanfare/config.hpp>
#include <fanfare/identity.hpp>

#include <boost/json/object.hpp>

#include <optional>

namespace fanfare::detail {

// Identities as JSON, for other processes: what tickets in Redis stand for, and what hubs change of each other's. Times are
// whole milliseconds since 1970. Thread-safe.

/// `{user_id, claims, rooms}`, and of `expires_at_ms`, `token_id` and `issued_at_ms` those that the identity has.
json::object identity_fields(const identity& who);
/// What `identity_fields` has written, and nothing of anything else: an identity must not be guessed. An unknown field is
/// something else, too.
std::optional<identity> read_identity(const json::object& fields);

/// Of `claims`, `rooms` and `expires_at_ms` (null: never) those that change.
json::object change_fields(const identity_change& change);
/// What `change_fields` has written, with other fields beside it; nothing if one of them is of another type.
std::optional<identity_change> read_change(const json::object& fields);
/// The identity that `now` becomes.
identity changed(identity now, const identity_change& change);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/base/identity_fields.ipp>
#endif

#endif

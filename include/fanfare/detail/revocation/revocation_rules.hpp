// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REVOCATION_REVOCATION_RULES_HPP
#define FANFARE_DETAIL_REVOCATION_REVOCATION_RULES_HPP

#include <fanfare/config.hpp>
#include <fanfare/identity.hpp>
#include <fanfare/revocation.hpp>

#include <boost/json/object.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace fanfare::detail {

// What hubs and stores agree on about a `revocation`. Thread-safe.

/// Revocations that have not expired, which a hub or a store keeps at most.
inline constexpr std::size_t max_revocations = 100'000;
/// Bytes of a user's or a token's id.
inline constexpr std::size_t max_revoked_id = 4'096;
/// Bytes of a reason: what fits into a close frame (RFC 6455 section 5.5).
inline constexpr std::size_t max_revocation_reason = 123;

/// One that is to be made at `now`: what is left out is filled in, and times are whole milliseconds, rounded up so that
/// they concern no fewer credentials.
revocation settled(revocation what, std::chrono::system_clock::time_point now, std::chrono::milliseconds lifetime);
/// What is wrong with one that is settled; empty: nothing. Whether the user's id can be one is asked elsewhere.
std::string revocation_problem(const revocation& what, std::chrono::system_clock::time_point now);

/// False: no revocation concerns who this is.
bool has_credential(const identity& who);
/// Whether it concerns this credential at `now`. One that is settled.
bool concerns(const revocation& what, const identity& who, std::chrono::system_clock::time_point now);

/// Names whom it concerns: two of the same key are one.
std::string revocation_key(const revocation& what);
/// Makes `known` concern what `more`, of the same key, concerns as well. False: it did so already.
bool merge_revocation(revocation& known, const revocation& more);

/// As JSON, for other processes: `user`, `token`, `before_ms`, `until_ms` and `reason`.
json::object revocation_fields(const revocation& what);
/// What `revocation_fields` has written, with any other fields; nothing if it cannot be one.
std::optional<revocation> read_revocation(const json::object& fields);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/revocation/revocation_rules.ipp>
#endif

#endif

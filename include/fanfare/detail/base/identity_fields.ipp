// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_BASE_IDENTITY_FIELDS_IPP
#define FANFARE_DETAIL_BASE_IDENTITY_FIELDS_IPP

#include <fanfare/detail/base/identity_fields.hpp>
#include <fanfare/detail/base/json_fields.hpp>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fanfare::detail {

using identity_time = std::chrono::system_clock::time_point;

inline std::int64_t time_field(identity_time at)
{
    using namespace std::chrono;
    return floor<milliseconds>(at.time_since_epoch()).count();
}

// Nothing if it is no time that the clock holds.
inline std::optional<identity_time> read_time_field(const json::value& field)
{
    using namespace std::chrono;
    constexpr auto latest = duration_cast<milliseconds>(system_clock::duration::max()).count();
    if (!field.is_int64() || field.get_int64() > latest || field.get_int64() < -latest)
        return std::nullopt;
    return identity_time{milliseconds{field.get_int64()}};
}

inline json::array strings_field(const std::vector<std::string>& all)
{
    return json::array(all.begin(), all.end());
}

FANFARE_DECL json::object identity_fields(const identity& who)
{
    json::object fields{{"user_id", who.user_id}, {"claims", who.claims}, {"rooms", strings_field(who.rooms)}};
    if (who.expires_at)
        fields["expires_at_ms"] = time_field(*who.expires_at);
    if (!who.token_id.empty())
        fields["token_id"] = who.token_id;
    if (who.issued_at)
        fields["issued_at_ms"] = time_field(*who.issued_at);
    return fields;
}

// Reads a time that may be missing. False if it is there, and cannot be read.
inline bool read_time_if_there(const json::object& fields, std::string_view name, std::size_t& known,
                               std::optional<identity_time>& out)
{
    const auto* field = fields.if_contains(name);
    if (!field)
        return true;
    ++known;
    out = read_time_field(*field);
    return out.has_value();
}

FANFARE_DECL std::optional<identity> read_identity(const json::object& fields)
{
    const auto user = string_field(fields, "user_id");
    const auto token = string_field(fields, "token_id");
    const auto* claims = object_field(fields, "claims");
    const auto* rooms = fields.if_contains("rooms");
    auto names = rooms ? read_strings(*rooms) : std::nullopt;
    if (!user || !claims || !names)
        return std::nullopt;
    identity out{.user_id = std::string{*user}, .claims = *claims, .rooms = std::move(*names)};
    std::size_t known = 3;
    if (token) {
        ++known;
        out.token_id = *token;
    }
    if (!read_time_if_there(fields, "expires_at_ms", known, out.expires_at) ||
        !read_time_if_there(fields, "issued_at_ms", known, out.issued_at) || fields.size() != known)
        return std::nullopt;
    return out;
}

FANFARE_DECL json::object change_fields(const identity_change& change)
{
    json::object fields;
    if (change.claims)
        fields["claims"] = *change.claims;
    if (change.rooms)
        fields["rooms"] = strings_field(*change.rooms);
    if (change.never_expires)
        fields["expires_at_ms"] = nullptr;
    else if (change.expires_at)
        fields["expires_at_ms"] = time_field(*change.expires_at);
    return fields;
}

FANFARE_DECL std::optional<identity_change> read_change(const json::object& fields)
{
    identity_change out;
    if (const auto* claims = fields.if_contains("claims")) {
        if (!claims->is_object())
            return std::nullopt;
        out.claims = claims->get_object();
    }
    if (const auto* rooms = fields.if_contains("rooms")) {
        out.rooms = read_strings(*rooms);
        if (!out.rooms)
            return std::nullopt;
    }
    if (const auto* at = fields.if_contains("expires_at_ms")) {
        out.never_expires = at->is_null();
        if (!out.never_expires)
            out.expires_at = read_time_field(*at);
        if (!out.never_expires && !out.expires_at)
            return std::nullopt;
    }
    return out;
}

FANFARE_DECL identity changed(identity now, const identity_change& change)
{
    if (change.claims)
        now.claims = *change.claims;
    if (change.rooms)
        now.rooms = *change.rooms;
    if (change.never_expires)
        now.expires_at.reset();
    else if (change.expires_at)
        now.expires_at = change.expires_at;
    return now;
}

} // namespace fanfare::detail

#endif

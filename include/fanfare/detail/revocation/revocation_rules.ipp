// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REVOCATION_REVOCATION_RULES_IPP
#define FANFARE_DETAIL_REVOCATION_REVOCATION_RULES_IPP

#include <fanfare/detail/base/clock_math.hpp>
#include <fanfare/detail/base/json_fields.hpp>
#include <fanfare/detail/revocation/revocation_rules.hpp>
#include <fanfare/detail/wire/utf8.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace fanfare::detail {

// Rounded up; a time at the very end of the clock's range stays there.
inline std::chrono::system_clock::time_point whole_milliseconds(std::chrono::system_clock::time_point at)
{
    using namespace std::chrono;
    const auto down = floor<milliseconds>(at.time_since_epoch());
    return at.time_since_epoch() == down ? at : time_of<system_clock::time_point>(down + milliseconds{1});
}

FANFARE_DECL revocation settled(revocation what, std::chrono::system_clock::time_point now,
                                std::chrono::milliseconds lifetime)
{
    if (!what.issued_before && what.token_id.empty() && !what.user_id.empty())
        what.issued_before = now;
    if (!what.until)
        what.until = later(now, lifetime);
    what.until = whole_milliseconds(*what.until);
    if (what.issued_before)
        what.issued_before = whole_milliseconds(*what.issued_before);
    return what;
}

FANFARE_DECL std::string revocation_problem(const revocation& what, std::chrono::system_clock::time_point now)
{
    if (!what.token_id.empty() && what.issued_before)
        return "issued_before must not be given with token_id";
    if (what.token_id.empty() && !what.issued_before)
        return "issued_before must be given where there is neither user_id nor token_id";
    if (what.token_id.size() > max_revoked_id || !is_utf8(what.token_id))
        return "token_id must be at most 4096 bytes of UTF-8";
    if (what.user_id.size() > max_revoked_id || !is_utf8(what.user_id))
        return "user_id must be at most 4096 bytes of UTF-8";
    if (what.reason.size() > max_revocation_reason || !is_utf8(what.reason))
        return "reason must be at most 123 bytes of UTF-8";
    if (!what.until || *what.until <= now)
        return "until must be in the future";
    if (time_until(*what.until, now) > longest_time)
        return "until must be within 366 days";
    if (what.issued_before && *what.issued_before > *what.until)
        return "issued_before must not be after until";
    return {};
}

FANFARE_DECL bool has_credential(const identity& who)
{
    return !who.user_id.empty() || !who.token_id.empty() || who.issued_at;
}

FANFARE_DECL bool concerns(const revocation& what, const identity& who, std::chrono::system_clock::time_point now)
{
    if (!has_credential(who) || !what.until || *what.until <= now)
        return false;
    if (!what.user_id.empty() && what.user_id != who.user_id)
        return false;
    if (!what.token_id.empty())
        return what.token_id == who.token_id;
    return what.issued_before && (!who.issued_at || *who.issued_at < *what.issued_before);
}

FANFARE_DECL std::string revocation_key(const revocation& what)
{
    return std::to_string(what.token_id.size()) + ':' + what.token_id + what.user_id;
}

FANFARE_DECL bool merge_revocation(revocation& known, const revocation& more)
{
    bool changed = false;
    const auto raise = [&changed](auto& time, const auto& to) {
        if (to && (!time || *time < *to)) {
            time = to;
            changed = true;
        }
    };
    raise(known.issued_before, more.issued_before);
    raise(known.until, more.until);
    if (changed)
        known.reason = more.reason;
    return changed;
}

FANFARE_DECL json::object revocation_fields(const revocation& what)
{
    using namespace std::chrono;
    const auto number = [](system_clock::time_point at) {
        return std::int64_t{floor<milliseconds>(at.time_since_epoch()).count()};
    };
    json::object fields{{"until_ms", number(what.until.value_or(system_clock::time_point{}))}};
    if (!what.user_id.empty())
        fields["user"] = what.user_id;
    if (!what.token_id.empty())
        fields["token"] = what.token_id;
    if (what.issued_before)
        fields["before_ms"] = number(*what.issued_before);
    if (!what.reason.empty())
        fields["reason"] = what.reason;
    return fields;
}

FANFARE_DECL std::optional<revocation> read_revocation(const json::object& fields)
{
    using namespace std::chrono;
    const auto until = int_field(fields, "until_ms"), before = int_field(fields, "before_ms");
    for (const auto* name : {"user", "token", "reason"}) // a field of another type must not widen whom it concerns
        if (const auto* value = fields.if_contains(name);
            value && (!value->is_string() || value->get_string().empty()))
            return std::nullopt;
    if (!until || (fields.contains("before_ms") && !before))
        return std::nullopt;
    revocation what{.user_id = text_field(fields, "user"),
                    .token_id = text_field(fields, "token"),
                    .until = time_of<system_clock::time_point>(milliseconds{*until}),
                    .reason = text_field(fields, "reason")};
    if (before)
        what.issued_before = time_of<system_clock::time_point>(milliseconds{*before});
    const bool by_token = !what.token_id.empty();
    if (by_token == before.has_value() || what.user_id.size() > max_revoked_id ||
        what.token_id.size() > max_revoked_id || what.reason.size() > max_revocation_reason)
        return std::nullopt;
    return what;
}

} // namespace fanfare::detail

#endif

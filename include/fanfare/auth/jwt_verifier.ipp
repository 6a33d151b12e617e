// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_AUTH_JWT_VERIFIER_IPP
#define FANFARE_AUTH_JWT_VERIFIER_IPP

#include <fanfare/auth/jwt_verifier.hpp>
#include <fanfare/detail/base/clock_math.hpp>
#include <fanfare/detail/base/json_fields.hpp>
#include <fanfare/detail/jwt/jws.hpp>
#include <fanfare/detail/jwt/key_ring.hpp>
#include <fanfare/detail/jwt/numeric_date.hpp>
#include <fanfare/detail/jwt/strict_json.hpp>
#include <fanfare/detail/wire/names.hpp>

#include <boost/json/array.hpp>

#include <algorithm>
#include <utility>

namespace fanfare {
namespace detail {

using jwt_time = jwt_verifier::time_point;

// Of a user, a room and a `jti`: as much as a revocation can name. The hub has limits of its own.
inline constexpr std::size_t max_jwt_name = 4096;

// ---- claims of the right types

// False if it is there and no string.
inline bool read_text_claim(const json::object& all, std::string_view name, std::string& out)
{
    out = text_field(all, name);
    return !all.contains(name) || string_field(all, name);
}

// RFC 7519 section 4.1.3: a string or a list of them.
inline bool read_audience(const json::object& all, std::vector<std::string>& out)
{
    const auto* value = all.if_contains("aud");
    if (value && value->is_string()) {
        out.emplace_back(value->get_string());
        return true;
    }
    if (!value)
        return true;
    auto names = read_strings(*value);
    if (!names)
        return false;
    out = std::move(*names);
    return true;
}

using numeric_claim = std::optional<std::chrono::milliseconds>;

inline bool read_date(const json::object& all, std::string_view name, numeric_claim& out)
{
    if (const auto* value = all.if_contains(name))
        return (out = numeric_date(*value)).has_value();
    return true;
}

struct jwt_dates {
    numeric_claim expires{}, begins{}, issued{};
};

inline bool read_claims(jwt_claims& out, jwt_dates& dates)
{
    const auto& all = out.all;
    if (!read_text_claim(all, "iss", out.issuer) || !read_text_claim(all, "sub", out.subject) ||
        !read_text_claim(all, "jti", out.token_id) || !read_audience(all, out.audience) ||
        out.token_id.size() > max_jwt_name)
        return false;
    if (!read_date(all, "exp", dates.expires) || !read_date(all, "nbf", dates.begins) ||
        !read_date(all, "iat", dates.issued))
        return false;
    const auto set = [](std::optional<jwt_time>& to, const numeric_claim& from) {
        if (from)
            to = time_of<jwt_time>(*from);
    };
    set(out.expires_at, dates.expires);
    set(out.not_before, dates.begins);
    set(out.issued_at, dates.issued);
    return true;
}

// ---- what the options want

// Without a type of its own: what says nothing, or that it is a token and no more, or one for access. Others are for
// other uses, such as the `logout+jwt` of OpenID Connect (RFC 8725 section 3.11).
inline bool is_wanted_type(std::string_view type, std::string_view wanted)
{
    if (!wanted.empty())
        return is_media_type(type, wanted);
    return type.empty() || is_media_type(type, "JWT") || is_media_type(type, "at+jwt");
}

inline error_code check_dates(const jwt_dates& dates, const jwt_options& options, jwt_time now)
{
    // All are far from the ends of their range, whatever the token says.
    const auto at = std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch());
    if (!dates.expires && options.require_expiry)
        return jwt_error::no_expiry;
    if (dates.expires && at >= *dates.expires + options.leeway)
        return jwt_error::expired;
    if (dates.begins && *dates.begins > at + options.leeway)
        return jwt_error::not_yet_valid;
    if (dates.issued && *dates.issued > at + options.leeway)
        return jwt_error::issued_in_future;
    return {};
}

inline bool contains(const std::vector<std::string>& list, std::string_view text)
{
    return std::find(list.begin(), list.end(), text) != list.end();
}

inline error_code check_parties(const jwt_claims& claims, const jwt_options& options)
{
    if (!options.issuers.empty() && !contains(options.issuers, claims.issuer))
        return jwt_error::wrong_issuer;
    const bool named = std::any_of(claims.audience.begin(), claims.audience.end(),
                                   [&](const std::string& one) { return contains(options.audiences, one); });
    const bool indifferent = options.audiences.empty() && (options.ignore_audience || !claims.all.contains("aud"));
    return named || indifferent ? error_code{} : error_code{jwt_error::wrong_audience};
}

inline void check(const jwt_options& options)
{
    using namespace std::chrono_literals;
    if (options.leeway < 0s || options.leeway > 5min)
        fail_jwt_config("jwt_options::leeway is not between 0 and 5 minutes");
    if (options.max_token_bytes < 64 || options.max_token_bytes > 65536)
        fail_jwt_config("jwt_options::max_token_bytes is not between 64 and 65536");
    if (options.ignore_audience && !options.audiences.empty())
        fail_jwt_config("jwt_options::ignore_audience is for an empty list of audiences");
    if (contains(options.issuers, "") || contains(options.audiences, ""))
        fail_jwt_config("jwt_options: an issuer or an audience is empty");
    if (options.user_claim.empty())
        fail_jwt_config("jwt_options::user_claim is empty");
}

// ---- the identity

inline bool read_rooms(const json::object& all, const jwt_options& options, identity& who)
{
    const auto* value = options.rooms_claim.empty() ? nullptr : all.if_contains(options.rooms_claim);
    if (!value)
        return true;
    auto rooms = read_strings(*value);
    if (!rooms)
        return false;
    who.rooms = std::move(*rooms);
    return who.rooms.size() <= options.max_rooms &&
           std::all_of(who.rooms.begin(), who.rooms.end(), [&who](const std::string& room) {
               return is_room_name(room, max_jwt_name) && !is_room_of_another(room, who.user_id);
           });
}

inline json::object kept_claims(const json::object& all, const jwt_options& options)
{
    json::object out;
    for (const auto& claim : all) {
        const std::string_view key = claim.key();
        const bool has_its_place = key == options.user_claim || key == options.rooms_claim || key == "jti" ||
                                   key == "iat" || key == "exp";
        if (options.kept_claims ? contains(*options.kept_claims, key) : !has_its_place)
            out.emplace(claim.key(), claim.value());
    }
    return out;
}

inline boost::system::result<identity> default_identity(const jwt_claims& claims, const jwt_options& options)
{
    identity who;
    if (!read_text_claim(claims.all, options.user_claim, who.user_id))
        return make_error_code(jwt_error::bad_user);
    const bool nobody = who.user_id.empty() && !options.require_user;
    if (!nobody && !is_room_name(who.user_id, max_jwt_name))
        return make_error_code(jwt_error::bad_user);
    if (!read_rooms(claims.all, options, who))
        return make_error_code(jwt_error::bad_rooms);
    who.claims = kept_claims(claims.all, options);
    return who;
}

// What the token bounds, whoever has made the identity.
inline void bound_identity(identity& who, const jwt_claims& claims, std::chrono::seconds leeway)
{
    if (who.token_id.empty())
        who.token_id = claims.token_id;
    if (!who.issued_at)
        who.issued_at = claims.issued_at;
    if (!claims.expires_at)
        return;
    const auto end = later(*claims.expires_at, leeway);
    if (!who.expires_at || *who.expires_at > end)
        who.expires_at = end;
}

} // namespace detail

FANFARE_DECL jwt_verifier::jwt_verifier(jwt_keys keys, jwt_options options) : keys_{std::move(keys)}
{
    detail::check(options);
    options_ = std::make_shared<const jwt_options>(std::move(options));
}

FANFARE_DECL boost::system::result<jwt_claims> jwt_verifier::verify(std::string_view token, time_point now) const
{
    if (token.size() > options_->max_token_bytes)
        return make_error_code(jwt_error::too_large);
    auto read = detail::parse_jws(token);
    if (!read)
        return read.error();
    if (!detail::is_wanted_type(read->type, options_->type))
        return make_error_code(jwt_error::wrong_type);
    if (const auto ec = keys_.ring()->keys()->check(*read))
        return ec;
    std::string why;
    auto all = detail::parse_strict_object(read->payload, detail::max_jwt_depth, why);
    if (!all)
        return make_error_code(jwt_error::malformed);
    jwt_claims claims{.all = std::move(*all), .algorithm = read->algorithm};
    claims.key_id = std::move(read->key_id).value_or("");
    detail::jwt_dates dates;
    if (!detail::read_claims(claims, dates))
        return make_error_code(jwt_error::bad_claim);
    auto ec = detail::check_parties(claims, *options_);
    if (!ec)
        ec = detail::check_dates(dates, *options_, now);
    if (ec)
        return ec;
    return claims;
}

FANFARE_DECL void jwt_verifier::async_verify(std::string_view token, jwt_verified handler) const
{
    using wait = detail::jwt_key_refresher::wait;
    auto checked = verify(token);
    const bool unknown = !checked && checked.error() == jwt_error::unknown_key;
    const auto refresher = unknown ? keys_.ring()->refresher() : nullptr;
    if (!refresher)
        return handler(std::move(checked));
    std::function<void(bool)> done = [self = *this, token = std::string{token}, handler](bool refreshed) {
        if (refreshed)
            handler(self.verify(token));
        else
            handler(make_error_code(jwt_error::keys_unavailable));
    };
    const auto outcome = refresher->await_keys(done);
    if (outcome == wait::asked_lately)
        handler(verify(token)); // once more: the answer may have come since
    else if (outcome == wait::unavailable)
        handler(make_error_code(jwt_error::keys_unavailable));
}

FANFARE_DECL boost::system::result<identity> jwt_verifier::identify(const jwt_claims& claims) const
{
    boost::system::result<identity> made{identity{}};
    if (options_->make_identity) {
        auto who = options_->make_identity(claims);
        if (!who)
            return make_error_code(jwt_error::not_accepted);
        made = std::move(*who);
    } else {
        made = detail::default_identity(claims, *options_);
    }
    if (made)
        detail::bound_identity(*made, claims, options_->leeway);
    return made;
}

} // namespace fanfare

#endif

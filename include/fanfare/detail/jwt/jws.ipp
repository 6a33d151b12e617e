// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_JWT_JWS_IPP
#define FANFARE_DETAIL_JWT_JWS_IPP

#include <fanfare/detail/base/json_fields.hpp>
#include <fanfare/detail/jwt/base64url.hpp>
#include <fanfare/detail/jwt/jws.hpp>
#include <fanfare/detail/jwt/strict_json.hpp>

#include <algorithm>
#include <utility>

namespace fanfare::detail {

// Whether it is absent, or a string, which is then in `out`.
inline bool optional_string(const json::object& fields, std::string_view name, std::optional<std::string>& out)
{
    if (!fields.contains(name))
        return true;
    if (const auto text = string_field(fields, name))
        out = std::string{*text};
    return out.has_value();
}

FANFARE_DECL bool is_media_type(std::string_view value, std::string_view name) noexcept
{
    constexpr std::string_view prefix = "application/";
    const auto equal = [](std::string_view left, std::string_view right) {
        const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
        return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                          [lower](char a, char b) { return lower(a) == lower(b); });
    };
    const auto bare = [&](std::string_view text) {
        return equal(text.substr(0, prefix.size()), prefix) ? text.substr(prefix.size()) : text;
    };
    return equal(bare(value), bare(name));
}

inline error_code read_jws_header(std::string_view encoded, jws& out)
{
    const auto text = decode_base64url(encoded);
    std::string why;
    const auto header = text ? parse_strict_object(*text, max_jwt_depth, why) : std::nullopt;
    if (!header)
        return jwt_error::malformed;
    if (header->contains("enc"))
        return jwt_error::encrypted;
    for (const auto* name : {"crit", "b64", "zip"})
        if (header->contains(name))
            return jwt_error::unsupported_header;
    const auto algorithm = string_field(*header, "alg");
    std::optional<std::string> type, content;
    if (!algorithm || !optional_string(*header, "typ", type) || !optional_string(*header, "cty", content) ||
        !optional_string(*header, "kid", out.key_id))
        return jwt_error::malformed;
    if (content && is_media_type(*content, "jwt"))
        return jwt_error::nested;
    const auto known = jwt_algorithm_named(*algorithm);
    if (!known)
        return jwt_error::unsupported_algorithm;
    out.algorithm = *known;
    out.type = std::move(type).value_or("");
    return {};
}

FANFARE_DECL boost::system::result<jws> parse_jws(std::string_view token)
{
    const auto dots = std::count(token.begin(), token.end(), '.');
    if (dots == 4)
        return make_error_code(jwt_error::encrypted); // RFC 7516 section 9
    if (dots != 2)
        return make_error_code(jwt_error::malformed);
    const auto first = token.find('.'), second = token.rfind('.');
    jws out{.input = token.substr(0, second)};
    if (const auto ec = read_jws_header(token.substr(0, first), out))
        return ec;
    auto payload = decode_base64url(token.substr(first + 1, second - first - 1));
    auto signature = decode_base64url(token.substr(second + 1));
    if (!payload || !signature)
        return make_error_code(jwt_error::malformed);
    if (signature->empty())
        return make_error_code(jwt_error::bad_signature);
    out.payload = std::move(*payload);
    out.signature = std::move(*signature);
    return out;
}

} // namespace fanfare::detail

#endif

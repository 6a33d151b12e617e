// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_JWT_STRICT_JSON_HPP
#define FANFARE_DETAIL_JWT_STRICT_JSON_HPP

#include <fanfare/config.hpp>

#include <boost/json/object.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace fanfare::detail {

/// Parses a JSON object in UTF-8 in which no object, at any depth, has a name twice (RFC 7515 section 4, RFC 7519
/// section 4, RFC 7517 section 4): of two, another reader could take the other one. Nothing for anything else; `why`
/// says in words what was wrong.
std::optional<json::object> parse_strict_object(std::string_view text, std::size_t max_depth, std::string& why);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/jwt/strict_json.ipp>
#endif

#endif

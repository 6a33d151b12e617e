// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_JWT_STRICT_JSON_IPP
#define FANFARE_DETAIL_JWT_STRICT_JSON_IPP

#include <fanfare/detail/jwt/strict_json.hpp>
#include <fanfare/detail/wire/json_reader.hpp>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <utility>

namespace fanfare::detail {

inline bool has_unique_names(std::string_view text, const json::value& value);

// Boost.JSON keeps the last of several members with one name, so an object with fewer members than its text has lost
// one.
// With as many, its members are in the order of the text.
inline bool has_unique_names(std::string_view text, const json::object& object)
{
    std::size_t members = 0;
    for_each_json_member(text, [&members](std::string_view, std::string_view) { ++members; });
    if (members != object.size())
        return false;
    bool unique = true;
    auto next = object.begin();
    for_each_json_member(text, [&](std::string_view, std::string_view member) {
        unique = unique && has_unique_names(member, (next++)->value());
    });
    return unique;
}

inline bool has_unique_names(std::string_view text, const json::array& array)
{
    json_cursor at{text};
    at.take('[');
    for (const auto& element : array) {
        if (!has_unique_names(at.value(), element))
            return false;
        at.take(',');
    }
    return true;
}

inline bool has_unique_names(std::string_view text, const json::value& value)
{
    if (const auto* object = value.if_object())
        return has_unique_names(text, *object);
    if (const auto* array = value.if_array())
        return has_unique_names(text, *array);
    return true;
}

FANFARE_DECL std::optional<json::object> parse_strict_object(std::string_view text, std::size_t max_depth,
                                                             std::string& why)
{
    auto value = parse_json(text, max_depth, {}, why);
    if (!why.empty())
        return std::nullopt;
    if (!value.is_object()) {
        why = "not a JSON object";
        return std::nullopt;
    }
    if (!has_unique_names(text, value)) {
        why = "an object has a name twice";
        return std::nullopt;
    }
    return std::move(value.get_object());
}

} // namespace fanfare::detail

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_BASE_JSON_FIELDS_HPP
#define FANFARE_DETAIL_BASE_JSON_FIELDS_HPP

#include <fanfare/config.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fanfare::detail {

// Typed fields of a JSON object that somebody else wrote: nothing where the field is missing or of another type (null
// is a type of its own). What is answered points into `fields`. Thread-safe as a read is; none throws or
// allocates, but for `text_field` and `read_strings`.

/// The string `name`.
inline std::optional<std::string_view> string_field(const json::object& fields, std::string_view name) noexcept
{
    const auto* value = fields.if_contains(name);
    const auto* text = value ? value->if_string() : nullptr;
    return text ? std::optional{std::string_view{*text}} : std::nullopt;
}

/// A copy of the string `name`; empty if there is none.
inline std::string text_field(const json::object& fields, std::string_view name)
{
    return std::string{string_field(fields, name).value_or(std::string_view{})};
}

/// The number `name`, if it is a whole one between -2^63 and 2^63 - 1, however it is written (`5`, `5.0`, `5e0`).
inline std::optional<std::int64_t> int_field(const json::object& fields, std::string_view name) noexcept
{
    const auto* value = fields.if_contains(name);
    if (!value)
        return std::nullopt;
    error_code ec;
    const auto number = value->to_number<std::int64_t>(ec);
    return ec ? std::nullopt : std::optional{number};
}

/// The number that `value` is, if it is a whole one from `least` to `most`, however it is written.
inline std::optional<std::uint64_t> whole_number(const json::value& value, std::uint64_t least,
                                                 std::uint64_t most) noexcept
{
    error_code ec;
    const auto number = value.to_number<std::uint64_t>(ec);
    return ec || number < least || number > most ? std::nullopt : std::optional{number};
}

/// The strings of a list; nothing if it is none, or something else is in it. Allocates.
inline std::optional<std::vector<std::string>> read_strings(const json::value& value)
{
    const auto* list = value.if_array();
    if (!list)
        return std::nullopt;
    std::vector<std::string> out;
    out.reserve(list->size());
    for (const auto& one : *list) {
        if (!one.is_string())
            return std::nullopt;
        out.emplace_back(one.get_string());
    }
    return out;
}

/// The object `name`, or null.
inline const json::object* object_field(const json::object& fields, std::string_view name) noexcept
{
    const auto* value = fields.if_contains(name);
    return value ? value->if_object() : nullptr;
}

/// The array `name`, or null.
inline const json::array* array_field(const json::object& fields, std::string_view name) noexcept
{
    const auto* value = fields.if_contains(name);
    return value ? value->if_array() : nullptr;
}

} // namespace fanfare::detail

#endif

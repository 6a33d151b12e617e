// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_WIRE_JSON_READER_IPP
#define FANFARE_DETAIL_WIRE_JSON_READER_IPP

#include <fanfare/detail/wire/json_reader.hpp>

#include <boost/json/array.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/string.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <system_error>
#include <utility>

namespace fanfare::detail {

// ---- where values begin and end

inline bool is_json_space(char c) noexcept
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

FANFARE_DECL void json_cursor::skip_space() noexcept
{
    while (at_ != end_ && is_json_space(*at_))
        ++at_;
}

FANFARE_DECL bool json_cursor::take(char c) noexcept
{
    skip_space();
    if (at_ == end_ || *at_ != c)
        return false;
    ++at_;
    skip_space();
    return true;
}

// Over a string whose opening quote is next. A quote behind an odd number of backslashes does not end it.
FANFARE_DECL void json_cursor::skip_string() noexcept
{
    const auto* const begin = ++at_;
    while (at_ != end_) {
        const auto* quote = static_cast<const char*>(std::memchr(at_, '"', static_cast<std::size_t>(end_ - at_)));
        if (!quote) {
            at_ = end_;
            return;
        }
        at_ = quote + 1;
        const auto* before = quote;
        while (before != begin && before[-1] == '\\')
            --before;
        if ((quote - before) % 2 == 0)
            return;
    }
}

FANFARE_DECL std::string_view json_cursor::value() noexcept
{
    skip_space();
    const auto* const begin = at_;
    const auto* last = at_;
    std::size_t depth = 0;
    for (bool scalar = false; at_ != end_;) {
        const char c = *at_;
        if (depth == 0 && (c == ',' || c == ':' || c == ']' || c == '}'))
            break; // of whatever the value is in
        if (depth == 0 && scalar && is_json_space(c))
            break;
        if (c == '"')
            skip_string();
        else
            ++at_;
        depth += c == '[' || c == '{' ? 1U : 0U;
        depth -= c == ']' || c == '}' ? 1U : 0U;
        last = at_;
        scalar = true;
        if (depth == 0 && (c == '"' || c == ']' || c == '}'))
            break;
    }
    skip_space();
    return {begin, static_cast<std::size_t>(last - begin)};
}

// The name that a key spells, a JSON string in its quotes; nothing if it is none. One with escapes is kept in `unescaped`.
inline std::optional<std::string_view> name_of_key(std::string_view key, json::value& unescaped)
{
    if (key.size() < 2)
        return std::nullopt;
    if (key.find('\\') == std::string_view::npos)
        return key.substr(1, key.size() - 2);
    error_code ec;
    unescaped = json::parse({key.data(), key.size()}, ec);
    return ec || !unescaped.is_string() ? std::nullopt : std::optional<std::string_view>{unescaped.get_string()};
}

FANFARE_DECL bool is_json_key(std::string_view key, std::string_view name)
{
    json::value unescaped;
    return name_of_key(key, unescaped) == name;
}

FANFARE_DECL std::optional<std::string_view> json_member_text(std::string_view object, std::string_view name)
{
    std::optional<std::string_view> found;
    for_each_json_member(object, [&](std::string_view key, std::string_view value) {
        if (is_json_key(key, name))
            found = value;
    });
    return found;
}

// ---- values

template <class Test>
bool any_double(const json::value& value, Test test)
{
    if (const auto* number = value.if_double())
        return test(*number);
    if (const auto* list = value.if_array())
        return std::any_of(list->begin(), list->end(), [&](const json::value& v) { return any_double(v, test); });
    if (const auto* object = value.if_object())
        return std::any_of(object->begin(), object->end(),
                           [&](const auto& field) { return any_double(field.value(), test); });
    return false;
}

// Boost.JSON reads fast rather than exactly: one double in ten with 16 or 17 digits becomes its neighbour. This goes over
// the text once more, beside the values that were read from it, and sets each double to the nearest one (IEEE 754, as
// std::from_chars does). Of members with the same name the last is the one that counts, for Boost.JSON and for this.
inline void read_doubles_exactly(json_cursor& at, json::value& value);

inline void read_elements_exactly(json_cursor& at, json::array& list)
{
    if (at.take(']'))
        return;
    std::size_t i = 0;
    do
        if (i < list.size())
            read_doubles_exactly(at, list[i++]);
        else
            at.value();
    while (at.take(','));
    at.take(']');
}

inline void read_members_exactly(json_cursor& at, json::object& object)
{
    if (at.take('}'))
        return;
    do {
        const auto key = at.value();
        at.take(':');
        json::value unescaped;
        const auto name = name_of_key(key, unescaped);
        if (auto* member = name ? object.if_contains(*name) : nullptr)
            read_doubles_exactly(at, *member);
        else
            at.value();
    } while (at.take(','));
    at.take('}');
}

inline void read_doubles_exactly(json_cursor& at, json::value& value)
{
    if (auto* list = value.if_array(); list && at.take('['))
        return read_elements_exactly(at, *list);
    if (auto* object = value.if_object(); object && at.take('{'))
        return read_members_exactly(at, *object);
    const auto text = at.value();
    auto* number = value.if_double();
    if (!number)
        return;
    double exact = 0;
    const auto* end = text.data() + text.size();
    if (const auto read = std::from_chars(text.data(), end, exact); read.ec == std::errc{} && read.ptr == end)
        *number = exact;
}

FANFARE_DECL void read_doubles_exactly(std::string_view text, json::value& value)
{
    json_cursor at{text};
    read_doubles_exactly(at, value);
}

inline json::value parse_any_json(std::string_view text, std::size_t max_depth, json::storage_ptr storage,
                                  bool exactly, std::string& why)
{
    json::parse_options options;
    options.max_depth = max_depth;
    error_code ec;
    auto value = json::parse(text, ec, std::move(storage), options);
    if (ec) {
        why = ec == json::error::too_deep ? std::string{"JSON nested deeper than the limit"}
                                          : "not valid JSON: " + ec.message();
        return nullptr;
    }
    if (exactly && any_double(value, [](double) { return true; }))
        read_doubles_exactly(text, value);
    // Boost.JSON reads 1e999 as infinity.
    if (any_double(value, [](double d) { return !std::isfinite(d); })) {
        why = "a number is out of range";
        return nullptr;
    }
    return value;
}

FANFARE_DECL json::value parse_json(std::string_view text, std::size_t max_depth, json::storage_ptr storage,
                                    std::string& why)
{
    return parse_any_json(text, max_depth, std::move(storage), true, why);
}

FANFARE_DECL json::value parse_json_roughly(std::string_view text, std::size_t max_depth,
                                            json::storage_ptr storage, std::string& why)
{
    return parse_any_json(text, max_depth, std::move(storage), false, why);
}

FANFARE_DECL bool is_json(std::string_view text, std::size_t max_depth)
{
    json::monotonic_resource memory;
    std::string why;
    parse_json_roughly(text, max_depth, &memory, why);
    return why.empty();
}

} // namespace fanfare::detail

#endif

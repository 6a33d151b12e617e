// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_WIRE_JSON_WRITER_IPP
#define FANFARE_DETAIL_WIRE_JSON_WRITER_IPP

#include <fanfare/detail/wire/json_writer.hpp>
#include <fanfare/detail/wire/utf8.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace fanfare::detail {

// The letter of an escape of two characters (RFC 8259 section 7), or 0.
inline char short_escape(unsigned char c) noexcept
{
    switch (c) {
    case '"':
    case '\\': return static_cast<char>(c);
    case '\b': return 'b';
    case '\f': return 'f';
    case '\n': return 'n';
    case '\r': return 'r';
    case '\t': return 't';
    default: return 0;
    }
}

FANFARE_DECL void append_json_string(std::string& out, std::string_view text)
{
    static constexpr char hex[] = "0123456789abcdef";
    out += '"';
    std::size_t plain = 0;
    for (std::size_t i = 0; i != text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        out.append(text, plain, i - plain);
        plain = i + 1;
        if (const char letter = short_escape(c))
            out.append({'\\', letter});
        else
            out.append({'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]});
    }
    out.append(text, plain);
    out += '"';
}

template <class Integer>
void append_integer(std::string& out, Integer value)
{
    char text[24];
    const auto* end = std::to_chars(text, text + sizeof text, value).ptr;
    out.append(static_cast<const char*>(text), end);
}

inline void append_double(std::string& out, double value)
{
    if (!std::isfinite(value)) {
        out += "NaN";
        return;
    }
    const auto size = std::abs(value);
    const bool plain = size == 0 || (size >= 1e-6 && size < 1e21); // as ECMAScript chooses
    char text[40];
    const auto* end = std::to_chars(text, text + sizeof text, value,
                                    plain ? std::chars_format::fixed : std::chars_format::scientific)
                          .ptr;
    out.append(static_cast<const char*>(text), end);
    if (plain && std::find(static_cast<const char*>(text), end, '.') == end)
        out += ".0";
}

inline void append_array(std::string& out, const json::array& list)
{
    out += '[';
    for (const auto& one : list) {
        append_json(out, one);
        out += ',';
    }
    if (list.empty())
        out += ']';
    else
        out.back() = ']'; // in place of the last comma
}

inline void append_object(std::string& out, const json::object& fields)
{
    out += '{';
    for (const auto& field : fields) {
        append_json_string(out, field.key());
        out += ':';
        append_json(out, field.value());
        out += ',';
    }
    if (fields.empty())
        out += '}';
    else
        out.back() = '}';
}

FANFARE_DECL void append_json(std::string& out, const json::value& value)
{
    switch (value.kind()) {
    case json::kind::null: out += "null"; return;
    case json::kind::bool_: out += value.get_bool() ? "true" : "false"; return;
    case json::kind::int64: return append_integer(out, value.get_int64());
    case json::kind::uint64: return append_integer(out, value.get_uint64());
    case json::kind::double_: return append_double(out, value.get_double());
    case json::kind::string: return append_json_string(out, value.get_string());
    case json::kind::array: return append_array(out, value.get_array());
    case json::kind::object: return append_object(out, value.get_object());
    }
}

FANFARE_DECL bool is_sendable(const json::value& value) noexcept
{
    switch (value.kind()) {
    case json::kind::string: return is_utf8(value.get_string());
    case json::kind::double_: return std::isfinite(value.get_double());
    case json::kind::array: return std::all_of(value.get_array().begin(), value.get_array().end(), is_sendable);
    case json::kind::object:
        return std::all_of(
            value.get_object().begin(), value.get_object().end(),
            [](const json::key_value_pair& field) { return is_utf8(field.key()) && is_sendable(field.value()); });
    default: return true;
    }
}

} // namespace fanfare::detail

#endif

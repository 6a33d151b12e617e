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
#include <cstdint>
#include <cstring>
#include <utility>

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

// The first character at or after `p` that a JSON string escapes, or `end`. Eight at a time: a byte's high bit is set in
// `x - n` where the byte is below n, and in `v - 1` where it is 0, as long as no lower byte borrows; a byte that borrows is
// one that is looked for itself.
inline const char* skip_plain(const char* p, const char* end) noexcept
{
    constexpr std::uint64_t ones = 0x0101010101010101u;
    constexpr std::uint64_t high_bits = 0x80 * ones;
    for (; end - p >= 8; p += 8) {
        std::uint64_t x;
        std::memcpy(&x, p, sizeof x);
        const auto quote = x ^ (ones * '"');
        const auto backslash = x ^ (ones * '\\');
        const auto found =
            ((x - ones * 0x20) & ~x) | ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash);
        if ((found & high_bits) != 0)
            break;
    }
    while (p != end && static_cast<unsigned char>(*p) >= 0x20 && *p != '"' && *p != '\\')
        ++p;
    return p;
}

// Writes a JSON string to what has `put` for characters and for text.
template <class Out>
void write_json_string(Out& out, std::string_view text)
{
    static constexpr char hex[] = "0123456789abcdef";
    const char* p = text.data();
    const char* const end = p + text.size();
    out.put('"');
    for (;;) {
        const auto* plain = std::exchange(p, skip_plain(p, end));
        out.put(std::string_view{plain, static_cast<std::size_t>(p - plain)});
        if (p == end)
            break;
        const auto c = static_cast<unsigned char>(*p++);
        out.put('\\');
        if (const char letter = short_escape(c)) {
            out.put(letter);
            continue;
        }
        out.put(std::string_view{"u00"});
        out.put(hex[c >> 4]);
        out.put(hex[c & 15]);
    }
    out.put('"');
}

// Gathers what is written, so that the string behind it is touched now and then only.
class json_out {
public:
    explicit json_out(std::string& out) noexcept : out_{out} {}
    json_out(const json_out&) = delete;
    json_out& operator=(const json_out&) = delete;

    void put(char c)
    {
        *place(1) = c;
        ++at_;
    }
    void put(std::string_view text)
    {
        if (text.size() > sizeof piece_) {
            flush();
            out_ += text;
        } else if (!text.empty()) {
            std::memcpy(place(text.size()), text.data(), text.size());
            at_ += text.size();
        }
    }
    void put(double value);
    template <class Integer>
    void put_integer(Integer value)
    {
        char* const to = place(24);
        at_ += static_cast<std::size_t>(std::to_chars(to, to + 24, value).ptr - to);
    }
    void put(const json::value& value);
    /// At the end, and only then: what has thrown is not finished.
    void flush()
    {
        out_.append(static_cast<const char*>(piece_), at_);
        at_ = 0;
    }

private:
    char* place(std::size_t size)
    {
        if (sizeof piece_ - at_ < size)
            flush();
        return piece_ + at_;
    }

    std::string& out_;
    std::size_t at_ = 0;
    char piece_[512];
};

inline void json_out::put(double value)
{
    if (!std::isfinite(value))
        return put(std::string_view{"NaN"});
    const auto size = std::abs(value);
    const bool plain = size == 0 || (size >= 1e-6 && size < 1e21); // as ECMAScript chooses
    char* const text = place(40);
    const char* end =
        std::to_chars(text, text + 40, value, plain ? std::chars_format::fixed : std::chars_format::scientific)
            .ptr;
    at_ += static_cast<std::size_t>(end - text);
    if (plain && std::find(static_cast<const char*>(text), end, '.') == end)
        put(std::string_view{".0"});
}

inline void json_out::put(const json::value& value)
{
    switch (value.kind()) {
    case json::kind::null: return put(std::string_view{"null"});
    case json::kind::bool_: return put(std::string_view{value.get_bool() ? "true" : "false"});
    case json::kind::int64: return put_integer(value.get_int64());
    case json::kind::uint64: return put_integer(value.get_uint64());
    case json::kind::double_: return put(value.get_double());
    case json::kind::string: return write_json_string(*this, value.get_string());
    case json::kind::array: {
        char before = '[';
        for (const auto& one : value.get_array()) {
            put(std::exchange(before, ','));
            put(one);
        }
        return put(before == '[' ? std::string_view{"[]"} : std::string_view{"]"});
    }
    case json::kind::object: {
        char before = '{';
        for (const auto& field : value.get_object()) {
            put(std::exchange(before, ','));
            write_json_string(*this, field.key());
            put(':');
            put(field.value());
        }
        return put(before == '{' ? std::string_view{"{}"} : std::string_view{"}"});
    }
    }
}

FANFARE_DECL void append_json_string(std::string& out, std::string_view text)
{
    struct direct {
        std::string& out;
        void put(char c) { out += c; }
        void put(std::string_view piece) { out += piece; }
    } to{out};
    write_json_string(to, text);
}

FANFARE_DECL void append_json(std::string& out, const json::value& value)
{
    json_out to{out};
    to.put(value);
    to.flush();
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

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_WIRE_NAMES_IPP
#define FANFARE_DETAIL_WIRE_NAMES_IPP

#include <fanfare/detail/wire/names.hpp>
#include <fanfare/detail/wire/utf8.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

namespace fanfare::detail {

struct code_points {
    char32_t first;
    char32_t last;
};

// Above U+007F, in order.
inline constexpr code_points no_name_characters[] = {
    {0x80, 0x9f},       // controls, U+0085 (next line) among them
    {0xa0, 0xa0},       // no-break space
    {0xad, 0xad},       // soft hyphen
    {0x61c, 0x61c},     // Arabic letter mark
    {0x1680, 0x1680},   // Ogham space mark
    {0x180e, 0x180e},   // Mongolian vowel separator
    {0x2000, 0x200b},   // spaces, zero-width space
    {0x200e, 0x200f},   // directional marks
    {0x2028, 0x202f},   // line and paragraph separator, embeddings and overrides, narrow no-break space
    {0x205f, 0x206f},   // mathematical space, word joiner, invisible operators, isolates
    {0x3000, 0x3000},   // ideographic space
    {0xfeff, 0xfeff},   // byte order mark
    {0xfff9, 0xfffb},   // interlinear annotation
    {0xe0000, 0xe007f}, // tags
};

// Takes one code point of valid UTF-8 from the front of `text`.
inline char32_t next_code_point(std::string_view& text) noexcept
{
    const auto byte = [&text](std::size_t i) {
        return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i]));
    };
    const auto lead = byte(0);
    const std::size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    std::uint32_t c = size == 1 ? lead : lead & (0xffU >> (size + 1));
    for (std::size_t i = 1; i != size; ++i)
        c = (c << 6) | (byte(i) & 0x3f);
    text.remove_prefix(size);
    return c;
}

// Each publish asks for its type: what is ASCII is looked up.
inline constexpr auto ascii_names = [] {
    std::array<std::array<bool, 128>, 2> out{};
    for (char32_t c = 0x20; c != 0x7f; ++c) {
        const auto letter = static_cast<char>(c);
        out[0][c] = c != 0x20 && std::string_view{"\"\\,*?[]{}"}.find(letter) == std::string_view::npos;
        out[1][c] = true;
    }
    return out;
}();

FANFARE_DECL bool is_name_character(char32_t c, name_kind kind) noexcept
{
    if (c < 0x80)
        return ascii_names[kind == name_kind::label ? 1 : 0][c];
    const auto* range = std::find_if(std::begin(no_name_characters), std::end(no_name_characters),
                                     [c](const code_points& one) { return c <= one.last; });
    return range == std::end(no_name_characters) || c < range->first;
}

FANFARE_DECL bool is_name(std::string_view text, std::size_t max_size, name_kind kind) noexcept
{
    if (text.empty() || text.size() > max_size)
        return false;
    const auto& ascii = ascii_names[kind == name_kind::label ? 1 : 0];
    while (!text.empty() && static_cast<unsigned char>(text.front()) < 0x80) {
        if (!ascii[static_cast<unsigned char>(text.front())])
            return false;
        text.remove_prefix(1);
    }
    if (text.empty()) // nearly always
        return true;
    if (!is_utf8(text))
        return false;
    while (!text.empty())
        if (!is_name_character(next_code_point(text), kind))
            return false;
    return true;
}

FANFARE_DECL bool is_room_name(std::string_view name, std::size_t max_size) noexcept
{
    return is_name(name, max_size, name_kind::room);
}

FANFARE_DECL bool is_message_type(std::string_view type) noexcept
{
    return is_name(type, max_type_size, name_kind::label);
}

FANFARE_DECL bool is_key(std::string_view key, std::size_t max_size) noexcept
{
    return is_name(key, max_size, name_kind::label);
}

FANFARE_DECL bool was_room_name(std::string_view name, std::size_t max_size) noexcept
{
    const auto fits = [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte >= 0x80 || is_name_character(byte, name_kind::room);
    };
    return !name.empty() && name.size() <= max_size && std::all_of(name.begin(), name.end(), fits) &&
           is_utf8(name);
}

} // namespace fanfare::detail

#endif

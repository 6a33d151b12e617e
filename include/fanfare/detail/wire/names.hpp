// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_WIRE_NAMES_HPP
#define FANFARE_DETAIL_WIRE_NAMES_HPP

#include <fanfare/config.hpp>

#include <cstddef>
#include <string_view>

namespace fanfare::detail {

/// What a name is for.
enum class name_kind {
    room, ///< A room, a user or a prefix: none of `" \ , * ? [ ] { }`, which patterns, lists and keys need for themselves.
    label, ///< A type or a key: these, and U+0020, are allowed.
};

/// Whether a code point may stand in a name. Not allowed are what Unicode calls white space, control characters (Cc), and
/// the format characters that are invisible and change how the text around them looks or reads: soft hyphen, zero-width
/// space, directional marks, embeddings and isolates, word joiner and its like, byte order mark, annotations, tags. The
/// joiners U+200C and U+200D stay, since words of some scripts need them. The table is in docs/protocol.md.
bool is_name_character(char32_t c, name_kind kind) noexcept;
/// Whether `text` may be a name: 1 to `max_size` bytes of UTF-8 (RFC 3629), of such code points only.
bool is_name(std::string_view text, std::size_t max_size, name_kind kind) noexcept;

/// `is_name` for each of the names.
bool is_room_name(std::string_view name, std::size_t max_size) noexcept;
bool is_message_type(std::string_view type) noexcept;
/// A key that is not empty.
bool is_key(std::string_view key, std::size_t max_size) noexcept;

/// Whether something may be kept under this room or user already: earlier versions took any code point above U+007F.
/// Reading asks this, writing and entering ask `is_room_name`.
bool was_room_name(std::string_view name, std::size_t max_size) noexcept;

/// Whether `room` is another user's own room, which no credential may name.
inline bool is_room_of_another(std::string_view room, std::string_view user) noexcept
{
    constexpr std::string_view prefix = "user:";
    return room.starts_with(prefix) && (user.empty() || room.substr(prefix.size()) != user);
}

inline constexpr std::size_t max_type_size = 64;
inline constexpr std::size_t max_key_size = 1024;
inline constexpr std::size_t max_idempotency_key_size = 256;
inline constexpr std::size_t max_notification_key_size = 128;

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/wire/names.ipp>
#endif

#endif

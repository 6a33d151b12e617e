// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REDIS_MESSAGE_HPP
#define FANFARE_DETAIL_REDIS_MESSAGE_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/position.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace fanfare::detail {

/// What hubs send each other over Redis: `F1 KIND EXCEPT KEYSIZE\n`, the key, the body. EXCEPT is hexadecimal, KEYSIZE
/// decimal, both without leading zeros. A room's message with a position: `F2 r EXCEPT KEYSIZE EPOCH OFFSET\n`, with
/// EPOCH in 16 hexadecimal digits. JSON cannot begin with an F, so everything else is from somebody else.
struct redis_message {
    enum class kind : char {
        room = 'r',
        broadcast = 'b',
        control = 'c',
        missed = 'm',     ///< Messages of the channel were lost on their way to Redis.
        all_missed = 'a', ///< Messages of more rooms than one can list were lost.
        probe = 'p',
    };
    kind what = kind::room;
    std::uint64_t except = 0;
    std::string_view key{};
    std::string_view body{};
    position at{}; ///< Only of a room's message.
};

inline constexpr std::size_t max_redis_key_size = 1024;
inline constexpr std::size_t max_redis_header_line = 72;
/// What the header line and the key add to the body at most.
inline constexpr std::size_t max_redis_header_size = max_redis_header_line + max_redis_key_size;
/// A room's name when it comes from outside, with its prefix, in bytes.
inline constexpr std::size_t max_foreign_room_name = 128;
inline constexpr std::size_t max_foreign_json_depth = 32;

/// Reads an epoch of 16 hexadecimal digits. False if it is none, or 0.
bool parse_epoch(std::string_view text, std::uint64_t& out) noexcept;

/// Appends `message` in the form above.
void append_redis_message(std::string& out, const redis_message& message);

/// Whether `text` claims to be a hub's message, of this or a later version.
inline bool is_redis_message(std::string_view text) noexcept
{
    return text.starts_with('F');
}
/// Reads a hub's message; the views point into `text`. False, with `why` in words, if it is none that hubs write.
bool parse_redis_message(std::string_view text, redis_message& out, std::string& why);

/// The envelope for a JSON text that somebody else published for `room` (empty: for all). An object with a string
/// `type` that may be one (`is_message_type`) has that type; its payload is its `payload`, or what is left of it. Anything else is the
/// payload of a `message`. Empty, with `why` in words, if the text is not JSON.
std::string foreign_envelope(std::string_view room, std::string_view text, wall_time now, std::string& why);

/// A notification for a user, as other services publish it.
struct foreign_notification {
    std::string room;     ///< `user:ID`
    std::string envelope; ///< Empty if the text was wrong.
};
/// From `{"user_id", "title", "message", "data"?}`. On failure the result is empty and `why` says what was wrong.
foreign_notification read_notification(std::string_view text, wall_time now, std::string& why);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/redis/message.ipp>
#endif

#endif

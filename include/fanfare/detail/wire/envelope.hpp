// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_WIRE_ENVELOPE_HPP
#define FANFARE_DETAIL_WIRE_ENVELOPE_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/wire/frame.hpp>
#include <fanfare/detail/wire/json_reader.hpp>
#include <fanfare/detail/wire/json_writer.hpp>
#include <fanfare/detail/wire/names.hpp>
#include <fanfare/error.hpp>
#include <fanfare/message.hpp>

#include <boost/json/object.hpp>
#include <boost/json/storage_ptr.hpp>
#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fanfare::detail {

using wall_time = std::chrono::system_clock::time_point;
inline wall_time wall_now() noexcept
{
    return std::chrono::system_clock::now();
}

/// Appends `when` in RFC 3339 form, UTC, with milliseconds.
void append_timestamp(std::string& out, wall_time when);

/// What goes into one outgoing envelope.
struct outgoing {
    std::string_view type;
    std::string_view room{};
    /// Left out if null.
    const json::value* payload = nullptr;
    /// The client's `request_id` as it came: a string or a number. Left out if null.
    const json::value* request_id = nullptr;
    /// Instead of a payload: JSON text, which goes in as it is. It has been parsed, or written by `append_json`.
    std::string_view payload_text{};
    /// A `traceparent` that has been checked. Left out if empty.
    std::string_view trace{};
};

/// The JSON text of an envelope.
std::string write_envelope(const outgoing& message, wall_time now);

/// Encodes an envelope as a text frame; `tags` go with it.
shared_frame encode(const outgoing& message, wall_time now, const frame_tags& tags = {});

/// The `error` answer: `{code, message}`.
shared_frame encode_error(const error_code& code, std::string_view message, const json::value* request_id,
                          wall_time now);

/// The `gap` marker: `dropped` messages of `room` are lost to this receiver.
shared_frame encode_gap(std::string_view room, std::size_t dropped, wall_time now);

/// The `gap` marker for messages that the bus may have lost, nobody knows how many. An empty room: broadcasts. `at`, if
/// it is a position, is where the stream goes on after.
shared_frame encode_missed(std::string_view room, wall_time now, const position& at = {});

/// The `gap` marker for messages that are in no history any more. `at` is where the stream goes on after.
shared_frame encode_lost(std::string_view room, const position& at, wall_time now);

/// What a position adds to an envelope at most, in bytes.
inline constexpr std::size_t max_position_size = 64;
/// A stored envelope with its position, as a text frame.
shared_frame encode_stored(std::string_view body, const frame_tags& tags);
/// Whether that is what `encode_stored` makes of them, for the same room and place.
bool is_stored_as(const frame& made, std::string_view body, std::string_view key, std::uint64_t except) noexcept;

/// JSON numbers above this do not survive a browser.
inline constexpr std::uint64_t max_offset = std::uint64_t{1} << 53;

/// A position on the wire, and its epoch.
std::string epoch_text(std::uint64_t epoch);
json::object position_fields(const position& at);
/// Reads one from outside; `why` names what is wrong, and the result is nothing.
std::optional<position> read_position(const json::value& from, std::string& why);

/// An error as one of this library's own: others come from a store. And its name on the wire.
error own_error(const error_code& ec) noexcept;
std::string_view wire_code(const error_code& ec) noexcept;

/// A copy in memory of its own; null if there is none.
json::value own_value(const json::value* from);

/// What a publish answers, to clients and over HTTP, added to `fields`.
json::object receipt_fields(json::object fields, const receipt& done);

/// A client's message. Its parts point into `root`.
struct incoming {
    json::value root;
    /// The message as it came, which must outlive this.
    std::string_view text{};
    std::string_view type{};
    std::string_view room{};
    const json::value* payload = nullptr;
    const json::value* request_id = nullptr;
    /// As it came: whoever uses it checks it.
    const json::value* trace = nullptr;
    /// Set when the text is not an envelope; `request_id` may still be known.
    error_code failed{};
    std::string why{};
};

/// Parses a client's message, doubles as `parse_json_roughly` does; `text`, and `storage` for the values, must outlive the result.
incoming parse_envelope(std::string_view text, std::size_t max_depth, json::storage_ptr storage);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/wire/envelope.ipp>
#endif

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_JSON_TEXT_HPP
#define FANFARE_JSON_TEXT_HPP

#include <fanfare/config.hpp>

#include <boost/json/value.hpp>
#include <boost/json/value_from.hpp>

#include <optional>
#include <string_view>

namespace fanfare {

/// A view of JSON text (RFC 8259), to publish a payload that exists as text already: it is checked, and arrives as it is
/// written here, digit for digit. A `json::value` cannot hold every number: above 2^64 it keeps 53 bits.
/// @code
/// hub.publish("order:7", "paid", fanfare::json_text{row.payload});
/// @endcode
/// Text that is not one JSON value, or is nested deeper than `hub_options::max_json_depth`, is refused with
/// `invalid_message`, as everything that cannot be sent. The text is copied before a publish returns.
struct json_text {
    /// The text, UTF-8.
    std::string_view text;
};

/// Turns the text into a value where the library needs one: in `hub::async_send_to_user_acked`, say, which adds a field.
/// Throws `boost::system::system_error` with `error::invalid_json`.
void tag_invoke(json::value_from_tag, json::value& out, const json_text& from);

/// The text of a member of a JSON object, as it is written there: for those who pass a message's payload on. Nothing if
/// there is no such member; of several the last, as in a parsed object.
///
/// @param object Valid JSON, such as a message that a `local_connection` got. The result points into it.
/// @param name The member's name, without quotes and escapes.
/// Thread-safe. Throws `std::bad_alloc`.
std::optional<json_text> json_member(json_text object, std::string_view name);

} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/json_text.ipp>
#endif

#endif

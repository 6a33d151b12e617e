// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_WIRE_JSON_WRITER_HPP
#define FANFARE_DETAIL_WIRE_JSON_WRITER_HPP

#include <fanfare/config.hpp>

#include <boost/json/value.hpp>

#include <string>
#include <string_view>

namespace fanfare::detail {

/// Appends `text` as a JSON string (RFC 8259 section 7). `text` is UTF-8.
void append_json_string(std::string& out, std::string_view text);
/// Appends `value` as JSON. A double is written with the fewest digits that read back as the same double, and stays one
/// for those who tell whole numbers from others: `28.5`, `20.0`, `1e+300`. One that is not finite becomes `NaN`, which is
/// no JSON (RFC 8259 section 6): ask `is_sendable` before.
void append_json(std::string& out, const json::value& value);
/// Whether `value` can be sent: all its text is UTF-8, and its numbers are finite (RFC 8259 sections 6 and 8.1).
bool is_sendable(const json::value& value) noexcept;

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/wire/json_writer.ipp>
#endif

#endif

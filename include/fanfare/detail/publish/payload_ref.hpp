// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_PUBLISH_PAYLOAD_REF_HPP
#define FANFARE_DETAIL_PUBLISH_PAYLOAD_REF_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/wire/json_reader.hpp>
#include <fanfare/detail/wire/json_writer.hpp>
#include <fanfare/json_text.hpp>

#include <boost/json/value.hpp>
#include <boost/json/value_from.hpp>

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace fanfare::detail {

/// A message's payload, during the call of a function: a value, which is written into the envelope, or JSON text, which
/// goes in as it is.
class payload_ref {
public:
    payload_ref(const json::value& value) noexcept : value_{&value} {} // NOLINT: callers have values
    /// Text that somebody has still to check.
    payload_ref(json_text unchecked) noexcept : text_{unchecked.text} {} // NOLINT
    /// Text that `parse_json` has taken, alone or within other text.
    static payload_ref parsed(std::string_view text) noexcept
    {
        payload_ref out{json_text{text}};
        out.parsed_ = true;
        return out;
    }

    /// Null for text.
    const json::value* value() const noexcept { return value_; }
    /// Without white space around it. Empty for a value.
    std::string_view text() const noexcept { return json_cursor{text_}.value(); }
    /// Whether receivers can read it (RFC 8259). Text may be nested `max_depth` deep.
    bool is_sendable(std::size_t max_depth) const
    {
        return value_ ? detail::is_sendable(*value_) : parsed_ || is_json(text_, max_depth);
    }

private:
    const json::value* value_ = nullptr;
    std::string_view text_{};
    bool parsed_ = false;
};

/// A payload as JSON: itself if it is JSON, else converted.
template <class Payload>
decltype(auto) as_json(const Payload& message)
{
    if constexpr (std::same_as<Payload, json::value> || std::same_as<Payload, json_text>)
        return (message);
    else
        return json::value_from(message);
}

/// A payload that owns its parts.
class own_payload {
public:
    /// Copies or converts it; text is still unchecked.
    template <class Payload>
    explicit own_payload(const Payload& message)
    {
        if constexpr (std::same_as<Payload, json_text>)
            text_ = message.text;
        else
            value_ = json::value_from(message);
        is_text_ = std::same_as<Payload, json_text>;
    }

    payload_ref ref() const noexcept { return is_text_ ? payload_ref{json_text{text_}} : payload_ref{value_}; }

private:
    json::value value_;
    std::string text_;
    bool is_text_ = false;
};

} // namespace fanfare::detail

#endif

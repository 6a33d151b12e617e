// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_EXAMPLES_DEVICE_MESSAGE_HPP
#define FANFARE_EXAMPLES_DEVICE_MESSAGE_HPP

#include <boost/json/object.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace demo {

/// Why a message of a device was skipped. Each has a counter.
enum class refusal : std::uint8_t {
    topic,            ///< Not PREFIX/ID/telemetry nor PREFIX/ID/status.
    device_id,        ///< The id is empty, above 64 bytes, or not of letters, digits, '.', '_' and '-'.
    empty,            ///< No payload.
    too_large,        ///< More bytes than the limit.
    not_json,         ///< Not JSON; NaN, half a document and invalid UTF-8 included.
    not_object,       ///< JSON, but no object.
    too_many_fields,  ///< More than 64.
    wrong_type,       ///< A field is of a type that it cannot be; lists and objects cannot be anywhere.
    not_finite,       ///< A number that is too large for a double.
    missing_field,    ///< A status without `status`, or telemetry without any number.
    foreign_device,   ///< `device_id` in the payload is not the id of the topic.
    too_many_devices, ///< A new device above the limit.
    refused_by_hub,   ///< The hub will never take it: above its own limit of bytes, say.
};
inline constexpr std::array<std::string_view, 13> refusal_names = {
    "topic",          "device_id",        "empty",         "too_large",  "not_json",
    "not_object",     "too_many_fields",  "wrong_type",    "not_finite", "missing_field",
    "foreign_device", "too_many_devices", "refused_by_hub"};

enum class message_kind : std::uint8_t { telemetry, status };

/// Where a topic belongs. The id comes from here only: the broker's ACL vouches for the topic, nobody for the payload.
struct device_topic {
    std::string device;
    message_kind kind = message_kind::telemetry;
};
std::variant<device_topic, refusal> parse_topic(std::string_view topic, std::string_view prefix);

/// What a device said: the fields of its payload, without `device_id`.
/// Telemetry has at least one number; a status has `status`.
struct device_message {
    boost::json::object fields;
    std::int64_t timestamp = 0; ///< Milliseconds since 1970 by the device's clock; 0: it did not say.
};
std::variant<device_message, refusal> parse_payload(std::string_view payload, const device_topic& from,
                                                    std::size_t max_size);

} // namespace demo

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
//
// libFuzzer target for what devices of the IoT demo say over MQTT: the first line of the input is the topic, the rest
// the payload. What is taken is within the limits that device_message.hpp names, can be published, and reads the same
// again.
#include "require.hpp"

#include <device_message.hpp>
#include <plain_name.hpp>
#include <threshold_rules.hpp>

#include <fanfare/detail/wire/names.hpp>
#include <fanfare/detail/wire/utf8.hpp>

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace {

using namespace demo;
using fanfare::test::require;
namespace json = boost::json;

constexpr std::size_t max_size = 8 * 1024;
constexpr std::int64_t max_timestamp = std::int64_t{1} << 53;

void check_topic(const device_topic& read, std::string_view topic)
{
    const auto* leaf = read.kind == message_kind::status ? "/status" : "/telemetry";
    require("devices/" + read.device + leaf == topic, "a topic has one reading");
    require(is_plain_name(read.device), "a device's id is a plain name");
    require(fanfare::detail::is_room_name("device:" + read.device, 128), "a device has a room");
}

void check_field(std::string_view name, const json::value& value)
{
    require(!name.empty() && name.size() <= 64 && name != "device_id", "a field's name");
    require(value.is_number() || value.is_bool() || value.is_string(),
            "a field is a number, a truth value or a text");
    require(!value.is_number() || std::isfinite(value.to_number<double>()), "a number is finite");
    require(!value.is_string() || value.get_string().size() <= 256, "a text is short");
}

// A rule is raised and cleared in turns, and says it in text that can be published.
void check_rules(const json::object& fields)
{
    for (const auto& rule : default_rules()) {
        const auto* value = fields.if_contains(rule.metric);
        if (!value || !value->is_number())
            continue;
        const auto n = value->to_number<double>();
        const auto raised = check(rule, false, n);
        const auto cleared = check(rule, true, n);
        require(!raised || !cleared, "one value does not raise and clear");
        for (const auto& one : {raised, cleared})
            require(!one || fanfare::detail::is_utf8(json::serialize(one->details) + one->message), "it is text");
    }
}

void check_message(const device_message& read, const device_topic& from)
{
    const auto& fields = read.fields;
    require(fields.size() <= 64, "a message has at most 64 fields");
    for (const auto& [name, value] : fields)
        check_field(name, value);
    require(read.timestamp >= 0 && read.timestamp <= max_timestamp, "a time is exact in every client");
    const bool has_reading = std::any_of(fields.begin(), fields.end(), [](const auto& field) {
        return field.value().is_number() && field.key() != "timestamp";
    });
    require(from.kind == message_kind::status ? fields.contains("status") : has_reading, "it says something");
    const auto text = json::serialize(fields);
    require(fanfare::detail::is_utf8(text), "what is published is UTF-8");
    const auto again = parse_payload(text, from, 8 * max_size); // escaped it may be longer
    require(std::holds_alternative<device_message>(again), "what is published can be read");
    require(std::get<device_message>(again).timestamp == read.timestamp, "the time is the same");
    require(std::get<device_message>(again).fields.size() == fields.size(), "the fields are the same");
    check_rules(fields);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto end = std::min(text.find('\n'), text.size());
    const auto topic = text.substr(0, end);
    const auto payload = text.substr(std::min(end + 1, text.size()));
    const auto from = parse_topic(topic, "devices");
    device_topic place{"boiler-1"};
    if (const auto* read = std::get_if<device_topic>(&from)) {
        check_topic(*read, topic);
        place = *read;
    }
    const auto what = parse_payload(payload, place, max_size);
    if (const auto* read = std::get_if<device_message>(&what)) {
        require(payload.size() <= max_size, "no payload is above the limit");
        check_message(*read, place);
    }
    return 0;
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "device_message.hpp"

#include "plain_name.hpp"

#include <boost/json/parse.hpp>
#include <boost/system/error_code.hpp>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace json = boost::json;

namespace demo {

namespace {

constexpr std::size_t max_fields = 64;
constexpr std::size_t max_name = 64;
constexpr std::size_t max_text = 256;
constexpr double max_timestamp = 9'007'199'254'740'992; // 2^53: what every client reads exactly

bool status_character(char c)
{
    return (c >= 'a' && c <= 'z') || c == '_' || c == '-';
}

bool is_status(const json::value& v)
{
    const auto* text = v.if_string();
    return text && !text->empty() && text->size() <= 32 &&
           std::all_of(text->begin(), text->end(), status_character);
}

std::optional<double> number(const json::value& v)
{
    return v.is_number() ? std::optional{v.to_number<double>()} : std::nullopt;
}

// Any field that is not one of the known ones: a number, a truth value, or a short text.
std::optional<refusal> check_value(const json::value& v)
{
    if (const auto n = number(v))
        return std::isfinite(*n) ? std::nullopt : std::optional{refusal::not_finite};
    if (v.is_bool() || (v.is_string() && v.get_string().size() <= max_text))
        return std::nullopt;
    return refusal::wrong_type;
}

std::optional<refusal> check_fields(const json::object& fields)
{
    if (fields.size() > max_fields)
        return refusal::too_many_fields;
    for (const auto& [name, value] : fields) {
        if (name.empty() || name.size() > max_name)
            return refusal::wrong_type;
        if (const auto bad = check_value(value))
            return bad;
    }
    return std::nullopt;
}

std::optional<refusal> check_kind(const json::object& fields, message_kind kind)
{
    const auto* status = fields.if_contains("status");
    if (kind == message_kind::status) {
        if (!status)
            return refusal::missing_field;
        return is_status(*status) ? std::nullopt : std::optional{refusal::wrong_type};
    }
    for (const auto& [name, value] : fields)
        if (value.is_number() && name != "timestamp")
            return std::nullopt;
    return refusal::missing_field;
}

std::variant<json::object, refusal> parse_object(std::string_view payload)
{
    boost::system::error_code ec;
    auto parsed = json::parse(json::string_view{payload.data(), payload.size()}, ec, {}, {.max_depth = 8});
    if (ec)
        return refusal::not_json;
    if (!parsed.is_object())
        return refusal::not_object;
    return std::move(parsed.get_object());
}

} // namespace

std::variant<device_topic, refusal> parse_topic(std::string_view topic, std::string_view prefix)
{
    if (!topic.starts_with(prefix) || topic.substr(prefix.size(), 1) != "/")
        return refusal::topic;
    topic.remove_prefix(prefix.size() + 1);
    const auto slash = topic.find('/');
    const auto leaf = slash == topic.npos ? std::string_view{} : topic.substr(slash + 1);
    if (leaf != "telemetry" && leaf != "status")
        return refusal::topic;
    const auto id = topic.substr(0, slash);
    if (!is_plain_name(id))
        return refusal::device_id;
    return device_topic{std::string{id}, leaf == "status" ? message_kind::status : message_kind::telemetry};
}

std::variant<device_message, refusal> parse_payload(std::string_view payload, const device_topic& from,
                                                    std::size_t max_size)
{
    if (payload.empty())
        return refusal::empty;
    if (payload.size() > max_size)
        return refusal::too_large;
    auto parsed = parse_object(payload);
    if (const auto* bad = std::get_if<refusal>(&parsed))
        return *bad;

    device_message out{.fields = std::move(std::get<json::object>(parsed))};
    if (const auto* claimed = out.fields.if_contains("device_id")) {
        if (!claimed->is_string())
            return refusal::wrong_type;
        if (claimed->get_string() != from.device)
            return refusal::foreign_device;
        out.fields.erase("device_id");
    }
    if (const auto bad = check_fields(out.fields))
        return *bad;
    if (const auto* at = out.fields.if_contains("timestamp")) {
        const auto n = number(*at);
        if (!n || *n < 0 || *n > max_timestamp)
            return refusal::wrong_type;
        out.timestamp = static_cast<std::int64_t>(*n);
    }
    if (const auto bad = check_kind(out.fields, from.kind))
        return *bad;
    return out;
}

} // namespace demo

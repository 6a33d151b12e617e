// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
//
// libFuzzer target for the message language: whatever parses can be written, and reads the same again.
#include "require.hpp"

#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/detail/wire/json_reader.hpp>
#include <fanfare/detail/wire/utf8.hpp>

#include <boost/json/monotonic_resource.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace {

using namespace fanfare;
using namespace fanfare::detail;
using test::require;

constexpr std::size_t max_depth = 16;

// A member's value with each double the nearest to its text. Which neighbour of a double Boost.JSON takes depends also on
// what is behind that text.
std::optional<json::value> exactly(std::string_view text, std::string_view member, const json::value* read)
{
    if (!read)
        return {};
    auto value = *read;
    if (const auto own = json_member_text(text, member))
        read_doubles_exactly(*own, value);
    return value;
}

void check_text(const incoming& message)
{
    const auto payload = json_member_text(message.text, "payload");
    require(payload.has_value() == (message.payload != nullptr), "the payload's text is there if the payload is");
    std::string why;
    require(!payload ||
                (parse_json(*payload, max_depth, {}, why) == exactly(message.text, "payload", message.payload) &&
                 why.empty()),
            "the payload's text is the payload");
}

void check_round_trip(const incoming& first)
{
    const auto payload = exactly(first.text, "payload", first.payload);
    const auto id = exactly(first.text, "request_id", first.request_id);
    const auto text =
        write_envelope({first.type, first.room, payload ? &*payload : nullptr, id ? &*id : nullptr}, {});
    const auto again = parse_envelope(text, max_depth, {});
    check_text(first);
    require(!again.failed, "what was written parses");
    require(again.type == first.type && again.room == first.room, "type and room are the same");
    require(exactly(text, "payload", again.payload) == payload, "the payload is the same");
    require(exactly(text, "request_id", again.request_id) == id, "the request_id is the same");
    require(is_utf8(text), "what is written is UTF-8");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    unsigned char first[512];
    json::monotonic_resource memory{first, sizeof first};
    const auto message = parse_envelope(text, max_depth, &memory);
    require(!message.failed == message.why.empty(), "a failure has a reason, and only a failure");
    if (!message.failed)
        check_round_trip(message);
    else if (message.failed == error::invalid_json)
        require(message.request_id == nullptr, "no request_id without JSON");

    if (is_utf8(text)) {
        std::string quoted;
        append_json_string(quoted, text);
        const auto back = parse_envelope("{\"type\":\"x\",\"payload\":" + quoted + "}", max_depth, {});
        require(!back.failed && back.payload->get_string() == text, "every text can be quoted");
    }
    if (is_room_name(text, 128))
        require(!text.empty() && text.size() <= 128 && text.find(' ') == text.npos && is_utf8(text),
                "a room name");
    return 0;
}

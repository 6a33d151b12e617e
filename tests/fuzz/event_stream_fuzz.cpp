// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
//
// libFuzzer target for streams of events: the first line is what a client brings back as Last-Event-ID, each further one
// is an envelope that is sent to it. Whatever comes, one event stays one event, and its id can be brought back.
#include "require.hpp"

#include <fanfare/detail/wire/event_stream.hpp>
#include <fanfare/detail/wire/frame.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace fanfare::detail;
using fanfare::test::require;

std::string_view take_line(std::string_view& text)
{
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

void check_id(const event_positions& at)
{
    const auto id = at.text();
    require(id.size() <= event_positions::max_size, "an id has a limit");
    require(id.find_first_of("\r\n") == std::string::npos, "an id is one line");
    const auto again = event_positions::read(id);
    require(again.has_value(), "an id is read again");
    require(again->text() == id, "an id is the same again");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    std::string_view text{reinterpret_cast<const char*>(data), size};
    event_writer writer;
    if (auto read = event_positions::read(take_line(text)))
        writer.positions = *read;
    check_id(writer.positions);
    writer.positions.subscription({"chat:1", "chat:2"}, size % 3,
                                  [](std::string_view room) { return room == "user:a"; });
    while (!text.empty()) {
        const auto line = take_line(text);
        const auto frame = frame::make(ws_opcode::text, line);
        const std::string_view wire[] = {frame->wire()};
        std::vector<char> out;
        require(writer.write(wire, out, 1) == wire[0].size(), "a frame is taken whole");
        const std::string_view event{out.data(), out.size()};
        require(event.ends_with("\n\n") || line.empty(), "an event has its end");
        require(event.find("\n\n") + 2 >= event.size(), "one message is one event");
        check_id(writer.positions);
    }
    return 0;
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Server-Sent Events: what goes to a WebSocket client as text, and the ids that say where a client is.
#include "support/catch.hpp"

#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/detail/wire/event_stream.hpp>

#include <boost/json/serialize.hpp>

using namespace fanfare;
using namespace fanfare::detail;

namespace {

constexpr std::uint64_t epoch = 0x5be0cd19137e2179;
const std::string hex = "5be0cd19137e2179";

std::string message(std::string_view room, std::uint64_t offset, std::uint64_t of = epoch)
{
    const json::value payload{{"offset", 99}, {"epoch", "0000000000000001"}}; // only the envelope's own count
    const auto body = write_envelope({.type = "n\"x", .room = room, .payload = &payload}, wall_now());
    return offset == 0 ? body : std::string{encode_stored(body, {.room = room, .at = {of, offset}})->payload()};
}

std::string answer(std::string_view type, const json::object& payload)
{
    const json::value body(payload);
    return write_envelope({.type = type, .payload = &body}, wall_now());
}

json::object place(std::uint64_t offset, std::uint64_t of = epoch)
{
    return position_fields({of, offset});
}

std::string framed(std::string_view text, ws_opcode opcode = ws_opcode::text)
{
    return std::string{frame::make(opcode, text)->wire()};
}

std::string events(event_writer& writer, const std::vector<std::string>& frames, std::size_t enough = 1 << 20)
{
    std::vector<std::string_view> views(frames.begin(), frames.end());
    std::vector<char> out;
    writer.write(views, out, enough);
    return {out.begin(), out.end()};
}

event_positions back(const std::string& id)
{
    const auto read = event_positions::read(id);
    REQUIRE(read);
    return *read;
}

const auto nothing_own = [](std::string_view) { return false; };

} // namespace

TEST_CASE("event stream: messages become events, control frames become comments and a last event")
{
    event_writer writer;
    CHECK(events(writer, {framed("{\"a\":1}")}) == "data: {\"a\":1}\n\n");
    CHECK(events(writer, {framed("{\"a\":1}") + framed("{\"b\":2}"), framed("", ws_opcode::ping)}) ==
          "data: {\"a\":1}\n\ndata: {\"b\":2}\n\n: ping\n\n");
    CHECK(events(writer, {framed("x", ws_opcode::pong)}).empty());
    char close[127];
    const auto size = write_close(close, close_code::shutdown, "{\"reason\":\"shutdown\",\"delay_ms\":1234}");
    CHECK(events(writer, {std::string(close, size)}) ==
          "retry: 1234\nevent: close\ndata: "
          "{\"code\":3001,\"reason\":\"{\\\"reason\\\":\\\"shutdown\\\",\\\"delay_ms\\\":1234}\"}\n\n");
}

TEST_CASE("event stream: line breaks between the tokens of foreign JSON break no event")
{
    event_writer writer;
    CHECK(events(writer, {framed("{\r\n \"a\":1,\n\n\"b\":2\r}")}) ==
          "data: {\ndata: \ndata:  \"a\":1,\ndata: \ndata: \"b\":2\ndata: }\n\n");
}

TEST_CASE("event stream: frames of every length are taken whole, and no more than is wanted")
{
    event_writer writer;
    for (const std::size_t size : {std::size_t{0}, std::size_t{125}, std::size_t{126}, std::size_t{70'000}}) {
        const std::string text(size, 'x');
        const auto wire = framed(text) + framed("end");
        const auto out = events(writer, {wire});
        CHECK(out.find("data: end") != std::string::npos);
        CHECK((size == 0 || out.find(text) == 6));
    }
    const auto two = framed(std::string(100, 'a')) + framed("b");
    const std::string_view views[] = {two};
    std::vector<char> out;
    CHECK(writer.write(views, out, 50) == two.size() - framed("b").size());
    CHECK(writer.write({}, out, 50) == 0);
}

TEST_CASE("event stream: an id names the place in every room with history, and is read again")
{
    event_positions at;
    at.subscription({"chat:1", "chat:2", "plain:1"}, 0, nothing_own);
    CHECK(at.follow(answer("subscribed", {{"rooms", {"chat:1", "chat:2", "plain:1"}},
                                          {"recovered", json::object{}},
                                          {"positions", {{"chat:1", place(4)}, {"chat:2", place(0, 7)}}}})));
    CHECK(at.text() == hex + ":4:chat:1,0000000000000007:0:chat:2");
    CHECK(at.follow(message("chat:1", 5)));
    CHECK_FALSE(at.follow(message("chat:1", 5)));
    CHECK_FALSE(at.follow(message("chat:1", 4)));
    CHECK_FALSE(at.follow(message("chat:1", 0))); // in no history
    CHECK_FALSE(at.follow(message("plain:1", 0)));
    CHECK_FALSE(at.follow(message("chat:9", 5))); // not asked for
    CHECK(at.text() == hex + ":5:chat:1,0000000000000007:0:chat:2");
    CHECK(back(at.text()).text() == at.text());
    CHECK(at.follow(message("chat:2", 1, 8))); // another epoch
    CHECK(at.text() == hex + ":5:chat:1,0000000000000008:1:chat:2");
}

TEST_CASE("event stream: what was missed moves the position, what came before it does not")
{
    auto at = back(hex + ":5:chat:1," + hex + ":5:user:ali");
    const auto own = [](std::string_view room) { return room == "user:ali"; };
    CHECK_FALSE(at.follow(answer("connected", {{"positions", {{"user:ali", place(8)}}}})));
    const auto asked = at.subscription({"chat:1"}, 0, own);
    CHECK(json::serialize(asked) == R"({"rooms":["chat:1","user:ali"],"since":{"chat:1":{"epoch":")" + hex +
                                        R"(","offset":5},"user:ali":{"epoch":")" + hex + R"(","offset":5}}})");
    CHECK_FALSE(at.follow(message("user:ali", 9))); // live, before what it missed
    CHECK_FALSE(at.follow(answer(
        "subscribed", {{"rooms", {"chat:1", "user:ali"}},
                       {"recovered", {{"chat:1", {{"recovered", true}}}, {"user:ali", {{"recovered", true}}}}},
                       {"positions", {{"chat:1", place(7)}, {"user:ali", place(9)}}}})));
    CHECK(at.text() == hex + ":5:chat:1," + hex + ":5:user:ali"); // the link may break before they come
    CHECK(at.follow(message("chat:1", 6)));
    for (const std::uint64_t n : {6U, 7U, 8U})
        CHECK(at.follow(message("user:ali", n)));
    CHECK(at.text() == hex + ":6:chat:1," + hex + ":9:user:ali");
}

TEST_CASE("event stream: what cannot be made good is left behind, as the client was told")
{
    auto at = back(hex + ":5:chat:1," + hex + ":5:chat:2");
    at.subscription({"chat:1", "chat:2"}, 0, nothing_own);
    CHECK(at.follow(answer(
        "subscribed", {{"rooms", {"chat:1", "chat:2"}},
                       {"recovered", {{"chat:1", {{"recovered", false}}}, {"chat:2", {{"recovered", false}}}}},
                       {"positions", {{"chat:1", place(2, 9)}}}})));
    // Without another place the old one is kept: what is missed until the next connection is told then.
    CHECK(at.text() == "0000000000000009:2:chat:1," + hex + ":5:chat:2");
    json::object gap = place(40, 9);
    gap["reason"] = "history_lost";
    const json::value payload(gap);
    CHECK(at.follow(write_envelope({.type = "gap", .room = "chat:1", .payload = &payload}, wall_now())));
    CHECK(at.text() == "0000000000000009:40:chat:1," + hex + ":5:chat:2");
    CHECK(at.follow(message("chat:2", 7)));
    CHECK(at.text() == "0000000000000009:40:chat:1," + hex + ":7:chat:2");
}

TEST_CASE("event stream: rooms of a new identity are followed from where they are joined, and others no more")
{
    event_positions at;
    CHECK(at.follow(answer("connected", {{"positions", {{"user:ali", place(8)}}}})));
    at.subscription({}, 0, [](std::string_view) { return true; });
    CHECK(at.follow(message("user:ali", 9)));
    CHECK(at.follow(answer("refreshed", {{"joined", {"chat:1", "plain:1"}},
                                         {"left", json::array{}},
                                         {"positions", {{"chat:1", place(4)}, {"not a room", place(1)}}}})));
    CHECK(at.text() == hex + ":4:chat:1," + hex + ":9:user:ali");
    CHECK(at.follow(message("chat:1", 5)));
    CHECK_FALSE(at.follow(message("plain:1", 0)));
    CHECK(at.follow(answer("refreshed", {{"left", {"chat:1", "chat:2", 7}}, {"positions", {{"chat:3", 1}}}})));
    CHECK(at.text() == hex + ":9:user:ali");
    CHECK_FALSE(at.follow(message("chat:1", 6)));
    CHECK_FALSE(at.follow(answer("refreshed", {{"left", 1}})));
    // One that it comes back to goes on where it is joined anew.
    CHECK(at.follow(answer("refreshed", {{"positions", {{"chat:1", place(20)}}}})));
    CHECK(at.text() == hex + ":20:chat:1," + hex + ":9:user:ali");
}

TEST_CASE("event stream: with the last N a position begins before them, whether or not they come")
{
    event_positions at;
    const auto asked = at.subscription({"chat:1"}, 3, nothing_own);
    CHECK(json::serialize(asked) == R"({"rooms":["chat:1"],"last":{"chat:1":3}})");
    CHECK(at.follow(
        answer("subscribed",
               {{"rooms", {"chat:1"}}, {"recovered", json::object{}}, {"positions", {{"chat:1", place(9)}}}})));
    CHECK(at.text() == hex + ":6:chat:1");
    CHECK(at.follow(message("chat:1", 7)));
    CHECK(at.text() == hex + ":7:chat:1");
}

TEST_CASE("event stream: with the last N of an empty room a position begins at its beginning")
{
    event_positions at;
    at.subscription({"chat:1"}, 3, nothing_own);
    CHECK(at.follow(answer("subscribed", {{"rooms", {"chat:1"}}, {"positions", {{"chat:1", place(0)}}}})));
    CHECK(at.text() == hex + ":0:chat:1");
}

TEST_CASE("event stream: answers to what the client asks by itself meanwhile move nothing over what was missed")
{
    const auto own = [](std::string_view room) { return room == "user:ali"; };
    auto at = back(hex + ":5:chat:1," + hex + ":5:user:ali");
    at.follow(answer("connected", {{"positions", {{"user:ali", place(8)}}}}));
    at.subscription({"chat:1"}, 0, own);
    CHECK_FALSE(at.follow(answer("subscribed", {{"rooms", {"chat:7"}}, {"positions", {{"chat:7", place(3)}}}})));
    CHECK_FALSE(at.follow(
        answer("subscribed",
               {{"rooms", json::array{}},
                {"rejected", json::array{json::object{{"room", "user:ali"}, {"code", "too_many_requests"}}}}})));
    CHECK_FALSE(at.follow(message("user:ali", 9)));
    CHECK(at.text() == hex + ":5:chat:1," + hex + ":5:user:ali");
    CHECK_FALSE(at.follow(answer(
        "subscribed", {{"rooms", {"chat:1", "user:ali"}},
                       {"recovered", {{"chat:1", {{"recovered", true}}}, {"user:ali", {{"recovered", true}}}}},
                       {"positions", {{"chat:1", place(20)}, {"user:ali", place(9)}}}})));
    CHECK(at.follow(message("chat:1", 6)));
    CHECK_FALSE(at.follow(answer("subscribed", {{"rooms", {"chat:1"}}, {"positions", {{"chat:1", place(20)}}}})));
    CHECK(at.text() == hex + ":6:chat:1," + hex + ":5:user:ali"); // 7 to 20 are still to come
}

TEST_CASE("event stream: an id is never too long to be read again")
{
    event_positions at;
    json::object positions;
    for (int i = 0; i != 500; ++i)
        positions["chat:" + std::to_string(i)] = place(1);
    CHECK(at.follow(answer("connected", {{"positions", positions}})));
    CHECK(at.text().size() <= event_positions::max_size);
    CHECK(back(at.text()).text() == at.text());
}

TEST_CASE("event stream: a room that is refused waits for nothing")
{
    auto at = back(hex + ":5:chat:1");
    at.subscription({"chat:1"}, 0, nothing_own);
    at.follow(answer("subscribed",
                     {{"rooms", json::array{}},
                      {"rejected", json::array{json::object{{"room", "chat:1"}, {"code", "forbidden"}}}}}));
    CHECK(at.follow(message("chat:1", 9)));
}

TEST_CASE("event stream: what came early in a row with the position is in it at once, and in no other epoch's")
{
    const auto own = [](std::string_view) { return true; };
    const json::object whole{{"recovered", {{"user:ali", {{"recovered", true}}}}}};
    auto at = back(hex + ":5:user:ali");
    at.subscription({}, 0, own);
    CHECK_FALSE(at.follow(message("user:ali", 6)));
    CHECK_FALSE(at.follow(message("user:ali", 8)));
    CHECK(at.follow(answer("subscribed", whole)));
    CHECK(at.text() == hex + ":6:user:ali");
    CHECK(at.follow(message("user:ali", 7, 9)));
    CHECK(at.text() == "0000000000000009:7:user:ali");
}

TEST_CASE("event stream: rooms that are not asked for again are forgotten, but not a user's own")
{
    auto at = back(hex + ":5:chat:1," + hex + ":5:user:ali");
    const auto asked = at.subscription({"chat:2"}, 0, [](std::string_view room) { return room == "user:ali"; });
    CHECK(asked.at("rooms") == json::array{"chat:2", "user:ali"});
}

TEST_CASE("event stream: an id that is none of ours is no position")
{
    for (const char* wrong :
         {"x", "5", ":::", "5be0cd19137e2179", "5be0cd19137e2179:1",
          "5be0cd19137e2179:1:", "5be0cd19137e217:1:chat:1", "5be0cd19137e2179:x:chat:1",
          "5be0cd19137e2179:-1:chat:1", "0000000000000000:1:chat:1",
          "5be0cd19137e2179:99999999999999999999:chat:1", "5be0cd19137e2179:9007199254740993:chat:1",
          "gggggggggggggggg:1:chat:1", "5be0cd19137e2179:1:chat:1,,", "5be0cd19137e2179:1:a\nevent: b"})
        CHECK_FALSE(event_positions::read(wrong));
    CHECK(event_positions::read("")->text().empty());
    CHECK_FALSE(event_positions::read(std::string(5000, 'x')));
}

TEST_CASE("event stream: application messages that look like the server's answers harm nobody")
{
    event_positions at;
    at.subscription({"chat:1"}, 0, nothing_own);
    for (const json::value& payload : {json::value(1), json::value("x"), json::value(json::array{1}),
                                       json::value{{"positions", 1}}, json::value{{"positions", {{"chat:1", 5}}}},
                                       json::value{{"recovered", {{"chat:1", {{"recovered", 1}}}}}}})
        for (const char* type : {"subscribed", "connected", "gap"}) {
            at.follow(write_envelope({.type = type, .payload = &payload}, wall_now()));
            at.follow(write_envelope({.type = type, .room = "chat:1", .payload = &payload}, wall_now()));
        }
    for (const char* text :
         {"", "{", "{\"type\":\"", "{\"type\":\"x\\", "{\"type\":\"x\",\"room\":\"", "[]", "null"})
        CHECK_FALSE(at.follow(text));
    CHECK(at.text().empty());
}

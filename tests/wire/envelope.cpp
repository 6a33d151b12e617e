// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "support/catch.hpp"

#include <fanfare/detail/wire/envelope.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace fanfare;
using namespace fanfare::detail;

namespace {

incoming parsed(std::string_view text, std::size_t depth = 16)
{
    return parse_envelope(text, depth, {});
}

std::string stamp(std::chrono::sys_time<std::chrono::milliseconds> when)
{
    std::string out;
    append_timestamp(out, when);
    return out;
}

} // namespace

TEST_CASE("an envelope is read field by field", "[envelope]")
{
    const auto m = parsed(R"({"type":"a","room":"r:1","payload":{"x":[1]},"request_id":"q","more":true})");
    REQUIRE_FALSE(m.failed);
    CHECK(m.type == "a");
    CHECK(m.room == "r:1");
    REQUIRE(m.payload);
    CHECK(json::serialize(*m.payload) == R"({"x":[1]})");
    REQUIRE(m.request_id);
    CHECK(m.request_id->as_string() == "q");

    const auto least = parsed(R"({"type":"a"})");
    REQUIRE_FALSE(least.failed);
    CHECK(least.room.empty());
    CHECK(least.payload == nullptr);
    CHECK(least.request_id == nullptr);

    const auto nulls = parsed(R"({"type":"a","room":null,"payload":null,"request_id":null})");
    REQUIRE_FALSE(nulls.failed);
    CHECK(nulls.room.empty());
    REQUIRE(nulls.payload);
    CHECK(nulls.payload->is_null());
    CHECK(nulls.request_id == nullptr);
    CHECK(parsed(R"({"type":"a","request_id":1.5})").request_id != nullptr);
}

TEST_CASE("what is no envelope fails with the reason", "[envelope]")
{
    for (const std::string_view text :
         {"", " ", "{", "{\"type\":\"a\"} x", "{\"type\":\"\xff\"}", "nan", "{'type':1}"}) {
        INFO(text);
        CHECK(parsed(text).failed == error::invalid_json);
        CHECK_FALSE(parsed(text).why.empty());
    }
    for (const std::string_view text :
         {"1", "[]", "\"type\"", "{}", R"({"type":1})", R"({"type":""})", R"({"type":null})",
          R"({"type":"a","room":1})", R"({"type":"a","request_id":[]})", R"({"type":"a","request_id":true})"}) {
        INFO(text);
        CHECK(parsed(text).failed == error::invalid_message);
        CHECK_FALSE(parsed(text).why.empty());
    }
    const std::string letters(64, 'x');
    CHECK_FALSE(parsed("{\"type\":\"" + letters + "\"}").failed);
    CHECK(parsed("{\"type\":\"" + letters + "x\"}").failed == error::invalid_message);
    CHECK_FALSE(parsed("{\"type\":\"a\",\"request_id\":\"" + letters + "\"}").failed);
    CHECK(parsed("{\"type\":\"a\",\"request_id\":\"" + letters + "x\"}").failed == error::invalid_message);
}

TEST_CASE("a request_id is known even if the rest is wrong", "[envelope]")
{
    const auto m = parsed(R"({"type":7,"request_id":"q"})");
    CHECK(m.failed == error::invalid_message);
    REQUIRE(m.request_id);
    CHECK(m.request_id->as_string() == "q");
}

TEST_CASE("nesting stops at the limit", "[envelope]")
{
    const auto nested = [](std::size_t depth) {
        return "{\"type\":\"a\",\"payload\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
    };
    CHECK_FALSE(parsed(nested(16), 16).failed);
    CHECK(parsed(nested(17), 16).failed == error::invalid_json);
    CHECK(parsed(nested(100'000), 16).failed == error::invalid_json);
}

TEST_CASE("an envelope is written in one fixed order", "[envelope]")
{
    using namespace std::chrono;
    const auto when = sys_days{2026y / 3 / 7} + 4h + 5min + 6s + 78ms;
    const json::value payload{{"n", 1}};
    const json::value id("q");
    CHECK(write_envelope({.type = "t", .room = "r", .payload = &payload, .request_id = &id}, when) ==
          R"({"type":"t","room":"r","payload":{"n":1},"timestamp":"2026-03-07T04:05:06.078Z","request_id":"q"})");
    CHECK(write_envelope({.type = "t"}, when) == R"({"type":"t","timestamp":"2026-03-07T04:05:06.078Z"})");
}

TEST_CASE("timestamps are RFC 3339 with milliseconds", "[envelope]")
{
    using namespace std::chrono;
    CHECK(stamp(sys_days{1970y / 1 / 1}) == "1970-01-01T00:00:00.000Z");
    CHECK(stamp(sys_days{2000y / 2 / 29} + 23h + 59min + 59s + 999ms) == "2000-02-29T23:59:59.999Z");
    CHECK(stamp(sys_days{1969y / 12 / 31} + 23h + 59min + 59s + 1ms) == "1969-12-31T23:59:59.001Z");
    CHECK(stamp(sys_days{2099y / 12 / 31} + 10h) == "2099-12-31T10:00:00.000Z");
}

TEST_CASE("an encoded envelope is a text frame with its tags", "[envelope]")
{
    const json::value payload(1);
    const auto f = encode({.type = "t", .room = "r", .payload = &payload}, {}, {"r", "k", 9});
    CHECK(f->opcode() == ws_opcode::text);
    CHECK(json::parse(f->payload()).at("payload") == 1);
    CHECK(f->room() == "r");
    CHECK(f->key() == "k");
    CHECK(f->except() == 9);
    const json::value id(3);
    const auto e = json::parse(encode_error(error::forbidden, "no \"you\"", &id, {})->payload());
    CHECK(e.at("type").as_string() == "error");
    CHECK(e.at("payload").at("code").as_string() == "forbidden");
    CHECK(e.at("payload").at("message").as_string() == "no \"you\"");
    CHECK(e.at("request_id") == 3);
    const auto g = json::parse(encode_gap("r:1", 12, {})->payload());
    CHECK(g.at("type").as_string() == "gap");
    CHECK(g.at("room").as_string() == "r:1");
    CHECK(g.at("payload").at("dropped") == 12);
}

TEST_CASE("a number that no double holds is refused and not passed on as infinity")
{
    const auto message = fanfare::detail::parse_envelope(R"({"type":"x","payload":[1e999]})", 16, {});
    CHECK(message.failed == fanfare::error::invalid_json);
    CHECK(message.why == "a number is out of range");
    CHECK_FALSE(fanfare::detail::parse_envelope(R"({"type":"x","payload":[1e308]})", 16, {}).failed);
}

TEST_CASE("a stored envelope goes out with its position, and is otherwise as it was stored", "[envelope]")
{
    const json::value payload(std::string(500, 'x'));
    const auto body = write_envelope({.type = "t", .room = "r", .payload = &payload}, {});
    const position at{0x00a1b2c3d4e5f607, 12};
    const auto f = encode_stored(body, {.room = "r", .key = "k", .except = 9, .at = at});
    CHECK(f->opcode() == ws_opcode::text);
    CHECK(f->payload() == body.substr(0, body.size() - 1) + R"(,"offset":12,"epoch":"00a1b2c3d4e5f607"})");
    CHECK(f->wire().substr(f->wire().size() - f->payload().size()) == f->payload());
    CHECK(f->room() == "r");
    CHECK(f->key() == "k");
    CHECK(f->except() == 9);
    CHECK(f->at() == at);
    CHECK_FALSE(f->is_gap());
}

TEST_CASE("the largest position fits the size that is set aside for it", "[envelope]")
{
    const position at{~std::uint64_t{0}, ~std::uint64_t{0}};
    const auto f = encode_stored(R"({"type":"t"})", {.at = at});
    CHECK(f->payload() == R"({"type":"t","offset":18446744073709551615,"epoch":"ffffffffffffffff"})");
    CHECK(f->payload().size() <= std::string_view{R"({"type":"t"})"}.size() + max_position_size);
}

TEST_CASE("a position that a client was told is read back the same", "[envelope]")
{
    for (const position at : {position{1, 0}, {0x00a1b2c3d4e5f607, 12}, {~std::uint64_t{0}, max_offset}}) {
        std::string why;
        // As text and back, since a client's numbers come that way.
        const auto back = read_position(json::parse(json::serialize(position_fields(at))), why);
        REQUIRE(back);
        CHECK(*back == at);
        CHECK(why.empty());
    }
    std::string why;
    CHECK(read_position(json::parse(R"({"offset":3,"epoch":"00A1B2C3D4E5F607","more":1})"), why) ==
          position{0x00a1b2c3d4e5f607, 3});
    for (const std::string_view offset : {"3.0", "3e0", "0.3e1"}) // as some languages write whole numbers
        CHECK(read_position(json::parse(R"({"epoch":"00a1b2c3d4e5f607","offset":)" + std::string{offset} + "}"),
                            why) == position{0x00a1b2c3d4e5f607, 3});
}

TEST_CASE("a position that makes no sense is refused with the name of what is wrong", "[envelope]")
{
    const auto why = [](std::string_view text) {
        std::string reason;
        CHECK_FALSE(read_position(json::parse(text), reason));
        return reason;
    };
    const auto names = [&](std::string_view text, std::string_view field) {
        INFO(text);
        CHECK(why(text).find(field) != std::string::npos);
    };
    for (const std::string_view text :
         {"null", "1", "[]", "{}", R"({"offset":1})", R"({"epoch":1,"offset":1})", R"({"epoch":"","offset":1})",
          R"({"epoch":"00a1b2c3d4e5f60","offset":1})", R"({"epoch":"00a1b2c3d4e5f6070","offset":1})",
          R"({"epoch":"00a1b2c3d4e5f60g","offset":1})", R"({"epoch":"0x0000000000001a","offset":1})",
          R"({"epoch":"-000000000000001","offset":1})", R"({"epoch":" 000000000000001","offset":1})",
          R"({"epoch":"0000000000000000","offset":1})"})
        names(text, "epoch");
    for (const std::string_view offset :
         {"", R"(,"offset":null)", R"(,"offset":"1")", R"(,"offset":-1)", R"(,"offset":1.5)", R"(,"offset":1e300)",
          R"(,"offset":[1])", R"(,"offset":9007199254740993)", R"(,"offset":18446744073709551616)"})
        names(R"({"epoch":"0000000000000001")" + std::string{offset} + "}", "offset");
}

TEST_CASE("gap markers say why, and where the stream goes on if that is known", "[envelope]")
{
    const position at{0xab, 12};
    const auto lost = encode_lost("r:1", at, {});
    CHECK(lost->is_gap());
    CHECK(lost->at() == at);
    CHECK(lost->room() == "r:1");
    auto text = json::parse(lost->payload());
    CHECK(text.at("type").as_string() == "gap");
    CHECK(text.at("room").as_string() == "r:1");
    CHECK(text.at("payload").at("reason").as_string() == "history_lost");
    CHECK(text.at("payload").at("epoch").as_string() == "00000000000000ab");
    CHECK(text.at("payload").at("offset") == 12);

    const auto missed = encode_missed("r:1", {}, at);
    CHECK(missed->is_gap());
    CHECK(missed->at() == at);
    CHECK(json::parse(missed->payload()).at("payload").at("reason").as_string() == "link_lost");
    CHECK(json::parse(missed->payload()).at("payload").at("offset") == 12);

    const auto unknown = encode_missed("r:1", {});
    CHECK(unknown->is_gap());
    CHECK_FALSE(unknown->at());
    CHECK(json::parse(unknown->payload()).at("payload").as_object().size() == 1);
    CHECK_FALSE(json::parse(encode_missed("", {})->payload()).as_object().contains("room"));
}

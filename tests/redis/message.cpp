// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "support/catch.hpp"

#include <fanfare/detail/redis/message.hpp>

#include <boost/json/parse.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace json = boost::json;
using namespace fanfare::detail;
using namespace std::string_literals;
using kind = redis_message::kind;

const wall_time noon{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1} + std::chrono::hours{12}};

std::string written(const redis_message& m)
{
    std::string out;
    append_redis_message(out, m);
    return out;
}

bool is_good(std::string_view text)
{
    redis_message m;
    std::string why;
    const bool good = parse_redis_message(text, m, why);
    CHECK(good == why.empty());
    return good;
}

std::string envelope(std::string_view room, std::string_view text)
{
    std::string why;
    auto out = foreign_envelope(room, text, noon, why);
    CHECK(out.empty() == !why.empty());
    return out;
}

std::string wrong_notification(std::string_view text)
{
    std::string why;
    CHECK(read_notification(text, noon, why).envelope.empty());
    return why;
}

} // namespace

TEST_CASE("a message between hubs keeps its kind, sender, key and body", "[redis_message]")
{
    CHECK(written({.what = kind::room, .except = 0x2a, .key = "k\n1", .body = "{}"}) == "F1 r 2a 3\nk\n1{}");
    for (const auto what :
         {kind::room, kind::broadcast, kind::control, kind::missed, kind::all_missed, kind::probe}) {
        const std::string key(what == kind::room ? max_redis_key_size : 0, 'k');
        const auto text = written({.what = what, .except = ~std::uint64_t{0}, .key = key, .body = R"({"a":"é"})"});
        CHECK(is_redis_message(text));
        CHECK(text.size() <= max_redis_header_size + 10);
        redis_message m;
        std::string why;
        REQUIRE(parse_redis_message(text, m, why));
        CHECK(m.what == what);
        CHECK(m.except == ~std::uint64_t{0});
        CHECK(m.key == key);
        CHECK(m.body == R"({"a":"é"})");
    }
}

TEST_CASE("a message of a room with history keeps its position", "[redis_message]")
{
    const fanfare::position at{0x00a1b2c3d4e5f607, 12};
    CHECK(written({.what = kind::room, .except = 0x2a, .key = "k\n1", .body = "{}", .at = at}) ==
          "F2 r 2a 3 00a1b2c3d4e5f607 12\nk\n1{}");
    const auto largest = ~std::uint64_t{0};
    for (const auto& place : {at, fanfare::position{1, 1}, fanfare::position{largest, largest}}) {
        const std::string key(max_redis_key_size, 'k');
        const auto text = written({.what = kind::room, .except = largest, .key = key, .body = "{}", .at = place});
        CHECK(is_redis_message(text));
        CHECK(text.size() <= max_redis_header_size + 2);
        redis_message m{.what = kind::probe, .at = {7, 7}};
        std::string why;
        REQUIRE(parse_redis_message(text, m, why));
        CHECK(m.what == kind::room);
        CHECK(m.except == largest);
        CHECK(m.key == key);
        CHECK(m.body == "{}");
        CHECK((m.at == place));
        REQUIRE(parse_redis_message("F1 r 0 0\n{}", m, why));
        CHECK_FALSE(m.at);
    }
    const std::string epoch = "00a1b2c3d4e5f607";
    CHECK(is_good("F2 r 0 0 " + epoch + " 9007199254740992\n{}"));
    const std::vector<std::string> bad{"F2 r 0 0\n{}",
                                       "F2 r 0 0 \n{}",
                                       "F2 r 0 0 " + epoch + "\n{}",
                                       "F2 r 0 0 " + epoch + " \n{}",
                                       "F2 r 0 0 " + epoch + " 0\n{}",
                                       "F2 r 0 0 " + epoch + " 01\n{}",
                                       "F2 r 0 0 " + epoch + " -1\n{}",
                                       "F2 r 0 0 " + epoch + " 1 \n{}",
                                       "F2 r 0 0 " + epoch + " 1\n",
                                       "F2 r 0 0 " + epoch + " 1",
                                       "F2 r 0 0 " + epoch + " 18446744073709551616\n{}",
                                       "F2 r 0 0  " + epoch + " 1\n{}",
                                       "F2 r 0 0 0" + epoch + " 1\n{}",
                                       "F2 r 0 0 0a1b2c3d4e5f607 1\n{}",
                                       "F2 r 0 0 00A1B2C3D4E5F607 1\n{}",
                                       "F2 r 0 0 00a1b2c3d4e5f60g 1\n{}",
                                       "F2 r 0 0 0000000000000000 1\n{}",
                                       "F1 r 0 0 " + epoch + " 1\n{}",
                                       "F2 b 0 0 " + epoch + " 1\n{}",
                                       "F2 m 0 0 " + epoch + " 1\n",
                                       "F3 r 0 0 " + epoch + " 1\n{}"};
    for (const auto& text : bad)
        CHECK_FALSE(is_good(text));
}

TEST_CASE("what only looks like a message between hubs is refused", "[redis_message]")
{
    CHECK(is_good("F1 r 0 0\n{}"));
    CHECK(is_good("F1 c 0 0\nanything"));
    CHECK(is_good("F1 m 0 0\n"));
    const std::vector<std::string> bad{"F",
                                       "F1",
                                       "F1 ",
                                       "F1 r",
                                       "F1 r ",
                                       "F1 r 0",
                                       "F1 r 0 ",
                                       "F1 r 0 0",
                                       "F1 r 0 0 \n{}",
                                       "F2 r 0 0\n{}",
                                       "F1 x 0 0\n{}",
                                       "F1 r 00 0\n{}",
                                       "F1 r 0 00\n{}",
                                       "F1 r 0 01\nk{}",
                                       "F1 r A 0\n{}",
                                       "F1 r -1 0\n{}",
                                       "F1 r +1 0\n{}",
                                       "F1 r 0x1 0\n{}",
                                       "F1 r 10000000000000000 0\n{}",
                                       "F1 r 0 3\n{}",
                                       "F1 r 0 18446744073709551616\n{}",
                                       "F1 r 0 1025\n" + std::string(1025, 'k') + "{}",
                                       "F1 r 0 0\n",
                                       "F1 r 0 0\n[]",
                                       "F1 b 0 0\ntext",
                                       "F1 r 0 0\n{\"a\":\"\xff\"}",
                                       "F1 r 0 0\n{\"a\":\"\xc3}",
                                       "F1r 0 0\n{}",
                                       "F1 r  0 0\n{}",
                                       "F1 r 0 0\r\n{}"};
    for (const auto& text : bad)
        CHECK_FALSE(is_good(text));
}

TEST_CASE("no cut and no flipped bit of a message crashes the reader", "[redis_message]")
{
    const redis_message plain{.what = kind::room, .except = 77, .key = "key", .body = R"({"type":"t"})"};
    auto placed = plain;
    placed.at = {0xfedcba9876543210, 1234567};
    for (const auto& text : {written(plain), written(placed)})
        for (std::size_t i = 0; i != text.size(); ++i) {
            redis_message m;
            std::string why;
            CHECK_FALSE(parse_redis_message(std::string_view{text}.substr(0, i), m, why));
            for (int bit = 0; bit != 8; ++bit) {
                auto damaged = text;
                damaged[i] = static_cast<char>(damaged[i] ^ (1 << bit));
                (void)is_good(damaged);
            }
        }
}

TEST_CASE("JSON that others publish becomes a message of its type", "[redis_message]")
{
    CHECK(envelope("chat:a", R"({"type":"alert","payload":{"x":1}})") ==
          R"({"type":"alert","room":"chat:a","payload":{"x":1},"timestamp":"2026-03-01T12:00:00.000Z"})");
    CHECK(envelope("chat:a", R"({"type":"alert","room":"other","timestamp":"never","x":1,"y":[2]})") ==
          R"({"type":"alert","room":"chat:a","payload":{"x":1,"y":[2]},"timestamp":"2026-03-01T12:00:00.000Z"})");
    CHECK(envelope("", R"({"type":"alert","payload":null})") ==
          R"({"type":"alert","payload":null,"timestamp":"2026-03-01T12:00:00.000Z"})");
    for (const auto& text :
         {R"({"a":1})"s, R"({"type":1})"s, R"({"type":"a\u00a0b"})"s, R"({"type":"a\nb"})"s, R"({"type":""})"s,
          R"({"type":")" + std::string(65, 't') + "\"}", "[1,2]"s, "\"text\""s, "12"s, "null"s, " true "s})
        CHECK(json::parse(envelope("r", text)) == json::value{{"type", "message"},
                                                              {"room", "r"},
                                                              {"payload", json::parse(text)},
                                                              {"timestamp", "2026-03-01T12:00:00.000Z"}});
}

TEST_CASE("what others publish arrives as they wrote it", "[redis_message]")
{
    const std::string odd =
        R"({ "n":234.93130749570946, "big":123456789012345678901234567890,"t":2.850E+1,"s":"\u00e9"})";
    const std::string rest = R"(,"timestamp":"2026-03-01T12:00:00.000Z"})";
    CHECK(envelope("r", " " + odd + "\n") == R"({"type":"message","room":"r","payload":)" + odd + rest);
    CHECK(envelope("r", R"({"payload": )" + odd + R"( ,"type":"t"})") ==
          R"({"type":"t","room":"r","payload":)" + odd + rest);
    CHECK(envelope("r", R"({"n": 1e2, "typ\u0065":"t", "big":123456789012345678901234567890,"room":1})") ==
          R"({"type":"t","room":"r","payload":{"n":1e2,"big":123456789012345678901234567890})" + rest);
    std::string why;
    const auto n =
        read_notification(R"({"data":)" + odd + R"(,"user_id":"ann","title":"A\"B","message":"C"})", noon, why);
    CHECK(n.envelope == R"({"type":"notification","room":"user:ann","payload":{"user_id":"ann","title":"A\"B",)"
                        R"("message":"C","data":)" +
                            odd + "}" + rest);
}

TEST_CASE("what others publish may have a trace, which is dropped if it is none", "[redis_message]")
{
    const std::string trace = R"("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")";
    const std::string at = R"(,"timestamp":"2026-03-01T12:00:00.000Z")";
    CHECK(envelope("r", R"({"type":"t","payload":1,"trace":)" + trace + "}") ==
          R"({"type":"t","room":"r","payload":1)" + at + R"(,"trace":)" + trace + "}");
    for (const auto& bad : {R"("00")"s, "null"s, "7"s})
        CHECK(envelope("r", R"({"type":"t","payload":1,"trace":)" + bad + "}") ==
              R"({"type":"t","room":"r","payload":1)" + at + "}");
    CHECK(envelope("r", R"({"type":"t","trace":7})") ==
          R"({"type":"t","room":"r","payload":{"trace":7})" + at + "}");
    std::string why;
    const auto n =
        read_notification(R"({"user_id":"ann","title":"","message":"","trace":)" + trace + "}", noon, why);
    CHECK(n.envelope.ends_with(at + R"(,"trace":)" + trace + "}"));
}

TEST_CASE("what others publish that is not JSON is refused in words", "[redis_message]")
{
    for (const auto& text :
         {""s, "hello"s, "{"s, "{} {}"s, "\"\xff\""s, "1e999"s, std::string(33, '[') + std::string(33, ']')}) {
        std::string why;
        CHECK(foreign_envelope("r", text, noon, why).empty());
        CHECK_FALSE(why.empty());
    }
}

TEST_CASE("a notification that another service publishes goes to its user", "[redis_message]")
{
    std::string why;
    auto n = read_notification(R"({"user_id":"ann","title":"Hi","message":"There","data":{"n":1},"more":2})", noon,
                               why);
    CHECK(why.empty());
    CHECK(n.room == "user:ann");
    CHECK(n.envelope == R"({"type":"notification","room":"user:ann","payload":{"user_id":"ann","title":"Hi",)"
                        R"("message":"There","data":{"n":1}},"timestamp":"2026-03-01T12:00:00.000Z"})");
    n = read_notification(R"({"user_id":"ann","title":"","message":""})", noon, why);
    CHECK(json::parse(n.envelope).at("payload") ==
          json::value{{"user_id", "ann"}, {"title", ""}, {"message", ""}});

    CHECK(wrong_notification("[]") == "not a JSON object");
    CHECK(wrong_notification("{").starts_with("not valid JSON"));
    CHECK(wrong_notification(R"({"title":"a","message":"b"})") == "user_id must be a string");
    CHECK(wrong_notification(R"({"user_id":7,"title":"a","message":"b"})") == "user_id must be a string");
    CHECK(wrong_notification(R"({"user_id":"a","message":"b"})") == "title must be a string");
    CHECK(wrong_notification(R"({"user_id":"a","title":"b","message":null})") == "message must be a string");
    for (const auto& id : {""s, "*"s, "a b"s, "{a}"s, "a,b"s, std::string(124, 'u')})
        CHECK(wrong_notification(R"({"user_id":")" + id + R"(","title":"a","message":"b"})")
                  .starts_with("user_id must be"));
    CHECK_FALSE(
        read_notification(R"({"user_id":")" + std::string(123, 'u') + R"(","title":"a","message":"b"})", noon, why)
            .envelope.empty());
}

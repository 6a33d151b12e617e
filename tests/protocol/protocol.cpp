// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// The message language, as a client sees it.
#include "support/world.hpp"

#include <boost/describe.hpp>

#include <algorithm>

using namespace fanfare;
using namespace fanfare::test;

namespace {

struct telemetry {
    std::string device_id;
    double temperature;
};
BOOST_DESCRIBE_STRUCT(telemetry, (), (device_id, temperature))

std::string code_of(const json::value& error)
{
    return error.at("code").as_string().c_str();
}

} // namespace

TEST_CASE("connected comes first and says who the client is")
{
    world w;
    w.serve();
    client c{w.port(), "alice"};
    CHECK(c.hello.at("user_id").as_string() == "alice");
    CHECK(c.hello.at("connection_id").as_string().size() == 32);
    CHECK(c.hello.at("ping_interval_ms").as_int64() == 54'000);
    CHECK_FALSE(c.hello.at("server_time").as_string().empty());
    CHECK(c.hello.at("resumable").as_bool());
    client other{w.port(), "alice"};
    CHECK(other.id() != c.id());
}

TEST_CASE("a request_id is echoed by every answer")
{
    world w;
    w.serve();
    client c{w.port()};
    const auto asked = [&c](json::object message, const json::value& id) {
        message["request_id"] = id;
        c.send(message);
        auto answer = c.next();
        INFO(text_of(answer));
        REQUIRE(answer.get_object().contains("request_id"));
        CHECK(answer.at("request_id") == id);
        return std::string{answer.at("type").as_string().c_str()};
    };
    CHECK(asked({{"type", "ping"}}, "a-1") == "pong");
    CHECK(asked({{"type", "ping"}}, 7) == "pong");
    CHECK(asked({{"type", "subscribe"}, {"payload", {{"rooms", json::array{"device:1"}}}}}, "s") == "subscribed");
    CHECK(asked({{"type", "unsubscribe"}, {"payload", {{"rooms", json::array{"device:1"}}}}}, "u") ==
          "unsubscribed");
    CHECK(asked({{"type", "subscribe"}, {"payload", nullptr}}, "e1") == "error");
    CHECK(asked({{"type", "who knows"}}, "e2") == "error");
    CHECK(asked({{"room", "no type"}}, "e3") == "error");
    c.send({{"type", "ping"}});
    CHECK_FALSE(c.next().get_object().contains("request_id"));
}

TEST_CASE("bad messages are answered by code and the connection goes on")
{
    world w;
    w.serve();
    client c{w.port()};
    const auto answer = [&c](std::string_view text) {
        c.send_text(text);
        return code_of(c.next("error"));
    };
    CHECK(answer("{") == "invalid_json");
    CHECK(answer("[1]") == "invalid_message");
    CHECK(answer(R"({"type":"x","request_id":{}})") == "invalid_message");
    CHECK(answer(R"({"type":7})") == "invalid_message");
    CHECK(answer(R"({"type":"nothing"})") == "unknown_type");
    CHECK(answer(R"({"type":"subscribe","payload":{"rooms":["a",1]}})") == "invalid_message");
    CHECK(answer(R"({"type":"publish","room":"device:1"})") == "invalid_message");
    CHECK(answer(R"({"type":"publish","room":"device:1","payload":{"type":"x"}})") == "forbidden");
    CHECK(answer(R"({"type":"publish","room":"nowhere:1","payload":{"type":"x"}})") == "unknown_room");
    CHECK(answer(std::string(40, '[')) == "invalid_json");
    CHECK(c.drain().empty());
    CHECK(eventually([&] { return w.hub().stats().bad_messages == 10; }));
}

TEST_CASE("what is joined receives and what is left does not")
{
    world w;
    w.serve();
    client c{w.port()};
    const auto joined = c.subscribe({"device:1", "group:a", "global"});
    CHECK(joined.at("rooms") == json::array{"device:1", "group:a", "global"});
    CHECK(joined.at("rejected").as_array().empty());
    CHECK(w.hub().room("device:1").publish("t", 1).local_receivers == 1);
    CHECK(c.next("t") == 1);
    c.send({{"type", "unsubscribe"}, {"payload", {{"rooms", json::array{"device:1", "never:joined"}}}}});
    auto left = c.next("unsubscribed").at("rooms").as_array();
    CHECK(left.size() == 2);
    CHECK(std::find(left.begin(), left.end(), json::value("device:1")) == left.end());
    CHECK(w.hub().room("device:1").publish("t", 2).local_receivers == 0);
    CHECK(w.hub().room("global").publish("g", 3).local_receivers == 1);
    CHECK(c.next("g") == 3);
}

TEST_CASE("refused rooms are named with the reason")
{
    world w{{.max_rooms = 2}};
    w.hub().configure("secret:", {.client_subscribe = false});
    w.serve();
    client c{w.port(), "alice"};
    const auto answer = c.subscribe(
        {"device:1", "nowhere:1", "bad name", "", "secret:1", "user:bob", "device:", "device:2", "device:3"});
    CHECK(answer.at("rooms") == json::array{"device:1", "device:2"});
    std::vector<std::pair<std::string, std::string>> refused;
    for (const auto& r : answer.at("rejected").as_array()) {
        refused.emplace_back(r.at("room").as_string().c_str(), r.at("code").as_string().c_str());
        CHECK_FALSE(r.at("message").as_string().empty());
    }
    CHECK(refused == std::vector<std::pair<std::string, std::string>>{{"nowhere:1", "unknown_room"},
                                                                      {"bad name", "invalid_room"},
                                                                      {"", "invalid_room"},
                                                                      {"secret:1", "forbidden"},
                                                                      {"user:bob", "forbidden"},
                                                                      {"device:", "invalid_room"},
                                                                      {"device:3", "too_many_rooms"}});
}

TEST_CASE("the limit of rooms counts rooms and not wishes")
{
    world w{{.max_rooms = 2}};
    w.serve();
    client c{w.port()};
    CHECK(c.subscribe({"device:1", "device:1", "device:1"}).at("rooms").as_array().size() == 1);
    CHECK(c.subscribe({"device:2"}).at("rejected").as_array().empty());
    const auto full = c.subscribe({"device:1", "device:3"});
    CHECK(full.at("rooms") == json::array{"device:1"});
    CHECK(full.at("rejected").at(0).at("code").as_string() == "too_many_rooms");
    CHECK(w.hub().room("device:1").publish("once", nullptr).local_receivers == 1);
    c.next("once");
    CHECK(c.drain().empty());
}

TEST_CASE("thousands of rooms fit in one subscribe and each delivers")
{
    world w{{.max_message_size = 256 * 1024, .max_rooms = 3000}};
    w.serve();
    client c{w.port()};
    json::array rooms;
    for (int i = 0; i != 3000; ++i)
        rooms.emplace_back("device:" + std::to_string(i));
    CHECK(c.subscribe(rooms).at("rooms").as_array().size() == 3000);
    CHECK(w.hub().stats().rooms == 3000);
    for (int i = 0; i < 3000; i += 100)
        REQUIRE(w.hub().publish("device:" + std::to_string(i), "n", json::value(i)).local_receivers == 1);
    for (int got = 0; got < 3000; got += 100)
        c.next("n");
    c.close();
    CHECK(eventually([&] { return w.hub().stats().rooms == 0; }));
}

TEST_CASE("a typed room carries a described struct")
{
    world w;
    w.serve();
    client c{w.port()};
    c.subscribe({"device:sensor-001"});
    auto room = w.hub().room<telemetry>("device:sensor-001");
    CHECK(room.publish("telemetry", {"sensor-001", 28.5}).local_receivers == 1);
    const auto message = c.next();
    CHECK(message.at("type").as_string() == "telemetry");
    CHECK(message.at("room").as_string() == "device:sensor-001");
    CHECK(message.at("payload") == json::value{{"device_id", "sensor-001"}, {"temperature", 28.5}});
    CHECK(message.at("timestamp").as_string().size() == 24);
    CHECK(room.size() == 1);
}

TEST_CASE("clients publish where the room allows it and get the receipt")
{
    world w;
    w.hub().configure("chat:", {.client_publish = true});
    w.serve();
    client a{w.port()};
    client b{w.port()};
    a.subscribe({"chat:1"});
    b.subscribe({"chat:1"});
    a.send({{"type", "publish"},
            {"room", "chat:1"},
            {"request_id", 1},
            {"payload", {{"type", "line"}, {"payload", {{"text", "hi"}}}}}});
    CHECK(b.next("line").at("text").as_string() == "hi");
    bool published = false;
    bool line = false;
    for (int i = 0; i != 2; ++i) {
        const auto m = a.next();
        if (m.at("type").as_string() == "published") {
            published = true;
            CHECK(m.at("request_id") == 1);
            CHECK(m.at("payload").at("local_receivers") == 2);
        } else {
            line = m.at("type").as_string() == "line";
        }
    }
    CHECK(published);
    CHECK(line);
}

TEST_CASE("no client can speak to others as if it were the server")
{
    world w;
    w.hub().configure("chat:", {.client_publish = true});
    w.serve();
    client victim{w.port()};
    client evil{w.port()};
    victim.subscribe({"chat:1"});
    for (const char* type : {"connected", "subscribed", "unsubscribed", "published", "pong", "error", "gap"}) {
        evil.send({{"type", "publish"}, {"room", "chat:1"}, {"payload", {{"type", type}, {"payload", 1}}}});
        CHECK(evil.next("error").at("code").as_string() == "invalid_message");
    }
    CHECK(victim.drain().empty());
}

TEST_CASE("publishing to a room that no namespace allows is an error in the receipt")
{
    world w;
    w.serve();
    CHECK(w.hub().publish("nowhere:1", "t", json::value(1)).error == error::unknown_room);
    CHECK(w.hub().publish("bad name", "t", json::value(1)).error == error::invalid_room);
    CHECK(w.hub().publish("global", "", json::value(1)).error == error::invalid_message);
    CHECK(w.hub().publish("global", std::string(65, 'x'), json::value(1)).error == error::invalid_message);
    CHECK(w.hub().publish("global", "\xff", json::value(1)).error == error::invalid_message);
    CHECK(w.hub().publish("global", "big", json::value(std::string(1024 * 1024, 'x'))).error ==
          error::message_too_large);
    CHECK(w.hub().stats().publish_refused == 6);
    CHECK(w.hub().publish("device:nobody", "t", json::value(1)));
    CHECK_THROWS_AS(w.hub().room("nowhere:1"), boost::system::system_error);
}

TEST_CASE("a message over the limit closes with 1009")
{
    world w;
    w.serve();
    client c{w.port()};
    const auto padded = [](std::size_t size) {
        std::string text = R"({"type":"ping"})";
        return text.append(size - text.size(), ' ');
    };
    c.send_text(padded(8 * 1024));
    c.next("pong");
    c.send_text(padded(8 * 1024 + 1));
    CHECK(c.closed() == 1009);
}

TEST_CASE("a binary message closes with 1003")
{
    world w;
    w.serve();
    client c{w.port()};
    c.send_text("bytes", true);
    CHECK(c.closed() == 1003);
}

TEST_CASE("a flood of bad messages is answered at first and then closed with 3501")
{
    world w{{.message_rate = 0, .max_violations = 5}};
    w.serve();
    client c{w.port()};
    for (int i = 0; i != 5; ++i) {
        c.send_text("no JSON");
        CHECK(code_of(c.next("error")) == "invalid_json");
    }
    c.send_text("no JSON");
    CHECK(c.closed() == 3501);
}

TEST_CASE("a flood of good messages is limited and then closed with 3004")
{
    world w{{.message_rate = 1, .message_burst = 10, .max_violations = 3}};
    w.serve();
    client c{w.port()};
    int pongs = 0;
    int limited = 0;
    for (;;) {
        c.send({{"type", "ping"}});
        const auto text = c.read();
        if (!text)
            break;
        const auto m = json::parse(*text);
        if (m.at("type").as_string() == "pong")
            ++pongs;
        else if (code_of(m.at("payload")) == "rate_limited")
            ++limited;
    }
    CHECK(pongs >= 10);
    CHECK(limited >= 3);
    CHECK(w.hub().stats().rate_limited >= 4);
    CHECK(c.closed() == 3004);
}

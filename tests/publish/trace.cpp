// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// The publisher's trace arrives with the message.
#include "http/event_client.hpp"
#include "inbox/support.hpp"

#include <boost/asio/use_future.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace fanfare;
using namespace fanfare::test;

namespace {

const std::string trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const std::string other = "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00-\"later\\";
const std::string bad = "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01";

server_options open_api()
{
    server_options how;
    how.api.allow_loopback_writes = true;
    return how;
}

struct trace_world : world {
    trace_world()
    {
        hub().configure("chat:", {.client_publish = true, .history = 100});
        serve(open_api());
    }
};

// The next message of this type, as it is.
json::value message_of(client& c, std::string_view type)
{
    for (;;)
        if (auto message = c.next(); message.at("type").as_string() == type)
            return message;
}

// Its trace; null if it has none.
json::value trace_in(const json::value& message)
{
    const auto* field = message.as_object().if_contains("trace");
    return field ? *field : json::value();
}

http::response<http::string_body> post(std::uint16_t port, const std::string& path, const std::string& body,
                                       const std::vector<std::string>& headers)
{
    asio::io_context context;
    tcp::socket socket{context};
    socket.connect({asio::ip::address_v4::loopback(), port});
    http::request<http::string_body> request{http::verb::post, path, 11, body};
    request.set(http::field::host, "localhost");
    for (const auto& value : headers)
        request.insert("TraceParent", value);
    request.prepare_payload();
    http::write(socket, request);
    beast::flat_buffer buffer;
    http::response<http::string_body> response;
    http::read(socket, buffer, response);
    return response;
}

} // namespace

TEST_CASE("trace: the application's arrives over WebSocket, with events, and from the history")
{
    trace_world w;
    client c{w.port(), "ann"};
    c.subscribe({"chat:1", "global"});
    event_client events{w.port(), "?user=eve&rooms=chat:1"};
    events.next("connected");
    events.next("subscribed");

    CHECK(w.hub().publish("chat:1", "a", 1, {.trace = trace}));
    const auto live = message_of(c, "a");
    CHECK(trace_in(live) == json::value(trace));
    CHECK(events.next() == live);
    CHECK(w.hub().room("chat:1").publish("b", 2, {.trace = other}));
    CHECK(trace_in(message_of(c, "b")) == json::value(other));
    CHECK(trace_in(events.next()) == json::value(other));
    CHECK(got(w.hub().async_publish("global", "c", 3, {.trace = trace}, asio::use_future)));
    CHECK(trace_in(message_of(c, "c")) == json::value(trace));
    CHECK(w.hub().publish("chat:1", "d", 4));
    CHECK_FALSE(message_of(c, "d").as_object().contains("trace"));

    client late{w.port(), "zoe"};
    late.send_text(R"({"type":"subscribe","payload":{"rooms":["chat:1"],"last":3}})");
    CHECK(message_of(late, "a") == live);
    CHECK(trace_in(message_of(late, "b")) == json::value(other));
    late.send_text(R"({"type":"history","payload":{"room":"chat:1"}})");
    CHECK(late.next("d").is_number());
    CHECK(trace_in(late.next("history").at("messages").at(0)) == json::value(trace));
}

TEST_CASE("trace: what is none is refused when the application gives it, and nobody gets the message")
{
    trace_world w;
    client c{w.port(), "ann"};
    c.subscribe({"chat:1", "global"});
    for (const auto& text : {bad, trace + "-", std::string{"x"}, std::string(500, 'a')}) {
        INFO(text);
        CHECK(w.hub().publish("chat:1", "a", 1, {.trace = text}).error == error::invalid_message);
        CHECK(w.hub().publish("global", "a", 1, {.trace = text}).error == error::invalid_message);
        CHECK(w.hub().notify("ann", {.title = "t", .message = "m", .trace = text}).error ==
              error::invalid_message);
    }
    CHECK(c.drain().empty());
}

TEST_CASE("trace: a client's goes through, and is checked")
{
    trace_world w;
    client reader{w.port(), "ann"};
    reader.subscribe({"chat:1"});
    client writer{w.port(), "bob"};
    const auto publish = [](const json::value& with) {
        return json::value{{"type", "publish"},
                           {"room", "chat:1"},
                           {"payload", {{"type", "a"}, {"payload", 1}}},
                           {"request_id", 7},
                           {"trace", with}};
    };
    writer.send(publish(json::value(trace)));
    writer.next("published");
    CHECK(trace_in(message_of(reader, "a")) == json::value(trace));
    writer.send(publish(nullptr)); // as a room or a request_id of null is none
    writer.next("published");
    CHECK_FALSE(message_of(reader, "a").as_object().contains("trace"));

    for (const auto& with : {json::value(bad), json::value(""), json::value(1), json::value(json::array{trace})}) {
        INFO(json::serialize(with));
        writer.send(publish(with));
        const auto refused = writer.next("error");
        CHECK(refused.at("code") == json::value("invalid_message"));
        CHECK(std::string_view{refused.at("message").as_string()}.find("trace") != std::string_view::npos);
    }
    writer.send({{"type", "ping"}, {"trace", bad}}); // of other messages it is a field that is not known
    writer.next("pong");

    event_client events{w.port(), "?user=eve&rooms=chat:1"};
    const auto hello = events.next("connected");
    CHECK(say(w.port(), hello, publish(json::value(other))) == 202);
    CHECK(trace_in(message_of(reader, "a")) == json::value(other));
    CHECK(reader.drain().empty());
}

TEST_CASE("trace: over HTTP it is in the body, else in the header, where a bad one is ignored")
{
    trace_world w;
    client c{w.port(), "ann"};
    c.subscribe({"chat:1"});
    const auto sent = [&](const std::string& field, const std::vector<std::string>& headers) {
        CHECK(post(w.port(), "/api/v1/publish", R"({"room":"chat:1","type":"a")" + field + "}", headers)
                  .result_int() == 200);
        const auto published = trace_in(message_of(c, "a"));
        CHECK(post(w.port(), "/api/v1/notify", R"({"user_id":"ann","title":"t","message":"m")" + field + "}",
                   headers)
                  .result_int() == 200);
        CHECK(trace_in(message_of(c, "notification")) == published);
        return published;
    };
    const auto in_body = R"(,"trace":")" + trace + "\"";
    CHECK(sent("", {trace}) == json::value(trace));
    CHECK(sent("", {" \t" + trace + " "}) == json::value(trace)); // white space around a field is none of it
    CHECK(sent("", {other}) == json::value(other));
    CHECK(sent(in_body, {}) == json::value(trace));
    CHECK(sent(in_body, {other}) == json::value(trace));
    CHECK(sent(in_body, {bad}) == json::value(trace));
    CHECK(sent("", {}).is_null());
    CHECK(sent("", {bad}).is_null());
    CHECK(sent("", {""}).is_null());
    CHECK(sent("", {trace, trace}).is_null());
    CHECK(sent("", {trace, other}).is_null());

    for (const std::string with : {"\"\"", "null", "1", "\"x\"", "[]"})
        for (const std::string path : {"/api/v1/publish", "/api/v1/notify"}) {
            INFO(path << ' ' << with);
            const auto answer = post(
                w.port(), path,
                R"({"room":"chat:1","type":"a","user_id":"ann","title":"t","message":"m","trace":)" + with + "}",
                {trace});
            CHECK(answer.result_int() == 400);
            CHECK(answer.body().find("trace") != std::string::npos);
        }
    CHECK(c.drain().empty());
}

TEST_CASE("trace: a notification's goes to devices, and is not kept in the inbox")
{
    inbox_world w{memory_inbox{}, {}, open_api()};
    client c{w.port(), "ann"};
    CHECK(w.notify("ann", {.title = "t", .message = "m", .trace = trace}));
    CHECK(trace_in(message_of(c, "notification")) == json::value(trace));
    CHECK(w.notify("ann", "t"));
    CHECK_FALSE(message_of(c, "notification").as_object().contains("trace"));
    const auto box = http_get(w.port(), "/api/v1/inbox?user_id=ann").body();
    CHECK(box.find("\"title\":\"t\"") != std::string::npos);
    CHECK(box.find(trace) == std::string::npos);
    CHECK(w.w.hub().notify("ann", {.title = "t", .message = "m", .trace = bad}).error == error::invalid_message);
    CHECK(got(w.w.hub().async_inbox("ann", {}, asio::use_future)).items.size() == 2);
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// What the publisher wrote is what arrives, text for text, whichever way it came in and goes out.
#include "http/event_client.hpp"
#include "inbox/support.hpp"

#include <fanfare/json_text.hpp>
#include <fanfare/local_connection.hpp>

#include <boost/asio/use_future.hpp>

#include <condition_variable>
#include <deque>
#include <limits>
#include <mutex>

using namespace fanfare;
using namespace fanfare::test;

namespace {

// Numbers that no double holds, spellings that no writer chooses, names twice, white space, and what looks like an end.
const std::string odd =
    R"({ "n":234.93130749570946,"big":123456789012345678901234567890,"t":28.5 ,"e":2.850E+1,"zero":-0.0,)"
    "\n\t"
    R"("s":"\u00e9\/\\\"}],\"payload\":1","payload":[ 1 , {"payload":2.0}],"n":0.1000000000000000055511151231257827})";

std::string quoted(std::string_view text)
{
    return std::string{"\""} + std::string{text} + "\"";
}

std::string payload_in(std::string_view envelope)
{
    const auto found = json_member({envelope}, "payload");
    return found ? std::string{found->text} : "none in " + std::string{envelope};
}

// The next message of this type.
std::string next_text(client& c, std::string_view type)
{
    for (;;) {
        const auto text = c.read();
        if (!text)
            return "the connection has ended";
        if (json_member({*text}, "type")->text == quoted(type))
            return *text;
    }
}

std::string post(std::uint16_t port, const std::string& path, const std::string& body)
{
    return http_post_text(port, path, body).body();
}

std::string client_publish(const std::string& room)
{
    return R"({"type":"publish","room":")" + room + R"(","payload":{"payload" : )" + odd +
           R"( ,"type":"odd","idempotency_key":"k-)" + std::to_string(std::rand()) + R"("}})";
}

// Texts that a local connection got.
class texts_box {
public:
    local_handlers handlers()
    {
        return {.on_message = [this](std::string_view text) {
            const std::lock_guard lock{mutex_};
            all_.emplace_back(text);
            changed_.notify_all();
        }};
    }
    std::string next(std::string_view type)
    {
        std::unique_lock lock{mutex_};
        for (;;) {
            if (!changed_.wait_for(lock, patience, [this] { return !all_.empty(); }))
                return "nothing came";
            auto text = std::move(all_.front());
            all_.pop_front();
            if (json_member({text}, "type")->text == quoted(type))
                return text;
        }
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::string> all_;
};

struct verbatim_world : world {
    verbatim_world()
    {
        hub().configure("chat:", {.client_publish = true, .history = 100});
        server_options how;
        how.api.allow_loopback_writes = true;
        serve(std::move(how));
    }
};

} // namespace

TEST_CASE("verbatim: a payload arrives as it was written, by every way in and out")
{
    verbatim_world w;
    texts_box box;
    auto local = w.hub().connect({.user_id = "svc"}, box.handlers());
    local.send(R"({"type":"subscribe","payload":{"rooms":["chat:1"]}})");
    client reader{w.port(), "ann"};
    reader.subscribe({"chat:1"});
    event_client events{w.port(), "?user=eve&rooms=chat:1"};
    const auto hello = events.next("connected");
    events.next("subscribed");
    box.next("subscribed");
    client writer{w.port(), "bob"};

    std::string way;
    SECTION("a client's publish")
    {
        writer.send_text(client_publish("chat:1"));
    }
    SECTION("a local connection's publish")
    {
        local.send(client_publish("chat:1"));
    }
    SECTION("the HTTP API")
    {
        const auto answer =
            post(w.port(), "/api/v1/publish", R"({"room":"chat:1","payload" :)" + odd + R"(, "type":"odd"})");
        CHECK(json::parse(answer).at("offset") == 1);
    }
    SECTION("a client of events")
    {
        post_event(w.port(), R"({"session":)" + json::serialize(hello.at("session")) + R"(,"message": )" +
                                 client_publish("chat:1") + "}");
    }
    SECTION("the application's publish")
    {
        CHECK(w.hub().publish("chat:1", "odd", json_text{odd}));
    }
    SECTION("the application's handle")
    {
        CHECK(w.hub().room<json_text>("chat:1").publish("odd", {odd}));
    }
    SECTION("the application's async_publish")
    {
        CHECK(got(w.hub().async_publish("chat:1", "odd", json_text{odd}, asio::use_future)));
    }

    const auto live = next_text(reader, "odd");
    CHECK(payload_in(live) == odd);
    CHECK(box.next("odd") == live);
    CHECK(events.read()->data == live);

    client late{w.port(), "zoe"};
    late.send_text(R"({"type":"subscribe","payload":{"rooms":["chat:1"],"last":1}})");
    CHECK(next_text(late, "odd") == live);
    late.send_text(R"({"type":"history","payload":{"room":"chat:1"}})");
    CHECK(next_text(late, "history").find(live) != std::string::npos);
    CHECK(http_get(w.port(), "/api/v1/history?room=chat:1").body().find(live) != std::string::npos);
    CHECK(got(w.hub().async_history("chat:1", {}, asio::use_future)).messages.at(0) == live);
}

TEST_CASE("verbatim: what goes to users and to everyone, too, and without a history")
{
    verbatim_world w;
    client c{w.port(), "ann"};
    c.subscribe({"global"});
    CHECK(w.hub().publish("global", "odd", json_text{" " + odd + "\n"}));
    CHECK(payload_in(next_text(c, "odd")) == odd);
    CHECK(w.hub().send_to_user("ann", "odd", json_text{odd}));
    CHECK(payload_in(next_text(c, "odd")) == odd);
    CHECK(w.hub().broadcast("odd", json_text{odd}));
    CHECK(payload_in(next_text(c, "odd")) == odd);
    CHECK(got(w.hub().async_broadcast("odd", json_text{odd}, asio::use_future)));
    CHECK(payload_in(next_text(c, "odd")) == odd);
    CHECK(got(w.hub().async_send_to_user("ann", "odd", json_text{odd}, asio::use_future)));
    CHECK(payload_in(next_text(c, "odd")) == odd);
}

TEST_CASE("verbatim: a payload that is left out is null")
{
    verbatim_world w;
    client c{w.port(), "ann"};
    c.subscribe({"chat:1"});
    c.send_text(R"({"type":"publish","room":"chat:1","payload":{"type":"odd"}})");
    CHECK(payload_in(next_text(c, "odd")) == "null");
    post(w.port(), "/api/v1/publish", R"({"room":"chat:1","type":"odd"})");
    CHECK(payload_in(next_text(c, "odd")) == "null");
}

TEST_CASE("verbatim: text that is no payload is refused, and reaches nobody")
{
    verbatim_world w;
    client c{w.port(), "ann"};
    c.subscribe({"chat:1"});
    for (const std::string& text :
         {std::string{}, std::string{" "}, std::string{"{"}, std::string{"1 2"}, std::string{"nan"},
          std::string{"1e999"}, std::string{"\"\xff\""}, std::string{"\"a\nb\""}, std::string{"[1,]"},
          std::string(17, '[') + std::string(17, ']')}) {
        INFO(text);
        CHECK(w.hub().publish("chat:1", "odd", json_text{text}).error == error::invalid_message);
        CHECK(w.hub().broadcast("odd", json_text{text}).error == error::invalid_message);
    }
    CHECK(c.drain().empty());
}

TEST_CASE("verbatim: doubles of the application's own arrive with the fewest digits that name them")
{
    verbatim_world w;
    client c{w.port(), "ann"};
    c.subscribe({"chat:1"});
    const auto sent = [&](double value) {
        CHECK(w.hub().publish("chat:1", "odd", json::value(value)));
        return payload_in(next_text(c, "odd"));
    };
    CHECK(sent(28.5) == "28.5");
    CHECK(sent(20) == "20.0");
    CHECK(sent(234.93130749570946) == "234.93130749570946");
    CHECK(sent(0.1 + 0.2) == "0.30000000000000004");
    CHECK(sent(-1e300) == "-1e+300");
}

TEST_CASE("verbatim: what a handler is given, and gives back, has the same numbers")
{
    world w;
    w.hub().on_message("echo", [](request r) { r.reply(r.payload()); });
    w.serve();
    client c{w.port(), "ann"};
    c.send_text(R"({"type":"echo","payload":[234.93130749570946,28.5,18446744073709551615],"request_id":0.1})");
    const auto answer = next_text(c, "echo");
    CHECK(payload_in(answer) == "[234.93130749570946,28.5,18446744073709551615]");
    CHECK(json_member({answer}, "request_id")->text == "0.1");
}

TEST_CASE("verbatim: a notification's data, with and without an inbox")
{
    for (const bool kept : {true, false}) {
        INFO(kept);
        world w;
        if (kept)
            w.hub().inbox(memory_inbox{});
        server_options how;
        how.api.allow_loopback_writes = true;
        w.serve(std::move(how));
        client c{w.port(), "ann"};
        const auto data_of = [](std::string_view envelope) {
            return std::string{json_member(json_member({envelope}, "payload").value(), "data")->text};
        };
        post(w.port(), "/api/v1/notify", R"({"user_id":"ann","title":"T","message":"M","data":)" + odd + "}");
        CHECK(data_of(next_text(c, "notification")) == odd);
        CHECK(w.hub().notify("ann", {.title = "T", .message = "M", .data_text = odd}));
        CHECK(data_of(next_text(c, "notification")) == odd);
        CHECK(w.hub().notify("ann", {.title = "T", .message = "M", .data = 28.5}));
        CHECK(data_of(next_text(c, "notification")) == "28.5");
        std::promise<error_code> refused;
        w.hub().async_notify("ann", {.title = "T", .message = "M", .data_text = "{"},
                             [&](error_code ec, const receipt&) { refused.set_value(ec); });
        CHECK(got(refused.get_future()) == error::invalid_message);
        if (!kept)
            continue;
        c.send_text(R"({"type":"inbox"})");
        const auto page = next_text(c, "inbox");
        CHECK(page.find("\"data\":" + odd + ",") != std::string::npos);
        CHECK(http_get(w.port(), "/api/v1/inbox?user_id=ann").body().find("\"data\":" + odd + ",") !=
              std::string::npos);
        CHECK(json::parse(page).at("payload").at("items").as_array().size() == 3);
    }
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Names of rooms, users, types and keys: the same code points by every way in; and a user's own room is nobody else's.
#include "http/event_client.hpp"

#include <fanfare/auth/ticket.hpp>
#include <fanfare/inbox/memory.hpp>
#include <fanfare/local_connection.hpp>

#include <boost/asio/use_future.hpp>

using namespace fanfare;
using namespace fanfare::test;

namespace {

// No-break space, next line, line separator, right-to-left override, tab.
const std::vector<std::string> odd_names{"a\xc2\xa0"
                                         "b",
                                         "a\xc2\x85"
                                         "b",
                                         "a\xe2\x80\xa8"
                                         "b",
                                         "a\xe2\x80\xae"
                                         "b",
                                         "a\tb"};

struct named_world : world {
    explicit named_world(memory_store store = memory_store{}) : world{{}, 1, {}, std::move(store)}
    {
        hub().configure("chat:", {.client_publish = true, .history = 10});
        hub().inbox(memory_inbox{});
        server_options how;
        how.api.allow_loopback_writes = true;
        how.api.issue_ticket = issue_from(tickets);
        serve(std::move(how));
    }
    memory_ticket_store tickets;
};

// "STATUS CODE" of a POST to the API.
std::string post(std::uint16_t port, const std::string& path, const json::value& body)
{
    const auto answer = http_post_text(port, path, json::serialize(body));
    const auto said = json::parse(answer.body());
    const auto* failed = said.as_object().if_contains("error");
    return std::to_string(answer.result_int()) +
           (failed ? " " + std::string{failed->at("code").as_string().c_str()} : std::string{});
}

std::string escaped(std::string_view text)
{
    static constexpr char hex[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : text)
        out += {'%', hex[static_cast<unsigned char>(c) >> 4], hex[static_cast<unsigned char>(c) & 15]};
    return out;
}

// The code of the error that answers a client's publish, or the type of another answer.
std::string client_publish(client& c, const json::object& payload, std::string_view room = "chat:1")
{
    c.send({{"type", "publish"}, {"room", room}, {"payload", payload}, {"request_id", 1}});
    const auto answer = c.next();
    const auto& type = answer.at("type").as_string();
    return type == "error" ? answer.at("payload").at("code").as_string().c_str() : type.c_str();
}

} // namespace

TEST_CASE("names: what is none of a room or a user is refused, by every way in")
{
    named_world w;
    client c{w.port(), "ann"};
    c.next("badge");
    for (const auto& name : odd_names) {
        INFO(name);
        const auto room = "chat:" + name;
        c.send({{"type", "subscribe"}, {"payload", {{"rooms", {room}}}}});
        CHECK(c.next("subscribed").at("rejected").at(0).at("code").as_string() == "invalid_room");
        CHECK(client_publish(c, {{"type", "t"}}, room) == "invalid_room");
        CHECK(w.hub().publish(room, "t", json::value(1)).error == error::invalid_room);
        CHECK_THROWS(w.hub().room(room));
        CHECK_THROWS(w.hub().configure(name + ":", {}));
        CHECK(post(w.port(), "/api/v1/publish", {{"room", room}, {"type", "t"}}) == "400 invalid_room");
        CHECK(post(w.port(), "/api/v1/tickets", {{"user_id", "ann"}, {"rooms", {room}}}) == "400 invalid_room");
        CHECK(post(w.port(), "/api/v1/tickets", {{"user_id", name}}) == "400 invalid_user");
        CHECK(post(w.port(), "/api/v1/notify", {{"user_id", name}, {"title", "t"}, {"message", "m"}}) ==
              "400 invalid_user");
        CHECK(w.hub().notify(name, {.title = "t", .message = "m"}).error == error::invalid_user);
        CHECK(w.hub().send_to_user(name, "t", json::value(1)).error == error::invalid_user);
        CHECK_THROWS(w.hub().connect({.user_id = name}, local_handlers{}));
        CHECK(client{w.port(), {.target = "/api/v1/ws?user=" + escaped(name)}, false}.status() == 400);
        CHECK(event_client{w.port(), "?user=" + escaped(name)}.head().result_int() == 400);
    }
}

TEST_CASE("names: what is no type or key is refused, by every way in")
{
    named_world w;
    client c{w.port(), "ann"};
    c.next("badge");
    for (const auto& name : odd_names) {
        INFO(name);
        CHECK(client_publish(c, {{"type", name}}) == "invalid_message");
        CHECK(client_publish(c, {{"type", "t"}, {"idempotency_key", name}}) == "invalid_message");
        c.send({{"type", name}, {"request_id", 1}});
        CHECK(c.next("error").at("code").as_string() == "invalid_message");
        CHECK(w.hub().publish("chat:1", name, json::value(1)).error == error::invalid_message);
        CHECK(w.hub().broadcast(name, json::value(1)).error == error::invalid_message);
        CHECK(w.hub().publish("chat:1", "t", json::value(1), {.key = name}).error == error::invalid_message);
        CHECK(w.hub().publish("chat:1", "t", json::value(1), {.idempotency_key = name}).error ==
              error::invalid_message);
        CHECK_THROWS_AS(w.hub().on_message(name, [](request) {}), std::invalid_argument);
        const json::object message{{"room", "chat:1"}, {"type", "t"}};
        for (const auto* field : {"type", "key", "idempotency_key"}) {
            auto body = message;
            body[field] = name;
            CHECK(post(w.port(), "/api/v1/publish", body) == "400 invalid_message");
        }
        CHECK(post(w.port(), "/api/v1/notify",
                   {{"user_id", "ann"}, {"title", "t"}, {"message", "m"}, {"idempotency_key", name}}) ==
              "400 invalid_message");
    }
    CHECK(w.hub().stats().published == 0);
    CHECK(client_publish(c, {{"type", "order shipped"}, {"idempotency_key", "order 42"}}) == "published");
}

TEST_CASE("names: an empty key is no key, and no way to leave it out where a client writes it")
{
    named_world w;
    client c{w.port(), "ann"};
    c.next("badge");
    CHECK(client_publish(c, {{"type", "t"}, {"idempotency_key", ""}}) == "invalid_message");
    for (const auto* field : {"key", "idempotency_key"})
        CHECK(post(w.port(), "/api/v1/publish", {{"room", "chat:1"}, {"type", "t"}, {field, ""}}) ==
              "400 invalid_message");
    CHECK(post(w.port(), "/api/v1/notify",
               {{"user_id", "ann"}, {"title", "t"}, {"message", "m"}, {"idempotency_key", ""}}) ==
          "400 invalid_message");
    CHECK(w.hub().stats().published == 0);
    CHECK(w.hub().publish("chat:1", "t", json::value(1), {.idempotency_key = ""})); // C++'s way to have none
}

TEST_CASE("names: what is kept under a name of an earlier version can be read")
{
    memory_store store;
    const std::string room = "chat:a\xc2\xa0"
                             "b";
    const auto body =
        R"({"type":"t","room":")" + room + R"(","payload":1,"timestamp":"2026-01-01T00:00:00.000Z"})";
    store.async_append({.room = room, .message = {.body = body}, .limits = {.messages = 10}},
                       [](const append_answer& answer) { CHECK_FALSE(answer.error); });
    named_world w{store};
    const auto page = json::parse(http_get(w.port(), "/api/v1/history?room=" + escaped(room)).body());
    REQUIRE(page.at("messages").as_array().size() == 1);
    CHECK(page.at("messages").at(0).at("room").as_string() == room);
    CHECK(w.hub().async_history(room, {}, asio::use_future).get().messages.size() == 1);
    const auto box = http_get(w.port(), "/api/v1/inbox?user_id=" + escaped("a\xc2\xa0"
                                                                           "b"));
    CHECK(box.result_int() == 200);
}

TEST_CASE("names: no ticket is issued for another user's own room, and no credential opens it")
{
    named_world w;
    CHECK(post(w.port(), "/api/v1/tickets", {{"user_id", "ann"}, {"rooms", {"chat:1", "user:bob"}}}) ==
          "400 invalid_room");
    CHECK(post(w.port(), "/api/v1/tickets", {{"user_id", "ann"}, {"rooms", {"chat:1", "user:ann"}}}) == "200");
    CHECK(w.tickets.issue({.user_id = "ann", .rooms = {"user:bob"}}).error() == error::invalid_room);
    CHECK(w.tickets.issue({.rooms = {"user:bob"}}).error() == error::invalid_room);
    CHECK(w.tickets.issue({.user_id = "ann", .rooms = {"user:ann"}}));

    world mine; // an authenticator of the application's own
    server_options how;
    how.authenticate = [](const handshake_request&) {
        return auth_result{identity{.user_id = "ann", .rooms = {"user:bob"}}};
    };
    mine.serve(std::move(how));
    const client c{mine.port(), client_options{}, false};
    CHECK(c.status() == 400);
    CHECK(json::parse(c.response().body()).at("error").at("code").as_string() == "invalid_room");
    CHECK(event_client{mine.port()}.head().result_int() == 400);
    CHECK_THROWS(mine.hub().connect({.user_id = "ann", .rooms = {"user:bob"}}, local_handlers{}));
    CHECK(mine.hub().stats().connections == 0);
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// What an HTTP request is answered when it, the application or the client is at fault.
#include "support/world.hpp"

#include <fanfare/auth/ticket.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <future>
#include <stdexcept>
#include <string>
#include <string_view>

using namespace fanfare;
using namespace fanfare::test;

namespace {

// A client that writes its requests by hand.
struct by_hand {
    explicit by_hand(std::uint16_t port) { socket.connect({asio::ip::address_v4::loopback(), port}); }
    void write(std::string_view text) { asio::write(socket, asio::buffer(text)); }
    // The head of a POST to this path, with these fields besides.
    void head(std::string_view path, std::size_t length, std::string_view fields = {})
    {
        write("POST " + std::string{path} + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
              std::to_string(length) + "\r\n" + std::string{fields} + "\r\n");
    }
    http::response<http::string_body> answer()
    {
        http::response<http::string_body> one;
        http::read(socket, buffer, one);
        return one;
    }
    asio::io_context context;
    tcp::socket socket{context};
    beast::flat_buffer buffer;
};

// The status of a refused POST, its code and what it says.
std::string refusal_of(by_hand& c, std::string_view path, const json::value& body)
{
    const auto text = text_of(body);
    c.head(path, text.size());
    c.write(text);
    const auto answer = c.answer();
    const auto said = json::parse(answer.body());
    if (answer.result_int() == 200)
        return "taken: " + text_of(said);
    const auto& why = said.at("error");
    return std::to_string(answer.result_int()) + ' ' + why.at("code").as_string().c_str() + ": " +
           why.at("message").as_string().c_str();
}

constexpr std::string_view go_on = "Expect: 100-continue\r\n";

} // namespace

TEST_CASE("a request whose optional field is of the wrong type is refused by the field's name")
{
    world w;
    memory_ticket_store tickets;
    w.serve({.api = {.allow_loopback_writes = true, .issue_ticket = issue_from(tickets)}});
    by_hand c{w.port()};
    const auto wrong = [&c](std::string_view path, json::object body, std::string_view field,
                            const json::value& value) {
        body[field] = value;
        INFO(field << ' ' << text_of(value));
        CHECK(refusal_of(c, path, body).starts_with("400 invalid_message: " + std::string{field} + " must be "));
    };
    const json::object ticket{{"user_id", "alice"}};
    for (const auto& origin :
         {json::value(7), json::value(nullptr), json::value(""), json::value(json::array{"https://a.example"})})
        wrong("/api/v1/tickets", ticket, "origin", origin); // never a ticket for any page
    for (const auto& claims : {json::value("editor"), json::value(nullptr), json::value(json::array{})})
        wrong("/api/v1/tickets", ticket, "claims", claims);
    for (const auto& rooms : {json::value("chat:1"), json::value(nullptr)})
        wrong("/api/v1/tickets", ticket, "rooms", rooms);
    json::object many = ticket;
    many["rooms"] = json::array(w.hub().core()->options().max_rooms + 1, "device:1");
    CHECK(refusal_of(c, "/api/v1/tickets", many) ==
          "400 invalid_message: rooms must name at most " + std::to_string(w.hub().core()->options().max_rooms));
    for (const auto& lifetime : {json::value("20"), json::value(1.5), json::value(nullptr)})
        wrong("/api/v1/tickets", ticket, "expires_in", lifetime);
    const json::object message{{"room", "device:1"}, {"type", "t"}};
    for (const auto* field : {"key", "idempotency_key"})
        for (const auto& value : {json::value(7), json::value(nullptr), json::value(json::object{})})
            wrong("/api/v1/publish", message, field, value);
    const json::object notice{{"user_id", "alice"}, {"title", "t"}, {"message", "m"}};
    for (const auto& value : {json::value(7), json::value(nullptr)})
        wrong("/api/v1/notify", notice, "idempotency_key", value);
    CHECK(tickets.size() == 0);
    CHECK(w.hub().stats().published == 0);
}

TEST_CASE("an application's own page that throws is answered with 500, told and counted")
{
    std::promise<std::string> told;
    world w;
    w.hub().on_exception([&](std::exception_ptr e) {
        try {
            std::rethrow_exception(e);
        } catch (const std::exception& what) {
            told.set_value(what.what());
        }
    });
    w.serve({.on_request = [](const http_api::request_type&, http_api::response_type& answer) -> bool {
        answer.body() = "half";
        throw std::runtime_error("no page");
    }});
    const auto answer = http_get(w.port(), "/page");
    CHECK(answer.result_int() == 500);
    CHECK(answer[http::field::content_type] == "application/json");
    CHECK(json::parse(answer.body()).at("error").at("code") == "handler_failed");
    CHECK(answer.body().find("no page") == std::string::npos); // not for the client
    const auto what = told.get_future();
    REQUIRE(what.wait_for(patience) == std::future_status::ready);
    CHECK(w.hub().stats().handler_failures == 1);
}

TEST_CASE("a ticket issuer that throws is answered with 500 and counted")
{
    world w;
    const auto issue = [](identity, std::chrono::seconds, std::string,
                          std::function<void(error_code, std::string)>) { throw std::runtime_error("no ticket"); };
    w.serve({.api = {.allow_loopback_writes = true, .issue_ticket = issue}});
    by_hand c{w.port()};
    CHECK(refusal_of(c, "/api/v1/tickets", {{"user_id", "alice"}}).starts_with("500 handler_failed: "));
    CHECK(eventually([&] { return w.hub().stats().handler_failures == 1; }));
}

TEST_CASE("a client that asks before it sends a body is told to go on, or that the body is too large")
{
    world w;
    w.serve({.api = {.allow_loopback_writes = true}, .handshake_timeout = 5s, .max_body = 1000});
    by_hand c{w.port()};
    const std::string body = R"({"room":"device:1","type":"t","payload":1})";
    for (int turn = 0; turn != 2; ++turn) { // on one connection
        c.head("/api/v1/publish", body.size(), go_on);
        CHECK(c.answer().result_int() == 100);
        c.write(body);
        CHECK(c.answer().result_int() == 200);
    }
    c.head("/api/v1/publish", 0, go_on); // nothing to wait for
    CHECK(c.answer().result_int() == 400);
    c.head("/api/v1/publish", 1001, go_on);
    CHECK(c.answer().result_int() == 413);
    by_hand tall{w.port()};
    tall.head("/api/v1/publish", body.size(), std::string{go_on} + "X-Big: " + std::string(10'000, 'x') + "\r\n");
    CHECK(tall.answer().result_int() == 431);
}

TEST_CASE("a client that is told to go on and does not is cut off in time")
{
    world w;
    w.serve({.api = {.allow_loopback_writes = true}, .handshake_timeout = 300ms});
    by_hand c{w.port()};
    c.head("/api/v1/publish", 10, go_on);
    CHECK(c.answer().result_int() == 100);
    c.socket.non_blocking(true);
    CHECK(eventually([&] {
        char byte{};
        error_code ec;
        c.socket.read_some(asio::buffer(&byte, 1), ec);
        return ec && ec != asio::error::would_block;
    }));
}

TEST_CASE("the time for reading a request is over when it has been read: the authenticator has its own")
{
    static constexpr auto limit = 2s;
    world w;
    w.listen({.authenticate =
                  [&w](const handshake_request&, auth_done done) {
                      const auto timer = std::make_shared<asio::steady_timer>(w.context(), limit * 3 / 4);
                      timer->async_wait([timer, done](error_code) { done(identity{.user_id = "alice"}); });
                  },
              .handshake_timeout = limit});
    w.run();
    by_hand c{w.port()};
    std::this_thread::sleep_for(limit / 2); // so that the answer comes when the first limit is over
    c.write("GET /api/v1/sse HTTP/1.1\r\nHost: localhost\r\n\r\n");
    http::response_parser<http::string_body> head;
    http::read_header(c.socket, c.buffer, head);
    CHECK(head.get().result_int() == 200);
}

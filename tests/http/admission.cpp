// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Who gets in: authenticators, origins, tickets, limits, and the ways into a hub other than its own server.
#include "support/client.ipp"
#include "support/world.hpp"

#include <fanfare/auth/ticket.hpp>

#include <boost/beast/_experimental/test/stream.hpp>

#include <atomic>
#include <exception>

using namespace fanfare;
using namespace fanfare::test;

namespace {

std::string code_in(const client& c)
{
    return json::parse(c.response().body()).at("error").at("code").as_string().c_str();
}

client attempt(const world& w, std::string target = "/api/v1/ws", std::string origin = {})
{
    client_options o{.target = std::move(target)};
    if (!origin.empty())
        o.headers.emplace_back("Origin", std::move(origin));
    return client{w.port(), o};
}

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

TEST_CASE("a refused credential is answered with 401 and JSON")
{
    world w;
    w.serve({.authenticate = [](const handshake_request& r) {
        return r.query("key") == "sesame" ? auth_result{identity{.user_id = "ali"}}
                                          : auth_result{make_refusal(error::unauthorized)};
    }});
    const auto refused = attempt(w);
    CHECK(refused.status() == 401);
    CHECK(code_in(refused) == "unauthorized");
    CHECK(refused.response()[http::field::content_type].starts_with("application/json"));
    CHECK(w.hub().stats().refused == 1);
    const auto entered = attempt(w, "/api/v1/ws?key=sesame");
    CHECK(entered.hello.at("user_id").as_string() == "ali");
}

TEST_CASE("an authenticator answers later from another thread")
{
    world w;
    std::vector<std::thread> asking;
    w.serve({.authenticate = [&](const handshake_request& r, auth_done done) {
        asking.emplace_back([user = r.query("user").value_or(""), done = std::move(done)] {
            if (user == "bad")
                return done(make_refusal(error::unauthorized, 403));
            done(identity{.user_id = user});
        });
    }});
    client good{w.port(), "good"};
    CHECK(good.hello.at("user_id").as_string() == "good");
    const auto bad = attempt(w, "/api/v1/ws?user=bad");
    CHECK(bad.status() == 403);
    for (auto& t : asking)
        t.join();
}

TEST_CASE("an authenticator that throws or never answers lets nobody in")
{
    std::vector<auth_done> held;
    world w;
    w.serve({.authenticate =
                 [&](const handshake_request& r, auth_done done) {
                     if (r.query("user") == "throws")
                         throw std::runtime_error("no");
                     held.push_back(std::move(done));
                 },
             .handshake_timeout = 300ms});
    const auto thrown = attempt(w, "/api/v1/ws?user=throws");
    CHECK(thrown.status() >= 500);
    const auto waited = attempt(w);
    CHECK(waited.status() == 503);
    CHECK(code_in(waited) == "timed_out");
    CHECK(w.hub().stats().connections == 0);
    w.stop();
    held.clear();
}

TEST_CASE("an authenticator that throws is told and counted, and what on_exception throws leaves the executor")
{
    world w;
    w.hub().on_exception([](std::exception_ptr cause) { std::rethrow_exception(cause); });
    w.listen({.authenticate = [](const handshake_request&) -> auth_result {
        throw std::runtime_error("no database");
    }});
    std::atomic<int> thrown{0};
    std::thread runs{[&] {
        for (;;)
            try {
                w.context().run();
                return;
            } catch (const std::runtime_error& e) {
                thrown += e.what() == std::string_view{"no database"} ? 1 : 100;
            }
    }};
    for (int i = 1; i <= 3; ++i) {
        const auto refused = attempt(w); // by HTTP: the connection does not break off
        CHECK(refused.status() == 503);
        CHECK(code_in(refused) == "handler_failed");
        CHECK(eventually([&] { return thrown == i; }));
    }
    CHECK(w.hub().stats().handler_failures == 3);
    CHECK(w.hub().stats().refused == 3);
    w.context().stop();
    runs.join();
}

TEST_CASE("pages of other origins are refused with 403")
{
    world w;
    server_options o;
    o.origins.allow("https://app.example");
    w.serve(std::move(o));
    CHECK(attempt(w, "/api/v1/ws", "https://app.example").open());
    CHECK(attempt(w).open());
    CHECK(attempt(w, "/api/v1/ws", "http://localhost").open()); // its own pages
    const auto refused = attempt(w, "/api/v1/ws", "https://evil.example");
    CHECK(refused.status() == 403);
    CHECK(code_in(refused) == "origin_not_allowed");
}

TEST_CASE("a ticket opens the door once")
{
    world w;
    memory_ticket_store tickets;
    w.serve({.authenticate = ticket_authenticator{tickets}});
    const auto ticket = tickets.issue({.user_id = "alice", .rooms = {"device:1"}}).value();
    const auto first = attempt(w, "/api/v1/ws?ticket=" + ticket);
    CHECK(first.hello.at("user_id").as_string() == "alice");
    CHECK(w.hub().room("device:1").size() == 1);
    const auto second = attempt(w, "/api/v1/ws?ticket=" + ticket);
    CHECK(second.status() == 401);
    CHECK(code_in(second) == "ticket_invalid");
    CHECK(code_in(attempt(w)) == "unauthorized");
    // In a subprotocol, as browsers have to.
    client_options o;
    o.headers.emplace_back("Sec-WebSocket-Protocol",
                           "fanfare.v1, fanfare.ticket." + tickets.issue({.user_id = "bob"}).value());
    const client browser{w.port(), o};
    CHECK(browser.hello.at("user_id").as_string() == "bob");
    CHECK(browser.response()[http::field::sec_websocket_protocol] == "fanfare.v1");
}

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

TEST_CASE("connections are limited for all and for a user and for an address")
{
    SECTION("all")
    {
        world w{{.max_connections = 2}};
        w.serve();
        client a{w.port()};
        client b{w.port()};
        const auto refused = attempt(w);
        CHECK(refused.status() == 429);
        CHECK(code_in(refused) == "too_many_connections");
        a.close();
        CHECK(eventually([&] { return attempt(w).open(); }));
    }
    SECTION("a user")
    {
        world w{{.max_connections_per_user = 1}};
        w.serve();
        client a{w.port(), "alice"};
        CHECK(attempt(w, "/api/v1/ws?user=alice").status() == 429);
        client b{w.port(), "bob"};
        client nobody{w.port()};
        client nobody_else{w.port()};
        CHECK(nobody_else.open());
        CHECK(w.hub().stats().refused == 1);
    }
    SECTION("an address")
    {
        world w{{.max_connections_per_address = 2}};
        w.serve();
        client a{w.port(), "alice"};
        client b{w.port(), "bob"};
        CHECK(attempt(w).status() == 429);
    }
}

TEST_CASE("sockets that say nothing make way for those that come after them")
{
    world w;
    w.serve({.max_http_connections = 2});
    asio::io_context context;
    std::vector<tcp::socket> mute;
    for (int i = 0; i != 3; ++i) {
        mute.emplace_back(context).connect({asio::ip::address_v4::loopback(), w.port()});
        mute.back().non_blocking(true);
    }
    const auto closed = [](tcp::socket& s) {
        char byte{};
        error_code ec;
        s.read_some(asio::buffer(&byte, 1), ec);
        return ec && ec != asio::error::would_block;
    };
    REQUIRE(eventually([&] { return closed(mute.front()); }));
    CHECK_FALSE(closed(mute.back()));
    client late{w.port()};
    CHECK(late.drain().empty());
    // The WebSocket is none of those that make way.
    for (int i = 0; i != 3; ++i)
        mute.emplace_back(context).connect({asio::ip::address_v4::loopback(), w.port()});
    CHECK(http_get(w.port(), "/healthz").result_int() == 200);
    CHECK(late.drain().empty());
}

TEST_CASE("an application's own Beast server hands its upgrades over")
{
    asio::io_context context{1};
    hub<> h{context.get_executor()};
    tcp::acceptor acceptor{context, {asio::ip::address_v4::loopback(), 0}};
    const auto port = acceptor.local_endpoint().port();
    auto serving = std::async(std::launch::async, [&] {
        auto socket = acceptor.accept();
        beast::flat_buffer buffer;
        http::request<http::string_body> request;
        http::read(socket, buffer, request);
        h.accept(std::move(socket), request, identity{.user_id = "mine"},
                 accept_options{.early = beast::buffers_to_string(buffer.data())});
        context.run();
    });
    {
        client c{port};
        CHECK(c.hello.at("user_id").as_string() == "mine");
        c.subscribe({"device:1"});
        CHECK(h.publish("device:1", "n", json::value(1)).local_receivers == 1);
        CHECK(c.next("n") == 1);
        c.close();
    }
    acceptor.close();
    CHECK(serving.wait_for(patience) == std::future_status::ready);
    context.stop();
}

TEST_CASE("a connection lives on any stream, in memory as well")
{
    asio::io_context context{1};
    hub<> h{context.get_executor(), hub_options{.message_rate = 0}};
    std::optional<basic_client<beast::test::stream>> c{std::in_place, context, context};
    beast::test::stream theirs{context};
    theirs.connect(c->stream().next_layer());
    http::request<http::string_body> request;
    beast::flat_buffer buffer;
    http::async_read(theirs, buffer, request, [&](error_code ec, std::size_t) {
        if (!ec)
            h.accept(std::move(theirs), request, identity{.user_id = "memory"});
    });
    c->handshake({});
    REQUIRE(c->open());
    CHECK(c->next("connected").at("user_id").as_string() == "memory");
    c->subscribe({"device:1"});
    const json::value big(std::string(100'000, 'x'));
    for (int i = 0; i != 20; ++i)
        REQUIRE(h.publish("device:1", "n", i % 2 == 0 ? json::value(i) : big).local_receivers == 1);
    for (int i = 0; i != 20; ++i)
        REQUIRE(c->next("n") == (i % 2 == 0 ? json::value(i) : big));
    CHECK(c->drain().empty());
    CHECK_FALSE(h.disconnect_user("memory"));
    CHECK(c->closed() == 3500);
}

TEST_CASE("compressed and plain members of one room get the same messages")
{
    world w{{.max_message_size = 1024 * 1024, .outbox_bytes = 64 * 1024 * 1024, .deflate = true}};
    w.hub().configure("chat:", {.client_publish = true});
    w.serve();
    client packed{w.port(), client_options{.deflate = true}};
    client packed_too{w.port(), client_options{.deflate = true}};
    client plain{w.port()};
    CHECK(packed.response()[http::field::sec_websocket_extensions].starts_with("permessage-deflate"));
    CHECK(plain.response()[http::field::sec_websocket_extensions].empty());
    for (auto* c : {&packed, &packed_too, &plain})
        c->subscribe({"chat:1"});
    std::string mixed;
    for (int i = 0; i != 20'000; ++i)
        mixed += std::to_string(i * 7919 % 1000) + ",";
    const std::vector<json::value> bodies{json::value("short"), json::value(std::string(500'000, 'a')),
                                          json::value(mixed), json::value(std::string(300, 'b'))};
    for (int turn = 0; turn != 5; ++turn)
        for (const auto& body : bodies)
            REQUIRE(w.hub().publish("chat:1", "n", body).local_receivers == 3);
    for (int turn = 0; turn != 5; ++turn)
        for (const auto& body : bodies)
            for (auto* c : {&packed, &packed_too, &plain})
                REQUIRE(c->next("n") == body);
    // And the other way.
    packed.send({{"type", "publish"}, {"room", "chat:1"}, {"payload", {{"type", "m"}, {"payload", mixed}}}});
    for (auto* c : {&packed, &packed_too, &plain})
        CHECK(c->next("m") == json::value(mixed));
    CHECK(packed.drain().empty());
}

TEST_CASE("a compressed message over the limit closes with 1009")
{
    world w{{.deflate = true}};
    w.serve();
    client c{w.port(), client_options{.deflate = true}};
    c.send_text(std::string(1024 * 1024, ' '));
    CHECK(c.closed() == 1009);
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Who gets in: authenticators, origins, tickets and limits.
#include "support/world.hpp"

#include <fanfare/auth/ticket.hpp>

#include <atomic>
#include <chrono>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

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

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// By which names a server may be addressed: a page whose name was made to point here (DNS rebinding) gets nothing.
#include "http/raw_support.hpp"

#include <fanfare/auth/anonymous.hpp>
#include <fanfare/auth/ticket.hpp>
#include <fanfare/inbox/memory.hpp>

using namespace fanfare;
using namespace fanfare::test;
using namespace fanfare::test::raw;

namespace {

// The request with this host, as a page of that host makes it.
std::string from_page_of(const std::string& host, std::string bytes)
{
    const std::string from = "Host: localhost\r\n";
    return bytes.replace(bytes.find(from), from.size(), "Host: " + host + "\r\nOrigin: http://" + host + "\r\n");
}

const std::string message = R"({"room":"device:1","type":"t"})";

// Everything that a demo without a key and with names for everybody answers.
std::vector<std::string> doors()
{
    return {post("/api/v1/publish", message),
            post("/api/v1/notify", R"({"user_id":"alice","title":"t","message":"m"})"),
            post("/api/v1/tickets", R"({"user_id":"alice"})"),
            get("/api/v1/history?room=device:1"),
            get("/api/v1/inbox?user_id=alice"),
            get("/api/v1/cluster"),
            handshake("/api/v1/ws?user=alice"),
            get("/api/v1/sse?user=alice")};
}

} // namespace

TEST_CASE("a page whose name points here may not use what is open to this machine")
{
    memory_ticket_store tickets;
    world w;
    w.hub().configure("device:", {.history = 10});
    w.hub().inbox(memory_inbox{});
    w.serve(
        {.authenticate = anonymous_authenticator{"user"},
         .hosts = host_allow_list{"app.example"},
         .api = {.allow_loopback_writes = true, .hosts = {"app.example"}, .issue_ticket = issue_from(tickets)}});
    for (const auto& door : doors()) {
        INFO(door);
        for (const auto* host :
             {"evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example",
              "evillocalhost", "app.example.evil.example", "10.0.0.1", "0x7f.1", "127.1"}) {
            INFO(host);
            const auto refused = ask(w.port(), from_page_of(host, door));
            CHECK(refused.status == 403);
            CHECK(refused.code() == "forbidden");
            CHECK(refused.why().find("Host") != std::string::npos);
        }
        for (const auto* host : {"localhost", "LOCALHOST:8080", "localhost.", "a.localhost", "127.0.0.1",
                                 "127.9.9.9:1", "[::1]", "[::1]:8080", "app.example", "App.Example:9"})
            CHECK(ask(w.port(), from_page_of(host, door)).status < 300);
        // No name at all, as HTTP/1.0 allows.
        auto nameless = door;
        nameless.replace(nameless.find("1.1\r\nHost: localhost"), 20, "1.0");
        if (nameless.find("Upgrade") == std::string::npos)
            CHECK(ask(w.port(), nameless).status == 403);
    }
    // In absolute form the target's host counts.
    auto absolute = post("http://evil.example/api/v1/publish", message);
    CHECK(ask(w.port(), absolute).status == 403);
}

TEST_CASE("with a key, or a credential of its own, the host does not matter by default")
{
    memory_ticket_store tickets;
    world w;
    w.serve({.authenticate = ticket_authenticator{tickets}, .api = {.admin_key = "sesame"}});
    const auto publish = post("/api/v1/publish", message, "Authorization: Bearer sesame\r\n");
    CHECK(ask(w.port(), from_page_of("app.example", publish)).status == 200);
    const auto ticket = tickets.issue({.user_id = "alice"}).value();
    CHECK(ask(w.port(), from_page_of("app.example", handshake("/api/v1/ws?ticket=" + ticket))).status == 101);
}

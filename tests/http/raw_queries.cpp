// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Queries as browsers send them, on every way in: each parameter is read by itself, and what cannot be read is never taken
// for what is not there.
#include "http/raw_support.hpp"

#include <fanfare/auth/anonymous.hpp>
#include <fanfare/auth/any_of.hpp>
#include <fanfare/auth/ticket.hpp>
#include <fanfare/inbox/memory.hpp>

using namespace fanfare;
using namespace fanfare::test;
using namespace fanfare::test::raw;

namespace {

// What browsers leave as it is in a query (URL Standard, section 1.3), and what is broken but nobody asks for.
const std::string odd_parameters[] = {
    "x=a|b", "x={y}", "x=^",    "x=\xC3\xA9", "x=100%",   "x=%",        "x=%zz", "x=\xFF", "x=[1]", "x=`",
    "%=x",   "=",     "x=a\\b", "x=\"q\"",    "\xC3\xA9", "x=<script>", "x=%00", "&&",     "x=%C3", "x=a;b=c"};

// The first message of a WebSocket or of an event stream, or the refusal.
std::string entered_as(const world& w, const std::string& query, bool events)
{
    raw_client c{w.port()};
    c.send(events ? get("/api/v1/sse?" + query) : handshake("/api/v1/ws?" + query));
    const auto head = c.answer();
    if (head.status != (events ? 200 : 101))
        return std::to_string(head.status) + ' ' + head.why();
    const std::string before = "\"user_id\":\"";
    const auto text = c.take(c.wait_for("\",\"server_time"));
    return text.substr(text.find(before) + before.size());
}

bool is_unreadable(const std::string& refusal, const std::string& name)
{
    INFO(refusal);
    return refusal.starts_with("400 the query parameter " + name + " cannot be read");
}

} // namespace

TEST_CASE("odd bytes elsewhere in a query do not take a credential away")
{
    memory_ticket_store tickets;
    world named;
    named.serve({.authenticate = anonymous_authenticator{"user"}});
    world ticketed;
    ticketed.serve({.authenticate = ticket_authenticator{tickets}});
    for (const auto& odd : odd_parameters)
        for (const bool events : {false, true}) {
            INFO(odd << (events ? " on an event stream" : " on a WebSocket"));
            CHECK(entered_as(named, odd + "&user=alice", events) == "alice");
            CHECK(entered_as(named, "user=alice&" + odd, events) == "alice");
            const auto ticket = tickets.issue({.user_id = "bob"}).value();
            CHECK(entered_as(ticketed, odd + "&ticket=" + ticket + "&" + odd, events) == "bob");
        }
}

TEST_CASE("a credential that cannot be read is refused by its name, and is not anonymous")
{
    memory_ticket_store tickets;
    world named;
    named.serve({.authenticate = anonymous_authenticator{"user"}});
    world ticketed;
    ticketed.serve({.authenticate = ticket_authenticator{tickets}});
    world either;
    either.serve({.authenticate = any_of{[](const handshake_request& r) -> std::optional<identity> {
                                             if (r.query("user"))
                                                 return identity{.user_id = "x"};
                                             return std::nullopt;
                                         },
                                         ticket_authenticator{tickets}}});
    world late; // an application's own, that answers later
    late.serve({.authenticate = [](const handshake_request& r, auth_done done) {
        done(identity{.user_id = r.query("user").value_or("")});
    }});
    for (const bool events : {false, true}) {
        for (const std::string bad :
             {"%", "a%", "%4", "%zz", "100%", "%C3", "%FF", "\xC3", "a\xFFz", "%ED%A0%80"}) {
            INFO(bad);
            CHECK(is_unreadable(entered_as(named, "user=" + bad, events), "user"));
            CHECK(is_unreadable(entered_as(ticketed, "ticket=" + bad, events), "ticket"));
            CHECK(is_unreadable(entered_as(either, "user=" + bad, events), "user"));
            CHECK(is_unreadable(entered_as(late, "user=" + bad + "&user=alice", events), "user"));
        }
        CHECK(entered_as(named, "user=%61%6Cice", events) == "alice");
        CHECK(entered_as(named, "us%65r=al+ice&", events).find("al ice") != 0); // white space is in no name
        CHECK(entered_as(named, "user=\xC3\xA9", events) == "\xC3\xA9");
    }
    // A client's fault, not the application's.
    CHECK(named.hub().stats().handler_failures == 0);
    CHECK(late.hub().stats().handler_failures == 0);
}

TEST_CASE("rooms, last and last_event_id of an event stream are read or refused")
{
    world w;
    w.hub().configure("chat:", {.history = 10});
    w.serve();
    raw_client c{w.port()};
    c.send(get("/api/v1/sse?rooms=chat:a|b,chat:\xC3\xA9,chat:100%25&x=100%"));
    CHECK(c.answer().status == 200);
    CHECK(c.wait_for("\"rooms\":[\"chat:100%\",\"chat:a|b\",\"chat:\xC3\xA9\"]") != std::string::npos);
    for (const std::string name : {"rooms", "last", "last_event_id"})
        for (const std::string bad : {"%", "chat:100%", "%FF", "chat:\xFF"}) {
            const auto refused = ask(w.port(), get("/api/v1/sse?x=1&" + name + "=" + bad));
            CHECK(is_unreadable(std::to_string(refused.status) + ' ' + refused.why(), name));
        }
}

TEST_CASE("the HTTP API reads each parameter by itself, or names it")
{
    world w;
    w.hub().configure("chat:", {.presence = true, .history = 10});
    w.hub().inbox(memory_inbox{});
    w.serve({.api = {.allow_loopback_writes = true}});
    REQUIRE(w.hub().publish("chat:a|b", "t", json::value(1)));
    for (const auto& odd : odd_parameters) {
        INFO(odd);
        const auto history = ask(w.port(), get("/api/v1/history?" + odd + "&room=chat:a|b&" + odd));
        CHECK(history.status == 200);
        CHECK(json::parse(history.body).at("messages").as_array().size() == 1);
        CHECK(ask(w.port(), get("/api/v1/presence?" + odd + "&room=chat:a|b")).status == 200);
        CHECK(ask(w.port(), get("/api/v1/inbox?" + odd + "&user_id=alice")).status == 200);
    }
    const auto unreadable = [&](const std::string& path, const std::string& query, const std::string& name) {
        for (const std::string bad : {"%", "1%", "%zz", "%FF", "\xFF"}) {
            const auto answer = ask(w.port(), get(path + "?" + query + name + "=" + bad));
            INFO(path << ' ' << name << '=' << bad);
            CHECK(is_unreadable(std::to_string(answer.status) + ' ' + answer.why(), name));
            CHECK(answer.code() == "invalid_message");
        }
    };
    for (const std::string name : {"epoch", "offset", "limit", "order"})
        unreadable("/api/v1/history", "room=chat:1&", name);
    for (const std::string name : {"cursor", "filter", "limit"})
        unreadable("/api/v1/inbox", "user_id=alice&", name);
    unreadable("/api/v1/history", "", "room");
    unreadable("/api/v1/presence", "", "room");
    unreadable("/api/v1/inbox", "", "user_id");
}

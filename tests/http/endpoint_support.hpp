// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_HTTP_ENDPOINT_SUPPORT_HPP
#define FANFARE_TESTS_HTTP_ENDPOINT_SUPPORT_HPP

// What an own server with an `endpoint` answers, whatever its streams are.
#include "http/own_server.hpp"
#include "http/raw_support.hpp"

#include <fanfare/endpoint.hpp>

#include <atomic>
#include <functional>
#include <mutex>
#include <stdexcept>

namespace fanfare::test {

// Opens a connection, sends the bytes, and reads until this text has come, or to the end of the stream if it is empty.
using exchange = std::function<std::string(std::string_view bytes, std::string_view until)>;

inline raw::reply reply_in(const std::string& bytes)
{
    raw::reply out;
    const auto end = bytes.find("\r\n\r\n");
    REQUIRE(end != std::string::npos);
    out.head = bytes.substr(0, end + 2);
    out.status = std::stoi(out.head.substr(9, 3));
    out.body = bytes.substr(end + 4);
    return out;
}

// A hub with the door that the cases below knock at. One user at a time is let in as "full".
struct door_world : world {
    door_world() : world{{.max_connections_per_user = 1}, 2}, door{hub(), options()}
    {
        hub().configure("chat:", {});
        run();
    }
    ~door_world() { stop(); } // the authenticator refers to what goes with this object

    endpoint_options options()
    {
        endpoint_options o;
        o.authenticate = [this](const handshake_request& r, auth_done done) {
            ++asked;
            const auto user = r.query("user").value_or("");
            if (user == "throws")
                throw std::runtime_error("no database");
            if (user == "long") // more than the system takes for a client that does not read
                return done(refusal{.message = std::string(std::size_t{32} << 20, 'x')});
            if (user == "never") {
                const std::lock_guard lock{mutex};
                return held.push_back(std::move(done));
            }
            user.empty() ? done(make_refusal(error::unauthorized)) : done(identity{.user_id = user});
        };
        o.origins = {"https://app.example"};
        o.hosts = {};
        o.timeout = 1s;
        return o;
    }
    // What an own server does with a request.
    template <class Stream>
    auto taker()
    {
        return [this](Stream stream, http::request<http::string_body> request, std::string early) {
            handled += door.handles(request) ? 1 : 0;
            door.accept(std::move(stream), request, std::move(early));
        };
    }

    std::atomic<int> asked{0};
    std::atomic<int> handled{0};
    std::mutex mutex;
    std::vector<auth_done> held; // never called
    endpoint door;
};

struct door_case {
    std::string request;
    int status;
    std::string code;            // empty: no error
    bool asks = false;           // the authenticator
    std::string page = "(none)"; // who may read the answer
    bool handled = true;
};

inline std::vector<door_case> door_cases()
{
    using namespace raw;
    const std::string upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
    const std::string app = "Origin: https://app.example\r\n";
    const std::string evil = "Origin: https://evil.example\r\n";
    const std::string page = "https://app.example";
    const auto websocket = [&](const std::string& query, const std::string& lines = {}) {
        return handshake("/api/v1/ws" + query, upgrade + lines);
    };
    const auto events = [&](const std::string& query, const std::string& lines = {}) {
        return get("/api/v1/sse" + query, lines);
    };
    const auto with = [](std::string text, std::string_view from, std::string_view to) {
        return text.replace(text.find(from), from.size(), to);
    };
    return {
        {websocket(""), 401, "unauthorized", true},
        {websocket("?user=ali", evil), 403, "origin_not_allowed"},
        {with(websocket("?user=ali"), "Host: localhost", "Host: evil.example"), 403, "forbidden"},
        {websocket("?user=throws"), 503, "handler_failed", true},
        {websocket("?user=never"), 503, "timed_out", true},
        {websocket("?user=full", app), 429, "too_many_connections", true},
        {with(websocket("?user=ali"), "Version: 13", "Version: 8"), 426, "invalid_message"},
        {websocket("?user=ali", "Sec-WebSocket-Protocol: a, a\r\n"), 400, "invalid_message"},
        {with(websocket("?user=ali"), "Host: localhost\r\n", "Host: localhost\r\nHost: localhost\r\n"), 400,
         "invalid_message"},
        {events("", app), 401, "unauthorized", true, page},
        {events("?user=ali", evil), 403, "origin_not_allowed"},
        {events("?user=never", app), 503, "timed_out", true, page},
        {events("?user=full", app), 429, "too_many_connections", true, page},
        {events("?user=ali&last=0", app), 400, "invalid_message", true, page},
        {with(events("?user=ali", app), "GET", "HEAD"), 200, "", false, page},
        {with(events("", app), "GET", "OPTIONS"), 204, "", false, page},
        {with(events(""), "GET", "OPTIONS"), 204, ""},
        {get("/api/v1/ws"), 426, "invalid_message", false, "(none)", false},
        {get("/orders"), 404, "invalid_message", false, "(none)", false},
    };
}

inline void check_refusals(door_world& w, const exchange& talk)
{
    std::uint64_t refused = 0;
    for (const auto& c : door_cases()) {
        INFO(c.request);
        const int asked = w.asked;
        const int handled = w.handled;
        const auto answer = reply_in(talk(c.request, ""));
        CHECK(answer.status == c.status);
        CHECK(answer.header("Access-Control-Allow-Origin") == c.page);
        CHECK(w.asked - asked == (c.asks ? 1 : 0));
        CHECK(w.handled - handled == (c.handled ? 1 : 0));
        CHECK(answer.header("Date") != "(none)");
        CHECK(raw::lower(answer.header("Connection")).find("close") != std::string::npos);
        if (c.code.empty()) {
            CHECK(answer.body.empty());
        } else {
            CHECK(answer.code() == c.code);
            CHECK(std::stoul(answer.header("Content-Length")) == answer.body.size());
            ++refused;
        }
        CHECK(w.hub().stats().refused == refused);
    }
    CHECK(eventually([&] { return w.hub().stats().handler_failures == 1; }));
}

inline void check_entry(door_world& w, const exchange& talk)
{
    // A message that comes with the request, in one segment.
    const std::string subscribe = R"({"type":"subscribe","payload":{"rooms":["chat:1"]}})";
    const std::string frame =
        std::string{'\x81', static_cast<char>(0x80 | subscribe.size()), 0, 0, 0, 0} + subscribe;
    const auto got = talk(raw::handshake("/api/v1/ws?user=ali", "Connection: Upgrade\r\nUpgrade: websocket\r\n"
                                                                "Sec-WebSocket-Protocol: x, fanfare.v1\r\n") +
                              frame,
                          "\"subscribed\"");
    CHECK(got.starts_with("HTTP/1.1 101 "));
    CHECK(reply_in(got).header("Sec-WebSocket-Protocol") == "fanfare.v1");
    CHECK(got.find("\"user_id\":\"ali\"") != std::string::npos);
    const auto events =
        talk(raw::get("/api/v1/sse?user=bea&rooms=chat:1", "Origin: https://app.example\r\n"), "\"subscribed\"");
    CHECK(events.starts_with("HTTP/1.1 200 "));
    CHECK(reply_in(events).header("Access-Control-Allow-Origin") == "https://app.example");
    CHECK(eventually([&] { return w.hub().stats().connections == 0; })); // both clients have gone
}

} // namespace fanfare::test

#endif

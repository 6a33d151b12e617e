// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Methods, targets, hosts, connections and the header fields of answers (RFC 9110, RFC 9112 sections 3 and 9).
#include "http/raw_support.hpp"

#include <fanfare/detail/http/message.hpp>

#include <regex>

using namespace fanfare;
using namespace fanfare::test;
using namespace fanfare::test::raw;

namespace {

std::string request_line(std::string_view method, std::string_view target, std::string_view lines = {})
{
    return std::string{method} + ' ' + std::string{target} + " HTTP/1.1\r\nHost: localhost\r\n" +
           std::string{lines} + "\r\n";
}

} // namespace

TEST_CASE("HTTP/1.1 needs exactly one Host that can be one")
{
    world w;
    w.serve();
    const auto with = [&](std::string_view lines, std::string_view version = "HTTP/1.1") {
        INFO(lines);
        const auto answer =
            ask(w.port(), "GET /healthz " + std::string{version} + "\r\n" + std::string{lines} + "\r\n");
        if (answer.status == 400)
            CHECK(answer.why().find("Host") != std::string::npos);
        return answer.status;
    };
    for (const auto* lines : {"", "Host: a\r\nHost: a\r\n", "Host: a\r\nHost: b\r\n", "Host:\r\n", "Host: a b\r\n",
                              "Host: a, b\r\n", "Host: user@a\r\n", "Host: a/b\r\n", "Host: http://a\r\n",
                              "Host: a:b\r\n", "Host: a?b\r\n", "Host: a#b\r\n", "Host: [::1\r\n", "Host: ::1\r\n",
                              "Host: a\x80\r\n", "Host: :80\r\n", "Host: a:99999\r\n"})
        CHECK(with(lines) == 400);
    for (const auto* lines :
         {"Host: a\r\n", "host: a:1\r\n", "HOST: [::1]:8080\r\n", "Host: 127.0.0.1\r\n", "Host: a:\r\n"})
        CHECK(with(lines) == 200);
    CHECK(with("", "HTTP/1.0") == 200);
    CHECK(with("Host: a\r\nHost: b\r\n", "HTTP/1.0") == 400);
    // No WebSocket either.
    for (const auto* lines : {"", "Host: a\r\nHost: a\r\n"})
        CHECK(ask(w.port(), "GET /api/v1/ws HTTP/1.1\r\n" + std::string{lines} +
                                "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
                                std::string{key_line} + "\r\n")
                  .status == 400);
}

TEST_CASE("a target in absolute form is served, and its host counts instead of Host")
{
    world w;
    w.serve({.on_request = [](const http_api::request_type& request, http_api::response_type& answer) {
        answer.body() = std::string{request.target()} + ' ' + std::string{request[http::field::host]};
        return true;
    }});
    CHECK(ask(w.port(), request_line("GET", "http://localhost/healthz")).status == 200);
    CHECK(ask(w.port(), request_line("GET", "HTTP://LOCALHOST:80/api/v1/ws/stats?x=1")).status == 200);
    CHECK(ask(w.port(), request_line("GET", "http://a.example/page?q=|")).body == "/page?q=| a.example");
    CHECK(ask(w.port(), request_line("GET", "http://a.example:81?q")).body == "/?q a.example:81");
    CHECK(ask(w.port(), request_line("GET", "http://[::1]")).body == "/ [::1]");
    CHECK(ask(w.port(), handshake("http://localhost/api/v1/ws")).status == 101);
    // The page's origin is compared with that host (RFC 9110 section 7.2).
    CHECK(ask(w.port(), handshake("http://a.example/api/v1/ws", "Connection: Upgrade\r\nUpgrade: websocket\r\n"
                                                                "Origin: http://localhost\r\n"))
              .status == 403);
    for (const auto* target :
         {"http://", "http:///healthz", "http://user@localhost/healthz", "http://:80/healthz",
          "http://a b/healthz", "ftp://localhost/healthz", "localhost/healthz", "healthz", "?x", "*", "/healthz#x",
          "http://localhost/healthz#x", "localhost:80", "http:/healthz"})
        CHECK(ask(w.port(), request_line("GET", target)).status == 400);
    // Not this server's: it has no certificate (RFC 9110 section 7.4).
    CHECK(ask(w.port(), request_line("GET", "https://localhost/healthz")).status == 421);
    // Host is wanted all the same.
    CHECK(ask(w.port(), "GET http://localhost/healthz HTTP/1.1\r\n\r\n").status == 400);
}

TEST_CASE("a method that is not allowed is told which are")
{
    world w;
    w.serve();
    const auto allow = [&](std::string_view method, std::string_view target) {
        INFO(method << ' ' << target);
        const auto answer = ask(w.port(), request_line(method, target));
        CHECK(answer.status == 405);
        return answer.header("Allow");
    };
    for (const auto* method : {"DELETE", "POST", "PUT", "PATCH", "TRACE"}) {
        CHECK(allow(method, "/healthz") == "GET, HEAD, OPTIONS");
        CHECK(allow(method, "/readyz") == "GET, HEAD, OPTIONS");
        CHECK(allow(method, "/api/v1/history") == "GET, HEAD, OPTIONS");
        CHECK(allow(method, "/api/v1/ws") == "GET, HEAD, OPTIONS");
    }
    for (const auto* method : {"GET", "HEAD", "PUT", "DELETE"})
        CHECK(allow(method, "/api/v1/publish") == "POST, OPTIONS");
    CHECK(allow("DELETE", "/api/v1/sse") == "GET, HEAD, POST, OPTIONS");
    world off;
    off.serve({.events = false});
    const auto no_stream = ask(off.port(), request_line("GET", "/api/v1/sse"));
    CHECK(no_stream.status == 405);
    CHECK(no_stream.header("Allow") == "POST, OPTIONS");
    for (const auto* method : {"get", "BREW", "GETT"})
        CHECK(ask(w.port(), request_line(method, "/healthz")).status == 501);
    CHECK(ask(w.port(), request_line("CONNECT", "a.example:443")).status == 501);
    for (const auto* target : {"a.example", "a.example:", "a.example:x", "a.example:0", "a.example:70000", ":443"})
        CHECK(ask(w.port(), request_line("CONNECT", target)).status == 400);
}

TEST_CASE("OPTIONS tells the methods, of a path and of the whole server")
{
    world w;
    w.serve();
    for (const auto& [target, allow] : {std::pair{"/healthz", "GET, HEAD, OPTIONS"},
                                        {"/api/v1/publish", "POST, OPTIONS"},
                                        {"/api/v1/sse", "GET, HEAD, POST, OPTIONS"},
                                        {"*", "GET, HEAD, POST, OPTIONS"},
                                        {"http://localhost", "GET, HEAD, POST, OPTIONS"}}) {
        INFO(target);
        const auto answer = ask(w.port(), request_line("OPTIONS", target));
        CHECK(answer.status == 204);
        CHECK(answer.header("Allow") == allow);
        CHECK(answer.header("Content-Length") == "(none)");
    }
    CHECK(ask(w.port(), request_line("OPTIONS", "/api/v1/nowhere")).status == 404);
}

TEST_CASE("HEAD is answered as GET is, without the body, on every path")
{
    world w;
    w.serve({.api = {.admin_key = "sesame"},
             .on_request = [](const http_api::request_type& request, http_api::response_type& answer) {
                 if (request.method() != http::verb::get || request.target() != "/page")
                     return false;
                 answer.body() = "a page";
                 return true;
             }});
    const std::string key = "Authorization: Bearer sesame\r\n";
    raw_client c{w.port()};
    for (const auto* target : {"/healthz", "/readyz", "/api/v1/history?room=device:1", "/api/v1/inbox?user_id=a",
                               "/page", "/api/v1/ws", "/api/v1/nowhere", "/nowhere", "/api/v1/history"}) {
        INFO(target);
        c.send(request_line("GET", target, key));
        const auto whole = c.answer();
        c.send(request_line("HEAD", target, key));
        const auto head = c.answer(true);
        CHECK(head.status == whole.status);
        for (const auto* name : {"Content-Length", "Content-Type", "Connection", "Upgrade", "Allow"})
            CHECK(head.header(name) == whole.header(name));
        CHECK(whole.body.size() == std::stoul(head.header("Content-Length")));
    }
    // A refusal has no body either, or it would be read as the next answer.
    for (const auto* lines : {"Transfer-Encoding: identity\r\n", "Host: two\r\n"}) {
        raw_client refused{w.port()};
        refused.send(request_line("HEAD", "/healthz", lines));
        CHECK(refused.answer(true).status == 400);
        CHECK(refused.rest().empty());
    }
}

TEST_CASE("HEAD is answered without a body although its first line cannot be read")
{
    world w;
    w.serve();
    const std::string long_target = "/" + std::string(20'000, 'x');
    for (const auto& [line, status] : {std::pair<std::string, int>{"HEAD /\x0f HTTP/1.1", 400},
                                       {"HEAD / HTTP/1.x", 400},
                                       {"HEAD / HTTP/2.0", 505},
                                       {"HEAD " + long_target + " HTTP/1.1", 414}}) {
        INFO(line.substr(0, 40));
        raw_client c{w.port()};
        c.send("\r\n" + line + "\r\nHost: localhost\r\n\r\n");
        const auto head = c.answer(true);
        CHECK(head.status == status);
        CHECK(head.header("Connection") == "close");
        CHECK(head.header("Content-Length") != "(none)");
        CHECK(c.rest().empty());
    }
}

TEST_CASE("HEAD of an event stream is its head, makes no client and uses no ticket up")
{
    memory_ticket_store tickets;
    world w;
    w.serve({.authenticate = ticket_authenticator{tickets}, .origins = {"https://app.example"}});
    const auto ticket = tickets.issue({.user_id = "ann"}).value();
    raw_client c{w.port()};
    c.send(request_line("HEAD", "/api/v1/sse?ticket=" + ticket));
    const auto head = c.answer(true);
    CHECK(head.status == 200);
    CHECK(head.header("Content-Type") == "text/event-stream");
    CHECK(c.rest().empty());
    raw_client elsewhere{w.port()};
    elsewhere.send(request_line("HEAD", "/api/v1/sse", "Origin: https://other.example\r\n"));
    CHECK(elsewhere.answer(true).status == 403);
    CHECK(elsewhere.rest().empty());
    CHECK(w.hub().stats().connections == 0);
    const auto who = tickets.redeem(ticket);
    REQUIRE(who);
    CHECK(who->user_id == "ann");
}

TEST_CASE("a time is written as HTTP writes it")
{
    using namespace std::chrono;
    const auto at = sys_days{1994y / November / 6} + 8h + 49min + 37s + 999ms;
    CHECK(detail::http_date(at) == "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK(detail::http_date(sys_days{2024y / February / 29}) == "Thu, 29 Feb 2024 00:00:00 GMT");
    CHECK(detail::http_date(sys_days{1969y / December / 31} + 23h) == "Wed, 31 Dec 1969 23:00:00 GMT");
}

TEST_CASE("every answer has a Date, and what else its status demands")
{
    world w;
    w.serve({.api = {.admin_key = "sesame"},
             .on_request = [](const http_api::request_type& request, http_api::response_type& answer) {
                 answer.result(http::int_to_status(
                     static_cast<unsigned>(std::stoi(std::string{request.target().substr(1)}))));
                 answer.body() = "text";
                 return true;
             }});
    const std::regex date{
        "(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \\d\\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) "
        "\\d{4} \\d\\d:\\d\\d:\\d\\d GMT"};
    for (const auto& bytes :
         {get("/healthz"), get("/200"), get("/404"), get("/api/v1/nowhere"), get("/api/v1/inbox?user_id=a"),
          get("/api/v1/ws"), request_line("DELETE", "/healthz"), request_line("OPTIONS", "/api/v1/sse"),
          get("/api/v1/sse"), get("/api/v1/sse?last=0"), handshake(),
          handshake("/api/v1/ws", "Connection: Upgrade\r\nUpgrade: websocket\r\n",
                    "Sec-WebSocket-Version: 12\r\n"),
          handshake("/api/v1/ws", "Connection: Upgrade\r\nUpgrade: websocket\r\nOrigin: http://evil.example\r\n"),
          get("/healthz", "Transfer-Encoding: x\r\n"),
          get("/healthz", "X: " + std::string(9'000, 'x') + "\r\n")}) {
        INFO(bytes.substr(0, 100));
        const auto answer = ask(w.port(), bytes);
        INFO(answer.head);
        CHECK(std::regex_match(answer.header("Date"), date));
    }
    CHECK(ask(w.port(), get("/api/v1/inbox?user_id=a")).header("WWW-Authenticate") == "Bearer realm=\"fanfare\"");
    // An application's answer that may have no body gets none, and no length (RFC 9110 section 8.6).
    raw_client c{w.port()};
    for (const auto* target : {"/204", "/304"}) {
        c.send(get(target));
        const auto answer = c.answer(true);
        CHECK(std::to_string(answer.status) == target + 1);
        CHECK(answer.header("Content-Length") == "(none)");
    }
    c.send(get("/205"));
    CHECK(c.answer().header("Content-Length") == "0");
    c.send(get("/200"));
    CHECK(c.answer().body == "text");
}

TEST_CASE("lines of Connection combine: close and keep-alive in any order and place")
{
    world w;
    w.serve();
    for (const auto* lines : {"Connection: close\r\n", "Connection: keep-alive\r\nConnection: close\r\n",
                              "Connection: close\r\nConnection: keep-alive\r\n", "Connection: x, CLOSE,\r\n",
                              "Connection: , ,close\r\n", "Connection: x\r\nX: y\r\nConnection: Close\r\n"}) {
        INFO(lines);
        raw_client c{w.port()};
        c.send(get("/healthz", lines));
        const auto answer = c.answer();
        CHECK(answer.status == 200);
        CHECK(answer.header("Connection") == "close");
        CHECK(c.rest().empty());
    }
    raw_client old{w.port()};
    for (int turn = 0; turn != 2; ++turn) {
        old.send("GET /healthz HTTP/1.0\r\nConnection: x\r\nConnection: keep-alive\r\n\r\n");
        CHECK(old.answer().header("Connection") == "keep-alive");
    }
    old.send("GET /healthz HTTP/1.0\r\n\r\n");
    CHECK(old.answer().status == 200);
    CHECK(old.rest().empty());
}

TEST_CASE("a 504 and an exception's 500 honour Connection: close, and keep the connection otherwise")
{
    world w;
    std::vector<std::function<void(error_code, std::string)>> held;
    w.serve({.api = {.allow_loopback_writes = true,
                     .issue_ticket =
                         [&](identity who, std::chrono::seconds, std::string, auto done) {
                             if (who.user_id == "throws")
                                 throw std::runtime_error("no ticket");
                             held.push_back(std::move(done));
                         }},
             .handshake_timeout = 300ms});
    for (const auto& [user, status] : {std::pair{"never", 504}, {"throws", 500}}) {
        const auto body = R"({"user_id":")" + std::string{user} + "\"}";
        raw_client c{w.port()};
        c.send(post("/api/v1/tickets", body));
        auto answer = c.answer();
        CHECK(answer.status == status);
        CHECK(answer.header("Connection") == "(none)");
        c.send(post("/api/v1/tickets", body, "Connection: close\r\n"));
        answer = c.answer();
        CHECK(answer.status == status);
        CHECK(answer.header("Connection") == "close");
        CHECK(c.rest().empty());
        raw_client old{w.port()};
        old.send("POST /api/v1/tickets HTTP/1.0\r\nHost: localhost\r\nContent-Length: " +
                 std::to_string(body.size()) + "\r\n\r\n" + body);
        CHECK(old.answer().status == status);
        CHECK(old.rest().empty());
    }
    w.stop();
    held.clear();
}

TEST_CASE("an expectation that is not known is refused, and HTTP/1.0 has none")
{
    world w;
    w.serve({.api = {.allow_loopback_writes = true}});
    const std::string body = R"({"room":"device:1","type":"t"})";
    const auto head = [&](std::string_view version, std::string_view lines) {
        return "POST /api/v1/publish " + std::string{version} +
               "\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
               std::string{lines} + "\r\n";
    };
    raw_client odd{w.port()};
    odd.send(head("HTTP/1.1", "Expect: 100-continue, x=y\r\n"));
    CHECK(odd.answer().status == 417);
    CHECK(odd.rest().empty());
    raw_client old{w.port()};
    old.send(head("HTTP/1.0", "Expect: 100-continue\r\n"));
    old.send(body);
    CHECK(old.answer().status == 200); // no 100 before it
    raw_client c{w.port()};
    c.send(head("HTTP/1.1", "Expect: 100-Continue\r\n"));
    CHECK(c.answer().status == 100);
    c.send(body);
    CHECK(c.answer().status == 200);
    // The final status, when the head says enough (RFC 9110 section 10.1.1).
    raw_client large{w.port()};
    large.send("POST /api/v1/publish HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n"
               "Expect: 100-continue\r\n\r\n");
    CHECK(large.answer().status == 413);
}

TEST_CASE("what is asked for only if it matches is not done: nothing here has a tag")
{
    world w;
    w.serve({.api = {.allow_loopback_writes = true}});
    const std::string body = R"({"room":"device:1","type":"t"})";
    CHECK(ask(w.port(), post("/api/v1/publish", body, "If-Match: \"x\"\r\n")).status == 412);
    CHECK(w.hub().stats().published == 0);
    CHECK(ask(w.port(), post("/api/v1/publish", body, "If-None-Match: \"x\"\r\n")).status == 200);
    CHECK(ask(w.port(), get("/healthz", "If-Match: \"x\"\r\n")).status == 412);
    CHECK(ask(w.port(), get("/healthz", "If-Match: *\r\n")).status == 200);
    CHECK(ask(w.port(), get("/healthz", "If-None-Match: \"x\", W/\"y\"\r\n")).status == 200);
    raw_client c{w.port()};
    c.send(get("/healthz", "If-None-Match: *\r\n"));
    const auto unchanged = c.answer(true);
    CHECK(unchanged.status == 304);
    CHECK(unchanged.header("Cache-Control") == "no-store");
    CHECK(unchanged.header("Content-Length") == "(none)");
    // No dates, no ranges (RFC 9110 sections 13.1.3, 13.1.4, 14.2).
    CHECK(ask(w.port(),
              get("/healthz", "If-Modified-Since: Sun, 06 Nov 2094 08:49:37 GMT\r\n"
                              "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\nRange: bytes=0-1\r\n"))
              .status == 200);
    // A refusal goes first (RFC 9110 section 13.2.1), and what selects nothing has no condition.
    CHECK(ask(w.port(), get("/api/v1/nowhere", "If-Match: \"x\"\r\n")).status == 404);
    CHECK(ask(w.port(), get("/api/v1/history", "If-Match: \"x\"\r\n")).status == 400);
    CHECK(ask(w.port(), get("/api/v1/history?room=a:1", "If-None-Match: *\r\n")).status == 404);
    CHECK(ask(w.port(), request_line("OPTIONS", "/healthz", "If-Match: \"x\"\r\n")).status == 204);
}

TEST_CASE("a connection has a limit of requests, and its last answer says so")
{
    world w;
    w.serve({.max_requests_per_connection = 3});
    raw_client c{w.port()};
    c.send(get("/healthz") + get("/healthz") + get("/healthz") + get("/healthz"));
    for (const auto* connection : {"(none)", "(none)", "close"}) {
        const auto answer = c.answer();
        CHECK(answer.status == 200);
        CHECK(answer.header("Connection") == connection);
    }
    CHECK(c.closed());
}

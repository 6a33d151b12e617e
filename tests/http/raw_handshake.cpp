// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// The WebSocket handshake as bytes (RFC 6455 sections 4.2.1, 4.2.2 and 9.1, RFC 7692 section 7.1).
#include "http/own_server.hpp"
#include "http/raw_support.hpp"

#include <atomic>

using namespace fanfare;
using namespace fanfare::test;
using namespace fanfare::test::raw;

namespace {

constexpr std::string_view upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
constexpr std::string_view version = "Sec-WebSocket-Version: 13\r\n";

reply with_lines(const world& w, const std::string& lines)
{
    INFO(lines);
    return ask(w.port(), get("/api/v1/ws", lines));
}

// What is answered to an offer of extensions.
std::string extensions(const world& w, const std::string& lines)
{
    INFO(lines);
    const auto answer = ask(w.port(), handshake("/api/v1/ws", std::string{upgrade} + lines));
    CHECK(answer.status == 101);
    return answer.header("Sec-WebSocket-Extensions");
}

const std::string no_context = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

} // namespace

TEST_CASE("a handshake is answered as the RFC's own example is")
{
    world w;
    w.serve();
    const auto answer = ask(w.port(), handshake());
    CHECK(answer.head.starts_with("HTTP/1.1 101 "));
    CHECK(lower(answer.header("Upgrade")) == "websocket");
    CHECK(lower(answer.header("Connection")) == "upgrade");
    CHECK(answer.header("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    CHECK(answer.header("Sec-WebSocket-Protocol") == "(none)");
    CHECK(answer.header("Sec-WebSocket-Extensions") == "(none)");
}

TEST_CASE("lines of Connection and Upgrade combine in any order")
{
    world w;
    w.serve();
    for (const auto* lines : {"Connection: keep-alive\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n",
                              "Connection: Upgrade\r\nConnection: keep-alive\r\nUpgrade: websocket\r\n",
                              "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n",
                              "Upgrade: h2c\r\nUpgrade: websocket\r\nConnection: x\r\nConnection: ,upgrade\r\n",
                              "Upgrade: WebSocket, h2c\r\nconnection: UPGRADE\r\n",
                              "upgrade: ,,websocket\r\nConnection:Upgrade\r\n"}) {
        INFO(lines);
        CHECK(ask(w.port(), handshake("/api/v1/ws", lines)).status == 101);
    }
}

TEST_CASE("what is no handshake gets 426 with what is wanted, or 400")
{
    world w;
    w.serve();
    for (const std::string lines :
         {"Connection: Upgrade\r\n", "Upgrade: websocket\r\n", "Connection: Upgrade\r\nUpgrade: h2c\r\n",
          "Connection: close\r\nUpgrade: websocket\r\n", "Connection: Upgrade\r\nUpgrade: websocket2\r\n",
          "Connection: Upgraded\r\nUpgrade: websocket\r\n", ""}) {
        const auto answer = with_lines(w, lines + std::string{version} + std::string{key_line});
        CHECK(answer.status == 426);
        CHECK(answer.header("Upgrade") == "websocket");
        CHECK(lower(answer.header("Connection")).starts_with("upgrade"));
        CHECK(answer.header("Sec-WebSocket-Version") == "13");
        CHECK(answer.code() == "invalid_message");
    }
    const std::string all = std::string{upgrade} + std::string{version} + std::string{key_line};
    CHECK(ask(w.port(), "GET /api/v1/ws HTTP/1.0\r\nHost: localhost\r\n" + all + "\r\n").status == 426);
    CHECK(ask(w.port(), "POST /api/v1/ws HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n" + all + "\r\n")
              .status == 405);
    CHECK(ask(w.port(), "HEAD /api/v1/ws HTTP/1.1\r\nHost: localhost\r\n" + all + "\r\n").status == 426);
    CHECK(w.hub().stats().connections == 0);
}

TEST_CASE("versions: only 13, once")
{
    world w;
    w.serve();
    const auto with = [&](std::string_view lines) {
        return ask(w.port(), handshake("/api/v1/ws", upgrade, lines));
    };
    for (const auto* other : {"8", "7", "0", "14", "013", "13, 8", "x", ""}) {
        const auto answer = with("Sec-WebSocket-Version: " + std::string{other} + "\r\n");
        INFO(other);
        CHECK(answer.status == 426);
        CHECK(answer.header("Sec-WebSocket-Version") == "13");
        CHECK(answer.header("Upgrade") == "websocket");
    }
    CHECK(with("").status == 400);
    CHECK(with("Sec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 13\r\n").status == 400);
}

TEST_CASE("the key is 16 bytes in base64, in one line")
{
    world w;
    w.serve();
    const auto with = [&](std::string_view lines) {
        INFO(lines);
        const auto answer = ask(w.port(), handshake("/api/v1/ws", upgrade, version, lines));
        if (answer.status == 400)
            CHECK(answer.why().starts_with("Sec-WebSocket-Key"));
        return answer.status;
    };
    for (const auto* key : {"", "x", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=",
                            "dGhlIHNhbXBsZSBub25jZQ===", "dGhlIHNhbXBsZSBub25jZS4=", "dGhlIHNhbXBsZSBub25jZ!==",
                            "dGhlIHNhbXBsZSBub25j ZQ==", "dGhlIHNhbXBsZSBub25j", "dGhlIHNhbXBsZSBub25jZQ==, x"})
        CHECK(with("Sec-WebSocket-Key: " + std::string{key} + "\r\n") == 400);
    CHECK(with("") == 400);
    CHECK(with(std::string{key_line} + std::string{key_line}) == 400);
    CHECK(with("SEC-WEBSOCKET-KEY:   AAAAAAAAAAAAAAAAAAAAAA==  \r\n") == 101);
    CHECK(with("Sec-WebSocket-Key: +/+/+/+/+/+/+/+/+/+/+w==\r\n") == 101);
}

TEST_CASE("a credential is not spent on a handshake that fails anyway")
{
    std::atomic<int> asked{0};
    world w;
    w.serve({.authenticate = [&](const handshake_request&) {
        ++asked;
        return auth_result{identity{}};
    }});
    for (const auto* lines :
         {"Sec-WebSocket-Version: 8\r\n", "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Extensions: ;\r\n"})
        CHECK(ask(w.port(), handshake("/api/v1/ws", upgrade, lines)).status >= 400);
    CHECK(asked == 0);
    CHECK(w.hub().stats().refused == 2);
}

TEST_CASE("subprotocols are a list of different tokens, of which one the server knows is answered")
{
    world w;
    w.serve();
    const auto with = [&](const std::string& lines) {
        INFO(lines);
        return ask(w.port(), handshake("/api/v1/ws", std::string{upgrade} + lines));
    };
    CHECK(with("Sec-WebSocket-Protocol: a, fanfare.v1\r\n").header("Sec-WebSocket-Protocol") == "fanfare.v1");
    CHECK(with("Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: fanfare.v1\r\n")
              .header("Sec-WebSocket-Protocol") == "fanfare.v1");
    CHECK(with("Sec-WebSocket-Protocol: a, FANFARE.V1\r\n").header("Sec-WebSocket-Protocol") == "(none)");
    for (const auto* bad : {"", ",", "a b", "a;b", "\"a\"", "a, a", "a/b", "a,\x80"}) {
        INFO(bad);
        CHECK(with("Sec-WebSocket-Protocol: " + std::string{bad} + "\r\n").status == 400);
    }
}

TEST_CASE("extensions that are malformed fail the handshake, with or without compression")
{
    for (const bool deflate : {false, true}) {
        world w{{.deflate = deflate}};
        w.serve();
        for (const auto* bad :
             {"", ",", ";", "a b", "a;", "a;b=", "a; b=\"\"", "a; b=\"x y\"", "a; b=\"x", "a=b", "a; b=c d",
              "permessage-deflate client_max_window_bits", "permessage-deflate; =8", "a; b=\"\\\"\"", "(a)"}) {
            INFO(bad);
            const auto offer = "Sec-WebSocket-Extensions: " + std::string{bad} + "\r\n";
            const auto answer = ask(w.port(), handshake("/api/v1/ws", std::string{upgrade} + offer));
            CHECK(answer.status == 400);
            CHECK(answer.why().starts_with("Sec-WebSocket-Extensions"));
        }
        CHECK(extensions(w, "Sec-WebSocket-Extensions: x-unknown; a=\"b\"; c, ,y\r\n") == "(none)");
    }
}

TEST_CASE("the first offer of permessage-deflate that can be met is taken")
{
    world w{{.deflate = true}};
    w.serve();
    const auto offer = [&](const std::string& list) {
        return extensions(w, "Sec-WebSocket-Extensions: " + list + "\r\n");
    };
    CHECK(offer("permessage-deflate") == no_context);
    CHECK(offer("permessage-deflate; client_max_window_bits") == no_context);
    CHECK(offer("permessage-deflate; server_no_context_takeover; client_no_context_takeover") == no_context);
    for (int bits = 9; bits <= 15; ++bits) {
        const auto n = std::to_string(bits);
        CHECK(offer("permessage-deflate; server_max_window_bits=" + n) ==
              no_context + "; server_max_window_bits=" + n);
        CHECK(offer("permessage-deflate; client_max_window_bits=\"" + n + '"') ==
              no_context + "; client_max_window_bits=" + n);
    }
    CHECK(offer("permessage-deflate; client_max_window_bits=8") == no_context); // room for more is no harm
    // Declined: the connection goes on without.
    for (const auto* bad : {"server_max_window_bits=8",
                            "server_max_window_bits",
                            "server_max_window_bits=7",
                            "server_max_window_bits=16",
                            "server_max_window_bits=09",
                            "server_max_window_bits=0",
                            "server_max_window_bits=x",
                            "server_max_window_bits=+9",
                            "client_max_window_bits=7",
                            "client_max_window_bits=16",
                            "client_max_window_bits=08",
                            "client_max_window_bits=1000",
                            "server_no_context_takeover=1",
                            "client_no_context_takeover=true",
                            "x",
                            "x=1",
                            "mux",
                            "server_no_context_takeover; server_no_context_takeover",
                            "client_no_context_takeover; client_no_context_takeover",
                            "server_max_window_bits=10; server_max_window_bits=10",
                            "client_max_window_bits; client_max_window_bits",
                            "client_max_window_bits=10; client_max_window_bits"}) {
        CHECK(offer("permessage-deflate; " + std::string{bad}) == "(none)");
        // The client's second choice, in the same line or in another.
        CHECK(
            offer("permessage-deflate; " + std::string{bad} + ", permessage-deflate; server_max_window_bits=10") ==
            no_context + "; server_max_window_bits=10");
        CHECK(extensions(w, "Sec-WebSocket-Extensions: permessage-deflate; " + std::string{bad} +
                                "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n") == no_context);
    }
    CHECK(offer("x-webkit-deflate-frame, permessage-deflate") == no_context);
    CHECK(offer("permessage-bzip2") == "(none)");
    world off;
    off.serve();
    CHECK(extensions(off, "Sec-WebSocket-Extensions: permessage-deflate\r\n") == "(none)");
}

TEST_CASE("a handshake that expects 100-continue gets it before 101")
{
    world w;
    w.serve();
    raw_client c{w.port()};
    c.send(handshake("/api/v1/ws", std::string{upgrade} + "Expect: 100-continue\r\n"));
    CHECK(c.answer(true).status == 100);
    CHECK(c.answer(true).status == 101);
}

TEST_CASE("the path of the WebSocket is where the options put it, for wrong methods too")
{
    world w;
    w.serve({.path = "/chat"});
    CHECK(ask(w.port(), handshake("/chat")).status == 101);
    CHECK(ask(w.port(), get("/chat")).status == 426);
    const auto wrong = ask(w.port(), post("/chat", ""));
    CHECK(wrong.status == 405);
    CHECK(wrong.header("Allow") == "GET, HEAD, OPTIONS");
    CHECK(ask(w.port(), "OPTIONS /chat HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 204);
}

TEST_CASE("hub.accept takes what its own server takes, and answers what is wrong")
{
    const auto answer_to = [](const std::string& bytes) {
        world w;
        w.run();
        const own_server<> server{w.context(), [&w](tcp::socket socket, const auto& request, const auto&) {
                                      w.hub().accept(std::move(socket), request, identity{.user_id = "mine"},
                                                     accept_options{.subprotocol = "mine.v1"});
                                  }};
        return ask(server.port(), bytes);
    };
    const auto two_lines = handshake("/", "Connection: keep-alive\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                                          "Sec-WebSocket-Protocol: mine.v1\r\n");
    const auto taken = answer_to(two_lines);
    CHECK(taken.status == 101);
    CHECK(taken.header("Sec-WebSocket-Protocol") == "mine.v1");
    CHECK(answer_to(handshake("/")).header("Sec-WebSocket-Protocol") == "(none)"); // not offered
    CHECK(answer_to(handshake("/", upgrade, version, "Sec-WebSocket-Key: x\r\n")).status == 400);
    CHECK(answer_to(handshake("/", upgrade, "Sec-WebSocket-Version: 8\r\n")).header("Sec-WebSocket-Version") ==
          "13");
    CHECK(answer_to(get("/")).status == 426);
}

TEST_CASE("pings that come in one segment are all answered, in their order")
{
    world w{{.message_rate = 0}};
    w.serve();
    const auto ping = [](int i) { return std::string("\x89\x84\0\0\0\0", 6) + std::to_string(1000 + i); };
    const auto pong = [](int i) { return "\x8A\x04" + std::to_string(1000 + i); };
    for (const int count : {1, 10, 16, 40}) {
        INFO(count);
        raw_client c{w.port()};
        c.send(handshake());
        REQUIRE(c.answer().status == 101);
        REQUIRE(c.wait_for("\"connected\"") != std::string::npos);
        std::string pings;
        std::string pongs;
        for (int i = 0; i != count; ++i)
            pings += ping(i);
        for (int i = std::max(0, count - 16); i != count; ++i) // a flood is answered by the newest
            pongs += pong(i);
        c.send(pings);
        CHECK(c.wait_for(pongs) != std::string::npos);
    }
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Where a request ends, and which header lines are its own: what else could be smuggled past a proxy (RFC 9112
// sections 6, 7 and 11).
#include "http/raw_support.hpp"

#include <sys/socket.h>

#include <atomic>
#include <thread>
#include <vector>

using namespace fanfare;
using namespace fanfare::test;
using namespace fanfare::test::raw;

namespace {

// A second request that must never be run: it would answer 200.
const std::string hidden = get("/healthz");

// The answer to a request after which nothing may be read any more: one answer, then the end.
reply last_answer(const world& w, const std::string& bytes)
{
    INFO(bytes.substr(0, 200));
    raw_client c{w.port()};
    c.send(bytes);
    const auto first = c.answer();
    CHECK(first.header("Connection") == "close");
    CHECK(c.rest().empty());
    return first;
}

std::string with_coding(std::string_view lines, std::string_view version = "HTTP/1.1")
{
    return "POST /api/v1/publish " + std::string{version} + "\r\nHost: localhost\r\n" + std::string{lines} +
           "\r\n";
}

std::string chunk(std::string_view text)
{
    char size[17];
    std::snprintf(size, sizeof size, "%zx", text.size());
    return size + ("\r\n" + std::string{text}) + "\r\n";
}

constexpr std::string_view chunked = "Transfer-Encoding: chunked\r\n";
constexpr std::string_view message = R"({"room":"device:1","type":"t","payload":1})";

} // namespace

TEST_CASE("a body whose last coding is not chunked ends the connection, and is never run as a request")
{
    world w;
    w.serve({.api = {.allow_loopback_writes = true}});
    for (const auto* coding : {"identity", "gzip", "chunked, identity", "chunked, gzip", "chunked, chunked",
                               "xchunked", "chunked;q=1", "\"chunked\"", "", ",", "chunked, x", "deflate"}) {
        const auto answer =
            last_answer(w, with_coding("Transfer-Encoding: " + std::string{coding} + "\r\n") + hidden);
        CHECK(answer.status == 400);
        CHECK(answer.code() == "invalid_message");
        CHECK(answer.why().find("Transfer-Encoding") != std::string::npos);
    }
    // In two lines, which are one list.
    for (const auto* lines : {"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
                              "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"})
        CHECK(last_answer(w, with_coding(lines) + hidden).status == 400);
    // Chunked at last, but wrapped around what this server does not undo.
    for (const auto* lines :
         {"Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
          "Transfer-Encoding: identity, chunked\r\n"})
        CHECK(last_answer(w, with_coding(lines) + chunk(message) + "0\r\n\r\n" + hidden).status == 501);
    CHECK(w.hub().stats().published == 0);
}

TEST_CASE("a length and a coding together, or lengths that differ, end the connection")
{
    world w;
    w.serve();
    for (const auto* lines :
         {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
          "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
          "Content-Length: 5\r\nTransfer-Encoding: identity\r\n", "Content-Length: 5\r\nContent-Length: 6\r\n",
          "Content-Length: 5, 6\r\n", "Content-Length: -1\r\n", "Content-Length: +5\r\n",
          "Content-Length: 0x5\r\n", "Content-Length: 5 5\r\n", "Content-Length: \r\n",
          "Content-Length: 18446744073709551616\r\n", "Content-Length: 99999999999999999999999999\r\n"})
        CHECK(last_answer(w, with_coding(lines) + hidden).status == 400);
}

TEST_CASE("lengths that say the same are one")
{
    world w;
    w.serve({.api = {.allow_loopback_writes = true}});
    const auto n = std::to_string(message.size());
    raw_client c{w.port()};
    for (const auto& lines : {"Content-Length: " + n + ", " + n + "\r\n",
                              "Content-Length: " + n + "\r\nContent-Length: " + n + "\r\n"}) {
        c.send(with_coding(lines) + std::string{message});
        CHECK(c.answer().status == 200);
    }
    c.send(hidden);
    CHECK(c.answer().status == 200);
}

TEST_CASE("HTTP/1.0 has no chunks: such a request is refused and its connection ends")
{
    world w;
    w.serve({.api = {.allow_loopback_writes = true}});
    const auto request = with_coding("Connection: keep-alive\r\n" + std::string{chunked}, "HTTP/1.0");
    CHECK(last_answer(w, request + chunk(message) + "0\r\n\r\n" + hidden).status == 400);
    CHECK(w.hub().stats().published == 0);
}

TEST_CASE("chunks are read whatever the case of the coding's name, and the next request after them")
{
    world w;
    w.serve({.api = {.allow_loopback_writes = true}});
    raw_client c{w.port()};
    for (const auto* name : {"chunked", "Chunked", "CHUNKED", " chunked ", "chunked,", ",chunked",
                             " , chunked , ,", ",\tchunked\t,"}) {
        c.send(with_coding("Transfer-Encoding: " + std::string{name} + "\r\n"));
        // Unknown extensions are ignored; sizes may have zeros in front.
        c.send("00a;x;y=z;q=\"a;b\"\r\n" + std::string{message.substr(0, 10)} + "\r\n");
        c.send(chunk(message.substr(10)) + "0\r\n\r\n");
        CHECK(c.answer().status == 200);
    }
    c.send(hidden);
    CHECK(c.answer().status == 200);
    CHECK(w.hub().stats().published == 8);
}

TEST_CASE("chunks that are malformed end the connection")
{
    world w;
    w.serve();
    for (const auto* body :
         {"x\r\n\r\n", "-1\r\n\r\n", "+1\r\na\r\n", "0x1\r\na\r\n", " 1\r\na\r\n", "1 \r\na\r\n", "1\na\n0\n\n",
          "1\r\nab\r\n0\r\n\r\n", "10000000000000000\r\n", "fffffffffffffffffffff\r\n", "\r\n"})
        CHECK(last_answer(w, with_coding(chunked) + body + hidden).status == 400);
    CHECK(last_answer(w, with_coding(chunked) + "ffffffffffffffff\r\n").status == 413);
}

TEST_CASE("chunk extensions and trailers are limited")
{
    world w;
    w.serve({.max_header = 2048});
    // Each extension is small, all together are not.
    std::string many;
    for (int i = 0; i != 100; ++i)
        many += "1;x=" + std::string(40, 'a') + "\r\n.\r\n";
    const auto answer = last_answer(w, with_coding(chunked) + many);
    CHECK(answer.status == 431);
    CHECK(answer.why().find("chunk extensions") != std::string::npos);
    std::string trailer;
    for (int i = 0; i != 2000; ++i)
        trailer += "X-" + std::to_string(i) + ": y\r\n";
    CHECK(last_answer(w, with_coding(chunked) + "0\r\n" + trailer).status == 431);
}

TEST_CASE("a trailer, with the extensions of the chunks, may have 8 KiB and no byte more")
{
    world w;
    w.serve({.api = {.allow_loopback_writes = true}});
    const auto publish = with_coding(chunked) + chunk(message);
    // Of this many bytes, with the line's end.
    const auto trailer = [](std::size_t size) { return "X: " + std::string(size - 5, 'y') + "\r\n\r\n"; };
    raw_client c{w.port()};
    for (const auto& end : {"0\r\n" + trailer(8192), "0;x=y\r\n" + trailer(8192 - 4), std::string{"0\r\n\r\n"}}) {
        c.send(publish + end);
        CHECK(c.answer().status == 200);
    }
    for (const auto& end : {"0\r\n" + trailer(8193), "0;x=y\r\n" + trailer(8192 - 3), "0\r\n" + trailer(12000)}) {
        const auto refused = last_answer(w, publish + end + hidden);
        CHECK(refused.status == 431);
        CHECK(refused.why().find("trailer") != std::string::npos);
    }
    CHECK(w.hub().stats().published == 3);
}

TEST_CASE("what stands in a trailer is no header: no credential, no upgrade, no host, no connection option")
{
    world w;
    w.serve({.api = {.admin_key = "sesame"}});
    const auto trailer = [&](std::string_view head, std::string_view lines) {
        return std::string{head} + std::string{chunked} + "\r\n" + chunk(message) + "0\r\n" + std::string{lines} +
               "\r\n";
    };
    const std::string publish = "POST /api/v1/publish HTTP/1.1\r\nHost: localhost\r\n";
    raw_client c{w.port()};
    c.send(trailer(publish, "Authorization: Bearer sesame\r\n"));
    CHECK(c.answer().status == 401);
    // A second credential in the trailer does not spoil the first.
    c.send(trailer(publish + "Authorization: Bearer sesame\r\n",
                   "Authorization: Bearer wrong\r\nHost: evil.example\r\n"));
    CHECK(c.answer().status == 200);
    c.send(trailer(publish + "Authorization: Bearer sesame\r\n", "Connection: close\r\nX: y\r\n"));
    const auto kept = c.answer();
    CHECK(kept.status == 200);
    CHECK(kept.header("Connection") == "(none)");
    const std::string upgrade =
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" + std::string{key_line};
    c.send(trailer("GET /api/v1/ws HTTP/1.1\r\nHost: localhost\r\n", upgrade));
    CHECK(c.answer().status == 426);
    // Framing in a trailer is nonsense that some reader might believe.
    for (const auto* lines : {"Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n"})
        CHECK(last_answer(w, trailer(publish + "Authorization: Bearer sesame\r\n", lines) + hidden).status == 400);
}

TEST_CASE("a request line or a header line that is malformed ends the connection")
{
    world w;
    w.serve();
    for (const std::string head :
         {"GET /healthz HTTP/1.1\r\n Host: localhost\r\n", "GET /healthz HTTP/1.1\r\nHost : localhost\r\n",
          "GET /healthz HTTP/1.1\r\nHost\t: localhost\r\n", "GET /healthz HTTP/1.1\nHost: localhost\n",
          "GET /healthz HTTP/1.1\r\nHost: localhost\n", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: a\rb\r\n",
          "GET /healthz HTTP/1.1\r\nHost: localhost\r\nno colon\r\n",
          "GET /healthz HTTP/1.1\r\nHost: localhost\r\n: x\r\n", "GET  /healthz HTTP/1.1\r\nHost: localhost\r\n",
          "GET /healthz  HTTP/1.1\r\nHost: localhost\r\n", "GET /health z HTTP/1.1\r\nHost: localhost\r\n",
          "GET /healthz HTTP/1.1 \r\nHost: localhost\r\n", "GET /healthz http/1.1\r\nHost: localhost\r\n",
          "GET /healthz\r\n", "GET\r\n", "G(T /healthz HTTP/1.1\r\n",
          "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX(: y\r\n"})
        CHECK(last_answer(w, head + "\r\n" + hidden).status == 400);
    CHECK(last_answer(w, std::string{"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n", 50}).status ==
          400);
    for (const auto* version : {"HTTP/2.0", "HTTP/3.0", "HTTP/0.9", "HTTP/9.9"})
        CHECK(last_answer(w, "GET /healthz " + std::string{version} + "\r\nHost: localhost\r\n\r\n" + hidden)
                  .status == 505);
}

TEST_CASE("a header line that is folded is read as one with a space, or refused")
{
    world w;
    w.serve({.api = {.admin_key = "sesame"}});
    const std::string head = "GET /api/v1/cluster HTTP/1.1\r\nHost: localhost\r\n";
    for (const auto* lines :
         {"Authorization: Bearer\r\n sesame\r\n", "X: a\r\n\tb\r\nAuthorization:\r\n Bearer sesame\r\n"}) {
        const auto status = ask(w.port(), head + lines + "\r\n").status;
        CHECK((status == 200 || status == 400));
    }
    // What is folded into a value is no line of its own.
    const auto hidden_line = ask(w.port(), head + "X: a\r\n Authorization: Bearer sesame\r\n\r\n").status;
    CHECK((hidden_line == 401 || hidden_line == 400));
    const auto coding = ask(w.port(), with_coding("Transfer-Encoding:\r\n identity\r\n") + hidden).status;
    CHECK(coding == 400);
}

TEST_CASE("empty lines before a request are skipped")
{
    world w;
    w.serve();
    raw_client c{w.port()};
    c.send("\r\n" + hidden);
    CHECK(c.answer().status == 200);
    c.send("\r");
    c.send("\n\r\n" + hidden);
    CHECK(c.answer().status == 200);
}

TEST_CASE("a target that is too long is 414, a header that is too long is 431")
{
    world w;
    w.serve();
    CHECK(last_answer(w, get("/healthz?" + std::string(20'000, 'x'))).status == 414);
    CHECK(last_answer(w, get("/healthz", "X: " + std::string(20'000, 'x') + "\r\n")).status == 431);
    std::string many; // short lines, so that a parser takes a part of them and forgets how much that was
    while (many.size() < 20'000)
        many += "a:b\r\n";
    CHECK(last_answer(w, get("/healthz", many)).status == 431);
    CHECK(last_answer(w, std::string(20'000, 'G') + " / HTTP/1.1\r\n\r\n").status == 501);
    // RFC 9112 section 3 recommends 8,000 bytes at the least.
    CHECK(ask(w.port(), get("/healthz?" + std::string(7'990, 'x'))).status == 200);
}

TEST_CASE("a request that ends too early gets no answer but an error")
{
    world w;
    w.serve({.api = {.allow_loopback_writes = true}, .handshake_timeout = 500ms});
    raw_client c{w.port()};
    c.send("POST /api/v1/publish HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n" +
           std::string{message});
    CHECK(c.rest().find("200 OK") == std::string::npos);
    CHECK(w.hub().stats().published == 0);
}

TEST_CASE("a request that is not complete in time gets 408, and a connection without one no answer")
{
    world w;
    w.serve({.api = {.allow_loopback_writes = true}, .handshake_timeout = 200ms});
    const std::string in_chunks =
        "POST /api/v1/publish HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
    const std::vector<std::string> parts{"G",
                                         "GET /healthz HTTP/1.1\r\nHost: local",
                                         "\r\n\r\nGET /healthz",
                                         post("/api/v1/publish", "{}").substr(0, 70),
                                         in_chunks,
                                         in_chunks + "5\r\n{\"roo"};
    for (const auto& part : parts) {
        INFO(part);
        raw_client c{w.port()};
        c.send(part);
        const auto answer = c.answer();
        CHECK(answer.status == 408);
        CHECK(answer.header("Connection") == "close");
        CHECK(answer.header("Date") != "(none)");
        CHECK(answer.code() == "timed_out");
        CHECK(c.closed());
    }
    raw_client silent{w.port()}, empty{w.port()}, kept{w.port()};
    empty.send("\r\n");
    kept.send(get("/healthz"));
    CHECK(kept.answer().status == 200);
    for (auto* one : {&silent, &empty, &kept})
        CHECK(one->closed());
}

TEST_CASE("a client that sends byte by byte gets 408 when its time is over")
{
    world w;
    w.serve({.handshake_timeout = 200ms});
    raw_client c{w.port()};
    c.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: ");
    // Until the server has answered, or gone. Not by the client's own socket: it reads meanwhile, in another thread.
    std::atomic<bool> enough{false};
    std::thread sender{[&enough, socket = c.native_handle()] {
        while (!enough && ::send(socket, "x", 1, MSG_NOSIGNAL) == 1)
            std::this_thread::sleep_for(5ms);
    }};
    CHECK(c.answer().status == 408);
    enough = true;
    sender.join();
}

TEST_CASE("requests that come at once are answered in order, and none after the one that closes")
{
    world w;
    w.serve();
    raw_client c{w.port()};
    c.send(hidden + get("/api/v1/nowhere") + get("/readyz", "Connection: close\r\n") + hidden);
    CHECK(c.answer().status == 200);
    CHECK(c.answer().status == 404);
    const auto last = c.answer();
    CHECK(last.status == 200);
    CHECK(last.header("Connection") == "close");
    CHECK(c.rest().empty());
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// What becomes of HTTP connections when the server stops.
#include "http/raw_support.hpp"
#include "support/stop_at_end.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_future.hpp>

#include <atomic>

using namespace fanfare;
using namespace fanfare::test;
using namespace fanfare::test::raw;

namespace {

constexpr std::string_view health = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";

} // namespace

TEST_CASE("connections without a request are closed when the server stops, and nothing else ends the run")
{
    asio::io_context io{1};
    hub at{io.get_executor()};
    server s{at, {.address = "127.0.0.1", .port = 0, .handshake_timeout = 1h}};
    auto ran = std::async(std::launch::async, [&] { io.run(); });
    const stop_at_end stop{io};
    raw_client fresh{s.port()}; // has never asked for anything
    raw_client kept{s.port()};  // keeps its connection, as a proxy's pool does
    kept.send(health);
    CHECK(kept.answer().status == 200);
    raw_client later{s.port()}; // when this is answered, the others have been accepted
    later.send(health);
    CHECK(later.answer().status == 200);
    auto done = s.async_shutdown({}, asio::use_future);
    CHECK(fresh.closed());
    CHECK(kept.closed());
    CHECK(later.closed());
    CHECK(ran.wait_for(patience) == std::future_status::ready);
    CHECK_NOTHROW(done.get());
    io.stop();
}

TEST_CASE("a request that is under way when the server stops is answered")
{
    std::atomic<bool> asked{false}, go_on{false};
    world w;
    server_options options;
    options.on_request = [&](const http_api::request_type& request,
                             http_api::response_type& answer) -> asio::awaitable<bool> {
        asked = true;
        asio::steady_timer timer{co_await asio::this_coro::executor};
        while (!go_on) {
            timer.expires_after(1ms);
            co_await timer.async_wait(asio::use_awaitable);
        }
        answer.body() = request.body();
        co_return true;
    };
    w.serve(std::move(options));
    raw_client working{w.port()};
    working.send("POST /work HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\ndone");
    raw_client sending{w.port()}; // half of a request
    sending.send("POST /work HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n");
    REQUIRE(eventually([&] { return asked.load(); }));
    raw_client later{w.port()};
    later.send(health);
    CHECK(later.answer().status == 200); // so the half has been read
    w.server().stop();
    CHECK(later.closed());
    sending.send("\r\nhalf");
    go_on = true;
    for (auto* one : {&working, &sending}) {
        const auto answer = one->answer();
        CHECK(answer.status == 200);
        CHECK(answer.header("Connection") == "close");
        CHECK(answer.body == (one == &working ? "done" : "half"));
        CHECK(one->closed());
    }
}

TEST_CASE("a request that ends after the hub has gets no ticket: the store would be woken")
{
    std::atomic<bool> issued{false};
    world w;
    server_options options;
    options.api.allow_loopback_writes = true;
    options.api.issue_ticket = [&](identity, std::chrono::seconds, const std::string&, auto done) {
        issued = true;
        done({}, "a ticket");
    };
    w.serve(std::move(options));
    raw_client sending{w.port()};
    sending.send("POST /api/v1/tickets HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                 "Content-Length: 15\r\n\r\n{\"user_id\":\"u");
    raw_client later{w.port()};
    later.send(health);
    CHECK(later.answer().status == 200); // so the half has been read
    w.server().async_shutdown({}, asio::use_future).get();
    sending.send("\"}");
    const auto answer = sending.answer();
    CHECK(answer.status == 503);
    CHECK(answer.code() == "shutting_down");
    CHECK_FALSE(issued);
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// What becomes of HTTP connections when the server stops.
#include "http/raw_support.hpp"
#include "support/stop_at_end.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_future.hpp>

#include <atomic>
#include <deque>
#include <future>

using namespace fanfare;
using namespace fanfare::test;
using namespace fanfare::test::raw;

namespace {

constexpr std::string_view health = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";

// Keeps the thread of a context busy until it is let go, or destroyed.
class busy_thread {
public:
    explicit busy_thread(asio::io_context& io)
    {
        asio::post(io, [this, over = over_.get_future().share()] {
            busy_.set_value();
            over.wait();
        });
        busy_.get_future().wait();
    }
    ~busy_thread() { let_go(); }
    busy_thread(const busy_thread&) = delete;
    busy_thread& operator=(const busy_thread&) = delete;
    void let_go()
    {
        if (!std::exchange(free_, true))
            over_.set_value();
    }

private:
    std::promise<void> busy_, over_;
    bool free_ = false;
};

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

TEST_CASE("a shutdown that another thread asks for completes before the run ends")
{
    for (int i = 0; i != 300; ++i) { // what listens may end before the shutdown has begun on its shard
        asio::io_context io{1};
        hub at{io.get_executor()};
        server s{at, {.address = "127.0.0.1", .port = 0}};
        auto ran = std::async(std::launch::async, [&] { io.run(); });
        const stop_at_end stop{io};
        auto done = s.async_shutdown({}, asio::use_future);
        REQUIRE(ran.wait_for(patience) == std::future_status::ready);
        REQUIRE(done.wait_for(patience) == std::future_status::ready);
        CHECK_NOTHROW(done.get());
    }
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

TEST_CASE("connections that nobody has accepted yet when the server stops are served, and nothing is reset")
{
    asio::io_context io{1};
    hub at{io.get_executor()};
    server s{at, {.address = "127.0.0.1", .port = 0, .handshake_timeout = 1h}};
    const bool before_it_runs = GENERATE(true, false);
    auto work = asio::make_work_guard(io);
    std::future<std::size_t> ran;
    const auto run = [&] { ran = std::async(std::launch::async, [&] { return io.run(); }); };
    if (!before_it_runs)
        run();
    const stop_at_end stop{io};
    std::optional<busy_thread> busy;
    if (!before_it_runs)
        busy.emplace(io);
    std::deque<raw_client> asking; // the system has connected all of them
    for (int i = 0; i != 8; ++i)
        asking.emplace_back(s.port()).send(health);
    raw_client upgrading{s.port()}, half{s.port()}, silent{s.port()};
    upgrading.send(handshake());
    half.send(health.substr(0, 10));
    auto done = s.async_shutdown({}, asio::use_future);
    work.reset();
    if (before_it_runs)
        run();
    busy.reset();
    for (auto& one : asking) {
        const auto answer = one.answer();
        CHECK(answer.status == 200);
        CHECK(answer.header("Connection") == "close");
        CHECK(one.closed());
    }
    const auto refused = upgrading.answer();
    CHECK(refused.status == 503);
    CHECK(refused.code() == "shutting_down");
    CHECK(refused.header("Connection") == "close");
    CHECK(silent.closed());
    half.send(health.substr(10));
    CHECK(half.answer().status == 200);
    CHECK(half.closed());
    CHECK(upgrading.closed());
    asking.clear();
    CHECK(ran.wait_for(patience) == std::future_status::ready);
    CHECK_NOTHROW(done.get());
}

TEST_CASE("a request that nobody has read yet when the server stops is answered")
{
    world w;
    w.serve({.handshake_timeout = 1h});
    raw_client kept{w.port()};
    kept.send(health);
    CHECK(kept.answer().header("Connection") != "close");
    busy_thread busy{w.context()};
    kept.send(health);
    w.server().stop();
    busy.let_go();
    const auto answer = kept.answer();
    CHECK(answer.status == 200);
    CHECK(answer.header("Connection") == "close");
    CHECK(kept.closed());
}

TEST_CASE("bytes that are no request keep no connection when the server stops, and a request behind a PROXY "
          "header is read")
{
    world w;
    server_options options{.address = "127.0.0.1", .port = 0, .proxies = {"127.0.0.1"}, .handshake_timeout = 1h};
    w.listen(options);
    options.proxy_protocol = true;
    std::optional<fanfare::server> relayed{std::in_place, w.hub(), options};
    w.run();
    raw_client kept{w.port()};
    kept.send(health);
    CHECK(kept.answer().status == 200);
    busy_thread busy{w.context()};
    kept.send("\r\n");
    raw_client behind{relayed->port()};
    behind.send("PROXY TCP4 203.0.113.7 10.0.0.1 1 2\r\n");
    w.server().stop();
    relayed->stop();
    busy.let_go();
    CHECK(kept.closed());
    behind.send(health);
    CHECK(behind.answer().status == 200);
    CHECK(behind.closed());
}

TEST_CASE("half a request keeps a server that has stopped for no longer than a request may take")
{
    asio::io_context io{1};
    hub at{io.get_executor()};
    server s{at, {.address = "127.0.0.1", .port = 0, .handshake_timeout = 300ms}};
    raw_client half{s.port()}; // nobody has accepted it yet
    half.send(health.substr(0, 10));
    auto done = s.async_shutdown({}, asio::use_future);
    auto ran = std::async(std::launch::async, [&] { io.run(); });
    const stop_at_end stop{io};
    const auto answer = half.answer();
    CHECK(answer.status == 408);
    CHECK(answer.header("Connection") == "close");
    CHECK(half.closed());
    CHECK(ran.wait_for(patience) == std::future_status::ready);
    CHECK_NOTHROW(done.get());
}

TEST_CASE("what waits at an acceptor of the application's is left there: another process may have it, too")
{
    asio::io_context io{1};
    tcp::acceptor first{io, {asio::ip::address_v4::loopback(), 0}};
    const auto port = first.local_endpoint().port();
    tcp::acceptor second{io, tcp::v4(), ::dup(first.native_handle())}; // as the service manager has it
    hub at{io.get_executor()};
    server s{at, {.listens = false}};
    s.listen(std::move(first));
    raw_client early{port};
    early.send(health);
    auto done = s.async_shutdown({}, asio::use_future);
    io.run();
    io.restart();
    CHECK_NOTHROW(done.get());
    hub next{io.get_executor()};
    server successor{next, {.listens = false}};
    successor.listen(std::move(second));
    auto ran = std::async(std::launch::async, [&] { io.run(); });
    const stop_at_end stop{io};
    CHECK(early.answer().status == 200);
}

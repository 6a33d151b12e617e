// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Pages of the application's own: coroutines as `server_options::on_request`, and the HTTP API in an own router.
#include "http/own_server.hpp"
#include "http/raw_support.hpp"

#include <fanfare/http_api.hpp>
#include <fanfare/request_handler.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include <atomic>
#include <exception>
#include <future>
#include <memory>
#include <stdexcept>

using namespace fanfare;
using namespace fanfare::test;
using namespace fanfare::test::raw;

namespace {

using request_type = http_api::request_type;
using response_type = http_api::response_type;

asio::awaitable<void> pause(std::chrono::milliseconds time)
{
    asio::steady_timer timer{co_await asio::this_coro::executor, time};
    co_await timer.async_wait(asio::use_awaitable);
}

// What the handler below tells about itself.
struct told {
    std::promise<error_code> cancelled;
    std::promise<void> ended;
    std::atomic<bool> go_on{false};
};

asio::awaitable<bool> answer_page(const request_type& request, response_type& answer, told& t)
{
    const std::string target{request.target()};
    co_await pause(1ms);
    if (target == "/throws")
        throw std::runtime_error("no page");
    if (target == "/never") {
        asio::steady_timer timer{co_await asio::this_coro::executor, 1h};
        const auto [ec] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
        t.cancelled.set_value(ec);
        throw boost::system::system_error{ec};
    }
    if (target == "/deaf") { // it does not care for being cancelled
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        while (!t.go_on)
            co_await pause(1ms);
        answer.body() = target + std::string{request.target()} + request.body(); // is there still
        t.ended.set_value();
        co_return true;
    }
    if (target != "/page" || request.method() != http::verb::get)
        co_return false;
    answer.set(http::field::content_type, "text/plain");
    answer.body() = "a page";
    co_return true;
}

struct pages_world : world {
    pages_world()
    {
        hub().on_exception([this](std::exception_ptr e) {
            try {
                std::rethrow_exception(e);
            } catch (const std::exception& what) {
                thrown.set_value(what.what());
            }
        });
        server_options o;
        o.on_request = [this](const auto& request, auto& answer) { return answer_page(request, answer, t); };
        o.handshake_timeout = 500ms;
        serve(std::move(o));
    }
    ~pages_world() { stop(); }
    told t;
    std::promise<std::string> thrown;
};

template <class F>
constexpr bool takes = std::is_constructible_v<any_request_handler, F>;
static_assert(takes<bool (*)(const request_type&, response_type&)>);
static_assert(takes<asio::awaitable<bool> (*)(const request_type&, response_type&)>);
static_assert(takes<std::function<bool(const request_type&, response_type&)>>);
static_assert(!takes<void (*)(const request_type&, response_type&)>);
static_assert(!takes<asio::awaitable<void> (*)(const request_type&, response_type&)>);
static_assert(!takes<bool (*)(const request_type&)>);

} // namespace

TEST_CASE("a coroutine answers an application's page, GET and HEAD, and 404 what it does not know")
{
    pages_world w;
    raw_client c{w.port()}; // one connection for all
    const auto ask_for = [&](std::string_view method, std::string_view target) {
        c.send(std::string{method} + ' ' + std::string{target} + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
        return c.answer(method == "HEAD");
    };
    const auto page = ask_for("GET", "/page");
    CHECK(page.status == 200);
    CHECK(page.body == "a page");
    CHECK(page.header("Content-Type") == "text/plain");
    CHECK(page.header("Date") != "(none)");
    const auto head = ask_for("HEAD", "/page");
    CHECK(head.status == 200);
    CHECK(head.header("Content-Length") == "6");
    CHECK(ask_for("GET", "/other").status == 404);
    CHECK(ask_for("HEAD", "/other").status == 404);
    CHECK(ask_for("GET", "/api/v1/ws").status == 426); // the API's own paths are not asked for
    CHECK(ask_for("GET", "/page").body == "a page");
}

TEST_CASE("a coroutine that throws is answered with 500, told and counted")
{
    pages_world w;
    const auto answer = ask(w.port(), get("/throws"));
    CHECK(answer.status == 500);
    CHECK(answer.code() == "handler_failed");
    CHECK(answer.body.find("no page") == std::string::npos);
    auto what = w.thrown.get_future();
    REQUIRE(what.wait_for(patience) == std::future_status::ready);
    CHECK(what.get() == "no page");
    CHECK(w.hub().stats().handler_failures == 1);
}

TEST_CASE("a coroutine that does not end in time is cancelled, and the client gets 504")
{
    pages_world w;
    raw_client c{w.port()};
    c.send(get("/never"));
    const auto late = c.answer();
    CHECK(late.status == 504);
    CHECK(late.code() == "timed_out");
    auto cancelled = w.t.cancelled.get_future();
    REQUIRE(cancelled.wait_for(patience) == std::future_status::ready);
    CHECK(cancelled.get() == asio::error::operation_aborted);
    c.send(get("/page")); // the connection goes on
    CHECK(c.answer().body == "a page");
    CHECK(w.hub().stats().handler_failures == 0); // that it was cancelled is no failure
}

TEST_CASE("what a coroutine refers to lives until it has ended, though nobody waits for it any more")
{
    pages_world w;
    {
        raw_client c{w.port()};
        c.send(post("/deaf", std::string(100'000, 'x')));
        CHECK(c.answer().status == 504);
    } // the connection ends
    CHECK(ask(w.port(), get("/page")).status == 200);
    const bool without_server = GENERATE(false, true);
    if (without_server)
        w.destroy_server();
    w.t.go_on = true;
    auto ended = w.t.ended.get_future();
    CHECK(ended.wait_for(patience) == std::future_status::ready);
}

TEST_CASE("an empty handler of requests is none")
{
    CHECK_FALSE(any_request_handler{});
    CHECK_FALSE(any_request_handler{nullptr});
    CHECK_FALSE(any_request_handler{std::function<bool(const request_type&, response_type&)>{}});
    bool (*nothing)(const request_type&, response_type&) = nullptr;
    CHECK_FALSE(any_request_handler{nothing});
    const any_request_handler plain = [](const auto&, auto&) { return true; };
    CHECK(plain);
    CHECK(plain.plain());
    CHECK_FALSE(plain.coroutine());
    const any_request_handler waits = [](const auto&, auto&) -> asio::awaitable<bool> { co_return true; };
    CHECK(waits);
    CHECK(waits.coroutine());
    CHECK_FALSE(waits.plain());
}

namespace {

// A router of the application's own: the API, and nothing else.
asio::awaitable<void> route(tcp::socket socket, request_type request, http_api& api)
{
    const auto caller = socket.remote_endpoint().address();
    auto answer = co_await api.async_handle(std::move(request), caller, asio::use_awaitable);
    answer.keep_alive(false);
    co_await http::async_write(socket, answer, asio::use_awaitable);
}

request_type get_request(std::string_view target)
{
    request_type request{http::verb::get, target, 11};
    request.set(http::field::host, "localhost");
    return request;
}

} // namespace

TEST_CASE("the HTTP API answers in a router of the application's own, by a coroutine")
{
    world w;
    w.run();
    http_api api{w.hub(), {.admin_key = "key"}};
    const own_server<> server{w.context(), [&](tcp::socket s, request_type request, const auto&) {
                                  asio::co_spawn(w.context(), route(std::move(s), std::move(request), api),
                                                 asio::detached);
                              }};
    CHECK(ask(server.port(), get("/healthz")).status == 200);
    const auto key = "Authorization: Bearer key\r\n";
    const auto sent = ask(server.port(), post("/api/v1/publish", R"({"room":"global","type":"t"})", key));
    CHECK(sent.status == 200);
    CHECK(ask(server.port(), get("/api/v1/cluster", key)).status == 200); // which comes later
    CHECK(ask(server.port(), get("/api/v1/cluster")).code() == "unauthorized");
}

TEST_CASE("the HTTP API completes a handler on its own executor, and a callback where it is")
{
    world w;
    w.run();
    asio::io_context mine{1};
    std::optional<http_api> api{std::in_place, w.hub(), http_api_options{}};
    const auto request = get_request("/healthz");
    unsigned status = 0;
    api->async_handle(request, {},
                      asio::bind_executor(mine, [&, only = std::make_unique<int>(1)](response_type answer) {
                          CHECK(mine.get_executor().running_in_this_thread());
                          CHECK(*only == 1);
                          status = answer.result_int();
                      }));
    CHECK(status == 0);
    CHECK(mine.run_for(patience) == 1);
    CHECK(status == 200);

    std::promise<bool> on_shard;
    api->async_handle(request, {}, [&](const response_type&) {
        on_shard.set_value(w.context().get_executor().running_in_this_thread());
    });
    CHECK(on_shard.get_future().get());

    auto later = api->async_handle(get_request("/readyz"), {}, asio::deferred); // owns all that it needs
    status = 0;
    const http_api::done_type at_once = [&](const response_type& answer) { status = answer.result_int(); };
    api->async_handle(request, {}, at_once);
    CHECK(status == 200);
    api.reset();
    CHECK(std::move(later)(asio::use_future).get().result_int() == 200);
}

TEST_CASE("a ticket issuer that throws is an answer to a completion handler, and told")
{
    world w;
    std::promise<void> seen;
    w.hub().on_exception([&](std::exception_ptr) { seen.set_value(); });
    w.run();
    const http_api api{w.hub(),
                       {.admin_key = "key",
                        .issue_ticket = [](identity, std::chrono::seconds, std::string,
                                           std::function<void(error_code, std::string)>) {
                            throw std::runtime_error("no ticket");
                        }}};
    auto request = get_request("/api/v1/tickets");
    request.method(http::verb::post);
    request.set(http::field::authorization, "Bearer key");
    request.body() = R"({"user_id":"alice"})";
    const auto answer = api.async_handle(request, {}, asio::use_future).get();
    CHECK(answer.result_int() == 500);
    CHECK(json::parse(answer.body()).at("error").at("code") == "handler_failed");
    CHECK(seen.get_future().wait_for(patience) == std::future_status::ready);
    w.stop();
}

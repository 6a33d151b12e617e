// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// GET /metrics, and what is counted of HTTP.
#include "http/raw_support.hpp"

#include <boost/asio/use_future.hpp>

#include <atomic>
#include <future>
#include <stdexcept>
#include <string>

using namespace fanfare;
using namespace fanfare::test;
using namespace fanfare::test::raw;

namespace {

constexpr std::string_view open_accept = "Accept: application/openmetrics-text\r\n";

// The value of a sample, or -1.
double sample(const std::string& page, const std::string& series)
{
    const auto at = ('\n' + page).find('\n' + series + ' ');
    return at == std::string::npos ? -1 : std::stod(page.substr(at + series.size() + 1));
}

double requests(const std::string& page, const std::string& labels)
{
    return sample(page, "fanfare_http_requests_total{" + labels + "}");
}

} // namespace

TEST_CASE("without being switched on /metrics is the application's, or not there")
{
    world w;
    w.serve({.on_request = [](const http_api::request_type& request, http_api::response_type& answer) {
        answer.body() = "own";
        return request.target() == "/metrics";
    }});
    CHECK(ask(w.port(), get("/metrics")).body == "own");
    world bare;
    bare.serve();
    CHECK(ask(bare.port(), get("/metrics")).status == 404);
    const http_api api{bare.hub()};
    CHECK_FALSE(api.handles("/metrics"));
    const http_api on{bare.hub(), {.metrics = metrics_access::open}};
    CHECK(on.handles("/metrics"));
    CHECK(on.handles("/metrics?x=1"));
    CHECK_FALSE(on.handles("/metrics/"));
}

TEST_CASE("open metrics are for everybody, in the form that Accept prefers")
{
    world w{{.metrics = true}};
    w.serve({.api = {.metrics = metrics_access::open}});
    const auto plain = ask(w.port(), get("/metrics"));
    CHECK(plain.status == 200);
    CHECK(plain.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8");
    CHECK(plain.header("Cache-Control") == "no-store");
    CHECK(plain.header("Vary") == "Accept & Origin");
    CHECK(plain.body.find("# TYPE fanfare_build_info gauge\n") != std::string::npos);
    CHECK(plain.body.find("# EOF") == std::string::npos);

    const auto open = ask(w.port(), get("/metrics?x", open_accept));
    CHECK(open.status == 200);
    CHECK(open.header("Content-Type") == "application/openmetrics-text; version=1.0.0; charset=utf-8");
    CHECK(open.body.ends_with("\n# EOF\n"));
    // Two lines are one list.
    CHECK(ask(w.port(), get("/metrics", "Accept: text/plain;q=0.5\r\n" + std::string{open_accept}))
              .body.ends_with("# EOF\n"));

    CHECK(ask(w.port(), "HEAD /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 200);
    CHECK(ask(w.port(), get("/metrics", "If-None-Match: *\r\n")).status == 304);
    const auto posted = ask(w.port(), post("/metrics", "x"));
    CHECK(posted.status == 405);
    CHECK(posted.header("Allow") == "GET, HEAD, OPTIONS");
    CHECK(ask(w.port(), "OPTIONS /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 204);
}

TEST_CASE("metrics for the admin need the key, as the guarded part of the API does")
{
    world w;
    w.serve({.api = {.admin_key = "the-key", .metrics = metrics_access::admin}});
    CHECK(ask(w.port(), get("/metrics")).status == 401);
    CHECK(ask(w.port(), get("/metrics", "Authorization: Bearer wrong\r\n")).status == 401);
    CHECK(ask(w.port(), get("/metrics", "Authorization: Bearer the-key\r\n")).status == 200);
    world without;
    without.serve({.api = {.metrics = metrics_access::admin}});
    CHECK(ask(without.port(), get("/metrics")).status == 403);
}

TEST_CASE("the application adds its own metrics, and what it throws is answered with 500 and told")
{
    std::promise<std::string> told;
    std::atomic<bool> broken{false};
    world w;
    w.hub().on_exception([&](std::exception_ptr e) {
        try {
            std::rethrow_exception(e);
        } catch (const std::exception& what) {
            told.set_value(what.what());
        }
    });
    w.serve({.api = {.metrics = metrics_access::open, .more_metrics = [&broken](prometheus_text& page) {
                         if (broken)
                             throw std::runtime_error("no figures");
                         page.counter({"shop_orders", "Orders."}, {}, 12);
                     }}});
    CHECK(sample(ask(w.port(), get("/metrics")).body, "shop_orders_total") == 12);
    broken = true;
    const auto failed = ask(w.port(), get("/metrics"));
    CHECK(failed.status == 500);
    CHECK(failed.code() == "handler_failed");
    auto what = told.get_future();
    REQUIRE(what.wait_for(patience) == std::future_status::ready);
    CHECK(what.get() == "no figures");
}

TEST_CASE("what more_metrics throws in a server of the application's own is answered with 500, too")
{
    world w;
    w.run();
    const http_api api{w.hub(), {.metrics = metrics_access::open, .more_metrics = [](prometheus_text& page) {
                                     page.gauge({"not a name", "h"}, {}, 1);
                                 }}};
    http_api::request_type request{http::verb::get, "/metrics", 11};
    request.set(http::field::host, "localhost");
    auto answer = api.async_handle(request, asio::ip::address_v4::loopback(), asio::use_future);
    REQUIRE(answer.wait_for(patience) == std::future_status::ready);
    CHECK(answer.get().result_int() == 500);
    CHECK(eventually([&] { return w.hub().stats().handler_failures == 1; }));
}

TEST_CASE("requests are counted by the API's paths, methods and statuses, and by nothing that a client chooses")
{
    world w{{.metrics = true}};
    w.serve({.api = {.metrics = metrics_access::open}});
    CHECK(ask(w.port(), get("/healthz?secret-1")).status == 200);
    CHECK(ask(w.port(), get("/healthz")).status == 200);
    CHECK(ask(w.port(), post("/api/v1/publish", "{}")).status == 403);
    CHECK(ask(w.port(), get("/secret-2")).status == 404);
    CHECK(ask(w.port(), "PROPFIND /secret-3 HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 404);
    CHECK(ask(w.port(), "no http\r\n\r\n").status == 400);
    CHECK(ask(w.port(), handshake("/api/v1/ws", "Connection: Upgrade\r\nUpgrade: websocket\r\n",
                                  "Sec-WebSocket-Version: 12\r\n"))
              .status == 426);
    raw_client socket{w.port()};
    socket.send(handshake());
    CHECK(socket.answer().status == 101);
    raw_client events{w.port()};
    events.send(get("/api/v1/sse"));
    CHECK(events.answer().status == 200);

    const auto page = ask(w.port(), get("/metrics")).body;
    CHECK(requests(page, R"(route="/healthz",method="GET",status="200")") == 2);
    CHECK(requests(page, R"(route="/api/v1/publish",method="POST",status="403")") == 1);
    CHECK(requests(page, R"(route="other",method="GET",status="404")") == 1);
    CHECK(requests(page, R"(route="other",method="other",status="404")") == 1);
    CHECK(requests(page, R"(route="other",method="other",status="400")") == 1);
    CHECK(requests(page, R"(route="/api/v1/ws",method="GET",status="426")") == 1);
    CHECK(requests(page, R"(route="/api/v1/ws",method="GET",status="101")") == 1);
    CHECK(requests(page, R"(route="/api/v1/sse",method="GET",status="200")") == 1);
    CHECK(page.find("secret") == std::string::npos);
    CHECK(page.find("PROPFIND") == std::string::npos);
    CHECK(sample(page, R"(fanfare_http_request_seconds_count{route="/healthz"})") == 2);
    CHECK(sample(page, R"(fanfare_http_request_seconds_count{route="/api/v1/ws"})") == 2);
    const auto again = ask(w.port(), get("/metrics")).body;
    CHECK(requests(again, R"(route="/metrics",method="GET",status="200")") == 1);
}

TEST_CASE("a hub that does not measure counts requests, and tells no times")
{
    world w;
    w.serve({.path = "/live", .api = {.metrics = metrics_access::open}});
    raw_client socket{w.port()};
    socket.send(handshake("/live"));
    CHECK(socket.answer().status == 101);
    const auto page = ask(w.port(), get("/metrics")).body;
    CHECK(requests(page, R"(route="/api/v1/ws",method="GET",status="101")") == 1);
    CHECK(page.find("_seconds") == std::string::npos);
}

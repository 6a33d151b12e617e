// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Who has expired does not enter, and times that no clock holds are no times in the past.
#include "http/event_client.hpp"
#include "support/scripted_bus.hpp"

#include <fanfare/local_connection.hpp>

#include <boost/asio/use_future.hpp>

using namespace fanfare;
using namespace fanfare::test;

namespace {

using wall = std::chrono::system_clock;

// Times that are over; the first two are so far back that a difference to now does not fit into 64 bits.
std::vector<wall::time_point> gone()
{
    return {wall::time_point::min(), wall::time_point{std::chrono::sys_days{std::chrono::year{1690} / 5 / 1}},
            wall::time_point{}, wall::now() - 1ms};
}

server_options expiring(wall::time_point at)
{
    server_options how;
    how.authenticate = [at](const handshake_request&) {
        return auth_result{identity{.user_id = "ann", .expires_at = at}};
    };
    return how;
}

} // namespace

TEST_CASE("expiry: who has expired does not enter, by any way")
{
    for (const auto at : gone()) {
        world w;
        std::atomic<int> entered = 0;
        w.hub().on_connect([&](const connection_ref&) { ++entered; });
        w.serve(expiring(at));
        const client c{w.port(), client_options{}, false};
        CHECK_FALSE(c.open());
        CHECK(c.status() == 401);
        CHECK(c.response()[http::field::www_authenticate] == "Bearer realm=\"fanfare\"");
        CHECK(json::parse(c.response().body()).at("error").at("code").as_string() == "unauthorized");
        const event_client events{w.port()};
        CHECK(events.head().result_int() == 401);
        try {
            w.hub().connect({.user_id = "ann", .expires_at = at}, local_handlers{});
            FAIL("it has entered");
        } catch (const boost::system::system_error& refused) {
            CHECK(refused.code() == error::unauthorized);
        }
        CHECK(w.hub().stats().connections == 0);
        CHECK(w.hub().stats().refused == 3);
        CHECK(entered == 0);
    }
}

TEST_CASE("expiry: who expires while its rooms are prepared is not greeted")
{
    scripted_world s;
    std::atomic<bool> closed = false;
    std::vector<std::string> got;
    const auto at = wall::now() + 50ms;
    const auto c = s.w.hub().connect({.user_id = "ann", .expires_at = at},
                                     {.on_message = [&](std::string_view text) { got.emplace_back(text); },
                                      .on_close =
                                          [&](close_code code, std::string_view) {
                                              if (code == close_code::expired)
                                                  closed = true;
                                          }});
    REQUIRE(eventually([&] { return s.bus.joining("user:ann"); }));
    REQUIRE(eventually([&] { return wall::now() > at; }));
    s.bus.sink().joined("user:ann");
    CHECK(eventually([&] { return closed.load(); }));
    CHECK(eventually([&] { return s.w.hub().stats().connections == 0; }));
    CHECK(got.empty());
}

TEST_CASE("expiry: the last time of the clock is far away")
{
    world w;
    w.serve(expiring(wall::time_point::max()));
    client c{w.port()};
    CHECK(c.drain().empty());
    CHECK(c.open());
}

TEST_CASE("times: what a history is told to keep for ever stays")
{
    constexpr auto forever = std::chrono::milliseconds::max();
    world w;
    w.hub().configure("chat:", {.history = 10, .history_age = forever, .idempotency_window = forever});
    w.serve();
    const auto first = w.hub().publish("chat:1", "t", json::value(1), {.idempotency_key = "k"});
    CHECK(first.position.offset == 1);
    CHECK(w.hub().publish("chat:1", "t", json::value(2)).position.offset == 2);
    const auto part = w.hub().async_history("chat:1", {}, asio::use_future).get();
    CHECK(part.messages.size() == 2);
    const auto again = w.hub().publish("chat:1", "t", json::value(1), {.idempotency_key = "k"});
    CHECK(again.duplicate);
    CHECK(again.position == first.position);
}

TEST_CASE("times: a server and a shutdown with times that no clock holds")
{
    constexpr auto forever = std::chrono::milliseconds::max();
    world w;
    server_options how;
    how.handshake_timeout = forever;
    w.serve(std::move(how));
    client c{w.port()};
    CHECK(c.open());
    CHECK(http_get(w.port(), "/healthz").result_int() == 200);
    auto stats = w.hub().async_cluster_stats(forever, asio::use_future);
    REQUIRE(stats.wait_for(patience) == std::future_status::ready);
    auto ended = w.hub().async_shutdown({.reconnect_spread = forever, .deadline = forever}, asio::use_future);
    CHECK(c.closed() == static_cast<unsigned>(close_code::shutdown));
    CHECK(json::parse(c.close_reason()).at("delay_ms").as_int64() < (std::int64_t{1} << 32));
    ended.get();
}

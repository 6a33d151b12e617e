// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// How often an address may connect, by each way in.
#include "http/event_client.hpp"
#include "http/own_server.hpp"

#include <fanfare/endpoint.hpp>

#include <atomic>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

using namespace fanfare;
using namespace fanfare::test;

namespace {

// Two attempts, and no more while a test runs.
const hub_options twice{.connect_rate_per_address = 0.001, .connect_burst_per_address = 2};

template <class Answer>
void check_refused(const Answer& answer)
{
    CHECK(answer.result_int() == 429);
    CHECK(json::parse(answer.body()).at("error").at("code").as_string() == "too_many_connections");
    const std::string wait{answer[http::field::retry_after]};
    REQUIRE_FALSE(wait.empty());
    CHECK(wait.find_first_not_of("0123456789") == std::string::npos);
    CHECK((std::stoi(wait) > 900 && std::stoi(wait) <= 1000));
}

// Asked who everybody is; refuses those who ask for it.
struct asked_world : world {
    explicit asked_world(const hub_options& options = twice) : world{options} {}
    any_authenticator authenticator()
    {
        return [this](const handshake_request& r) {
            ++asked;
            return r.query("user") == "bad" ? auth_result{make_refusal(error::unauthorized)}
                                            : auth_result{identity{.user_id = "ali"}};
        };
    }
    std::atomic<int> asked{0};
};

} // namespace

TEST_CASE("an address that connects too often is refused with Retry-After, and the authenticator is not asked",
          "[connect_rate]")
{
    asked_world w;
    w.serve({.authenticate = w.authenticator()});
    client first{w.port()};
    CHECK(first.open());
    CHECK(client{w.port(), {.target = "/api/v1/ws?user=bad"}}.status() == 401); // it counts, too
    CHECK(w.asked == 2);
    check_refused(client{w.port()}.response());
    check_refused(client{w.port(), {.target = "/api/v1/ws?user=bad"}}.response());
    CHECK(w.asked == 2);
    CHECK(w.hub().stats().refused == 3);
    CHECK(w.hub().stats().connections == 1);
    CHECK(first.drain().empty()); // who is in stays
    CHECK(http_get(w.port(), "/healthz").result_int() == 200);
}

TEST_CASE("event streams count with WebSockets, and HEAD, preflights and broken handshakes do not",
          "[connect_rate]")
{
    asked_world w;
    w.serve({.authenticate = w.authenticator(), .origins = {"https://app.example"}});
    for (int i = 0; i != 3; ++i) {
        CHECK(http_get(w.port(), "/api/v1/ws").result_int() == 426);
        const auto evil = event_client{w.port(), "", "", {{"Origin", "https://evil.example"}}};
        CHECK(evil.head().result_int() == 403);
    }
    event_client stream{w.port()};
    stream.next("connected");
    client socket{w.port()};
    CHECK(socket.open());
    const auto refused = event_client{w.port(), "", "", {{"Origin", "https://app.example"}}};
    check_refused(refused.head());
    CHECK(refused.head()[http::field::access_control_allow_origin] == "https://app.example");
    CHECK(w.asked == 2);
}

TEST_CASE("an endpoint and hub.accept limit an address as the server does, and each attempt counts once",
          "[connect_rate]")
{
    asked_world w;
    const bool with_endpoint = GENERATE(true, false);
    w.run();
    const endpoint door{w.hub(), {.authenticate = w.authenticator()}};
    const own_server<> server{w.context(), [&](tcp::socket socket, const auto& request, std::string early) {
                                  if (with_endpoint)
                                      return door.accept(std::move(socket), request, std::move(early));
                                  if (request.target().starts_with("/api/v1/sse"))
                                      return w.hub().accept_events(std::move(socket), request);
                                  w.hub().accept(std::move(socket), request);
                              }};
    client first{server.port()};
    CHECK(first.open());
    event_client second{server.port()};
    second.next("connected");
    check_refused(client{server.port()}.response());
    check_refused(event_client{server.port()}.head());
    CHECK(w.asked == (with_endpoint ? 2 : 0));
    CHECK(w.hub().stats().refused == 2);
    first.close();
    second.drop();
}

TEST_CASE("an address comes in again when it has waited", "[connect_rate]")
{
    asked_world w{{.connect_rate_per_address = 20, .connect_burst_per_address = 1}};
    w.serve({.authenticate = w.authenticator()});
    for (int i = 0; i != 3; ++i)
        CHECK(eventually([&] { return client{w.port()}.open(); }));
}

TEST_CASE("a rate of connections that cannot be is refused", "[connect_rate]")
{
    asio::io_context context;
    const auto made = [&](double rate) {
        try {
            const hub<> h{context.get_executor(), hub_options{.connect_rate_per_address = rate}};
            return std::string{};
        } catch (const std::invalid_argument& e) {
            return std::string{e.what()};
        }
    };
    for (const double rate : {-1.0, 1e-9, 1e7, std::numeric_limits<double>::infinity(), std::nan("")})
        CHECK(made(rate).find("connect_rate_per_address") != std::string::npos);
    for (const double rate : {0.0, 0.001, 0.5, 1e6})
        CHECK(made(rate).empty());
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// A hub that is stopped while its clients, load balancers and the other instances go on.
#include "http/own_server.hpp"
#include "http/raw_support.hpp"
#include "support/stop_at_end.hpp"
#include "support/world.hpp"

#include <fanfare/endpoint.hpp>
#include <fanfare/local_connection.hpp>

#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <vector>

using namespace fanfare;
using namespace fanfare::test;

namespace {

constexpr auto closed_for_shutdown = static_cast<std::uint16_t>(close_code::shutdown);
constexpr std::chrono::hours endless{1};

// What `on_progress` was told.
class progress_log {
public:
    using phase = shutdown_progress::phase;

    std::function<void(const shutdown_progress&)> sink()
    {
        return [this](const shutdown_progress& now) {
            const std::lock_guard lock{mutex_};
            told_.push_back(now);
        };
    }
    std::vector<shutdown_progress> told() const
    {
        const std::lock_guard lock{mutex_};
        return told_;
    }
    bool reached(phase wanted) const
    {
        return eventually([&] {
            const auto all = told();
            return std::any_of(all.begin(), all.end(), [&](const auto& one) { return one.now == wanted; });
        });
    }

private:
    mutable std::mutex mutex_;
    std::vector<shutdown_progress> told_;
};

// A memory store whose appends wait until the test lets them go. Copies are one store.
class slow_appends {
public:
    void async_append(history_append message, append_done done)
    {
        const std::lock_guard lock{state_->mutex};
        state_->held.push_back([all = state_.get(), room = std::string{message.room},
                                key = std::string{message.idempotency_key}, message = std::move(message),
                                done = std::move(done)]() mutable {
            message.room = room; // the caller's are gone
            message.idempotency_key = key;
            all->real.async_append(std::move(message), std::move(done));
        });
    }
    void async_read(std::string_view room, const history_query& query, history_done done)
    {
        state_->real.async_read(room, query, std::move(done));
    }
    std::size_t waiting() const
    {
        const std::lock_guard lock{state_->mutex};
        return state_->held.size();
    }
    void release()
    {
        std::vector<std::function<void()>> held;
        {
            const std::lock_guard lock{state_->mutex};
            held.swap(state_->held);
        }
        for (const auto& one : held)
            one();
    }

private:
    struct state {
        memory_store real;
        std::mutex mutex;
        std::vector<std::function<void()>> held;
    };
    std::shared_ptr<state> state_ = std::make_shared<state>();
};

// A client whose publish waits for the store.
struct waiting_publish {
    waiting_publish()
    {
        w.hub().configure("chat:", {.client_publish = true, .history = 10});
        w.serve();
        c.emplace(w.port(), "alice");
        c->subscribe({"chat:1"});
        c->send({{"type", "publish"},
                 {"request_id", "r"},
                 {"room", "chat:1"},
                 {"payload", {{"type", "n"}, {"payload", 1}}}});
        REQUIRE(eventually([&] { return store.waiting() == 1; }));
    }

    slow_appends store;
    basic_world<in_process_bus, slow_appends> w{{}, 1, in_process_bus{}, store};
    std::optional<client> c;
};

std::vector<std::unique_ptr<client>> connect(const world& w, std::size_t count)
{
    std::vector<std::unique_ptr<client>> all;
    while (all.size() != count) {
        all.push_back(std::make_unique<client>(w.port()));
        all.back()->subscribe({"global"});
    }
    return all;
}

} // namespace

TEST_CASE("while only readiness is off, everything else goes on")
{
    world w;
    w.serve();
    client early{w.port()};
    early.subscribe({"global"});
    progress_log log;
    auto slow =
        w.server().async_shutdown({.readiness_delay = endless, .on_progress = log.sink()}, asio::use_future);
    REQUIRE(log.reached(progress_log::phase::not_ready));
    const auto ready = http_get(w.port(), "/readyz");
    CHECK(ready.result_int() == 503);
    CHECK(json::parse(ready.body()).at("status") == "draining");
    CHECK(http_get(w.port(), "/healthz").result_int() == 200);
    client late{w.port()}; // a balancer that has not looked yet sends it
    late.subscribe({"global"});
    CHECK(w.hub().publish("global", "n", 1).local_receivers == 2);
    CHECK(early.next("n") == 1);
    CHECK(late.next("n") == 1);
    // A second signal, by somebody who does not want to wait.
    auto fast = w.server().async_shutdown({}, asio::use_future);
    CHECK(early.closed() == closed_for_shutdown);
    CHECK(late.closed() == closed_for_shutdown);
    REQUIRE(fast.wait_for(patience) == std::future_status::ready);
    REQUIRE(slow.wait_for(patience) == std::future_status::ready);
    CHECK_NOTHROW(slow.get());
    CHECK_THROWS(client{w.port()});
}

TEST_CASE("while connections are closed one after the other, the others get and publish what they did")
{
    world w{{}, GENERATE(1U, 2U)};
    w.hub().configure("global", {.client_publish = true});
    w.serve();
    auto all = connect(w, 4);
    progress_log log;
    auto slow = w.server().async_shutdown({.drain_time = endless, .on_progress = log.sink()}, asio::use_future);
    REQUIRE(log.reached(progress_log::phase::closing));
    CHECK(log.told().front().of == 4);
    CHECK_THROWS(client{w.port()}); // does not listen
    CHECK_THROWS_AS(w.hub().connect(identity{.user_id = "new"}, local_handlers{}), boost::system::system_error);
    CHECK(w.hub().publish("global", "n", 1).local_receivers == 4);
    all.front()->send({{"type", "publish"}, {"room", "global"}, {"payload", {{"type", "n"}, {"payload", 2}}}});
    for (auto& one : all) {
        CHECK(one->next("n") == 1);
        if (one != all.front())
            CHECK(one->next("n") == 2);
    }
    auto fast = w.hub().async_shutdown({}, asio::use_future);
    for (auto& one : all)
        CHECK(one->closed() == closed_for_shutdown);
    REQUIRE(fast.wait_for(patience) == std::future_status::ready);
    REQUIRE(slow.wait_for(patience) == std::future_status::ready);
    CHECK_NOTHROW(slow.get());
    CHECK(log.reached(progress_log::phase::ending));
    CHECK(w.hub().publish("global", "n", 3).error == error::shutting_down);
}

TEST_CASE("connections are closed no faster than the rate, and no slower than the time")
{
    world w{{}, GENERATE(1U, 2U)};
    w.serve();
    auto all = connect(w, 20);
    const auto began = std::chrono::steady_clock::now();
    // At this rate it would take years.
    const bool by_time = GENERATE(false, true);
    const auto how = by_time ? shutdown_options{.deadline = 10s, .drain_time = 400ms, .drain_rate = 0}
                             : shutdown_options{.deadline = 10s, .drain_time = endless, .drain_rate = 50};
    auto done = w.hub().async_shutdown(how, asio::use_future);
    for (auto& one : all)
        CHECK(one->closed() == closed_for_shutdown);
    REQUIRE(done.wait_for(patience) == std::future_status::ready);
    CHECK_NOTHROW(done.get());
    CHECK(std::chrono::steady_clock::now() - began >= 390ms);
}

TEST_CASE("a client whose publish waits for the store is answered before it is told to go")
{
    waiting_publish p;
    client idle{p.w.port()};
    auto done = p.w.server().async_shutdown({.deadline = endless}, asio::use_future);
    CHECK(idle.closed() == closed_for_shutdown); // it was the other one's turn as well
    p.store.release();
    json::value answer;
    do {
        answer = p.c->next();
    } while (answer.at("type") != "published");
    CHECK(answer.at("request_id") == "r");
    CHECK(p.c->closed() == closed_for_shutdown);
    REQUIRE(done.wait_for(patience) == std::future_status::ready);
    CHECK_NOTHROW(done.get());
}

TEST_CASE("a store that never answers does not hold up a shutdown")
{
    waiting_publish p;
    auto done = p.w.server().async_shutdown({.deadline = 500ms}, asio::use_future);
    CHECK(p.c->closed() == closed_for_shutdown);
    REQUIRE(done.wait_for(patience) == std::future_status::ready);
    CHECK_NOTHROW(done.get());
    p.store.release();
}

TEST_CASE("a hub that closes refuses before it asks the authenticator, which may use a ticket up")
{
    world w;
    std::atomic<int> asked{0};
    w.serve();
    endpoint door{w.hub(), {.authenticate = [&](const handshake_request&) {
                      ++asked;
                      return auth_result{identity{}};
                  }}};
    const own_server<> own{w.context(), [&door](tcp::socket socket, const auto& request, const auto&) {
                               door.accept(std::move(socket), request);
                           }};
    const auto ask = [&] {
        raw::raw_client c{own.port()};
        c.send("GET /api/v1/sse?rooms=global HTTP/1.1\r\nHost: localhost\r\n\r\n");
        return c.answer().status;
    };
    CHECK(ask() == 200);
    CHECK(asked == 1);
    auto done = w.hub().async_shutdown({.drain_time = endless}, asio::use_future);
    CHECK(eventually([&] { return ask() == 503; }));
    const int before = asked;
    CHECK(ask() == 503);
    CHECK(asked == before);
    w.hub().async_shutdown({}, asio::use_future).get();
    CHECK_NOTHROW(done.get());
}

TEST_CASE("a presence store that is away does not keep the context from ending, nor one that throws as it rests")
{
    struct away_presence {
        void async_enter(std::string_view, presence_client, presence_changed done) { done({}, {}); }
        void async_leave(std::string_view, std::string_view, presence_changed done)
        {
            ++*leaves;
            done(error::store_failed, {});
        }
        void async_refresh(std::vector<presence_entries>, presence_refreshed done) { done({}, {}); }
        void async_read(std::string_view, std::size_t, presence_was_read done) { done({}, {}); }
        std::chrono::milliseconds lifetime() const { return 30ms; }
        void rest() const { throw std::runtime_error{"cannot"}; }
        std::shared_ptr<std::atomic<int>> leaves = std::make_shared<std::atomic<int>>();
    };
    const away_presence away;
    std::atomic<int> exceptions{0};
    asio::io_context io{1};
    hub at{io.get_executor()};
    at.configure("chat:", {.presence = true});
    at.presence(away);
    at.on_exception([&](const std::exception_ptr&) { ++exceptions; });
    auto alice = at.connect(identity{.user_id = "alice", .rooms = {"chat:1"}}, local_handlers{});
    auto ran = std::async(std::launch::async, [&] { io.run(); });
    const stop_at_end stop{io};
    auto done = at.async_shutdown({.deadline = 100ms}, asio::use_future);
    CHECK(done.wait_for(patience) == std::future_status::ready);
    CHECK(ran.wait_for(patience) == std::future_status::ready);
    io.stop();
    ran.get();
    CHECK(*away.leaves > 0);
    CHECK(exceptions == 1);
}

TEST_CASE("what the progress handler throws is told, and stops nothing")
{
    world w;
    std::promise<void> told;
    w.hub().on_exception([&, once = false](const std::exception_ptr&) mutable {
        if (!std::exchange(once, true))
            told.set_value();
    });
    w.serve();
    client c{w.port()};
    auto done = w.hub().async_shutdown(
        {.on_progress = [](const shutdown_progress&) { throw std::runtime_error{"no"}; }}, asio::use_future);
    CHECK(told.get_future().wait_for(patience) == std::future_status::ready);
    CHECK(c.closed() == closed_for_shutdown);
    REQUIRE(done.wait_for(patience) == std::future_status::ready);
    CHECK_NOTHROW(done.get());
}

TEST_CASE("the context ends by itself when the hub has shut down, while hub and server are there still")
{
    asio::io_context io{1};
    hub at{io.get_executor()};
    server s{at, {.address = "127.0.0.1", .port = 0}};
    bool done = false;
    asio::post(io, [&] { s.async_shutdown({}, [&](error_code ec) { done = !ec; }); });
    auto ran = std::async(std::launch::async, [&] { io.run(); });
    const stop_at_end stop{io};
    const bool ended = ran.wait_for(patience) == std::future_status::ready;
    CHECK(ended);
    io.stop();
    ran.get();
    CHECK(done);
}

TEST_CASE("HEAD that hub.accept refuses gets no body")
{
    world w;
    w.serve();
    const own_server<> own{w.context(), [&w](tcp::socket socket, const auto& request, const auto&) {
                               w.hub().accept(std::move(socket), request, identity{});
                           }};
    raw::raw_client c{own.port()};
    c.send("HEAD /api/v1/ws HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CHECK(c.answer(true).status == 426);
    CHECK(c.closed());
}

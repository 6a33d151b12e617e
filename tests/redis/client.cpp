// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "redis/client_support.hpp"
#include "support/catch.hpp"

#include <fanfare/error.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/system/system_error.hpp>

#include <future>

using namespace fanfare;
using namespace fanfare::test;

namespace {

asio::awaitable<std::int64_t> count_twice(redis_client client)
{
    co_await client.async_command({"INCR", "n"}, asio::use_awaitable);
    const auto reply = co_await client.async_command({"INCR", "n"}, asio::use_awaitable);
    co_return reply.integer;
}

// Whether the context ends by itself.
bool ends(asio::io_context& io)
{
    auto ran = std::async(std::launch::async, [&io] { io.run(); });
    const bool ended = ran.wait_for(20s) == std::future_status::ready;
    io.stop();
    ran.get();
    io.restart();
    return ended;
}

} // namespace

TEST_CASE(
    "a client that rests answers what it was asked, lets its context end, and connects again when it is used")
{
    redis_server server;
    asio::io_context io;
    redis_client client{io, server.url()};
    journal states;
    client.on_state([states](bool up, const std::string&) { states.add(up ? "up" : "down"); });
    for (const std::string value : {"one", "two"}) {
        std::string answered;
        client.async_command({"SET", "key", value}, [](error_code, const redis_result&) {});
        client.async_command({"GET", "key"}, [&](error_code ec, const redis_result& got) {
            answered = ec ? ec.message() : got.text;
        });
        client.rest();
        CHECK(ends(io));
        CHECK(answered == value);
        CHECK_FALSE(client.up());
    }
    CHECK(states.lines() == std::vector<std::string>{"down", "up", "down", "up", "down"});
    client.rest(); // once more, with nothing to do
    CHECK(ends(io));
}

TEST_CASE("a client that rests where no Redis is lets its context end, and its commands fail in time")
{
    asio::io_context io;
    redis_options nowhere{.port = 1, .queue_time = 100ms};
    redis_client client{io, nowhere};
    SECTION("without a command")
    {
        client.rest();
        CHECK(ends(io));
    }
    SECTION("with a command that waits")
    {
        error_code failed;
        client.async_command({"PING"}, [&](error_code ec, const redis_result&) { failed = ec; });
        client.rest();
        CHECK(ends(io));
        CHECK(failed == error::bus_unavailable);
    }
}

TEST_CASE(
    "a Redis that answers byte by byte does not keep a client that rests from ending, nor one used after that")
{
    stranger slow{[](int s) {
        hear(s);
        say(s, "+PONG\r\n+OK\r\n*1\r\n$6\r\nmaster\r\n");
        hear(s);
        say(s, "$1000000\r\n");
        while (::send(s, "x", 1, MSG_NOSIGNAL) ==
               1) // as slow as it takes never to be silent: until it is hung up on
            std::this_thread::sleep_for(10ms);
    }};
    asio::io_context io;
    auto options = quick(slow.url());
    options.response_timeout = 500ms;
    redis_client client{io, options};
    bool asks_for_rest = true;
    for (int round = 0; round != 2; ++round) {
        error_code failed;
        client.async_command({"GET", "key"}, [&](error_code ec, const redis_result&) { failed = ec; });
        if (std::exchange(asks_for_rest, false))
            client.rest();
        CHECK(ends(io));
        CHECK(failed == error::delivery_unknown);
    }
}

TEST_CASE("a client that is used once more after it was told to rest rests again by itself")
{
    redis_server server;
    asio::io_context io;
    redis_client client{io, server.url()};
    client.rest();
    REQUIRE(ends(io));
    const journal notes;
    watch(client, notes);
    for (int round = 0; round != 2; ++round) {
        std::vector<std::string> answers; // the second command comes when the first one is answered
        client.async_command({"ECHO", "one"}, [&](error_code, const redis_result& first) {
            answers.push_back(first.text);
            client.async_command({"ECHO", "two"},
                                 [&](error_code, const redis_result& second) { answers.push_back(second.text); });
        });
        CHECK(ends(io));
        CHECK(answers == std::vector<std::string>{"one", "two"});
        CHECK_FALSE(client.up());
    }
    CHECK(notes.count("up") == 2); // not once for each command
}

TEST_CASE("a client that rested, and is asked how it stands, stays connected")
{
    redis_server server;
    running_context io;
    redis_client client{io.get(), server.url()};
    const journal notes;
    watch(client, notes);
    client.rest();
    REQUIRE(notes.wait_for_line("closed until it is used again"));
    CHECK(ask(client, {"ECHO", "x"}) == "x"); // it would rest again by itself
    CHECK(eventually([&] { return client.status().up; }));
    CHECK(notes.wait_for_line("up"));
    const auto so_far = notes.lines().size();
    CHECK_FALSE(notes.wait([so_far](const auto& lines) { return lines.size() > so_far; }, 1500ms));
}

TEST_CASE("to ask how a resting client stands has it connect")
{
    redis_server server;
    asio::io_context io;
    redis_client client{io, server.url()};
    client.rest();
    REQUIRE(ends(io));
    auto work = asio::make_work_guard(io); // or it ends before anything is asked
    auto ran = std::async(std::launch::async, [&io] { io.run(); });
    CHECK(eventually([&] { return client.status().up; }));
    work.reset();
    client.rest();
    CHECK(ran.wait_for(20s) == std::future_status::ready);
    io.stop();
}

TEST_CASE("a command takes any completion token")
{
    redis_server server;
    running_context io;
    redis_client client{io.get(), server.url()};
    CHECK(client.async_command({"SET", "a", "b"}, asio::use_future).get().text == "OK");
    CHECK(asio::co_spawn(io.get(), count_twice(client), asio::use_future).get() == 2);
    CHECK_THROWS_AS(client.async_command({"NONSENSE"}, asio::use_future).get(), boost::system::system_error);
    CHECK(ask(client, {"NONSENSE"}).starts_with("Redis answered with an error: ERR unknown command"));

    asio::io_context other; // a handler runs where it wants to
    std::thread::id ran_in;
    client.async_command({"PING"}, asio::bind_executor(other, [&ran_in](error_code, redis_result) {
                             ran_in = std::this_thread::get_id();
                         }));
    other.run();
    CHECK(ran_in == std::this_thread::get_id());
}

TEST_CASE("a result owns all parts of a reply")
{
    redis_server server;
    running_context io;
    redis_client client{io.get(), server.url()};
    const auto run = [&client](std::vector<std::string> words) {
        return client.async_command(std::move(words), asio::use_future).get();
    };
    const std::string binary{"a\0\r\n\xff", 5};
    CHECK(run({"RPUSH", "list", "one", binary}).integer == 2);
    const auto list = run({"LRANGE", "list", "0", "-1"});
    CHECK(list.what == redis_result::type::array);
    REQUIRE(list.elements.size() == 2);
    CHECK(list.elements[1].text == binary);
    CHECK(run({"GET", "none"}).is_nil());
    const auto nested = run({"EVAL", "return {1, {2, {'x'}}}", "0"});
    CHECK(nested.elements.at(1).elements.at(1).elements.at(0).text == "x");
}

TEST_CASE("copies share one connection, and the last one ends it")
{
    redis_server server;
    running_context io;
    const auto clients = [&server] {
        const auto list = server.command({"CLIENT", "LIST"});
        std::size_t n = 0;
        for (auto at = list.find("name=fanfare"); at != std::string::npos; at = list.find("name=fanfare", at + 1))
            ++n;
        return n;
    };
    std::optional<redis_client> first{std::in_place, io.get(), server.url()};
    std::optional<redis_client> second{*first};
    CHECK(ask(*second, {"PING"}) == "PONG");
    CHECK(clients() == 1);
    first.reset();
    CHECK(ask(*second, {"PING"}) == "PONG");
    second.reset();
    CHECK(eventually([&] { return clients() == 0; }));
}

TEST_CASE("an observer learns the present state first, and then each change")
{
    redis_server server;
    running_context io;
    redis_client client{io.get(), quick(server.url())};
    CHECK(ask(client, {"PING"}) == "PONG");
    journal notes;
    watch(client, notes);
    REQUIRE(notes.wait_for_count(1));
    CHECK(notes.lines().front() == "up");
    server.kill_hard();
    REQUIRE(notes.wait_for_line("down: redis://127.0.0.1:"));
    server.start();
    CHECK(notes.wait([](const auto& l) { return std::count(l.begin(), l.end(), "up") == 2; }));
}

TEST_CASE("a refused command is told through its handler, never before the call returns")
{
    running_context io;
    const reserved_port port;
    auto options = quick("redis://127.0.0.1:" + std::to_string(port.number()));
    options.queue_messages = 1;
    redis_client client{io.get(), options};
    client.async_command({"PING"}, [](error_code, const redis_result&) {});
    std::promise<std::pair<error_code, bool>> fate;
    std::promise<void> returned;
    const auto after = returned.get_future().share();
    client.command({"PING"}, [&fate, after](error_code ec, const detail::redis_value& v) {
        after.wait();
        fate.set_value({ec, v.is_nil()});
    });
    returned.set_value();
    CHECK(fate.get_future().get() == std::pair{error_code{error::bus_unavailable}, true});
}

TEST_CASE("an io_context runs out of work once the client is gone")
{
    redis_server server;
    asio::io_context io;
    {
        redis_client client{io, server.url()};
        std::string got;
        client.async_command({"PING"}, [&got](error_code, const redis_result& r) { got = r.text; });
        const auto deadline = std::chrono::steady_clock::now() + 20s;
        while (got.empty() && io.run_one_until(deadline) != 0) {
        }
        CHECK(got == "PONG");
    }
    CHECK(io.run_for(20s) < 100);
    CHECK(io.stopped());
}

TEST_CASE("a client may be destroyed from any thread at any time")
{
    redis_server server;
    const reserved_port port;
    const auto nobody = "redis://127.0.0.1:" + std::to_string(port.number());
    running_context io{2};
    for (int i = 0; i != 60; ++i) {
        const auto url = i % 3 == 0 ? nobody : i % 3 == 1 ? server.url() : std::string{"redis://localhost:1"};
        redis_client client{io.get(), quick(url)};
        for (int k = 0; k != 20; ++k)
            client.async_command({"PING"}, [client](error_code, const redis_result&) {});
        if (i % 6 == 1)
            CHECK(ask(client, {"PING"}) == "PONG");
        std::thread{[gone = std::move(client)]() mutable { gone = redis_client{gone}; }}.join();
    }
}

TEST_CASE("a context may end with commands under way, before or after the client")
{
    redis_server server;
    const reserved_port port;
    const auto nobody = "redis://127.0.0.1:" + std::to_string(port.number());
    stranger silent{[](int s) { hear(s); }};
    for (int i = 0; i != 40; ++i) {
        auto io = std::make_unique<running_context>();
        const auto url = i % 4 == 0   ? nobody
                         : i % 4 == 1 ? server.url()
                         : i % 4 == 2 ? silent.url()
                                      : "redis://localhost:" + std::to_string(server.port());
        std::optional<redis_client> client{std::in_place, io->get(), quick(url)};
        journal notes;
        watch(*client, notes);
        const auto own = io->executor();
        for (int k = 0; k != 20; ++k) // handlers that hold the executor of the context, and the client
            client->async_command({"PING"},
                                  asio::bind_executor(own, [c = *client](error_code, const redis_result&) {}));
        if (i % 2 == 0)
            notes.wait_for_count(2);
        if (i % 8 < 4) {
            io.reset();
            CHECK_FALSE(client->up());
            client->command({"PING"}, [](error_code, const detail::redis_value&) {});
            client->on_state([](bool, const std::string&) {});
            client.reset();
        } else {
            client.reset();
            io.reset();
        }
    }
}

#if !defined(FANFARE_WITH_SSL)
TEST_CASE("without TLS in the build a rediss URL says so at once")
{
    running_context io;
    CHECK_THROWS_WITH(redis_client(io.get(), "rediss://localhost"), Catch::Contains("FANFARE_WITH_SSL"));
}
#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "redis/client_support.hpp"
#include "support/catch.hpp"

#include <fanfare/detail/redis/pipeline.hpp>
#include <fanfare/error.hpp>

#include <boost/asio/post.hpp>

#include <future>

using namespace fanfare;
using namespace fanfare::test;
using detail::redis_pipeline;
using detail::redis_value;

namespace {

// A pipeline that is stopped at the end, with a journal of its link.
struct pipe_line {
    pipe_line(running_context& io, const redis_options& options)
        : strand{std::make_shared<detail::bound_strand>(io.executor())}, line{
                                                                             redis_pipeline::make(strand, options)}
    {
        line->on_link_up = [n = notes] { n->add("up"); };
        line->on_link_down = [n = notes](const std::string& why) { n->add("down: " + why); };
        line->start();
    }
    ~pipe_line() { line->stop(); }
    pipe_line(const pipe_line&) = delete;
    pipe_line& operator=(const pipe_line&) = delete;

    // Sends a command whose fate is written down.
    error_code send(std::initializer_list<std::string_view> words)
    {
        return line->send(words, [f = fates](error_code ec, const redis_value& v) {
            f->add(ec                                        ? ec == error::redis_failed ? std::string{v.text()}
                                                                                         : std::string{to_string(error(ec.value()))}
                                                          : v.kind() == detail::redis_kind::integer ? std::to_string(v.integer())
                                                             : std::string{v.text()});
        });
    }
    template <class F>
    auto on_strand(F f)
    {
        std::promise<decltype(f())> answer;
        strand->post([&] { answer.set_value(f()); });
        return answer.get_future().get();
    }

    std::shared_ptr<journal> notes = std::make_shared<journal>();
    std::shared_ptr<journal> fates = std::make_shared<journal>();
    std::shared_ptr<detail::bound_strand> strand;
    std::shared_ptr<redis_pipeline> line;
};

} // namespace

TEST_CASE("ten thousand commands of one turn leave in one write, and the replies come in order")
{
    redis_server server;
    running_context io;
    pipe_line p{io, quick(server.url())};
    REQUIRE(p.notes->wait_for_line("up"));
    std::atomic<int> wrong = 0;
    std::promise<void> all;
    const auto writes = p.on_strand([&] {
        const auto before = p.line->link().writes();
        for (int i = 1; i <= 10'000; ++i) {
            const auto ec = p.line->send({"INCR", "n"}, [&, i](error_code failed, const redis_value& v) {
                wrong += failed || v.integer() != i;
                if (i == 10'000)
                    all.set_value();
            });
            wrong += bool{ec};
        }
        return before;
    });
    REQUIRE(all.get_future().wait_for(20s) == std::future_status::ready);
    CHECK(wrong == 0);
    CHECK(p.on_strand([&] { return p.line->link().writes(); }) == writes + 1);
    CHECK(p.on_strand([&] { return p.line->size(); }) == 0);
}

TEST_CASE("threads that send at once each keep their order")
{
    redis_server server;
    running_context io{2};
    pipe_line p{io, quick(server.url())};
    std::vector<std::thread> threads;
    for (int t = 0; t != 4; ++t)
        threads.emplace_back([&p, t] {
            const auto key = "list" + std::to_string(t);
            for (int i = 0; i != 2'500; ++i)
                if (p.line->send({"RPUSH", key, std::to_string(i)}))
                    p.fates->add("refused");
        });
    for (auto& t : threads)
        t.join();
    p.send({"ECHO", "end"});
    REQUIRE(p.fates->wait_for_line("end"));
    CHECK(p.fates->lines().size() == 1);
    redis_client client{io.get(), server.url()};
    for (int t = 0; t != 4; ++t) {
        const auto key = "list" + std::to_string(t);
        CHECK(ask(client, {"LLEN", key}) == "2500");
        for (const auto i : {0, 1, 1'234, 2'499})
            CHECK(ask(client, {"LINDEX", key, std::to_string(i)}) == std::to_string(i));
    }
}

TEST_CASE("commands wait for a Redis that starts later and are carried out in order")
{
    redis_server server{{}, false};
    running_context io;
    pipe_line p{io, quick(server.url())};
    REQUIRE(p.notes->wait_for_line("connection refused"));
    for (int i = 0; i != 1'000; ++i)
        REQUIRE_FALSE(p.send({"RPUSH", "list", std::to_string(i)}));
    server.start();
    REQUIRE(p.fates->wait_for_count(1'000));
    const auto fates = p.fates->lines();
    for (std::size_t i = 0; i != fates.size(); ++i)
        REQUIRE(fates[i] == std::to_string(i + 1));
    redis_client client{io.get(), server.url()};
    CHECK(ask(client, {"LINDEX", "list", "0"}) == "0");
    CHECK(ask(client, {"LINDEX", "list", "999"}) == "999");
}

TEST_CASE("a killed Redis leaves what was under way unknown, and nothing is sent twice")
{
    redis_server server;
    running_context io;
    pipe_line p{io, quick(server.url())};
    REQUIRE(p.notes->wait_for_line("up"));
    server.freeze();
    for (int i = 0; i != 100; ++i)
        REQUIRE_FALSE(p.send({"INCR", "n"}));
    // Written: the frozen server's kernel has them.
    REQUIRE(p.on_strand([&] { return p.line->link().writes(); }) >= 2);
    server.kill_hard();
    REQUIRE(p.fates->wait_for_count(100));
    CHECK(p.fates->count("delivery_unknown") == 100);
    REQUIRE(p.notes->wait_for_line("down: "));
    server.start();
    p.send({"INCR", "n"});
    REQUIRE(p.fates->wait_for_count(101));
    CHECK(p.fates->lines().back() == "1");
}

TEST_CASE("through a stream of kills each command has one fate, and what succeeded was done once")
{
    redis_server server;
    running_context io;
    pipe_line p{io, quick(server.url())};
    REQUIRE(p.notes->wait_for_line("up"));
    std::atomic<bool> enough = false;
    std::atomic<std::size_t> sent = 0;
    std::thread sender{[&] {
        while (!enough) {
            if (!p.send({"INCR", "n"}))
                ++sent;
            std::this_thread::sleep_for(100us);
        }
    }};
    for (int round = 0; round != 3; ++round) {
        const auto before = p.fates->lines().size();
        CHECK(p.fates->wait_for_count(before + 50));
        server.restart(); // with an empty database
    }
    enough = true;
    sender.join();
    REQUIRE_FALSE(p.send({"INCR", "n"})); // perhaps the first one in this life
    ++sent;
    REQUIRE(p.fates->wait_for_count(sent));
    p.send({"GET", "n"});
    REQUIRE(p.fates->wait_for_count(sent + 1));
    const auto fates = p.fates->lines();
    CHECK(fates.size() == sent + 1);
    // In each life of the server the counter goes up by ones: no command was done without its answer in between
    // but those whose fate is unknown, and none was done twice.
    int last = 0;
    std::size_t unknown = 0;
    for (std::size_t i = 0; i + 1 != fates.size(); ++i) {
        if (fates[i] == "delivery_unknown") {
            ++unknown;
            continue;
        }
        const int n = std::stoi(fates[i]);
        CHECK((n == last + 1 || n == 1));
        last = n;
    }
    CHECK(fates.back() == std::to_string(last));
    INFO(unknown << " of " << sent << " unknown");
    CHECK(unknown < sent);
}

TEST_CASE("a frozen Redis is noticed within the response timeout")
{
    redis_server server;
    running_context io;
    auto options = quick(server.url());
    options.response_timeout = 300ms;
    options.connect_timeout = 300ms;
    pipe_line p{io, options};
    REQUIRE(p.notes->wait_for_line("up"));
    server.freeze();
    const auto begin = std::chrono::steady_clock::now();
    p.send({"PING"});
    REQUIRE(p.fates->wait_for_line("delivery_unknown"));
    const auto took = std::chrono::steady_clock::now() - begin;
    CHECK(took >= 300ms);
    CHECK(p.notes->wait_for_line("does not answer (300 ms)"));
    server.thaw();
    p.send({"ECHO", "back"});
    CHECK(p.fates->wait_for_line("back"));
}

TEST_CASE("a frozen Redis is noticed while commands come all the time")
{
    redis_server server;
    running_context io;
    auto options = quick(server.url());
    options.response_timeout = 300ms;
    pipe_line p{io, options};
    REQUIRE(p.notes->wait_for_line("up"));
    server.freeze();
    std::atomic<bool> enough = false;
    std::atomic<std::size_t> sent = 0;
    std::thread sender{[&] {
        while (!enough) {
            if (!p.send({"PING"}))
                ++sent;
            std::this_thread::sleep_for(1ms);
        }
    }};
    CHECK(p.notes->wait_for_line("does not answer (300 ms)"));
    CHECK(p.fates->wait_for_line("delivery_unknown"));
    enough = true;
    sender.join();
    server.thaw();
    REQUIRE(p.fates->wait_for_count(sent));
    p.send({"ECHO", "back"});
    CHECK(p.fates->wait_for_line("back"));
}

TEST_CASE("a large command may take longer than the response timeout, also behind one that waits for its answer")
{
    constexpr auto timeout = 2s;
    std::atomic<bool> on_its_way = false;
    stranger slow{[&](int s) {
        hear(s);
        say(s, "+PONG\r\n+OK\r\n*1\r\n$6\r\nmaster\r\n");
        hear(s);
        eventually([&] { return on_its_way.load(); });
        say(s, "+PONG\r\n");
        std::string part(256 * 1024, ' ');
        const auto begin = std::chrono::steady_clock::now();
        while (std::chrono::steady_clock::now() - begin < timeout + timeout / 2) { // not half of it, at this pace
            if (::recv(s, part.data(), part.size(), MSG_WAITALL) <= 0)
                return;
            std::this_thread::sleep_for(50ms);
        }
        while (!part.ends_with("x\r\n"))
            if ((part = hear(s)).empty())
                return;
        say(s, "+OK\r\n");
        hear(s);
    }};
    running_context io;
    auto options = quick(slow.url());
    options.response_timeout = timeout;
    pipe_line p{io, options};
    REQUIRE(p.notes->wait_for_line("up"));
    p.send({"PING"});
    CHECK(eventually(
        [&] { return p.on_strand([&] { return p.line->link().writes() == 2 && !p.line->link().writing(); }); }));
    CHECK_FALSE(p.send({"SET", "a", std::string(40 * 1024 * 1024, 'x')}));
    CHECK(eventually([&] { return p.on_strand([&] { return p.line->link().writes() == 3; }); }));
    on_its_way = true;
    CHECK(p.fates->wait_for_count(2));
    CHECK(p.fates->lines() == std::vector<std::string>{"PONG", "OK"});
    CHECK(p.notes->lines() == std::vector<std::string>{"up"});
}

TEST_CASE("a quiet link is left alone")
{
    redis_server server;
    running_context io;
    auto options = quick(server.url());
    options.response_timeout = 100ms;
    pipe_line p{io, options};
    p.send({"PING"});
    REQUIRE(p.fates->wait_for_line("PONG"));
    CHECK_FALSE(p.notes->wait([](const auto& lines) { return lines.size() > 1; }, 500ms));
    CHECK(p.on_strand([&] { return p.line->link().writes(); }) == 2); // the login and one command
}

TEST_CASE("what waits for a Redis that is away is limited in number, bytes and time")
{
    running_context io;
    const reserved_port port;
    auto options = quick("redis://127.0.0.1:" + std::to_string(port.number()));
    options.queue_messages = 10;
    options.queue_bytes = 10'000;
    options.queue_time = 200ms;
    pipe_line p{io, options};
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i != 10; ++i)
        CHECK_FALSE(p.send({"PING"}));
    CHECK(p.send({"PING"}) == error::bus_unavailable);
    CHECK(p.send({"ECHO", std::string(20'000, 'x')}) == error::message_too_large);
    REQUIRE(p.fates->wait_for_count(10));
    CHECK(std::chrono::steady_clock::now() - begin >= 200ms);
    CHECK(p.fates->count("bus_unavailable") == 10);
    CHECK(p.line->size() == 0);
    CHECK_FALSE(p.send({"ECHO", std::string(9'000, 'x')}));
    CHECK(p.send({"ECHO", std::string(2'000, 'x')}) == error::bus_unavailable);
}

TEST_CASE("a Redis that does not keep up pushes back, and the memory stays within the limits")
{
    redis_server server;
    running_context io;
    auto options = quick(server.url());
    options.queue_messages = 1'000;
    pipe_line p{io, options};
    REQUIRE(p.notes->wait_for_line("up"));
    server.freeze();
    error_code ec;
    int taken = 0;
    for (; taken <= 1'000 && !ec; ++taken)
        ec = p.send({"PING"});
    CHECK(ec == error::queue_full);
    CHECK(taken == 1'001);
    server.thaw();
    REQUIRE(p.fates->wait_for_count(1'000));
    CHECK(p.fates->count("PONG") == 1'000);
    // Room is made once a read's replies are all handed out.
    p.on_strand([] { return 0; });
    CHECK_FALSE(p.send({"PING"}));
}

TEST_CASE("held commands wait until they are let go")
{
    redis_server server;
    running_context io;
    pipe_line p{io, quick(server.url())};
    p.line->hold(true);
    REQUIRE(p.notes->wait_for_line("up"));
    CHECK_FALSE(p.line->ready());
    p.send({"SET", "a", "1"});
    CHECK(p.on_strand([&] { return p.line->link().writes(); }) == 1); // the login
    CHECK(server.command({"GET", "a"}) == "$-1\r\n");
    p.line->hold(false);
    REQUIRE(p.fates->wait_for_line("OK"));
    CHECK(p.line->ready());
}

TEST_CASE("commands that are held for too long are given back")
{
    redis_server server;
    running_context io;
    auto options = quick(server.url());
    options.queue_time = 100ms;
    pipe_line p{io, options};
    REQUIRE(p.notes->wait_for_line("up"));
    p.line->hold(true);
    p.send({"SET", "a", "1"});
    CHECK(p.fates->wait_for_line("bus_unavailable"));
    p.line->hold(false);
    p.send({"GET", "a"});
    REQUIRE(p.fates->wait_for_count(2));
    CHECK(p.fates->lines().back().empty());
}

TEST_CASE("an urgent command goes ahead of what is held, and never waits for a link")
{
    redis_server server;
    running_context io;
    pipe_line p{io, quick(server.url())};
    p.line->hold(true);
    REQUIRE(p.notes->wait_for_line("up"));
    p.send({"ECHO", "held"});
    const auto ec = p.line->send(
        {"ECHO", "urgent"}, [f = p.fates](error_code, const redis_value& v) { f->add(std::string{v.text()}); },
        detail::redis_urgency::urgent);
    CHECK_FALSE(ec);
    REQUIRE(p.fates->wait_for_line("urgent"));
    CHECK(p.fates->lines().size() == 1);
    p.line->hold(false);
    REQUIRE(p.fates->wait_for_line("held"));
    server.kill_hard();
    REQUIRE(p.notes->wait_for_line("down"));
    CHECK(p.line->send({"PING"}, {}, detail::redis_urgency::urgent) == error::bus_unavailable);
}

TEST_CASE("an error reply is its command's own and harms no other")
{
    redis_server server;
    running_context io;
    pipe_line p{io, quick(server.url())};
    p.send({"SET", "a", "word"});
    p.send({"INCR", "a"});
    p.send({"GET", "a"});
    REQUIRE(p.fates->wait_for_count(3));
    CHECK(p.fates->lines() ==
          std::vector<std::string>{"OK", "ERR value is not an integer or out of range", "word"});
}

TEST_CASE("a connection that is dropped on purpose comes back")
{
    redis_server server;
    running_context io;
    pipe_line p{io, quick(server.url())};
    REQUIRE(p.notes->wait_for_line("up"));
    p.line->drop("on purpose");
    REQUIRE(p.notes->wait([](const auto& l) { return std::count(l.begin(), l.end(), "up") == 2; }));
    CHECK(p.notes->lines()[1].ends_with("on purpose"));
    p.send({"PING"});
    CHECK(p.fates->wait_for_line("PONG"));
}

TEST_CASE("megabytes in one command and in one reply pass")
{
    redis_server server;
    running_context io;
    pipe_line p{io, quick(server.url())};
    const std::string large(20 * 1024 * 1024, 'x');
    p.send({"SET", "a", large});
    p.send({"GET", "a"});
    REQUIRE(p.fates->wait_for_count(2));
    CHECK(p.fates->lines().back() == large);
}

TEST_CASE("stopping gives each command its one fate")
{
    redis_server server;
    running_context io;
    pipe_line p{io, quick(server.url())};
    REQUIRE(p.notes->wait_for_line("up"));
    server.freeze();
    p.send({"PING"});
    p.on_strand([] { return 0; });
    p.line->hold(true);
    p.send({"PING"});
    p.line->stop();
    REQUIRE(p.fates->wait_for_count(2));
    CHECK(p.fates->lines() == std::vector<std::string>{"delivery_unknown", "bus_unavailable"});
    CHECK(p.send({"PING"}) == error::bus_unavailable);
}

TEST_CASE("what must not wait fails once Redis is known to be away, and the rest waits in its order")
{
    redis_server server{{}, false};
    running_context io;
    auto options = quick(server.url());
    options.queue_time = 1h;
    pipe_line p{io, options};
    const auto send_now = [&](std::string_view word) {
        return p.line->send(
            {"ECHO", word},
            [f = p.fates](error_code ec, const redis_value& v) {
                f->add(ec ? std::string{to_string(error(ec.value()))} : std::string{v.text()});
            },
            detail::redis_urgency::prompt);
    };
    REQUIRE(p.notes->wait_for_line("down"));
    CHECK(send_now("late") == error::bus_unavailable);
    CHECK_FALSE(p.send({"ECHO", "one"}));
    server.start();
    REQUIRE(p.notes->wait_for_line("up"));
    CHECK_FALSE(send_now("two"));
    REQUIRE(p.fates->wait_for_count(2));
    CHECK(p.fates->lines() == std::vector<std::string>{"one", "two"});

    server.kill_hard();
    // While the first attempt is under way it waits; with what waits there, before and after it.
    std::size_t refused = 0;
    REQUIRE(eventually([&] { return !p.line->ready(); }));
    CHECK_FALSE(p.send({"ECHO", "three"}));
    refused += send_now("four") ? 1U : 0U;
    CHECK_FALSE(p.send({"ECHO", "five"}));
    refused += send_now("six") ? 1U : 0U;
    CHECK(eventually([&] { return p.fates->count("bus_unavailable") + refused == 2; }));
    CHECK(p.line->size() == 2);
    server.start();
    REQUIRE(p.fates->wait_for_line("five"));
    const auto all = p.fates->lines();
    CHECK(all[all.size() - 2] == "three");
    CHECK(all.back() == "five");
    CHECK(eventually([&] { return p.line->size() == 0; }));
}

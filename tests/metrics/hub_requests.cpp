// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// What a hub tells about its clients' requests: how many of which type, and how long until the answer.
#include "metrics/recording.hpp"
#include "support/world.hpp"

#include <fanfare/inbox/memory.hpp>

#include <mutex>
#include <optional>
#include <string>
#include <vector>

using namespace fanfare;
using namespace fanfare::test;

namespace {

std::string count_of(const std::string& type)
{
    return "fanfare_requests{type=" + type + "}";
}
std::string times_of(const std::string& type)
{
    return "fanfare_request_seconds{type=" + type + "}";
}

// Requests, or what answers them, that the test holds back.
template <class T>
class held {
public:
    void keep(T one)
    {
        const std::lock_guard lock{mutex_};
        all_.push_back(std::move(one));
    }
    bool has(std::size_t n)
    {
        return eventually([&] {
            const std::lock_guard lock{mutex_};
            return all_.size() == n;
        });
    }
    std::vector<T> take()
    {
        const std::lock_guard lock{mutex_};
        return std::exchange(all_, {});
    }

private:
    std::mutex mutex_;
    std::vector<T> all_;
};

} // namespace

TEST_CASE("each request is counted and measured once, answered or refused")
{
    world w{{.metrics = true, .message_rate = 0}};
    memory_inbox inbox;
    w.hub().inbox(inbox);
    w.hub().configure("chat:", {.client_publish = true, .presence = true, .history = 10});
    w.hub().on_message("echo", [](request asked) { asked.reply(asked.payload()); });
    w.serve();
    client c{w.port(), "alice"};
    c.next("badge");
    const json::object rooms{{"rooms", json::array{"chat:1"}}};
    const std::vector<std::pair<std::string, json::value>> good{
        {"subscribe", {{"payload", rooms}}},
        {"publish", {{"room", "chat:1"}, {"payload", {{"type", "n"}, {"payload", 1}}}}},
        {"presence", {{"room", "chat:1"}}},
        {"history", {{"room", "chat:1"}}},
        {"inbox", {{"payload", json::object{}}}},
        {"mark", {{"payload", {{"action", "read"}, {"all", true}}}}},
        {"unsubscribe", {{"payload", rooms}}},
        {"ping", json::object{}},
        {"echo", {{"payload", 1}}},
    };
    const auto ask = [&c](const std::string& type, json::value message) {
        auto& fields = message.get_object();
        fields["type"] = type;
        fields["request_id"] = type;
        c.send(message);
        for (;;) // what others say comes in between
            if (auto m = c.next(); m.get_object().contains("request_id"))
                return std::string{m.at("type").as_string()};
    };
    for (const auto& [type, message] : good) {
        INFO(type);
        CHECK(ask(type, message) != "error");
        const auto name = type == "echo" ? "application" : type;
        CHECK(collected(w.hub())[count_of(name)] == 1);
        CHECK(eventually([&, name = name] { return collected(w.hub())[times_of(name)] == 1; }));
    }
    for (const auto* type : {"subscribe", "unsubscribe", "publish", "presence", "inbox", "mark", "ack", "history",
                             "refresh", "nonsense"}) {
        INFO(type);
        const auto name = std::string{type} == "nonsense" ? "application" : type;
        const auto before = collected(w.hub());
        CHECK(ask(type, {{"payload", 7}}) == "error");
        CHECK(collected(w.hub())[count_of(name)] == before[count_of(name)] + 1);
        CHECK(collected(w.hub())[times_of(name)] == before[times_of(name)] + 1);
    }
    CHECK(collected(w.hub())["fanfare_bad_messages"] == 10);
}

TEST_CASE("a publish without an id, and a request that the application ignores, are measured as well")
{
    world w{{.metrics = true}};
    w.hub().configure("chat:", {.client_publish = true});
    w.hub().on_message("note", [](request asked) { asked.ignore(); });
    w.hub().on_message("lost", [](const request&) {}); // answered with handler_failed
    w.serve();
    client c{w.port(), "alice"};
    c.send({{"type", "publish"}, {"room", "chat:1"}, {"payload", {{"type", "n"}, {"payload", 1}}}});
    c.send({{"type", "note"}});
    c.send({{"type", "lost"}});
    CHECK(c.next("error").at("code").as_string() == "handler_failed");
    const auto now = collected(w.hub());
    CHECK(now[times_of("publish")] == 1);
    CHECK(now[times_of("application")] == 2);
    CHECK(now[count_of("application")] == 2);
}

TEST_CASE("a request lasts until its answer, and one whose connection ends before is not measured")
{
    world w{{.metrics = true}};
    held<request> waiting;
    w.hub().on_message("ask", [&waiting](request asked) { waiting.keep(std::move(asked)); });
    w.serve();
    client c{w.port(), "alice"};
    client gone{w.port(), "bob"};
    const auto began = std::chrono::steady_clock::now();
    c.send({{"type", "ask"}});
    gone.send({{"type", "ask"}});
    REQUIRE(waiting.has(2));
    CHECK(collected(w.hub())[count_of("application")] == 2);
    CHECK(collected(w.hub())[times_of("application")] == 0);
    gone.close();
    REQUIRE(eventually([&] { return w.hub().stats().connections == 1; }));
    const auto soonest = std::chrono::steady_clock::now() - began;
    REQUIRE(eventually([&] { return std::chrono::steady_clock::now() - began > 2 * soonest; }));
    for (auto& asked : waiting.take())
        asked.reply(json::value(1));
    CHECK(c.next("ask") == json::value(1));
    c.drain();
    const auto now = collected(w.hub());
    CHECK(now[times_of("application")] == 1);
    CHECK(now.sum(times_of("application")) <=
          std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
    CHECK(now.sum(times_of("application")) > 0);
}

TEST_CASE("a request that is not decided about in time is measured, and one whose connection ends first is not")
{
    world w{{.metrics = true, .authorizer_timeout = 200ms}};
    w.hub().configure("chat:", {.client_publish = true});
    held<access_done> asked;
    w.hub().authorize([&asked](const access_request&, access_done done) { asked.keep(std::move(done)); });
    w.serve();
    client c{w.port(), "alice"};
    {
        client gone{w.port(), "bob"};
        gone.send({{"type", "publish"}, {"room", "chat:1"}, {"payload", {{"type", "n"}, {"payload", 1}}}});
        REQUIRE(asked.has(1));
        gone.close();
    }
    REQUIRE(eventually([&] { return w.hub().stats().connections == 1; }));
    c.send({{"type", "publish"},
            {"room", "chat:1"},
            {"request_id", 1},
            {"payload", {{"type", "n"}, {"payload", 1}}}});
    CHECK(c.next("error").at("code").as_string() == "timed_out");
    const auto now = collected(w.hub());
    CHECK(now[count_of("publish")] == 2);
    CHECK(now[times_of("publish")] == 1);
    CHECK(now.sum(times_of("publish")) >= 0.15); // in ticks
    for (const auto& done : asked.take())
        done(true);
    c.drain();
    CHECK(collected(w.hub())[times_of("publish")] == 1);
}

TEST_CASE("bad messages, those that come too fast, and handlers that throw are counted")
{
    world w{{.metrics = false, .message_rate = 1, .message_burst = 4}};
    w.hub().on_message("boom", [](const request&) { throw std::runtime_error("no"); });
    w.serve();
    client c{w.port(), "alice"};
    c.send_text("not json");
    c.send({{"type", "boom"}});
    for (int i = 0; i != 4; ++i)
        c.send({{"type", "ping"}});
    std::size_t errors = 0;
    std::size_t pongs = 0;
    while (errors + pongs != 6)
        ++(c.next().at("type").as_string() == "error" ? errors : pongs);
    const auto now = collected(w.hub());
    CHECK(now["fanfare_bad_messages"] == 1);
    CHECK(now["fanfare_handler_failures"] == 1);
    CHECK(now["fanfare_messages_received"] == static_cast<double>(2 + pongs));
    CHECK(now["fanfare_rate_limited"] == static_cast<double>(errors - 2));
    CHECK(now[count_of("ping")] == static_cast<double>(pongs));
    CHECK(now[count_of("application")] == 1);
    CHECK_FALSE(now.measures_times());
}

TEST_CASE("new identities are counted by whether they took effect")
{
    world w;
    w.hub().on_refresh([](const handshake_request& r) -> auth_result {
        return identity{.user_id = r.query("ticket").value_or("")};
    });
    w.serve();
    client c{w.port(), "alice"};
    c.send({{"type", "refresh"}, {"payload", {{"ticket", "alice"}}}});
    c.next("refreshed");
    c.send({{"type", "refresh"}, {"payload", {{"ticket", "mallory"}}}});
    c.next("error");
    const auto now = collected(w.hub());
    CHECK(now["fanfare_refreshes{result=ok}"] == 1);
    CHECK(now["fanfare_refreshes{result=refused}"] == 1);
    CHECK(now[count_of("refresh")] == 2);
}

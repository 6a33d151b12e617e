// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Connections of a process to its own hub.
#include "support/scripted_bus.hpp"

#include <fanfare/local_connection.hpp>

#include <condition_variable>
#include <deque>
#include <mutex>

using namespace fanfare;
using namespace fanfare::test;

namespace {

// What a local connection was told. Outlives the world.
class mailbox {
public:
    local_handlers handlers()
    {
        return {.on_message =
                    [this](std::string_view text) {
                        const std::lock_guard lock{mutex_};
                        messages_.push_back(json::parse({text.data(), text.size()}));
                        changed_.notify_all();
                    },
                .on_close =
                    [this](close_code code, std::string_view reason) {
                        const std::lock_guard lock{mutex_};
                        closed_.emplace(code, reason);
                        changed_.notify_all();
                    }};
    }
    json::value next()
    {
        std::unique_lock lock{mutex_};
        if (!changed_.wait_for(lock, patience, [this] { return !messages_.empty(); }))
            throw std::runtime_error("nothing came");
        auto out = std::move(messages_.front());
        messages_.pop_front();
        return out;
    }
    json::value next(std::string_view type)
    {
        auto message = next();
        if (message.at("type").as_string() != type)
            throw std::runtime_error("not " + std::string{type} + ": " + json::serialize(message));
        return message.get_object().contains("payload") ? message.at("payload") : json::value();
    }
    std::size_t waiting()
    {
        const std::lock_guard lock{mutex_};
        return messages_.size();
    }
    std::pair<close_code, std::string> closed()
    {
        std::unique_lock lock{mutex_};
        if (!changed_.wait_for(lock, patience, [this] { return closed_.has_value(); }))
            throw std::runtime_error("it did not end");
        return *closed_;
    }
    bool is_closed()
    {
        const std::lock_guard lock{mutex_};
        return closed_.has_value();
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<json::value> messages_;
    std::optional<std::pair<close_code, std::string>> closed_;
};

void subscribe(local_connection& c, const json::value& payload)
{
    CHECK_FALSE(c.send(json::serialize(json::value{{"type", "subscribe"}, {"payload", payload}})));
}

} // namespace

TEST_CASE("local: a process is a client of its own hub, in the same language")
{
    mailbox box;
    world w{{}, 2};
    w.hub().configure("chat:", {.client_publish = true, .history = 10});
    w.serve();
    auto c = w.hub().connect({.user_id = "svc"}, box.handlers());
    CHECK(box.next("connected").at("user_id").as_string() == "svc");
    subscribe(c, {{"rooms", {"chat:1"}}});
    CHECK(box.next("subscribed").at("rooms") == json::array{"chat:1"});
    client other{w.port(), "ali"};
    other.subscribe({"chat:1"});
    other.send({{"type", "publish"}, {"room", "chat:1"}, {"payload", {{"type", "say"}, {"payload", "hi"}}}});
    const auto got = box.next();
    CHECK(got == other.next());
    CHECK(got.at("offset") == 1);
    CHECK(w.hub().send_to_user("svc", "n", json::value(1)).local_receivers == 1);
    CHECK(box.next("n") == 1);
    c.send(R"({"type":"publish","room":"chat:1","payload":{"type":"say","payload":"you too"}})");
    CHECK(other.next("say") == "you too");
    CHECK(w.hub().stats().connections == 2);
    c.close();
    CHECK(eventually([&] { return w.hub().stats().connections == 1; }));
    CHECK_FALSE(box.is_closed()); // its own handle need not be told
}

TEST_CASE("local: what is sent before it is greeted waits, and is not lost")
{
    mailbox box, hasty;
    scripted_world s{{.message_burst = 3}};
    auto c = s.w.hub().connect({.user_id = "svc"}, box.handlers());
    auto d = s.w.hub().connect({.user_id = "svc"}, hasty.handlers());
    for (int i = 1; i <= 3; ++i)
        CHECK_FALSE(c.send(json::serialize(json::value{{"type", "ping"}, {"request_id", i}})));
    for (int i = 0; i != 4; ++i)
        CHECK_FALSE(d.send(R"({"type":"ping"})"));
    CHECK(hasty.closed().first == close_code::rate_limited);
    REQUIRE(eventually([&] { return s.bus.joining("user:svc"); }));
    CHECK(box.waiting() == 0);
    s.bus.sink().joined("user:svc");
    box.next("connected");
    for (int i = 1; i <= 3; ++i)
        CHECK(box.next().at("request_id") == i);
}

TEST_CASE("local: one that returns gets what it missed")
{
    mailbox first, second;
    world w;
    w.hub().configure("chat:", {.history = 10});
    w.run();
    json::value at;
    {
        auto c = w.hub().connect({}, first.handlers());
        first.next("connected");
        subscribe(c, {{"rooms", {"chat:1"}}});
        at = first.next("subscribed").at("positions").at("chat:1");
    }
    for (int i = 1; i <= 3; ++i)
        w.hub().publish("chat:1", "n", json::value(i));
    auto c = w.hub().connect({}, second.handlers());
    second.next("connected");
    subscribe(c, {{"rooms", {"chat:1"}}, {"since", {{"chat:1", at}}}});
    CHECK(second.next("subscribed").at("recovered").at("chat:1").at("recovered") == true);
    for (int i = 1; i <= 3; ++i)
        CHECK(second.next("n") == i);
}

TEST_CASE("local: while it pauses, messages wait as for a slow socket, and nothing is lost")
{
    mailbox box;
    world w;
    w.hub().configure("chat:", {});
    w.run();
    auto c = w.hub().connect({}, box.handlers());
    box.next("connected");
    subscribe(c, {{"rooms", {"chat:1"}}});
    box.next("subscribed");
    c.pause();
    for (int i = 0; i != 100; ++i)
        REQUIRE(w.hub().publish("chat:1", "n", json::value(i)));
    REQUIRE(eventually([&] { return w.hub().stats().delivered >= 102; }));
    CHECK(box.waiting() == 0);
    c.resume();
    for (int i = 0; i != 100; ++i)
        CHECK(box.next("n") == i);
}

TEST_CASE("local: one that pauses too long is told that it was too slow")
{
    mailbox box;
    world w{{.write_timeout = 100ms}};
    w.hub().configure("chat:", {});
    w.run();
    auto c = w.hub().connect({}, box.handlers());
    box.next("connected");
    subscribe(c, {{"rooms", {"chat:1"}}});
    box.next("subscribed");
    c.pause();
    REQUIRE(w.hub().publish("chat:1", "n", json::value(1)));
    CHECK(box.closed().first == close_code::write_timeout);
    CHECK(eventually([&] { return w.hub().stats().connections == 0; })); // it is told just before
    c.resume();
    c.send("{}"); // into the void
}

TEST_CASE("local: an idle one lives as long as its hub, also while it pauses")
{
    mailbox box;
    world w{{.ping_interval = 50ms, .idle_timeout = 300ms, .write_timeout = 200ms}};
    w.run();
    auto c = w.hub().connect({}, box.handlers());
    box.next("connected");
    c.pause();
    mailbox witness;
    auto clock = w.hub().connect({}, witness.handlers());
    std::this_thread::sleep_for(1s); // several time-outs
    CHECK_FALSE(box.is_closed());
    CHECK(w.hub().stats().connections == 2);
}

TEST_CASE("local: one that takes what it is sent lives, even if it pauses whenever a ping is due")
{
    mailbox box;
    world w{{.ping_interval = 500ms, .idle_timeout = 2400ms}};
    w.run();
    auto c = w.hub().connect({.user_id = "svc"}, box.handlers());
    box.next("connected");
    for (int i = 0; i != 5; ++i) { // longer than the time-out
        c.pause();
        REQUIRE(w.hub().send_to_user("svc", "n", json::value(i)));
        std::this_thread::sleep_for(600ms);
        c.resume();
        CHECK(box.next("n") == i);
    }
    CHECK_FALSE(box.is_closed());
}

TEST_CASE("local: the hub ends it like any connection")
{
    mailbox box, shut;
    world w;
    w.run();
    auto c = w.hub().connect({.user_id = "svc"}, box.handlers());
    box.next("connected");
    w.hub().disconnect_user("svc", close_code::disconnected, "enough");
    CHECK(box.closed() == std::pair{close_code::disconnected, std::string{"enough"}});
    auto d = w.hub().connect({}, shut.handlers());
    shut.next("connected");
    d.send(R"({"type":"ping"})");
    shut.next("pong"); // its beginning is over
    w.destroy_hub();
    CHECK(shut.closed().first == close_code::going_away);
    d.close();
}

TEST_CASE("local: limits, and what cannot be")
{
    mailbox box;
    world w{{.max_message_size = 100, .max_connections_per_user = 1, .max_connections_per_address = 1}};
    w.run();
    auto c = w.hub().connect({.user_id = "svc"}, box.handlers());
    CHECK_THROWS_AS(w.hub().connect({.user_id = "svc"}, box.handlers()), boost::system::system_error);
    CHECK_THROWS_AS(w.hub().connect({.user_id = "a b"}, box.handlers()), boost::system::system_error);
    auto d = w.hub().connect({.user_id = "other"}, {}); // this process has no address
    box.next("connected");
    CHECK(c.send(std::string(101, 'x')) == error::message_too_large);
    CHECK_FALSE(c.send("nonsense"));
    CHECK(box.next("error").at("code").as_string() == "invalid_json");
    CHECK_FALSE(local_connection{}.send("x"));
    d = std::move(c); // ends the one that it was
    CHECK(eventually([&] { return w.hub().stats().connections == 1; }));
    CHECK_FALSE(d.send(R"({"type":"ping"})"));
    box.next("pong");
}

TEST_CASE("local: a handler that throws ends its connection, and no other")
{
    std::atomic<int> thrown{0};
    mailbox box, other;
    world w;
    w.hub().on_exception([&](std::exception_ptr) { ++thrown; });
    w.run();
    auto handlers = box.handlers();
    handlers.on_message = [tell = handlers.on_message](std::string_view text) {
        tell(text);
        if (text.find("\"connected\"") == std::string_view::npos)
            throw std::runtime_error("no");
    };
    auto c = w.hub().connect({.user_id = "svc"}, std::move(handlers));
    auto d = w.hub().connect({}, other.handlers());
    box.next("connected");
    c.pause();
    for (int i = 0; i != 10; ++i)
        REQUIRE(w.hub().send_to_user("svc", "n", json::value(i)));
    c.resume();
    CHECK(box.closed().first == close_code::internal_error);
    CHECK(thrown == 1); // the others of the same turn are not handed over any more
    other.next("connected");
    CHECK(eventually([&] { return w.hub().stats().connections == 1; }));
}

TEST_CASE("local: a handler may use and end its own connection")
{
    mailbox box;
    std::mutex mutex; // guards `c`: the handler may come before `connect` returns
    local_connection c;
    world w;
    w.hub().configure("chat:", {});
    w.run();
    auto handlers = box.handlers();
    handlers.on_message = [&, tell = handlers.on_message](std::string_view text) {
        tell(text);
        const std::lock_guard lock{mutex};
        if (text.find("\"connected\"") != std::string_view::npos)
            c.send(R"({"type":"subscribe","payload":{"rooms":["chat:1"]}})");
        else if (text.find("\"bye\"") != std::string_view::npos)
            c.close();
    };
    {
        const std::lock_guard lock{mutex};
        c = w.hub().connect({}, std::move(handlers));
    }
    box.next("connected");
    box.next("subscribed");
    w.hub().publish("chat:1", "bye", json::value(1));
    w.hub().publish("chat:1", "never", json::value(2));
    box.next("bye");
    CHECK(eventually([&] { return w.hub().stats().connections == 0; }));
    CHECK(box.waiting() == 0);
}

TEST_CASE("local: whatever goes first, hub, context or handle, nothing is left")
{
    for (int order = 0; order != 4; ++order) {
        mailbox box;
        std::optional<local_connection> c;
        std::optional<world> w{std::in_place};
        w->run();
        c.emplace(w->hub().connect({.user_id = "svc"}, box.handlers()));
        if (order != 3)
            box.next("connected");
        if (order == 0)
            c.reset();
        if (order == 1)
            w->destroy_hub();
        if (order == 2)
            w->stop();
        w.reset();
        if (c) {
            c->send("x");
            c->pause();
            c->resume();
        }
    }
}

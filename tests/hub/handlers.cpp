// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// The application's own handlers: messages, raw mode, authorizer, connect and disconnect.
#include "support/world.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <deque>
#include <mutex>
#include <set>

using namespace fanfare;
using namespace fanfare::test;

namespace {

json::value ask(client& c, std::string_view type, json::value payload = nullptr)
{
    c.send({{"type", type}, {"payload", std::move(payload)}, {"request_id", "q"}});
    auto answer = c.next();
    INFO(text_of(answer));
    REQUIRE(answer.at("request_id").as_string() == "q");
    return answer;
}

std::string error_of(const json::value& answer)
{
    const auto* payload = answer.get_object().if_contains("payload");
    return answer.at("type").as_string() == "error" ? payload->at("code").as_string().c_str() : "no error";
}

// Handed from the hub's threads to the test.
template <class T>
class mailbox {
public:
    void put(T value)
    {
        const std::lock_guard lock{mutex_};
        values_.push_back(std::move(value));
    }
    T take()
    {
        if (!eventually([this] {
                const std::lock_guard lock{mutex_};
                return !values_.empty();
            }))
            throw std::runtime_error("nothing came"); // any thread may take
        const std::lock_guard lock{mutex_};
        T value = std::move(values_.front());
        values_.pop_front();
        return value;
    }
    void clear()
    {
        const std::lock_guard lock{mutex_};
        values_.clear();
    }

private:
    std::mutex mutex_;
    std::deque<T> values_;
};

} // namespace

TEST_CASE("own message types are answered at once")
{
    world w;
    w.hub().on_message("sum", [](request r) {
        std::int64_t sum = 0;
        for (const auto& n : r.payload().as_array())
            sum += n.as_int64();
        r.reply(sum);
    });
    w.hub().on_message("whoami", [](request r) { r.reply("you", json::value(r.from().user_id())); });
    w.hub().on_message("no", [](request r) { r.fail(error::forbidden, "not you"); });
    w.hub().on_message("quiet", [](request r) { r.ignore(); });
    w.serve();
    client c{w.port(), "alice"};
    const auto sum = ask(c, "sum", {1, 2, 3});
    CHECK(sum.at("type").as_string() == "sum");
    CHECK(sum.at("payload") == 6);
    const auto you = ask(c, "whoami");
    CHECK(you.at("type").as_string() == "you");
    CHECK(you.at("payload").as_string() == "alice");
    const auto no = ask(c, "no");
    CHECK(error_of(no) == "forbidden");
    CHECK(no.at("payload").at("message").as_string() == "not you");
    c.send({{"type", "quiet"}});
    CHECK(c.drain().empty());
    for (const auto* own :
         {"ping", "ack", "connected", "subscribed", "unsubscribed", "published", "pong", "error", "gap"})
        CHECK_THROWS_AS(w.hub().on_message(own, [](request r) { r.ignore(); }), std::invalid_argument);
}

TEST_CASE("a request is answered later from another thread")
{
    world w;
    mailbox<request> box;
    w.hub().on_message("later", [&](request r) { box.put(std::move(r)); });
    w.serve();
    client c{w.port()};
    for (int i = 0; i != 3; ++i)
        c.send({{"type", "later"}, {"request_id", i}, {"room", "any"}});
    CHECK(c.drain().empty());
    std::thread answering{[&] {
        for (int i = 0; i != 3; ++i) {
            auto r = box.take();
            r.reply(json::value(r.room() + "!"));
            r.reply(json::value("only the first answer counts"));
        }
    }};
    answering.join();
    for (int i = 0; i != 3; ++i) {
        const auto m = c.next();
        CHECK(m.at("request_id") == i);
        CHECK(m.at("payload").as_string() == "any!");
    }
    CHECK(c.drain().empty());
}

TEST_CASE("a coroutine answers with its value")
{
    mailbox<std::string> told;
    world w;
    w.hub().on_message("slow", [](const request& r) -> asio::awaitable<json::value> {
        const json::value copy = r.payload();
        asio::steady_timer timer{co_await asio::this_coro::executor, 10ms};
        co_await timer.async_wait(asio::use_awaitable);
        co_return json::array{copy, r.type()};
    });
    w.hub().on_message("throws", [](const request&) -> asio::awaitable<json::value> {
        asio::steady_timer timer{co_await asio::this_coro::executor, 1ms};
        co_await timer.async_wait(asio::use_awaitable);
        throw std::runtime_error("later");
    });
    w.hub().on_exception([&](std::exception_ptr e) {
        try {
            std::rethrow_exception(e);
        } catch (const std::exception& what) {
            told.put(what.what());
        }
    });
    w.serve();
    client c{w.port()};
    CHECK(ask(c, "slow", 5).at("payload") == json::array{5, "slow"});
    CHECK(error_of(ask(c, "throws")) == "handler_failed");
    CHECK(told.take() == "later");
    CHECK(w.hub().stats().handler_failures == 1);
}

TEST_CASE("a handler that throws or drops its request answers handler_failed")
{
    mailbox<std::string> told;
    world w;
    w.hub().on_message("throws", [](request) { throw std::runtime_error("at once"); });
    w.hub().on_message("drops", [](request) {});
    w.hub().on_exception([&](std::exception_ptr) { told.put("told"); });
    w.serve();
    client c{w.port()};
    CHECK(error_of(ask(c, "throws")) == "handler_failed");
    CHECK(told.take() == "told");
    CHECK(error_of(ask(c, "drops")) == "handler_failed");
    CHECK(w.hub().stats().handler_failures == 1);
    CHECK(c.drain().empty());
}

TEST_CASE("what on_exception throws leaves the executor, and the hub goes on")
{
    world w;
    w.hub().on_message("throws", [](request) { throw std::runtime_error("the handler's"); });
    w.hub().on_exception([](std::exception_ptr cause) { std::rethrow_exception(cause); });
    w.listen();
    std::atomic<int> thrown{0};
    std::thread runs{[&] {
        for (;;)
            try {
                w.context().run();
                return;
            } catch (const std::runtime_error& e) {
                thrown += e.what() == std::string_view{"the handler's"} ? 1 : 100;
            }
    }};
    {
        client c{w.port()};
        for (int i = 1; i <= 3; ++i) {
            CHECK(error_of(ask(c, "throws")) == "handler_failed");
            CHECK(eventually([&] { return thrown == i; }));
            CHECK(w.hub().broadcast("news", json::value(i)));
            CHECK(c.next("news").as_int64() == i);
        }
    }
    w.context().stop();
    runs.join();
}

TEST_CASE("too many requests without an answer are refused until some are answered")
{
    world w{{.max_pending_requests = 3}};
    mailbox<request> box;
    w.hub().on_message("later", [&](request r) { box.put(std::move(r)); });
    w.serve();
    client c{w.port()};
    for (int i = 0; i != 3; ++i)
        c.send({{"type", "later"}, {"request_id", "q"}});
    CHECK(error_of(ask(c, "later")) == "too_many_requests");
    box.take().reply(1);
    CHECK(c.next("later") == 1);
    c.send({{"type", "later"}, {"request_id", "q"}});
    CHECK(c.drain().empty());
    box.clear();
    for (int i = 0; i != 3; ++i)
        CHECK(c.next("error").at("code").as_string() == "handler_failed");
}

TEST_CASE("an answer for a connection that has gone is dropped")
{
    world w;
    mailbox<request> box;
    w.hub().on_message("later", [&](request r) { box.put(std::move(r)); });
    w.serve();
    std::optional<client> c{w.port()};
    c->send({{"type", "later"}});
    auto held = box.take();
    auto after_hub = std::make_unique<request>(std::move(held));
    c.reset();
    REQUIRE(eventually([&] { return w.hub().stats().connections == 0; }));
    client next{w.port()}; // in the same slot
    after_hub->reply(1);
    CHECK(next.drain().empty());
    next.send({{"type", "later"}});
    auto orphan = box.take();
    w.destroy_server();
    w.destroy_hub();
    CHECK(next.closed() == 1001);
}

TEST_CASE("a coroutine whose connection ends goes on, and what it answers is dropped")
{
    mailbox<asio::steady_timer*> waits;
    mailbox<std::string> ended;
    world w;
    w.hub().on_message("slow", [&](const request& r) -> asio::awaitable<json::value> {
        asio::steady_timer timer{co_await asio::this_coro::executor, asio::steady_timer::time_point::max()};
        waits.put(&timer);
        error_code ec;
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ec));
        r.from().send("to nobody", 1);
        ended.put(r.from().user_id() + " asked " + r.type());
        co_return 1;
    });
    w.serve();
    std::optional<client> c{std::in_place, w.port(), "alice"};
    c->send({{"type", "slow"}});
    auto* timer = waits.take();
    c.reset();
    REQUIRE(eventually([&] { return w.hub().stats().connections == 0; }));
    client next{w.port(), "bob"}; // in the same slot
    asio::post(timer->get_executor(), [timer] { timer->cancel(); });
    CHECK(ended.take() == "alice asked slow");
    CHECK(next.drain().empty());
    CHECK(w.hub().stats().handler_failures == 0);
}

TEST_CASE("raw mode takes text and binary as they come")
{
    world w;
    w.hub().on_raw([](raw_connection& c, std::string_view data, bool binary) {
        if (data == "bye")
            return c.close(close_code::normal, "so long");
        if (data == "throw")
            throw std::runtime_error("raw");
        c.send(data, binary);
        c.send("again", !binary);
    });
    w.serve();
    client c{w.port(), {}, false};
    REQUIRE(c.open());
    c.send_text("plain");
    CHECK(c.read() == "plain"); // nothing came unasked before it
    CHECK_FALSE(c.got_binary());
    CHECK(c.read() == "again");
    CHECK(c.got_binary());
    const std::string bytes("\0\xff\x01", 3);
    c.send_text(bytes, true);
    CHECK(c.read() == bytes);
    CHECK(c.got_binary());
    CHECK(c.read() == "again");
    c.send_text("bye");
    CHECK(c.closed() == 1000);
    CHECK(c.close_reason() == "so long");
    client d{w.port(), {}, false};
    d.send_text("throw");
    CHECK(d.closed() == 1011);
    CHECK(w.hub().stats().handler_failures == 1);
}

TEST_CASE("a synchronous authorizer decides on each room and each publish")
{
    world w;
    w.hub().configure("chat:", {.client_publish = true});
    w.hub().authorize([](const access_request& r) {
        if (r.room == "chat:throws")
            throw std::runtime_error("no idea");
        return r.who.user_id == "alice" && (r.action == room_action::subscribe || r.room == "chat:open") &&
               r.connection_id.size() == 32;
    });
    w.serve();
    client alice{w.port(), "alice"};
    client bob{w.port(), "bob"};
    const auto a = alice.subscribe({"chat:open", "chat:closed", "chat:throws"});
    CHECK(a.at("rooms") == json::array{"chat:open", "chat:closed"});
    CHECK(a.at("rejected").at(0).at("room").as_string() == "chat:throws");
    CHECK(a.at("rejected").at(0).at("code").as_string() == "forbidden");
    CHECK(bob.subscribe({"chat:open"}).at("rooms").as_array().empty());
    const auto publish = [&](client& c, std::string_view room) {
        c.send({{"type", "publish"}, {"room", room}, {"request_id", 1}, {"payload", {{"type", "x"}}}});
        std::set<std::string> types;
        for (const auto& m : c.drain())
            types.insert(m.at("type").as_string().c_str());
        return types;
    };
    CHECK(publish(alice, "chat:closed") == std::set<std::string>{"error"});
    CHECK(publish(bob, "chat:open") == std::set<std::string>{"error"});
    CHECK(publish(alice, "chat:open").count("published") == 1);
}

TEST_CASE("an authorizer that throws refuses, and is told of")
{
    world w;
    w.hub().authorize([](const access_request&) -> bool { throw std::runtime_error("the database is away"); });
    mailbox<std::string> told;
    w.hub().on_exception([&](std::exception_ptr cause) {
        try {
            std::rethrow_exception(cause);
        } catch (const std::exception& e) {
            told.put(e.what());
        }
    });
    w.serve();
    client c{w.port()};
    const auto answer = c.subscribe({"global"});
    CHECK(answer.at("rooms").as_array().empty());
    CHECK(answer.at("rejected").at(0).at("code").as_string() == "forbidden");
    CHECK(told.take() == "the database is away");
    CHECK(w.hub().stats().handler_failures == 1);
}

TEST_CASE("an authorizer answers later from another thread")
{
    world w;
    mailbox<std::pair<std::string, access_done>> box;
    w.hub().authorize([&](const access_request& r, access_done done) {
        box.put({std::string{r.room}, std::move(done)});
    });
    w.serve();
    client c{w.port()};
    c.send({{"type", "subscribe"},
            {"request_id", 1},
            {"payload", {{"rooms", json::array{"device:1", "device:2", "device:3"}}}}});
    CHECK(c.drain().empty());
    std::thread answering{[&] {
        for (int i = 0; i != 3; ++i) {
            const auto [room, done] = box.take();
            if (room != "device:3") // the last is let go without an answer, which refuses
                done(room == "device:1");
        }
    }};
    answering.join();
    const auto answer = c.next("subscribed");
    CHECK(answer.at("rooms") == json::array{"device:1"});
    CHECK(answer.at("rejected").as_array().size() == 2);
    CHECK(w.hub().publish("device:1", "n", json::value(1)).local_receivers == 1);
    c.next("n");
}

TEST_CASE("an authorizer that never answers holds up nobody else")
{
    mailbox<access_done> held;
    {
        world w{{.max_pending_requests = 2}};
        w.hub().authorize([&](const access_request& r, access_done done) {
            if (r.room == "device:never")
                held.put(std::move(done));
            else
                done(true);
        });
        w.serve();
        client c{w.port()};
        for (int i = 0; i != 2; ++i)
            c.send({{"type", "subscribe"}, {"payload", {{"rooms", json::array{"device:never"}}}}});
        CHECK(c.drain().empty());
        c.send({{"type", "subscribe"}, {"payload", {{"rooms", json::array{"device:1"}}}}});
        CHECK(c.next("error").at("code").as_string() == "too_many_requests");
        client other{w.port()};
        CHECK(other.subscribe({"device:1"}).at("rooms").as_array().size() == 1);
        c.close();
        CHECK(eventually([&] { return w.hub().stats().connections == 1; }));
        held.clear();
        CHECK(other.drain().empty());
    }
}

TEST_CASE("connect and disconnect are told with who and why")
{
    mailbox<std::string> told;
    world w{{}, 2};
    w.hub().on_connect([&](connection_ref c) {
        told.put("+" + c.user_id());
        if (c.user_id() == "bad")
            throw std::runtime_error("no");
        c.send("welcome", json::value(c.id()));
        c.subscribe("device:hall");
    });
    w.hub().on_disconnect([&](connection_ref c, close_code code) {
        told.put("-" + c.user_id() + " " + std::to_string(static_cast<int>(code)));
    });
    w.serve();
    client a{w.port(), "a"};
    CHECK(told.take() == "+a");
    CHECK(a.next("welcome").as_string() == a.id());
    CHECK(eventually([&] { return w.hub().room("device:hall").size() == 1; }));
    a.close();
    CHECK(told.take() == "-a 1000");
    {
        client b{w.port(), "b"};
        CHECK(told.take() == "+b");
        CHECK_FALSE(w.hub().disconnect_user("b"));
        CHECK(b.closed() == 3500);
        CHECK(told.take() == "-b 3500");
    }
    client bad{w.port(), "bad"};
    CHECK(bad.closed() == 1011);
    CHECK(told.take() == "+bad");
    CHECK(told.take() == "-bad 1011");
    CHECK(w.hub().stats().handler_failures == 1);
}

TEST_CASE("a connection_ref never dangles")
{
    connection_ref left;
    {
        world w;
        mailbox<connection_ref> refs;
        w.hub().on_connect([&](connection_ref c) { refs.put(c); });
        w.serve();
        client c{w.port(), "a"};
        left = refs.take();
        left.send("direct", json::value(1));
        CHECK(c.next("direct") == 1);
        left.subscribe("device:1");
        left.unsubscribe("device:1");
        CHECK_THROWS_AS(left.subscribe("nowhere:1"), boost::system::system_error);
        CHECK_THROWS_AS(left.send("big", json::value(std::string(1024 * 1024, 'x'))), std::length_error);
        left.close(close_code::reconnect, std::string(500, 'r'));
        CHECK(c.closed() == 3000);
        CHECK(c.close_reason() == std::string(123, 'r'));
        left.send("late", json::value(1));
    }
    left.send("later", json::value(1));
    left.close();
    CHECK(left.id().empty());
    CHECK(left.user_id() == "a");
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// What was said before a connection is closed still arrives, and what only waits for more to be said is no overflow.
#include "support/world.hpp"

#include <boost/asio/use_future.hpp>

#include <set>

using namespace fanfare;
using namespace fanfare::test;

namespace {

// The hub's thread stands still as long as this lives: all that is asked of it meanwhile is one turn's work.
class standstill {
public:
    explicit standstill(world& w)
    {
        asio::post(w.context(), [over = over_.get_future().share()] { over.wait(); });
    }
    ~standstill() { over_.set_value(); }
    standstill(const standstill&) = delete;
    standstill& operator=(const standstill&) = delete;

private:
    std::promise<void> over_;
};

// So many text messages of one byte in one piece.
std::string many_frames(std::size_t count)
{
    std::string out;
    for (std::size_t i = 0; i != count; ++i)
        out += std::string("\x81\x81\0\0\0\0x", 7); // masked, with a mask of zeros
    return out;
}

} // namespace

TEST_CASE("what was published before a user is disconnected arrives before the close")
{
    world w;
    w.serve();
    client c{w.port(), "alice"};
    c.subscribe({"global"});
    {
        const standstill one_turn{w};
        CHECK(w.hub().publish("global", "first", json::value(1)).local_receivers == 1);
        CHECK(w.hub().broadcast("second", json::value(2)).local_receivers == 1);
        CHECK(w.hub().notify("alice", {.title = "third", .message = {}, .data = {}}).local_receivers == 1);
        CHECK_FALSE(w.hub().disconnect_user("alice", close_code::disconnected, "bye"));
    }
    std::set<std::string> got;
    while (const auto text = c.read())
        got.emplace(json::parse(*text).at("type").as_string());
    CHECK(got == std::set<std::string>{"first", "second", "notification"});
    CHECK(c.closed() == 3500);
    CHECK(c.close_reason() == "bye");
}

TEST_CASE("what was published before a connection is closed by its handle arrives before the close")
{
    world w;
    connection_ref handle;
    std::promise<void> connected;
    w.hub().on_connect([&](const connection_ref& c) {
        handle = c;
        connected.set_value();
    });
    w.serve();
    client c{w.port(), "alice"};
    c.subscribe({"global"});
    connected.get_future().wait();
    {
        const standstill one_turn{w};
        CHECK(w.hub().publish("global", "first", json::value(1)).local_receivers == 1);
        handle.send("second", 2);
        handle.close();
    }
    std::set<std::string> got;
    while (const auto text = c.read())
        got.emplace(json::parse(*text).at("type").as_string());
    CHECK(got == std::set<std::string>{"first", "second"});
    CHECK(c.closed() == 3500);
}

TEST_CASE("what was published before a shutdown reaches everybody")
{
    constexpr std::size_t clients = 20, rooms = 40; // more than one slice of a delivery
    world w;
    w.serve();
    json::array names;
    for (std::size_t i = 0; i != rooms; ++i)
        names.emplace_back("device:" + std::to_string(i));
    std::vector<std::unique_ptr<client>> all;
    for (std::size_t i = 0; i != clients; ++i) {
        all.push_back(std::make_unique<client>(w.port()));
        REQUIRE(all.back()->subscribe(names).at("rooms").as_array().size() == rooms);
    }
    std::future<void> ended;
    {
        const standstill one_turn{w};
        for (const auto& name : names)
            CHECK(w.hub().publish(name.get_string(), "last words", json::value(1)).local_receivers == clients);
        ended = w.hub().async_shutdown({.deadline = 20s}, asio::use_future);
    }
    for (auto& c : all) {
        std::size_t heard = 0;
        while (c->read())
            ++heard;
        CHECK(heard == rooms);
        CHECK(c->closed() == static_cast<unsigned>(close_code::shutdown));
    }
    ended.get();
}

TEST_CASE("what a raw handler sends before it closes arrives before the close")
{
    world w;
    w.hub().on_raw([](raw_connection& c, std::string_view data, bool) {
        c.send(data, false);
        c.send("bye", false);
        c.close(close_code::normal, "done");
    });
    w.serve();
    client c{w.port(), {}, false};
    c.send_text("hello");
    CHECK(c.read() == "hello");
    CHECK(c.read() == "bye");
    CHECK(c.closed() == 1000);
}

TEST_CASE("many small requests in one piece do not fill the outbox of a client that reads")
{
    world w{{.outbox_messages = 64, .message_rate = 0}};
    w.hub().on_raw([](raw_connection& c, std::string_view data, bool binary) { c.send(data, binary); });
    w.serve();
    client c{w.port(), {}, false};
    asio::write(c.stream().next_layer(), asio::buffer(many_frames(1000)));
    for (int i = 0; i != 1000; ++i)
        REQUIRE(c.read() == "x");
    CHECK(w.hub().stats().slow_closed == 0);
}

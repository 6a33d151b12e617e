// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// What members get of a history that is away for a while.
#include "support/eventually.hpp"
#include "support/held_store.hpp"
#include "support/world.hpp"

#include <fanfare/inbox/memory.hpp>
#include <fanfare/local_connection.hpp>
#include <fanfare/presence/memory.hpp>

#include <boost/asio/use_future.hpp>

#include <atomic>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace fanfare;
using namespace fanfare::test;

namespace {

struct leaving_world {
    explicit leaving_world(const hub_options& options = {}) : w{options, 1, in_process_bus{}, store}
    {
        w.hub().configure("chat:", {.history = 10});
        w.serve();
    }
    void publish(const json::value& payload)
    {
        w.hub().async_publish("chat:1", "n", payload, asio::use_future).get();
    }

    held_store store;
    basic_world<in_process_bus, held_store> w;
};

} // namespace

TEST_CASE("a hole in the live stream is filled when a store that was away is back")
{
    leaving_world s;
    s.publish(json::value(1));
    client c{s.w.port(), "ann"};
    c.subscribe({"chat:1"});
    s.store.leave_after(0);
    std::atomic<bool> stored{false}; // by another process, whose bus has lost it
    s.store.async_append({.room = "chat:1",
                          .message = {.body = R"({"type":"n","room":"chat:1","payload":2})"},
                          .limits = {.messages = 10}},
                         [&stored](const append_answer& a) { stored = !a.error; });
    REQUIRE(eventually([&] { return stored.load(); }));
    s.publish(json::value(3));
    CHECK(eventually([&] { return s.store.refused() >= 2; }));
    s.store.come_back();
    for (const auto n : {2, 3}) {
        const auto m = c.next();
        CHECK(m.at("type") == "n"); // no gap
        CHECK(m.at("payload") == n);
    }
}

TEST_CASE("a client that reads on in a history gets the rest when a store that was away is back")
{
    leaving_world s{{.outbox_bytes = 64 * 1024}};
    const std::string text(10'000, 'x'); // one in a page
    for (int n = 1; n <= 8; ++n)
        s.publish(json::value(std::to_string(n) + text));
    s.store.leave_after(1);
    client c{s.w.port(), "ann"};
    c.send({{"type", "subscribe"}, {"payload", {{"rooms", json::array{"chat:1"}}, {"last", {{"chat:1", 8}}}}}});
    CHECK(eventually([&] { return s.store.refused() >= 2; }));
    s.store.come_back();
    c.next("subscribed");
    for (int n = 1; n <= 8; ++n) {
        const auto m = c.next();
        CHECK(m.at("type") == "n"); // no gap
        CHECK(m.at("payload").as_string() == std::to_string(n) + text);
    }
}

TEST_CASE("a hub that has ended does not ask a store again that was away")
{
    held_store store;
    asio::io_context io{1};
    hub at{io.get_executor(), in_process_bus{}, store};
    at.configure("chat:", {.history = 10});
    int messages = 0;
    auto alice = at.connect(identity{.user_id = "alice", .rooms = {"chat:1"}},
                            local_handlers{.on_message = [&](std::string_view) { ++messages; }});
    while (messages != 1) // she is greeted
        io.run_one();
    at.async_publish("chat:1", "n", json::value(1), [](error_code, const receipt&) {});
    while (messages != 2)
        io.run_one();
    store.leave_after(0);
    store.async_append({.room = "chat:1", .message = {.body = "{}"}, .limits = {.messages = 10}},
                       [](const append_answer&) {}); // by another process, whose bus has lost it
    at.async_publish("chat:1", "n", json::value(3), [](error_code, const receipt&) {});
    while (store.refused() == 0) // now it waits for a quarter of a second, and then asks again
        io.run_one();
    std::optional<std::size_t> asked; // when the hub ended
    at.async_shutdown({}, [&](error_code) {
        asked = store.begun() + store.refused();
        store.come_back();
    });
    io.run();
    REQUIRE(asked);
    CHECK(store.begun() + store.refused() == *asked);
}

TEST_CASE("what is asked of a hub that has ended wakes no store")
{
    held_store store{held_store::reads::all};
    asio::io_context io{1};
    hub at{io.get_executor(), in_process_bus{}, store};
    at.configure("chat:", {.presence = true, .history = 10});
    at.inbox(memory_inbox{});
    at.presence(memory_presence{});
    bool ended = false;
    at.async_shutdown({}, [&](error_code) { ended = true; });
    io.run();
    REQUIRE(ended);
    std::vector<error_code> answers;
    at.async_history("chat:1", {}, [&](error_code ec, const auto&) { answers.push_back(ec); });
    at.async_presence("chat:1", [&](error_code ec, const auto&) { answers.push_back(ec); });
    at.async_inbox("ann", {}, [&](error_code ec, const auto&) { answers.push_back(ec); });
    at.async_inbox_counts("ann", [&](error_code ec, const auto&) { answers.push_back(ec); });
    at.async_inbox_mark("ann", {.all = true}, [&](error_code ec, const auto&) { answers.push_back(ec); });
    io.restart();
    io.run();
    CHECK(answers == std::vector<error_code>(5, error::shutting_down));
    CHECK(store.begun() == 0);
    for (const auto& link : at.links())
        CHECK(link.status.up == (link.name == "bus"));
}

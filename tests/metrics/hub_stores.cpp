// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// What a hub tells of its stores.
#include "metrics/recording.hpp"
#include "support/catch.hpp"

#include <fanfare/bus/in_process.hpp>
#include <fanfare/hub.hpp>
#include <fanfare/inbox/memory.hpp>
#include <fanfare/local_connection.hpp>
#include <fanfare/revocation/memory.hpp>
#include <fanfare/store/memory.hpp>

#include <boost/asio/io_context.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

using namespace fanfare;
using namespace fanfare::test;

namespace {

enum class manners { good, fails, throws, forgets };

// A store of histories that does as the test says.
class moody_store {
public:
    void async_append(history_append message, append_done done)
    {
        switch (*how_) {
        case manners::good: return real_.async_append(std::move(message), std::move(done));
        case manners::fails: return done({.error = error::store_failed});
        case manners::throws: throw std::runtime_error{"the store"};
        case manners::forgets: return;
        }
    }
    void async_read(std::string_view room, const history_query& query, history_done done)
    {
        switch (*how_) {
        case manners::good: return real_.async_read(room, query, std::move(done));
        case manners::fails: return done(error::store_failed, {});
        case manners::throws: throw std::runtime_error{"the store"};
        case manners::forgets: return;
        }
    }
    void behave(manners how) { *how_ = how; }

private:
    memory_store real_;
    std::shared_ptr<manners> how_ = std::make_shared<manners>(manners::good);
};

// A hub in the test's own thread.
struct quiet_hub {
    explicit quiet_hub(bool metrics) : hub{context.get_executor(), in_process_bus{}, store, {.metrics = metrics}}
    {
        hub.configure("chat:", {.client_publish = true, .presence = true, .history = 100});
        hub.on_exception([](std::exception_ptr) {});
        hub.inbox(memory_inbox{});
        hub.revocations(memory_revocation_store{});
    }
    void run()
    {
        context.restart();
        context.poll();
    }
    recording now() { return collected(hub); }

    asio::io_context context{1};
    moody_store store;
    fanfare::hub<in_process_bus, moody_store> hub;
};

std::string of(std::string_view metric, std::string_view store, std::string_view operation)
{
    return std::string{metric} + "{store=" + std::string{store} + ",operation=" + std::string{operation} + "}";
}
std::string failures(std::string_view store, std::string_view operation)
{
    return of("fanfare_store_failures", store, operation);
}
std::string seconds(std::string_view store, std::string_view operation)
{
    return of("fanfare_store_seconds", store, operation);
}

} // namespace

TEST_CASE("metrics: a hub measures what it asks of each of its stores", "[metrics]")
{
    quiet_hub h{true};
    auto c = h.hub.connect({.user_id = "ann"}, {.on_message = [](std::string_view) {}});
    c.send(R"({"type":"subscribe","payload":{"rooms":["chat:1"]}})");
    h.run();
    const auto before = h.now();
    CHECK(before.value(seconds("presence", "enter")) == 1); // of the hub's own store
    CHECK(before.value(seconds("presence", "leave")) == 0);
    CHECK(before.value(seconds("history", "append")) == 0);
    CHECK(before.value(seconds("revocations", "read")) == 1);

    for (int i = 0; i != 3; ++i)
        h.hub.publish("chat:1", "n", json::value(i));
    c.send(R"({"type":"history","room":"chat:1"})");
    c.send(R"({"type":"presence","room":"chat:1"})");
    c.send(R"({"type":"inbox"})");
    h.hub.notify("ann", {.title = "t", .message = "m"});
    h.hub.revoke({.user_id = "bob"});
    h.run();
    const auto after = h.now();
    CHECK(after.value(seconds("history", "append")) == 3);
    CHECK(after.value(seconds("history", "read")) == before.value(seconds("history", "read")).value() + 1);
    CHECK(after.value(seconds("presence", "read")) == 1);
    CHECK(after.value(seconds("inbox", "list")) == 1);
    CHECK(after.value(seconds("inbox", "add")) == 1);
    CHECK(after.value(seconds("revocations", "add")) == 1);
    CHECK(after.size("fanfare_store_seconds") == 12);
    CHECK(after.size("fanfare_store_failures") == 12);
    CHECK(after.value(failures("history", "append")) == 0);
    const auto* times = after.histogram(seconds("history", "append"));
    CHECK(times->counts.size() == times->bounds.size() + 1);
    CHECK(times->sum > 0);
}

TEST_CASE("metrics: a store's failures are counted with and without measuring", "[metrics]")
{
    const bool measures = GENERATE(true, false);
    const auto how = GENERATE(manners::fails, manners::throws, manners::forgets);
    quiet_hub h{measures};
    auto c = h.hub.connect({.user_id = "ann"}, {.on_message = [](std::string_view) {}});
    c.send(R"({"type":"subscribe","payload":{"rooms":["chat:1"]}})");
    h.run();
    CHECK(h.hub.publish("chat:1", "n", json::value(0)));
    h.store.behave(how);
    const auto before = h.hub.stats().store_failures;
    for (int i = 0; i != 2; ++i)
        h.hub.publish("chat:1", "n", json::value(i));
    c.send(R"({"type":"history","room":"chat:1"})");
    h.run();
    const auto now = h.now();
    CHECK(now.value(failures("history", "append")) == 2);
    CHECK(now.value(failures("history", "read")) == 1);
    CHECK(now.value(failures("presence", "enter")) == 0);
    CHECK(h.hub.stats().store_failures == before + 3); // as it has always counted
    CHECK(now.size("fanfare_store_seconds") == (measures ? 12 : 0));
    if (measures)
        CHECK(now.value(seconds("history", "append")) == 3);
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Lists of a hub's rooms and connections.
#include "support/scripted_bus.hpp"

#include <fanfare/enumeration.hpp>
#include <fanfare/local_connection.hpp>
#include <fanfare/store/memory.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <semaphore>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

using namespace fanfare;
using namespace fanfare::test;

namespace {

// A hub with some shards, in the test's own thread.
struct quiet_hub {
    explicit quiet_hub(std::size_t shards = 1) : quiet_hub{std::vector<asio::any_io_executor>(shards, executor())}
    {}
    explicit quiet_hub(const std::vector<asio::any_io_executor>& executors)
        : hub{executors, {.executors_are_serial = true}}
    {
        hub.configure("chat:", {.presence = true, .history = 10});
    }
    asio::any_io_executor executor() { return context.get_executor(); }
    void run()
    {
        context.restart();
        context.poll();
    }
    void connect(std::size_t n, const std::string& user = {})
    {
        for (std::size_t i = 0; i != n; ++i)
            all.push_back(hub.connect({.user_id = user}, {.on_message = [](std::string_view) {}}));
        run();
    }
    // One connection of a user of its own in each of the rooms.
    local_connection member(const std::string& user, const std::vector<std::string>& rooms)
    {
        auto one = hub.connect({.user_id = user, .rooms = rooms}, {.on_message = [](std::string_view) {}});
        run();
        return one;
    }

    room_page rooms(const room_query& what)
    {
        std::optional<room_page> page;
        hub.async_rooms(what, [&](error_code ec, room_page got) {
            CHECK(ec == error_code{});
            page = std::move(got);
        });
        CHECK_FALSE(page); // never within the call
        run();
        return page.value();
    }
    connection_page connections(const connection_query& what)
    {
        std::optional<connection_page> page;
        hub.async_connections(what, [&](error_code ec, connection_page got) {
            CHECK(ec == error_code{});
            page = std::move(got);
        });
        CHECK_FALSE(page);
        run();
        return page.value();
    }
    error_code failure(const room_query& what)
    {
        error_code said;
        hub.async_rooms(what, [&](error_code ec, const room_page& page) {
            said = ec;
            CHECK(page.rooms.empty());
        });
        run();
        return said;
    }
    error_code failure(const connection_query& what)
    {
        error_code said;
        hub.async_connections(what, [&](error_code ec, const connection_page& page) {
            said = ec;
            CHECK(page.connections.empty());
        });
        run();
        return said;
    }
    // All pages; each but the last is full.
    std::vector<std::string> names(room_query what)
    {
        std::vector<std::string> out;
        for (bool more = true; more;) {
            const auto page = rooms(what);
            for (const auto& one : page.rooms)
                out.push_back(one.name);
            more = !page.next.empty();
            CHECK((!more || page.rooms.size() == what.limit));
            what.after = page.next;
        }
        return out;
    }
    std::vector<connection_info> infos(connection_query what)
    {
        std::vector<connection_info> out;
        for (bool more = true; more;) {
            auto page = connections(what);
            more = !page.next.empty();
            CHECK((!more || page.connections.size() == what.limit));
            what.after = page.next;
            std::move(page.connections.begin(), page.connections.end(), std::back_inserter(out));
        }
        return out;
    }

    asio::io_context context{1};
    fanfare::hub<> hub;
    std::vector<local_connection> all; // go first
};

std::set<std::string> ids(const std::vector<connection_info>& all)
{
    std::set<std::string> out;
    for (const auto& one : all)
        out.insert(one.id);
    return out;
}

} // namespace

TEST_CASE("enumeration: the pages list each of a thousand connections once", "[enumeration]")
{
    const auto shards = GENERATE(1U, 3U);
    const auto limit = GENERATE(1U, 7U, 100U, 1000U);
    quiet_hub h{shards};
    h.connect(1000);
    const auto listed = h.infos({.limit = limit});
    CHECK(listed.size() == 1000);
    CHECK(ids(listed).size() == 1000);
    for (const auto& one : listed) {
        CHECK(one.id.size() == 32);
        CHECK(one.rooms == 0);
    }
}

TEST_CASE("enumeration: a page that is full ends the walk where nothing follows", "[enumeration]")
{
    quiet_hub h{2};
    CHECK(h.connections({}).connections.empty());
    CHECK(h.connections({}).next.empty());
    h.connect(10);
    const auto page = h.connections({.limit = 10});
    CHECK(page.connections.size() == 10);
    CHECK(page.next.empty());
    CHECK(h.connections({.after = page.connections.back().id}).connections.empty());
    CHECK(h.connections({.limit = 9}).next == page.connections[8].id);
}

TEST_CASE("enumeration: who stays is listed once, whoever comes and goes between the pages", "[enumeration]")
{
    quiet_hub h{3};
    h.connect(300, "stays");
    h.connect(300, "goes");
    std::vector<std::string> listed;
    connection_query what{.limit = 20};
    do {
        const auto page = h.connections(what);
        for (const auto& one : page.connections)
            if (one.user_id == "stays")
                listed.push_back(one.id);
        what.after = page.next;
        for (int i = 0; i != 10 && h.all.size() > 300; ++i)
            h.all.erase(h.all.begin() + 300); // the one that the page ends with among them
        h.connect(5, "comes");
    } while (!what.after.empty());
    CHECK(listed.size() == 300);
    CHECK(std::set(listed.begin(), listed.end()).size() == 300);
}

TEST_CASE("enumeration: one user's connections, or the anonymous ones", "[enumeration]")
{
    quiet_hub h{3};
    h.connect(25, "ann");
    h.connect(400);
    h.connect(30, "bob");
    auto late = h.member("ann", {"chat:1"});
    for (const auto limit : {1U, 4U, 26U, 1000U}) {
        const auto anns = h.infos({.limit = limit, .user = "ann"});
        CHECK(anns.size() == 26);
        CHECK(ids(anns).size() == 26);
        CHECK(std::all_of(anns.begin(), anns.end(), [](const auto& one) { return one.user_id == "ann"; }));
    }
    CHECK(h.infos({.limit = 33, .user = ""}).size() == 400);
    CHECK(h.infos({.user = "carl"}).empty());
    CHECK(h.infos({.user = std::string(5000, 'x')}).empty());
    // In the same order as all of them.
    std::vector<std::string> among_all, alone;
    for (const auto& one : h.infos({.limit = 1000}))
        if (one.user_id == "bob")
            among_all.push_back(one.id);
    for (const auto& one : h.infos({.limit = 7, .user = "bob"}))
        alone.push_back(one.id);
    CHECK(alone == among_all);
    // Who was let into a user's own room by the application is still another user.
    h.hub.subscribe_user("bob", "user:ann");
    h.run();
    CHECK(h.infos({.user = "ann"}).size() == 26);
}

TEST_CASE("enumeration: what is told of a connection", "[enumeration]")
{
    quiet_hub h;
    auto ann = h.member("ann", {"chat:1", "chat:2"});
    auto page = h.connections({});
    REQUIRE(page.connections.size() == 1);
    auto one = page.connections.front();
    CHECK(one.user_id == "ann");
    CHECK(one.address.empty());
    CHECK(one.transport == "local");
    CHECK(one.protocol == "fanfare");
    CHECK(one.rooms == 3);
    CHECK(one.waiting_messages == 0);
    CHECK(one.waiting_bytes == 0);
    CHECK_FALSE(one.slow);
    ann.pause();
    for (int i = 0; i != 3; ++i)
        h.hub.publish("chat:1", "n", json::value(i));
    h.run();
    one = h.connections({}).connections.front();
    CHECK(one.waiting_messages == 3);
    CHECK(one.waiting_bytes > 100);
    CHECK(one.slow);
    ann.resume();
    h.run();
    one = h.connections({}).connections.front();
    CHECK(one.waiting_messages == 0);
    CHECK_FALSE(one.slow);
}

TEST_CASE("enumeration: connections by a network have an address and a transport", "[enumeration]")
{
    scripted_world s{{}, 2};
    client c{s.w.port()};
    const auto id = std::string{c.hello.at("connection_id").as_string()};
    const auto page = s.w.hub().async_connections({}, asio::use_future).get();
    REQUIRE(page.connections.size() == 1);
    const auto& one = page.connections.front();
    CHECK(one.id == id);
    CHECK(one.user_id.empty());
    CHECK(one.address == "127.0.0.1");
    CHECK(one.transport == "websocket");
    CHECK(s.w.hub().async_connections({.after = id}, asio::use_future).get().connections.empty());
}

TEST_CASE("enumeration: who has not been greeted, or is being closed, is not listed", "[enumeration]")
{
    scripted_world s;
    const client greeted{s.w.port()};
    local_connection waits = s.w.hub().connect({.user_id = "ann"}, {.on_message = [](std::string_view) {}});
    REQUIRE(eventually([&] { return s.bus.joining("user:ann"); }));
    const auto listed = [&](std::optional<std::string> user) {
        return s.w.hub().async_connections({.user = std::move(user)}, asio::use_future).get().connections.size();
    };
    CHECK(listed({}) == 1);
    CHECK(listed("ann") == 0);
    s.bus.sink().joined("user:ann");
    REQUIRE(eventually([&] { return listed({}) == 2; }));
    CHECK(listed("ann") == 1);
}

TEST_CASE("enumeration: rooms by name, a page at a time", "[enumeration]")
{
    quiet_hub h{2};
    std::vector<std::string> expected;
    for (int i = 0; i != 250; ++i)
        expected.push_back("device:" + std::to_string(i));
    std::sort(expected.begin(), expected.end());
    std::vector<local_connection> members;
    for (std::size_t i = 0; i < expected.size(); i += 50)
        members.push_back(h.member({}, {expected.begin() + static_cast<std::ptrdiff_t>(i),
                                        expected.begin() + static_cast<std::ptrdiff_t>(i) + 50}));
    for (const auto limit : {1U, 7U, 50U, 250U, 1000U})
        CHECK(h.names({.limit = limit}) == expected);
    CHECK(h.names({.after = "device:98"}) == std::vector<std::string>{"device:99"});
    CHECK(h.names({.after = "device:980"}) == std::vector<std::string>{"device:99"}); // which is no room
    CHECK(h.names({.after = "device:99"}).empty());
    CHECK(h.names({.limit = 3, .prefix = "device:12"}) ==
          std::vector<std::string>{"device:12", "device:120", "device:121", "device:122", "device:123",
                                   "device:124", "device:125", "device:126", "device:127", "device:128",
                                   "device:129"});
    CHECK(h.names({.prefix = "chat:"}).empty());
    CHECK(h.rooms({.limit = 250}).next.empty());
    CHECK(h.rooms({.limit = 249}).next == expected[248]);
}

TEST_CASE("enumeration: a room that stays is listed once, whichever come and go", "[enumeration]")
{
    quiet_hub h;
    const auto stays = h.member({}, {"device:b", "device:d", "device:f", "device:h"});
    std::vector<std::string> listed;
    room_query what{.limit = 1};
    std::vector<local_connection> guests;
    for (int i = 0;; ++i) {
        const auto page = h.rooms(what);
        for (const auto& one : page.rooms)
            listed.push_back(one.name);
        what.after = page.next;
        if (what.after.empty())
            break;
        REQUIRE(i != 50);
        guests.clear();
        h.run();
        for (const auto* room : {"device:a", "device:c", "device:g"})
            if (i % 2 == 0)
                guests.push_back(h.member({}, {room}));
    }
    std::erase_if(listed, [](const auto& name) { return name < "device:a" || (name.back() - 'a') % 2 == 0; });
    CHECK(listed == std::vector<std::string>{"device:b", "device:d", "device:f", "device:h"});
}

TEST_CASE("enumeration: what is told of a room", "[enumeration]")
{
    quiet_hub h{2};
    const auto ann = h.member("ann", {"chat:1"});
    const auto bob = h.member("bob", {"chat:1", "device:1"});
    h.hub.publish("chat:1", "n", json::value(1));
    h.hub.publish("chat:1", "n", json::value(2));
    const auto handle = h.hub.room("device:2");
    h.run();
    const auto page = h.rooms({});
    REQUIRE(page.rooms.size() == 5);
    const auto& chat = page.rooms[0];
    CHECK(chat.name == "chat:1");
    CHECK(chat.members == 2);
    CHECK(chat.history);
    CHECK(chat.presence);
    CHECK(chat.last.epoch != 0);
    CHECK(chat.last.offset == 2);
    const auto& device = page.rooms[1];
    CHECK(device.name == "device:1");
    CHECK(device.members == 1);
    CHECK_FALSE(device.history);
    CHECK_FALSE(device.presence);
    CHECK_FALSE(device.last);
    CHECK(page.rooms[2].name == "device:2"); // a handle keeps it
    CHECK(page.rooms[2].members == 0);
    CHECK(page.rooms[3].name == "user:ann");
    CHECK(page.rooms[4].name == "user:bob");
}

TEST_CASE("enumeration: limits and cursors that cannot be are refused", "[enumeration]")
{
    quiet_hub h{2}, other;
    h.connect(1, "ann");
    other.connect(1, "ann");
    for (const auto limit : {std::size_t{0}, max_enumeration_limit + 1, static_cast<std::size_t>(-1)}) {
        CHECK(h.failure(room_query{.limit = limit}) == error::invalid_message);
        CHECK(h.failure(connection_query{.limit = limit}) == error::invalid_message);
    }
    for (const auto& bad : {std::string{"a\nb"}, std::string{"\xff"}, std::string(5000, 'a')})
        CHECK(h.failure(room_query{.after = bad}) == error::invalid_message);
    const auto own = h.connections({}).connections.front().id;
    const auto foreign = other.connections({}).connections.front().id;
    CHECK(h.connections({.after = own}).connections.empty());
    auto no_shard = own;
    no_shard.replace(16, 2, "ff");
    for (const auto& bad : {foreign, no_shard, own.substr(1), own + '0', std::string{"x"}, std::string(32, 'g')})
        CHECK(h.failure(connection_query{.after = bad}) == error::invalid_message);
}

TEST_CASE("enumeration: a hub that has shut down lists nothing", "[enumeration]")
{
    quiet_hub h{2};
    h.connect(3, "ann");
    bool over = false;
    h.hub.async_shutdown({}, [&](error_code) { over = true; });
    while (!over)
        h.context.run_one();
    CHECK(h.failure(room_query{}) == error::shutting_down);
    CHECK(h.failure(connection_query{}) == error::shutting_down);
    CHECK(h.failure(connection_query{.limit = 0}) == error::invalid_message);
}

TEST_CASE("enumeration: a walk ends with a hub that goes, or with its context", "[enumeration]")
{
    bool told = false;
    {
        asio::io_context context{1};
        std::optional<fanfare::hub<>> hub{std::in_place, context.get_executor()};
        hub->async_rooms({}, [&](error_code, const room_page&) { told = true; });
        hub->async_connections({}, [](error_code, const connection_page&) {});
        hub.reset();
        context.run();
        CHECK(told);
        told = false;
        hub.emplace(context.get_executor());
        hub->async_rooms({}, [&](error_code, const room_page&) { told = true; });
        hub.reset();
    } // the handler is destroyed without a call
    CHECK_FALSE(told);
}

TEST_CASE("enumeration: while a hub is at work", "[enumeration]")
{
    std::counting_semaphore<> greeted{0};
    world w{{}, 3};
    w.serve();
    std::vector<local_connection> stay;
    for (int i = 0; i != 60; ++i)
        stay.push_back(w.hub().connect({.user_id = "stays"}, {.on_message = [](std::string_view) {}}));
    REQUIRE(eventually([&] {
        return w.hub().async_connections({.limit = 1000}, asio::use_future).get().connections.size() == 60;
    }));
    std::atomic<bool> busy{true};
    std::thread crowd{[&] {
        while (busy) { // one after the other: the shards would have nothing else to do
            const auto one = w.hub().connect({.user_id = "comes", .rooms = {"device:1"}},
                                             {.on_message = [&](std::string_view) { greeted.release(); }});
            if (!greeted.try_acquire_for(patience))
                return;
        }
    }};
    for (int round = 0; round != 20; ++round) {
        std::vector<std::string> seen;
        connection_query what{.limit = 9};
        do {
            const auto page = w.hub().async_connections(what, asio::use_future).get();
            for (const auto& one : page.connections)
                if (one.user_id == "stays")
                    seen.push_back(one.id);
            what.after = page.next;
        } while (!what.after.empty());
        CHECK(seen.size() == 60);
        CHECK(std::set(seen.begin(), seen.end()).size() == 60);
        CHECK_FALSE(w.hub().async_rooms({.prefix = "user:stays"}, asio::use_future).get().rooms.empty());
    }
    busy = false;
    crowd.join();
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_BUS_CONFORMANCE_HPP
#define FANFARE_TESTS_BUS_CONFORMANCE_HPP

// What every bus must do, as a test for yours. It needs this file and recording_sink.hpp, Catch2 2 or 3, and how to make nodes:
//
//     struct my_nodes {                       // the buses of some processes (or of what stands for them), connected
//         explicit my_nodes(std::size_t n);   // and running
//         my_bus& bus(std::size_t i);
//     };
//     TEST_CASE("my bus keeps the promises of a bus")
//     {
//         fanfare::test::bus_conformance([](std::size_t n) { return std::make_unique<my_nodes>(n); });
//     }
//
// Each part gets nodes of its own. The test waits at most `bus_patience` for anything.
#include "recording_sink.hpp"

#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_test_macros.hpp>
#else
#include <catch2/catch.hpp>
#endif

#include <fanfare/bus.hpp>
#include <fanfare/error.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

namespace fanfare::test {

namespace conformance {

// An attached sink for each node.
template <class Nodes>
auto attach_all(Nodes& nodes, std::size_t n)
{
    using bus_type = std::remove_cvref_t<decltype(nodes->bus(0))>;
    static_assert(bus<bus_type>);
    std::vector<std::unique_ptr<attached_sink<bus_type>>> out;
    for (std::size_t i = 0; i != n; ++i) {
        out.push_back(std::make_unique<attached_sink<bus_type>>(nodes->bus(i)));
        REQUIRE(out.back()->came_up);
    }
    return out;
}

inline std::string numbered(std::size_t publisher, int i)
{
    return "{\"n\":\"" + std::to_string(publisher) + '.' + std::to_string(i) + "\"}";
}

template <class MakeNodes>
void one_order(MakeNodes& make_nodes)
{
    constexpr std::size_t n = 3;
    constexpr int count = 400;
    auto nodes = make_nodes(n);
    auto sinks = attach_all(nodes, n);
    const std::string rooms[] = {"chat:a", "chat:b"};
    for (auto& s : sinks)
        for (const auto& room : rooms)
            REQUIRE(s->join(room));
    std::atomic<int> refused{0};
    std::vector<std::thread> publishers;
    for (std::size_t p = 0; p != n; ++p)
        publishers.emplace_back([&, p] {
            for (int i = 0; i != count; ++i)
                if (sinks[p]->publish(rooms[i % 2], numbered(p, i)).error)
                    ++refused;
        });
    for (auto& t : publishers)
        t.join();
    CHECK(refused == 0);
    for (auto& s : sinks)
        CHECK(bus_eventually([&] { return s->sink.size() >= n * count; }));
    for (const auto& room : rooms) {
        const auto order = sinks[0]->sink.bodies(room);
        CHECK(order.size() == n * count / 2);
        CHECK(std::set<std::string>{order.begin(), order.end()}.size() == order.size()); // each at most once
        for (auto& s : sinks)
            CHECK(s->sink.bodies(room) == order);
        for (std::size_t p = 0; p != n; ++p) { // and what one thread published is in its order
            std::vector<std::string> own, expected;
            for (const auto& body : order)
                if (body.starts_with("{\"n\":\"" + std::to_string(p) + '.'))
                    own.push_back(body);
            for (int i = room == rooms[0] ? 0 : 1; i < count; i += 2)
                expected.push_back(numbered(p, i));
            CHECK(own == expected);
        }
    }
}

template <class MakeNodes>
void joined_hears_all(MakeNodes& make_nodes)
{
    auto nodes = make_nodes(2);
    auto sinks = attach_all(nodes, 2);
    for (int i = 0; i != 100; ++i) {
        const auto room = "device:" + std::to_string(i);
        REQUIRE(sinks[0]->join(room));
        REQUIRE_FALSE(sinks[1]->publish(room, numbered(1, i)).error); // by one that has not joined it
    }
    CHECK(bus_eventually([&] { return sinks[0]->sink.size() == 100; }));
    for (int i = 0; i != 100; ++i) {
        const auto room = "device:" + std::to_string(i);
        CHECK(sinks[0]->sink.bodies(room) == std::vector{numbered(1, i)});
        CHECK(sinks[0]->sink.missed_count(room) == 0);
    }
}

// Under backpressure a bus may refuse a message, or take it and tell the hole. Both must be the truth.
template <class MakeNodes>
void refused_reaches_nobody(MakeNodes& make_nodes)
{
    auto nodes = make_nodes(2);
    auto sinks = attach_all(nodes, 2);
    REQUIRE(sinks[0]->join("chat:a"));
    REQUIRE(sinks[1]->join("chat:a"));
    sinks[0]->sink.full = true;
    const auto answer = sinks[0]->bus.publish({.channel = "chat:a", .body = R"({"lost":1})"}, {});
    if (!answer.error)
        CHECK(bus_eventually([&] { return sinks[0]->sink.missed_count("chat:a") == 1; }));
    sinks[0]->sink.full = false;
    REQUIRE_FALSE(sinks[0]->publish("chat:a", R"({"after":1})").error);
    for (auto& s : sinks)
        CHECK(bus_eventually([&] { return s->sink.has(R"({"after":1})"); }));
    CHECK_FALSE(sinks[0]->sink.has(R"({"lost":1})"));
    CHECK(sinks[1]->sink.has(R"({"lost":1})") == !answer.error);
    CHECK(sinks[1]->sink.missed_count("chat:a") == 0);
}

template <class MakeNodes>
void broadcasts_and_control_reach_all(MakeNodes& make_nodes)
{
    constexpr std::size_t n = 3;
    auto nodes = make_nodes(n);
    auto sinks = attach_all(nodes, n);
    for (std::size_t i = 0; i != n; ++i) {
        CHECK_FALSE(sinks[i]->send({.what = bus_message::kind::broadcast, .body = numbered(i, 1)}).error);
        CHECK_FALSE(sinks[i]->send({.what = bus_message::kind::control, .body = "do " + std::to_string(i)}).error);
    }
    for (auto& s : sinks) {
        CHECK(bus_eventually([&] { return s->sink.size() == 2 * n; }));
        CHECK(s->sink.bodies("", bus_message::kind::broadcast) ==
              sinks[0]->sink.bodies("", bus_message::kind::broadcast));
        CHECK(s->sink.bodies("", bus_message::kind::control) ==
              sinks[0]->sink.bodies("", bus_message::kind::control));
        for (std::size_t i = 0; i != n; ++i) {
            CHECK(s->sink.has(numbered(i, 1)));
            CHECK(s->sink.has("do " + std::to_string(i)));
        }
    }
}

template <class MakeNodes>
void done_is_called_once(MakeNodes& make_nodes)
{
    constexpr int count = 300;
    auto nodes = make_nodes(2);
    auto sinks = attach_all(nodes, 2);
    REQUIRE(sinks[1]->join("chat:a"));
    std::vector<std::atomic<int>> calls(2 * count);
    std::atomic<int> errors{0}, all{0}, refused{0};
    std::vector<std::thread> publishers;
    for (std::size_t p = 0; p != 2; ++p)
        publishers.emplace_back([&, p] {
            for (int i = 0; i != count; ++i) {
                auto& own = calls[p * count + static_cast<std::size_t>(i)];
                const auto done = [&own, &errors, &all](const bus_receipt& r) {
                    errors += r.error ? 1 : 0;
                    ++own;
                    ++all;
                };
                refused += sinks[p]->publish("chat:a", numbered(p, i), done).error ? 1 : 0;
            }
        });
    for (auto& t : publishers)
        t.join();
    CHECK(refused == 0);
    CHECK(bus_eventually([&] { return all == 2 * count; }));
    CHECK(errors == 0);
    CHECK(bus_eventually([&] { return sinks[1]->sink.size() == 2 * count; }));
    CHECK(std::all_of(calls.begin(), calls.end(), [](const auto& c) { return c == 1; }));
}

// Many threads join and leave while others publish: nothing breaks, and who has joined in the end hears all.
template <class MakeNodes>
void joins_and_leaves(MakeNodes& make_nodes)
{
    auto nodes = make_nodes(2);
    auto sinks = attach_all(nodes, 2);
    std::atomic<bool> stop{false};
    std::thread publisher{[&] {
        for (int i = 0; !stop; ++i) {
            (void)sinks[1]->publish("chat:" + std::to_string(i % 4), numbered(9, i));
            if (i % 64 == 63)
                std::this_thread::sleep_for(std::chrono::milliseconds{1});
        }
    }};
    std::vector<std::thread> members;
    for (std::size_t m = 0; m != 2; ++m)
        members.emplace_back([&, m] {
            for (int i = 0; i != 500; ++i) {
                const auto room = "chat:" + std::to_string(2 * m + static_cast<std::size_t>(i % 2));
                (void)sinks[0]->bus.join(sinks[0]->sink, room);
                sinks[0]->bus.leave(sinks[0]->sink, room);
            }
        });
    for (auto& t : members)
        t.join();
    stop = true;
    publisher.join();
    REQUIRE(sinks[0]->join("chat:0"));
    REQUIRE_FALSE(sinks[1]->publish("chat:0", R"({"the":"end"})").error);
    CHECK(bus_eventually([&] { return sinks[0]->sink.has(R"({"the":"end"})"); }));
    sinks[0]->bus.leave(sinks[0]->sink, "chat:0");
    sinks[0]->bus.leave(sinks[0]->sink, "never:joined");
}

template <class MakeNodes>
void detach_means_silence(MakeNodes& make_nodes)
{
    auto nodes = make_nodes(2);
    auto sinks = attach_all(nodes, 2);
    REQUIRE(sinks[1]->join("chat:a"));
    std::atomic<bool> stop{false};
    std::thread publisher{[&] {
        for (int i = 0; !stop; ++i) {
            (void)sinks[0]->publish("chat:a", numbered(0, i));
            (void)sinks[0]->send({.what = bus_message::kind::broadcast, .body = "{}"});
            if (i % 64 == 63)
                std::this_thread::sleep_for(std::chrono::milliseconds{1});
        }
    }};
    for (int round = 0; round != 20; ++round) {
        attached_sink<std::remove_reference_t<decltype(sinks[1]->bus)>> visitor{nodes->bus(1)};
        (void)nodes->bus(1).join(visitor.sink, "chat:a");
        CHECK(bus_eventually([&] { return visitor.sink.size() != 0; }));
        nodes->bus(1).detach(visitor.sink);
        visitor.sink.gone = true;
        const auto before = sinks[1]->sink.size(); // who stays hears more meanwhile
        CHECK(bus_eventually([&] { return sinks[1]->sink.size() > before + 10; }));
        CHECK(visitor.sink.calls_when_gone == 0);
    }
    stop = true;
    publisher.join();
    REQUIRE_FALSE(sinks[0]->publish("chat:a", R"({"the":"end"})").error);
    CHECK(bus_eventually([&] { return sinks[1]->sink.has(R"({"the":"end"})"); })); // the others go on
}

template <class MakeNodes>
void everything_travels(MakeNodes& make_nodes)
{
    auto nodes = make_nodes(2);
    auto sinks = attach_all(nodes, 2);
    REQUIRE(sinks[1]->join("device:\xc3\xa9"));
    using kind = bus_message::kind;
    const auto large = "{\"x\":\"" + std::string(200'000, 'x') + "\"}";
    const std::vector<recording_sink::record> sent{
        {kind::room, "device:\xc3\xa9", R"({"a":1})", "", 0},
        {kind::room, "device:\xc3\xa9", "{\"a\":\"\xf0\x9f\x98\x80\"}", "key 1", 0xfedc'ba98'7654'3210},
        {kind::room, "device:\xc3\xa9", large, std::string(100, 'k'), 1},
    };
    for (const auto& r : sent)
        REQUIRE_FALSE(
            sinks[0]
                ->send({.what = r.what, .channel = r.channel, .body = r.body, .key = r.key, .except = r.except})
                .error);
    CHECK(bus_eventually([&] { return sinks[1]->sink.size() == sent.size(); }));
    CHECK((sinks[1]->sink.all() == sent));
}

// Two hubs of one process on one bus.
template <class MakeNodes>
void sinks_share_a_bus(MakeNodes& make_nodes)
{
    auto nodes = make_nodes(2);
    auto sinks = attach_all(nodes, 2);
    attached_sink<std::remove_reference_t<decltype(sinks[0]->bus)>> second{nodes->bus(0)};
    REQUIRE(second.came_up);
    REQUIRE(sinks[0]->join("chat:a"));
    REQUIRE(second.join("chat:a"));
    REQUIRE_FALSE(sinks[1]->publish("chat:a", "{\"n\":1}").error);
    CHECK(bus_eventually([&] { return sinks[0]->sink.has("{\"n\":1}") && second.sink.has("{\"n\":1}"); }));
    second.bus.leave(second.sink, "chat:a");
    REQUIRE_FALSE(second.publish("chat:a", "{\"n\":2}").error);
    CHECK(bus_eventually([&] { return sinks[0]->sink.has("{\"n\":2}"); })); // the first one is still a member
}

} // namespace conformance

template <class MakeNodes>
void bus_conformance(MakeNodes make_nodes)
{
    SECTION("one order a room on all nodes, each message once")
    {
        conformance::one_order(make_nodes);
    }
    SECTION("who has joined hears everything")
    {
        conformance::joined_hears_all(make_nodes);
    }
    SECTION("what is refused reaches nobody")
    {
        conformance::refused_reaches_nobody(make_nodes);
    }
    SECTION("broadcasts and control reach all")
    {
        conformance::broadcasts_and_control_reach_all(make_nodes);
    }
    SECTION("done is called once")
    {
        conformance::done_is_called_once(make_nodes);
    }
    SECTION("joins and leaves of many threads")
    {
        conformance::joins_and_leaves(make_nodes);
    }
    SECTION("detach means silence")
    {
        conformance::detach_means_silence(make_nodes);
    }
    SECTION("body, key and except travel")
    {
        conformance::everything_travels(make_nodes);
    }
    SECTION("several sinks share a bus")
    {
        conformance::sinks_share_a_bus(make_nodes);
    }
}

} // namespace fanfare::test

#endif

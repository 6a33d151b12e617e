// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Commands to all hubs on a bus, their answers, and what is known of the other hubs.
#include "support/scripted_bus.hpp"

#include <boost/asio/use_future.hpp>
#include <boost/system/system_error.hpp>

using namespace fanfare;
using namespace fanfare::test;

TEST_CASE("a command that is awaited fails at once while the bus is down")
{
    scripted_world s;
    s.bus.sink().changed({false, "connection refused"});
    auto one = s.w.hub().async_disconnect_user("ann", close_code::disconnected, "", asio::use_future);
    CHECK(code_of(one) == error::bus_unavailable);
    auto all = s.w.hub().async_cluster_stats(100ms, asio::use_future);
    CHECK(code_of(all) == error::bus_unavailable);
    CHECK_FALSE(s.bus.next_command());
}

TEST_CASE("a command that is awaited tells how many connections it reached on all hubs")
{
    two_worlds hubs{2, 1};
    client here{hubs.one.port(), "ann"};
    client there{hubs.two.port(), "ann"};
    client bystander{hubs.two.port(), "bob"};
    CHECK(hubs.one.hub().async_subscribe_user("ann", "group:x", asio::use_future).get() == 2);
    hubs.two.hub().publish("group:x", "hello", json::value(1));
    CHECK(here.next().at("type") == "hello");
    CHECK(there.next().at("type") == "hello");
    CHECK(hubs.two.hub().async_unsubscribe_user("ann", "group:x", asio::use_future).get() == 2);
    CHECK(hubs.two.hub().async_unsubscribe_user("ann", "group:x", asio::use_future).get() == 0);
    CHECK(hubs.one.hub().async_disconnect_user("ann", close_code::disconnected, "bye", asio::use_future).get() ==
          2);
    CHECK(here.closed() == 3500);
    CHECK(there.closed() == 3500);
    CHECK(hubs.one.hub().async_disconnect_user("nobody", close_code::disconnected, "", asio::use_future).get() ==
          0);
    CHECK_THROWS_AS(hubs.one.hub().async_disconnect_user("", close_code::disconnected, "", asio::use_future).get(),
                    boost::system::system_error);
    CHECK_THROWS_AS(hubs.one.hub().async_subscribe_user("bob", "", asio::use_future).get(),
                    boost::system::system_error);
    CHECK(hubs.one.hub().async_cluster_stats(patience, asio::use_future).get().nodes.size() == 2);
    CHECK(bystander.drain().empty());
}

TEST_CASE("cluster stats are of all hubs and name the one that does not answer")
{
    scripted_world s{{.heartbeat_interval = 500ms}};
    client c{s.w.port()};
    // This hub shows that it lives, since it has a connection.
    std::optional<std::string> sign;
    REQUIRE(eventually([&] { return sign || (sign = s.bus.next_command()); }));
    CHECK(json::parse(*sign).at("type") == "node");
    CHECK(json::parse(*sign).at("stats").at("connections") == 1);

    auto all = s.w.hub().async_cluster_stats(200ms, asio::use_future);
    json::value question;
    REQUIRE(eventually([&] {
        const auto text = s.bus.next_command();
        return text && (question = json::parse(*text)).at("type") == "stats";
    }));
    const auto number = json::serialize(question.at("ask"));
    const auto own = std::string{question.at("from").as_string()};
    s.bus.command(R"({"type":"node","node":"00000000000000aa","stats":{"connections":7}})");
    s.bus.command(R"({"type":"answer","to":")" + own + R"(","number":)" + number +
                  R"(,"node":"00000000000000bb","stats":{"connections":4,"users":2,"surprise":[]}})");
    s.bus.command(R"({"type":"answer","to":")" + own + R"(","number":)" + number +
                  R"(,"node":"00000000000000cc","stats":{"connections":-4,"users":"many"}})");
    s.bus.confirm_command({.dispatched_to_cluster = true, .nodes = 3});
    const auto found = all.get();
    REQUIRE(found.nodes.size() == 3);
    CHECK(found.connections == 4);
    CHECK(found.users == 2);
    CHECK(found.nodes.back().id == "00000000000000aa");
    CHECK_FALSE(found.nodes.back().responded);
    CHECK(found.nodes.back().stats.connections == 7);

    // Three signs of life later, which did not come, it is forgotten. No other node's sign is needed for that.
    CHECK(eventually([&] {
        auto again = s.w.hub().async_cluster_stats(50ms, asio::use_future);
        while (again.wait_for(1ms) != std::future_status::ready)
            if (const auto text = s.bus.next_command(); text && json::parse(*text).at("type") == "stats") {
                s.bus.command(*text);
                s.bus.confirm_command({.dispatched_to_cluster = true, .nodes = 0});
            }
        try {
            return again.get().nodes.size() == 1; // this one
        } catch (const boost::system::system_error&) {
            return false; // on a busy machine not within its time: it is asked again
        }
    }));
}

TEST_CASE("each call for the cluster's stats asks the hubs after it, and calls of one moment share a question")
{
    scripted_world s;
    const auto question = [&s] {
        json::value found;
        REQUIRE(eventually([&] {
            const auto text = s.bus.next_command();
            return text && (found = json::parse(*text)).at("type") == "stats";
        }));
        return found;
    };
    const auto answer = [&s](const json::value& asked, const char* node) {
        s.bus.command(R"({"type":"answer","to":")" + std::string{asked.at("from").as_string()} + R"(","number":)" +
                      json::serialize(asked.at("ask")) + R"(,"node":")" + node + R"(","stats":{}})");
    };
    auto first = s.w.hub().async_cluster_stats(patience, asio::use_future);
    const auto one = question();
    // While that is awaited others ask: it may have been answered by a hub that is dead by now.
    auto second = s.w.hub().async_cluster_stats(patience, asio::use_future);
    auto third = s.w.hub().async_cluster_stats(patience, asio::use_future);
    answer(one, "00000000000000bb");
    s.bus.command(json::serialize(one)); // its own answer
    s.bus.confirm_command({.dispatched_to_cluster = true, .nodes = 1});
    CHECK(first.get().nodes.size() == 2);
    auto fourth = s.w.hub().async_cluster_stats(patience, asio::use_future);
    const auto two = question();
    CHECK(two.at("ask") != one.at("ask"));
    s.bus.command(json::serialize(two));
    s.bus.confirm_command({.dispatched_to_cluster = true, .nodes = 0});
    for (auto* waiting : {&second, &third, &fourth}) {
        const auto found = waiting->get();
        for (const auto& node : found.nodes)
            CHECK((node.responded == (node.id != "00000000000000bb")));
        CHECK(found.nodes.size() == 1);
    }
    CHECK_FALSE(s.bus.next_command());
}

TEST_CASE("no other hub's command means everybody when it names nobody")
{
    scripted_world s;
    client c{s.w.port()};
    for (const auto* text :
         {R"({"type":"disconnect"})", R"({"type":"disconnect","user":""})",
          R"({"type":"disconnect","user":null,"connection":""})", R"({"type":"subscribe","room":"global"})",
          R"({"type":"answer"})", R"({"type":"node","node":7})", "no json", "[]"})
        s.bus.command(text);
    CHECK(c.drain().empty());
}

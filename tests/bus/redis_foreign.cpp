// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "bus/redis_support.hpp"

#include <boost/json/parse.hpp>

using namespace fanfare;
using namespace fanfare::test;

namespace {

json::value only(const recording_sink& sink, std::string_view room,
                 bus_message::kind what = bus_message::kind::room)
{
    const auto bodies = sink.bodies(room, what);
    REQUIRE(bodies.size() == 1);
    return json::parse(bodies[0]);
}

} // namespace

TEST_CASE("anyone may publish JSON to a room, to all, or a notification to a user", "[redis][bus]")
{
    redis_server server;
    redis_nodes nodes{eager(server), 2};
    redis_sink a{nodes.bus(0)}, b{nodes.bus(1)};
    for (auto* s : {&a, &b})
        for (const auto* room : {"chat:a", "user:ann", "device:1"})
            REQUIRE(s->join(room));
    server.command({"PUBLISH", "fanfare:room:{chat:a}", R"({"type":"alert","payload":{"x":1}})"});
    server.command({"PUBLISH", "fanfare:room:{device:1}", R"({"temperature":21.5})"});
    server.command({"PUBLISH", "fanfare:broadcast", R"({"type":"alert","text":"all"})"});
    server.command({"PUBLISH", "notifications", R"({"user_id":"ann","title":"Hi","message":"There","data":[1]})"});
    server.command({"PUBLISH", "notifications", R"({"user_id":"bob","title":"not","message":"here"})"});
    for (auto* s : {&a, &b}) {
        REQUIRE(bus_eventually([&] { return s->bus.stats().received == 5; }));
        CHECK(only(s->sink, "chat:a").at("type") == "alert");
        CHECK(only(s->sink, "chat:a").at("room") == "chat:a");
        CHECK(only(s->sink, "chat:a").at("payload") == json::value{{"x", 1}});
        CHECK(only(s->sink, "device:1").at("type") == "message");
        CHECK(only(s->sink, "device:1").at("payload") == json::value{{"temperature", 21.5}});
        CHECK(only(s->sink, "", bus_message::kind::broadcast).at("payload") == json::value{{"text", "all"}});
        CHECK(only(s->sink, "user:ann").at("type") == "notification");
        CHECK(only(s->sink, "user:ann").at("payload") ==
              json::value{{"user_id", "ann"}, {"title", "Hi"}, {"message", "There"}, {"data", json::array{1}}});
        CHECK(s->sink.size() == 4);
        CHECK(s->bus.stats().foreign == 5);
        CHECK(s->bus.stats().malformed == 0);
    }
}

TEST_CASE("malformed messages are counted, told a few times, and harm nobody", "[redis][bus]")
{
    redis_server server;
    bus_problems told;
    redis_bus_options options;
    options.max_message_size = 4096;
    told.listen(options);
    redis_nodes nodes{eager(server), 1, options};
    redis_sink a{nodes.bus(0)};
    REQUIRE(a.join("chat:a"));
    const std::string room = "fanfare:room:{chat:a}";
    const std::vector<std::pair<std::string, std::string>> bad{
        {room, "hello"},
        {room, ""},
        {room, "\"\xff\""},
        {room, "F2 r 0 0\n{}"},
        {room, "F1 r 0 0\nnot an envelope"},
        {room, "F1 c 0 0\nstop"},
        {room, "F1 b 0 0\n{}"},
        {room, std::string("{\"x\":\"") + std::string(5000, 'x') + "\"}"},
        {room, std::string(2000, '[') + std::string(2000, ']')},
        {"notifications", R"({"user_id":"","title":"a","message":"b"})"},
        {"notifications", "[]"},
        {"fanfare:broadcast", "hello"},
        {"fanfare:broadcast", "F1 r 0 0\n{}"},
        {"fanfare:control", R"({"type":"alert"})"},
        {"fanfare:control", "F1 r 0 0\n{}"},
    };
    for (const auto& [channel, body] : bad)
        server.command({"PUBLISH", channel, body});
    REQUIRE_FALSE(a.publish("chat:a", "{}").error);
    CHECK(bus_eventually([&] { return a.sink.has("{}"); }));
    CHECK(a.sink.size() == 1);
    CHECK(a.bus.stats().malformed == bad.size());
    CHECK(a.bus.stats().reconnects == 0);
    CHECK(told.tell("a malformed message on fanfare:room:{chat:a}: not valid JSON"));
    CHECK(told.size() < bad.size());
}

TEST_CASE("a notice of a loss is for the members of its room", "[redis][bus]")
{
    redis_server server;
    redis_nodes nodes{eager(server), 1};
    redis_sink a{nodes.bus(0)};
    for (const auto* room : {"chat:a", "chat:b"})
        REQUIRE(a.join(room));
    a.sink.forget();
    server.command({"PUBLISH", "fanfare:room:{chat:a}", "F1 m 0 0\n"});
    CHECK(bus_eventually([&] { return a.sink.missed_count("chat:a") == 1; }));
    CHECK(a.sink.missed_count("chat:b") == 0);
    server.command({"PUBLISH", "fanfare:broadcast", "F1 m 0 0\n"});
    CHECK(bus_eventually([&] { return a.sink.missed_count("") == 1; }));
    server.command({"PUBLISH", "fanfare:broadcast", "F1 a 0 0\n"});
    CHECK(bus_eventually([&] { return a.sink.missed_count("") == 2; }));
    CHECK(a.sink.missed_count("chat:a") == 2);
    CHECK(a.sink.missed_count("chat:b") == 1);
}

TEST_CASE("a user with the rights that the bus needs, and no others, is enough", "[redis][bus]")
{
    redis_server server;
    server.command({"ACL", "SETUSER", "bus", "on", ">secret", "resetchannels", "+publish", "+subscribe",
                    "+unsubscribe", "&fanfare:*", "&notifications"});
    const auto url = "redis://bus:secret@127.0.0.1:" + std::to_string(server.port());
    auto redis = eager(server);
    redis.user = "bus";
    redis.password = "secret";
    auto options = impatient();
    options.linger = 0ms;
    redis_nodes nodes{redis, 1, options};
    redis_sink a{nodes.bus(0)};
    REQUIRE(a.came_up);
    REQUIRE(a.join("chat:a"));
    std::atomic<int> others{-1};
    CHECK_FALSE(a.publish("chat:a", "{}", [&](const bus_receipt& r) {
                     others = static_cast<int>(r.nodes.value_or(99));
                 }).error);
    CHECK(bus_eventually([&] { return others == 0 && a.sink.has("{}"); }));
    const auto probes = a.bus.stats().probes;
    CHECK(bus_eventually([&] { return a.bus.stats().probes > probes + 2; }));
    a.bus.leave(a.sink, "chat:a");
    CHECK(bus_eventually([&] { return subscribers(server, "fanfare:room:{chat:a}") == 0; }));
    CHECK(a.sink.up());
    CHECK(a.bus.stats().reconnects == 0);
}

TEST_CASE("a channel that Redis refuses is told and hurts no other", "[redis][bus]")
{
    redis_server server;
    server.command({"ACL", "SETUSER", "bus", "on", ">secret", "resetchannels", "+@all", "&fanfare:broadcast",
                    "&fanfare:control", "&fanfare:probe:*", "&fanfare:room:{chat:*"});
    auto redis = eager(server);
    redis.user = "bus";
    redis.password = "secret";
    auto options = impatient();
    bus_problems told;
    told.listen(options);

    {
        redis_nodes nodes{redis, 1, options}; // `notifications` is refused, and the bus says so
        recording_sink sink;
        nodes.bus(0).attach(sink);
        CHECK(bus_eventually([&] { return told.tell("refused the bus's own subscriptions"); }));
        CHECK_FALSE(sink.up());
        CHECK(told.tell("NOPERM"));
        CHECK_FALSE(told.tell("secret"));
        nodes.bus(0).detach(sink);
    }
    options.notifications_channel.clear();
    redis_nodes nodes{redis, 1, options};
    redis_sink a{nodes.bus(0)};
    REQUIRE(a.came_up);
    CHECK_FALSE(a.bus.join(a.sink, "device:1"));
    CHECK_FALSE(a.bus.join(a.sink, "chat:a"));
    CHECK(bus_eventually([&] { return a.sink.take_joined("device:1"); }));
    CHECK(bus_eventually([&] { return a.sink.take_joined("chat:a"); }));
    CHECK(a.sink.missed_count("device:1") == 1);
    CHECK(a.sink.missed_count("chat:a") == 0);
    CHECK(told.tell("refused SUBSCRIBE to fanfare:room:{device:1}: NOPERM"));
    CHECK(a.join("chat:b"));
    CHECK(a.bus.join(a.sink, "chat:a"));

    std::atomic<bool> refused{false};
    CHECK_FALSE(a.publish("device:1", "{}", [&](const bus_receipt& r) {
                     refused = r.error == error::redis_failed;
                 }).error);
    CHECK(bus_eventually([&] { return refused.load(); }));
    CHECK(a.sink.missed_count("device:1") == 1); // its publisher knows
    CHECK_FALSE(a.publish("device:1", "{}").error);
    CHECK(bus_eventually([&] { return a.sink.missed_count("device:1") == 2; }));
    CHECK(told.tell("refused PUBLISH to fanfare:room:{device:1}"));
    CHECK(a.bus.stats().lost == 2);
    CHECK(a.sink.up());
}

TEST_CASE("a refused room comes into force when Redis' rights are mended, and its members are told",
          "[redis][bus]")
{
    redis_server server;
    server.command({"ACL", "SETUSER", "bus", "on", ">secret", "+@all", "resetchannels", "&fanfare:broadcast",
                    "&fanfare:control", "&fanfare:probe:*", "&fanfare:room:{chat:*", "&notifications"});
    auto redis = eager(server);
    redis.user = "bus";
    redis.password = "secret";
    auto options = impatient();
    bus_problems told;
    told.listen(options);
    redis_nodes nodes{redis, 1, options};
    redis_sink a{nodes.bus(0)};
    REQUIRE(a.came_up);
    CHECK_FALSE(a.bus.join(a.sink, "device:1"));
    CHECK(bus_eventually([&] { return a.sink.missed_count("device:1") == 1; }));
    const auto tried = calls_of(server, "subscribe");
    const auto rejected = [&] {
        const auto info = server.command({"INFO", "commandstats"});
        const auto at = info.find("rejected_calls=", info.find("cmdstat_subscribe:"));
        return at == std::string::npos ? 0 : std::stol(info.substr(info.find('=', at) + 1));
    };
    const auto refused = rejected();
    CHECK(bus_eventually([&] { return calls_of(server, "subscribe") > tried + 1 || rejected() > refused + 1; }));
    CHECK(a.sink.missed_count("device:1") == 1); // they know
    CHECK(told.size() == 1);
    server.command({"ACL", "SETUSER", "bus", "&fanfare:room:{device:*"});
    CHECK(bus_eventually([&] { return a.sink.missed_count("device:1") == 2; }));
    server.command({"PUBLISH", "fanfare:room:{device:1}", R"({"n":1})"});
    CHECK(bus_eventually([&] { return a.sink.bodies("device:1").size() == 1; }));
    CHECK(a.bus.stats().reconnects == 0);
}

TEST_CASE("a room whose subscription Redis was too busy for is subscribed later", "[redis][bus]")
{
    redis_server server;
    server.command({"CONFIG", "SET", "lua-time-limit", "20"});
    redis_bus_options options;
    bus_problems told;
    told.listen(options);
    redis_nodes nodes{eager(server), 1, options};
    redis_sink a{nodes.bus(0)};
    REQUIRE(a.came_up);
    std::thread script{[&] { server.command({"EVAL", "while true do end", "0"}); }};
    CHECK(bus_eventually([&] { return server.command({"GET", "any"}).starts_with("-BUSY"); }));
    CHECK_FALSE(a.bus.join(a.sink, "chat:a"));
    CHECK(bus_eventually([&] { return a.sink.take_joined("chat:a"); }));
    CHECK(bus_eventually([&] { return told.tell("BUSY"); }));
    CHECK(bus_eventually([&] { return server.command({"SCRIPT", "KILL"}) == "+OK\r\n"; }));
    script.join();
    CHECK(bus_eventually([&] { return a.sink.up() && a.sink.missed_count("chat:a") == 1; }));
    server.command({"PUBLISH", "fanfare:room:{chat:a}", R"({"n":1})"});
    CHECK(bus_eventually([&] { return a.sink.bodies("chat:a").size() == 1; }));
    CHECK_FALSE(told.tell("refused SUBSCRIBE to"));
}

TEST_CASE("a wrong password is told without it, and the bus keeps trying", "[redis][bus]")
{
    redis_server server;
    server.command({"ACL", "SETUSER", "bus", "on", ">right-one", "+@all", "&*"});
    auto redis = eager(server);
    redis.user = "bus";
    redis.password = "wrong-one";
    redis_nodes nodes{redis, 1};
    recording_sink sink;
    nodes.bus(0).attach(sink);
    CHECK(bus_eventually([&] { return sink.changes().size() >= 2; }));
    CHECK_FALSE(sink.up());
    CHECK(sink.changes().back().problem.find("WRONGPASS") != std::string::npos);
    CHECK(sink.changes().back().problem.find("wrong-one") == std::string::npos);
    server.command({"ACL", "SETUSER", "bus", ">wrong-one"});
    CHECK(bus_eventually([&] { return sink.up(); }));
    nodes.bus(0).detach(sink);
}

TEST_CASE("options that cannot work are refused by name", "[redis][bus]")
{
    asio::io_context context;
    const auto refused = [&](auto change) {
        redis_bus_options options;
        change(options);
        try {
            redis_bus bus{context, "redis://localhost", options};
        } catch (const boost::system::system_error& e) {
            CHECK(e.code() == error::invalid_config);
            return std::string{e.what()};
        }
        return std::string{};
    };
    CHECK(refused([](auto&) {}).empty());
    CHECK(refused([](auto& o) { o.prefix = ""; }).find("prefix must be") != std::string::npos);
    CHECK(refused([](auto& o) { o.prefix = "a{b}"; }).find("prefix must be") != std::string::npos);
    CHECK(refused([](auto& o) { o.notifications_channel = "fanfare:control"; }).find("notifications_channel") !=
          std::string::npos);
    CHECK(refused([](auto& o) { o.linger = -1ms; }).find("linger") != std::string::npos);
    CHECK(refused([](auto& o) { o.probe_interval = 0ms; }).find("probe_interval") != std::string::npos);
    CHECK(refused([](auto& o) { o.probe_timeout = 0ms; }).find("probe_timeout") != std::string::npos);
    CHECK(refused([](auto& o) { o.subscribe_batch = 0; }).find("subscribe_batch") != std::string::npos);
    CHECK(refused([](auto& o) { o.max_message_size = 1; }).find("max_message_size") != std::string::npos);
    CHECK_THROWS_AS((redis_bus{context, "http://localhost"}), boost::system::system_error);
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// A client whose server is no primary any more.
#include "redis/moving_redis.hpp"
#include "support/catch.hpp"

#include <fanfare/error.hpp>

using namespace fanfare;
using namespace fanfare::test;

TEST_CASE("a client leaves a server that answers that it is a replica, and finds the new primary", "[redis]")
{
    moving_redis redis;
    running_context io;
    redis_client client{io.get(), redis.options()};
    const journal notes;
    watch(client, notes);
    CHECK(ask(client, {"SET", "a", "1"}) == "OK");
    redis.move();
    const auto refused = ask(client, {"SET", "a", "2"});
    CHECK(refused.find("READONLY") != std::string::npos);
    CHECK(notes.wait_for_line("READONLY"));
    CHECK(ask(client, {"SET", "a", "3"}) == "OK");
    CHECK(redis.second.command({"GET", "a"}) == "$1\r\n3\r\n");
    CHECK(client.status().up);
}

TEST_CASE("what was sent to a server before it was found to be a replica has its own answer", "[redis]")
{
    moving_redis redis;
    running_context io;
    redis_client client{io.get(), redis.options()};
    CHECK(ask(client, {"SET", "a", "1"}) == "OK");
    redis.move();
    const journal fates;
    for (const auto* word : {"SET", "GET", "GET"}) {
        std::vector<std::string> line{word, "a"};
        if (line.front() == "SET")
            line.emplace_back("2");
        client.async_command(
            line, [fates](error_code ec, const redis_result& r) { fates.add(ec ? r.text.substr(0, 8) : r.text); });
    }
    REQUIRE(fates.wait_for_count(3));
    CHECK(fates.lines().front() == "READONLY");
    for (const auto& fate : fates.lines())
        CHECK(fate.find("unknown") == std::string::npos);
}

TEST_CASE("a client that only reads finds out that its server has become a replica", "[redis]")
{
    moving_redis redis;
    redis.second.command({"SET", "a", "new"});
    running_context io;
    redis_client client{io.get(), redis.options()};
    CHECK(ask(client, {"SET", "a", "old"}) == "OK");
    redis.move();
    const journal notes;
    watch(client, notes);
    CHECK(eventually([&] {
        ask(client, {"GET", "nothing"});
        return notes.text().find("has become a replica") != std::string::npos;
    }));
    CHECK(ask(client, {"GET", "a"}) == "new");
}

TEST_CASE("who asks how an idle client stands has it find out that its server is a replica", "[redis]")
{
    moving_redis redis;
    running_context io;
    redis_client client{io.get(), redis.options()};
    REQUIRE(eventually([&] { return client.status().up; }));
    redis.demote(); // there is no other one
    CHECK(eventually([&] { return client.status().problem.find("replica") != std::string::npos; }));
    CHECK_FALSE(client.status().up);
    redis.first.command({"REPLICAOF", "NO", "ONE"});
    CHECK(eventually([&] { return client.status().up; }));
    CHECK(client.status().problem.empty());
}

TEST_CASE("a client that may not ask for the role works, and asks once a connection", "[redis]")
{
    redis_server server;
    server.command({"ACL", "SETUSER", "app", "on", ">secret", "~*", "+get", "+ping"});
    running_context io;
    redis_client client{io.get(), quick("redis://app:secret@127.0.0.1:" + std::to_string(server.port()))};
    CHECK(ask(client, {"GET", "a"}) == "(nil)");
    const auto refusals = [&] {
        const auto info = server.command({"INFO", "stats"});
        const auto at = info.find("acl_access_denied_cmd:");
        return at == std::string::npos ? -1L : std::strtol(info.c_str() + at + 22, nullptr, 10);
    };
    const auto begin = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - begin < 5s) // longer than two rounds of asking
        ask(client, {"GET", "a"});
    CHECK(client.status().up);
    CHECK(refusals() <= 3); // CLIENT and ROLE of the login, and one more
}

TEST_CASE("an observer that was added for an owner goes with it", "[redis]")
{
    redis_server server;
    running_context io;
    redis_client client{io.get(), quick(server.url())};
    CHECK(ask(client, {"PING"}) == "PONG");
    const journal notes;
    auto owner = std::make_shared<int>();
    const auto held = std::make_shared<int>();
    client.on_state(owner, [notes, held](bool up, const std::string&) { notes.add(up ? "up" : "down"); });
    REQUIRE(notes.wait_for_count(1));
    owner.reset();
    client.on_state([notes](bool up, const std::string&) { notes.add(up ? "other up" : "other down"); });
    REQUIRE(notes.wait_for_line("other up"));
    CHECK(held.use_count() == 1); // it is not kept
    server.restart();
    REQUIRE(notes.wait_for_line("other down"));
    CHECK(notes.count("down") == 0);
}

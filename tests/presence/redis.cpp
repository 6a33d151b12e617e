// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Presence in Redis: what every store does, nodes that die, and a Redis that forgets, freezes or starts anew.
#include "presence/conformance.hpp"
#include "redis/redis_server.hpp"
#include "support/world.hpp"

#include <fanfare/presence/redis.hpp>

#include <atomic>
#include <optional>
#include <thread>

using namespace fanfare;
using namespace fanfare::test;

namespace {

// A thread with an io_context, on which nodes have their clients.
class background {
public:
    background() : guard_{context_.get_executor()}, thread_{[this] { context_.run(); }} {}
    ~background()
    {
        context_.stop();
        thread_.join();
    }
    asio::io_context& context() { return context_; }

private:
    asio::io_context context_{1};
    asio::executor_work_guard<asio::io_context::executor_type> guard_;
    std::thread thread_;
};

redis_options options_of(const redis_server& server)
{
    redis_options o = parse_redis_url(server.url());
    o.first_backoff = 10ms;
    o.max_backoff = 50ms;
    return o;
}

struct node : blocking_presence<redis_presence> {
    node(background& b, const redis_server& server, std::chrono::milliseconds lifetime = 30s,
         std::string prefix = "fanfare:")
        : node{b, options_of(server), lifetime, std::move(prefix)}
    {}
    node(background& b, redis_options options, std::chrono::milliseconds lifetime, std::string prefix = "fanfare:")
        : blocking_presence{
              redis_presence{redis_client{b.context(), std::move(options)}, {std::move(prefix), lifetime}}}
    {}
};

long number_in(const std::string& reply)
{
    return std::strtol(reply.c_str() + 1, nullptr, 10); // ":7"
}

} // namespace

TEST_CASE("presence in Redis counts clients and users, for all nodes", "[presence][redis]")
{
    const redis_server server;
    background b;
    node here{b, server};
    node there{b, server};
    check_presence_store(here.store(), there.store());
    CHECK(here.store().lifetime().count() == 30'000);
}

TEST_CASE("a node's prefix keeps its presence apart", "[presence][redis]")
{
    const redis_server server;
    background b;
    node one{b, server, 30s, "a:"};
    node other{b, server, 30s, "b:"};
    CHECK(one.enter("r", "1", "alice").first_of_user);
    CHECK(other.enter("r", "2", "alice").first_of_user);
    CHECK(other.read("r").client_count == 1);
    CHECK(server.command({"EXISTS", "a:presence:{r}:clients", "b:presence:{r}:users"}) == ":2\r\n");
}

TEST_CASE("when a node dies, its users depart exactly once, and nobody sees a ghost", "[presence][redis]")
{
    const redis_server server;
    background b;
    node dying{b, server, 1500ms};
    node first{b, server, 1500ms};
    node second{b, server, 1500ms};
    dying.enter("r", "d1", "alice");
    dying.enter("r", "d2", "alice");
    dying.enter("r", "d3", "bob");
    dying.enter("r", "d4", "");
    first.enter("r", "f1", "bob"); // bob stays, on another node
    second.enter("r", "s1", "carol");
    CHECK(first.read("r").client_count == 6);

    std::map<std::string, int> departed;
    const auto refresh = [&](node& n, const char* id) {
        const auto answer = n.refresh({{"r", {id}}});
        CHECK(answer.missing.empty());
        for (const auto& one : answer.departed)
            ++departed[one.user_id];
    };
    REQUIRE(eventually([&] {
        refresh(first, "f1");
        refresh(second, "s1");
        return !departed.empty();
    }));
    for (int i = 0; i != 10; ++i) {
        refresh(first, "f1");
        refresh(second, "s1");
    }
    CHECK(departed == std::map<std::string, int>{{"alice", 1}});
    CHECK(users_in(second.read("r")) == users{{"bob", 1}, {"carol", 1}});
    CHECK(second.read("r").client_count == 2);
    CHECK(dying.refresh({{"r", {"d1", "d2"}}}).missing.at(0).connection_ids.size() == 2); // it was only asleep
    CHECK(dying.enter("r", "d1", "alice").first_of_user);
}

TEST_CASE("a dead node's entries are not shown after their lifetime, and nothing of them stays",
          "[presence][redis]")
{
    const redis_server server;
    background b;
    node dying{b, server, 1500ms};
    node reader{b, server, 1500ms};
    for (int i = 0; i != 20; ++i)
        dying.enter("r", "d" + std::to_string(i), "user" + std::to_string(i / 2));
    CHECK(reader.read("r").user_count == 10);
    REQUIRE(eventually([&] { return reader.read("r").client_count == 0; }));
    CHECK(reader.read("r").user_count == 0);
    CHECK(reader.read("r").users.empty());
    CHECK(number_in(server.command({"DBSIZE"})) > 0);
    CHECK(eventually([&] { return number_in(server.command({"DBSIZE"})) == 0; }));
}

TEST_CASE("a user is new to a room whose only other entry of the user has expired", "[presence][redis]")
{
    const redis_server server;
    background b;
    node dying{b, server, 1500ms};
    node other{b, server, 1500ms};
    dying.enter("r", "d1", "alice");
    REQUIRE(eventually([&] { return other.read("r").client_count == 0; }));
    CHECK(other.enter("r", "o1", "alice").first_of_user);
    for (int i = 0; i != 200; ++i) // the old entry goes without a word: alice is there
        REQUIRE(other.refresh({{"r", {"o1"}}}).departed.empty());
    CHECK(users_in(other.read("r")) == users{{"alice", 1}});
}

TEST_CASE("when nobody could reach Redis for long, everybody may come back before anybody departs",
          "[presence][redis]")
{
    redis_server server;
    background b;
    node one{b, server, 2s};
    node other{b, server, 2s};
    one.enter("r", "1", "alice");
    other.enter("r", "2", "bob");
    REQUIRE(eventually([&] { return one.read("r").client_count == 0; })); // nobody refreshes, for a lifetime
    const auto first = one.refresh({{"r", {"1"}}});
    CHECK(first.departed.empty());
    CHECK(first.missing.empty());
    const auto second = other.refresh({{"r", {"2"}}});
    CHECK(second.departed.empty());
    CHECK(second.missing.empty());
    CHECK(one.read("r").client_count == 2);
}

// What a hub leaves that died with 20,000 connections: each alone for its user, but those of bob and carol.
TEST_CASE("when a great many entries expire at once, they go in steps that do not stop Redis", "[presence][redis]")
{
    const redis_server server;
    background b;
    node one{b, server};
    node other{b, server};
    CHECK(one.enter("r", "o1", "bob").first_of_user);
    constexpr std::size_t many = 20'000;
    const std::string key = "fanfare:presence:{r}:";
    const std::string fill = R"(
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local function add(id, user)
  redis.call('ZADD', KEYS[1], now - 1000, id)
  redis.call('HSET', KEYS[2], id, '{}\n' .. user)
  redis.call('HINCRBY', KEYS[3], user, 1)
end
for i = 1, ARGV[1] do add('d' .. i, 'user' .. i) end
add('e1', 'bob')
add('e2', 'carol')
redis.call('SET', KEYS[4], now - 60000)
return redis.call('ZCARD', KEYS[1]))";
    CHECK(server.command({"EVAL", fill, "4", key + "expires", key + "clients", key + "users", key + "awake",
                          std::to_string(many)}) == ":20003\r\n");
    const auto looks = [&] {
        const auto info = server.command({"INFO", "commandstats"});
        const auto at = info.find("cmdstat_hget:calls=");
        return at == std::string::npos ? 0 : std::stol(info.substr(info.find('=', at) + 1));
    };
    auto before = looks();
    const auto within_bounds = [&] {
        const auto now = looks();
        return now - std::exchange(before, now) <= 3'100;
    };
    CHECK(users_in(other.read("r")) == users{{"bob", 1}}); // the dead are not seen, however many
    CHECK(other.read("r").user_count == 1);
    CHECK(within_bounds());
    std::map<std::string, int> departed;
    const auto came = other.enter("r", "o2", "carol");
    CHECK(came.first_of_user);
    for (const auto& user : came.departed)
        ++departed[user];
    CHECK(within_bounds());
    int rounds = 0;
    while (number_in(server.command({"ZCARD", key + "expires"})) != 2 && ++rounds != 50) {
        for (const auto& gone : one.refresh({{"r", {"o1"}}}).departed)
            ++departed[gone.user_id];
        CHECK(within_bounds());
    }
    CHECK(rounds < 25);
    CHECK(departed.size() == many);
    CHECK(std::all_of(departed.begin(), departed.end(), [](const auto& d) { return d.second == 1; }));
    CHECK(users_in(one.read("r")) == users{{"bob", 1}, {"carol", 1}});
}

TEST_CASE("who leaves while dead entries lie about is told of them as well", "[presence][redis]")
{
    const redis_server server;
    background b;
    node dying{b, server, 1500ms};
    node other{b, server, 1500ms};
    dying.enter("r", "d1", "alice");
    std::vector<std::string> departed;
    int i = 0;
    REQUIRE(eventually([&] {
        const auto id = "o" + std::to_string(++i);
        const auto came = other.enter("r", id, "bob");
        CHECK(came.first_of_user);
        const auto went = other.leave("r", id);
        CHECK(went.last_of_user);
        for (const auto* list : {&came.departed, &went.departed})
            departed.insert(departed.end(), list->begin(), list->end());
        return !departed.empty();
    }));
    CHECK(departed == std::vector<std::string>{"alice"});
}

TEST_CASE("a Redis that lost its scripts or its data is filled again", "[presence][redis]")
{
    redis_server server;
    background b;
    node n{b, server};
    for (int i = 0; i != 3; ++i) // till the scripts' names are known
        n.enter("r", "1", "alice");
    server.command({"SCRIPT", "FLUSH"});
    CHECK(n.enter("r", "2", "alice").first_of_user == false);
    CHECK(n.leave("r", "2").last_of_user == false);
    CHECK(n.read("r").client_count == 1);
    server.restart();
    REQUIRE(eventually([&] {
        try {
            return n.refresh({{"r", {"1"}}}).missing.size() == 1;
        } catch (const boost::system::system_error&) {
            return false; // of the link that broke
        }
    }));
    CHECK(n.enter("r", "1", "alice").first_of_user);
}

TEST_CASE("a departure whose telling was lost is told again", "[presence][redis]")
{
    redis_server server;
    background b;
    auto impatient = options_of(server);
    impatient.response_timeout = 300ms;
    node n{b, impatient, 30s};
    node watcher{b, server};
    n.enter("r", "1", "alice");
    n.enter("r", "2", "bob");
    server.freeze();
    // Redis reads it when it wakes up; by then the link has been given up.
    CHECK_THROWS_AS(n.leave("r", "1"), boost::system::system_error);
    server.thaw();
    REQUIRE(eventually([&] { return watcher.read("r").client_count == 1; }));
    const auto again = n.leave("r", "1");
    CHECK_FALSE(again.last_of_user);
    CHECK(again.departed == std::vector<std::string>{"alice"});
    CHECK(n.leave("r", "1").departed.empty());
}

TEST_CASE("what a key holds instead of presence is an error, with no harm", "[presence][redis]")
{
    const redis_server server;
    background b;
    node n{b, server};
    server.command({"SET", "fanfare:presence:{r}:clients", "text"});
    CHECK_THROWS_AS(n.enter("r", "1", "alice"), boost::system::system_error);
    CHECK_THROWS_AS(n.refresh({{"r", {"1"}}, {"good", {"2"}}}), boost::system::system_error);
    CHECK(n.enter("good", "1", "alice").first_of_user);
}

TEST_CASE("many rooms are refreshed in one go", "[presence][redis]")
{
    const redis_server server;
    background b;
    node n{b, server};
    constexpr std::size_t rooms = 2000;
    std::atomic<std::size_t> entered{0};
    for (std::size_t i = 0; i != rooms; ++i)
        n.store().async_enter(
            "r" + std::to_string(i), {std::to_string(i), "u"},
            [&](error_code ec, const presence_change& c) { entered += !ec && c.first_of_user ? 1 : 0; });
    REQUIRE(eventually([&] { return entered == rooms; }));
    std::vector<presence_entries> all;
    for (std::size_t i = 0; i != rooms; ++i)
        all.push_back({"r" + std::to_string(i), {std::to_string(i)}});
    std::vector<std::string> crowd;
    for (int i = 0; i != 1200; ++i)
        crowd.push_back("c" + std::to_string(i));
    all.push_back({"big", crowd});
    const auto answer = n.refresh(std::move(all));
    CHECK(answer.departed.empty());
    std::size_t missing = 0;
    for (const auto& one : answer.missing)
        missing += one.connection_ids.size();
    CHECK(missing == crowd.size());
}

TEST_CASE("the members of a room are told once that a dead hub's users have left", "[presence][redis]")
{
    const redis_server server;
    const in_process_bus bus;
    background b;
    hub_options quick;
    quick.presence_leave_delay = 10ms;
    world dying{quick, 1, bus};
    world living{quick, 2, bus};
    for (auto* w : {&dying, &living}) {
        w->hub().configure("chat:", {.presence = true});
        w->hub().presence(redis_presence{redis_client{b.context(), options_of(server)}, {.lifetime = 1s}});
        w->serve();
    }
    client watcher{living.port(), "watcher"};
    watcher.subscribe({"chat:1"});
    CHECK(watcher.next("join").at("user_id") == "watcher");
    client alice{dying.port(), "alice"};
    alice.subscribe({"chat:1"});
    CHECK(watcher.next("join").at("user_id") == "alice");
    client bob{dying.port(), "bob"};
    bob.subscribe({"chat:1"});
    CHECK(watcher.next("join").at("user_id") == "bob");
    client bob_too{living.port(), "bob"};
    bob_too.subscribe({"chat:1"});

    dying.stop(); // no thread runs it any more: nothing is refreshed, nobody says goodbye
    CHECK(watcher.next("leave").at("user_id") == "alice");
    CHECK(eventually([&] { // his other connection there may live on for a moment
        watcher.send({{"type", "presence"}, {"room", "chat:1"}});
        const auto who = watcher.next("presence");
        return who.at("client_count") == 2 && who.at("user_count") == 2;
    }));
    bob_too.close();
    CHECK(watcher.next("leave").at("user_id") == "bob"); // and nothing of alice in between
    CHECK(watcher.drain().empty());
    CHECK(living.hub().stats().presence_failures == 0);
}

TEST_CASE("a hub puts its connections into a Redis that lost them", "[presence][redis]")
{
    redis_server server;
    background b;
    world w;
    w.hub().configure("chat:", {.presence = true});
    w.hub().presence(redis_presence{redis_client{b.context(), options_of(server)}, {.lifetime = 1500ms}});
    w.serve();
    client alice{w.port(), "alice"};
    alice.subscribe({"chat:1"});
    alice.next("join");
    client bob{w.port(), "bob"};
    server.kill_hard();
    bob.subscribe({"chat:1"}); // the room is not held up by its presence
    server.start();
    background c;
    node reader{c, server, 1500ms};
    REQUIRE(eventually([&] { return reader.read("chat:1").user_count == 2; }));
    CHECK(users_in(reader.read("chat:1")) == users{{"alice", 1}, {"bob", 1}});
}

TEST_CASE("presence and its context go in any order", "[presence][redis]")
{
    const redis_server server;
    std::optional<redis_presence> store;
    std::atomic<int> answers{0};
    {
        background b;
        store.emplace(redis_client{b.context(), server.url()});
        for (int i = 0; i != 100; ++i)
            store->async_enter("r", {std::to_string(i), "u"},
                               [&](error_code, const presence_change&) { ++answers; });
        SECTION("the store first")
        {
            store.reset();
        }
        SECTION("the context first") {}
    }
    if (store)
        store->async_leave("r", "1", [&](error_code, const presence_change&) { ++answers; });
    CHECK(answers <= 101);
}

TEST_CASE("a lifetime that cannot work is refused", "[presence][redis]")
{
    asio::io_context context;
    const redis_client client{context, "redis://127.0.0.1:1"};
    for (const auto bad : {0ms, 99ms, std::chrono::milliseconds{25h}})
        CHECK_THROWS_AS((redis_presence{client, {"fanfare:", bad}}), boost::system::system_error);
}

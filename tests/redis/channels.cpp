// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "support/catch.hpp"

#include <fanfare/bus.hpp>
#include <fanfare/detail/redis/channels.hpp>

#include <chrono>
#include <deque>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using fanfare::detail::redis_channels;
using kind = redis_channels::notice::kind;
using outcome = redis_channels::outcome;

struct silent_sink final : fanfare::bus_sink {
    fanfare::error_code check_capacity(const fanfare::bus_message&) noexcept override { return {}; }
    void deliver(const fanfare::bus_message&) override {}
    void joined(std::string_view) override {}
    void missed(std::string_view) override {}
    void changed(const fanfare::bus_status&) override {}
};

// The channels, with a clock that the script moves and the commands as text: "+a b" and "-c".
struct script {
    explicit script(redis_channels::clock::duration linger = 5s, std::size_t batch = 100) : channels{linger, batch}
    {}

    bool join(std::string_view room) { return channels.join(sink, room); }
    void leave(std::string_view room) { channels.leave(sink, room, now); }
    std::string take_commands()
    {
        std::string text;
        for (const auto& c : channels.take_commands(now)) {
            if (!text.empty())
                text += " | ";
            text += c.subscribe ? '+' : '-';
            for (std::size_t i = 0; i != c.rooms.size(); ++i)
                (text += i == 0 ? "" : " ") += c.rooms[i];
        }
        return text;
    }
    outcome answered(std::string_view answer)
    {
        return channels.answered(answer.front() == '+', answer.substr(1));
    }
    // "joined a, missed a"
    std::string told()
    {
        std::string text;
        for (const auto& n : channels.take_notices()) {
            if (!text.empty())
                text += ", ";
            text += (n.what == kind::joined ? "joined " : "missed ") + n.room + (n.sink == &sink ? "" : "'");
        }
        return text;
    }

    silent_sink sink, other;
    redis_channels channels;
    redis_channels::time_point now{};
};

} // namespace

TEST_CASE("a room is joined when the server has confirmed it", "[redis_channels]")
{
    script s;
    s.channels.link_up();
    CHECK_FALSE(s.join("a"));
    CHECK_FALSE(s.join("b"));
    CHECK(s.channels.commands_due());
    CHECK(s.take_commands() == "+a b");
    CHECK(s.take_commands().empty());
    CHECK_FALSE(s.channels.join(s.other, "a"));
    CHECK(s.told().empty());
    CHECK(s.answered("+a") == outcome::ok);
    CHECK(s.told() == "joined a, joined a'");
    CHECK(s.channels.in_force("a"));
    CHECK_FALSE(s.channels.in_force("b"));
    CHECK(s.answered("+b") == outcome::ok);
    CHECK(s.told() == "joined b");
    CHECK(s.join("b")); // again
    s.leave("a");
    CHECK(s.join("a")); // the other one holds it
    CHECK(s.channels.subscriptions() == 2);
    CHECK(s.channels.joined_rooms() == 2);
}

TEST_CASE("a quick rejoin costs nothing, and a room without members is given up after a while", "[redis_channels]")
{
    script s;
    s.channels.link_up();
    s.join("a");
    s.take_commands();
    s.answered("+a");
    s.leave("a");
    CHECK(s.channels.next_deadline() == s.now + 5s);
    CHECK(s.channels.joined_rooms() == 0);
    s.now += 4s;
    CHECK(s.take_commands().empty());
    CHECK(s.join("a"));
    s.now += 2s;
    CHECK(s.take_commands().empty());
    CHECK_FALSE(s.channels.next_deadline());

    s.leave("a");
    s.now += 3s;
    s.join("a");
    s.leave("a"); // the time begins anew
    s.now += 3s;
    CHECK(s.take_commands().empty());
    s.now += 2s;
    CHECK(s.take_commands() == "-a");
    CHECK(s.channels.subscriptions() == 0);
    CHECK(s.answered("-a") == outcome::ok);
    CHECK_FALSE(s.channels.next_deadline());
    CHECK_FALSE(s.join("a"));
    CHECK(s.take_commands() == "+a");
}

TEST_CASE("an old confirmation is not taken for that of a new subscription", "[redis_channels]")
{
    script s{0s};
    s.channels.link_up();
    s.join("a");
    CHECK(s.take_commands() == "+a");
    s.leave("a");
    CHECK(s.take_commands() == "-a");
    CHECK_FALSE(s.join("a"));
    CHECK(s.take_commands() == "+a");
    CHECK(s.answered("+a") == outcome::ok); // of the first
    CHECK(s.told().empty());
    CHECK_FALSE(s.channels.in_force("a"));
    CHECK(s.answered("-a") == outcome::ok);
    CHECK(s.told().empty());
    CHECK(s.answered("+a") == outcome::ok);
    CHECK(s.told() == "joined a");
}

TEST_CASE("a join while the room is being given up waits for the new subscription", "[redis_channels]")
{
    script s{0s};
    s.channels.link_up();
    s.join("a");
    s.take_commands();
    s.answered("+a");
    s.told();
    s.leave("a");
    CHECK(s.take_commands() == "-a");
    CHECK_FALSE(s.join("a"));
    std::vector<redis_channels::receiver> receivers;
    s.channels.receivers("a", receivers);
    CHECK(receivers.empty()); // what still comes of the old subscription is not for it
    CHECK(s.take_commands() == "+a");
    s.answered("-a");
    s.answered("+a");
    CHECK(s.told() == "joined a");
    s.channels.receivers("a", receivers);
    CHECK(receivers.size() == 1);
}

TEST_CASE("join and leave before anything was sent send nothing", "[redis_channels]")
{
    script s;
    s.channels.link_up();
    s.join("a");
    s.leave("a");
    CHECK(s.take_commands().empty());
    CHECK(s.channels.subscriptions() == 0);
    s.join("a");
    s.leave("a");
    CHECK_FALSE(s.join("a"));
    CHECK(s.take_commands() == "+a");
}

TEST_CASE("who joins while the bus is down is let in at once and told what it missed later", "[redis_channels]")
{
    script s;
    CHECK_FALSE(s.join("a"));
    CHECK(s.channels.commands_due());
    CHECK(s.take_commands().empty());
    CHECK(s.told() == "joined a");
    s.channels.link_up();
    CHECK(s.take_commands() == "+a");
    CHECK_FALSE(s.join("b")); // this one waits like on any other day
    CHECK(s.take_commands() == "+b");
    s.answered("+a");
    CHECK(s.told() == "missed a");
    s.answered("+b");
    CHECK(s.told() == "joined b");
}

TEST_CASE("after an outage every room is subscribed again in batches and told once that it missed something",
          "[redis_channels]")
{
    script s{5s, 3};
    s.channels.link_up();
    for (int i = 0; i != 8; ++i)
        s.join("r" + std::to_string(i));
    s.take_commands();
    for (int i = 0; i != 7; ++i)
        s.answered("+r" + std::to_string(i));
    s.told();
    s.leave("r0"); // lingers: not subscribed again
    s.leave("r7"); // nor this one, whose answer is due
    s.join("r8");

    s.channels.link_down();
    CHECK(s.told() == "joined r8");
    CHECK_FALSE(s.channels.commands_due());
    CHECK_FALSE(s.channels.next_deadline());
    CHECK(s.channels.unanswered() == 0);
    s.channels.link_up();
    const auto commands = s.channels.take_commands(s.now);
    REQUIRE(commands.size() == 3);
    std::multiset<std::string> again;
    for (const auto& c : commands) {
        CHECK(c.subscribe);
        CHECK(c.rooms.size() <= 3);
        again.insert(c.rooms.begin(), c.rooms.end());
    }
    CHECK(again == std::multiset<std::string>{"r1", "r2", "r3", "r4", "r5", "r6", "r8"});
    for (const auto& c : commands)
        for (const auto room : c.rooms) {
            CHECK(s.channels.answered(true, room) == outcome::ok);
            CHECK(s.told() == "missed " + std::string{room});
        }
    s.channels.link_down();
    s.channels.link_up();
    s.channels.link_down();
    CHECK(s.told().empty());
}

TEST_CASE("answers that do not fit are noticed", "[redis_channels]")
{
    script s;
    s.channels.link_up();
    CHECK(s.answered("+a") == outcome::unexpected);
    s.join("a");
    s.join("b");
    s.take_commands();
    CHECK(s.answered("-a") == outcome::unexpected);
    CHECK(s.answered("+b") == outcome::unexpected);
    std::string room;
    CHECK(s.answered("+a") == outcome::ok);
    CHECK(s.channels.failed(room) == outcome::unexpected); // in the middle of a command
}

TEST_CASE("a room that may not be subscribed does not hurt the others, and is told", "[redis_channels]")
{
    script s;
    s.channels.link_up();
    s.join("a");
    s.join("secret");
    s.join("b");
    CHECK(s.take_commands() == "+a secret b");
    std::string room;
    CHECK(s.channels.failed(room) == outcome::retry);
    CHECK(s.told().empty());
    CHECK(s.take_commands() == "+a | +secret | +b");
    s.answered("+a");
    CHECK(s.channels.failed(room) == outcome::refused);
    CHECK(room == "secret");
    s.answered("+b");
    CHECK(s.told() == "joined a, joined secret, missed secret, joined b");
    CHECK(s.take_commands().empty());
    CHECK_FALSE(s.channels.join(s.other, "secret"));
    CHECK(s.told() == "joined secret', missed secret'");
    CHECK(s.channels.subscriptions() == 2);
    CHECK(s.channels.unanswered() == 0);

    CHECK(s.channels.retry_refused()); // not yet
    CHECK(s.take_commands() == "+secret");
    CHECK(s.channels.failed(room) == outcome::still_refused);
    CHECK(s.told().empty());
    CHECK(s.channels.retry_refused()); // now it may
    CHECK(s.take_commands() == "+secret");
    CHECK(s.answered("+secret") == outcome::ok);
    CHECK(s.told() == "missed secret, missed secret'");
    CHECK_FALSE(s.channels.retry_refused());
    CHECK(s.channels.subscriptions() == 3);

    s.channels.link_down(); // maybe it may now
    s.channels.link_up();
    s.take_commands();
    s.channels.link_down();
    CHECK(s.told().empty());
}

TEST_CASE("refused rooms are tried again in turn, and none that nobody is in", "[redis_channels]")
{
    script s{5s, 1};
    s.channels.link_up();
    std::string room;
    const auto name = [](int i) { return "room" + std::to_string(i); };
    for (int i = 0; i != 250; ++i)
        s.join(name(i));
    s.take_commands();
    for (int i = 0; i != 250; ++i)
        REQUIRE(s.channels.failed(room) == outcome::refused);
    for (int i = 200; i != 250; ++i)
        s.leave(name(i));
    std::set<std::string> tried;
    for (int i = 0; i != 2; ++i) {
        REQUIRE(s.channels.retry_refused());
        const auto commands = s.channels.take_commands(s.now);
        CHECK(commands.size() == 100);
        for (const auto& c : commands)
            for (const auto one : c.rooms)
                tried.emplace(one);
        for (std::size_t n = commands.size(); n != 0; --n)
            REQUIRE(s.channels.failed(room) == outcome::still_refused);
    }
    CHECK(tried.size() == 200);
    s.told();
    for (int i = 0; i != 200; ++i)
        s.leave(name(i));
    CHECK_FALSE(s.channels.retry_refused());
}

TEST_CASE("after an outage it is known when every room is settled, whatever becomes of it", "[redis_channels]")
{
    script s{0s};
    for (const auto* room : {"a", "b", "secret"})
        s.join(room);
    s.channels.link_up();
    CHECK(s.channels.pending() == 3);
    s.take_commands();
    std::string room;
    REQUIRE(s.channels.failed(room) == outcome::retry);
    for (const auto* one : {"a", "b", "secret"})
        s.leave(one);
    CHECK_FALSE(s.join("late")); // nobody waits for this one
    SECTION("all have gone") {}
    SECTION("one comes back")
    {
        s.join("b");
        CHECK(s.take_commands() == "+b | +late");
        CHECK(s.channels.pending() == 1);
        s.answered("+b");
    }
    SECTION("one comes back and is refused")
    {
        s.join("secret");
        CHECK(s.take_commands() == "+secret | +late");
        CHECK(s.channels.pending() == 1);
        CHECK(s.channels.failed(room) == outcome::refused);
    }
    SECTION("one comes back, is refused, and has left by then")
    {
        s.join("secret");
        s.take_commands();
        s.leave("secret");
        CHECK(s.channels.failed(room) == outcome::refused);
    }
    s.take_commands();
    CHECK(s.channels.pending() == 0);
}

TEST_CASE("a sink that goes is forgotten", "[redis_channels]")
{
    script s{0s};
    s.channels.link_up();
    s.join("a");
    s.join("b");
    s.channels.join(s.other, "b");
    s.take_commands();
    s.answered("+a");
    s.channels.remove(s.sink, s.now);
    CHECK(s.told().empty());
    CHECK(s.take_commands() == "-a");
    s.answered("+b");
    CHECK(s.told() == "joined b'");
}

TEST_CASE("a hole is told to all members of a room, or of all rooms", "[redis_channels]")
{
    script s;
    s.join("a");
    s.channels.join(s.other, "a");
    s.channels.join(s.other, "b");
    s.told();
    s.channels.note_missed("a");
    CHECK(s.told() == "missed a, missed a'");
    s.channels.note_missed("nobody's");
    CHECK(s.told().empty());
    s.channels.note_all_missed();
    CHECK(s.channels.take_notices().size() == 3);
    s.channels.set_skipping(s.other, "a", true);
    std::vector<redis_channels::receiver> receivers;
    s.channels.receivers("a", receivers);
    REQUIRE(receivers.size() == 2);
    CHECK_FALSE(receivers[0].skipping);
    CHECK(receivers[1].skipping);
}

// A server that answers in order, some time; members that come and go; links that break. Whatever happens, at the
// end exactly the rooms with members are subscribed, and everybody who waited has been told.
TEST_CASE("whatever happens, the server ends up with the rooms that have members", "[redis_channels]")
{
    std::mt19937 random{20'260'301}; // NOLINT: the same numbers in every run
    const auto below = [&](unsigned end) { return static_cast<unsigned>(random()) % end; };
    for (int round = 0; round < 300; ++round) {
        redis_channels channels{std::chrono::milliseconds{below(3) * 50}, 1 + below(4)};
        silent_sink sinks[2];
        redis_channels::time_point now{};
        std::deque<std::pair<bool, std::string>> answers; // that the server owes
        std::set<std::string> server;
        std::set<std::pair<int, std::string>> members, waiting;
        bool up = false;
        const auto hear = [&] {
            for (const auto& n : channels.take_notices())
                if (n.what == kind::joined)
                    waiting.erase({n.sink == &sinks[0] ? 0 : 1, n.room});
        };
        const auto send = [&] {
            for (const auto& c : channels.take_commands(now))
                for (const auto room : c.rooms)
                    answers.emplace_back(c.subscribe, room);
            hear();
        };
        const auto answer = [&] {
            auto [subscribe, room] = answers.front();
            answers.pop_front();
            subscribe ? (void)server.insert(room) : (void)server.erase(room);
            REQUIRE(channels.answered(subscribe, room) == outcome::ok);
            if (channels.in_force(room))
                REQUIRE(server.count(room) == 1);
            hear();
        };
        for (int step = 0; step < 400; ++step) {
            const auto who = static_cast<int>(below(2));
            const auto room = std::string(1, static_cast<char>('a' + below(6)));
            switch (below(10)) {
            case 0:
            case 1:
            case 2:
                if (members.insert({who, room}).second && !channels.join(sinks[who], room))
                    waiting.insert({who, room});
                break;
            case 3:
            case 4:
            case 5:
                if (members.erase({who, room}) != 0) {
                    channels.leave(sinks[who], room, now);
                    waiting.erase({who, room});
                }
                break;
            case 6: now += std::chrono::milliseconds{below(60)}; break;
            case 7: send(); break;
            case 8:
                if (!answers.empty())
                    answer();
                break;
            default:
                if (below(10) == 0) {
                    up = !up;
                    up ? channels.link_up() : channels.link_down();
                    server.clear();
                    answers.clear();
                    hear();
                }
            }
        }
        if (!up)
            channels.link_up();
        now += 1s;
        for (int i = 0; i != 3; ++i) {
            send();
            while (!answers.empty())
                answer();
        }
        std::set<std::string> wanted;
        for (const auto& m : members)
            wanted.insert(m.second);
        CHECK(server == wanted);
        CHECK(waiting.empty());
        CHECK(channels.joined_rooms() == wanted.size());
        CHECK(channels.subscriptions() == wanted.size());
        CHECK(channels.unanswered() == 0);
        CHECK(channels.pending() == 0);
        CHECK_FALSE(channels.commands_due());
    }
}

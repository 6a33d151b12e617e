// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// An authorizer that answers later, too late, or never.
#include "support/world.hpp"

#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace fanfare;
using namespace fanfare::test;

namespace {

// Keeps what it is asked, unless the room ends in "yes".
struct silent_world : world {
    explicit silent_world(std::chrono::milliseconds patience = 200ms) : world{{.authorizer_timeout = patience}}
    {
        hub().configure("chat:", {.client_publish = true, .history = 10});
        hub().configure("stage:", {.presence = true});
        hub().authorize([this](const access_request& what, access_done done) {
            if (what.room.ends_with("yes") && what.action != silent_about)
                return done(true);
            const std::lock_guard lock{mutex};
            held.push_back(std::move(done));
        });
        serve();
    }
    // The answers that it keeps, in this thread.
    void answer(bool allowed)
    {
        std::vector<access_done> all;
        {
            const std::lock_guard lock{mutex};
            all.swap(held);
        }
        for (const auto& done : all)
            done(allowed);
    }
    std::size_t asked()
    {
        const std::lock_guard lock{mutex};
        return held.size();
    }

    std::optional<room_action> silent_about{};
    std::mutex mutex;
    std::vector<access_done> held;
};

struct question {
    const char* type;
    json::object message;
};

const std::vector<question> questions{
    {"publish", {{"room", "chat:1"}, {"payload", {{"type", "said"}, {"payload", 1}}}}},
    {"history", {{"room", "chat:1"}}},
    {"presence", {{"room", "stage:1"}}},
};

} // namespace

TEST_CASE(
    "a request about which the authorizer says nothing ends with timed_out, and a late answer changes nothing",
    "[authorize]")
{
    const auto& what = questions.at(GENERATE(range(0u, 3u)));
    INFO(what.type);
    const bool late = GENERATE(true, false);
    silent_world w;
    client member{w.port(), "bea"};
    client c{w.port(), "ann"};
    auto message = what.message;
    message["type"] = what.type;
    message["request_id"] = 7;
    c.send(message);
    const auto answer = c.next();
    CHECK(answer.at("type").as_string() == "error");
    CHECK(answer.at("payload").at("code").as_string() == "timed_out");
    CHECK(answer.at("request_id") == 7);
    CHECK(w.asked() == 1);
    w.answer(late);
    CHECK(c.drain().empty());
    CHECK(w.hub().stats().published == 0);
    CHECK(w.hub().stats().bad_messages == 0);
}

TEST_CASE("rooms about which the authorizer says nothing are rejected with timed_out, and the others are joined",
          "[authorize]")
{
    silent_world w;
    client c{w.port(), "ann"};
    const auto answer = c.subscribe({"chat:1", "chat:yes", "chat:2"});
    CHECK(answer.at("rooms") == json::array{"chat:yes"});
    REQUIRE(answer.at("rejected").as_array().size() == 2);
    for (const auto& one : answer.at("rejected").as_array())
        CHECK(one.at("code").as_string() == "timed_out");
    w.answer(true);
    CHECK(c.drain().empty());
    CHECK(w.hub().room("chat:1").size() == 0);
    CHECK(w.hub().room("chat:yes").size() == 1);
}

TEST_CASE("a room whose history the authorizer says nothing about is rejected: the client asks again",
          "[authorize]")
{
    silent_world w;
    w.silent_about = room_action::history;
    client c{w.port(), "ann"};
    c.send({{"type", "subscribe"}, {"payload", {{"rooms", {"chat:yes"}}, {"last", 5}}}});
    const auto answer = c.next("subscribed");
    CHECK(answer.at("rooms").as_array().empty());
    CHECK(answer.at("rejected").at(0).at("code").as_string() == "timed_out");
    CHECK(w.hub().room("chat:yes").size() == 0);
}

TEST_CASE("an answer that comes in time counts, once, though its deadline passes afterwards", "[authorize]")
{
    silent_world w{1s};
    client c{w.port(), "ann"};
    c.send({{"type", "subscribe"}, {"payload", {{"rooms", {"chat:1"}}}}});
    REQUIRE(eventually([&] { return w.asked() == 1; }));
    w.answer(true);
    CHECK(c.next("subscribed").at("rooms") == json::array{"chat:1"});
    // One that is asked later expires: so has the first one's deadline.
    c.send({{"type", "subscribe"}, {"payload", {{"rooms", {"chat:2"}}}}});
    CHECK(c.next("subscribed").at("rejected").at(0).at("code").as_string() == "timed_out");
    CHECK(c.drain().empty());
    CHECK(w.hub().room("chat:1").size() == 1);
}

// Asks by `ask(world, client)` a question that is never answered in time, and ends the hub: the callback keeps nothing of it.
template <class Ask>
void check_nothing_kept(std::chrono::milliseconds patience_of_hub, Ask ask)
{
    std::vector<access_done> kept;
    {
        silent_world w{patience_of_hub};
        const auto token = std::make_shared<int>();
        w.hub().on_connect([token](connection_ref) {});
        client c{w.port(), "ann"};
        ask(w, c);
        kept.swap(w.held);
        c.close();
        w.destroy_server();
        w.destroy_hub();
        CHECK(eventually([&] { return token.use_count() == 1; }));
    }
    for (const auto& done : kept)
        done(true); // there is nobody whom it could concern
}

TEST_CASE("a question that was not answered in time keeps nothing of the hub", "[authorize]")
{
    check_nothing_kept(200ms, [](silent_world&, client& c) {
        CHECK(c.subscribe({"chat:1"}).at("rejected").at(0).at("code").as_string() == "timed_out");
    });
}

TEST_CASE("a question that nobody waits for any more keeps nothing of the hub, also before its time",
          "[authorize]")
{
    check_nothing_kept(std::chrono::hours{1}, [](silent_world& w, client& c) {
        c.send({{"type", "subscribe"}, {"payload", {{"rooms", {"chat:1"}}}}});
        REQUIRE(eventually([&] { return w.asked() == 1; }));
    });
}

TEST_CASE("a client that leaves while the authorizer is silent is forgotten, and so is its question",
          "[authorize]")
{
    silent_world w;
    {
        client c{w.port(), "ann"};
        c.send({{"type", "subscribe"}, {"payload", {{"rooms", {"chat:1"}}}}});
        REQUIRE(eventually([&] { return w.asked() == 1; }));
        c.close();
    }
    CHECK(eventually([&] { return w.hub().stats().connections == 0; }));
    client other{w.port(), "bea"};
    CHECK(other.subscribe({"chat:2"}).at("rejected").at(0).at("code").as_string() == "timed_out");
    w.answer(true);
    CHECK(w.hub().room("chat:1").size() == 0);
}

TEST_CASE("a time for the authorizer that cannot be is refused", "[authorize]")
{
    asio::io_context context;
    const auto with = [&](std::chrono::milliseconds time) {
        const hub<> h{context.get_executor(), hub_options{.authorizer_timeout = time}};
    };
    CHECK_THROWS_AS(with(-1ms), std::invalid_argument);
    CHECK_THROWS_AS(with(std::chrono::hours{367 * 24}), std::invalid_argument);
    CHECK_THROWS_AS(with(0ms), std::invalid_argument);
    CHECK_NOTHROW(with(1ms));
}

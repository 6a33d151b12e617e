// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// The subscription tokens of a subscribe, on their way to the authorizer, and nowhere else.
#include "support/world.hpp"

#include <algorithm>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

using namespace fanfare;
using namespace fanfare::test;

namespace {

// Lets into rooms whose token is "good"; notes what it was asked.
struct token_world : world {
    token_world()
    {
        hub().configure("chat:", {.client_publish = true, .presence = true, .history = 10});
        hub().authorize([this](const access_request& what) {
            const std::lock_guard lock{mutex};
            asked.push_back(std::string{to_string(what.action)} + " " + std::string{what.room} + " " +
                            std::string{what.token});
            return what.token == "good" || what.action == room_action::publish;
        });
        serve();
    }
    // What it was asked since the last time.
    std::vector<std::string> questions()
    {
        const std::lock_guard lock{mutex};
        return std::exchange(asked, {});
    }

    std::mutex mutex;
    std::vector<std::string> asked;
};

using questions = std::vector<std::string>;

// The answer to a request, behind what the room says.
json::value answer_to(client& c, const json::value& id)
{
    for (;;) {
        auto message = c.next();
        if (const auto* found = message.as_object().if_contains("request_id"); found && *found == id)
            return message;
    }
}

json::value subscribe(client& c, const json::object& payload)
{
    c.send({{"type", "subscribe"}, {"payload", payload}, {"request_id", 1}});
    return answer_to(c, 1).at("payload");
}

} // namespace

TEST_CASE("the token of a room goes to the authorizer with that room's question, and with no other", "[authorize]")
{
    token_world w;
    client c{w.port(), "ann"};
    const auto answer = subscribe(c, {{"rooms", {"chat:1", "chat:2", "chat:3"}},
                                      {"tokens", {{"chat:1", "good"}, {"chat:2", "stolen-secret"}}}});
    CHECK(answer.at("rooms") == json::array{"chat:1"});
    CHECK(answer.at("rejected").as_array().size() == 2);
    CHECK(json::serialize(answer).find("secret") == std::string::npos);
    CHECK(w.questions() ==
          questions{"subscribe chat:1 good", "subscribe chat:2 stolen-secret", "subscribe chat:3 "});
}

TEST_CASE("the question about what was said before carries the token, also in a room that was joined already",
          "[authorize]")
{
    token_world w;
    client c{w.port(), "ann"};
    CHECK(subscribe(c, {{"rooms", {"chat:1"}}, {"tokens", {{"chat:1", "good"}}}, {"last", 5}}).at("rooms") ==
          json::array{"chat:1"});
    CHECK(w.questions() == questions{"subscribe chat:1 good", "history chat:1 good"});
    const json::object since{{"chat:1", {{"epoch", "0123456789abcdef"}, {"offset", 1}}}};
    subscribe(c, {{"rooms", {"chat:1"}}, {"tokens", {{"chat:1", "worn"}}}, {"since", since}});
    CHECK(w.questions() == questions{"history chat:1 worn"});
}

TEST_CASE("no other request carries a token, whatever was sent before", "[authorize]")
{
    token_world w;
    client c{w.port(), "ann"};
    subscribe(c, {{"rooms", {"chat:1"}}, {"tokens", {{"chat:1", "good"}}}});
    w.questions();
    const json::object body{{"type", "said"}, {"payload", 1}, {"token", "good"}};
    c.send({{"type", "publish"}, {"room", "chat:1"}, {"payload", body}, {"request_id", 2}});
    CHECK(answer_to(c, 2).at("type").as_string() == "published");
    for (const auto* type : {"history", "presence"}) {
        c.send({{"type", type}, {"payload", {{"room", "chat:1"}, {"token", "good"}}}, {"request_id", type}});
        CHECK(answer_to(c, type).at("payload").at("code").as_string() == "forbidden");
    }
    CHECK(w.questions() == questions{"publish chat:1 ", "history chat:1 ", "presence chat:1 "});
}

TEST_CASE("a token that cannot be is an error that names the room and not the token, and joins nothing",
          "[authorize]")
{
    token_world w;
    client c{w.port(), "ann"};
    const auto refused = [&](const json::value& tokens) {
        c.send({{"type", "subscribe"}, {"payload", {{"rooms", {"chat:1"}}, {"tokens", tokens}}}});
        const auto e = c.next("error");
        CHECK(e.at("code").as_string() == "invalid_message");
        CHECK(json::serialize(e).find("secret") == std::string::npos);
        return std::string{e.at("message").as_string().c_str()};
    };
    CHECK(refused({{"chat:2", "secret"}}).find("chat:2") != std::string::npos);
    CHECK(refused({{"chat:1", json::array{"secret"}}}).find("chat:1") != std::string::npos);
    CHECK(refused("secret").find("payload.tokens") != std::string::npos);
    CHECK(w.questions().empty());
    CHECK(w.hub().room("chat:1").size() == 0);
}

TEST_CASE("a room that comes back by the resume token is asked for with the token that is named for it",
          "[authorize]")
{
    token_world w;
    json::value resume;
    {
        client c{w.port(), "ann"};
        resume = c.hello.at("resume_token");
        subscribe(c, {{"rooms", {"chat:1", "chat:2"}}, {"tokens", {{"chat:1", "good"}, {"chat:2", "good"}}}});
        c.close();
    }
    REQUIRE(eventually([&] { return w.hub().stats().connections == 0; }));
    w.questions();
    client c{w.port(), "ann"};
    const auto answer = subscribe(c, {{"resume", resume}, {"tokens", {{"chat:1", "good"}, {"chat:9", "good"}}}});
    CHECK(answer.at("resumed").as_bool());
    CHECK(answer.at("rooms") == json::array{"chat:1"});
    std::vector<std::string> rejected;
    for (const auto& one : answer.at("rejected").as_array())
        rejected.push_back(std::string{one.at("room").as_string().c_str()} + " " +
                           one.at("code").as_string().c_str());
    std::sort(rejected.begin(), rejected.end());
    CHECK(rejected == std::vector<std::string>{"chat:2 forbidden", "chat:9 not_subscribed"});
    auto asked = w.questions();
    std::sort(asked.begin(), asked.end());
    CHECK(asked == questions{"subscribe chat:1 good", "subscribe chat:2 "});
}

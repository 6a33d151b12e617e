// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// How many requests a connection may have without an answer: one rule for requests of every kind.
#include "support/world.hpp"

#include <fanfare/inbox/memory.hpp>

#include <boost/json/parse.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

using namespace fanfare;
using namespace fanfare::test;

namespace {

// Answers that the test holds back, from whichever thread they would come.
class held_answers {
public:
    void hold(std::function<void()> answer)
    {
        const std::lock_guard lock{mutex_};
        all_.push_back(std::move(answer));
    }
    bool has(std::size_t count)
    {
        return eventually([&] {
            const std::lock_guard lock{mutex_};
            return all_.size() == count;
        });
    }
    void release()
    {
        std::vector<std::function<void()>> all;
        {
            const std::lock_guard lock{mutex_};
            all.swap(all_);
        }
        for (const auto& answer : all)
            answer();
    }

private:
    std::mutex mutex_;
    std::vector<std::function<void()>> all_;
};

// An inbox that looks when the test says so.
class held_inbox {
public:
    explicit held_inbox(held_answers& held) : held_{&held} {}
    void async_add(inbox_add what, inbox_was_added done) { real_.async_add(std::move(what), std::move(done)); }
    void async_list(std::string_view user, const inbox_query& query, inbox_was_listed done)
    {
        held_->hold([real = real_, user = std::string{user}, query, done = std::move(done)]() mutable {
            real.async_list(user, query, done);
        });
    }
    void async_mark(std::string_view user, const inbox_mark& mark, inbox_was_marked done)
    {
        held_->hold([real = real_, user = std::string{user}, mark, done = std::move(done)]() mutable {
            real.async_mark(user, mark, done);
        });
    }
    void async_counts(std::string_view user, inbox_was_counted done) { real_.async_counts(user, std::move(done)); }

private:
    held_answers* held_;
    memory_inbox real_;
};

struct kind {
    const char* name;
    std::string message; // besides the type and the id
    const char* answer;
};

const std::vector<kind> kinds{
    {"subscribe", R"({"payload": {"rooms": ["device:ID"]}})", "subscribed"},
    {"publish", R"({"room": "chat:1", "payload": {"type": "said", "payload": 1}})", "published"},
    {"presence", R"({"room": "chat:1"})", "presence"},
    {"history", R"({"room": "chat:1"})", "history"},
    {"inbox", R"({})", "inbox"},
    {"mark", R"({"payload": {"action": "read", "all": true}})", "mark"},
    {"own type", R"({})", "own type"},
};

json::object request_of(const kind& what, std::int64_t id)
{
    auto text = what.message;
    if (const auto at = text.find("ID"); at != std::string::npos)
        text.replace(at, 2, std::to_string(id)); // a room that was joined would be nobody's question
    auto message = json::parse(text).as_object();
    message["type"] = what.name;
    message["request_id"] = id;
    return message;
}

// The answer refuses the request of this id, because there are too many.
void check_refused(const json::value& answer, std::int64_t id)
{
    INFO(text_of(answer));
    REQUIRE(answer.at("type").as_string() == "error");
    CHECK(answer.at("payload").at("code").as_string() == "too_many_requests");
    CHECK(answer.at("request_id") == id);
}

// The id of an answer of this kind.
std::int64_t answered(const json::value& answer, const kind& what)
{
    INFO(text_of(answer));
    CHECK(answer.at("type").as_string() == what.answer);
    return answer.at("request_id").as_int64();
}

// A hub that takes two requests, and whose application and stores answer when the test says so.
struct slow_world : world {
    held_answers held;

    slow_world() : world{{.max_pending_requests = 2}}
    {
        hub().configure("chat:", {.client_publish = true, .presence = true, .history = 10});
        hub().inbox(held_inbox{held});
        hub().authorize([this](const access_request&, access_done done) { held.hold([done] { done(true); }); });
        hub().on_message("own type", [this](request r) {
            held.hold([kept = std::make_shared<request>(std::move(r))] { kept->reply("done"); });
        });
        serve();
    }
    ~slow_world() { held.release(); }
};

// A user's client, that has been told how many notifications wait.
struct user_client : client {
    explicit user_client(slow_world& w) : client{w.port(), "alice"} { next("badge"); }
};

} // namespace

TEST_CASE("a request too many of any kind is refused by its id, which is no offence, until one is answered",
          "[pending_requests]")
{
    const auto what = kinds.at(GENERATE(range(0u, 7u)));
    INFO(what.name);
    slow_world w;
    user_client c{w};
    c.send(request_of(what, 1));
    c.send(request_of(what, 2));
    REQUIRE(w.held.has(2));
    // More than the offences that end a connection, and less than its rate.
    for (std::int64_t id = 100; id != 140; ++id) {
        c.send(request_of(what, id));
        check_refused(c.next(), id);
    }
    CHECK(w.hub().stats().bad_messages == 0);
    CHECK(w.held.has(2)); // nobody was asked for those
    w.held.release();
    const auto first = answered(c.next(), what);
    CHECK(std::set{first, answered(c.next(), what)} == std::set<std::int64_t>{1, 2});
    c.send(request_of(what, 3));
    REQUIRE(w.held.has(1));
    w.held.release();
    CHECK(answered(c.next(), what) == 3);
    CHECK(c.drain().empty());
    CHECK(w.hub().stats().bad_messages == 0);
    CHECK(w.hub().stats().connections == 1);
}

TEST_CASE("requests of all kinds count together, and those of another connection do not", "[pending_requests]")
{
    slow_world w;
    user_client c{w};
    c.send(request_of(kinds.at(1), 1));
    c.send(request_of(kinds.at(6), 2));
    REQUIRE(w.held.has(2));
    std::int64_t id = 3;
    for (const auto& one : kinds) {
        c.send(request_of(one, id));
        check_refused(c.next(), id++);
    }
    c.send({{"type", "ping"}}); // which nobody else has to answer
    CHECK(c.next().at("type").as_string() == "pong");
    user_client other{w};
    other.send(request_of(kinds.at(0), 1));
    REQUIRE(w.held.has(3));
    w.held.release();
    CHECK(answered(other.next(), kinds.at(0)) == 1);
}

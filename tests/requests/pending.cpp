// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// How many requests a connection may have without an answer: one rule for requests of every kind.
#include "support/world.hpp"

#include <fanfare/inbox/memory.hpp>

#include <boost/asio/use_future.hpp>

#include <functional>
#include <mutex>
#include <set>

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
    json::object message;
    const char* answer;
};

std::vector<kind> all_kinds()
{
    const auto rooms = [](const char* room) { return json::object{{"rooms", json::array{room}}}; };
    return {
        {"subscribe", {{"payload", rooms("device:1")}}, "subscribed"},
        {"publish", {{"room", "chat:1"}, {"payload", {{"type", "said"}, {"payload", 1}}}}, "published"},
        {"presence", {{"room", "chat:1"}}, "presence"},
        {"history", {{"room", "chat:1"}}, "history"},
        {"inbox", {}, "inbox"},
        {"mark", {{"payload", {{"action", "read"}, {"all", true}}}}, "mark"},
        {"own type", {}, "own type"},
    };
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

struct asking_client : client {
    asking_client(slow_world& w, kind what) : client{w.port(), "alice"}, what_{std::move(what)} { next("badge"); }

    void ask(std::int64_t id)
    {
        auto message = what_.message;
        message["type"] = what_.name;
        message["request_id"] = id;
        send(message);
    }
    // The id of the next answer, which must be a good one.
    std::int64_t answered()
    {
        const auto answer = next();
        INFO(text_of(answer));
        CHECK(answer.at("type").as_string() == what_.answer);
        return answer.at("request_id").as_int64();
    }
    // The next answer refuses the request of this id, because there are too many.
    void refused(std::int64_t id)
    {
        const auto answer = next();
        INFO(text_of(answer));
        REQUIRE(answer.at("type").as_string() == "error");
        CHECK(answer.at("payload").at("code").as_string() == "too_many_requests");
        CHECK(answer.at("request_id") == id);
    }

private:
    kind what_;
};

const std::size_t kinds = all_kinds().size();

} // namespace

TEST_CASE("a request too many of any kind is refused by its id, which is no offence, until one is answered",
          "[pending_requests]")
{
    const auto what = all_kinds().at(GENERATE(range(std::size_t{0}, kinds)));
    INFO(what.name);
    slow_world w;
    asking_client c{w, what};
    c.ask(1);
    c.ask(2);
    REQUIRE(w.held.has(2));
    // More than the offences that end a connection, and less than its rate.
    for (std::int64_t id = 100; id != 140; ++id) {
        c.ask(id);
        c.refused(id);
    }
    CHECK(w.hub().stats().bad_messages == 0);
    CHECK(w.held.has(2)); // nobody was asked for those
    w.held.release();
    CHECK(std::set{c.answered(), c.answered()} == std::set<std::int64_t>{1, 2});
    c.ask(3);
    REQUIRE(w.held.has(1));
    w.held.release();
    CHECK(c.answered() == 3);
    CHECK(c.drain().empty());
    CHECK(w.hub().stats().bad_messages == 0);
    CHECK(w.hub().stats().connections == 1);
}

TEST_CASE("requests of all kinds count together, and those of another connection do not", "[pending_requests]")
{
    slow_world w;
    const auto all = all_kinds();
    client c{w.port(), "alice"};
    c.next("badge");
    const auto ask = [&c](const kind& what) {
        auto message = what.message;
        message["type"] = what.name;
        message["request_id"] = what.name;
        c.send(message);
    };
    ask(all.at(1));
    ask(all.at(6));
    REQUIRE(w.held.has(2));
    for (const auto& one : all) {
        ask(one);
        const auto answer = c.next();
        INFO(text_of(answer));
        REQUIRE(answer.at("type").as_string() == "error");
        CHECK(answer.at("payload").at("code").as_string() == "too_many_requests");
        CHECK(answer.at("request_id").as_string() == one.name);
    }
    c.send({{"type", "ping"}}); // nobody has to be waited for
    CHECK(c.next().at("type").as_string() == "pong");
    asking_client other{w, all.at(0)};
    other.ask(1);
    REQUIRE(w.held.has(3));
    w.held.release();
    CHECK(other.answered() == 1);
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Reads that cost more than they weigh: in whose way they stand, and how much waits for a client that does not read.
#include "requests/history_support.hpp"
#include "support/held_store.hpp"

#include <fanfare/local_connection.hpp>

#include <boost/json/parse.hpp>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>

using namespace fanfare;
using namespace fanfare::test;

namespace {

class reading_world : public basic_world<in_process_bus, held_store> {
public:
    explicit reading_world(hub_options options = {}, held_store counts = {})
        : basic_world{with_patience(options), 1, {}, counts}, store{counts}
    {
        hub().configure("chat:", {.client_publish = true, .history = 1000});
        serve({.api = {.allow_loopback_writes = true}});
    }
    ~reading_world() { store.release(); }
    void fill(std::string_view room, int first, int last, std::size_t size)
    {
        for (auto i = first; i <= last; ++i)
            REQUIRE(hub().publish(room, "n", json::value{{"n", i}, {"text", std::string(size, 'x')}}));
    }

    held_store store;

private:
    static hub_options with_patience(hub_options options)
    {
        options.write_timeout = 3 * patience; // of those that do not read
        options.message_rate = 0;
        return options;
    }
};

// A connection of this process: what it was told.
class member {
public:
    explicit member(reading_world& w)
        : connection_{
              w.hub().connect({.user_id = "alice"},
                              {.on_message = [told = told_](std::string_view text) { told->add(text); },
                               .on_close = [told = told_](close_code, std::string_view) { told->closed = true; }})}
    {
        next("connected");
    }
    void ask(const json::value& message) { REQUIRE_FALSE(connection_.send(json::serialize(message))); }
    void history(std::int64_t id, std::string_view room = "chat:1")
    {
        ask({{"type", "history"}, {"room", room}, {"payload", {{"limit", 1000}}}, {"request_id", id}});
    }
    json::value next() { return told_->next(); }
    json::value next(std::string_view type)
    {
        auto message = next();
        INFO(text_of(message).substr(0, 300));
        REQUIRE(message.at("type").as_string() == type);
        return message;
    }
    // Everything that was asked before has been handled.
    void handled()
    {
        ask({{"type", "ping"}});
        next("pong");
    }
    bool closed() const { return told_->closed; }
    void pause() { connection_.pause(); }
    void resume() { connection_.resume(); }

private:
    struct told {
        std::mutex mutex;
        std::condition_variable changed;
        std::deque<json::value> messages;
        std::atomic<bool> closed{false};
        void add(std::string_view text)
        {
            const std::lock_guard lock{mutex};
            messages.push_back(json::parse({text.data(), text.size()}));
            changed.notify_all();
        }
        json::value next()
        {
            std::unique_lock lock{mutex};
            if (!changed.wait_for(lock, patience, [this] { return !messages.empty(); }))
                throw std::runtime_error("nothing came");
            auto out = std::move(messages.front());
            messages.pop_front();
            return out;
        }
    };
    std::shared_ptr<told> told_ = std::make_shared<told>();
    local_connection connection_;
};

// Lets the hub do what it has begun: whatever takes a few turns of its shard.
void settle(member& other)
{
    for (int i = 0; i != 100; ++i)
        other.handled();
}

} // namespace

TEST_CASE("reads of histories wait in the hub, so that what is published passes them", "[reads]")
{
    reading_world w;
    w.fill("chat:1", 1, 3, 10);
    w.store.hold();
    std::deque<member> members;
    for (int i = 0; i != 10; ++i) {
        auto& m = members.emplace_back(w);
        m.ask({{"type", "subscribe"}, {"payload", {{"rooms", json::array{"chat:1"}}}}});
        m.next("subscribed");
        for (std::int64_t id = 1; id <= 3; ++id)
            m.history(id);
        m.handled();
    }
    CHECK(w.store.held() == 2); // at a time
    auto published = w.hub().async_publish("chat:1", "n", json::value{{"n", 4}}, asio::use_future);
    REQUIRE(published.wait_for(patience) == std::future_status::ready);
    CHECK(published.get().position.offset == 4);
    CHECK(http_get(w.port(), "/healthz").result_int() == 200);
    w.store.release();
    for (auto& m : members) {
        std::set<std::int64_t> answered;
        m.next("n");
        for (int i = 0; i != 3; ++i)
            answered.insert(m.next("history").at("request_id").as_int64());
        CHECK(answered == std::set<std::int64_t>{1, 2, 3});
    }
    CHECK(w.store.begun() == 30);
}

TEST_CASE("a read that waits for its turn is never made when its client has gone", "[reads]")
{
    reading_world w;
    w.fill("chat:1", 1, 3, 10);
    w.store.hold();
    {
        std::deque<member> members;
        for (int i = 0; i != 5; ++i) {
            auto& m = members.emplace_back(w);
            m.ask({{"type", "subscribe"}, {"payload", {{"rooms", json::array{"chat:1"}}}}});
            m.next("subscribed");
            for (std::int64_t id = 1; id <= 10; ++id)
                m.history(id);
            m.handled();
        }
        CHECK(w.store.held() == 2);
    }
    REQUIRE(eventually([&] { return w.hub().stats().connections == 0; }));
    w.store.release();
    member other{w};
    other.ask({{"type", "subscribe"}, {"payload", {{"rooms", json::array{"chat:1"}}}}});
    other.next("subscribed");
    other.history(1);
    other.next("history");
    CHECK(w.store.begun() == 3);
}

TEST_CASE("reads that wait do not hold up a shutdown", "[reads]")
{
    reading_world w;
    w.fill("chat:1", 1, 3, 10);
    w.store.hold();
    member m{w};
    m.ask({{"type", "subscribe"}, {"payload", {{"rooms", json::array{"chat:1"}}}}});
    m.next("subscribed");
    for (std::int64_t id = 1; id <= 15; ++id)
        m.history(id);
    m.handled();
    auto page = w.hub().async_history("chat:1", {}, asio::use_future);
    auto done = w.hub().async_shutdown({.deadline = 3 * patience}, asio::use_future);
    REQUIRE(done.wait_for(patience) == std::future_status::ready);
    CHECK_NOTHROW(done.get()); // nothing was cut
    CHECK(w.store.begun() == 2);
    w.store.release();
    REQUIRE(page.wait_for(patience) == std::future_status::ready);
    CHECK_THROWS(page.get()); // it had to wait
    CHECK(w.store.begun() == 2);
}

TEST_CASE("where too many reads wait another one is refused by its id, which is no offence", "[reads]")
{
    reading_world w{{.max_pending_reads = 4}};
    w.fill("chat:1", 1, 3, 10);
    w.store.hold();
    member m{w};
    m.ask({{"type", "subscribe"}, {"payload", {{"rooms", json::array{"chat:1"}}}}});
    m.next("subscribed");
    for (std::int64_t id = 1; id <= 6; ++id)
        m.history(id);
    for (std::int64_t id = 7; id <= 9; ++id) {
        m.history(id);
        const auto answer = m.next("error");
        CHECK(answer.at("request_id").as_int64() == id);
        CHECK(answer.at("payload").at("code").as_string() == "too_many_requests");
    }
    for (const auto* path :
         {"/api/v1/history?room=chat:1", "/api/v1/presence?room=chat:1", "/api/v1/inbox?user_id=alice"}) {
        const auto answer = http_get(w.port(), path);
        INFO(path);
        CHECK(answer.result_int() == 429);
        CHECK(json::parse(answer.body()).at("error").at("code").as_string() == "too_many_requests");
    }
    CHECK(w.hub().stats().bad_messages == 0);
    w.store.release();
    for (int i = 0; i != 6; ++i)
        m.next("history");
    m.history(10);
    CHECK(m.next("history").at("request_id").as_int64() == 10);
}

TEST_CASE("a client that does not read costs no more than its outbox, however much it asked for", "[reads]")
{
    constexpr std::size_t outbox = 256 * 1024;
    reading_world w{{.outbox_bytes = outbox}};
    w.fill("chat:1", 1, 300, 10'000);
    member other{w}, slow{w};
    slow.pause();
    slow.ask({{"type", "subscribe"}, {"payload", {{"rooms", json::array{"chat:1"}}, {"last", 1000}}}});
    REQUIRE(eventually([&] { return w.store.bytes() != 0; }));
    settle(other);
    CHECK(w.store.bytes() <= outbox);
    w.fill("chat:1", 301, 400, 10'000); // live, and as much
    settle(other);
    CHECK(w.store.bytes() <= outbox);
    slow.resume();
    const auto told = slow.next("subscribed").at("payload");
    CHECK(told.at("positions").at("chat:1").at("offset").as_int64() == 300);
    for (std::int64_t i = 1; i <= 400; ++i)
        REQUIRE(slow.next("n").at("payload").at("n").as_int64() == i);
    w.fill("chat:1", 401, 401, 10);
    CHECK(slow.next("n").at("payload").at("n").as_int64() == 401);
    CHECK_FALSE(slow.closed());
    CHECK(w.hub().stats().missed == 0);
}

TEST_CASE("one subscribe with many positions reads no more than the client may have waiting", "[reads]")
{
    constexpr std::size_t outbox = 256 * 1024;
    reading_world w{{.outbox_bytes = outbox}};
    json::array rooms;
    json::object since;
    for (int r = 0; r != 30; ++r) {
        const auto name = "chat:" + std::to_string(r);
        w.fill(name, 1, 20, 5'000);
        const auto page = w.hub().async_history(name, {.limit = 1}, asio::use_future).get();
        rooms.emplace_back(name);
        since[name] = {{"epoch", json::parse(page.messages.at(0)).at("epoch")}, {"offset", 0}};
    }
    const auto before = w.store.bytes();
    member other{w}, slow{w};
    slow.pause();
    slow.ask({{"type", "subscribe"}, {"payload", {{"rooms", rooms}, {"since", since}}}});
    REQUIRE(eventually([&] { return w.store.bytes() != before; }));
    settle(other);
    CHECK(w.store.bytes() - before <= outbox);
    slow.resume();
    const auto told = slow.next("subscribed").at("payload");
    for (const auto& room : rooms) {
        CHECK(told.at("recovered").at(room.as_string()).at("recovered").as_bool());
        CHECK(told.at("recovered").at(room.as_string()).at("offset").as_int64() == 20);
    }
    std::map<std::string, std::int64_t> last;
    for (int i = 0; i != 30 * 20; ++i) {
        const auto message = slow.next("n");
        REQUIRE(message.at("payload").at("n").as_int64() == ++last[message.at("room").as_string().c_str()]);
    }
    CHECK(w.hub().stats().recovered == 30);
}

TEST_CASE("pages are read for a client as fast as it takes them", "[reads]")
{
    constexpr std::size_t outbox = 256 * 1024;
    reading_world w{{.outbox_bytes = outbox}};
    w.fill("chat:1", 1, 100, 5'000);
    member other{w}, slow{w};
    slow.ask({{"type", "subscribe"}, {"payload", {{"rooms", json::array{"chat:1"}}}}});
    slow.next("subscribed");
    slow.pause();
    for (std::int64_t id = 1; id <= 15; ++id)
        slow.history(id);
    REQUIRE(eventually([&] { return w.store.bytes() != 0; }));
    settle(other);
    CHECK(w.store.bytes() <= outbox);
    slow.resume();
    for (std::int64_t id = 1; id <= 15; ++id) {
        const auto answer = slow.next("history");
        CHECK(answer.at("request_id").as_int64() == id);
        CHECK(answer.at("payload").at("more").as_bool());
        CHECK(answer.at("payload").at("messages").as_array().size() > 5);
    }
    CHECK(w.store.bytes() <= 15 * outbox / 4);
    CHECK_FALSE(slow.closed());
}

TEST_CASE("clients that do not take what they asked for do not use up the places of those who do", "[reads]")
{
    constexpr std::size_t outbox = 64 * 1024;
    reading_world w{{.outbox_bytes = outbox, .max_pending_reads = 8}};
    w.fill("chat:1", 1, 100, 5'000);
    std::deque<member> slow;
    member other{w};
    other.ask({{"type", "subscribe"}, {"payload", {{"rooms", json::array{"chat:1"}}}}});
    other.next("subscribed");
    for (int i = 0; i != 4; ++i) {
        auto& m = slow.emplace_back(w);
        m.ask({{"type", "subscribe"}, {"payload", {{"rooms", json::array{"chat:1"}}}}});
        m.next("subscribed");
        m.pause();
        for (std::int64_t id = 1; id <= 7; ++id) {
            m.history(id);
            settle(other);
        }
    }
    for (std::int64_t id = 1; id <= 5; ++id) { // 20 reads or so wait for room in an outbox
        other.history(id);
        CHECK(other.next("history").at("request_id").as_int64() == id);
    }
    CHECK(http_get(w.port(), "/api/v1/history?room=chat:1").result_int() == 200);
    for (auto& m : slow) {
        m.resume();
        for (std::int64_t id = 1; id <= 7; ++id)
            CHECK(m.next("history").at("request_id").as_int64() == id);
    }
}

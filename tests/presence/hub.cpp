// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Who is in a room: requests, join and leave events, and what the hub does when the store is slow, fails or forgets.
#include "support/hub.hpp"

#include <fanfare/presence/memory.hpp>

#include <boost/asio/use_future.hpp>

#include <deque>
#include <map>
#include <mutex>
#include <set>

using namespace fanfare;
using namespace fanfare::test;

namespace {

using users = std::map<std::string, std::int64_t>;

hub_options leaving_after(std::chrono::milliseconds delay)
{
    hub_options o;
    o.presence_leave_delay = delay;
    return o;
}

// A world with rooms `chat:` that have presence, kept in `store` if there is one.
struct chat_world {
    explicit chat_world(any_presence store, hub_options options = leaving_after(20ms), std::size_t shards = 1,
                        in_process_bus bus = {}, server_options how = {})
        : w{options, shards, std::move(bus)}
    {
        w.hub().configure("chat:", {.presence = true});
        if (store)
            w.hub().presence(std::move(store));
        w.serve(std::move(how));
    }
    std::uint16_t port() const { return w.port(); }
    presence_list who(std::string_view room)
    {
        const auto promise = std::make_shared<std::promise<presence_list>>();
        auto answer = promise->get_future();
        w.hub().async_presence(room, [promise](error_code ec, presence_list got) {
            if (ec)
                promise->set_exception(std::make_exception_ptr(boost::system::system_error{ec}));
            else
                promise->set_value(std::move(got));
        });
        if (answer.wait_for(patience) != std::future_status::ready)
            throw std::runtime_error("no answer");
        return answer.get();
    }
    bool counts(std::string_view room, std::size_t clients)
    {
        return eventually([&] { return who(room).client_count == clients; });
    }
    world w;
};

json::value ask(client& c, json::value payload)
{
    c.send({{"type", "presence"}, {"payload", std::move(payload)}, {"request_id", "q"}});
    auto answer = c.next();
    while (answer.at("type") == "join" || answer.at("type") == "leave")
        answer = c.next();
    if (answer.at("request_id") != "q")
        throw std::runtime_error("not the answer: " + text_of(answer));
    return answer;
}

std::string refusal_of(client& c, json::value payload)
{
    const auto answer = ask(c, std::move(payload));
    return answer.at("type") == "error" ? answer.at("payload").at("code").as_string().c_str() : "no error";
}

users users_in(const json::value& answer)
{
    users all;
    for (const auto& one : answer.at("payload").at("users").as_array())
        all[one.at("user_id").as_string().c_str()] = one.at("connections").to_number<std::int64_t>();
    return all;
}

// The events of a room, `join alice` and so on, that came before the pong.
std::vector<std::string> events_at(client& c)
{
    std::vector<std::string> all;
    for (const auto& m : c.drain())
        all.push_back(std::string{m.at("type").as_string()} + ' ' +
                      m.at("payload").at("user_id").as_string().c_str());
    return all;
}

std::string next_event(client& c)
{
    const auto m = c.next();
    return std::string{m.at("type").as_string()} + ' ' + m.at("payload").at("user_id").as_string().c_str();
}

// Joins `chat:1`; what it is told about itself is read.
struct member : client {
    member(std::uint16_t port, std::string_view user, bool first = true) : client{port, user}
    {
        subscribe({"chat:1"});
        if (first && next("join").at("user_id").as_string() != user)
            throw std::runtime_error("not the own join");
    }
};

// A store that does what the test says: it holds answers back, fails, forgets, and reports who departed.
class scripted_presence {
public:
    void async_enter(std::string_view, presence_client client, presence_changed handler)
    {
        take("enter " + client.user_id, std::move(handler), {.first_of_user = true});
    }
    void async_leave(std::string_view, std::string_view, presence_changed handler)
    {
        take("leave", std::move(handler), {.last_of_user = true});
    }
    void async_refresh(std::vector<presence_entries> entries, presence_refreshed handler)
    {
        presence_refresh answer;
        error_code ec;
        {
            const std::lock_guard lock{state_->mutex};
            ++state_->refreshes;
            answer.departed = std::exchange(state_->departed, {});
            if (std::exchange(state_->forgets, false))
                answer.missing = std::move(entries);
            if (std::exchange(state_->fails_refresh, false))
                ec = error::bus_unavailable;
        }
        handler(ec, std::move(answer));
    }
    void async_read(std::string_view, std::size_t, const presence_was_read& handler)
    {
        handler(error::bus_unavailable, {});
    }
    std::chrono::milliseconds lifetime() const { return 30ms; }

    void fail(bool on)
    {
        with([on](auto& s) { s.fails = on; });
    }
    void hold(bool on)
    {
        with([on](auto& s) { s.holds = on; });
    }
    void forget()
    {
        with([](auto& s) { s.forgets = true; });
    }
    void fail_refresh()
    {
        with([](auto& s) { s.fails_refresh = true; });
    }
    void depart(std::string user)
    {
        with([&](auto& s) { s.departed.push_back({"chat:1", std::move(user)}); });
    }
    std::vector<std::string> done()
    {
        const std::lock_guard lock{state_->mutex};
        return state_->done;
    }
    bool did(std::vector<std::string> all)
    {
        return eventually([&] { return done() == all; });
    }
    std::size_t refreshes()
    {
        const std::lock_guard lock{state_->mutex};
        return state_->refreshes;
    }
    void release(error_code ec = {})
    {
        std::pair<presence_changed, presence_change> held;
        with([&](auto& s) {
            held = std::move(s.held.front());
            s.held.pop_front();
        });
        held.first(ec, ec ? presence_change{} : held.second);
    }

private:
    struct state {
        std::mutex mutex;
        bool fails = false;
        bool holds = false;
        bool forgets = false;
        bool fails_refresh = false;
        std::size_t refreshes = 0;
        std::vector<std::string> done;
        std::vector<presence_refresh::user> departed;
        std::deque<std::pair<presence_changed, presence_change>> held;
    };
    void take(std::string what, presence_changed handler, presence_change answer)
    {
        error_code ec;
        {
            const std::lock_guard lock{state_->mutex};
            if (state_->fails)
                ec = error::bus_unavailable;
            state_->done.push_back(ec ? what + " failed" : what);
            if (state_->holds) {
                state_->held.emplace_back(std::move(handler), std::move(answer));
                return;
            }
        }
        handler(ec, ec ? presence_change{} : std::move(answer));
    }
    template <class F>
    void with(F f)
    {
        const std::lock_guard lock{state_->mutex};
        f(*state_);
    }
    std::shared_ptr<state> state_ = std::make_shared<state>();
};
static_assert(presence_store<scripted_presence>);

} // namespace

TEST_CASE("a client sees who is in its room, as connections and as users")
{
    chat_world s{{}, leaving_after(20ms), 2};
    member a1{s.port(), "alice"};
    member a2{s.port(), "alice", false};
    member b{s.port(), "bob"};
    client nobody{s.port()};
    nobody.subscribe({"chat:1"});
    REQUIRE(s.counts("chat:1", 4));
    const auto answer = ask(a1, {{"room", "chat:1"}});
    CHECK(answer.at("type") == "presence");
    const auto& payload = answer.at("payload");
    CHECK(payload.at("room") == "chat:1");
    CHECK(payload.at("client_count") == 4);
    CHECK(payload.at("user_count") == 2);
    CHECK(users_in(answer) == users{{"alice", 2}, {"bob", 1}});
    std::set<std::string> ids;
    for (const auto& one : payload.at("clients").as_array())
        ids.insert(one.at("connection_id").as_string().c_str());
    CHECK(ids == std::set<std::string>{a1.id(), a2.id(), b.id(), nobody.id()});
    const auto some = ask(b, {{"room", "chat:1"}, {"limit", 1}});
    CHECK(some.at("payload").at("clients").as_array().size() == 1);
    CHECK(some.at("payload").at("client_count") == 4);
}

TEST_CASE("the room may stand in the envelope, and who has just joined sees itself")
{
    chat_world s{{}, leaving_after(20ms), 2};
    for (int i = 0; i != 20; ++i) {
        client c{s.port(), "alice"};
        c.subscribe({"chat:" + std::to_string(i)});
        c.send({{"type", "presence"}, {"room", "chat:" + std::to_string(i)}});
        auto m = c.next();
        if (m.at("type") == "join")
            m = c.next();
        CHECK(m.at("type") == "presence");
        CHECK(m.at("payload").at("user_count") == 1);
    }
}

TEST_CASE("a user's second connection makes no second join, and an anonymous one none at all")
{
    chat_world s{{}};
    member watcher{s.port(), "watcher"};
    member a1{s.port(), "alice"};
    CHECK(next_event(watcher) == "join alice");
    member a2{s.port(), "alice", false};
    client nobody{s.port()};
    nobody.subscribe({"chat:1"});
    REQUIRE(s.counts("chat:1", 4));
    CHECK(events_at(watcher).empty());
    CHECK(events_at(a1).empty());
}

TEST_CASE("a user has left a room when the last connection has, and the delay is over")
{
    chat_world s{{}, leaving_after(300ms)};
    member watcher{s.port(), "watcher"};
    member a1{s.port(), "alice"};
    member a2{s.port(), "alice", false};
    CHECK(next_event(watcher) == "join alice");
    a1.close();
    REQUIRE(s.counts("chat:1", 2));
    CHECK(events_at(watcher).empty());
    const auto before = std::chrono::steady_clock::now();
    a2.send({{"type", "unsubscribe"}, {"payload", {{"rooms", {"chat:1"}}}}});
    CHECK(next_event(watcher) == "leave alice");
    CHECK(std::chrono::steady_clock::now() - before >= 290ms);
    CHECK(s.who("chat:1").client_count == 1);
}

TEST_CASE("a reload of the page, or a room left and joined again, makes no events")
{
    memory_presence store;
    chat_world s{store, leaving_after(3s)};
    member watcher{s.port(), "watcher"};
    member a1{s.port(), "alice"};
    CHECK(next_event(watcher) == "join alice");
    a1.close();
    member a2{s.port(), "alice", false};
    a2.send({{"type", "unsubscribe"}, {"payload", {{"rooms", {"chat:1"}}}}});
    a2.next("unsubscribed");
    a2.subscribe({"chat:1"});
    REQUIRE(s.counts("chat:1", 2)); // the first connection's delay is over
    CHECK(events_at(watcher).empty());
    CHECK(events_at(a2).empty());
    CHECK(s.who("chat:1").user_count == 2);
}

TEST_CASE("presence is refused by name where there is none, or where one may not look")
{
    chat_world s{{}};
    client c{s.port(), "alice"};
    c.subscribe({"group:1"});
    CHECK(refusal_of(c, {{"room", "group:1"}}) == "forbidden"); // no such option
    CHECK(refusal_of(c, {{"room", "chat:1"}}) == "forbidden");  // not a member
    CHECK(refusal_of(c, {{"room", "nowhere:1"}}) == "unknown_room");
    CHECK(refusal_of(c, {{"room", "bad room"}}) == "invalid_room");
    CHECK(refusal_of(c, {{"room", 7}}) == "invalid_message");
    CHECK(refusal_of(c, {{"limit", 7}}) == "invalid_message");
    CHECK(refusal_of(c, {{"room", "chat:1"}, {"limit", 0}}) == "invalid_message");
    CHECK(refusal_of(c, {{"room", "chat:1"}, {"limit", "all"}}) == "invalid_message");
    for (const auto* room : {"group:1", "nowhere:1"})
        CHECK_THROWS_AS(s.who(room), boost::system::system_error);
    CHECK(s.who("chat:1").client_count == 0); // the application may always look
}

TEST_CASE("the authorizer decides who sees who is in a room")
{
    world w;
    w.hub().configure("chat:", {.presence = true});
    w.hub().authorize(
        [](const access_request& r) { return r.action != room_action::presence || r.who.user_id == "moderator"; });
    w.serve();
    client alice{w.port(), "alice"};
    alice.subscribe({"chat:1"});
    client moderator{w.port(), "moderator"};
    CHECK(refusal_of(alice, {{"room", "chat:1"}}) == "forbidden");
    CHECK(ask(moderator, {{"room", "chat:1"}}).at("payload").at("client_count") == 1);
}

TEST_CASE("rooms without the option cost the store nothing")
{
    memory_presence store;
    chat_world s{store};
    client c{s.port(), "alice"};
    c.subscribe({"group:1"});
    CHECK(c.drain().empty());
    CHECK(store.rooms() == 0);
}

TEST_CASE("what a credential says as info is shown, unless it is too long")
{
    server_options o;
    o.authenticate = [](const handshake_request& r) {
        const auto user = r.query("user").value_or("");
        json::object claims{{"role", "secret"}};
        claims["info"] =
            user == "long" ? json::value(std::string(1100, 'x')) : json::value{{"name", "Al"}, {"n", 1}};
        return auth_result{identity{.user_id = user, .claims = claims}};
    };
    chat_world s{{}, leaving_after(20ms), 1, {}, std::move(o)};
    member a{s.port(), "alice"};
    member l{s.port(), "long"};
    REQUIRE(s.counts("chat:1", 2));
    const auto answer = ask(a, {{"room", "chat:1"}});
    for (const auto& one : answer.at("payload").at("clients").as_array()) {
        const auto* info = one.as_object().if_contains("info");
        if (one.at("user_id") == "long")
            CHECK(info == nullptr);
        else
            CHECK((info && *info == json::value{{"name", "Al"}, {"n", 1}}));
    }
    CHECK(text_of(answer).find("secret") == std::string::npos);
}

TEST_CASE("two hubs that share a store are one audience")
{
    const in_process_bus bus;
    const memory_presence store;
    chat_world one{store, leaving_after(20ms), 2, bus};
    chat_world two{store, leaving_after(20ms), 1, bus};
    member watcher{one.port(), "watcher"};
    member a1{one.port(), "alice"};
    CHECK(next_event(watcher) == "join alice");
    member a2{two.port(), "alice", false};
    member b{two.port(), "bob"};
    CHECK(next_event(watcher) == "join bob");
    const auto answer = ask(watcher, {{"room", "chat:1"}});
    CHECK(users_in(answer) == users{{"watcher", 1}, {"alice", 2}, {"bob", 1}});
    a1.close();
    REQUIRE(two.counts("chat:1", 3));
    CHECK(events_at(watcher).empty());
    a2.close();
    CHECK(next_event(watcher) == "leave alice");
    b.close();
    CHECK(next_event(watcher) == "leave bob");
}

TEST_CASE("a hub that goes takes its users with it, at once")
{
    const in_process_bus bus;
    const memory_presence store;
    chat_world stays{store, leaving_after(1h), 1, bus};
    member watcher{stays.port(), "watcher"};
    {
        chat_world goes{store, leaving_after(1h), 2, bus};
        member a{goes.port(), "alice"};
        member b{goes.port(), "bob"};
        CHECK(next_event(watcher) == "join alice");
        CHECK(next_event(watcher) == "join bob");
        b.send({{"type", "unsubscribe"}, {"payload", {{"rooms", {"chat:1"}}}}}); // its hour begins
        b.next("unsubscribed");
        SECTION("by a shutdown")
        {
            auto done = goes.w.hub().async_shutdown({}, asio::use_future);
            CHECK(a.closed() == 3001);
            CHECK(b.closed() == 3001);
            const std::set<std::string> gone{next_event(watcher), next_event(watcher)};
            CHECK(gone == std::set<std::string>{"leave alice", "leave bob"});
            REQUIRE(done.wait_for(patience) == std::future_status::ready);
        }
        SECTION("by its destruction")
        {
            goes.w.destroy_server();
            goes.w.destroy_hub();
            CHECK(a.closed() == 1001);
            CHECK(b.closed() == 1001);
            const std::set<std::string> gone{next_event(watcher), next_event(watcher)};
            CHECK(gone == std::set<std::string>{"leave alice", "leave bob"});
        }
        SECTION("when nothing runs any more")
        {
            goes.w.stop();
        }
    }
    CHECK(stays.counts("chat:1", 1));
}

TEST_CASE("a connection that ends while it is being entered is taken out again, in that order")
{
    scripted_presence store;
    store.hold(true);
    chat_world s{store, leaving_after(0ms)};
    {
        client c{s.port(), "alice"};
        c.subscribe({"chat:1"});
        REQUIRE(store.did({"enter alice"}));
    }
    REQUIRE(eventually([&] { return s.w.hub().stats().connections == 0; }));
    CHECK_THROWS(s.who("chat:1"));                                  // comes after what the hub has done till now
    CHECK(store.done() == std::vector<std::string>{"enter alice"}); // one at a time
    store.release();
    CHECK(store.did({"enter alice", "leave"}));
    store.release();
}

TEST_CASE("a room that is joined again while its leave is under way is entered again, after it")
{
    scripted_presence store;
    chat_world s{store, leaving_after(0ms)};
    client c{s.port(), "alice"};
    c.subscribe({"chat:1"});
    CHECK(next_event(c) == "join alice");
    store.hold(true);
    c.send({{"type", "unsubscribe"}, {"payload", {{"rooms", {"chat:1"}}}}});
    c.next("unsubscribed");
    REQUIRE(store.did({"enter alice", "leave"}));
    c.subscribe({"chat:1"});
    store.hold(false);
    store.release();
    CHECK(next_event(c) == "leave alice");
    CHECK(next_event(c) == "join alice");
    CHECK(store.done() == std::vector<std::string>{"enter alice", "leave", "enter alice"});
}

TEST_CASE("what the store refused is done again, and counted")
{
    scripted_presence store;
    store.fail(true);
    chat_world s{store, leaving_after(0ms)};
    client c{s.port(), "alice"};
    c.subscribe({"chat:1"});
    REQUIRE(eventually([&] { return s.w.hub().stats().presence_failures >= 2; }));
    store.fail(false);
    CHECK(next_event(c) == "join alice");
    store.fail(true);
    client watcher{s.port(), ""};
    watcher.subscribe({"chat:1"});
    c.close();
    const auto failures = s.w.hub().stats().presence_failures;
    REQUIRE(eventually([&] { return s.w.hub().stats().presence_failures > failures + 2; }));
    store.fail(false);
    CHECK(next_event(watcher) == "leave alice");
}

TEST_CASE("a store that fails does not hold up a hub that goes")
{
    scripted_presence store;
    chat_world s{store};
    member a{s.port(), "alice"};
    member b{s.port(), "bob"};
    store.fail(true);
    auto done = s.w.hub().async_shutdown({}, asio::use_future);
    CHECK(a.closed() == 3001);
    CHECK(b.closed() == 3001);
    REQUIRE(done.wait_for(patience) == std::future_status::ready);
    REQUIRE(eventually([&] { return s.w.hub().stats().presence_failures >= 2; }));
    s.w.destroy_server();
    s.w.destroy_hub();
    CHECK(store.done().size() < 50); // it does not ask without end
}

TEST_CASE("connections that the store forgot are entered again")
{
    scripted_presence store;
    chat_world s{store};
    member c{s.port(), "alice"};
    store.forget();
    CHECK(next_event(c) == "join alice");
    CHECK(store.done() == std::vector<std::string>{"enter alice", "enter alice"});
}

TEST_CASE("users whose hub died have left, and a refresh that fails is followed by the next one")
{
    scripted_presence store;
    chat_world s{store};
    member c{s.port(), "alice"};
    store.fail_refresh();
    REQUIRE(eventually([&] { return s.w.hub().stats().presence_failures == 1; }));
    store.depart("bob");
    CHECK(next_event(c) == "leave bob");
    CHECK(s.w.hub().stats().presence_failures == 1);
    c.close();
    REQUIRE(store.did({"enter alice", "leave"}));
    const auto refreshes = store.refreshes();
    scripted_presence other;
    chat_world busy{other};
    const member d{busy.port(), "alice"};
    REQUIRE(eventually([&] { return other.refreshes() >= 5; }));
    CHECK(store.refreshes() <= refreshes + 1); // nobody is left to be refreshed; one may have been under way
}

TEST_CASE("a store that fails is an error to who asks, and no more")
{
    chat_world s{scripted_presence{}};
    member c{s.port(), "alice"};
    CHECK(refusal_of(c, {{"room", "chat:1"}}) == "bus_unavailable");
    CHECK_THROWS_AS(s.who("chat:1"), boost::system::system_error);
    for (int i = 0; i != 40; ++i) // each has given its place among the pending requests back
        CHECK(refusal_of(c, {{"room", "chat:1"}}) == "bus_unavailable");
}

TEST_CASE("hub, store and answers go in any order")
{
    scripted_presence store;
    store.hold(true);
    {
        chat_world s{store, leaving_after(0ms), 2};
        client a{s.port(), "alice"};
        client b{s.port(), "bob"};
        a.subscribe({"chat:1"});
        b.subscribe({"chat:1"});
        REQUIRE(eventually([&] { return store.done().size() == 2; }));
        SECTION("the connections first")
        {
            a.close();
        }
        SECTION("the threads first")
        {
            s.w.stop();
        }
        SECTION("the hub first")
        {
            s.w.destroy_server();
            s.w.destroy_hub();
        }
    }
    store.release();
    store.release(error::bus_unavailable);
}

TEST_CASE("who is in a room can be asked over HTTP, with the admin key")
{
    server_options o;
    o.api.admin_key = "key";
    chat_world s{{}, leaving_after(20ms), 1, {}, std::move(o)};
    member a{s.port(), "alice"};
    const auto get = [&](const std::string& target, const std::string& key) {
        return http_get(s.port(), target, key);
    };
    const auto good = get("/api/v1/presence?room=chat%3A1", "key");
    CHECK(good.result_int() == 200);
    const auto body = json::parse(good.body());
    CHECK(body.at("room") == "chat:1");
    CHECK(body.at("user_count") == 1);
    CHECK(body.at("clients").at(0).at("connection_id").as_string() == a.id());
    CHECK(get("/api/v1/presence?room=chat:1", "other").result_int() == 401);
    CHECK(get("/api/v1/presence?room=group:1", "key").result_int() == 403);
    CHECK(get("/api/v1/presence?room=nowhere:1", "key").result_int() == 404);
    CHECK(get("/api/v1/presence", "key").result_int() == 400);
}

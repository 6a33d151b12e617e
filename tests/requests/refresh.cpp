// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// A client that brings a new credential while it is connected.
#include "http/event_client.hpp"
#include "requests/refresh_support.hpp"

#include <fanfare/auth/any_of.hpp>
#include <fanfare/auth/ticket.hpp>
#include <fanfare/local_connection.hpp>

#include <atomic>
#include <deque>

using namespace fanfare;
using namespace fanfare::test;

namespace {

identity admin(std::string_view user, std::optional<wall::time_point> until = {})
{
    return {
        .user_id = std::string{user}, .claims = {{"role", "admin"}}, .expires_at = until, .rooms = {"news:all"}};
}

} // namespace

TEST_CASE("refresh: a new credential has the application and the authorizer see its claims", "[refresh]")
{
    refresh_world w;
    std::atomic<int> told = 0;
    w.hub().on_refreshed([&](const connection_ref& c) { told += refresh_world::role_of(c.who()) == "admin"; });
    w.open();
    client c{w.port(), "ann"};
    CHECK(c.subscribe({"news:1"}).at("rejected").at(0).at("code") == "forbidden");
    const auto until = wall::now() + 1h;
    w.knows("better", admin("ann", until));
    const auto answer = refresh(c, "better");
    CHECK(answer.at("type") == "refreshed");
    CHECK(answer.at("payload") ==
          json::value{{"expires_at", time_text(until)}, {"joined", json::array{}}, {"left", json::array{}}});
    CHECK(role_of(c) == "admin");
    CHECK(c.subscribe({"news:1"}).at("rooms") == json::array{"news:1"});
    CHECK(w.asked_from == "127.0.0.1");
    CHECK(told == 1);
    CHECK(w.hub().stats().refreshes == 1);
    CHECK(w.hub().stats().refresh_failures == 0);
    CHECK(w.hub().stats().users == 1);
    // One that never expires.
    w.knows("for ever", admin("ann"));
    CHECK(error_of(refresh(c, "for ever")) == "invalid_message"); // a space is in no token
    w.knows("forever", admin("ann"));
    CHECK(refresh(c, "forever").at("payload").at("expires_at").is_null());
}

TEST_CASE("refresh: by the POST of an event stream", "[refresh]")
{
    refresh_world w;
    w.open();
    event_client c{w.port(), "?user=ann"};
    const auto session = c.next("connected").at("session");
    w.knows("better", {.user_id = "ann", .claims = {{"role", "admin"}}, .rooms = {"chat:1"}});
    w.hub().publish("chat:1", "t", json::value(1));
    const auto post = [&](const json::value& message) {
        const json::value body{{"session", session}, {"message", message}};
        CHECK(http_post_text(w.port(), "/api/v1/sse", json::serialize(body)).result_int() == 202);
    };
    post(refresh_message("better"));
    const auto answer = c.next("refreshed");
    CHECK(answer.at("joined") == json::array{"chat:1"});
    CHECK(answer.at("left") == json::array{"news:all"});
    CHECK(answer.at("positions").at("chat:1").at("offset") == 1);
    // From now on the ids of the events have the room.
    w.hub().publish("chat:1", "t", json::value(2));
    const auto live = c.read();
    REQUIRE(live);
    CHECK(live->message().at("payload") == 2);
    CHECK(live->last_id.ends_with(":2:chat:1"));
    post({{"type", "role"}});
    CHECK(c.next("role") == "admin");
}

TEST_CASE("refresh: a subscribe under way is asked about again with the new identity", "[refresh]")
{
    refresh_world w;
    std::mutex mutex;
    std::vector<access_done> slow;
    w.hub().authorize([&](const access_request& what, access_done done) {
        if (what.room != "news:slow" || refresh_world::role_of(what.who) != "admin")
            return done(refresh_world::role_of(what.who) == "admin");
        const std::lock_guard lock{mutex};
        slow.push_back(std::move(done));
    });
    w.hub().on_refreshed([](const connection_ref& c) {
        if (refresh_world::role_of(c.who()) != "admin")
            c.unsubscribe("news:fast");
    });
    w.open();
    client c{w.port(), "ann"};
    w.knows("better", admin("ann"));
    CHECK(refresh(c, "better").at("type") == "refreshed");
    c.send({{"type", "subscribe"}, {"payload", {{"rooms", {"news:fast", "news:slow"}}}}});
    REQUIRE(eventually([&] {
        const std::lock_guard lock{mutex};
        return slow.size() == 1;
    }));
    CHECK_FALSE(w.hub().refresh_user("ann", {.claims = json::object{{"role", "guest"}}}));
    CHECK(c.next("refreshed").is_object());
    slow.front()(true);
    const auto answer = c.next("subscribed");
    CHECK(answer.at("rooms").as_array().empty());
    CHECK(answer.at("rejected").as_array().size() == 2);
    CHECK(w.hub().room("news:fast").size() == 0);
}

TEST_CASE("refresh: by a local connection", "[refresh]")
{
    refresh_world w;
    w.open();
    std::mutex mutex;
    std::deque<json::value> got;
    auto c = w.hub().connect({.user_id = "ann"}, {.on_message = [&](std::string_view text) {
                                 const std::lock_guard lock{mutex};
                                 got.push_back(json::parse({text.data(), text.size()}));
                             }});
    w.knows("better", admin("ann"));
    CHECK_FALSE(c.send(json::serialize(json::value(refresh_message("better")))));
    CHECK(eventually([&] {
        const std::lock_guard lock{mutex};
        return got.size() == 2;
    }));
    const std::lock_guard lock{mutex};
    CHECK(got.back().at("type") == "refreshed");
    CHECK(got.back().at("payload").at("joined") == json::array{"news:all"});
    CHECK(w.asked_from == "0.0.0.0");
}

TEST_CASE("refresh: a ticket is good once, unless it is bound to an origin", "[refresh]")
{
    refresh_world w;
    memory_ticket_store tickets;
    w.hub().on_refresh(any_of{ticket_authenticator{tickets}, [](const handshake_request& r) {
                                  return r.bearer_token() == "a+/=b" ? auth_result{admin("ann")}
                                                                     : make_refusal(error::unauthorized);
                              }});
    w.open();
    client c{w.port(), "ann"};
    const auto bring = [&](std::string_view kind, std::string_view text) {
        c.send({{"type", "refresh"}, {"payload", {{kind, text}}}});
        return c.next();
    };
    const auto ticket = tickets.issue(admin("ann")).value();
    CHECK(bring("ticket", ticket).at("type") == "refreshed");
    CHECK(role_of(c) == "admin");
    const auto again = bring("ticket", ticket);
    CHECK(error_of(again) == "ticket_invalid");
    CHECK(json::serialize(again).find(ticket) == std::string::npos);
    CHECK(bring("token", tickets.issue(admin("ann")).value()).at("type") == "refreshed");
    CHECK(bring("token", "a+/=b").at("type") == "refreshed");
    CHECK(error_of(bring("ticket", "a+/=b&ticket=%")) == "ticket_invalid");
    const auto bound = tickets.issue(admin("ann"), 30s, "https://example.org").value();
    CHECK(error_of(bring("ticket", bound)) == "ticket_invalid");
    CHECK(c.drain().empty());
}

TEST_CASE("refresh: what is no request for it, and a server that takes none", "[refresh]")
{
    refresh_world w{{.max_violations = 100}};
    w.open();
    client c{w.port(), "ann"};
    const std::string long_one(8 * 1024 + 1, 'x');
    const std::vector<json::value> wrong{nullptr,
                                         "token",
                                         json::object{},
                                         {{"token", "a"}, {"ticket", "b"}},
                                         {{"token", ""}},
                                         {{"token", 1}},
                                         {{"ticket", nullptr}},
                                         {{"token", "a b"}},
                                         {{"token", "a\r\nX: y"}},
                                         {{"ticket", "\u00e9"}},
                                         {{"tokens", "a"}}};
    for (const auto& payload : wrong) {
        c.send({{"type", "refresh"}, {"payload", payload}, {"request_id", 1}});
        const auto answer = c.next();
        INFO(text_of(answer));
        CHECK(error_of(answer) == "invalid_message");
        CHECK(answer.at("request_id") == 1);
    }
    CHECK(w.hub().stats().bad_messages == wrong.size());
    CHECK(w.hub().stats().refresh_failures == 0);
    CHECK(c.drain().empty());

    refresh_world large{{.max_message_size = 64 * 1024}};
    large.open();
    client d{large.port(), "ann"};
    CHECK(error_of(refresh(d, long_one)) == "invalid_message");
    CHECK(error_of(refresh(d, long_one.substr(1))) == "unauthorized"); // it is asked about

    world without;
    without.serve();
    client e{without.port(), "ann"};
    CHECK(error_of(refresh(e, "x")) == "unknown_type");
    CHECK(e.drain().empty());
}

TEST_CASE("refresh: a credential that is not good changes nothing", "[refresh]")
{
    refresh_world w;
    w.open();
    struct refusal_of {
        identity who;
        const char* code;
    };
    const std::vector<refusal_of> all{
        {admin("bob"), "forbidden"},
        {admin(""), "forbidden"},
        {admin("ann", wall::now() - 1ms), "unauthorized"},
        {admin("ann", wall::time_point::min()), "unauthorized"},
        {{.user_id = "ann", .rooms = {"chat:1", "nowhere:1"}}, "unknown_room"},
        {{.user_id = "ann", .rooms = {"chat:1", "not a room"}}, "invalid_room"},
        {{.user_id = "ann", .rooms = {"chat:1", "user:bob"}}, "invalid_room"},
    };
    client c{w.port(), "ann"};
    for (const auto& one : all) {
        w.knows("bad", one.who);
        CHECK(error_of(refresh(c, "bad")) == one.code);
    }
    CHECK(error_of(refresh(c, "unknown")) == "unauthorized");
    CHECK(role_of(c) == "none");
    CHECK(rooms_of(c) == json::array{"user:ann", "news:all"});
    CHECK(w.hub().stats().refreshes == 0);
    CHECK(w.hub().stats().refresh_failures == all.size() + 1);
    CHECK(w.hub().stats().bad_messages == all.size() + 1);
    // Nobody becomes a user; a visitor may be another visitor.
    client visitor{w.port(), ""};
    w.knows("ann", admin("ann"));
    w.knows("guest", admin(""));
    CHECK(error_of(refresh(visitor, "ann")) == "forbidden");
    CHECK(refresh(visitor, "guest").at("type") == "refreshed");
    CHECK(role_of(visitor) == "admin");
    CHECK(w.hub().stats().users == 1);
}

TEST_CASE("refresh: who tries one credential after the other is closed", "[refresh]")
{
    refresh_world w;
    w.open();
    client c{w.port(), "ann"};
    for (int i = 0; i != 40; ++i)
        c.send(refresh_message("guess-" + std::to_string(i)));
    CHECK(c.closed() == static_cast<std::uint16_t>(close_code::bad_messages));
    CHECK(w.hub().stats().refreshes == 0);
}

TEST_CASE("refresh: rooms that it grants are joined, those that it does not are left", "[refresh]")
{
    refresh_world w;
    w.open();
    client c{w.port(), "ann"};
    w.hub().publish("chat:1", "t", json::value(1));
    w.knows("first", {.user_id = "ann",
                      .claims = {{"role", "admin"}},
                      .rooms = {"chat:1", "news:1", "chat:1", "user:ann", "news:all"}});
    const auto first = refresh(c, "first").at("payload");
    CHECK(first.at("joined") == json::array{"chat:1", "news:1"});
    CHECK(first.at("left").as_array().empty());
    CHECK(first.at("positions").as_object().size() == 1);
    CHECK(first.at("positions").at("chat:1").at("offset") == 1);
    w.hub().publish("chat:1", "t", json::value(2));
    w.hub().publish("news:1", "t", json::value(3));
    CHECK(c.next("t") == 2);
    CHECK(c.next("t") == 3);

    // A room that it has subscribed to stays, though no identity grants it, or one does for a while.
    CHECK(c.subscribe({"news:mine"}).at("rooms") == json::array{"news:mine"});
    w.knows("second", {.user_id = "ann", .rooms = {"news:mine", "chat:2"}});
    const auto second = refresh(c, "second").at("payload");
    CHECK(second.at("joined") == json::array{"chat:2"});
    CHECK(second.at("left").as_array().size() == 3); // and not the user's own
    CHECK(second.at("positions").as_object().size() == 1);
    CHECK(second.at("positions").at("chat:2").at("offset") == 0);
    w.hub().publish("chat:1", "t", json::value(4));
    w.hub().publish("news:1", "t", json::value(5));
    w.hub().publish("news:mine", "t", json::value(6));
    CHECK(c.next("t") == 6);
    w.knows("third", {.user_id = "ann"});
    CHECK(refresh(c, "third").at("payload").at("left") == json::array{"chat:2"});
    CHECK(rooms_of(c) == json::array{"user:ann", "news:mine"});
    CHECK(w.hub().room("chat:1").size() == 0);
    // One that the client has left comes back with the credential, as if it had connected with it.
    w.knows("fourth", {.user_id = "ann", .rooms = {"news:all"}});
    CHECK(refresh(c, "fourth").at("payload").at("joined") == json::array{"news:all"});
    c.send({{"type", "unsubscribe"}, {"payload", {{"rooms", {"news:all"}}}}});
    CHECK(c.next("unsubscribed").at("left") == json::array{"news:all"});
    CHECK(refresh(c, "fourth").at("payload").at("joined") == json::array{"news:all"});
}

TEST_CASE("refresh: a thousand times", "[refresh]")
{
    refresh_world w;
    std::atomic<int> told = 0;
    w.hub().on_refreshed([&](const connection_ref&) { ++told; });
    w.open();
    client c{w.port(), "ann"};
    w.knows("even", {.user_id = "ann", .claims = {{"role", "even"}}, .rooms = {"chat:even", "news:all"}});
    w.knows("odd", {.user_id = "ann", .claims = {{"role", "odd"}}, .rooms = {"chat:odd", "news:all"}});
    for (int i = 0; i != 1000; ++i) {
        const auto answer = refresh(c, i % 2 == 0 ? "even" : "odd");
        REQUIRE(answer.at("type") == "refreshed");
        REQUIRE(answer.at("payload").at("joined").as_array().size() == 1);
        REQUIRE(answer.at("payload").at("left").as_array().size() == (i == 0 ? 0 : 1));
    }
    CHECK(role_of(c) == "odd");
    CHECK(rooms_of(c).size() == 3);
    CHECK(told == 1000);
    CHECK(w.hub().stats().refreshes == 1000);
    CHECK(w.hub().room("chat:even").size() == 0);
}

TEST_CASE("refresh: a handler that throws ends the connection", "[refresh]")
{
    refresh_world w;
    w.hub().on_refreshed([](const connection_ref&) { throw std::runtime_error{"not this one"}; });
    w.open();
    client c{w.port(), "ann"};
    w.knows("better", admin("ann"));
    CHECK(refresh(c, "better").at("type") == "refreshed");
    CHECK(c.closed() == 1011);
    CHECK(w.hub().stats().handler_failures == 1);
}

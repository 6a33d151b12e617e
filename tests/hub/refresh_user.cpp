// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// New identities that the application gives, to one connection or to all of a user, on all hubs.
#include "requests/refresh_support.hpp"
#include "support/scripted_bus.hpp"

#include <fanfare/local_connection.hpp>

#include <boost/asio/use_future.hpp>

#include <atomic>
#include <optional>

using namespace fanfare;
using namespace fanfare::test;

namespace {

using names = std::vector<std::string>;

// Two hubs on one bus, whose clients' roles can be seen.
struct two_hubs {
    two_hubs() : one{quick(), 2, bus}, two{quick(), 2, bus}
    {
        for (auto* w : {&one, &two}) {
            w->hub().configure("news:", {});
            w->hub().configure("chat:", {});
            w->hub().on_message("role", [](request r) { r.reply(refresh_world::role_of(r.from().who())); });
            w->hub().on_refreshed([this](const connection_ref&) { ++refreshed; });
            w->serve();
        }
    }
    std::atomic<int> refreshed = 0;
    in_process_bus bus;
    world one;
    world two;
};

// The handle of the connection that has come.
template <class World>
struct last_handle {
    explicit last_handle(World& w)
    {
        w.hub().on_connect([this](const connection_ref& c) {
            ref = c;
            known = true;
        });
    }
    const connection_ref& get()
    {
        REQUIRE(eventually([this] { return known.load(); }));
        return ref;
    }
    connection_ref ref;
    std::atomic<bool> known = false;
};

error_code refusal_of(const connection_ref& c, identity who)
{
    try {
        c.refresh(std::move(who));
        return {};
    } catch (const boost::system::system_error& e) {
        return e.code();
    }
}

} // namespace

TEST_CASE("refresh_user changes what is named, of all connections of a user on all hubs", "[refresh]")
{
    two_hubs hubs;
    client a{hubs.one.port(), "ann"};
    client b{hubs.one.port(), "ann"};
    client c{hubs.two.port(), "ann"};
    client other{hubs.two.port(), "bob"};
    const auto until = wall::now() + 1h;
    const identity_change change{
        .claims = json::object{{"role", "admin"}, {"exact", 0.1}}, .expires_at = until, .rooms = names{"news:1"}};
    CHECK(hubs.one.hub().async_refresh_user("ann", change, asio::use_future).get() == 3);
    for (auto* one : {&a, &b, &c}) {
        const auto told = one->next();
        CHECK(told.at("type") == "refreshed");
        CHECK_FALSE(told.as_object().contains("request_id"));
        CHECK(told.at("payload") ==
              json::value{{"expires_at", time_text(until)}, {"joined", {"news:1"}}, {"left", json::array{}}});
        CHECK(role_of(*one) == "admin");
    }
    CHECK(other.drain().empty());
    CHECK(role_of(other) == "none");
    CHECK(hubs.one.hub().room("news:1").size() == 2);
    CHECK(hubs.two.hub().room("news:1").size() == 1);
    CHECK(hubs.refreshed == 3);
    CHECK(hubs.one.hub().stats().refreshes == 2);

    // Only the rooms; only the end; nothing; one connection.
    CHECK(hubs.two.hub().async_refresh_user("ann", {.rooms = names{}}, asio::use_future).get() == 3);
    CHECK(c.next("refreshed") ==
          json::value{{"expires_at", time_text(until)}, {"joined", json::array{}}, {"left", {"news:1"}}});
    CHECK(role_of(c) == "admin");
    CHECK_FALSE(hubs.two.hub().refresh_user("ann", {.never_expires = true}));
    CHECK(c.next("refreshed").at("expires_at").is_null());
    CHECK(role_of(c) == "admin");
    CHECK_FALSE(hubs.one.hub().refresh(c.id(), {.claims = json::object{{"role", "guest"}}}));
    CHECK(c.next("refreshed").is_object());
    CHECK(role_of(c) == "guest");
    CHECK(a.next("refreshed").is_object());
    CHECK(a.next("refreshed").is_object());
    CHECK(role_of(a) == "admin");
    CHECK(a.drain().empty());
    CHECK(hubs.one.hub().async_refresh_user("nobody", {}, asio::use_future).get() == 0);
}

TEST_CASE("refresh_user says at once what cannot be", "[refresh]")
{
    two_hubs hubs;
    client c{hubs.two.port(), "ann"};
    auto& hub = hubs.one.hub();
    CHECK(hub.refresh_user("", {}) == error::invalid_user);
    CHECK(hub.refresh("", {}) == error::invalid_user);
    CHECK(hub.refresh_user("ann", {.expires_at = wall::now() - 1ms}) == error::unauthorized);
    CHECK(hub.refresh_user("ann", {.rooms = names{"nowhere:1"}}) == error::unknown_room);
    CHECK(hub.refresh_user("ann", {.rooms = names{"a room"}}) == error::invalid_room);
    CHECK(hub.refresh_user("ann", {.rooms = names{"user:bob"}}) == error::invalid_room);
    CHECK(hub.refresh_user("ann", {.claims = json::object{{"bad", "\xff"}}}) == error::invalid_message);
    CHECK(hub.refresh_user("\xff", {}) == error::invalid_message);
    CHECK(hub.refresh_user("ann", {.claims = json::object{{"big", std::string(1 << 20, 'x')}}}) ==
          error::message_too_large);
    json::value deep;
    for (int i = 0; i != 14; ++i)
        deep = json::array{std::move(deep)};
    CHECK(hub.refresh_user("ann", {.claims = json::object{{"deep", deep}}}) == error::invalid_json);
    auto failed = hub.async_refresh_user("ann", {.rooms = names{"nowhere:1"}}, asio::use_future);
    CHECK(code_of(failed) == error::unknown_room);
    CHECK(c.drain().empty());
    CHECK_FALSE(hub.refresh_user("ann", {.claims = json::object{{"deep", deep.at(0).at(0)}}}));
    CHECK(c.next("refreshed").is_object());
    // Another user's own room, for a connection whose user is not known here: it does not go on with the rights of before.
    CHECK_FALSE(hub.refresh(c.id(), {.rooms = names{"user:bob"}}));
    CHECK(c.closed() == static_cast<std::uint16_t>(close_code::try_again_later));
    CHECK(hubs.two.hub().stats().refresh_failures == 1);
}

TEST_CASE("refresh_user: an end that is over when the command arrives ends the connection", "[refresh]")
{
    scripted_world s{quick()};
    last_handle handle{s.w};
    client c{s.w.port(), client_options{.target = "/api/v1/ws?user=ann"}, false};
    REQUIRE(eventually([&] { return s.bus.joining("user:ann"); }));
    s.bus.sink().joined("user:ann");
    CHECK(c.next("connected").is_object());
    s.bus.command(R"({"type":"refresh","user":"ann","change":{"expires_at_ms":1}})");
    CHECK(c.closed() == static_cast<std::uint16_t>(close_code::expired));
}

TEST_CASE("refresh_user: what another program sends in its place is left", "[refresh]")
{
    scripted_world s{quick()};
    client c{s.w.port(), client_options{.target = "/api/v1/ws?user=ann"}, false};
    REQUIRE(eventually([&] { return s.bus.joining("user:ann"); }));
    s.bus.sink().joined("user:ann");
    CHECK(c.next("connected").is_object());
    for (const auto* change : {"null", "1", "[]", R"({"claims":1})", R"({"rooms":"a"})", R"({"rooms":[1]})",
                               R"({"expires_at_ms":"1"})", R"({"expires_at_ms":1e30})"})
        s.bus.command(R"({"type":"refresh","user":"ann","change":)" + std::string{change} + "}");
    s.bus.command(R"({"type":"refresh","user":"ann"})");
    s.bus.command(R"({"type":"refresh","change":{}})");
    CHECK(c.drain().empty());
    CHECK(s.w.hub().stats().refreshes == 0);
    s.bus.command(R"({"type":"refresh","user":"ann","change":{}})");
    CHECK(c.next("refreshed").is_object());
}

TEST_CASE("connection_ref::refresh gives one connection another identity, and handles keep theirs", "[refresh]")
{
    refresh_world w;
    last_handle handle{w};
    std::atomic<bool> admin = false;
    w.hub().on_refreshed(
        [&](const connection_ref& c) { admin = c == handle.ref && refresh_world::role_of(c.who()) == "admin"; });
    w.open();
    client c{w.port(), "ann"};
    const auto& ref = handle.get();
    ref.refresh({.user_id = "ann", .claims = {{"role", "admin"}}, .rooms = {"news:1"}});
    const auto told = c.next("refreshed");
    CHECK(told.at("joined") == json::array{"news:1"});
    CHECK(told.at("left") == json::array{"news:all"});
    CHECK(eventually([&] { return admin.load(); }));
    CHECK(refresh_world::role_of(ref.who()) == "none");
    CHECK(role_of(c) == "admin");
    CHECK(refusal_of(ref, {.user_id = "bob"}) == error::forbidden);
    CHECK(refusal_of(ref, {}) == error::forbidden);
    CHECK(refusal_of(ref, {.user_id = "ann", .expires_at = wall::now()}) == error::unauthorized);
    CHECK(refusal_of(ref, {.user_id = "ann", .rooms = {"nowhere:1"}}) == error::unknown_room);
    CHECK(refusal_of(ref, {.user_id = "ann", .rooms = {"user:bob"}}) == error::invalid_room);
    CHECK(c.drain().empty());
    c.close();
    REQUIRE(eventually([&] { return w.hub().stats().connections == 0; }));
    CHECK_FALSE(refusal_of(ref, {.user_id = "ann"}));
    CHECK_FALSE(refusal_of(connection_ref{}, {.user_id = "ann"}));
    w.destroy_server();
    w.destroy_hub();
    CHECK(eventually([&] { return !refusal_of(ref, {.user_id = "ann", .rooms = {"nowhere:1"}}); }));
}

TEST_CASE("identities that wait for the bus take effect one after the other", "[refresh]")
{
    scripted_world s{quick()};
    auto& hub = s.w.hub();
    hub.configure("news:", {});
    hub.on_message("role", [](request r) { r.reply(refresh_world::role_of(r.from().who())); });
    std::atomic<int> done = 0;
    hub.on_refreshed([&](const connection_ref&) { ++done; });
    last_handle handle{s.w};
    client c{s.w.port(), client_options{.target = "/api/v1/ws?user=ann"}, false};
    REQUIRE(eventually([&] { return s.bus.joining("user:ann"); }));
    // One that comes before the greeting waits for it.
    s.bus.command(R"({"type":"refresh","user":"ann","change":{"claims":{"role":"early"}}})");
    s.bus.sink().joined("user:ann");
    CHECK(c.next("connected").is_object());
    CHECK(c.next("refreshed").is_object());
    CHECK(role_of(c) == "early");

    const auto& ref = handle.get();
    ref.refresh({.user_id = "ann", .claims = {{"role", "first"}}, .rooms = {"news:1"}});
    s.bus.command(R"({"type":"refresh","user":"ann","change":{"claims":{"role":"second"}}})");
    REQUIRE(eventually([&] { return s.bus.joining("news:1"); }));
    CHECK(role_of(c) == "early");
    s.bus.sink().joined("news:1");
    CHECK(c.next("refreshed").at("joined") == json::array{"news:1"});
    CHECK(c.next("refreshed").at("left").as_array().empty()); // the second changes the first
    CHECK(role_of(c) == "second");
    CHECK(done == 3);

    // More of them than may wait, and one whose connection ends: nothing is kept.
    ref.refresh({.user_id = "ann", .rooms = {"news:2"}});
    for (std::size_t i = 0; i != detail::turns::max_waiting; ++i)
        ref.refresh({.user_id = "ann"});
    CHECK(c.drain().empty());
    ref.refresh({.user_id = "ann"});
    CHECK(c.closed() == static_cast<std::uint16_t>(close_code::try_again_later));
    CHECK(eventually([&] { return hub.stats().connections == 0; }));
    s.bus.sink().joined("news:2");
    CHECK(eventually([&] { return !s.bus.joining("news:2"); }));
    CHECK(hub.stats().refreshes == 3);
    CHECK(hub.stats().refresh_failures == 1);
}

TEST_CASE("a credential that a local connection brings before its greeting waits its turn like any other",
          "[refresh]")
{
    scripted_world s{quick()};
    auto& hub = s.w.hub();
    hub.configure("news:", {});
    hub.on_refresh([](const handshake_request&) {
        return identity{.user_id = "ann", .claims = {{"role", "admin"}}, .rooms = {"news:1"}};
    });
    std::mutex mutex;
    std::vector<std::string> roles;
    hub.on_refreshed([&](const connection_ref& c) {
        const std::lock_guard lock{mutex};
        roles.emplace_back(refresh_world::role_of(c.who()).as_string());
    });
    auto c = hub.connect({.user_id = "ann"}, {});
    CHECK_FALSE(c.send(json::serialize(json::value(refresh_message("better")))));
    REQUIRE(eventually([&] { return s.bus.joining("user:ann"); }));
    s.bus.sink().joined("user:ann");
    REQUIRE(eventually([&] { return s.bus.joining("news:1"); })); // the client's has its turn
    s.bus.command(R"({"type":"refresh","user":"ann","change":{"claims":{"role":"guest"}}})");
    client other{s.w.port(), client_options{.target = "/api/v1/ws?user=bob"}, false};
    REQUIRE(eventually([&] { return s.bus.joining("user:bob"); })); // so the command has been carried out
    s.bus.sink().joined("news:1");
    CHECK(eventually([&] {
        const std::lock_guard lock{mutex};
        return roles == names{"admin", "guest"};
    }));
}

TEST_CASE("a hub that ends while identities wait for its bus keeps nothing", "[refresh]")
{
    scripted_world s{quick()};
    s.w.hub().configure("news:", {});
    const auto token = std::make_shared<int>();
    s.w.hub().on_refreshed([token](const connection_ref&) {});
    last_handle handle{s.w};
    client c{s.w.port(), client_options{.target = "/api/v1/ws?user=ann"}, false};
    REQUIRE(eventually([&] { return s.bus.joining("user:ann"); }));
    s.bus.sink().joined("user:ann");
    CHECK(c.next("connected").is_object());
    handle.get().refresh({.user_id = "ann", .rooms = {"news:1"}});
    handle.get().refresh({.user_id = "ann", .rooms = {"news:2"}});
    REQUIRE(eventually([&] { return s.bus.joining("news:1"); }));
    SECTION("it is destroyed")
    {
        s.w.destroy_server();
        s.w.destroy_hub();
        CHECK(c.closed() == static_cast<std::uint16_t>(close_code::going_away));
    }
    SECTION("it is stopped in mid-flight")
    {
        s.w.destroy_server();
        s.w.stop();
        s.w.destroy_hub();
        return; // what is left goes with the contexts; the leak checker looks
    }
    CHECK(eventually([&] { return token.use_count() == 1; }));
}

TEST_CASE("refresh: presence shows the identity that a room was entered with, and a resume token stays good",
          "[refresh]")
{
    refresh_world w;
    w.hub().configure("stage:", {.presence = true});
    w.open();
    client c{w.port(), "ann"};
    w.knows("stage", {.user_id = "ann", .claims = {{"role", "admin"}, {"info", "new"}}, .rooms = {"stage:1"}});
    CHECK(refresh(c, "stage").at("payload").at("joined") == json::array{"stage:1"});
    CHECK(c.next("join").at("user_id") == "ann");
    c.send({{"type", "presence"}, {"room", "stage:1"}});
    CHECK(c.next("presence").at("clients").at(0).at("info") == "new");
    // The resume token of its greeting is good for the same user.
    CHECK(c.subscribe({"news:kept"}).at("rooms") == json::array{"news:kept"});
    const auto token = c.hello.at("resume_token");
    c.close();
    client again{w.port(), "ann"};
    w.knows("admin", {.user_id = "ann", .claims = {{"role", "admin"}}});
    CHECK(refresh(again, "admin").at("type") == "refreshed");
    again.send({{"type", "subscribe"}, {"payload", {{"resume", token}}}});
    const auto back = again.next("subscribed");
    CHECK(back.at("resumed") == true);
    CHECK(back.at("rooms") == json::array{"news:kept"});
}

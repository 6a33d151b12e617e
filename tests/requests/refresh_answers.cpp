// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Authenticators that answer later, twice, never, or throw, while a connected client waits for its new identity.
#include "requests/refresh_support.hpp"
#include "support/scripted_bus.hpp"

#include <atomic>
#include <stdexcept>

using namespace fanfare;
using namespace fanfare::test;

namespace {

const identity better{.user_id = "ann", .claims = {{"role", "admin"}}, .rooms = {"news:all"}};

} // namespace

TEST_CASE("refresh: an answer from another thread counts, once", "[refresh]")
{
    refresh_world w;
    w.open();
    client c{w.port(), "ann"};
    c.send(refresh_message("held"));
    REQUIRE(eventually([&] { return w.asked() == 1; }));
    CHECK(role_of(c) == "none"); // meanwhile it goes on as before
    const auto done = w.held.front();
    w.answer(better);
    CHECK(c.next("refreshed").at("expires_at").is_null());
    done(make_refusal(error::unauthorized));
    done(identity{.user_id = "ann"});
    CHECK(c.drain().empty());
    CHECK(role_of(c) == "admin");
    CHECK(w.hub().stats().refreshes == 1);
    CHECK(w.hub().stats().refresh_failures == 0);
}

TEST_CASE("refresh: an authenticator that answers twice at once", "[refresh]")
{
    refresh_world w;
    w.hub().on_refresh([](const handshake_request&, const auth_done& done) {
        done(better);
        done(make_refusal(error::unauthorized));
        throw std::runtime_error{"and this, too"};
    });
    std::atomic<int> thrown = 0;
    w.hub().on_exception([&](const std::exception_ptr&) { ++thrown; });
    w.open();
    client c{w.port(), "ann"};
    CHECK(refresh(c, "any").at("type") == "refreshed");
    CHECK(c.drain().empty());
    CHECK(thrown == 1);
}

TEST_CASE("refresh: one that throws, and one that drops the question", "[refresh]")
{
    refresh_world w;
    w.hub().on_refresh([](const handshake_request& r, const auth_done&) {
        if (r.bearer_token() == "throw")
            throw std::runtime_error{"secret"};
    });
    std::atomic<int> thrown = 0;
    w.hub().on_exception([&](const std::exception_ptr&) { ++thrown; });
    w.open();
    client c{w.port(), "ann"};
    const auto failed = refresh(c, "throw");
    CHECK(error_of(failed) == "handler_failed");
    CHECK(text_of(failed).find("secret") == std::string::npos);
    CHECK(thrown == 1);
    CHECK(error_of(refresh(c, "drop")) == "timed_out");
    CHECK(c.drain().empty());
    CHECK(w.hub().stats().refresh_failures == 2);
}

TEST_CASE("refresh: an authenticator that says nothing has refused in time, and a late answer changes nothing",
          "[refresh]")
{
    refresh_world w{quick(100ms)};
    w.open();
    client c{w.port(), "ann"};
    CHECK(error_of(refresh(c, "held")) == "timed_out");
    CHECK(w.asked() == 1);
    w.answer(better);
    CHECK(c.drain().empty());
    CHECK(role_of(c) == "none");
    CHECK(w.hub().stats().refresh_failures == 1);
    // The next one is asked about.
    w.knows("good", better);
    CHECK(refresh(c, "good").at("type") == "refreshed");
    CHECK(w.hub().stats().refreshes == 1);
}

TEST_CASE("refresh: one at a time, each with a place among the pending requests", "[refresh]")
{
    auto options = quick();
    options.max_pending_requests = 1;
    const bool places = GENERATE(true, false);
    refresh_world w{places ? options : quick()};
    w.open();
    client c{w.port(), "ann"};
    c.send(refresh_message("held-1"));
    REQUIRE(eventually([&] { return w.asked() == 1; }));
    CHECK(error_of(refresh(c, "held-2")) == "too_many_requests");
    if (places) {
        c.send({{"type", "role"}});
        CHECK(error_of(c.next()) == "too_many_requests");
    }
    CHECK(w.asked() == 1);
    w.answer(better);
    CHECK(c.next("refreshed").at("joined").as_array().empty());
    CHECK(role_of(c) == "admin");
    w.knows("good", better);
    CHECK(refresh(c, "good").at("type") == "refreshed");
}

TEST_CASE("refresh: a connection that has ended meanwhile, and a hub", "[refresh]")
{
    const bool hub_too = GENERATE(true, false);
    std::vector<auth_done> kept;
    {
        refresh_world w;
        const auto token = std::make_shared<int>();
        w.hub().on_connect([token](const connection_ref&) {});
        w.open();
        client c{w.port(), "ann"};
        c.send(refresh_message("held"));
        REQUIRE(eventually([&] { return w.asked() == 1; }));
        c.close();
        REQUIRE(eventually([&] { return w.hub().stats().connections == 0; }));
        if (hub_too) {
            kept.swap(w.held);
            w.destroy_server();
            w.destroy_hub();
            CHECK(eventually([&] { return token.use_count() == 1; })); // nothing keeps it
        } else {
            w.answer(better);
            client d{w.port(), "ann"};
            CHECK(role_of(d) == "none");
            CHECK(w.hub().stats().refreshes == 0);
        }
    }
    for (const auto& done : kept)
        done(better);
}

TEST_CASE("refresh: a bus that is down holds rooms back, and the credential is not good then", "[refresh]")
{
    scripted_world s{quick(150ms)};
    auto& hub = s.w.hub();
    hub.configure("news:", {});
    hub.on_refresh([](const handshake_request& r) {
        const bool rooms = r.bearer_token() == "rooms";
        return identity{.user_id = "ann",
                        .claims = {{"role", r.bearer_token()}},
                        .rooms = rooms ? std::vector<std::string>{"news:1"} : std::vector<std::string>{}};
    });
    hub.on_message("role", [](request r) { r.reply(refresh_world::role_of(r.from().who())); });
    client c{s.w.port(), client_options{.target = "/api/v1/ws?user=ann"}, false};
    REQUIRE(eventually([&] { return s.bus.joining("user:ann"); }));
    s.bus.sink().joined("user:ann");
    c.next("connected");
    CHECK(error_of(refresh(c, "rooms")) == "timed_out");
    CHECK(role_of(c) == "none");
    REQUIRE(s.bus.joining("news:1"));
    s.bus.sink().joined("news:1"); // too late
    CHECK(c.drain().empty());
    CHECK(rooms_of(c) == json::array{"user:ann"});
    CHECK(eventually([&] { return !s.bus.joining("news:1"); }));
    CHECK(refresh(c, "none-of-them").at("type") == "refreshed");

    c.send(refresh_message("rooms"));
    REQUIRE(eventually([&] { return s.bus.joining("news:1"); }));
    s.bus.sink().joined("news:1");
    CHECK(c.next("refreshed").at("joined") == json::array{"news:1"});
    CHECK(role_of(c) == "rooms");
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// When an identity ends, and that its client is told before.
#include "requests/refresh_support.hpp"

#include <atomic>

using namespace fanfare;
using namespace fanfare::test;

namespace {

constexpr auto expired = static_cast<std::uint16_t>(close_code::expired);

identity ann(std::optional<wall::time_point> until)
{
    return {.user_id = "ann", .expires_at = until, .rooms = {"news:all"}};
}

// What comes before the end.
std::vector<json::value> rest_of(client& c)
{
    std::vector<json::value> all;
    while (const auto text = c.read())
        all.push_back(json::parse(*text));
    return all;
}

} // namespace

TEST_CASE("expiry: a connection with a new identity outlives the old one", "[refresh]")
{
    refresh_world w;
    w.open();
    w.knows("longer", ann(wall::now() + 1h));
    client c{w.port(), client_options{.target = "/api/v1/ws?user=ann&for=1500"}};
    client other{w.port(), client_options{.target = "/api/v1/ws?user=ann&for=1500"}};
    CHECK(refresh(c, "longer").at("type") == "refreshed");
    CHECK(other.next("expiring").at("expires_at").is_string());
    CHECK(other.closed() == expired); // later than `c` would have been
    CHECK(c.drain().empty());
    CHECK(c.open());
}

TEST_CASE("expiry: a new identity may end sooner, and a refusal leaves the old end", "[refresh]")
{
    refresh_world w;
    w.open();
    client c{w.port(), client_options{.target = "/api/v1/ws?user=ann&for=3600000"}};
    const auto until = wall::now() + 1s;
    w.knows("shorter", ann(until));
    CHECK(refresh(c, "shorter").at("payload").at("expires_at") == time_text(until));
    w.knows("none", {.user_id = "bob"});
    CHECK(error_of(refresh(c, "none")) == "forbidden");
    CHECK(c.next("expiring").at("expires_at") == time_text(until));
    CHECK(c.closed() == expired);
    CHECK(wall::now() >= until - 20ms); // a tick
}

TEST_CASE("expiry: the client is told once for each identity", "[refresh]")
{
    refresh_world w;
    w.open();
    client c{w.port(), "ann"};
    for (int i = 0; i != 3; ++i) {
        auto due = ann(wall::now() + 30s);
        due.issued_at = wall::now() - 1h;
        w.knows("due", due);
        CHECK(refresh(c, "due").at("type") == "refreshed");
        CHECK(c.next("expiring").at("expires_at") == time_text(*due.expires_at));
    }
    const auto until = wall::now() + 300ms;
    w.knows("short", ann(until));
    CHECK(refresh(c, "short").at("payload").at("expires_at") == time_text(until));
    const auto last = rest_of(c);
    REQUIRE(last.size() == 1);
    CHECK(last.front().at("type") == "expiring");
    CHECK(last.front().at("payload") == json::value{{"expires_at", time_text(until)}});
    CHECK(c.closed() == expired);
}

TEST_CASE("expiry: the notice comes a minute before the end, however long the life", "[refresh]")
{
    refresh_world w;
    w.open();
    client c{w.port(), "ann"};
    // Issued long ago: its notice is due, and its end is not.
    auto old = ann(wall::now() + 30s);
    old.issued_at = wall::now() - 24h;
    w.knows("old", old);
    CHECK(refresh(c, "old").at("type") == "refreshed");
    CHECK(c.next("expiring").at("expires_at") == time_text(*old.expires_at));
    // A tenth of its 40 s is 4 s: not now, and it is not told of the identity that is gone.
    auto young = ann(wall::now() + 30s);
    young.issued_at = wall::now() - 10s;
    w.knows("young", young);
    CHECK(refresh(c, "young").at("type") == "refreshed");
    w.knows("never", ann({}));
    CHECK(refresh(c, "never").at("payload").at("expires_at").is_null());
    // Times at the ends of the clock are far away.
    auto far = ann(wall::time_point::max());
    far.issued_at = wall::time_point::min();
    w.knows("far", far);
    CHECK(refresh(c, "far").at("type") == "refreshed");
    client control{w.port(), client_options{.target = "/api/v1/ws?user=ann&for=200"}};
    CHECK(control.next("expiring").is_object());
    CHECK(control.closed() == expired);
    CHECK(c.drain().empty());
}

TEST_CASE("expiry: a client that connects late in its identity's life is told after it is greeted", "[refresh]")
{
    refresh_world w;
    server_options how;
    const auto until = wall::now() + 30s;
    w.listen({.authenticate = [until](const handshake_request&) {
        auth_result out{ann(until)};
        out.who().issued_at = wall::now() - 1h;
        return out;
    }});
    w.run();
    client c{w.port()};
    CHECK(c.next("expiring").at("expires_at") == time_text(until));
    CHECK(c.drain().empty());
}

TEST_CASE("expiry: who speaks no language of ours is told nothing, and ends", "[refresh]")
{
    world w{quick()};
    connection_ref ref;
    std::atomic<bool> known = false;
    std::atomic<int> refreshed = 0;
    w.hub().on_connect([&](const connection_ref& c) {
        ref = c;
        known = true;
    });
    w.hub().on_refreshed([&](const connection_ref& c) { refreshed += c.who().expires_at.has_value(); });
    w.hub().on_raw([](raw_connection& c, std::string_view data, bool binary) { c.send(data, binary); });
    w.serve();
    client c{w.port(), client_options{.target = "/api/v1/ws?user=ann"}, false};
    REQUIRE(eventually([&] { return known.load(); }));
    ref.refresh({.user_id = "ann", .expires_at = wall::now() + 300ms});
    REQUIRE(eventually([&] { return refreshed == 1; }));
    CHECK_FALSE(c.read());
    CHECK(c.closed() == expired);
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// What a hub tells about its connections: how many of which kind, why they ended, and who was refused.
#include "http/event_client.hpp"
#include "metrics/recording.hpp"
#include "support/world.hpp"

#include <fanfare/auth/origin.hpp>
#include <fanfare/local_connection.hpp>

#include <string>

using namespace fanfare;
using namespace fanfare::test;

namespace {

// Whether this has this value, or gets it.
bool becomes(world& w, const std::string& series, double value)
{
    return eventually([&] { return collected(w.hub())[series] == value; });
}

std::string closed_with(const std::string& code)
{
    return "fanfare_connections_closed{code=" + code + "}";
}

} // namespace

TEST_CASE("connections are counted by transport while they are open, and for ever as opened")
{
    world w{{}, 2};
    w.serve();
    const std::string websockets = "{transport=websocket,protocol=fanfare}";
    const std::string events = "{transport=events,protocol=fanfare}";
    const std::string locals = "{transport=local,protocol=fanfare}";
    {
        client one{w.port(), "alice"};
        client two{w.port(), "alice"};
        event_client stream{w.port(), "?rooms=global&user=bob"};
        stream.next("connected");
        auto local = w.hub().connect({.user_id = "carol"}, {});
        REQUIRE(becomes(w, "fanfare_connections" + locals, 1));
        const auto now = collected(w.hub());
        CHECK(now["fanfare_connections" + websockets] == 2);
        CHECK(now["fanfare_connections" + events] == 1);
        CHECK(now.total("fanfare_connections") == 4);
        CHECK(now["fanfare_users"] == 3);
        one.close();
        stream.drop();
        local.close();
        two.stream().next_layer().close();
    }
    REQUIRE(eventually([&] { return collected(w.hub()).total("fanfare_connections_closed") == 4; }));
    const auto now = collected(w.hub());
    CHECK(now.total("fanfare_connections") == 0);
    CHECK(now["fanfare_users"] == 0);
    CHECK(now["fanfare_connections_opened" + websockets] == 2);
    CHECK(now["fanfare_connections_opened" + events] == 1);
    CHECK(now["fanfare_connections_opened" + locals] == 1);
    CHECK(now[closed_with("1000")] == 2);
    CHECK(now[closed_with("1006")] == 2);
}

TEST_CASE("connections without a language are counted as raw, and their messages as the application's requests")
{
    world w{{.metrics = true}};
    w.hub().on_raw([](raw_connection& from, std::string_view data, bool binary) { from.send(data, binary); });
    w.serve();
    client c{w.port(), {}, false};
    c.send_text("hello");
    CHECK(c.read() == "hello");
    const auto now = collected(w.hub());
    CHECK(now["fanfare_connections{transport=websocket,protocol=raw}"] == 1);
    CHECK(now.total("fanfare_connections") == 1);
    CHECK(now["fanfare_requests{type=application}"] == 1);
    CHECK(now["fanfare_request_seconds{type=application}"] == 1);
    CHECK(now["fanfare_received_bytes"] == 5);
}

TEST_CASE("each end is counted by its code, whoever gave it")
{
    world w;
    w.serve();
    client by_server{w.port(), "alice"};
    client by_application{w.port(), "bob"};
    client by_client{w.port(), "carol"};
    client broken{w.port(), "dave"};
    CHECK_FALSE(w.hub().disconnect_user("alice"));
    CHECK(by_server.closed() == 3500);
    CHECK_FALSE(w.hub().disconnect_user("bob", static_cast<close_code>(4242)));
    CHECK(by_application.closed() == 4242);
    by_client.close();
    const std::string reserved("\x83\x80\0\0\0\0", 6); // an opcode that RFC 6455 section 5.2 keeps for later
    asio::write(broken.stream().next_layer(), asio::buffer(reserved));
    CHECK(broken.closed() == 1002);
    REQUIRE(eventually([&] { return collected(w.hub()).total("fanfare_connections_closed") == 4; }));
    const auto now = collected(w.hub());
    CHECK(now[closed_with("3500")] == 1);
    CHECK(now[closed_with("other")] == 1);
    CHECK(now[closed_with("1000")] == 1);
    CHECK(now[closed_with("1002")] == 1);
    CHECK(now["fanfare_protocol_errors"] == 1);
    for (std::uint16_t code = 1000; code != 5000; ++code) {
        INFO(code);
        CHECK(now.has(closed_with(std::to_string(code))) ==
              (to_string(static_cast<close_code>(code)) != std::string_view{"other"}));
    }
}

TEST_CASE("time-outs are counted, and are codes of their own")
{
    world w{{.ping_interval = 100ms, .idle_timeout = 400ms}};
    w.serve();
    client silent{w.port()}; // it answers no ping, as it does not read
    CHECK(becomes(w, "fanfare_idle_timeouts", 1));
    CHECK(silent.closed() == 3003);
    CHECK(becomes(w, closed_with("3003"), 1));
    CHECK(becomes(w, "fanfare_connections{transport=websocket,protocol=fanfare}", 0));
}

TEST_CASE("who is refused is counted by the reason")
{
    world w{{.max_connections_per_user = 1}};
    server_options options;
    options.authenticate = [](const handshake_request& r) -> auth_result {
        if (r.query("user").value_or("").empty())
            return make_refusal(error::ticket_invalid);
        return identity{.user_id = *r.query("user")};
    };
    options.origins = {"https://app.example"};
    w.serve(std::move(options));
    client inside{w.port(), "alice"};
    CHECK(client(w.port(), {.target = "/api/v1/ws?user=alice"}, false).status() == 429);
    CHECK(client(w.port(), {}, false).status() == 401);
    CHECK(client(w.port(), {}, false).status() == 401);
    CHECK(client(w.port(), {.target = "/api/v1/ws?user=b", .headers = {{"Origin", "https://evil.example"}}}, false)
              .status() == 403);
    CHECK(http_get(w.port(), "/api/v1/sse?user=b&last=x").result_int() == 400);
    const auto refused = [](const std::string& reason) {
        return "fanfare_connections_refused{reason=" + reason + "}";
    };
    const auto now = collected(w.hub());
    CHECK(now[refused("too_many_connections")] == 1);
    CHECK(now[refused("ticket_invalid")] == 2);
    CHECK(now[refused("origin_not_allowed")] == 1);
    CHECK(now[refused("invalid_message")] == 1);
    CHECK(now.total("fanfare_connections_refused") == 5);
    CHECK(w.hub().stats().refused == 5);
}

TEST_CASE("rooms and their members are counted by namespace")
{
    world w{{}, 2};
    w.hub().configure("chat:", {});
    w.serve();
    client one{w.port(), "alice"};
    client two{w.port(), "bob"};
    one.subscribe({"chat:1", "chat:2", "global"});
    two.subscribe({"chat:1"});
    const auto handle = w.hub().room("chat:3");
    const auto now = collected(w.hub());
    CHECK(now["fanfare_rooms{namespace=chat:}"] == 3);
    CHECK(now["fanfare_memberships{namespace=chat:}"] == 3);
    CHECK(now["fanfare_rooms{namespace=global}"] == 1);
    CHECK(now["fanfare_memberships{namespace=user:}"] == 2);
    CHECK(now["fanfare_rooms{namespace=other}"] == 0);
    CHECK(now.total("fanfare_rooms") == static_cast<double>(w.hub().stats().rooms));
    one.close();
    two.close();
    CHECK(eventually([&] { return collected(w.hub()).total("fanfare_memberships") == 0; }));
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Server-Sent Events: the second way for clients to get their rooms' messages.
#include "http/event_client.hpp"

#include <fanfare/auth/ticket.hpp>
#include <fanfare/sse.hpp>

#include <boost/asio/use_future.hpp>
#include <boost/beast/_experimental/test/stream.hpp>

using namespace fanfare;
using namespace fanfare::test;

namespace {

struct events_world : world {
    explicit events_world(hub_options options = {},
                          const room_options& rules = {.client_publish = true, .history = 100},
                          server_options server = {})
        : world{options}
    {
        hub().configure("chat:", rules);
        hub().configure("user:", {.history = 100});
        serve(std::move(server));
    }
    void publish(std::string_view room, int first, int last)
    {
        for (auto i = first; i <= last; ++i)
            REQUIRE(hub().publish(room, "n", json::value(i)));
    }
};

// The numbers from here on up to `last`, in the order in which they come.
std::vector<std::int64_t> until(event_client& c, std::int64_t last)
{
    std::vector<std::int64_t> all;
    while (all.empty() || all.back() != last) {
        const auto message = c.next();
        INFO(text_of(message));
        CHECK(message.at("type").as_string() == "n");
        all.push_back(message.at("payload").as_int64());
    }
    return all;
}

} // namespace

TEST_CASE("events: a browser's EventSource gets the rooms that its address names")
{
    events_world w;
    event_client c{w.port(), "?user=ali&rooms=global,chat:1,nowhere:1"};
    CHECK(c.head().result_int() == 200);
    CHECK(c.head()[http::field::content_type] == "text/event-stream");
    CHECK(c.head()[http::field::cache_control] == "no-store");
    CHECK(c.head()["X-Accel-Buffering"] == "no");
    const auto hello = c.next("connected");
    CHECK(hello.at("user_id").as_string() == "ali");
    const auto told = c.next("subscribed");
    CHECK(told.at("rooms") == json::array{"chat:1", "global"});
    CHECK(told.at("rejected").as_array().at(0).at("room").as_string() == "nowhere:1");
    CHECK(w.hub().publish("global", "n", json::value(1)).local_receivers == 1);
    CHECK(until(c, 1) == counting(1, 1));
    w.hub().send_to_user("ali", "n", json::value(2));
    CHECK(until(c, 2) == counting(2, 2));
    w.hub().broadcast("n", json::value(3));
    CHECK(until(c, 3) == counting(3, 3));
    CHECK(w.hub().stats().connections == 1);
}

TEST_CASE("events: WebSocket and event clients of one room get the same envelopes")
{
    events_world w;
    client socket{w.port(), "ali"};
    socket.subscribe({"chat:1"});
    event_client events{w.port(), "?rooms=chat:1"};
    events.next("connected");
    events.next("subscribed");
    socket.send(
        {{"type", "publish"}, {"room", "chat:1"}, {"payload", {{"type", "say"}, {"payload", "hi\n\"you\""}}}});
    const auto one = socket.read();
    const auto two = events.read();
    REQUIRE((one && two));
    CHECK(*one == two->data);
    CHECK(two->name.empty());
}

TEST_CASE("events: with Last-Event-ID a client gets exactly what it missed, then live")
{
    events_world w;
    std::string id;
    {
        event_client c{w.port(), "?user=ali&rooms=chat:1,chat:2"};
        c.next("connected");
        c.next("subscribed");
        CHECK_FALSE(c.last_id().empty()); // nothing came yet, and still it can return
        w.publish("chat:1", 1, 3);
        CHECK(until(c, 3) == counting(1, 3));
        w.publish("chat:2", 4, 5);
        CHECK(until(c, 5) == counting(4, 5));
        id = c.last_id();
    }
    w.publish("chat:1", 11, 20);
    w.publish("chat:2", 21, 30);
    for (auto i = 31; i <= 33; ++i)
        w.hub().send_to_user("ali", "n", json::value(i));
    event_client c{w.port(), "?user=ali&rooms=chat:1,chat:2", id};
    c.next("connected");
    const auto told = c.next("subscribed");
    for (const char* room : {"chat:1", "chat:2", "user:ali"})
        CHECK(told.at("recovered").at(room).at("recovered") == true);
    std::vector<std::int64_t> all;
    for (auto i = 0; i != 23; ++i)
        all.push_back(c.next("n").as_int64());
    std::sort(all.begin(), all.end());
    CHECK(all == counting(11, 33));
    w.publish("chat:1", 40, 41);
    CHECK(until(c, 41) == counting(40, 41));
}

TEST_CASE("events: a stream that is cut again and again loses nothing and repeats nothing")
{
    events_world w{{}, {.history = 1000}};
    std::vector<std::int64_t> all;
    std::string id;
    int sent = 0;
    for (int round = 0; round != 20; ++round) {
        event_client c{w.port(), "?rooms=chat:1", id};
        c.next("connected");
        c.next("subscribed");
        w.publish("chat:1", sent + 1, sent + 10);
        sent += 10;
        for (int i = 0; i != 1 + round % 7; ++i)
            all.push_back(c.next("n").as_int64());
        id = c.last_id();
        c.drop();
    }
    event_client c{w.port(), "?rooms=chat:1", id};
    c.next("connected");
    c.next("subscribed");
    while (all.back() != sent)
        all.push_back(c.next("n").as_int64());
    CHECK(all == counting(1, sent));
}

TEST_CASE("events: what is no longer kept is told, never left out in silence")
{
    events_world w{{}, {.history = 5}};
    std::string id;
    {
        event_client c{w.port(), "?rooms=chat:1"};
        c.next("connected");
        c.next("subscribed");
        w.publish("chat:1", 1, 1);
        until(c, 1);
        id = c.last_id();
    }
    w.publish("chat:1", 2, 20);
    event_client c{w.port(), "?rooms=chat:1", id};
    c.next("connected");
    CHECK(c.next("subscribed").at("recovered").at("chat:1").at("recovered") == false);
    w.publish("chat:1", 21, 21);
    CHECK(until(c, 21) == counting(21, 21));
}

TEST_CASE("events: the newest messages come on joining, if asked for")
{
    events_world w;
    w.publish("chat:1", 1, 10);
    event_client c{w.port(), "?rooms=chat:1&last=3"};
    c.next("connected");
    c.next("subscribed");
    CHECK(until(c, 10) == counting(8, 10));
    const auto id = c.last_id();
    w.publish("chat:1", 11, 12);
    event_client again{w.port(), "?rooms=chat:1&last=3&last_event_id=" + id}; // as a page that was reloaded
    again.next("connected");
    again.next("subscribed");
    CHECK(until(again, 12) == counting(11, 12)); // its place is known now
}

TEST_CASE("events: the client speaks by POST, and is answered on its stream")
{
    events_world w;
    w.hub().configure("chat:", {.client_publish = true, .history = 10});
    event_client c{w.port(), "?user=ali"};
    const auto hello = c.next("connected");
    const auto ask = [&](const json::value& message) { return say(w.port(), hello, message); };
    CHECK(ask({{"type", "subscribe"}, {"payload", {{"rooms", {"chat:1"}}}}, {"request_id", 7}}) == 202);
    CHECK(c.next("subscribed").at("rooms") == json::array{"chat:1"});
    CHECK(ask({{"type", "publish"},
               {"room", "chat:1"},
               {"payload", {{"type", "n"}, {"payload", 1}}},
               {"request_id", 8}}) == 202);
    std::vector<std::string> types;
    for (int i = 0; i != 2; ++i)
        types.emplace_back(c.next().at("type").as_string());
    std::sort(types.begin(), types.end());
    CHECK(types == std::vector<std::string>{"n", "published"});
    CHECK(ask({{"type", "history"}, {"payload", {{"room", "chat:1"}, {"limit", 5}}}, {"request_id", 9}}) == 202);
    CHECK(c.next("history").at("messages").as_array().size() == 1);
    CHECK(ask({{"type", "nonsense"}, {"request_id", 10}}) == 202);
    CHECK(c.next("error").at("code").as_string() == "unknown_type");
    CHECK(ask({{"type", "unsubscribe"}, {"payload", {{"rooms", {"chat:1"}}}}}) == 202);
    CHECK(c.next("unsubscribed").at("left") == json::array{"chat:1"});
}

TEST_CASE("events: a world that goes while posts are under way between its threads takes them with it")
{
    world w{{}, 2};
    w.serve();
    std::vector<std::unique_ptr<event_client>> streams;
    std::string posts;
    for (int i = 0; i != 4; ++i) {
        streams.push_back(std::make_unique<event_client>(w.port()));
        const json::value body{{"session", streams.back()->next("connected").at("session")},
                               {"message", {{"type", "ping"}}}};
        const auto text = json::serialize(body);
        posts += "POST /api/v1/sse HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(text.size()) +
                 "\r\n\r\n" + text;
    }
    asio::io_context context;
    std::vector<tcp::socket> speakers;
    for (int i = 0; i != 20; ++i) {
        speakers.emplace_back(context).connect({asio::ip::address_v4::loopback(), w.port()});
        asio::write(speakers.back(), asio::buffer(posts));
    }
    REQUIRE(eventually([&] { return w.hub().stats().received != 0; }));
    w.stop();
}

TEST_CASE("events: a client that posts too much is limited as on a WebSocket")
{
    world w{{.message_rate = 1, .message_burst = 2}};
    w.serve();
    event_client c{w.port()};
    const auto hello = c.next("connected");
    for (int i = 0; i != 10; ++i)
        CHECK(say(w.port(), hello, {{"type", "ping"}}) == 202);
    std::string last;
    while (last != "error")
        last = std::string{c.next().at("type").as_string()};
    CHECK(w.hub().stats().rate_limited != 0);
}

TEST_CASE("events: nobody speaks for another client")
{
    events_world w;
    event_client c{w.port(), "?user=ali"};
    const std::string session{c.next("connected").at("session").as_string()};
    const auto post = [&](const json::value& body) {
        const auto answer = post_event(w.port(), json::serialize(body), "text/plain");
        return std::pair{answer.result_int(), answer.body()};
    };
    const json::value ping{{"type", "ping"}};
    CHECK(session.size() == 64);
    for (const auto& wrong : {session.substr(0, 32), session.substr(0, 63), session + "x",
                              session.substr(0, 32) + std::string(32, 'A'), std::string(64, '0'), std::string{"x"},
                              session.substr(32)})
        CHECK(post({{"session", wrong}, {"message", ping}}).first == 404);
    CHECK(post({{"session", session}}).first == 400);
    CHECK(post({{"message", ping}}).first == 400);
    CHECK(post({{"session", session}, {"message", "ping"}}).first == 400);
    CHECK(post_event(w.port(), "{").result_int() == 400);
    CHECK(post({{"session", session}, {"message", {{"type", std::string(9000, 'x')}}}}).first == 413);
    client socket{w.port(), "bob"};
    CHECK(post({{"session", socket.id() + std::string(32, 'A')}, {"message", ping}}).first == 404);
    CHECK(post({{"session", socket.id()}, {"message", ping}}).first == 404);
    CHECK(post({{"session", session}, {"message", ping}}).first == 202);
    c.next("pong");
    CHECK(c.head()[http::field::access_control_allow_origin].empty());
}

TEST_CASE("events: what a client asks by POST while it is still waiting loses nothing when the link breaks")
{
    events_world w;
    std::vector<access_done> held; // touched on the shard only; goes first, since it keeps the hub
    w.hub().authorize([&held](const access_request& asked, access_done done) {
        asked.room == "chat:slow" ? held.push_back(std::move(done)) : done(true);
    });
    std::string id;
    {
        event_client c{w.port(), "?user=ali"};
        c.next("connected");
        w.hub().send_to_user("ali", "n", json::value(1));
        CHECK(until(c, 1) == counting(1, 1));
        id = c.last_id();
    }
    w.hub().send_to_user("ali", "n", json::value(2)); // missed
    {
        event_client c{w.port(), "?user=ali&rooms=chat:slow", id};
        const auto hello = c.next("connected");
        CHECK(say(w.port(), hello, {{"type", "subscribe"}, {"payload", {{"rooms", {"chat:2"}}}}}) == 202);
        CHECK(c.next("subscribed").at("rooms") == json::array{"chat:2"});
        w.hub().send_to_user("ali", "n", json::value(3));
        CHECK(until(c, 3) == counting(3, 3));
        if (!c.last_id().empty())
            id = c.last_id();
    }
    event_client c{w.port(), "?user=ali", id};
    c.next("connected");
    c.next("subscribed");
    CHECK(until(c, 3) == counting(2, 3));
}

TEST_CASE("events: a HEAD request gets a head, and the next answer is where the client looks for it")
{
    events_world w;
    asio::io_context context;
    tcp::socket socket{context};
    socket.connect({asio::ip::address_v4::loopback(), w.port()});
    beast::flat_buffer buffer;
    for (const auto method : {http::verb::head, http::verb::get}) {
        http::request<http::empty_body> request{method, "/healthz", 11};
        request.set(http::field::host, "localhost");
        http::write(socket, request);
        http::response_parser<http::string_body> answer;
        answer.skip(method == http::verb::head);
        http::read(socket, buffer, answer);
        CHECK(answer.get().result_int() == 200);
        CHECK(answer.get()[http::field::content_length] == "15");
    }
}

TEST_CASE("events: the same doors and limits as for WebSockets")
{
    memory_ticket_store tickets;
    world w{{.max_connections_per_user = 1}};
    w.serve({.authenticate = ticket_authenticator{tickets}});
    CHECK(event_client{w.port()}.head().result_int() == 401);
    CHECK(event_client{w.port(), "?ticket=wrong"}.head().result_int() == 401);
    std::promise<std::string> issued;
    tickets.async_issue({.user_id = "ali"}, 30s, "",
                        [&](error_code, std::string t) { issued.set_value(std::move(t)); });
    const auto ticket = issued.get_future().get();
    event_client c{w.port(), "?ticket=" + ticket};
    CHECK(c.next("connected").at("user_id").as_string() == "ali");
    CHECK(event_client{w.port(), "?ticket=" + ticket}.head().result_int() == 401); // once only
    std::promise<std::string> second;
    tickets.async_issue({.user_id = "ali"}, 30s, "",
                        [&](error_code, std::string t) { second.set_value(std::move(t)); });
    const auto refused = event_client{w.port(), "?ticket=" + second.get_future().get()};
    CHECK(refused.head().result_int() == 429);
    CHECK(json::parse(refused.head().body()).at("error").at("code").as_string() == "too_many_connections");
    c.drop();
    CHECK(eventually([&] { return w.hub().stats().connections == 0; }));
}

TEST_CASE("events: pages of other origins only where they may")
{
    world w;
    w.serve({.origins = {"https://app.example"}});
    const auto from = [&](std::string origin) {
        return event_client{w.port(), "", "", {{"Origin", std::move(origin)}}};
    };
    const auto allowed = from("https://app.example");
    CHECK(allowed.head().result_int() == 200);
    CHECK(allowed.head()[http::field::access_control_allow_origin] == "https://app.example");
    const auto refused = from("https://evil.example");
    CHECK(refused.head().result_int() == 403);
    CHECK(refused.head()[http::field::access_control_allow_origin].empty());
}

TEST_CASE("events: a bad request is answered with what is wrong")
{
    events_world w;
    const auto why = [&](const std::string& query, const std::string& id = {}) {
        const event_client c{w.port(), query, id};
        CHECK(c.head().result_int() == 400);
        return std::string{json::parse(c.head().body()).at("error").at("message").as_string()};
    };
    CHECK(why("?last=0").starts_with("last"));
    CHECK(why("?last=x").starts_with("last"));
    CHECK(why("?rooms=chat:1", "nonsense").starts_with("Last-Event-ID"));
    std::string rooms;
    for (int i = 0; i != 100; ++i)
        rooms += "chat:" + std::to_string(1'000'000 + i) + ",";
    CHECK(why("?rooms=" + rooms).starts_with("rooms"));
    event_client off{w.port(), "?rooms=,,chat:1,"};
    CHECK(off.head().result_int() == 200);
    CHECK(w.hub().stats().refused == 4);
}

TEST_CASE("events: the end of a stream says why, and how long to wait")
{
    events_world w;
    event_client c{w.port(), "?user=ali"};
    c.next("connected");
    w.hub().disconnect_user("ali", close_code::disconnected, "enough");
    const auto last = c.read();
    REQUIRE(last);
    CHECK(last->name == "close");
    CHECK(last->message() == json::value{{"code", 3500}, {"reason", "enough"}});
    CHECK_FALSE(c.read());

    event_client d{w.port(), "?user=ali"};
    d.next("connected");
    auto down = w.hub().async_shutdown({}, asio::use_future);
    const auto shut = d.read();
    REQUIRE(shut);
    CHECK(shut->message().at("code") == 3001);
    CHECK_FALSE(d.retry().empty());
    CHECK_FALSE(d.read());
    down.get();
}

TEST_CASE("events: comments keep the stream alive, and a client needs no other sign of life")
{
    world w{{.ping_interval = 300ms, .idle_timeout = 2000ms}};
    w.serve();
    event_client c{w.port(), "?user=ali"};
    c.next("connected");
    const auto end = std::chrono::steady_clock::now() + 3s; // longer than the time-out
    for (int i = 0; std::chrono::steady_clock::now() < end; ++i) {
        w.hub().send_to_user("ali", "n", json::value(i));
        c.next("n");
        if (c.comments() < 3)
            std::this_thread::sleep_for(50ms); // leaves it room for comments
    }
    CHECK(c.comments() > 0);
    CHECK(w.hub().stats().connections == 1);
}

TEST_CASE("events: a reader that takes nothing is a slow receiver like any other")
{
    world w{{.outbox_messages = 64}};
    w.hub().configure("ticks:", {.overflow = overflow_policy::drop_oldest});
    w.serve();
    event_client c{w.port(), "?rooms=ticks:1"};
    c.next("connected");
    c.next("subscribed");
    const json::value big(std::string(16 * 1024, 'x'));
    int sent = 0;
    REQUIRE(eventually([&] {
        for (int i = 0; i != 20; ++i, ++sent)
            REQUIRE(w.hub().publish("ticks:1", "n", big));
        return w.hub().stats().dropped != 0;
    }));
    REQUIRE(w.hub().publish("ticks:1", "end", json::value(sent)));
    int got = 0;
    std::int64_t told = 0;
    for (auto m = c.next(); m.at("type").as_string() != "end"; m = c.next()) {
        if (m.at("type").as_string() == "gap")
            told += m.at("payload").at("dropped").as_int64();
        else
            ++got;
    }
    CHECK(told != 0);
    CHECK(got + told == sent);
}

TEST_CASE("events: what an event client sends on its connection harms nobody")
{
    events_world w;
    asio::io_context context;
    tcp::socket socket{context};
    socket.connect({asio::ip::address_v4::loopback(), w.port()});
    asio::write(socket, asio::buffer(std::string{"GET /api/v1/sse?user=ali HTTP/1.1\r\nHost: localhost\r\n\r\n"}));
    const std::string junk(4096, '\x81');
    for (int i = 0; i != 50; ++i)
        asio::write(socket, asio::buffer(junk));
    socket.non_blocking(true);
    std::string got;
    const auto comes = [&](std::string_view text) {
        return eventually([&] {
            std::array<char, 4096> some;
            error_code ec;
            got.append(some.data(), socket.read_some(asio::buffer(some), ec));
            return got.find(text) != std::string::npos;
        });
    };
    REQUIRE(comes("\"type\":\"connected\"")); // it is in its user's room now
    CHECK(w.hub().send_to_user("ali", "n", json::value(1)));
    CHECK(comes("\"type\":\"n\""));
    CHECK(w.hub().stats().protocol_errors == 0);
}

TEST_CASE("events: a hub of raw messages has no events, and a server may turn them off")
{
    world raw;
    raw.hub().on_raw([](raw_connection& c, std::string_view data, bool binary) { c.send(data, binary); });
    raw.serve();
    CHECK(event_client{raw.port()}.head().result_int() == 400);
    world off;
    off.serve({.events = false});
    CHECK(event_client{off.port()}.head().result_int() == 405);
}

TEST_CASE("events: an application's own HTTP server hands a stream over, of any kind")
{
    world w;
    w.hub().configure("chat:", {.history = 10});
    w.run();
    beast::test::stream ours{w.context().get_executor()};
    beast::test::stream theirs{w.context().get_executor()};
    ours.connect(theirs);
    http::request<http::string_body> request{http::verb::get, "/anything?rooms=chat:1", 11};
    request.set(http::field::host, "localhost");
    w.hub().accept_events(std::move(ours), request, {.user_id = "ali"});
    const auto text = [&] { return std::string{theirs.str()}; };
    REQUIRE(eventually([&] {
        return w.hub().stats().rooms == 2 && w.hub().publish("chat:1", "n", json::value(1)).local_receivers == 1;
    }));
    asio::post(w.context(), [] {});
    REQUIRE(eventually([&] {
        std::promise<std::string> now;
        asio::post(w.context(), [&] { now.set_value(text()); });
        return now.get_future().get().find("\"payload\":1") != std::string::npos;
    }));
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Rooms with history, as clients and publishers see them.
#include "requests/history_support.hpp"

using namespace fanfare;
using namespace fanfare::test;
using namespace fanfare::test::history;

TEST_CASE("messages of a room with history carry their position, and the receipt names it")
{
    chat_world w;
    client c{w.port(), "alice"};
    const auto told = c.subscribe({"chat:1", "plain:1"});
    CHECK(told.at("positions").at("chat:1").at("offset").to_number<int>() == 0);
    CHECK_FALSE(told.at("positions").as_object().contains("plain:1"));
    const auto receipt = w.hub().publish("chat:1", "n", json::value(1));
    REQUIRE(receipt);
    CHECK(receipt.position.offset == 1);
    const auto m = c.next();
    CHECK(m.at("offset").as_int64() == 1);
    CHECK(m.at("epoch") == told.at("positions").at("chat:1").at("epoch"));
    REQUIRE(w.hub().publish("plain:1", "n", json::value(2)));
    CHECK_FALSE(c.next().as_object().contains("offset"));
}

TEST_CASE("a client asks for the newest messages when it joins")
{
    chat_world w;
    w.publish("chat:1", 1, 10);
    client c{w.port(), "alice"};
    c.send({{"type", "subscribe"}, {"payload", {{"rooms", json::array{"chat:1", "plain:1"}}, {"last", 3}}}});
    const auto told = c.next("subscribed");
    CHECK(told.at("positions").at("chat:1").at("offset").to_number<int>() == 10);
    CHECK(told.at("recovered").as_object().empty());
    CHECK(numbers(c) == counting(8, 10));
    client d{w.port(), "bob"};
    d.send({{"type", "subscribe"}, {"payload", {{"rooms", json::array{"chat:1"}}, {"last", {{"chat:1", 500}}}}}});
    d.next("subscribed");
    CHECK(numbers(d) == counting(1, 10));
}

TEST_CASE("history is paged in both directions")
{
    chat_world w;
    w.publish("chat:1", 1, 10);
    client c{w.port(), "alice"};
    c.subscribe({"chat:1"});
    const auto ask = [&c](json::object what) {
        what["room"] = "chat:1";
        c.send({{"type", "history"}, {"request_id", 1}, {"payload", std::move(what)}});
        return c.next();
    };
    const auto in = [](const json::value& answer) {
        std::vector<std::int64_t> all;
        for (const auto& m : answer.at("payload").at("messages").as_array())
            all.push_back(m.at("payload").as_int64());
        return all;
    };
    auto page = ask({{"limit", 4}, {"order", "newest"}});
    CHECK(in(page) == std::vector<std::int64_t>{10, 9, 8, 7});
    CHECK(page.at("payload").at("more").as_bool());
    page = ask({{"limit", 20},
                {"order", "newest"},
                {"since", position_of(page.at("payload").at("messages").as_array().back())}});
    CHECK(in(page) == std::vector<std::int64_t>{6, 5, 4, 3, 2, 1});
    CHECK_FALSE(page.at("payload").at("more").as_bool());
    page = ask({{"limit", 2}});
    CHECK(in(page) == counting(1, 2));
    page = ask({{"since", position_of(page.at("payload").at("messages").as_array().back())}});
    CHECK(in(page) == counting(3, 10));
    CHECK(ask({{"limit", 0}}).at("payload").at("code").as_string() == "invalid_message");
    CHECK(ask({{"order", "both"}}).at("payload").at("code").as_string() == "invalid_message");
    CHECK(ask({{"since", {{"epoch", "0123456789abcdef"}, {"offset", 2}}}}).at("payload").at("code").as_string() ==
          "invalid_position");
}

TEST_CASE("history is only for those who may read it, and rooms that have one")
{
    chat_world w;
    w.hub().configure("user:", with_history);
    client c{w.port(), "alice"};
    const auto code = [&c](std::string_view room) {
        c.send({{"type", "history"}, {"payload", {{"room", room}}}});
        return std::string{c.next("error").at("code").as_string().c_str()};
    };
    CHECK(code("chat:1") == "forbidden"); // not a member
    CHECK(code("user:bob") == "forbidden");
    c.subscribe({"plain:1"});
    CHECK(code("plain:1") == "no_history");
    c.send({{"type", "history"}, {"payload", {{"room", "user:alice"}}}});
    CHECK(c.next("history").at("messages").as_array().empty());
}

TEST_CASE("the application reads history too")
{
    chat_world w;
    w.publish("chat:1", 1, 5);
    const auto part = w.hub().async_history("chat:1", {.limit = 2, .newest_first = true}, asio::use_future).get();
    REQUIRE(part.messages.size() == 2);
    CHECK(json::parse(part.messages[0]).at("payload").as_int64() == 5);
    CHECK(part.top.offset == 5);
    CHECK(part.oldest == 1);
    CHECK(part.more);
    CHECK_THROWS_AS(w.hub().async_history("plain:1", {}, asio::use_future).get(), boost::system::system_error);
}

TEST_CASE("the same idempotency key sends nothing, and answers the first receipt")
{
    chat_world w;
    client c{w.port(), "alice"};
    c.subscribe({"chat:1"});
    const auto first = w.hub().publish("chat:1", "n", json::value(1), {.idempotency_key = "order-1"});
    const auto second = w.hub().publish("chat:1", "n", json::value(1), {.idempotency_key = "order-1"});
    CHECK(first.position == second.position);
    CHECK(second.duplicate);
    const auto third =
        w.hub()
            .async_publish("chat:1", "n", json::value(1), {.idempotency_key = "order-1"}, asio::use_future)
            .get();
    CHECK(third.duplicate);
    CHECK(third.position == first.position);
    CHECK(numbers(c) == counting(1, 1));
    CHECK(w.hub().publish("plain:1", "n", json::value(1), {.idempotency_key = "k"}).error == error::no_history);
    const auto by_client = [](client& from) {
        from.send({{"type", "publish"},
                   {"room", "chat:1"},
                   {"request_id", 1},
                   {"payload", {{"type", "m"}, {"payload", 9}, {"idempotency_key", "order-1"}}}});
        for (auto m = from.next();; m = from.next())
            if (m.at("type").as_string() == "published")
                return m.at("payload").as_object().contains("duplicate");
    };
    CHECK_FALSE(by_client(c)); // keys are their user's: no client uses up another's, or the application's
    CHECK(by_client(c));
    client mallory{w.port(), "mallory"};
    CHECK_FALSE(by_client(mallory));
}

TEST_CASE("options of history that cannot work are refused by name")
{
    world w;
    const auto refused = [&w](const room_options& rules) {
        try {
            w.hub().configure("x:", rules);
        } catch (const boost::system::system_error& e) {
            return e.code() == error::invalid_config;
        }
        return false;
    };
    CHECK(refused({.overflow = overflow_policy::resync}));
    CHECK(refused({.history_age = 1s}));
    CHECK(refused({.history = 1, .history_age = -1s}));
    CHECK(refused({.history = 1, .idempotency_window = 0s}));
}

TEST_CASE("the HTTP side reads history for whoever has the admin key")
{
    world w;
    w.hub().configure("chat:", with_history);
    w.serve({.api = {.admin_key = "k"}});
    for (int i = 1; i <= 3; ++i)
        REQUIRE(w.hub().publish("chat:1", "n", json::value(i)));
    CHECK(http_get(w.port(), "/api/v1/history?room=chat:1").result_int() == 401);
    const auto answer = http_get(w.port(), "/api/v1/history?room=chat:1&order=newest&limit=2", "k");
    CHECK(answer.result_int() == 200);
    const auto page = json::parse(answer.body());
    CHECK(page.at("messages").as_array().size() == 2);
    CHECK(page.at("messages").at(0).at("payload").as_int64() == 3);
    CHECK(page.at("more").as_bool());
    const auto on = "&epoch=" + std::string{page.at("epoch").as_string()} + "&offset=2";
    CHECK(json::parse(http_get(w.port(), "/api/v1/history?room=chat:1" + on, "k").body())
              .at("messages")
              .as_array()
              .size() == 1);
    for (const auto* wrong : {"", "?room=chat:1&limit=x", "?room=chat:1&order=up", "?room=chat:1&offset=3",
                              "?room=chat:1&epoch=0123456789abcdef&offset=1", "?room=nowhere:1", "?room=global"})
        CHECK(http_get(w.port(), "/api/v1/history" + std::string{wrong}, "k").result_int() / 100 == 4);
}

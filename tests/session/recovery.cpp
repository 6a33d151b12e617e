// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// What a client that returns, or that was too slow, gets from the history.
#include "requests/history_support.hpp"

#include <atomic>

using namespace fanfare;
using namespace fanfare::test;
using namespace fanfare::test::history;

TEST_CASE("a client that returns gets exactly what it missed, then goes on live")
{
    chat_world w;
    json::value seen;
    {
        client c{w.port(), "alice"};
        c.subscribe({"chat:1"});
        w.publish("chat:1", 1, 3);
        c.next();
        seen = position_of(c.next());
    }
    w.publish("chat:1", 4, 20);
    client c{w.port(), "alice"};
    const auto told = subscribe_since(c, "chat:1", seen);
    CHECK(told.at("recovered").at("chat:1").at("recovered").as_bool());
    CHECK(told.at("recovered").at("chat:1").at("offset").to_number<int>() == 20);
    w.publish("chat:1", 21, 22);
    CHECK(numbers(c) == counting(3, 22));
    CHECK(w.hub().stats().recovered == 1);
}

TEST_CASE("a client that missed nothing is told so without a read of the store")
{
    chat_world w;
    client c{w.port(), "alice"};
    c.subscribe({"chat:1"});
    w.publish("chat:1", 1, 1);
    const auto seen = position_of(c.next());
    const auto reads = w.hub().stats().store_reads;
    client again{w.port(), "bob"};
    const auto told = subscribe_since(again, "chat:1", seen);
    CHECK(told.at("recovered").at("chat:1").at("recovered").as_bool());
    CHECK(w.hub().stats().store_reads == reads);
    w.publish("chat:1", 2, 2);
    CHECK(numbers(again) == counting(2, 2));
}

TEST_CASE("what is not kept any more is never passed off as whole")
{
    chat_world w{{}, 1, {.history = 5}};
    client first{w.port(), "alice"};
    first.subscribe({"chat:1"});
    w.publish("chat:1", 1, 1);
    const auto seen = position_of(first.next());
    w.publish("chat:1", 2, 10);
    client c{w.port(), "alice"};
    const auto told = subscribe_since(c, "chat:1", seen);
    CHECK_FALSE(told.at("recovered").at("chat:1").at("recovered").as_bool());
    CHECK(told.at("recovered").at("chat:1").at("offset").to_number<int>() == 10);
    w.publish("chat:1", 11, 11);
    CHECK(numbers(c) == counting(11, 11));
    CHECK(w.hub().stats().not_recovered == 1);
}

TEST_CASE("a position of another epoch, or of the future, recovers nothing and reveals nothing")
{
    chat_world w;
    client first{w.port(), "alice"};
    first.subscribe({"chat:1"});
    w.publish("chat:1", 1, 3);
    const auto seen = position_of(first.next());
    client c{w.port(), "bob"};
    auto told = subscribe_since(c, "chat:1", {{"epoch", "0123456789abcdef"}, {"offset", 1}});
    CHECK_FALSE(told.at("recovered").at("chat:1").at("recovered").as_bool());
    CHECK(numbers(c).empty());
    client d{w.port(), "carol"};
    told = subscribe_since(d, "chat:1", {{"epoch", seen.at("epoch")}, {"offset", 4}});
    CHECK_FALSE(told.at("recovered").at("chat:1").at("recovered").as_bool());
    w.publish("chat:1", 4, 4);
    CHECK(numbers(d) == counting(4, 4));
}

TEST_CASE("a malformed position is an error that names it, and joins nothing")
{
    chat_world w;
    client c{w.port(), "alice"};
    const auto refused = [&](const json::value& since) {
        c.send({{"type", "subscribe"}, {"payload", {{"rooms", json::array{"chat:1"}}, {"since", since}}}});
        const auto e = c.next("error");
        CHECK(e.at("code").as_string() == "invalid_message");
        return std::string{e.at("message").as_string().c_str()};
    };
    const auto at = [](json::value epoch, json::value offset) {
        return json::value{{"chat:1", {{"epoch", std::move(epoch)}, {"offset", std::move(offset)}}}};
    };
    CHECK(refused(at("0123456789abcdef", -1)).find("chat:1") != std::string::npos);
    CHECK(refused(at("0123456789abcdef", 1.5)).find("offset") != std::string::npos);
    CHECK(refused(at("0123456789abcdef", 1e300)).find("offset") != std::string::npos);
    CHECK(refused(at("0123456789abcdef", "7")).find("offset") != std::string::npos);
    CHECK(refused(at("xyz", 1)).find("epoch") != std::string::npos);
    CHECK(refused(at(7, 1)).find("epoch") != std::string::npos);
    CHECK(refused(at("0000000000000000", 1)).find("epoch") != std::string::npos);
    CHECK(refused(json::array{1}).find("since") != std::string::npos);
    CHECK(refused({{"chat:2", {{"epoch", "0123456789abcdef"}, {"offset", 1}}}}).find("chat:2") !=
          std::string::npos);
    w.publish("chat:1", 1, 1);
    CHECK(numbers(c).empty());
}

TEST_CASE("messages that are published while a client recovers come once, in order, with several shards")
{
    chat_world w{{}, 2, {.history = 20'000}};
    client first{w.port(), "alice"};
    first.subscribe({"chat:1"});
    w.publish("chat:1", 1, 1);
    auto seen = position_of(first.next());
    std::atomic<bool> stop{false};
    std::atomic<std::int64_t> last{1};
    std::jthread publisher{[&] {
        for (std::int64_t i = 2; !stop;)
            if (i < last + 1000 && w.hub().publish("chat:1", "n", json::value(i)))
                ++i;
            else
                std::this_thread::yield();
    }};
    const std::shared_ptr<void> at_end{nullptr, [&](void*) { stop = true; }};
    for (int round = 0; round != 20; ++round) {
        client c{w.port(), "bob"};
        const auto told = subscribe_since(c, "chat:1", seen);
        CHECK(told.at("recovered").at("chat:1").at("recovered").as_bool());
        for (int i = 0; i != 300; ++i) {
            const auto m = c.next();
            if (m.at("payload").as_int64() != ++last)
                FAIL(text_of(m) << " instead of " << last);
            seen = position_of(m);
        }
    }
}

TEST_CASE("a user's own room says where it is, and gives what came while the user was away")
{
    world w;
    w.hub().configure("user:", with_history);
    w.serve();
    json::value at;
    {
        client c{w.port(), "alice"};
        at = c.hello.at("positions").at("user:alice");
    }
    for (int i = 1; i <= 3; ++i)
        REQUIRE(w.hub().send_to_user("alice", "n", json::value(i)));
    client c{w.port(), "alice"};
    const auto told = subscribe_since(c, "user:alice", at);
    CHECK(told.at("recovered").at("user:alice").at("recovered").as_bool());
    REQUIRE(w.hub().send_to_user("alice", "n", json::value(4)));
    CHECK(numbers(c) == counting(1, 4));
}

TEST_CASE("what a user's own room got live before the client named its position is not sent twice")
{
    world w;
    w.hub().configure("user:", with_history);
    w.serve();
    client first{w.port(), "alice"};
    const auto at = first.hello.at("positions").at("user:alice");
    REQUIRE(w.hub().send_to_user("alice", "n", json::value(1)));
    client c{w.port(), "alice"};
    REQUIRE(w.hub().send_to_user("alice", "n", json::value(2)));
    CHECK(c.next("n").as_int64() == 2);
    subscribe_since(c, "user:alice", at);
    REQUIRE(w.hub().send_to_user("alice", "n", json::value(3)));
    CHECK(numbers(c) == std::vector<std::int64_t>{1, 3});
}

TEST_CASE("a resume token gives the rooms of the last connection back, to the same user and once")
{
    chat_world w;
    std::string token;
    json::value seen;
    {
        client c{w.port(), "alice"};
        CHECK(c.hello.at("resumable").as_bool());
        token = c.hello.at("resume_token").as_string().c_str();
        c.subscribe({"chat:1", "plain:7"});
        w.publish("chat:1", 1, 1);
        seen = position_of(c.next());
        c.close();
    }
    eventually([&] { return w.hub().stats().connections == 0; });
    w.publish("chat:1", 2, 3);
    const auto resume = [&](std::string_view user) {
        client c{w.port(), user};
        c.send({{"type", "subscribe"}, {"payload", {{"resume", token}, {"since", {{"chat:1", seen}}}}}});
        auto told = c.next("subscribed");
        return std::pair{told, numbers(c)};
    };
    auto [stranger, nothing] = resume("mallory");
    CHECK_FALSE(stranger.at("resumed").as_bool());
    CHECK(stranger.at("rooms").as_array().empty());
    CHECK(nothing.empty());
    auto [told, missed] = resume("alice");
    CHECK(told.at("resumed").as_bool());
    CHECK(told.at("rooms").as_array().size() == 2);
    CHECK(missed == counting(2, 3));
    CHECK_FALSE(resume("alice").first.at("resumed").as_bool());
}

TEST_CASE("a client that returns before its old connection has noticed takes the rooms over")
{
    chat_world w;
    client old{w.port(), "alice"};
    old.subscribe({"chat:1"});
    client c{w.port(), "alice"};
    c.send({{"type", "subscribe"}, {"payload", {{"resume", old.hello.at("resume_token")}}}});
    const auto told = c.next("subscribed");
    CHECK(told.at("resumed").as_bool());
    CHECK(told.at("rooms").as_array().size() == 1);
    CHECK(old.closed() == 3003);
}

TEST_CASE("a thousand clients that return at once share few reads, and each gets its part")
{
    chat_world w{{}, 1, {.history = 1000}};
    client first{w.port(), "alice"};
    first.subscribe({"chat:1"});
    w.publish("chat:1", 1, 1);
    const auto epoch = first.next().at("epoch");
    w.publish("chat:1", 2, 200);
    first.drain();
    const auto before = w.hub().stats();
    const auto count = sockets_for(1000);
    std::vector<std::unique_ptr<client>> all;
    for (std::size_t i = 0; i != count; ++i)
        all.push_back(std::make_unique<client>(w.port(), "u" + std::to_string(i)));
    // At once: the hub sees no request before all have been sent.
    std::promise<void> sent;
    asio::post(w.context(), [&] { sent.get_future().wait(); });
    for (std::size_t i = 0; i != count; ++i) {
        const json::value since{{"epoch", epoch}, {"offset", 1 + i % 100}};
        all[i]->send({{"type", "subscribe"},
                      {"payload", {{"rooms", json::array{"chat:1"}}, {"since", {{"chat:1", since}}}}}});
    }
    sent.set_value();
    for (std::size_t i = 0; i != count; ++i) {
        CHECK(all[i]->next("subscribed").at("recovered").at("chat:1").at("recovered").as_bool());
        CHECK(numbers(*all[i]) == counting(static_cast<std::int64_t>(2 + i % 100), 200));
    }
    CHECK(w.hub().stats().store_reads - before.store_reads <= count / 10);
    CHECK(w.hub().stats().recovered - before.recovered == count);
}

TEST_CASE("a recovery that is larger than the outbox goes through in pieces")
{
    chat_world w{{.outbox_bytes = 16 * 1024, .outbox_messages = 16}, 1, {.history = 2000}};
    const std::string text(2000, 'x');
    client first{w.port(), "alice"};
    const auto at = first.subscribe({"chat:1"}).at("positions").at("chat:1");
    for (int i = 1; i <= 1000; ++i)
        REQUIRE(w.hub().publish("chat:2", "n", json::value{{"i", i}, {"text", text}}));
    client other{w.port(), "bob"};
    const auto epoch = other.subscribe({"chat:2"}).at("positions").at("chat:2").at("epoch");
    client c{w.port(), slow_reader("carol")};
    const auto told = subscribe_since(c, "chat:2", {{"epoch", epoch}, {"offset", 0}});
    CHECK(told.at("recovered").at("chat:2").at("recovered").as_bool());
    for (int i = 1; i <= 1000; ++i)
        REQUIRE(c.next("n").at("i").as_int64() == i);
}

TEST_CASE("resync drops what a slow client cannot take, and sends it from the history when the socket has drained")
{
    chat_world w{{.outbox_bytes = 256 * 1024, .outbox_messages = 64, .unsent_low_water = 4096},
                 1,
                 {.overflow = overflow_policy::resync, .history = 5000}};
    client slow{w.port(), slow_reader("alice")};
    slow.subscribe({"chat:1"});
    const std::string text(4000, 'x');
    for (int i = 1; i <= 3000; ++i)
        while (!w.hub().publish("chat:1", "n", json::value{{"i", i}, {"text", text}}))
            std::this_thread::yield();
    for (int i = 1; i <= 3000; ++i) {
        const auto m = slow.next();
        if (m.at("type").as_string() != "n" || m.at("payload").at("i").as_int64() != i)
            FAIL(text_of(m).substr(0, 200) << " instead of " << i);
    }
    CHECK(w.hub().stats().slow_closed == 0);
    CHECK(w.hub().stats().dropped == 0);
}

TEST_CASE("what resync cannot make good is told by a gap")
{
    chat_world w{{.outbox_bytes = 256 * 1024, .outbox_messages = 64, .unsent_low_water = 4096},
                 1,
                 {.overflow = overflow_policy::resync, .history = 10}};
    client slow{w.port(), slow_reader("alice")};
    slow.subscribe({"chat:1"});
    const std::string text(4000, 'x');
    for (int i = 1; i <= 3000; ++i)
        while (!w.hub().publish("chat:1", "n", json::value{{"i", i}, {"text", text}}))
            std::this_thread::yield();
    std::int64_t last = 0;
    std::int64_t gaps = 0;
    while (last != 3000) {
        const auto m = slow.next();
        if (m.at("type").as_string() == "gap") {
            CHECK(m.at("payload").at("reason").as_string() == "history_lost");
            last = m.at("payload").at("offset").to_number<std::int64_t>();
            ++gaps;
        } else if (m.at("payload").at("i").as_int64() != ++last) {
            FAIL(text_of(m).substr(0, 200) << " instead of " << last);
        }
    }
    CHECK(gaps > 0);
}

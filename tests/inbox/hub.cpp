// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Notifications with an inbox: stored first, then sent.
#include "inbox/hub_support.hpp"

#include <array>

using namespace fanfare;
using namespace fanfare::test;
using namespace fanfare::test::inboxes;

TEST_CASE("a notification is in the inbox before the user's devices get it, with the unread count")
{
    inbox_world s{memory_inbox{}};
    device_client alice{s.port(), "alice"};
    device_client phone{s.port(), "alice"};
    device_client bob{s.port(), "bob"};
    CHECK(number(alice.badge, "unread") == 0);

    const auto told = s.notify("alice", {"Build", "It is green", {{"id", 7}}});
    CHECK(told.stored);
    CHECK(told.id.size() == 20);
    CHECK(told.local_receivers == 2);
    for (auto* device : {&alice, &phone}) {
        const auto m = device->next("notification");
        CHECK(text(m, "id") == told.id);
        CHECK(text(m, "user_id") == "alice");
        CHECK(text(m, "title") == "Build");
        CHECK(text(m, "message") == "It is green");
        CHECK(m.at("data") == json::value{{"id", 7}});
        CHECK(text(m, "created_at").size() == 24);
        CHECK((m.at("seen_at").is_null() && m.at("read_at").is_null()));
        CHECK(number(m, "unread") == 1);
        const auto badge = device->next("badge");
        CHECK((number(badge, "unread") == 1 && number(badge, "unseen") == 1));
        CHECK(number(badge, "revision") == number(m, "revision"));
    }
    CHECK(bob.drain().empty());

    s.notify("alice", "second");
    CHECK(number(alice.next("notification"), "unread") == 2);
    const device_client tablet{s.port(), "alice"};
    CHECK(number(tablet.badge, "unread") == 2); // right after it connects
}

TEST_CASE("what the hub would refuse to send is not stored")
{
    const memory_inbox store;
    const auto refusal_with = [&store](const hub_options& options) {
        world w{options};
        w.hub().inbox(store);
        w.serve();
        std::promise<error_code> fate;
        w.hub().async_notify("alice", {"t", std::string(300, 'm')},
                             [&fate](error_code ec, const receipt&) { fate.set_value(ec); });
        const auto outcome = got(fate.get_future());
        CHECK(blocking_inbox{store}.list("alice").items.size() == (outcome ? 0U : 1U));
        return outcome;
    };
    CHECK(refusal_with({.max_publish_size = 400}) == error::message_too_large);
    CHECK(refusal_with({.queue_bytes = 400}) == error::queue_full);
    CHECK(refusal_with({}) == error_code{});
}

TEST_CASE("the data of a notification may be in memory that ends before it is stored")
{
    moody_inbox inbox;
    inbox_world s{inbox};
    device_client alice{s.port(), "alice"};
    inbox.hold();
    const json::value data{{"long", std::string(500, 'x')}};
    std::array<unsigned char, 8192> memory{};
    std::future<receipt> told;
    {
        json::static_resource resource{memory.data(), memory.size()};
        const notification what{"t", "m", json::value(data, &resource)};
        told = s.w.hub().async_notify("alice", what, asio::use_future);
    }
    memory.fill(0);
    inbox.release();
    CHECK(got(std::move(told)).stored);
    CHECK(alice.next("notification").at("data") == data);
}

TEST_CASE("without an inbox notifications are sent as ever, and clients are told that there is none")
{
    world w;
    w.serve();
    client alice{w.port(), "alice"};
    const auto told = got(w.hub().async_notify("alice", notification{"t", "m"}, asio::use_future));
    CHECK_FALSE(told.stored);
    CHECK(told.id.empty());
    CHECK(alice.next("notification") ==
          json::value{{"user_id", "alice"}, {"title", "t"}, {"message", "m"}, {"data", nullptr}});
    CHECK(w.hub().notify("alice", {"t2", "m"}).local_receivers == 1);
    CHECK(text(alice.next("notification"), "title") == "t2");
    CHECK(w.hub().notify("", {"t", "m"}).error == error::invalid_user);
    alice.send({{"type", "inbox"}});
    CHECK(text(alice.next("error"), "code") == "no_inbox");
    std::promise<error_code> listed;
    w.hub().async_inbox("alice", {}, [&listed](error_code ec, const inbox_page&) { listed.set_value(ec); });
    CHECK(got(listed.get_future()) == error::no_inbox);
}

TEST_CASE("when the inbox fails, the publisher is told and nobody gets the notification")
{
    moody_inbox store;
    inbox_world s{store};
    device_client alice{s.port(), "alice"};
    store.fail(true);
    std::promise<receipt> fate;
    s.w.hub().async_notify("alice", notification{"lost", "m"},
                           [&fate](error_code, const receipt& r) { fate.set_value(r); });
    const auto told = got(fate.get_future());
    CHECK(told.error == error::store_failed);
    CHECK_FALSE(told.stored);
    CHECK(alice.drain().empty());
    CHECK(alice.refusal_of("inbox", {}) == "store_failed");
    CHECK(alice.refusal_of("mark", {{"action", "read"}, {"all", true}}) == "store_failed");

    // A device that connects meanwhile hears why it has no badge.
    client late{s.port(), "alice"};
    CHECK(text(late.next("error"), "code") == "store_failed");
    CHECK(s.w.hub().stats().inbox_failures == 4);

    store.fail(false);
    CHECK(s.notify("alice", "kept").stored);
    CHECK(number(alice.next("notification"), "unread") == 1);
}

TEST_CASE("a notify that nobody waits for is stored first too, and its failure is told and counted")
{
    moody_inbox store;
    std::promise<std::string> failure;
    inbox_world s{store};
    s.w.hub().on_notify_failed([&failure](std::string_view user, const notification& what, error_code ec) {
        failure.set_value(std::string{user} + ' ' + what.title + ' ' + ec.message());
    });
    device_client alice{s.port(), "alice"};
    CHECK(s.w.hub().notify("alice", {"first", "m"}).local_receivers == 1);
    CHECK(text(alice.next("notification"), "title") == "first");
    alice.next("badge");
    store.fail(true);
    CHECK(s.w.hub().notify("alice", {"second", "m"}));
    CHECK(got(failure.get_future()) == "alice second " + make_error_code(error::store_failed).message());
    CHECK(s.w.hub().stats().inbox_failures == 1);
    CHECK(alice.drain().empty());
    CHECK(s.w.hub().notify("a b", {"t", "m"}).error == error::invalid_user);
}

TEST_CASE("devices hear of a notification that was stored when its answer was lost, once it is tried again")
{
    moody_inbox store;
    inbox_world s{store};
    device_client alice{s.port(), "alice"};
    const notification what{"Order 7", "shipped", nullptr, "order 7 shipped"};
    store.lose_answers(true);
    std::promise<error_code> fate;
    s.w.hub().async_notify("alice", what, [&fate](error_code ec, const receipt&) { fate.set_value(ec); });
    CHECK(got(fate.get_future()) == error::delivery_unknown);
    CHECK(alice.drain().empty());
    store.lose_answers(false);
    CHECK(s.notify("alice", what).duplicate);
    CHECK(number(alice.next("badge"), "unread") == 1);
    CHECK(alice.drain().empty());
}

TEST_CASE("devices hear of a mark that was carried out when its answer was lost, once it is tried again")
{
    moody_inbox store;
    inbox_world s{store};
    device_client laptop{s.port(), "alice"};
    device_client phone{s.port(), "alice"};
    s.notify("alice", "first");
    for (auto* device : {&laptop, &phone})
        CHECK(types(device->drain()) == texts{"notification", "badge"});
    const json::value all_read{{"action", "read"}, {"all", true}};
    store.lose_answers(true);
    CHECK(laptop.refusal_of("mark", all_read) == "delivery_unknown");
    CHECK(phone.drain().empty());
    store.lose_answers(false);
    CHECK(number(laptop.ask_for("mark", all_read), "changed") == 0);
    CHECK(number(phone.next("badge"), "unread") == 0);
    CHECK(phone.drain().empty());
    CHECK(laptop.drain().empty()); // its answer said so
}

TEST_CASE("where users' rooms have history, notifications have a place there, and counts are never replayed")
{
    world w;
    w.hub().configure("user:", {.history = 100});
    w.hub().inbox(memory_inbox{});
    w.serve();
    device_client alice{w.port(), "alice"};
    const auto first = got(w.hub().async_notify("alice", notification{"first", "m"}, asio::use_future));
    CHECK(first.position.offset == 1);
    CHECK(first.stored);
    auto m = alice.next();
    CHECK(text(m, "type") == "notification");
    CHECK(number(m, "offset") == 1);
    m = alice.next();
    CHECK(text(m, "type") == "badge");
    CHECK(m.get_object().if_contains("offset") == nullptr);
    alice.ask_for("mark", {{"action", "read"}, {"all", true}});
    CHECK(got(w.hub().async_notify("alice", notification{"second", "m"}, asio::use_future)).position.offset == 2);
}

TEST_CASE("a notification that is stored and cannot be sent is said to be stored")
{
    scripted_bus bus;
    basic_world<scripted_bus> w{{}, 1, bus};
    w.hub().inbox(memory_inbox{});
    server_options how;
    how.api.admin_key = "k";
    w.serve(std::move(how));
    bus.refuse();
    std::promise<receipt> fate;
    w.hub().async_notify("alice", notification{"t", "m", nullptr, "once"},
                         [&fate](error_code, const receipt& r) { fate.set_value(r); });
    const auto told = got(fate.get_future());
    CHECK(told.error == error::bus_unavailable);
    CHECK(told.stored);
    CHECK(got(w.hub().async_inbox_counts("alice", asio::use_future)).unread == 1);
    const auto [status, body] =
        http_post(w.port(), "/api/v1/notify", {{"user_id", "alice"}, {"title", "t"}, {"message", "m"}}, "k");
    CHECK(status == 200);
    CHECK(text(body, "status") == "stored");
    CHECK(text(body, "problem") == "bus_unavailable");
    CHECK(w.hub().stats().inbox_failures == 2); // badges that nobody was told of
}

TEST_CASE("a hub that is destroyed while the inbox works leaves nothing waiting")
{
    moody_inbox store;
    store.hold();
    std::promise<receipt> fate;
    {
        inbox_world s{store};
        s.w.hub().async_notify("alice", notification{"t", "m"},
                               [&fate](error_code, const receipt& r) { fate.set_value(r); });
        REQUIRE(eventually([&] { return store.held() == 1; }));
        s.w.destroy_server();
        s.w.destroy_hub();
        store.release();
        const auto told = got(fate.get_future());
        CHECK(told.error == error::shutting_down);
        CHECK(told.stored); // it is not lost
    }
    inbox_world next{store};
    CHECK(number(device_client{next.port(), "alice"}.badge, "unread") == 1);
}

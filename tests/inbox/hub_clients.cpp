// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// What clients and the HTTP side ask of an inbox; the same on all devices of a user.
#include "inbox/hub_support.hpp"

using namespace fanfare;
using namespace fanfare::test;
using namespace fanfare::test::inboxes;

TEST_CASE("a client turns the pages of its inbox")
{
    inbox_world s{memory_inbox{}};
    for (int i = 0; i != 5; ++i)
        s.notify("alice", std::to_string(i));
    s.notify("bob", "bob's");
    device_client alice{s.port(), "alice"};
    CHECK(number(alice.badge, "unseen") == 5);
    auto page = alice.ask_for("inbox", {{"limit", 2}});
    CHECK(page.at("items").as_array().size() == 2);
    CHECK(text(page.at("items").at(0), "title") == "4");
    CHECK(page.at("items").at(0).at("archived_at").is_null());
    CHECK((number(page, "unread") == 5 && number(page, "unseen") == 5));
    page = alice.ask_for("inbox", {{"limit", 200}, {"cursor", page.at("next_cursor")}});
    CHECK(page.at("items").as_array().size() == 3);
    CHECK(page.at("next_cursor").is_null());
    const auto id = page.at("items").at(0).at("id");
    alice.ask_for("mark", {{"action", "archive"}, {"ids", json::array{id}}});
    CHECK(alice.ask_for("inbox", {}).at("items").as_array().size() == 4);
    page = alice.ask_for("inbox", {{"filter", "archived"}});
    REQUIRE(page.at("items").as_array().size() == 1);
    CHECK(text(page.at("items").at(0), "title") == "2");
    CHECK(text(page.at("items").at(0), "archived_at").ends_with('Z'));
}

TEST_CASE("what one device marks, the user's other devices hear of, on all nodes")
{
    in_process_bus bus;
    const memory_inbox store;
    inbox_world one{store, bus};
    inbox_world two{store, bus};
    device_client laptop{one.port(), "alice"};
    device_client phone{two.port(), "alice"};
    device_client bob{two.port(), "bob"};
    const auto first = one.notify("alice", "first").id;
    const auto second = two.notify("alice", "second").id;
    for (auto* device : {&laptop, &phone})
        CHECK(types(device->drain()) == texts{"notification", "badge", "notification", "badge"});

    auto done = laptop.ask_for("mark", {{"action", "read"}, {"ids", {first, second, std::string(20, 'x')}}});
    CHECK(done.at("ids") == json::value{first, second});
    CHECK(done.at("not_found").as_array().size() == 1);
    CHECK((number(done, "unread") == 0 && number(done, "unseen") == 0));
    auto changed = phone.next("inbox_changed");
    CHECK(text(changed, "action") == "read");
    CHECK(changed.at("ids") == json::value{first, second});
    CHECK((number(changed, "unread") == 0 && number(changed, "unseen") == 0));
    CHECK(number(changed, "revision") == number(done, "revision"));
    CHECK(phone.next("retract").at("ids") == json::value{first, second}); // the alerts are dealt with
    CHECK(laptop.drain().empty());                                        // it knows

    laptop.ask_for("mark", {{"action", "read"}, {"ids", json::array{first}}}); // changes nothing
    CHECK(phone.next("badge").at("revision") == changed.at("revision"));
    CHECK(phone.drain().empty());
    CHECK(laptop.drain().empty());

    done = phone.ask_for("mark", {{"action", "unread"}, {"all", true}});
    CHECK(number(done, "changed") == 2);
    changed = laptop.next("inbox_changed");
    CHECK(changed.at("all") == true);
    CHECK(changed.get_object().if_contains("ids") == nullptr);
    CHECK(number(changed, "unread") == 2);
    CHECK(laptop.drain().empty()); // nothing to retract

    // The application's own mark reaches all of them.
    const inbox_mark first_read{.action = inbox_action::read, .ids = {first}};
    const auto marked = got(one.w.hub().async_inbox_mark("alice", first_read, asio::use_future));
    CHECK(marked.counts.unread == 1);
    CHECK(text(laptop.next("inbox_changed"), "action") == "read");
    CHECK(text(phone.next("inbox_changed"), "action") == "read");
    CHECK(text(phone.next("retract"), "id") == first);
    CHECK(got(two.w.hub().async_inbox_counts("alice", asio::use_future)).unread == 1);
    CHECK(got(two.w.hub().async_inbox("alice", {.filter = inbox_filter::unread}, asio::use_future)).items.size() ==
          1);
    CHECK(bob.drain().empty());
}

TEST_CASE("a second notification of one idempotency key is not stored and not sent")
{
    inbox_world s{memory_inbox{}};
    device_client alice{s.port(), "alice"};
    const notification what{"Order 7", "shipped", nullptr, "order 7 shipped"};
    const auto first = s.notify("alice", what);
    const auto again = s.notify("alice", what);
    CHECK(again.duplicate);
    CHECK(again.stored);
    CHECK(again.id == first.id);
    CHECK(types(alice.drain()) == texts{"notification", "badge", "badge"});
}

TEST_CASE("what an inbox is asked wrongly is refused by name, and reveals nothing")
{
    inbox_world s{memory_inbox{}};
    const auto theirs = s.notify("bob", "bob's").id;
    s.notify("alice", "alice's");
    s.notify("alice", "alice's other");
    device_client alice{s.port(), "alice"};
    for (const auto& wrong :
         {json::value{{"limit", 0}}, json::value{{"limit", 201}}, json::value{{"limit", -1}},
          json::value{{"limit", 1.5}}, json::value{{"limit", "5"}}, json::value{{"filter", "mine"}},
          json::value{{"filter", 1}}, json::value{{"cursor", 7}}, json::value{{"cursor", "made up"}}})
        CHECK(alice.refusal_of("inbox", wrong) == "invalid_message");
    CHECK(alice.drain().empty());
    device_client again{s.port(), "alice"};
    for (const auto& wrong :
         {json::value{}, json::value{{"action", "read"}}, json::value{{"all", true}},
          json::value{{"action", "burn"}, {"all", true}}, json::value{{"action", "read"}, {"ids", json::array{}}},
          json::value{{"action", "read"}, {"ids", theirs}},
          json::value{{"action", "read"}, {"ids", json::array{7}}},
          json::value{{"action", "read"}, {"ids", json::array{theirs}}, {"all", true}},
          json::value{{"action", "read"}, {"ids", json::array{std::string(65, 'x')}}},
          json::value{{"action", "read"}, {"all", "yes"}}})
        CHECK(again.refusal_of("mark", wrong) == "invalid_message");
    again.send({{"type", "mark"}, {"payload", "read"}, {"request_id", 1}});
    CHECK(text(again.next("error"), "code") == "invalid_message");

    // Another user's notification, and one that never was, are the same.
    device_client third{s.port(), "alice"};
    const auto of_bob = third.ask("mark", {{"action", "read"}, {"ids", json::array{theirs}}});
    const auto of_nobody = third.ask("mark", {{"action", "read"}, {"ids", json::array{std::string(20, 'A')}}});
    CHECK(text(of_bob.at("payload"), "code") == "not_found");
    CHECK(of_bob.at("payload") == of_nobody.at("payload"));
    const auto cursor = got(s.w.hub().async_inbox("alice", {.limit = 1}, asio::use_future)).next_cursor;
    device_client bob{s.port(), "bob"};
    CHECK(bob.refusal_of("inbox", {{"cursor", cursor}}) == "invalid_message");
    CHECK(number(bob.badge, "unread") == 1);
}

TEST_CASE("an anonymous connection has no inbox")
{
    inbox_world s{memory_inbox{}};
    client nobody{s.port()};
    CHECK(nobody.drain().empty()); // no badge
    for (const auto* type : {"inbox", "mark", "ack"}) {
        nobody.send({{"type", type}, {"payload", {{"action", "read"}, {"all", true}}}});
        CHECK(text(nobody.next("error"), "code") == "forbidden");
    }
    CHECK_THROWS_AS(s.w.hub().on_message("inbox", [](request) {}), std::invalid_argument);
}

TEST_CASE("notifications and inboxes over HTTP need the admin key, and say what became of them")
{
    inbox_world s{memory_inbox{}, {}, {.api = {.admin_key = "k"}}};
    const auto post = [&](const char* target, const json::value& body, const char* key = "k") {
        return http_post(s.port(), target, body, key);
    };
    const auto get = [&](const std::string& target, const char* key = "k") {
        const auto answer = http_get(s.port(), target, key);
        return std::pair{answer.result_int(), json::parse(answer.body())};
    };
    const json::value what{{"user_id", "alice"}, {"title", "t"}, {"message", "m"}, {"data", {{"n", 1}}}};
    CHECK(post("/api/v1/notify", what, "wrong").first == 401);
    const auto stored = post("/api/v1/notify", what);
    CHECK(stored.first == 200);
    CHECK(text(stored.second, "status") == "stored"); // nobody is there
    CHECK(text(stored.second, "id").size() == 20);
    device_client alice{s.port(), "alice"};
    CHECK(text(post("/api/v1/notify", what).second, "status") == "delivered_locally");
    alice.next("notification");
    alice.next("badge");
    auto once = what;
    once.as_object()["idempotency_key"] = "k1";
    const auto first = post("/api/v1/notify", once).second;
    const auto again = post("/api/v1/notify", once).second;
    CHECK(again.at("duplicate") == true);
    CHECK(again.at("id") == first.at("id"));
    CHECK(types(alice.drain()) == texts{"notification", "badge", "badge"});
    once.as_object()["idempotency_key"] = 7;
    CHECK(post("/api/v1/notify", once).first == 400);

    CHECK(get("/api/v1/inbox?user_id=alice", "").first == 401);
    CHECK(get("/api/v1/inbox").first == 400);
    const auto page = get("/api/v1/inbox?user_id=alice&limit=2&filter=unread");
    CHECK(page.first == 200);
    CHECK(page.second.at("items").as_array().size() == 2);
    CHECK(number(page.second, "unread") == 3);
    const auto rest = get("/api/v1/inbox?user_id=alice&cursor=" + text(page.second, "next_cursor"));
    CHECK(rest.second.at("items").as_array().size() == 1);
    for (const auto* wrong :
         {"limit=0", "limit=x", "limit=5x", "limit=999999999999999999999", "filter=x", "cursor=x"})
        CHECK(get("/api/v1/inbox?user_id=alice&" + std::string{wrong}).first == 400);

    const json::value all{{"user_id", "alice"}, {"action", "read"}, {"all", true}};
    CHECK(post("/api/v1/inbox/mark", all, "").first == 401);
    const auto marked = post("/api/v1/inbox/mark", all);
    CHECK(marked.first == 200);
    CHECK((number(marked.second, "changed") == 3 && number(marked.second, "unread") == 0));
    CHECK(alice.next("inbox_changed").at("all") == true);
    CHECK(post("/api/v1/inbox/mark", {{"user_id", "alice"}, {"action", "read"}}).first == 400);
    CHECK(post("/api/v1/inbox/mark", {{"action", "read"}, {"all", true}}).first == 400);
    const auto missing =
        post("/api/v1/inbox/mark",
             {{"user_id", "bob"}, {"action", "read"}, {"ids", json::array{stored.second.at("id")}}});
    CHECK(missing.first == 404);
    CHECK(text(missing.second.at("error"), "code") == "not_found");
    CHECK(post("/api/v1/notify", {{"user_id", "a b"}, {"title", "t"}, {"message", "m"}}).first == 400);
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Notifications with an inbox: stored first, then sent; listed and marked by clients; the same on all devices of a
// user.
#include "inbox/conformance.hpp"
#include "inbox/support.hpp"
#include "support/scripted_bus.hpp"

#include <boost/json/static_resource.hpp>

#include <array>

using namespace fanfare;
using namespace fanfare::test;

namespace {

// An inbox that fails, or holds its answers back, when the test says so.
class moody_inbox {
public:
    void async_add(inbox_add what, inbox_was_added handler)
    {
        // Not `this`: the hub's copy goes with the hub.
        take([state = state_, what = std::move(what), handler = answering(handler)](bool fails) mutable {
            fails ? handler(error::store_failed, {}) : state->real.async_add(what, handler);
        });
    }
    void async_list(std::string_view user, const inbox_query& query, inbox_was_listed handler)
    {
        fails() ? handler(error::store_failed, {}) : state_->real.async_list(user, query, handler);
    }
    void async_mark(std::string_view user, const inbox_mark& mark, inbox_was_marked handler)
    {
        fails() ? handler(error::store_failed, {}) : state_->real.async_mark(user, mark, answering(handler));
    }
    void async_counts(std::string_view user, inbox_was_counted handler)
    {
        fails() ? handler(boost::system::errc::make_error_code(boost::system::errc::io_error), {})
                : state_->real.async_counts(user, handler);
    }

    void fail(bool on)
    {
        const std::lock_guard lock{state_->mutex};
        state_->fails = on;
    }
    // What is asked is done, and its answer does not arrive.
    void lose_answers(bool on)
    {
        const std::lock_guard lock{state_->mutex};
        state_->loses = on;
    }
    void hold()
    {
        const std::lock_guard lock{state_->mutex};
        state_->holds = true;
    }
    std::size_t held() const
    {
        const std::lock_guard lock{state_->mutex};
        return state_->held.size();
    }
    void release()
    {
        std::vector<std::function<void(bool)>> all;
        {
            const std::lock_guard lock{state_->mutex};
            state_->holds = false;
            all.swap(state_->held);
        }
        for (auto& one : all)
            one(false);
    }

private:
    template <class Answer>
    std::function<void(error_code, Answer)> answering(std::function<void(error_code, Answer)> handler) const
    {
        const std::lock_guard lock{state_->mutex};
        if (!state_->loses)
            return handler;
        return [handler](error_code, const Answer&) { handler(error::delivery_unknown, {}); };
    }
    bool fails() const
    {
        const std::lock_guard lock{state_->mutex};
        return state_->fails;
    }
    void take(std::function<void(bool)> work)
    {
        {
            const std::lock_guard lock{state_->mutex};
            if (state_->holds)
                return state_->held.push_back(std::move(work));
        }
        work(fails());
    }
    struct state {
        mutable std::mutex mutex;
        memory_inbox real;
        bool fails = false;
        bool loses = false;
        bool holds = false;
        std::vector<std::function<void(bool)>> held;
    };
    std::shared_ptr<state> state_ = std::make_shared<state>();
};

std::vector<std::string> types(const std::vector<json::value>& messages)
{
    std::vector<std::string> all;
    for (const auto& m : messages)
        all.push_back(text(m, "type"));
    return all;
}

using texts = std::vector<std::string>;

} // namespace

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

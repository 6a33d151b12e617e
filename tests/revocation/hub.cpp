// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Credentials that are revoked: who is closed, and who is refused.
#include "http/event_client.hpp"
#include "revocation/hub_support.hpp"
#include "support/scripted_bus.hpp"

#include <fanfare/auth/ticket.hpp>
#include <fanfare/local_connection.hpp>

using namespace fanfare;
using namespace fanfare::test;

namespace {

// Two hubs on one bus.
struct pair_of_hubs {
    pair_of_hubs() : one{{}, 2, bus}, two{{}, 2, bus}
    {
        for (auto* w : {&one, &two}) {
            w->hub().configure("chat:", {});
            w->serve(by_query());
        }
    }
    in_process_bus bus;
    world one, two;
};

void check_refused(world& w, const std::string& query)
{
    INFO(query);
    const client c{w.port(), with(query), false};
    CHECK(c.status() == 401);
    CHECK(text_in(c.response(), "code") == "unauthorized");
    CHECK(text_in(c.response(), "message") == "the credential was revoked");
    const event_client events{w.port(), query};
    CHECK(events.head().result_int() == 401);
}

} // namespace

TEST_CASE("revoking a user closes the connections on all hubs, and refuses the same credential")
{
    pair_of_hubs s;
    const auto old = query_of("ann", long_ago());
    client here{s.one.port(), with(old)}, there{s.two.port(), with(old)};
    client other{s.two.port(), with(query_of("bob", long_ago()))};
    client newer{s.one.port(), with(query_of("ann", later_on()))};
    there.subscribe({"chat:1"});
    s.two.hub().publish("chat:1", "n", json::value("before"));
    const auto done = s.one.hub().async_revoke({.user_id = "ann", .reason = "lost phone"}, asio::use_future).get();
    CHECK(done.connections == 2);
    CHECK(done.nodes == 2);
    CHECK(there.next("n") == "before"); // what was published comes first
    for (auto* c : {&here, &there}) {
        CHECK(c->closed() == 3503);
        CHECK(c->close_reason() == "lost phone");
    }
    for (auto* w : {&s.one, &s.two}) {
        check_refused(*w, old);
        check_refused(*w, "?user=ann"); // nobody knows when
        CHECK(client{w->port(), with(query_of("ann", later_on()))}.open());
        CHECK(client{w->port(), with(query_of("bob", long_ago()))}.open());
    }
    CHECK(other.drain().empty());
    CHECK(newer.drain().empty());
    CHECK(other.open());
    const auto again = s.two.hub().async_revoke({.user_id = "ann"}, asio::use_future).get();
    CHECK(again.connections == 0);
    CHECK(again.nodes == 2);
}

TEST_CASE("revoking a token leaves the user's others alone")
{
    pair_of_hubs s;
    const auto now = long_ago();
    client lost{s.two.port(), with(query_of("ann", now, "t1"))};
    client kept{s.two.port(), with(query_of("ann", now, "t2"))};
    client shared{s.two.port(), with(query_of("bob", now, "t2"))};
    CHECK(s.one.hub().async_revoke({.token_id = "t1"}, asio::use_future).get().connections == 1);
    CHECK(lost.closed() == 3503);
    CHECK(lost.close_reason() == "revoked");
    check_refused(s.one, query_of("ann", later_on(), "t1"));
    CHECK(s.one.hub().async_revoke({.user_id = "bob", .token_id = "t2"}, asio::use_future).get().connections == 1);
    CHECK(shared.closed() == 3503);
    CHECK(kept.drain().empty());
    CHECK(client{s.one.port(), with(query_of("ann", now, "t2"))}.open());
}

TEST_CASE("revoking by time closes everybody whose credential is older, and nobody without one")
{
    pair_of_hubs s;
    client old{s.one.port(), with(query_of("ann", long_ago()))};
    client unknown{s.two.port(), "bob"};
    client newer{s.two.port(), with(query_of("cat", later_on()))};
    client nobody{s.one.port()};
    const auto done = s.one.hub().async_revoke({.issued_before = wall::now()}, asio::use_future).get();
    CHECK(done.connections == 2);
    CHECK(old.closed() == 3503);
    CHECK(unknown.closed() == 3503);
    CHECK(newer.drain().empty());
    CHECK(nobody.drain().empty());
    check_refused(s.two, query_of("dan", long_ago()));
    CHECK(client{s.two.port()}.open());
}

TEST_CASE("revoking closes more connections of a shard than one turn takes, and event streams")
{
    world w;
    w.serve(by_query());
    std::vector<local_connection> many;
    std::atomic<int> closed{0};
    for (int i = 0; i != 600; ++i)
        many.push_back(w.hub().connect(identity{.user_id = "u" + std::to_string(i)},
                                       local_handlers{.on_close = [&](close_code code, std::string_view) {
                                           closed += code == close_code::revoked;
                                       }}));
    event_client events{w.port(), query_of("ann", long_ago())};
    CHECK(events.read()->message().at("type") == "connected");
    const auto done = w.hub().async_revoke({.issued_before = wall::now() + 1s}, asio::use_future).get();
    CHECK(done.connections == 601);
    CHECK(eventually([&] { return closed == 600; }));
    const auto end = events.read();
    REQUIRE(end);
    CHECK(end->name == "close");
    CHECK(end->data.find("3503") != std::string::npos);
}

TEST_CASE("a revoked client is closed while its rooms are prepared, and is not greeted")
{
    scripted_world s;
    std::atomic<bool> closed{false};
    std::atomic<int> messages{0};
    const auto c = s.w.hub().connect(
        {.user_id = "ann", .token_id = "t"},
        {.on_message = [&](std::string_view) { ++messages; },
         .on_close = [&](close_code code, std::string_view) { closed = code == close_code::revoked; }});
    REQUIRE(eventually([&] { return s.bus.joining("user:ann"); }));
    s.bus.command(R"({"type":"revoke","token":"t","until_ms":)" + std::to_string((later_on() + 1) * 1000) + '}');
    CHECK(eventually([&] { return closed.load(); }));
    CHECK(messages == 0);
}

TEST_CASE("a client that is revoked between its admission and its start is closed")
{
    asio::io_context io{1};
    hub at{io.get_executor()};
    std::optional<close_code> ended;
    int messages = 0;
    const auto c =
        at.connect(identity{.user_id = "ann", .token_id = "t"},
                   local_handlers{.on_message = [&](std::string_view) { ++messages; },
                                  .on_close = [&](close_code code, std::string_view) { ended = code; }});
    at.core()->revoked.add({.token_id = "t", .until = wall::now() + 1h}, wall::now()); // nobody looks for it
    while (!ended)
        io.run_one();
    CHECK(*ended == close_code::revoked);
    CHECK(messages == 0);
}

TEST_CASE("the application's own connections count as issued when they were made")
{
    world w;
    w.run();
    std::atomic<int> closed{0};
    const auto connect = [&] {
        return w.hub().connect(identity{.user_id = "bridge"},
                               local_handlers{.on_close = [&](close_code, std::string_view) { ++closed; }});
    };
    const auto before = connect();
    CHECK(w.hub().async_revoke({.user_id = "bridge"}, asio::use_future).get().connections == 1);
    CHECK(eventually([&] { return closed == 1; }));
    REQUIRE(eventually([&] { // not in the millisecond of the call
        try {
            const auto after = connect();
            return true;
        } catch (const boost::system::system_error& e) {
            CHECK(e.code() == error::unauthorized);
            return false;
        }
    }));
}

TEST_CASE("a ticket that was issued before is good for nothing when its user is revoked")
{
    memory_ticket_store tickets;
    world w;
    server_options how;
    how.authenticate = ticket_authenticator{tickets};
    w.serve(std::move(how));
    const auto before = tickets.issue({.user_id = "ann"}).value();
    const auto other = tickets.issue({.user_id = "bob"}).value();
    w.hub().async_revoke({.user_id = "ann"}, asio::use_future).get();
    const client refused{w.port(), with("?ticket=" + before), false};
    CHECK(refused.status() == 401);
    CHECK(text_in(refused.response(), "message") == "the credential was revoked");
    CHECK(client{w.port(), with("?ticket=" + other)}.open());
    CHECK(eventually([&] { // not in the millisecond of the call
        return client{w.port(), with("?ticket=" + tickets.issue({.user_id = "ann"}).value()), false}.open();
    }));
}

TEST_CASE("a revoked user's resume token gives nothing without a credential, and nothing to others")
{
    world w;
    w.hub().configure("chat:", {});
    w.serve(by_query());
    client old{w.port(), with(query_of("ann", long_ago()))};
    const std::string token{old.hello.at("resume_token").as_string()};
    old.subscribe({"chat:1"});
    w.hub().async_revoke({.user_id = "ann"}, asio::use_future).get();
    CHECK(old.closed() == 3503);
    CHECK(client{w.port(), with(query_of("ann", long_ago())), false}.status() == 401);
    client other{w.port(), with(query_of("bob", long_ago()))};
    other.send({{"type", "subscribe"}, {"payload", {{"resume", token}}}});
    CHECK_FALSE(other.next("subscribed").at("resumed").as_bool());
}

TEST_CASE("revocations that cannot be are refused at once, and concern nobody")
{
    world w;
    w.serve(by_query());
    client c{w.port(), with(query_of("ann", long_ago(), "t"))};
    const auto refused = [&](const revocation& what) {
        const auto code = error_of(w.hub().async_revoke(what, asio::use_future));
        CHECK(w.hub().revoke(what) == code);
        return code;
    };
    CHECK(refused({}) == error::invalid_message);
    CHECK(refused({.token_id = "t", .issued_before = wall::now()}) == error::invalid_message);
    CHECK(refused({.user_id = "ann", .until = wall::now() - 1s}) == error::invalid_message);
    CHECK(refused({.user_id = "a b"}) == error::invalid_user);
    CHECK(refused({.user_id = std::string(5'000, 'a')}) == error::invalid_user);
    CHECK(c.drain().empty());
    CHECK_FALSE(w.hub().revoke({.token_id = "t"}));
    CHECK(c.closed() == 3503);
}

TEST_CASE("commands that are no revocations revoke nothing")
{
    scripted_world s;
    std::atomic<bool> closed{false}, greeted{false};
    const auto c = s.w.hub().connect({.user_id = "ann", .token_id = "t"},
                                     {.on_message = [&](std::string_view) { greeted = true; },
                                      .on_close = [&](close_code, std::string_view) { closed = true; }});
    REQUIRE(eventually([&] { return s.bus.joining("user:ann"); }));
    s.bus.sink().joined("user:ann");
    REQUIRE(eventually([&] { return greeted.load(); }));
    s.bus.command(R"({"type":"revoke"})");
    s.bus.command(R"({"type":"revoke","until_ms":99999999999999})");
    s.bus.command(R"({"type":"revoke","user":7,"before_ms":99999999999999,"until_ms":99999999999999})");
    s.bus.command(
        R"({"type":"revoke","token":7,"user":"ann","before_ms":99999999999999,"until_ms":99999999999999})");
    CHECK(s.w.hub().core()->revoked.size() == 0);
    s.bus.command(R"({"type":"revoke","token":"other","until_ms":99999999999999})"); // after them
    CHECK(s.w.hub().core()->revoked.size() == 1);
    std::promise<void> done;
    s.w.hub().core()->shards.first().post(
        [&](auto&) { done.set_value(); }); // behind what they may have left to do
    done.get_future().get();
    CHECK_FALSE(closed);
    CHECK(s.w.hub().stats().connections == 1);
}

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Messages that one of the user's devices confirms.
#include "inbox/support.hpp"

using namespace fanfare;
using namespace fanfare::test;

namespace {

// How a message ended that nobody confirms.
class unconfirmed {
public:
    void operator()(error_code ec, const acknowledgement&) const { promise_->set_value(ec); }
    error_code outcome() const { return got(promise_->get_future()); }

private:
    std::shared_ptr<std::promise<error_code>> promise_ = std::make_shared<std::promise<error_code>>();
};

const notification note{"t", "m"};
const json::value something{{"a", 1}};

} // namespace

TEST_CASE("a notification is confirmed by a device on any node, and its alert goes away on the others")
{
    in_process_bus bus;
    const memory_inbox store;
    inbox_world one{store, bus};
    inbox_world two{store, bus};
    device_client here{one.port(), "alice"};
    device_client there{two.port(), "alice"};
    device_client bob{two.port(), "bob"};
    for (auto* device : {&here, &there}) {
        auto answer = one.w.hub().async_notify_acked("alice", note, 60s, asio::use_future);
        const auto m = here.next("notification");
        const auto id = text(m, "ack_id");
        CHECK(id.size() == 38);
        CHECK(text(m, "id").size() == 20);
        here.next("badge");
        CHECK(text(there.next("notification"), "ack_id") == id);
        there.next("badge");

        // Nobody else can confirm it, whatever they know.
        bob.ask_for("ack", {{"id", id}});
        bob.send({{"type", "ack"}, {"payload", {{"id", id}}}});
        CHECK(bob.drain().empty());

        CHECK(text(device->ask_for("ack", {{"id", id}}), "id") == id);
        const auto told = got(std::move(answer));
        CHECK(told.user_id == "alice");
        CHECK(told.connection_id == device->id());
        CHECK(told.devices == 1);
        CHECK(std::chrono::system_clock::now() - told.at < 10min);
        auto& other = device == &here ? there : here;
        CHECK(text(other.next("retract"), "id") == id);
        CHECK(device->drain().empty());
        other.ask_for("ack", {{"id", id}}); // too late: nothing happens
        CHECK(here.drain().empty());
        CHECK(there.drain().empty());
    }
}

TEST_CASE("any message to a user can be confirmed, with and without an inbox")
{
    world w;
    w.serve();
    client alice{w.port(), "alice"};
    client phone{w.port(), "alice"};
    const json::value call{{"from", "bob"}};
    auto answer = w.hub().async_send_to_user_acked("alice", "call", call, 60s, asio::use_future);
    const auto m = alice.next("call");
    CHECK(text(m, "from") == "bob");
    alice.send({{"type", "ack"}, {"payload", {{"id", m.at("ack_id")}}}});
    CHECK(got(std::move(answer)).devices == 2);
    phone.next("call");
    CHECK(phone.next("retract").at("id") == m.at("ack_id"));
    CHECK(alice.drain().empty()); // an ack without a request_id has no answer

    auto notified = w.hub().async_notify_acked("alice", note, 60s, asio::use_future);
    alice.send({{"type", "ack"}, {"payload", {{"id", alice.next("notification").at("ack_id")}}}});
    CHECK(got(std::move(notified)).connection_id == alice.id());
}

TEST_CASE("a message that nobody confirms times out, and one that cannot be sent fails at once")
{
    inbox_world s{memory_inbox{}};
    device_client alice{s.port(), "alice"};
    const auto notified = [&](std::string_view user, std::chrono::milliseconds wait) {
        const unconfirmed fate;
        s.w.hub().async_notify_acked(user, note, wait, fate);
        return fate.outcome();
    };
    const auto sent = [&](std::string_view user, const json::value& payload) {
        const unconfirmed fate;
        s.w.hub().async_send_to_user_acked(user, "t", payload, 60s, fate);
        return fate.outcome();
    };
    CHECK(notified("alice", 20ms) == error::timed_out);
    const auto late = alice.next("notification");
    alice.next("badge");
    alice.ask_for("ack", {{"id", late.at("ack_id")}}); // taken, and without effect
    CHECK(notified("nobody", -1s) == error::timed_out);
    CHECK(notified("", 60s) == error::invalid_user);
    CHECK(sent("", something) == error::invalid_user);
    CHECK(sent("a b", something) == error::invalid_user);
    CHECK(sent("alice", "text") == error::invalid_message);
}

TEST_CASE("a confirmation that cannot be one is refused by name")
{
    inbox_world s{memory_inbox{}};
    device_client alice{s.port(), "alice"};
    for (const auto& wrong :
         {json::value{}, json::value{{"id", 7}}, json::value{{"id", ""}}, json::value{{"id", "x"}},
          json::value{{"id", std::string(38, 'z')}}, json::value{{"id", std::string(4000, 'a')}}})
        CHECK(alice.refusal_of("ack", wrong) == "invalid_message");
    // Another node's, for all that is known.
    CHECK(alice.refusal_of("ack", {{"id", std::string(38, 'a')}}) == "no error");
}

TEST_CASE("a client that makes up confirmations of other nodes cannot flood them")
{
    inbox_world s{memory_inbox{}};
    device_client mallory{s.port(), "mallory"};
    device_client alice{s.port(), "alice"};
    const json::value made_up{{"id", std::string(38, 'a')}};
    std::string last;
    for (int i = 0; i != 45 && last != "rate_limited"; ++i) // more than once, should the machine stall
        last = mallory.refusal_of("ack", made_up);
    CHECK(last == "rate_limited");
    CHECK(alice.refusal_of("ack", made_up) == "no error");
}

TEST_CASE("a notification that was known is not waited for")
{
    inbox_world s{memory_inbox{}};
    CHECK(s.notify("alice", {"t", "m", nullptr, "key"}).stored);
    const unconfirmed fate;
    s.w.hub().async_notify_acked("alice", {"t", "m", nullptr, "key"}, 24h, fate);
    CHECK(fate.outcome() == error::not_found);
}

TEST_CASE("only so many messages wait to be confirmed, and a hub that goes lets go of them")
{
    inbox_world s{memory_inbox{}};
    std::vector<unconfirmed> waiting(10'000);
    for (const auto& one : waiting)
        s.w.hub().async_send_to_user_acked("nobody", "t", something, 10min, one);
    const unconfirmed too_many;
    s.w.hub().async_send_to_user_acked("nobody", "t", something, 10min, too_many);
    CHECK(too_many.outcome() == error::queue_full);
    s.w.destroy_server();
    s.w.destroy_hub();
    for (const auto& one : waiting)
        if (one.outcome() != error::shutting_down)
            FAIL("another error");
}

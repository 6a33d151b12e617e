// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "support/catch.hpp"

#include <fanfare/detail/room/bus_subscriptions.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace fanfare;
using namespace fanfare::detail;
using words = std::vector<std::string>;

namespace {

// What the bus is told, and whether it carries rooms at once.
struct bus_log {
    words told;
    bool at_once = true;
};

class noting_bus {
public:
    explicit noting_bus(bus_log& log) : log_{&log} {}
    void attach(bus_sink&) { log_->told.emplace_back("attach"); }
    void detach(bus_sink&) { log_->told.emplace_back("detach"); }
    bus_receipt publish(const bus_message&, const bus_done&) { return {}; }
    bool join(bus_sink&, std::string_view room)
    {
        log_->told.push_back("join " + std::string{room});
        return log_->at_once;
    }
    void leave(bus_sink&, std::string_view room) { log_->told.push_back("leave " + std::string{room}); }

private:
    bus_log* log_;
};
static_assert(bus<noting_bus>);

struct no_hub final : bus_sink {
    error_code check_capacity(const bus_message&) noexcept override { return {}; }
    void deliver(const bus_message&) override {}
    void joined(std::string_view) override {}
    void missed(std::string_view) override {}
    void changed(const bus_status&) override {}
};

struct subscribed_hub {
    bus_log log;
    any_bus carrier{noting_bus{log}};
    no_hub sink;
    room_registry rooms{1};
    hub_counters count;
    bus_subscriptions all{carrier, sink, rooms, count};
    words told; // those who waited

    subscribed_hub(bool attached, bool at_once)
    {
        log.at_once = at_once;
        if (!attached)
            return;
        all.attach();
        log.told.clear();
    }
    room_ptr room(std::string_view name, const room_options& rules = {})
    {
        return rooms.obtain(name, std::make_shared<const namespace_rules>(rules));
    }
    bool hold(const room_ptr& room, std::string who)
    {
        return all.hold(*room, [this, who = std::move(who)] { told.push_back(who); });
    }
    // What the bus was told since the last call.
    words bus() { return std::exchange(log.told, {}); }
};

} // namespace

TEST_CASE("a hub joins a room on the bus with the first who wants it, and leaves with the last",
          "[bus_subscriptions]")
{
    subscribed_hub h{true, true};
    const auto a = h.room("a");
    const auto b = h.room("b");
    h.all.add_member(*a);
    h.all.add_member(*a);
    CHECK(h.bus() == words{"join a"});
    h.all.add_member(*b);
    CHECK(h.bus() == words{"join b"});
    CHECK(a->total == 2);
    h.all.remove_member(*a);
    CHECK(h.bus().empty());
    h.all.remove_member(*a);
    CHECK(h.bus() == words{"leave a"});
    CHECK(a->total == 0);
    h.all.add_member(*a);
    CHECK(h.bus() == words{"join a"});
}

TEST_CASE("who waits to become a member holds the room, too", "[bus_subscriptions]")
{
    subscribed_hub h{true, true};
    const auto a = h.room("a");
    CHECK(h.hold(a, "nobody"));
    CHECK(h.bus() == words{"join a"});
    CHECK(a->total == 0); // and is none yet
    h.all.add_member(*a);
    h.all.release(*a);
    CHECK(h.bus().empty());
    h.all.remove_member(*a);
    CHECK(h.bus() == words{"leave a"});
    CHECK(h.told.empty()); // the bus carried it at once
}

TEST_CASE("those who wait for a room are told once when the bus carries it", "[bus_subscriptions]")
{
    subscribed_hub h{true, false};
    const auto a = h.room("a");
    const auto b = h.room("b");
    CHECK_FALSE(h.hold(a, "first"));
    CHECK_FALSE(h.hold(a, "second"));
    CHECK_FALSE(h.hold(b, "other"));
    CHECK(h.bus() == words{"join a", "join b"});
    CHECK(h.told.empty());
    h.all.on_joined("a");
    CHECK(h.told == words{"first", "second"});
    h.all.on_joined("a"); // after an outage, say
    CHECK(h.told == words{"first", "second"});
    CHECK(h.hold(a, "third")); // it is carried by now
    h.all.on_joined("b");
    CHECK(h.told == words{"first", "second", "other"});
}

TEST_CASE("a room that nobody knows here any more may still be confirmed", "[bus_subscriptions]")
{
    subscribed_hub h{true, false};
    h.all.on_joined("gone");
    CHECK(h.told.empty());
    CHECK(h.rooms.size() == 0);
}

TEST_CASE("a room that was left and is joined again waits for the bus again", "[bus_subscriptions]")
{
    subscribed_hub h{true, false};
    const auto a = h.room("a");
    h.hold(a, "first");
    h.all.on_joined("a");
    h.all.release(*a);
    CHECK(h.bus() == words{"join a", "leave a"});
    CHECK_FALSE(h.hold(a, "second"));
    CHECK(h.told == words{"first"});
    h.all.on_joined("a");
    CHECK(h.told == words{"first", "second"});
}

TEST_CASE("those who are told may ask for another room from there", "[bus_subscriptions]")
{
    subscribed_hub h{true, false};
    const auto a = h.room("a");
    const auto b = h.room("b");
    CHECK_FALSE(h.all.hold(*a, [&] { h.hold(b, "b"); }));
    h.all.on_joined("a");
    CHECK(h.bus() == words{"join a", "join b"});
    h.all.on_joined("b");
    CHECK(h.told == words{"b"});
}

TEST_CASE("a hub that leaves the bus tells those who wait, and tells the bus nothing more", "[bus_subscriptions]")
{
    subscribed_hub h{true, false};
    const auto a = h.room("a");
    const auto b = h.room("b");
    h.hold(a, "a");
    h.hold(b, "b");
    h.all.on_joined("b");
    REQUIRE(h.all.attached());
    h.told.clear();
    h.bus();
    h.all.detach();
    CHECK_FALSE(h.all.attached());
    CHECK(h.bus() == words{"detach"});
    CHECK(h.told == words{"a"});
    h.all.detach();
    h.all.release(*a);
    h.all.add_member(*h.room("c"));
    CHECK(h.hold(h.room("d"), "d"));
    CHECK(h.bus().empty());
    CHECK(h.told == words{"a"});
}

TEST_CASE("a hub that is not on the bus yet waits for nothing", "[bus_subscriptions]")
{
    subscribed_hub h{false, false};
    CHECK_FALSE(h.all.attached());
    CHECK(h.hold(h.room("a"), "a"));
    h.all.detach(); // of what never was attached
    CHECK(h.bus().empty());
    h.all.attach();
    CHECK(h.all.attached());
    CHECK(h.bus() == words{"attach"});
}

TEST_CASE("a user counts once, with as many connections as there are", "[bus_subscriptions]")
{
    subscribed_hub h{true, true};
    const auto alice = h.room("user:alice");
    const auto bob = h.room("user:bob");
    const auto device = h.room("device:1");
    h.all.add_member(*alice);
    h.all.add_member(*alice);
    h.all.add_member(*bob);
    h.all.add_member(*device);
    CHECK(h.count.users.get() == 2);
    h.all.remove_member(*alice);
    CHECK(h.count.users.get() == 2);
    h.all.remove_member(*alice);
    h.all.remove_member(*device);
    CHECK(h.count.users.get() == 1);
    h.hold(alice, "who waits is not here yet");
    CHECK(h.count.users.get() == 1);
}

TEST_CASE("where the bus did not carry a room with history, nobody knows what has passed by",
          "[bus_subscriptions]")
{
    for (const bool at_once : {true, false}) {
        subscribed_hub h{true, at_once};
        const auto a = h.room("a", {.history = 10});
        a->stream->seed({7, 3});
        h.all.add_member(*a);
        CHECK((a->stream->last() == position{7, 3}) == at_once);
    }
}

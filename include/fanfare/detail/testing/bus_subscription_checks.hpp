// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_TESTING_BUS_SUBSCRIPTION_CHECKS_HPP
#define FANFARE_DETAIL_TESTING_BUS_SUBSCRIPTION_CHECKS_HPP

// Attaching and detaching, joining and leaving, and the locks that a hub holds meanwhile.
#include <fanfare/bus.hpp>
#include <fanfare/detail/testing/bus_world.hpp>
#include <fanfare/detail/testing/joined_threads.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace fanfare::detail {

template <class World>
void check_attach(World& w)
{
    using kind = bus_message::kind;
    for (int round = 0; round != 20; ++round) {
        const auto step = "attaching a sink and, when the bus is up, sending to all from the other node";
        const auto visitor = w.visit(1);
        w.look.about("B1", step);
        w.look.require(visitor->came_up, "the bus comes up");
        w.send(w[0], {.what = kind::broadcast, .body = numbered_body(0, round)});
        w.send(w[0], {.what = kind::control, .body = "do it"});
        w.wait("B1", step, "the broadcast and the command reach the new sink", [&] {
            return visitor->sink.has(numbered_body(0, round)) && !visitor->sink.bodies("", kind::control).empty();
        });
    }
}

template <class World>
void check_detach(World& w)
{
    w.join(w[1], "chat:a");
    repeating_thread publisher{[&w](int i) {
        (void)w[0].publish("chat:a", numbered_body(0, i));
        (void)w[0].send({.what = bus_message::kind::broadcast, .body = "{}"});
    }};
    for (int round = 0; round != 20; ++round) {
        const auto visitor = w.visit(1);
        (void)w.bus(1).join(visitor->sink, "chat:a");
        w.wait("B1", "attaching a sink while others publish", "messages come",
               [&] { return visitor->sink.size() != 0; });
        w.bus(1).detach(visitor->sink);
        visitor->sink.gone = true;
        const auto before = w[1].sink.size();
        w.wait("B2", "detaching one of two sinks while others publish", "the sink that stays hears more",
               [&] { return w[1].sink.size() > before + 10; });
        w.look.about("B2", "detaching a sink while others publish");
        w.look.require_equal("the number of calls to it after detach", visitor->sink.calls_when_gone.load(), 0);
    }
    publisher.end();
    w.publish(w[0], "chat:a", R"({"the":"end"})");
    w.wait("B2", "detaching 20 sinks", "the sink that stays hears what is published afterwards",
           [&] { return w[1].sink.has(R"({"the":"end"})"); });
}

template <class World>
void check_join(World& w)
{
    for (int i = 0; i != 100; ++i) {
        const auto room = "device:" + std::to_string(i);
        w.join(w[0], room);
        w.publish(w[1], room, numbered_body(1, i)); // by one that has not joined it
    }
    const auto room_of = [](int i) { return "device:" + std::to_string(i); };
    for (int i = 0; i != 100; ++i)
        w.wait("B3", "publishing to " + room_of(i) + " when its join is in force", "the message comes",
               [&] { return w[0].sink.bodies(room_of(i)) == std::vector{numbered_body(1, i)}; });
    w.look.about("B3", "joining 100 rooms");
    for (int i = 0; i != 100; ++i)
        w.look.equal("how often missed is called for " + room_of(i), w[0].sink.missed_count(room_of(i)), 0);
}

// Many threads join and leave while others publish: nothing breaks, and who has joined in the end hears all.
template <class World>
void check_joins_and_leaves(World& w)
{
    {
        repeating_thread publisher{
            [&w](int i) { (void)w[1].publish("chat:" + std::to_string(i % 4), numbered_body(9, i)); }};
        joined_threads members;
        for (std::size_t m = 0; m != 2; ++m)
            members.run([&, m] {
                for (int i = 0; i != 500; ++i) {
                    const auto room = "chat:" + std::to_string(2 * m + static_cast<std::size_t>(i % 2));
                    (void)w[0].bus.join(w[0].sink, room);
                    w[0].bus.leave(w[0].sink, room);
                }
            });
        members.join();
    }
    w.join(w[0], "chat:0");
    w.publish(w[1], "chat:0", R"({"the":"end"})");
    w.wait("B3", "joining a room again after many joins and leaves", "what is published then comes",
           [&] { return w[0].sink.has(R"({"the":"end"})"); });
    w[0].bus.leave(w[0].sink, "chat:0");
    w[0].bus.leave(w[0].sink, "never:joined");
}

// Two hubs of one process on one bus.
template <class World>
void check_shared_bus(World& w)
{
    const auto second = w.visit(0);
    w.look.about("B1", "attaching a second sink to a bus");
    w.look.require(second->came_up, "the bus comes up");
    w.join(w[0], "chat:a");
    w.join(*second, "chat:a");
    w.publish(w[1], "chat:a", "{\"n\":1}");
    w.wait("B7", "publishing to two sinks of one bus", "the message comes to both",
           [&] { return w[0].sink.has("{\"n\":1}") && second->sink.has("{\"n\":1}"); });
    second->bus.leave(second->sink, "chat:a");
    w.publish(*second, "chat:a", "{\"n\":2}");
    w.wait("B4", "publishing when one of two sinks of a bus has left the room", "the message comes to the other",
           [&] { return w[0].sink.has("{\"n\":2}"); });
    w.send(w[1], {.what = bus_message::kind::control, .body = "count"});
    w.wait("B9", "sending a command to two sinks of one bus", "it comes to both",
           [&] { return w[0].sink.has("count") && second->sink.has("count"); });
    w.look.about("B9", "sending a command to two sinks of one bus");
    w.look.expect(w[0].sink.most_hubs() >= 2, "bus_message::hubs counts both");
}

/// A hub that takes one lock in each call from the bus, and holds it while it joins and leaves: as the real one does.
class locking_sink final : public bus_sink {
public:
    explicit locking_sink(std::chrono::milliseconds patience) : patience_{patience} {}

    error_code check_capacity(const bus_message&) noexcept override { return {}; }
    void deliver(const bus_message& m) override
    {
        if (m.what == bus_message::kind::room)
            enter();
    }
    void joined(std::string_view) override { enter(); }
    void missed(std::string_view) override { enter(); }
    void changed(const bus_status& status) override { up = status.up; }

    template <class F>
    void with_lock(F f)
    {
        const std::lock_guard lock{mutex_};
        holder_ = std::this_thread::get_id();
        f();
        holder_ = std::thread::id{};
    }

    std::atomic<bool> up{true};
    std::atomic<int> calls{0};
    std::atomic<int> waiting{0}; ///< For the lock, now.
    std::atomic<int> within{0};  ///< Calls by a thread that was in `join` or `leave`.
    std::atomic<int> blocked{
        0}; ///< Calls that had to wait for `join` or `leave` in another thread, and those for them.

private:
    void enter()
    {
        ++calls;
        if (holder_ == std::this_thread::get_id()) {
            ++within;
            return;
        }
        ++waiting;
        // Not a timed mutex: ThreadSanitizer does not know what the timed locks of some standard libraries call.
        if (eventually(patience_, [this] { return mutex_.try_lock(); }))
            mutex_.unlock();
        else
            ++blocked;
        --waiting;
    }

    const std::chrono::milliseconds patience_;
    std::mutex mutex_;
    std::atomic<std::thread::id> holder_{};
};

template <class World>
void check_locks(World& w)
{
    locking_sink sink{w[0].patience};
    auto& bus = w.bus(0);
    bus.attach(sink);
    w.look.about("B1", "attaching a sink");
    const bool came_up = eventually(w[0].patience, [&sink] { return sink.up.load(); });
    if (w.look.expect(came_up, "the bus comes up")) {
        repeating_thread publisher{[&w](int i) { (void)w[1].publish("chat:" + std::to_string(i % 2), "{}"); }};
        for (int i = 0; i != 20 && sink.within == 0 && sink.blocked == 0; ++i) {
            const auto room = "chat:" + std::to_string(i % 2);
            sink.with_lock([&] { (void)bus.join(sink, room); });
            (void)eventually(w[0].patience, [&, before = sink.calls.load()] { return sink.calls > before; });
            sink.with_lock([&] {
                (void)eventually(std::chrono::milliseconds{100}, [&sink] { return sink.waiting != 0; });
                bus.leave(sink, room);
            });
        }
    }
    bus.detach(sink);
    w.look.about("B14", "joining and leaving under a lock that the sink's functions take");
    w.look.equal("the number of calls to the sink from within join and leave", sink.within.load(), 0);
    w.look.equal("the number of calls to the sink that join and leave wait for", sink.blocked.load(), 0);
}

} // namespace fanfare::detail

#endif

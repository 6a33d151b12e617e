// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_SIMULATION_BUS_HPP
#define FANFARE_TESTS_SIMULATION_BUS_HPP

#include "bus_link.hpp"
#include "scheduler.hpp"
#include "truth.hpp"

#include <fanfare/bus.hpp>
#include <fanfare/error.hpp>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fanfare::simulation {

struct bus_habits {
    bool in_process = false; // hands over at once and never fails
    ticks delay = 3;
    std::uint64_t drop = 0;    // percent of messages, each link for itself
    std::uint64_t repeat = 0;  // rooms with history only: they must bear it, though the guarantee forbids it
    std::uint64_t swap = 0;    // the same
    std::uint64_t refuse = 0;  // percent of publishes
    std::uint64_t unknown = 0; // percent of publishes whose fate the publisher does not learn
    bool silent = false;       // rooms with history: some drops are never told by `missed`
};

// The bus between the hubs. To rooms without history it keeps its guarantee to the letter.
class bus_script {
public:
    bus_script(scheduler& clock, truth& all, bus_habits habits) : clock_{clock}, truth_{all}, habits_{habits} {}

    void attach(bus_sink& sink)
    {
        links_.push_back(std::make_unique<bus_link>(clock_, sink, links_.size(), habits_.delay));
    }
    void detach(bus_sink& sink)
    {
        for (auto& l : links_)
            if (l->hub == &sink)
                l->hub = nullptr;
    }
    bool attached() const
    {
        return std::any_of(links_.begin(), links_.end(), [](const auto& l) { return l->hub != nullptr; });
    }

    bus_receipt publish(const bus_message& message, const bus_done& done)
    {
        if (message.what != bus_message::kind::room) {
            for (auto& l : links_)
                if (l->hub)
                    l->hub->deliver(message);
            return {};
        }
        if (habits_.in_process)
            return publish_at_once(message, done);
        const auto* from = link_of(message.origin);
        const auto id = id_in(message.body);
        if ((from && !from->up && clock_.random.percent(60)) || clock_.mishap(habits_.refuse)) {
            clock_.note("bus: refuses ", message.channel, " id ", id);
            if (message.at)
                truth_.of(message.channel).bus_clean =
                    false; // stored, and then not sent: its hub tells the members
            return {error::bus_unavailable};
        }
        if ((from && !from->up) || clock_.mishap(habits_.unknown))
            return lose_track(message, done);
        const auto nodes = carry(message);
        if (done)
            answer(done, {.dispatched_to_cluster = true, .nodes = nodes});
        return {.dispatched_to_cluster = true};
    }

    bool join(bus_sink& sink, std::string_view room)
    {
        if (habits_.in_process)
            return true;
        auto& l = *link_of(&sink);
        auto& state = l.rooms[std::string{room}];
        state = {};
        const auto concerns = [room](const bus_event& e) { return e.room == room; };
        if (l.up && clock_.random.percent(20) && std::none_of(l.queue.begin(), l.queue.end(), concerns)) {
            state.in_force = true;
            return true;
        }
        state.number = ++joins_;
        clock_.after(clock_.moment(habits_.delay * 2, 60),
                     [this, &l, name = std::string{room}, number = state.number] { confirm(l, name, number); });
        return false;
    }
    void leave(bus_sink& sink, std::string_view room)
    {
        if (const auto l = link_of(&sink))
            l->rooms.erase(std::string{room});
    }

    // The message is on its way to every hub that has joined. Answers how many.
    std::size_t carry(const bus_message& message)
    {
        auto& room = truth_.of(message.channel);
        const auto id = id_in(message.body);
        if (!room.history)
            room.take_on_bus(id);
        clock_.note("bus: carries ", message.channel, " id ", id, ' ', text_of(message.at));
        std::size_t reached = 0;
        for (auto& l : links_)
            if (const auto in = l->rooms.find(std::string{message.channel}); in != l->rooms.end()) {
                if (!l->up)
                    room.bus_clean = false; // told when it comes back
                else if (in->second.in_force) {
                    push_message(*l, message, room);
                    ++reached;
                }
            }
        return reached;
    }

    std::size_t links() const noexcept { return links_.size(); }
    bool up(const bus_sink* sink) const
    {
        const auto* l = const_cast<bus_script*>(this)->link_of(sink);
        return !l || l->up;
    }
    // The link breaks: what is on its way from some point on is lost.
    void cut(std::size_t number)
    {
        auto& l = *links_[number];
        if (habits_.in_process || !l.up || !l.hub)
            return;
        l.up = false;
        auto keep = clock_.random.below(l.queue.size() + 1);
        clock_.note("bus: link ", number, " breaks, ", l.queue.size() - keep, " lost");
        std::deque<bus_event> kept;
        for (auto& e : l.queue) {
            const bool lost =
                keep == 0 && (e.what == bus_event::kind::message || e.what == bus_event::kind::missed);
            keep -= keep != 0;
            if (lost)
                truth_.of(e.room).bus_clean = false; // told when it is back
            else
                kept.push_back(std::move(e));
        }
        l.queue = std::move(kept);
        for (auto& [name, state] : l.rooms)
            if (!std::exchange(state.in_force, true))
                l.push({bus_event::kind::joined, name});
        l.push({bus_event::kind::down});
    }
    void restore(std::size_t number)
    {
        auto& l = *links_[number];
        if (l.up)
            return;
        l.up = true;
        clock_.note("bus: link ", number, " is back");
        l.push({bus_event::kind::up});
        for (auto& [name, state] : l.rooms) {
            if (!std::exchange(state.in_force, true))
                l.push({bus_event::kind::joined, name});
            truth_.of(name).bus_clean = false;
            l.push({bus_event::kind::missed, name});
        }
    }

private:
    bus_link* link_of(const bus_sink* sink)
    {
        for (auto& l : links_)
            if (l->hub == sink)
                return l.get();
        return nullptr;
    }

    bus_receipt publish_at_once(const bus_message& message, const bus_done& done)
    {
        for (auto& l : links_)
            if (l->hub)
                if (const auto ec = l->hub->check_capacity(message))
                    return {ec};
        auto& room = truth_.of(message.channel);
        if (!room.history)
            room.take_on_bus(id_in(message.body));
        clock_.note("bus: hands over ", message.channel, " id ", id_in(message.body), ' ', text_of(message.at));
        for (auto& l : links_)
            if (l->hub)
                l->hub->deliver(message);
        if (done)
            done({});
        return {};
    }

    // Taken, but the link breaks under it: it reaches all or nobody, and who asked is told that nobody knows.
    bus_receipt lose_track(const bus_message& message, const bus_done& done)
    {
        auto& room = truth_.of(message.channel);
        if (clock_.random.percent(50)) {
            carry(message);
        } else {
            room.bus_clean = false;
            if (!done && !room.history)
                room.take_on_bus(id_in(message.body));
            clock_.note("bus: loses ", message.channel, " id ", id_in(message.body));
            if (!done)
                for (auto& l : links_)
                    if (l->up && l->rooms.contains(std::string{message.channel}))
                        l->push({bus_event::kind::missed, std::string{message.channel}});
        }
        if (done && message.at)
            room.bus_clean = false; // as far as the publisher's hub knows
        if (done)
            answer(done, {.error = error::delivery_unknown});
        return {.dispatched_to_cluster = true};
    }

    void answer(const bus_done& done, const bus_receipt& fate)
    {
        clock_.after(clock_.moment(habits_.delay * 2, 40), [done, fate] { done(fate); });
    }

    void confirm(bus_link& l, const std::string& room, std::uint64_t number)
    {
        const auto at = l.rooms.find(room);
        if (at == l.rooms.end() || at->second.number != number || at->second.in_force)
            return; // left again, or told when the link broke
        at->second.in_force = true;
        l.push({bus_event::kind::joined, room});
    }

    void push_message(bus_link& l, const bus_message& m, room_truth& room)
    {
        bus_event e{bus_event::kind::message,
                    std::string{m.channel},
                    std::string{m.body},
                    std::string{m.key},
                    m.except,
                    m.at};
        if (clock_.mishap(habits_.drop)) {
            room.bus_clean = false;
            clock_.note("bus: drops ", e.room, ' ', text_of(m.at), " id ", id_in(m.body));
            if (!room.history)
                return l.push({bus_event::kind::missed, e.room});
            if (!habits_.silent || clock_.random.percent(50))
                clock_.after(clock_.random.below(20), [&l, name = e.room] {
                    if (l.up)
                        l.push({bus_event::kind::missed, name});
                });
            return;
        }
        if (room.history && clock_.mishap(habits_.repeat))
            clock_.after(clock_.random.below(30), [&l, e] {
                if (l.up)
                    l.push(e);
            });
        const bool before = room.history && !l.queue.empty() && l.queue.back().what == bus_event::kind::message &&
                            l.queue.back().room == e.room && clock_.mishap(habits_.swap);
        l.push(std::move(e));
        if (before)
            std::swap(l.queue.back(), l.queue[l.queue.size() - 2]);
    }

    scheduler& clock_;
    truth& truth_;
    bus_habits habits_;
    std::vector<std::unique_ptr<bus_link>> links_;
    std::uint64_t joins_ = 0;
};

// The handle that a hub gets.
class sim_bus {
public:
    explicit sim_bus(std::shared_ptr<bus_script> script) : script_{std::move(script)} {}
    void attach(bus_sink& sink) { script_->attach(sink); }
    void detach(bus_sink& sink) { script_->detach(sink); }
    bus_receipt publish(const bus_message& m, const bus_done& done) { return script_->publish(m, done); }
    bool join(bus_sink& sink, std::string_view room) { return script_->join(sink, room); }
    void leave(bus_sink& sink, std::string_view room) { script_->leave(sink, room); }

private:
    std::shared_ptr<bus_script> script_;
};
static_assert(bus<sim_bus>);

} // namespace fanfare::simulation

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_SIMULATION_BUS_LINK_HPP
#define FANFARE_TESTS_SIMULATION_BUS_LINK_HPP

#include "scheduler.hpp"
#include "truth.hpp"

#include <fanfare/bus.hpp>

#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <utility>

namespace fanfare::simulation {

// What is on its way from the bus to one hub.
struct bus_event {
    enum class kind { message, joined, missed, down, up };
    kind what = kind::message;
    std::string room{};
    std::string body{};
    std::string key{};
    std::uint64_t except = 0;
    position at{};
};

// One hub's link to the bus: hands over in order, each event when its time has come.
class bus_link {
public:
    bus_link(scheduler& clock, bus_sink& sink, std::size_t number, ticks delay)
        : hub{&sink}, clock_{clock}, number_{number}, delay_{delay}
    {}
    bus_link(const bus_link&) = delete;
    bus_link& operator=(const bus_link&) = delete;

    struct joined_room {
        bool in_force = false;
        std::uint64_t number = 0; // of the join
    };

    bus_sink* hub; // null: detached
    bool up = true;
    std::map<std::string, joined_room> rooms;
    std::deque<bus_event> queue;

    void push(bus_event e)
    {
        queue.push_back(std::move(e));
        if (!std::exchange(armed_, true))
            arm();
    }

private:
    void arm()
    {
        clock_.after(clock_.moment(delay_, 50), [this] {
            if (!queue.empty()) {
                const auto e = std::move(queue.front());
                queue.pop_front();
                if (hub)
                    hand_over(e);
            }
            armed_ = !queue.empty();
            if (armed_)
                arm();
        });
    }
    void hand_over(const bus_event& e)
    {
        switch (e.what) {
        case bus_event::kind::message:
            clock_.note("bus: delivers ", e.room, " id ", id_in(e.body), ' ', text_of(e.at), " to hub ", number_);
            return hub->deliver({.channel = e.room, .body = e.body, .key = e.key, .except = e.except, .at = e.at});
        case bus_event::kind::joined: return hub->joined(e.room);
        case bus_event::kind::missed:
            clock_.note("bus: tells hub ", number_, " that it missed some of ", e.room);
            return hub->missed(e.room);
        case bus_event::kind::down: return hub->changed({.up = false, .problem = "simulated"});
        case bus_event::kind::up: return hub->changed({});
        }
    }

    scheduler& clock_;
    std::size_t number_;
    ticks delay_;
    bool armed_ = false;
};

} // namespace fanfare::simulation

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_SIMULATION_PLAN_HPP
#define FANFARE_TESTS_SIMULATION_PLAN_HPP

#include "bus.hpp"
#include "receiver.hpp"
#include "scheduler.hpp"
#include "store.hpp"

#include <fanfare/options.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace fanfare::simulation {

// What kind of world a seed makes.
struct plan {
    std::size_t hubs = 1;
    std::size_t shards = 1;
    std::vector<client_habits> clients;
    std::vector<room_kind> rooms;
    std::vector<std::pair<std::string, room_options>> namespaces;
    hub_options options;
    bus_habits bus;
    store_habits store;
    bool bus_fails = false;
    bool store_fails = false;
    bool hubs_end = false;
    ticks length = 600;
    std::size_t messages = 60;
    std::size_t burst = 20;
    std::size_t pad = 40;
    std::size_t troubles = 4;

    std::string kinds() const
    {
        std::string out;
        for (const auto& c : clients)
            out += c.connects == way::websocket ? " w" : c.connects == way::events ? " e" : " l";
        return out.find_first_not_of(" w") == out.npos ? std::string{} : " (" + out.substr(1) + ')';
    }
    std::string text() const
    {
        std::string out = std::to_string(hubs) + " hubs of " + std::to_string(shards) + " shards, " +
                          std::to_string(clients.size()) + " clients" + kinds() + "; bus";
        out += bus.in_process ? " in process" : bus_fails ? " that fails" : " sound";
        out += store.at_once     ? "; store in memory"
               : store.publishes ? "; store that publishes"
                                 : "; store elsewhere";
        out += store_fails ? " that fails" : " sound";
        out += hubs_end ? "; hubs end" : "";
        out += "; outbox " + std::to_string(options.outbox_messages) + ", history " +
               std::to_string(namespaces.front().second.history) + "; rooms";
        for (const auto& r : rooms)
            out += ' ' + r.name;
        return out;
    }
};

inline hub_options quiet_options()
{
    constexpr std::chrono::hours never{24};
    hub_options o;
    o.ping_interval = never;
    o.idle_timeout = never * 2;
    o.write_timeout = never;
    o.close_timeout = never;
    o.heartbeat_interval = std::chrono::milliseconds{0};
    o.message_rate = 0;
    o.room_rate = 0;
    o.max_violations = 1000;
    o.executors_are_serial = true;
    return o;
}

inline void plan_rooms(plan& p, dice& random)
{
    room_options rules;
    p.namespaces.emplace_back("plain:", rules);
    rules.overflow = overflow_policy::drop_oldest;
    p.namespaces.emplace_back("ticks:", rules);
    rules.history = random.percent(60) ? 10'000 : random.between(2, 40);
    p.namespaces.emplace_back("drop:", rules);
    rules.overflow = overflow_policy::close;
    p.namespaces.emplace_back("chat:", rules);
    rules.overflow = overflow_policy::resync;
    p.namespaces.emplace_back("sync:", rules);
    std::swap(p.namespaces.front(), p.namespaces.back()); // `text` shows the first one's history

    const std::vector<room_kind> all{{"chat:a", true, false}, {"sync:a", true, false},   {"drop:a", true, true},
                                     {"chat:b", true, false}, {"plain:a", false, false}, {"ticks:a", false, true}};
    const auto first = random.below(all.size());
    const auto count = random.between(1, 3);
    for (std::uint64_t i = 0; i != count; ++i)
        p.rooms.push_back(all[(first + i) % all.size()]);
}

// From this seed on some clients are event streams, or in the hub's own process. Those below say what they have always
// said.
inline constexpr std::uint64_t first_mixed = 2'000'000;

inline plan make_plan(dice& random, bool mixed)
{
    plan p;
    p.hubs = random.between(1, 3);
    p.shards = random.between(1, 2);
    plan_rooms(p, random);
    p.options = quiet_options();
    if (random.percent(40))
        p.options.outbox_messages = random.between(3, 40);
    p.bus.in_process = random.percent(20);
    p.bus.delay = random.between(0, 12);
    p.bus_fails = !p.bus.in_process && random.percent(60);
    if (p.bus_fails) {
        p.bus.drop = random.below(12);
        p.bus.repeat = random.below(10);
        p.bus.swap = random.below(10);
        p.bus.refuse = random.below(6);
        p.bus.unknown = random.below(6);
        p.bus.silent = random.percent(50);
    }
    p.store.at_once = random.percent(25);
    p.store.publishes = !p.bus.in_process && random.percent(30);
    p.store.delay = random.between(0, 15);
    p.store_fails = random.percent(40);
    if (p.store_fails) {
        p.store.fail_append = random.below(10);
        p.store.unknown_append = random.below(6);
        p.store.fail_read = random.below(15);
    }
    p.length = random.between(300, 1500);
    p.messages = random.between(10, 90);
    p.burst = random.between(3, 40);
    p.pad = random.percent(30) ? 600 : 40;
    p.troubles = random.below(8);
    p.hubs_end = random.percent(25);
    const auto clients = random.between(1, 5);
    for (std::uint64_t i = 0; i != clients; ++i) {
        client_habits c;
        c.cut = random.below(30);
        c.leave = random.below(30);
        c.reads.latency = random.percent(25) ? random.between(10, 80) : random.between(0, 8);
        c.reads.window = random.between(200, 8192);
        c.reads.bite = random.percent(30) ? random.between(20, 200) : 4096;
        p.clients.push_back(c);
    }
    for (auto& c : p.clients)
        if (mixed && random.percent(60))
            c.connects = random.percent(50) ? way::events : way::local;
    // Recoveries take several pages. Without a throw of the dice, which would change every schedule.
    if (p.messages % 4 == 1)
        p.options.outbox_bytes = 8 * (p.pad + 200);
    return p;
}

} // namespace fanfare::simulation

#endif

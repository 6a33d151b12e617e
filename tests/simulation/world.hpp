// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_SIMULATION_WORLD_HPP
#define FANFARE_TESTS_SIMULATION_WORLD_HPP

#include "bus.hpp"
#include "client.hpp"
#include "event_client.hpp"
#include "lane.hpp"
#include "plan.hpp"
#include "scheduler.hpp"
#include "socket.hpp"
#include "store.hpp"
#include "truth.hpp"

#include <fanfare/hub.hpp>

#include <boost/asio/io_context.hpp>

#include <boost/system/system_error.hpp>

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace fanfare::simulation {

// Hubs, bus, store, clients and publishers of one seed.
class world {
public:
    explicit world(std::uint64_t seed, bool tracing)
        : clock_{seed, tracing}, plan_{make_plan(clock_.random, seed >= first_mixed)}
    {
        clock_.note(plan_.text());
        for (const auto& kind : plan_.rooms)
            truth_.rooms[kind.name].history = kind.history;
        bus_ = std::make_shared<bus_script>(clock_, truth_, plan_.bus);
        store_ = std::make_shared<store_script>(clock_, truth_, *bus_, plan_.store);
        for (std::size_t i = 0; i != plan_.hubs; ++i)
            hubs_.push_back(make_hub());
        for (std::size_t i = 0; i != plan_.clients.size(); ++i)
            add_client(i);
    }
    ~world()
    {
        for (auto& c : clients_)
            c.reset();
        for (auto& h : hubs_)
            h.reset();
        for (const auto& [to, w] : wires_)
            w->on_server = {};
        wires_.clear();
        for (auto& l : lanes_)
            l->clear();
    }
    world(const world&) = delete;
    world& operator=(const world&) = delete;

    void run()
    {
        for (auto& c : clients_)
            c->begin();
        for (std::size_t i = 0; i != plan_.messages; ++i)
            clock_.after(clock_.random.below(plan_.length), [this] { publish_some(); });
        for (std::size_t i = 0; i != plan_.troubles; ++i)
            clock_.after(clock_.random.below(plan_.length), [this] { trouble(); });
        clock_.after(plan_.length, [this] { calm_down(); });
        if (!rest())
            return;
        // One more message in each room: what it shows to be missing is told or made good.
        for (const auto& kind : plan_.rooms)
            publish_to(kind.name, next_id_++, {}, false);
        if (!rest())
            return;
        for (auto& c : clients_)
            c->settled();
    }

    const scheduler& clock() const noexcept { return clock_; }
    const receiver& client_at(std::size_t i) const { return *clients_[i]; }
    std::size_t clients() const noexcept { return clients_.size(); }
    std::uint64_t published() const noexcept { return next_id_ - 1; }
    std::uint64_t reads() const noexcept { return store_->reads; }

private:
    using hub_type = fanfare::hub<sim_bus, sim_store>;
    static constexpr std::uint64_t most_steps = 400'000;

    std::unique_ptr<hub_type> make_hub()
    {
        std::vector<asio::any_io_executor> executors;
        for (std::size_t i = 0; i != plan_.shards; ++i) {
            lanes_.push_back(std::make_unique<lane>(clock_, context_));
            executors.emplace_back(lanes_.back()->get_executor());
        }
        auto hub =
            std::make_unique<hub_type>(executors, sim_bus{bus_}, sim_store{store_, lanes_.size()}, plan_.options);
        for (const auto& [name, rules] : plan_.namespaces)
            hub->configure(name, rules);
        return hub;
    }
    void add_client(std::size_t number)
    {
        clients_.push_back(make_client(number));
        bool some = false;
        for (const auto& kind : plan_.rooms)
            if (clock_.random.percent(75) || (!some && &kind == &plan_.rooms.back())) {
                clients_.back()->want(kind);
                some = true;
            }
    }

    std::unique_ptr<receiver> make_client(std::size_t number)
    {
        const auto habits = plan_.clients[number];
        if (habits.connects == way::events)
            return std::make_unique<event_client>(
                clock_, truth_, number, habits,
                [this](const std::shared_ptr<wire>& w, const event_request& wanted) { return accept(w, wanted); });
        connector connect;
        if (habits.connects == way::websocket)
            connect.over_wire = [this](const std::shared_ptr<wire>& w) { return accept(w); };
        else
            connect.in_process = [this, number](local_handlers handlers) {
                return accept(number, std::move(handlers));
            };
        return std::make_unique<client>(clock_, truth_, number, habits, std::move(connect));
    }

    hub_type& choose_hub()
    {
        const auto number = clock_.random.below(hubs_.size());
        clock_.note("a connection comes to hub ", number);
        return *hubs_[number];
    }
    bool accept(const std::shared_ptr<wire>& w)
    {
        const auto hub = choose_hub().core();
        wires_.emplace_back(hub, w);
        return open_session(hub, clock_.random.below(plan_.shards), w);
    }
    bool accept(const std::shared_ptr<wire>& w, const event_request& wanted)
    {
        const auto hub = choose_hub().core();
        wires_.emplace_back(hub, w);
        auto positions = detail::event_positions::read(wanted.last_event_id);
        if (!positions)
            clock_.broken("an id of its own events is refused: ", wanted.last_event_id);
        return positions &&
               open_event_session(hub, clock_.random.below(plan_.shards), w, wanted, std::move(*positions));
    }
    std::optional<local_connection> accept(std::size_t client, local_handlers handlers)
    {
        auto& hub = choose_hub();
        locals_[client] = hub.core().get();
        try {
            return hub.connect(identity{}, std::move(handlers));
        } catch (const boost::system::system_error& e) {
            clock_.note("refused: ", e.what());
            return std::nullopt;
        }
    }

    // Until there is nothing left to do. False if the law was broken.
    bool rest()
    {
        while (clock_.breach().empty() && clock_.step())
            if (clock_.steps() > most_steps)
                clock_.broken("it does not come to rest");
        return clock_.breach().empty();
    }
    void calm_down()
    {
        clock_.calm = true;
        clock_.note("---- calm");
        for (std::size_t i = 0; i != bus_->links(); ++i)
            bus_->restore(i);
    }
    void trouble()
    {
        if (plan_.hubs_end && clock_.random.percent(30)) {
            auto& hub = clock_.random.one_of(hubs_);
            clock_.note("a hub ends, another takes its place");
            for (const auto& [to, w] : wires_)
                if (to == hub->core())
                    w->sever();
            for (const auto& [client, to] : locals_)
                if (to == hub->core().get())
                    clients_[client]->process_ends();
            hub.reset();
            hub = make_hub();
            return;
        }
        const auto link = clock_.random.below(bus_->links());
        switch (clock_.random.below(plan_.store_fails ? 4 : 2)) {
        case 0:
        case 1:
            if (!plan_.bus_fails)
                return;
            bus_->cut(link);
            return clock_.after(clock_.random.between(5, 300), [this, link] { bus_->restore(link); });
        case 2:
            if (clock_.random.percent(30))
                return store_->wipe();
            [[fallthrough]];
        default: return store_->trim(clock_.random.one_of(plan_.rooms).name);
        }
    }

    // ---- publishers

    void publish_some()
    {
        const auto count = clock_.random.percent(80) ? 1 : clock_.random.between(2, plan_.burst);
        const auto room = clock_.random.one_of(plan_.rooms);
        for (std::uint64_t i = 0; i != count; ++i) {
            const auto id = next_id_++;
            const bool keyed = room.history && clock_.random.percent(30);
            const bool wait = clock_.random.percent(60);
            if (clock_.random.percent(10))
                truth_.authors[id] = clock_.random.one_of(clients_)->connection_id;
            publish_to(room.name, id, keyed ? "key" + std::to_string(id) : "", wait);
        }
    }
    void publish_to(const std::string& room, std::uint64_t id, const std::string& key, bool wait)
    {
        auto& hub = *clock_.random.one_of(hubs_);
        const json::value payload{{"n", id}, {"pad", std::string(clock_.random.below(plan_.pad), 'x')}};
        publish_options options;
        options.idempotency_key = key;
        if (const auto author = truth_.authors.find(id); author != truth_.authors.end())
            options.except = author->second;
        const auto told = [this, room, id, key](const receipt& r) { on_receipt(room, id, key, r); };
        clock_.note("publishes ", room, " id ", id, key.empty() ? "" : " with a key", wait ? " and waits" : "");
        const auto answer = hub.core()->messages.publish(
            room, nullptr, "m", payload, options, wait ? detail::publish_done{told} : detail::publish_done{});
        if (!answer)
            told(answer);
    }
    void on_receipt(const std::string& room, std::uint64_t id, const std::string& key, const receipt& r)
    {
        clock_.note("publisher: ", room, " id ", id, ' ',
                    r.error ? r.error.message() : "taken at " + text_of(r.position));
        auto& t = truth_.of(room);
        if (!r.error && t.history) {
            if (!t.has(r.position) || t.epochs[r.position.epoch][r.position.offset - 1] != id)
                clock_.broken("the publisher of id ", id, " was told a wrong place: ", text_of(r.position));
        } else if (r.error == error::store_failed && key.empty()) {
            for (const auto& [epoch, ids] : t.epochs)
                if (std::find(ids.begin(), ids.end(), id) != ids.end())
                    clock_.broken("the publisher of id ", id, " was told that it was not stored");
        }
        if (r.error && !key.empty() && !clock_.calm)
            clock_.after(clock_.moment(20, 100), [this, room, id, key] { publish_to(room, id, key, true); });
    }

    asio::io_context context_; // never run: no timer fires
    scheduler clock_;
    plan plan_;
    truth truth_;
    std::shared_ptr<bus_script> bus_;
    std::shared_ptr<store_script> store_;
    std::vector<std::unique_ptr<lane>> lanes_;
    std::vector<std::pair<std::shared_ptr<detail::hub_core>, std::shared_ptr<wire>>> wires_;
    std::vector<std::unique_ptr<hub_type>> hubs_;
    std::map<std::size_t, const detail::hub_core*> locals_; // by client
    std::vector<std::unique_ptr<receiver>> clients_;
    std::uint64_t next_id_ = 1;
};

} // namespace fanfare::simulation

#endif

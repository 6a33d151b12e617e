// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_SIMULATION_RECEIVER_HPP
#define FANFARE_TESTS_SIMULATION_RECEIVER_HPP

#include "endpoint.hpp"
#include "law.hpp"
#include "pager.hpp"
#include "scheduler.hpp"
#include "truth.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace fanfare::simulation {

struct room_kind {
    std::string name;
    bool history = false;
    bool may_drop = false; // overflow drops, and tells by `gap`
};

// How a client is connected.
enum class way { websocket, events, local };

struct client_habits {
    std::uint64_t cut = 20;    // percent, each time it acts
    std::uint64_t leave = 20;  // percent, each time it acts
    std::uint64_t forget = 5;  // percent of subscribes: as if it were new
    std::uint64_t page = 10;   // percent, each time it acts: pages through a history
    std::uint64_t resume = 30; // percent of returns: by the token of the connection before
    reading_habits reads;
    way connects = way::websocket;
};

// What all kinds of clients have in common: the rooms that they want, and the law in each.
class receiver : public endpoint {
public:
    receiver(scheduler& clock, truth& all, std::size_t number, client_habits habits, connector connect)
        : endpoint{clock, "client " + std::to_string(number), habits.reads, std::move(connect)}, truth_{all},
          habits_{habits}
    {}
    virtual ~receiver() = default;

    void want(const room_kind& kind)
    {
        auto& r = rooms_[kind.name];
        r.kind = kind;
        start_anew(r);
    }
    void begin()
    {
        connect_after(clock_.random.below(60));
        act_later();
    }
    // It is in every room that it wants and has everything, or was told.
    void settled()
    {
        for (auto& [room, r] : rooms_)
            if (!r.in)
                clock_.broken(name_, ": at the end not in ", room);
            else if (r.history)
                r.history->settled();
            else
                r.plain->settled();
    }
    std::string connection_id; // the latest
    std::size_t recovered = 0;
    std::size_t not_recovered = 0;
    std::size_t gaps = 0;
    std::size_t messages = 0;

protected:
    struct wanted_room {
        room_kind kind;
        std::unique_ptr<history_law> history;
        std::unique_ptr<plain_law> plain;
        bool in = false;
        int asked = 0;         // requests that have no answer yet
        bool by_token = false; // one of them names the connection before, not the room
        position since{};
        std::uint64_t last = 0;
        std::size_t refusals = 0;
    };

    virtual void act() = 0;
    virtual void on_connected(const json::object&) {}
    virtual void on_subscribed(const json::object& payload) = 0;
    virtual void on_answer(std::string_view, const json::object&, const json::object&) {}

    void start_anew(wanted_room& r)
    {
        const auto law_name = name_ + ", " + r.kind.name;
        auto& t = truth_.of(r.kind.name);
        const auto own = [this](std::uint64_t id) { return truth_.is_author(id, connection_id); };
        if (r.kind.history)
            r.history = std::make_unique<history_law>(clock_, t, law_name, r.kind.may_drop, own);
        else
            r.plain = std::make_unique<plain_law>(clock_, t, law_name, r.kind.may_drop, own);
    }

    // What `subscribed` says of the rooms that were joined.
    void take_answer(const json::object& payload)
    {
        const auto* positions = payload.if_contains("positions");
        const auto* recoveries = payload.if_contains("recovered");
        for (const auto& name : payload.at("rooms").as_array()) {
            auto& r = rooms_.at(std::string{name.as_string()});
            r.in = true;
            r.refusals = 0;
            if (r.plain) {
                r.plain->subscribed();
                continue;
            }
            subscribed_room said;
            said.last = r.last;
            if (const auto* at = positions ? positions->as_object().if_contains(name.as_string()) : nullptr)
                said.at = position_in(at->as_object());
            if (const auto* one = recoveries ? recoveries->as_object().if_contains(name.as_string()) : nullptr) {
                said.recovered = one->as_object().at("recovered").as_bool();
                ++(*said.recovered ? recovered : not_recovered);
                if (const auto end = position_in(one->as_object()); *said.recovered && said.at && end != *said.at)
                    clock_.broken(name_, ": `recovered` and `positions` differ: ", json::serialize(payload));
            }
            r.history->subscribed(r.since, said);
        }
    }

    void on_text(const json::object& m) override
    {
        const std::string_view type = m.at("type").as_string();
        const auto* payload = m.contains("payload") ? m.at("payload").if_object() : nullptr;
        if (type == "connected") {
            connection_id = std::string_view{payload->at("connection_id").as_string()};
            on_connected(*payload);
        } else if (type == "subscribed") {
            on_subscribed(*payload);
        } else if (type == "gap") {
            on_gap(m, *payload);
        } else if (type == "m") {
            on_published(m, *payload);
        } else if (type == "history" || type == "unsubscribed") {
            on_answer(type, m, *payload);
        } else {
            clock_.note(name_, ": gets ", type, payload ? " " + json::serialize(*payload) : "");
        }
    }

    truth& truth_;
    client_habits habits_;
    std::map<std::string, wanted_room> rooms_;

private:
    void act_later()
    {
        if (!clock_.calm)
            clock_.after(clock_.random.between(5, 120), [this] {
                if (connected() && !clock_.calm)
                    act();
                act_later();
            });
    }
    wanted_room* room_of(const json::object& m)
    {
        const auto* name = m.if_contains("room");
        if (!name)
            return nullptr;
        auto& r = rooms_.at(std::string{name->as_string()});
        if (!r.in)
            clock_.broken(name_, ": gets `", std::string_view{m.at("type").as_string()},
                          "` of a room that it is not in: ", std::string_view{name->as_string()});
        return &r;
    }
    void on_published(const json::object& m, const json::object& payload)
    {
        ++messages;
        auto* r = room_of(m);
        if (!r)
            return;
        const auto id = payload.at("n").to_number<std::uint64_t>();
        if (r->history)
            r->history->message(id, position_in(m));
        else
            r->plain->message(id, position_in(m));
    }
    void on_gap(const json::object& m, const json::object& payload)
    {
        ++gaps;
        auto* r = room_of(m);
        if (!r)
            return;
        const std::string_view reason = payload.at("reason").as_string();
        if (r->history)
            r->history->gap(reason, position_in(payload));
        else
            r->plain->gap(reason);
    }
};

} // namespace fanfare::simulation

#endif

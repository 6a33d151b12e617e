// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_SIMULATION_CLIENT_HPP
#define FANFARE_TESTS_SIMULATION_CLIENT_HPP

#include "endpoint.hpp"
#include "law.hpp"
#include "pager.hpp"
#include "scheduler.hpp"
#include "truth.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <cstddef>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fanfare::simulation {

struct room_kind {
    std::string name;
    bool history = false;
    bool may_drop = false; // overflow drops, and tells by `gap`
};

struct client_habits {
    std::uint64_t cut = 20;    // percent, each time it acts
    std::uint64_t leave = 20;  // percent, each time it acts
    std::uint64_t forget = 5;  // percent of subscribes: as if it were new
    std::uint64_t page = 10;   // percent, each time it acts: pages through a history
    std::uint64_t resume = 30; // percent of returns: by the token of the connection before
    reading_habits reads;
};

// A client that follows docs/protocol.md, and checks the law.
class client final : public endpoint {
public:
    client(scheduler& clock, truth& all, std::size_t number, client_habits habits, connector connect)
        : endpoint{clock, "client " + std::to_string(number), habits.reads, std::move(connect)}, truth_{all},
          habits_{habits}
    {}

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

private:
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

    // ---- what it does of its own accord

    void on_lost() override
    {
        greeted_ = false;
        for (auto& [room, r] : rooms_) {
            r.in = r.by_token = false;
            r.asked = 0;
        }
    }
    void act_later()
    {
        if (!clock_.calm)
            clock_.after(clock_.random.between(5, 120), [this] {
                act();
                act_later();
            });
    }
    void act()
    {
        if (!connected() || clock_.calm)
            return;
        if (clock_.random.percent(habits_.cut))
            return lose("loses its connection");
        if (auto& [room, r] = *std::next(rooms_.begin(), static_cast<int>(clock_.random.below(rooms_.size())));
            r.in && r.history && clock_.random.percent(habits_.page))
            pages_.begin(room, clock_.random.percent(50));
        for (auto& [room, r] : rooms_)
            if ((r.in || clock_.random.percent(10)) && clock_.random.percent(habits_.leave) && greeted_) {
                ++r.asked;
                clock_.note(name_, ": unsubscribes from ", room);
                send({{"type", "unsubscribe"}, {"payload", {{"rooms", {room}}}}, {"request_id", room}});
            }
    }

    // ---- the message language

    void on_text(const json::object& m) override
    {
        const std::string_view type = m.at("type").as_string();
        const auto* payload = m.contains("payload") ? m.at("payload").if_object() : nullptr;
        if (type == "connected") {
            greeted_ = true;
            connection_id = std::string_view{payload->at("connection_id").as_string()};
            const auto old = std::exchange(token_, {});
            if (const auto* token = payload->if_contains("resume_token"))
                token_ = std::string_view{token->as_string()};
            if (!old.empty() && clock_.mishap(habits_.resume))
                resume(old);
            else
                subscribe();
        } else if (type == "history") {
            pages_.take(m, *payload, *rooms_.at(pages_.room()).history);
        } else if (type == "subscribed") {
            on_subscribed(*payload);
        } else if (type == "unsubscribed") {
            on_unsubscribed(m, *payload);
        } else if (type == "gap") {
            on_gap(m, *payload);
        } else if (type == "m") {
            on_published(m, *payload);
        } else {
            clock_.note(name_, ": gets ", type, payload ? " " + json::serialize(*payload) : "");
        }
    }

    // Names its rooms by the connection before; `since` as always.
    void resume(const std::string& token)
    {
        json::object since;
        for (auto& [room, r] : rooms_) {
            ++r.asked;
            r.by_token = true;
            name_position(room, r, since);
        }
        clock_.note(name_, ": resumes since ", json::serialize(since));
        send({{"type", "subscribe"}, {"payload", {{"resume", token}, {"since", since}}}});
    }
    void name_position(const std::string& room, wanted_room& r, json::object& since)
    {
        r.last = 0;
        r.since = r.history ? r.history->at() : position{};
        if (r.since)
            since[room] = {{"epoch", epoch_text(r.since.epoch)}, {"offset", r.since.offset}};
    }

    void subscribe()
    {
        json::array names;
        json::object since;
        json::object last;
        for (auto& [room, r] : rooms_) {
            if (r.in || r.asked != 0)
                continue;
            if (r.history && clock_.mishap(habits_.forget))
                start_anew(r);
            names.emplace_back(room);
            ++r.asked;
            name_position(room, r, since);
            if (r.history && !r.since && clock_.random.percent(40))
                last[room] = r.last = clock_.random.between(1, 20);
        }
        if (names.empty())
            return;
        clock_.note(name_, ": subscribes to ", json::serialize(names), " since ", json::serialize(since), " last ",
                    json::serialize(last));
        json::object payload{{"rooms", std::move(names)}};
        if (!since.empty())
            payload["since"] = std::move(since);
        if (!last.empty())
            payload["last"] = std::move(last);
        send({{"type", "subscribe"}, {"payload", std::move(payload)}});
    }
    void subscribe_later()
    {
        clock_.after(clock_.moment(20, 100), [this] {
            if (greeted_)
                subscribe();
        });
    }

    void on_subscribed(const json::object& payload)
    {
        const auto* positions = payload.if_contains("positions");
        const auto* recoveries = payload.if_contains("recovered");
        const bool by_token = payload.contains("resumed");
        for (auto& [room, r] : rooms_)
            if (by_token && std::exchange(r.by_token, false))
                --r.asked;
        if (by_token)
            subscribe_later(); // what the connection before was not in
        for (const auto& name : payload.at("rooms").as_array()) {
            auto& r = rooms_.at(std::string{name.as_string()});
            r.asked -= !by_token;
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
        for (const auto& one : payload.at("rejected").as_array()) {
            auto& r = rooms_.at(std::string{one.at("room").as_string()});
            r.asked -= !by_token;
            clock_.note(name_, ": ", json::serialize(one));
            if (clock_.calm && ++r.refusals > 20)
                clock_.broken(name_, ": is refused for ever: ", json::serialize(one));
            subscribe_later();
        }
    }
    void on_unsubscribed(const json::object& m, const json::object& payload)
    {
        auto& r = rooms_.at(std::string{m.at("request_id").as_string()}); // one room a request
        --r.asked;
        if (!payload.at("left").as_array().empty())
            r.in = false;
        subscribe_later();
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

    truth& truth_;
    client_habits habits_;
    std::map<std::string, wanted_room> rooms_;
    bool greeted_ = false;
    std::string token_;
    pager pages_{clock_, name_, [this](const json::object& m) { send(m); }};
};

} // namespace fanfare::simulation

#endif

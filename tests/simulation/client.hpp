// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_SIMULATION_CLIENT_HPP
#define FANFARE_TESTS_SIMULATION_CLIENT_HPP

#include "pager.hpp"
#include "receiver.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fanfare::simulation {

// A client that follows docs/protocol.md, over WebSocket or in the hub's own process, and checks the law.
class client final : public receiver {
public:
    using receiver::receiver;

private:
    // ---- what it does of its own accord

    void on_lost() override
    {
        greeted_ = false;
        for (auto& [room, r] : rooms_) {
            r.in = r.by_token = false;
            r.asked = 0;
        }
    }
    void act() override
    {
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

    void on_bytes(std::string_view bytes) override
    {
        std::vector<std::pair<int, std::string>> frames;
        decoder_.take(bytes, [&](int opcode, std::string_view payload) { frames.emplace_back(opcode, payload); });
        for (const auto& [opcode, payload] : frames)
            if (connected())
                on_frame(opcode, payload);
    }
    void on_frame(int opcode, const std::string& payload)
    {
        if (opcode == 1)
            return on_text(json::parse(payload).as_object());
        if (opcode == 8) {
            const auto code = payload.size() < 2 ? 0
                                                 : static_cast<unsigned char>(payload[0]) * 256 +
                                                       static_cast<unsigned char>(payload[1]);
            clock_.note(name_, ": gets close ", code);
            send_bytes(client_frame(payload, 8));
        }
    }
    void on_connecting() override { decoder_ = {}; }

    void on_connected(const json::object& payload) override
    {
        greeted_ = true;
        const auto old = std::exchange(token_, {});
        if (const auto* token = payload.if_contains("resume_token"))
            token_ = std::string_view{token->as_string()};
        if (!old.empty() && clock_.mishap(habits_.resume))
            resume(old);
        else
            subscribe();
    }
    void on_answer(std::string_view type, const json::object& m, const json::object& payload) override
    {
        if (type == "history")
            pages_.take(m, payload, *rooms_.at(pages_.room()).history);
        else
            on_unsubscribed(m, payload);
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

    void on_subscribed(const json::object& payload) override
    {
        const bool by_token = payload.contains("resumed");
        for (auto& [room, r] : rooms_)
            if (by_token && std::exchange(r.by_token, false))
                --r.asked;
        if (by_token)
            subscribe_later(); // what the connection before was not in
        for (const auto& name : payload.at("rooms").as_array())
            rooms_.at(std::string{name.as_string()}).asked -= !by_token;
        take_answer(payload);
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

    client_decoder decoder_;
    bool greeted_ = false;
    std::string token_;
    pager pages_{clock_, name_, [this](const json::object& m) { send(m); }};
};

} // namespace fanfare::simulation

#endif

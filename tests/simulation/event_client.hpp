// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_SIMULATION_EVENT_CLIENT_HPP
#define FANFARE_TESTS_SIMULATION_EVENT_CLIENT_HPP

#include "client.hpp"
#include "event_socket.hpp"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fanfare::simulation {

// A browser's EventSource: it keeps the id of the last event, names it when it connects again, and does nothing else.
class event_client final : public receiver {
public:
    using event_connector = std::function<bool(const std::shared_ptr<wire>&, const event_request&)>;

    event_client(scheduler& clock, truth& all, std::size_t number, client_habits habits, event_connector connect)
        : receiver{clock, all, number, habits, {[this](const std::shared_ptr<wire>& w) { return open(w); }}},
          open_{std::move(connect)}
    {}

private:
    bool open(const std::shared_ptr<wire>& w)
    {
        decoder_ = event_decoder{id_};
        event_request wanted;
        wanted.last_event_id = id_;
        named_ = positions_in(id_);
        for (auto& [room, r] : rooms_) {
            wanted.rooms.push_back(room);
            r.since = r.history ? named_[room] : position{};
            if (r.history && r.since != r.history->at())
                clock_.broken(name_, ": the id says ", text_of(r.since), " of ", room, " where it has ",
                              text_of(r.history->at()));
        }
        clock_.note(name_, ": asks for events after ", id_);
        return open_(w, wanted);
    }

    void on_lost() override
    {
        for (auto& [room, r] : rooms_)
            r.in = false;
    }
    void act() override
    {
        if (clock_.random.percent(habits_.cut))
            lose("loses its connection");
    }

    void on_bytes(std::string_view bytes) override
    {
        std::vector<received_event> events;
        decoder_.take(bytes, [&](received_event e) { events.push_back(std::move(e)); });
        for (const auto& e : events) {
            if (!connected())
                return;
            id_ = e.id;
            if (e.type.empty())
                on_text(json::parse(e.data).as_object());
            else
                clock_.note(name_, ": gets event ", e.type, ' ', e.data);
        }
    }
    void on_subscribed(const json::object& payload) override
    {
        take_answer(payload);
        if (!payload.at("rejected").as_array().empty())
            lose("is refused a room"); // the page opens another one
    }

    // By room; none for those that the id does not name.
    static std::map<std::string, position> positions_in(std::string_view id)
    {
        std::map<std::string, position> out;
        while (!id.empty()) {
            const auto one = id.substr(0, id.find(','));
            const auto colon = one.find(':', 17);
            out[std::string{one.substr(colon + 1)}] = {
                std::strtoull(std::string{one.substr(0, 16)}.c_str(), nullptr, 16),
                std::strtoull(std::string{one.substr(17, colon - 17)}.c_str(), nullptr, 10)};
            id.remove_prefix(std::min(one.size() + 1, id.size()));
        }
        return out;
    }

    event_connector open_;
    event_decoder decoder_{{}};
    std::string id_;
    std::map<std::string, position> named_;
};

} // namespace fanfare::simulation

#endif

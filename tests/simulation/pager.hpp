// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_SIMULATION_PAGER_HPP
#define FANFARE_TESTS_SIMULATION_PAGER_HPP

#include "law.hpp"
#include "scheduler.hpp"
#include "truth.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace fanfare::simulation {

namespace json = boost::json;

// The position that an object on the wire names, if it does.
inline position position_in(const json::object& o)
{
    const auto* epoch = o.if_contains("epoch");
    const auto* offset = o.if_contains("offset");
    if (!epoch || !offset)
        return {};
    return {std::strtoull(epoch->as_string().c_str(), nullptr, 16), offset->to_number<std::uint64_t>()};
}

// A client that pages through a room's history, one room at a time.
class pager {
public:
    pager(scheduler& clock, std::string owner, std::function<void(const json::object&)> send)
        : clock_{clock}, owner_{std::move(owner)}, send_{std::move(send)}
    {}

    const std::string& room() const noexcept { return room_; }
    void begin(const std::string& room, bool newest_first)
    {
        room_ = room;
        newest_first_ = newest_first;
        ask({});
    }
    void take(const json::object& message, const json::object& payload, history_law& law)
    {
        if (message.at("request_id").to_number<std::uint64_t>() != number_)
            return; // of a request that was given up
        std::vector<std::pair<position, std::uint64_t>> all;
        for (const auto& one : payload.at("messages").as_array())
            all.emplace_back(position_in(one.as_object()), one.at("payload").at("n").to_number<std::uint64_t>());
        const auto next = law.page(from_, newest_first_, all);
        if (payload.at("more").as_bool() && !all.empty() && clock_.random.percent(70))
            ask({position_in(payload).epoch, next});
    }

private:
    void ask(const position& from)
    {
        from_ = from;
        json::object payload{{"limit", clock_.random.between(1, 12)},
                             {"order", newest_first_ ? "newest" : "oldest"}};
        if (from)
            payload["since"] = {{"epoch", epoch_text(from.epoch)}, {"offset", from.offset}};
        clock_.note(owner_, ": asks for a page of ", room_, ": ", json::serialize(payload));
        send_({{"type", "history"}, {"room", room_}, {"payload", std::move(payload)}, {"request_id", ++number_}});
    }

    scheduler& clock_;
    std::string owner_;
    std::function<void(const json::object&)> send_;
    std::string room_;
    position from_{};
    bool newest_first_ = false;
    std::uint64_t number_ = 0; // of the last request
};

} // namespace fanfare::simulation

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_SIMULATION_TRUTH_HPP
#define FANFARE_TESTS_SIMULATION_TRUTH_HPP

#include "scheduler.hpp"

#include <fanfare/position.hpp>

#include <charconv>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace fanfare::simulation {

// What an all-knowing observer knows about a room.
struct room_truth {
    bool history = false;
    // With history: the ids of all messages that the store ever took, by epoch; the first has offset 1.
    std::map<std::uint64_t, std::vector<std::uint64_t>> epochs{};
    position top{};           // of the newest
    std::uint64_t oldest = 1; // that is kept, in the newest epoch
    bool readable = true;     // no read of it has failed so far
    // Without history: the ids of all messages on the bus, in order; and the place of each there, from 1.
    std::vector<std::uint64_t> sent{};
    std::unordered_map<std::uint64_t, std::uint64_t> place{};
    // Every message has reached, or will reach, every hub that wants it.
    bool bus_clean = true;

    // Whether what follows `since` was there for the asking all the time: then there is no excuse.
    bool kept_since(const position& since) const
    {
        return readable && since.epoch == top.epoch && since.offset + 1 >= oldest && since.offset <= top.offset;
    }
    bool has(const position& at) const
    {
        const auto found = epochs.find(at.epoch);
        return found != epochs.end() && at.offset >= 1 && at.offset <= found->second.size();
    }
    void take_on_bus(std::uint64_t id)
    {
        sent.push_back(id);
        place[id] = sent.size();
    }
};

struct truth {
    std::map<std::string, room_truth, std::less<>> rooms;
    // The connection that a message is not for, where there is one, by the message's id.
    std::unordered_map<std::uint64_t, std::string> authors;
    bool is_author(std::uint64_t id, const std::string& connection) const
    {
        const auto found = authors.find(id);
        return found != authors.end() && found->second == connection;
    }
    room_truth& of(std::string_view name) { return rooms.find(name)->second; }
};

// The number that each simulated message carries: `"payload":{"n":17,...`.
inline std::uint64_t id_in(std::string_view body)
{
    constexpr std::string_view sign = "\"n\":";
    const auto at = body.find(sign);
    std::uint64_t id = 0;
    if (at != body.npos)
        std::from_chars(body.data() + at + sign.size(), body.data() + body.size(), id);
    return id;
}

inline std::string epoch_text(std::uint64_t epoch)
{
    char digits[16];
    const auto last = std::to_chars(digits, digits + sizeof digits, epoch, 16).ptr;
    const std::string_view text{digits, static_cast<std::size_t>(last - digits)};
    return std::string(16 - text.size(), '0').append(text);
}

inline std::string text_of(const position& at)
{
    return epoch_text(at.epoch).substr(12) + '/' + std::to_string(at.offset);
}

} // namespace fanfare::simulation

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_WIRE_EVENT_POSITIONS_HPP
#define FANFARE_DETAIL_WIRE_EVENT_POSITIONS_HPP

#include <fanfare/config.hpp>
#include <fanfare/position.hpp>

#include <boost/json/object.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace fanfare::detail {

/// Where a client is in its rooms' histories, as the id of an event. A browser keeps nothing else, and brings the last one
/// back in `Last-Event-ID`: so each names the positions in all rooms, `EPOCH:OFFSET:ROOM` with commas between.
/// Follows what the server tells by the rules for clients.
class event_positions {
public:
    /// Bytes of an id. Rooms that do not fit are not in it.
    static constexpr std::size_t max_size = 4096;

    /// What a client brings back. Nothing if that is not one of ours.
    static std::optional<event_positions> read(std::string_view id);

    /// A `subscribe` for these rooms, and those of its own that it was in before. From now on it follows these, and
    /// forgets others; those without a position get the `last` messages, if that is not 0.
    json::object subscription(const std::vector<std::string>& rooms, std::uint64_t last,
                              const std::function<bool(std::string_view)>& is_own);

    /// The server tells this now. True if the id is another one then.
    bool follow(std::string_view envelope);

    std::string text() const;

private:
    struct place {
        position at{};
        bool waits = false;              // for what it missed: until `subscribed` it does not move
        std::uint64_t newest = 0;        // so many of what was there come first, if they are kept
        std::set<std::uint64_t> early{}; // came live before what was missed
    };
    bool answer(std::string_view type, std::string_view envelope);
    bool move(place& p, const position& to);
    static bool pass_early(place& p);

    std::map<std::string, place, std::less<>> places_;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/wire/event_positions.ipp>
#endif

#endif

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

/// A client's positions in the histories of its rooms, as the id of an event. A browser keeps only the last id, and sends
/// it as `Last-Event-ID` when it reconnects: so each id holds the positions of all rooms, `EPOCH:OFFSET:ROOM` with commas
/// between. They are kept by the rules that a WebSocket client follows.
class event_positions {
public:
    /// Bytes of an id. Rooms that do not fit are not in it.
    static constexpr std::size_t max_size = 4096;

    /// Reads an id that a client sends back. Nothing if it is malformed.
    static std::optional<event_positions> read(std::string_view id);

    /// The payload of a `subscribe` to these rooms, and to those that the client joins by its identity (`is_own`) and whose
    /// position it has sent back. All other positions are dropped. Rooms without a position get the `last` messages first,
    /// if that is not 0.
    json::object subscription(const std::vector<std::string>& rooms, std::uint64_t last,
                              const std::function<bool(std::string_view)>& is_own);

    /// Takes note of an envelope that goes to the client now. True if that changes the id.
    bool follow(std::string_view envelope);

    /// The id.
    std::string text() const;

private:
    struct progress {
        position at{};
        bool recovering =
            false; // the client returns with `at`, and `subscribed` has not said how the room goes on
        std::uint64_t replayed = 0;      // `last`: so many messages before the position in `subscribed` come first
        std::set<std::uint64_t> ahead{}; // offsets of live messages that overtook the missed ones
    };
    bool follow_answer(std::string_view type, std::string_view envelope);
    bool follow_refreshed(std::string_view envelope);
    static bool advance(progress& p, const position& to);
    static bool advance_over_ahead(progress& p);

    std::map<std::string, progress, std::less<>> rooms_;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/wire/event_positions.ipp>
#endif

#endif

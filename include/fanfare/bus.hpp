// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_BUS_HPP
#define FANFARE_BUS_HPP

#include <fanfare/config.hpp>
#include <fanfare/fwd.hpp>

#include <boost/system/error_code.hpp>

#include <concepts>
#include <cstdint>
#include <string_view>

namespace fanfare {

/// What a bus carries between hubs. The views live as long as the call they are passed to.
struct bus_message {
    enum class kind : std::uint8_t {
        room,      ///< `body` is an envelope for the members of `channel`.
        broadcast, ///< `body` is an envelope for every connection; `channel` is empty.
        control,   ///< `body` is a command between hubs; `channel` is empty.
    };
    kind what = kind::room;
    std::string_view channel{};
    std::string_view body{};
    /// The conflation key, if any.
    std::string_view key{};
    /// The frame that holds `body`, when it was encoded in this process; a bus that leaves the process drops it.
    const detail::frame* encoded = nullptr;
    /// The hub that publishes, and its own record of the room, to spare a look-up.
    const bus_sink* origin = nullptr;
    detail::room_state* origin_room = nullptr;
};

/// A hub, as the bus sees it.
class bus_sink {
public:
    /// Whether the hub can take `message` now: `queue_full` under backpressure. Thread-safe.
    virtual error_code ready(const bus_message& message) noexcept = 0;
    /// Takes a message for the local members. Thread-safe; does not block, and runs no user code.
    virtual void deliver(const bus_message& message) = 0;

protected:
    ~bus_sink() = default;
};

/// What a bus answers to a publish.
struct bus_receipt {
    /// Set when the message was refused; then nobody gets it.
    error_code error{};
    /// The message is on its way to other processes.
    bool dispatched_to_cluster = false;
};

/// Carries messages between hubs.
///
/// Guarantee: all sinks that get the messages of one channel get them in one order, and a message that
/// is refused reaches nobody. Every function may be called from any thread.
/// - `attach(sink)`, `detach(sink)`: from `attach` on, until `detach` returns, `sink.deliver` may be called.
/// - `publish(message)`: takes a message, or refuses it.
/// - `join(room)`, `leave(room)`: this sink has its first, or no longer any, member of the room.
template <class B>
concept bus = std::copyable<B> && requires(B& b, bus_sink& sink, const bus_message& message, std::string_view room) {
    b.attach(sink);
    b.detach(sink);
    { b.publish(message) } -> std::same_as<bus_receipt>;
    b.join(sink, room);
    b.leave(sink, room);
};

} // namespace fanfare

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_ROOM_HPP
#define FANFARE_ROOM_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/detail/publish/async_publish.hpp>
#include <fanfare/message.hpp>

#include <boost/json/value.hpp>
#include <boost/json/value_from.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace fanfare {

/// What can be published: whatever Boost.JSON turns into a value, described structs included.
template <class T>
concept payload = std::same_as<T, json::value> || json::has_value_from<T>::value;

/// A handle to publish to one room, cheap to copy. `Payload` is what the room's messages carry; `json::value` for
/// anything. Thread-safe. May outlive the hub (then publishing answers `shutting_down`), but not its executors.
template <payload Payload = json::value>
class room {
public:
    /// See `hub::room`.
    room(std::shared_ptr<detail::hub_core> hub, std::string_view name)
        : hub_{std::move(hub)}, state_{hub_->rooms.obtain(name, hub_->rules.rules_for(name))}
    {}

    const std::string& name() const noexcept { return state_->name; }
    /// Members on this hub.
    std::size_t size() const noexcept { return state_->total.load(); }

    /// Sends a message to every member, on all hubs of the bus.
    ///
    /// @param type What the message is, 1 to 64 bytes of UTF-8.
    /// @param message Encoded once, in the calling thread.
    /// @return The receipt. Not taken: `queue_full` under backpressure, `message_too_large`, `invalid_message` for a
    ///         bad type, text that is not UTF-8 or a number that is not finite (RFC 8259), `shutting_down`; then nobody
    ///         gets it.
    ///         In a room with history it goes to the store first, and from there to the members. With a store in memory
    ///         the receipt has its position; with another it says only that the message is on its way, and what becomes
    ///         of it `async_publish` tells.
    /// Throws what the conversion to JSON throws, and `std::bad_alloc`.
    receipt publish(std::string_view type, const Payload& message, const publish_options& options = {}) const
    {
        if constexpr (std::same_as<Payload, json::value>)
            return hub_->messages.publish(state_->name, state_.get(), type, message, options);
        else
            return hub_->messages.publish(state_->name, state_.get(), type, json::value_from(message), options);
    }

    /// The same, and tells what became of the message once the bus has answered.
    ///
    /// Completion: `void(error_code, receipt)` on the token's executor, else the hub's first shard's. The error is also
    /// `receipt::error`: what `publish` refuses, or `bus_unavailable` (never sent), `delivery_unknown` (the link broke:
    /// some may have got it), or, in a room with history, the store's: `store_failed`, say; then nobody gets it. With an
    /// error and a `receipt::position` it is stored, and members get it when their hubs find that it lacks. Encoded before this returns. Cannot be cancelled: the message is on its way.
    template <class Token>
    auto async_publish(std::string_view type, const Payload& message, const publish_options& options,
                       Token&& token) const
    {
        return detail::async_publish(hub_,
                                     {.room = state_->name,
                                      .known = state_,
                                      .type = std::string{type},
                                      .payload = json::value_from(message),
                                      .key = std::string{options.key},
                                      .except = std::string{options.except},
                                      .idempotency_key = std::string{options.idempotency_key}},
                                     std::forward<Token>(token));
    }
    template <class Token>
    auto async_publish(std::string_view type, const Payload& message, Token&& token) const
    {
        return async_publish(type, message, {}, std::forward<Token>(token));
    }

private:
    std::shared_ptr<detail::hub_core> hub_;
    detail::room_ptr state_;
};

} // namespace fanfare

#endif

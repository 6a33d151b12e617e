// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_ROOM_HPP
#define FANFARE_ROOM_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/hub/async_publish.hpp>
#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/json_text.hpp>
#include <fanfare/message.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_from.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace fanfare {

/// What can be published: whatever Boost.JSON turns into a value, described structs included; and `json_text`.
template <class T>
concept payload = std::same_as<T, json::value> || json::has_value_from<T>::value;

/// A handle to publish to one room, cheap to copy; see `hub::room`. Thread-safe. It may outlive the hub (then
/// publishing answers `shutting_down`), but not the hub's executors.
///
/// @tparam Payload What the room's messages carry; `json::value` for anything.
template <payload Payload = json::value>
class room {
public:
    /// Made by `hub::room`.
    room(std::shared_ptr<detail::hub_core> hub, std::string_view name)
        : hub_{std::move(hub)}, state_{hub_->rooms.obtain(name, hub_->rules.rules_for(name))}
    {}

    const std::string& name() const noexcept { return state_->name; }
    /// How many members the room has on this hub.
    std::size_t size() const noexcept { return state_->total.load(); }

    /// Sends a message to every member, on all hubs of the bus. In a room with history it goes to the store first, and
    /// from there to the members.
    ///
    /// @param type What the message is, 1 to 64 bytes of UTF-8.
    /// @param message Anything that converts to `Payload`. It is encoded once, in the calling thread.
    /// @return Whether the message was taken; if not, nobody gets it: `queue_full` under backpressure,
    ///         `message_too_large`, `invalid_message` for a bad type, text that is not UTF-8 or a number that is not
    ///         finite (RFC 8259), `no_history` for an idempotency key in a room without, `shutting_down`.
    ///         In a room with history and a store in memory it has the message's position. With another store it says
    ///         only that the message is on its way; what becomes of it, `async_publish` tells, or
    ///         `hub::on_publish_failed`.
    /// Thread-safe, and never blocks on the network. Throws what the conversion to JSON throws, and `std::bad_alloc`.
    receipt publish(std::string_view type, const Payload& message, const publish_options& options = {}) const
    {
        return hub_->messages.publish(state_->name, state_.get(), type, detail::as_json(message), options);
    }

    /// Sends a message to every member, and completes with what became of it.
    ///
    /// Parameters: those of `publish`.
    /// - Lifetimes: everything is copied before this returns, and `message` is converted to JSON.
    /// - Completion: `void(error_code, receipt)`, when the bus has answered; in a room with history, when the store has
    ///   as well. On the handler's associated executor, else on the hub's first; never from within this call.
    /// - Errors (also in `receipt::error`): those of `publish`; `bus_unavailable` (it was never sent);
    ///   `delivery_unknown` (the link broke: some may have got it). In a room with history also the store's, such as
    ///   `store_failed`, and then nobody gets it; but an error together with a `receipt::position` says that it is
    ///   stored, and that members get it when their hubs find that it lacks.
    /// - Cancellation: not supported, as the message is on its way.
    /// - Thread-safety: may be called from any thread.
    template <asio::completion_token_for<void(error_code, receipt)> Token>
    auto async_publish(std::string_view type, const Payload& message, const publish_options& options,
                       Token&& token) const
    {
        return detail::async_publish(
            hub_, detail::for_room(state_->name, state_, type, detail::own_payload{message}, options),
            std::forward<Token>(token));
    }
    /// The same with default options.
    template <asio::completion_token_for<void(error_code, receipt)> Token>
    auto async_publish(std::string_view type, const Payload& message, Token&& token) const
    {
        return async_publish(type, message, publish_options{}, std::forward<Token>(token));
    }

private:
    std::shared_ptr<detail::hub_core> hub_;
    detail::room_ptr state_;
};

} // namespace fanfare

#endif

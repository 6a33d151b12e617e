// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_HUB_PUBLISHING_HPP
#define FANFARE_HUB_PUBLISHING_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/hub/async_publish.hpp>
#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/detail/hub/hub_topic.hpp>
#include <fanfare/message.hpp>
#include <fanfare/options.hpp>
#include <fanfare/room.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/json/value.hpp>

#include <functional>
#include <string_view>
#include <utility>

namespace fanfare {

/// The part of `hub` that knows rooms and publishes to them, and to everyone. To one user: see `hub_users`.
class hub_publishing : detail::hub_topic<hub_publishing> {
public:
    /// Sets the rules of a namespace: of all rooms `chat:ID` for the name `chat:`, of the one room `lobby` for
    /// `lobby`. The namespaces `global`, `device:`, `group:` and `user:` exist from the start.
    ///
    /// Rooms that exist already keep the rules that they were made with. Thread-safe.
    /// Throws `system_error`: `invalid_room` for a name that cannot be one; `invalid_config` for rules that cannot
    /// work, such as history on a bus between processes with a store that they do not share.
    void configure(std::string_view name, const room_options& rules) { core_->rules.configure(name, rules); }

    /// A handle to publish to a room many times: the room is looked up once.
    ///
    /// @tparam Payload What the room's messages carry; `json::value` for anything.
    /// Thread-safe. Throws `system_error`: `invalid_room`, or `unknown_room` if no namespace allows the name.
    template <payload Payload = json::value>
    fanfare::room<Payload> room(std::string_view name)
    {
        return {core_, name};
    }

    /// Publishes to a room by name: to every member, on all hubs of the bus.
    ///
    /// @param room Its name. One that no namespace allows is an error in the receipt.
    /// @param type What the message is, 1 to 64 bytes of UTF-8.
    /// @param message Anything that converts to JSON, or a `json_text`, which arrives as it is written. It is encoded
    ///        once, in the calling thread.
    /// @return Whether the message was taken, and by how many members here; see `room::publish` for the errors. More:
    ///         `invalid_room`, `unknown_room`.
    /// Thread-safe, and never blocks on the network. Throws what the conversion to JSON throws, and `std::bad_alloc`.
    template <payload Payload = json::value>
    receipt publish(std::string_view room, std::string_view type, const Payload& message,
                    const publish_options& options = {})
    {
        return core_->messages.publish(room, nullptr, type, detail::as_json(message), options);
    }

    /// Publishes to a room by name, and completes with what became of the message.
    ///
    /// Parameters: those of `publish`.
    /// - Lifetimes: everything is copied before this returns, and `message` is converted to JSON.
    /// - Completion: `void(error_code, receipt)`, when the bus has answered; in a room with history, when the store has
    ///   as well. On the handler's associated executor, else on the hub's first; never from within this call.
    /// - Errors (also in `receipt::error`): those of `publish`; and those of `room::async_publish`.
    /// - Cancellation: not supported, as the message is on its way.
    /// - Thread-safety: may be called from any thread.
    template <payload Payload = json::value, asio::completion_token_for<void(error_code, receipt)> Token>
    auto async_publish(std::string_view room, std::string_view type, const Payload& message,
                       const publish_options& options, Token&& token)
    {
        return detail::async_publish(core_,
                                     detail::for_room(room, {}, type, detail::own_payload{message}, options),
                                     std::forward<Token>(token));
    }
    /// The same with default options.
    template <payload Payload = json::value, asio::completion_token_for<void(error_code, receipt)> Token>
    auto async_publish(std::string_view room, std::string_view type, const Payload& message, Token&& token)
    {
        return async_publish(room, type, message, publish_options{}, std::forward<Token>(token));
    }

    /// Sends a message to every connection, whatever its rooms, on all hubs of the bus.
    ///
    /// Parameters, errors and exceptions: those of `publish`, without a room. Thread-safe.
    template <payload Payload = json::value>
    receipt broadcast(std::string_view type, const Payload& message)
    {
        return core_->messages.broadcast(type, detail::as_json(message));
    }

    /// Sends a message to every connection, and completes with what became of it.
    ///
    /// - Lifetimes: everything is copied before this returns, and `message` is converted to JSON.
    /// - Completion: `void(error_code, receipt)`, when the bus has answered. On the handler's associated executor, else
    ///   on the hub's first; never from within this call.
    /// - Errors (also in `receipt::error`): those of `broadcast`; `bus_unavailable` (it was never sent);
    ///   `delivery_unknown` (the link broke: some may have got it).
    /// - Cancellation: not supported, as the message is on its way.
    /// - Thread-safety: may be called from any thread.
    template <payload Payload = json::value, asio::completion_token_for<void(error_code, receipt)> Token>
    auto async_broadcast(std::string_view type, const Payload& message, Token&& token)
    {
        return detail::async_publish(core_, detail::for_everyone(type, detail::own_payload{message}),
                                     std::forward<Token>(token));
    }

    /// Sets what is called when a `publish` into a room with history has failed after it returned: with the room and
    /// the store's error, or the bus's. `async_publish` tells its caller instead.
    ///
    /// Called on the hub's first executor. Set it before the first connection. Not thread-safe.
    void on_publish_failed(std::function<void(std::string_view room, error_code)> f)
    {
        core_->handlers.on_publish_failed = std::move(f);
    }

protected:
    using hub_topic::hub_topic;
};

} // namespace fanfare

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_HUB_USERS_HPP
#define FANFARE_HUB_USERS_HPP

#include <fanfare/acknowledgement.hpp>
#include <fanfare/config.hpp>
#include <fanfare/detail/base/completion.hpp>
#include <fanfare/detail/hub/async_publish.hpp>
#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/detail/hub/hub_topic.hpp>
#include <fanfare/error.hpp>
#include <fanfare/message.hpp>
#include <fanfare/room.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_from.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace fanfare {

/// The part of `hub` that sends messages and notifications to users: to all connections of a user, on all hubs of the
/// bus. A user without a connection is no error. What a notification leaves in the user's inbox: see `hub_inbox`.
class hub_users : detail::hub_topic<hub_users> {
public:
    /// Sends a message to all connections of a user.
    ///
    /// @param user The user's id. An empty or overlong one answers `invalid_user`.
    /// @param type What the message is, 1 to 64 bytes of UTF-8.
    /// @param message Anything that converts to JSON, or a `json_text`, which arrives as it is written.
    /// @return Whether the message was taken; see `room::publish` for the other errors.
    /// Thread-safe. Throws what the conversion to JSON throws, and `std::bad_alloc`.
    template <payload Payload = json::value>
    receipt send_to_user(std::string_view user, std::string_view type, const Payload& message)
    {
        if (user.empty())
            return {.error = error::invalid_user};
        auto answer =
            core_->messages.publish("user:" + std::string{user}, nullptr, type, detail::as_json(message), {});
        if (answer.error == error::invalid_room)
            answer.error = error::invalid_user;
        return answer;
    }

    /// Sends a message to all connections of a user, and completes with what became of it:
    /// `receipt::local_receivers` connections of the user here, and `receipt::nodes` other processes that have some.
    ///
    /// - Lifetimes: everything is copied before this returns, and `message` is converted to JSON.
    /// - Completion: `void(error_code, receipt)`, when the bus has answered. On the handler's associated executor, else
    ///   on the hub's first; never from within this call.
    /// - Errors (also in `receipt::error`): `invalid_user`, and those of `room::async_publish`.
    /// - Cancellation: not supported, as the message is on its way.
    /// - Thread-safety: may be called from any thread.
    template <payload Payload = json::value, asio::completion_token_for<void(error_code, receipt)> Token>
    auto async_send_to_user(std::string_view user, std::string_view type, const Payload& message, Token&& token)
    {
        return detail::async_publish(core_, detail::for_user(user, type, detail::own_payload{message}),
                                     std::forward<Token>(token));
    }

    /// Sends a message to all connections of a user, and completes when one of them has confirmed it.
    ///
    /// The payload gets a field `ack_id`, and a client answers `ack {id}`. Then the user's other devices get
    /// `retract {id}`.
    ///
    /// @param message Converts to a JSON object, or the operation fails with `invalid_message`.
    /// @param timeout How long to wait for the confirmation, in milliseconds; 24 hours at most.
    /// - Lifetimes: everything is copied before this returns, and `message` is converted to JSON.
    /// - Completion: `void(error_code, acknowledgement)`. On the handler's associated executor, else on the hub's
    ///   first; never from within this call.
    /// - Errors: those of `async_send_to_user`; `timed_out`; `invalid_message`; `queue_full` if 10,000 such operations
    ///   wait already; `shutting_down`.
    /// - Cancellation: not supported; `timeout` ends the wait.
    /// - Thread-safety: may be called from any thread.
    template <payload Payload = json::value, asio::completion_token_for<void(error_code, acknowledgement)> Token>
    auto async_send_to_user_acked(std::string_view user, std::string_view type, const Payload& message,
                                  std::chrono::milliseconds timeout, Token&& token)
    {
        return detail::initiate<void(error_code, acknowledgement)>(
            default_executor(), std::forward<Token>(token),
            [core = core_, user = std::string{user}, type = std::string{type},
             payload = json::value(json::value_from(message)),
             timeout](auto done) { core->acks.send(user, type, payload, timeout, std::move(done)); });
    }

    /// Sends a `notification` message to all connections of a user. With an inbox it is stored first, and sent only if
    /// that went well; what fails after this has returned is told to `on_notify_failed`.
    ///
    /// @return Whether it was taken. Errors: those of `send_to_user`; with an inbox, `queue_full` if too many are on
    ///         their way to it.
    /// Thread-safe. Throws `std::bad_alloc`.
    receipt notify(std::string_view user, const notification& what) { return core_->inbox.notify(user, what, {}); }

    /// Sends a notification, and completes with what became of it. With an inbox it is stored first: then
    /// `receipt::stored` is true and `receipt::id` is its id there. If it could not be stored, nobody gets it. An error
    /// together with `stored` says that it is in the inbox, and that connected devices may not have been told.
    ///
    /// - Lifetimes: everything is copied before this returns.
    /// - Completion: `void(error_code, receipt)`, when the inbox and the bus have answered. On the handler's associated
    ///   executor, else on the hub's first; never from within this call.
    /// - Errors (also in `receipt::error`): those of `async_send_to_user`; with an inbox, those of its `async_add`, and
    ///   `queue_full` if too many are on their way to it.
    /// - Cancellation: not supported, as the notification is on its way.
    /// - Thread-safety: may be called from any thread.
    template <asio::completion_token_for<void(error_code, receipt)> Token>
    auto async_notify(std::string_view user, const notification& what, Token&& token)
    {
        return detail::initiate<void(error_code, receipt)>(
            default_executor(), std::forward<Token>(token),
            [core = core_, user = std::string{user}, what = detail::own_notification(what)](auto done) {
                core->inbox.notify(user, what, [done](const receipt& fate) { done(fate.error, fate); });
            });
    }

    /// Sends a notification, and completes when one of the user's connections has confirmed it; see
    /// `async_send_to_user_acked`.
    ///
    /// @param timeout How long to wait for the confirmation, in milliseconds; 24 hours at most.
    /// - Lifetimes: everything is copied before this returns.
    /// - Completion: `void(error_code, acknowledgement)`. On the handler's associated executor, else on the hub's
    ///   first; never from within this call.
    /// - Errors: those of `async_notify`; `timed_out`; `not_found` for an idempotency key that was known, as the
    ///   notification is then not sent again; `queue_full` if 10,000 such operations wait already; `shutting_down`.
    /// - Cancellation: not supported; `timeout` ends the wait.
    /// - Thread-safety: may be called from any thread.
    template <asio::completion_token_for<void(error_code, acknowledgement)> Token>
    auto async_notify_acked(std::string_view user, const notification& what, std::chrono::milliseconds timeout,
                            Token&& token)
    {
        return detail::initiate<void(error_code, acknowledgement)>(
            default_executor(), std::forward<Token>(token),
            [core = core_, user = std::string{user}, what = detail::own_notification(what), timeout](auto done) {
                core->acks.notify(user, what, timeout, std::move(done));
            });
    }

    /// Sets what is called when a `notify` has failed after it returned: with the user, the notification and the error.
    ///
    /// Called on the hub's first executor. Set it before the first connection. Not thread-safe.
    void on_notify_failed(std::function<void(std::string_view user, const notification&, error_code)> f)
    {
        core_->handlers.on_notify_failed = std::move(f);
    }

protected:
    using hub_topic::hub_topic;
};

} // namespace fanfare

#endif

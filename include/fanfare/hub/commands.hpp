// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_HUB_COMMANDS_HPP
#define FANFARE_HUB_COMMANDS_HPP

#include <fanfare/close_code.hpp>
#include <fanfare/config.hpp>
#include <fanfare/detail/base/completion.hpp>
#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/detail/hub/hub_topic.hpp>
#include <fanfare/error.hpp>
#include <fanfare/identity.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/json/object.hpp>
#include <boost/system/result.hpp>

#include <chrono>
#include <cstddef>
#include <string_view>
#include <utility>

namespace fanfare {

/// The part of `hub` that acts on the connections of a user, or on one connection by its id, on whichever hubs of the
/// bus they are: joins them to rooms, takes them out, gives them other rights, ends them. For a connection that the
/// application has at hand see `connection_ref`.
///
/// The functions without a token answer at once: no error means that the bus has taken the command, and whether all
/// hubs have carried it out, the asynchronous ones tell. All of them are thread-safe.
class hub_commands : detail::hub_topic<hub_commands> {
public:
    /// Joins all connections of a user to a room, whether or not clients may subscribe to it.
    ///
    /// With a bus within the process, what the same thread publishes afterwards reaches them. Between processes the
    /// room has to be subscribed first: wait for `async_subscribe_user`.
    /// @return `invalid_user` for an empty id; `invalid_room`, `unknown_room`; `invalid_message` for text that is not
    ///         UTF-8; the bus's errors. A user without a connection is no error.
    error_code subscribe_user(std::string_view user, std::string_view room)
    {
        return command("subscribe", "user", user, room);
    }

    /// Takes all connections of a user out of a room. Returns the errors of `subscribe_user`.
    error_code unsubscribe_user(std::string_view user, std::string_view room)
    {
        return command("unsubscribe", "user", user, room);
    }

    /// Ends all connections of a user.
    ///
    /// @param code What the client sees; it says whether to connect again (`should_reconnect`).
    /// @param reason For the client's log, cut to 123 bytes (RFC 6455 section 5.5).
    /// @return `invalid_user` for an empty id, which never means everybody; `invalid_message` for text that is not
    ///         UTF-8; the bus's errors. A user without a connection is no error.
    error_code disconnect_user(std::string_view user, close_code code = close_code::disconnected,
                               std::string_view reason = {})
    {
        return command("disconnect", "user", user, {}, close_fields(code, reason));
    }

    /// Changes the identities that all connections of a user have now: each as by `connection_ref::refresh`. One that
    /// connects later comes with the identity that its credential gives it. A connection where the change cannot take
    /// effect, as its hub knows a room's namespace no more, say, is closed with `try_again_later`.
    ///
    /// @return `invalid_user` for an empty id; `unauthorized` for an end that is over (use `disconnect_user`); `invalid_room`,
    ///         `unknown_room`; `invalid_message` for text that is not UTF-8 or numbers that are not finite; `invalid_json` for
    ///         claims that are nested deeper than `hub_options::max_json_depth` less two; `message_too_large` above
    ///         `max_publish_size`; the bus's errors. A user without a connection is no error.
    error_code refresh_user(std::string_view user, const identity_change& change)
    {
        return send(detail::refresh_command(core_->options(), core_->rules, "user", user, change));
    }

    /// Joins one connection to a room, by the id that `connected` has told the client. Returns the errors of
    /// `subscribe_user`; a connection that is gone is no error.
    error_code subscribe(std::string_view connection_id, std::string_view room)
    {
        return command("subscribe", "connection", connection_id, room);
    }

    /// Takes one connection out of a room. Returns the errors of `subscribe`.
    error_code unsubscribe(std::string_view connection_id, std::string_view room)
    {
        return command("unsubscribe", "connection", connection_id, room);
    }

    /// Changes the identity of one connection. Errors: those of `refresh_user`; a connection that is gone is no error. A
    /// room of another user's is noticed where the connection is only, which is closed then.
    error_code refresh(std::string_view connection_id, const identity_change& change)
    {
        return send(detail::refresh_command(core_->options(), core_->rules, "connection", connection_id, change));
    }

    /// Ends one connection. Parameters and errors: those of `disconnect_user`.
    error_code disconnect(std::string_view connection_id, close_code code = close_code::disconnected,
                          std::string_view reason = {})
    {
        return command("disconnect", "connection", connection_id, {}, close_fields(code, reason));
    }

    /// Joins all connections of a user to a room, and completes when all hubs have done so: with the number of the
    /// connections. What is published to the room from then on reaches them, whichever hub publishes it.
    ///
    /// - Lifetimes: everything is copied before this returns.
    /// - Completion: `void(error_code, std::size_t)`. On the handler's associated executor, else on the hub's first;
    ///   never from within this call.
    /// - Errors: those of `subscribe_user`; `bus_unavailable` while the bus is down; `timed_out` if a hub has not
    ///   answered within 5 seconds, with the number of the others' connections.
    /// - Cancellation: not supported, as the command is on its way.
    /// - Thread-safety: may be called from any thread.
    template <asio::completion_token_for<void(error_code, std::size_t)> Token>
    auto async_subscribe_user(std::string_view user, std::string_view room, Token&& token)
    {
        return async_command(make_command("subscribe", "user", user, room), std::forward<Token>(token));
    }

    /// Takes all connections of a user out of a room, and completes when all hubs have done so: with the number of the
    /// connections that were in it.
    ///
    /// - Lifetimes: everything is copied before this returns.
    /// - Completion: `void(error_code, std::size_t)`. On the handler's associated executor, else on the hub's first;
    ///   never from within this call.
    /// - Errors: those of `async_subscribe_user`.
    /// - Cancellation: not supported, as the command is on its way.
    /// - Thread-safety: may be called from any thread.
    template <asio::completion_token_for<void(error_code, std::size_t)> Token>
    auto async_unsubscribe_user(std::string_view user, std::string_view room, Token&& token)
    {
        return async_command(make_command("unsubscribe", "user", user, room), std::forward<Token>(token));
    }

    /// Ends all connections of a user, and completes when all hubs have begun to close them: with their number.
    ///
    /// Parameters: those of `disconnect_user`.
    /// - Lifetimes: everything is copied before this returns.
    /// - Completion: `void(error_code, std::size_t)`. On the handler's associated executor, else on the hub's first;
    ///   never from within this call.
    /// - Errors: those of `disconnect_user`; `bus_unavailable` while the bus is down; `timed_out` if a hub has not
    ///   answered within 5 seconds, with the number of the others' connections.
    /// - Cancellation: not supported, as the command is on its way.
    /// - Thread-safety: may be called from any thread.
    template <asio::completion_token_for<void(error_code, std::size_t)> Token>
    auto async_disconnect_user(std::string_view user, close_code code, std::string_view reason, Token&& token)
    {
        return async_command(make_command("disconnect", "user", user, {}, close_fields(code, reason)),
                             std::forward<Token>(token));
    }

    /// Changes the identities that all connections of a user have now, and completes when that has taken effect on all hubs:
    /// with the number of the connections that have the new one.
    ///
    /// - Lifetimes: everything is copied before this returns.
    /// - Completion: `void(error_code, std::size_t)`. On the handler's associated executor, else on the hub's first;
    ///   never from within this call.
    /// - Errors: those of `refresh_user`; `bus_unavailable` while the bus is down; `timed_out` if a hub has not
    ///   answered within 5 seconds, with the number of the others' connections.
    /// - Cancellation: not supported, as the command is on its way.
    /// - Thread-safety: may be called from any thread.
    template <asio::completion_token_for<void(error_code, std::size_t)> Token>
    auto async_refresh_user(std::string_view user, const identity_change& change, Token&& token)
    {
        return async_command(detail::refresh_command(core_->options(), core_->rules, "user", user, change),
                             std::forward<Token>(token));
    }

protected:
    using hub_topic::hub_topic;

private:
    static json::object close_fields(close_code code, std::string_view reason)
    {
        return {{"code", static_cast<int>(code)}, {"reason", reason}};
    }
    error_code command(std::string_view what, std::string_view target_kind, std::string_view target,
                       std::string_view room, json::object more = {})
    {
        return send(make_command(what, target_kind, target, room, std::move(more)));
    }
    error_code send(const boost::system::result<json::object>& made)
    {
        return made ? core_->channel.send(*made) : made.error();
    }
    boost::system::result<json::object> make_command(std::string_view what, std::string_view target_kind,
                                                     std::string_view target, std::string_view room,
                                                     json::object more = {})
    {
        if (target.empty())
            return error_code{error::invalid_user};
        if (error_code ec; what != "disconnect" && !core_->rules.rules_for(room, ec))
            return ec;
        more["type"] = what;
        more[target_kind] = target;
        if (!room.empty())
            more["room"] = room;
        for (const auto& field : more)
            if (!detail::is_sendable(field.value()))
                return error_code{error::invalid_message};
        return more;
    }
    template <class Token>
    auto async_command(boost::system::result<json::object> made, Token&& token)
    {
        return detail::initiate<void(error_code, std::size_t)>(
            default_executor(), std::forward<Token>(token), [core = core_, made = std::move(made)](auto done) {
                if (!made)
                    return done(made.error(), 0);
                core->others.ask(*made, std::chrono::seconds{5},
                                 [done](error_code ec, const detail::cluster::answers& said) {
                                     done(ec, detail::connections_in(said));
                                 });
            });
    }
};

} // namespace fanfare

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_HUB_HPP
#define FANFARE_HUB_HPP

#include <fanfare/acknowledgement.hpp>
#include <fanfare/bus.hpp>
#include <fanfare/config.hpp>
#include <fanfare/connection_ref.hpp>
#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/detail/hub/message_handler.hpp>
#include <fanfare/detail/publish/async_publish.hpp>
#include <fanfare/detail/requests/presence.hpp>
#include <fanfare/history.hpp>
#include <fanfare/inbox.hpp>
#include <fanfare/message.hpp>
#include <fanfare/options.hpp>
#include <fanfare/presence.hpp>
#include <fanfare/room.hpp>
#include <fanfare/store.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/system/result.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fanfare {

class in_process_bus;
class memory_store;

/// The local registry of connections, rooms and users, and the way to publish to them.
///
/// A hub has one shard for each executor it is given. A connection lives on one shard, and the hub's handlers for it
/// run there. Executors may be run by several threads: the hub puts a strand over each, unless
/// `hub_options::executors_are_serial` says that is not needed.
///
/// Thread-safe, but for `on_*` and `authorize`, which are set before the first connection. Destroying the hub
/// closes its connections with 1001, as far as the executors still run. The executors' context outlives the hub and
/// every handle to it.
///
/// `Bus` carries messages between hubs, `Store` keeps the history of rooms that have some (`room_options::history`).
template <class Bus = in_process_bus, class Store = memory_store>
class hub {
public:
    /// A hub with one shard. Throws `std::invalid_argument` naming the option that cannot work.
    explicit hub(asio::any_io_executor executor, hub_options options = {}) requires
        std::default_initializable<Bus> && std::default_initializable<Store>
        : hub{std::vector{std::move(executor)}, Bus{}, Store{}, options}
    {}
    hub(asio::any_io_executor executor, Bus bus,
        hub_options options = {}) requires std::default_initializable<Store>
        : hub{std::vector{std::move(executor)}, std::move(bus), Store{}, options}
    {}
    hub(asio::any_io_executor executor, Bus bus, Store store, hub_options options = {})
        : hub{std::vector{std::move(executor)}, std::move(bus), std::move(store), options}
    {}
    /// A hub with a shard for each of 1 to 255 executors, each run by a thread of its own, say.
    hub(const std::vector<asio::any_io_executor>& executors, Bus bus, Store store, hub_options options = {})
        : core_{std::make_shared<detail::hub_core>(
              executors, options, std::make_unique<detail::bus_holder<Bus>>(std::move(bus)),
              std::make_unique<detail::store_holder<Store>>(std::move(store)))}
    {
        core_->start();
    }
    hub(const std::vector<asio::any_io_executor>& executors, Bus bus,
        hub_options options = {}) requires std::default_initializable<Store>
        : hub{executors, std::move(bus), Store{}, options}
    {}
    explicit hub(const std::vector<asio::any_io_executor>& executors, hub_options options = {}) requires
        std::default_initializable<Bus> && std::default_initializable<Store>
        : hub{executors, Bus{}, Store{}, options}
    {}
    hub(const hub&) = delete;
    hub& operator=(const hub&) = delete;
    ~hub() { core_->shutdown.abandon(); }

    /// Sets the rules of a namespace: all rooms `chat:ID` for the name `chat:`, the one room `lobby` for `lobby`.
    /// Rooms that live keep their rules. `global`, `device:`, `group:` and `user:` exist from the start.
    /// Throws `system_error` (`invalid_room`).
    void configure(std::string_view name, const room_options& rules) { core_->rules.configure(name, rules); }

    /// A handle to publish to a room. Throws `system_error`: `invalid_room`, or `unknown_room` if no namespace
    /// allows it.
    template <payload Payload = json::value>
    fanfare::room<Payload> room(std::string_view name)
    {
        return {core_, name};
    }

    /// Publishes to a room by name; see `room::publish`. A name that no namespace allows is an error in the receipt.
    template <payload Payload>
    receipt publish(std::string_view room, std::string_view type, const Payload& message,
                    const publish_options& options = {})
    {
        if constexpr (std::same_as<Payload, json::value>)
            return core_->messages.publish(room, nullptr, type, message, options);
        else
            return core_->messages.publish(room, nullptr, type, json::value_from(message), options);
    }

    /// Publishes to a room by name, and tells what became of the message; see `room::async_publish`.
    template <payload Payload, class Token>
    auto async_publish(std::string_view room, std::string_view type, const Payload& message,
                       const publish_options& options, Token&& token)
    {
        return detail::async_publish(core_,
                                     {.room = room.empty() ? std::string{':'} : std::string{room},
                                      .type = std::string{type},
                                      .payload = json::value_from(message),
                                      .key = std::string{options.key},
                                      .except = std::string{options.except},
                                      .idempotency_key = std::string{options.idempotency_key}},
                                     std::forward<Token>(token));
    }
    template <payload Payload, class Token>
    auto async_publish(std::string_view room, std::string_view type, const Payload& message, Token&& token)
    {
        return async_publish(room, type, message, publish_options{}, std::forward<Token>(token));
    }

    /// Sends a message to all connections of a user, on all hubs of the bus. No connection is no error.
    /// An empty or overlong id answers `invalid_user`.
    template <payload Payload>
    receipt send_to_user(std::string_view user, std::string_view type, const Payload& message)
    {
        if (user.empty())
            return {.error = error::invalid_user};
        auto answer = publish("user:" + std::string{user}, type, message);
        if (answer.error == error::invalid_room)
            answer.error = error::invalid_user;
        return answer;
    }
    /// Sends a `notification` to all connections of a user, on all hubs of the bus. With an inbox it is stored first, and
    /// sent only if that went well; what fails after this has returned is told to `on_notify_failed`.
    receipt notify(std::string_view user, const notification& what) { return core_->inbox.notify(user, what, {}); }
    /// `send_to_user` and `notify`, and tell what became of the message: `receipt::local_receivers` connections of the
    /// user here, and `receipt::nodes` other processes that have some. Completion as of `room::async_publish`.
    template <payload Payload, class Token>
    auto async_send_to_user(std::string_view user, std::string_view type, const Payload& message, Token&& token)
    {
        return detail::async_publish(core_, detail::for_user(user, type, json::value_from(message)),
                                     std::forward<Token>(token));
    }
    /// With an inbox the notification is stored first; if that fails, nobody gets it. Then `receipt::stored` is true and
    /// `receipt::id` is its id. An error with `stored` says that it is in the inbox, and that connected devices may not have
    /// been told. More errors: the inbox's; `queue_full` if too many are on their way.
    template <class Token>
    auto async_notify(std::string_view user, const notification& what, Token&& token)
    {
        return asio::async_initiate<Token, void(error_code, receipt)>(
            [core = core_, user = std::string{user}, what = detail::own_notification(what)](auto handler) {
                const auto done =
                    detail::completion<error_code, receipt>(core->shards.first().executor(), std::move(handler));
                core->inbox.notify(user, what, [done](const receipt& fate) { done(fate.error, fate); });
            },
            token);
    }
    /// `async_notify` and `async_send_to_user`, and wait until one of the user's devices has confirmed: the payload, an
    /// object, gets an `ack_id`, and a client answers `ack {id}`. Then the user's other devices get `retract {id}`.
    ///
    /// Thread-safe. Completion: `void(error_code, acknowledgement)` on the token's executor, else the first shard's.
    /// Errors: those of the function without a confirmation; `timed_out` after `patience` (24 hours at most);
    /// `invalid_message` if the payload is no object; `queue_full` if 10,000 wait; `shutting_down`. A notification with
    /// an idempotency key that was known is not sent again: `not_found`. No cancellation.
    template <class Token>
    auto async_notify_acked(std::string_view user, const notification& what, std::chrono::milliseconds patience,
                            Token&& token)
    {
        return asio::async_initiate<Token, void(error_code, acknowledgement)>(
            [core = core_, user = std::string{user}, what = detail::own_notification(what),
             patience](auto handler) {
                core->acks.notify(user, what, patience,
                                  detail::completion<error_code, acknowledgement>(core->shards.first().executor(),
                                                                                  std::move(handler)));
            },
            token);
    }
    template <payload Payload, class Token>
    auto async_send_to_user_acked(std::string_view user, std::string_view type, const Payload& message,
                                  std::chrono::milliseconds patience, Token&& token)
    {
        return asio::async_initiate<Token, void(error_code, acknowledgement)>(
            [core = core_, user = std::string{user}, type = std::string{type},
             payload = json::value(json::value_from(message)), patience](auto handler) {
                core->acks.send(user, type, payload, patience,
                                detail::completion<error_code, acknowledgement>(core->shards.first().executor(),
                                                                                std::move(handler)));
            },
            token);
    }
    /// Sends a message to every connection, whatever its rooms, on all hubs of the bus.
    template <payload Payload>
    receipt broadcast(std::string_view type, const Payload& message)
    {
        return core_->messages.broadcast(type, json::value_from(message));
    }
    /// The same, and tells what became of it. Completion as of `room::async_publish`.
    template <payload Payload, class Token>
    auto async_broadcast(std::string_view type, const Payload& message, Token&& token)
    {
        return detail::async_publish(core_,
                                     {.room = {}, .type = std::string{type}, .payload = json::value_from(message)},
                                     std::forward<Token>(token));
    }

    /// Ends all connections of a user on all hubs of the bus. No error means that the bus has taken the command; whether
    /// all hubs have carried it out, `async_disconnect_user` tells. An empty user is `invalid_user`, never everybody.
    error_code disconnect_user(std::string_view user, close_code code = close_code::disconnected,
                               std::string_view reason = {})
    {
        return command("disconnect", "user", user, {}, {{"code", static_cast<int>(code)}, {"reason", reason}});
    }
    /// Ends one connection by its id, on whichever hub of the bus it is.
    error_code disconnect(std::string_view connection_id, close_code code = close_code::disconnected,
                          std::string_view reason = {})
    {
        return command("disconnect", "connection", connection_id, {},
                       {{"code", static_cast<int>(code)}, {"reason", reason}});
    }
    /// Joins all connections of a user to a room, or takes them out, on all hubs of the bus. With a bus within the
    /// process, what the same thread publishes afterwards reaches them. Between processes the room has to be subscribed
    /// first: wait for `async_subscribe_user`.
    error_code subscribe_user(std::string_view user, std::string_view room)
    {
        return command("subscribe", "user", user, room);
    }
    error_code unsubscribe_user(std::string_view user, std::string_view room)
    {
        return command("unsubscribe", "user", user, room);
    }
    /// `subscribe_user`, `unsubscribe_user` and `disconnect_user`, with an answer: on how many connections, on all hubs
    /// of the bus, they were carried out. What is published to the room after a subscribe has completed reaches them,
    /// whichever hub publishes it.
    ///
    /// Completion: `void(error_code, std::size_t)` on the token's executor, else the first shard's. Errors: those of the
    /// function without an answer; the bus's; `timed_out` if a hub has not answered within 5 seconds, with the count of
    /// the others. No cancellation.
    template <class Token>
    auto async_subscribe_user(std::string_view user, std::string_view room, Token&& token)
    {
        return async_command(make_command("subscribe", "user", user, room), std::forward<Token>(token));
    }
    template <class Token>
    auto async_unsubscribe_user(std::string_view user, std::string_view room, Token&& token)
    {
        return async_command(make_command("unsubscribe", "user", user, room), std::forward<Token>(token));
    }
    template <class Token>
    auto async_disconnect_user(std::string_view user, close_code code, std::string_view reason, Token&& token)
    {
        return async_command(
            make_command("disconnect", "user", user, {}, {{"code", static_cast<int>(code)}, {"reason", reason}}),
            std::forward<Token>(token));
    }

    /// The same for one connection by its id.
    error_code subscribe(std::string_view connection_id, std::string_view room)
    {
        return command("subscribe", "connection", connection_id, room);
    }
    error_code unsubscribe(std::string_view connection_id, std::string_view room)
    {
        return command("unsubscribe", "connection", connection_id, room);
    }

    /// Counters of this hub.
    hub_stats stats() const { return core_->stats(); }

    /// The hubs on the bus and their counters. Asks every one, and waits `patience` at most: a node that does not answer
    /// is named in the result (`responded` is false) if it gave a sign of life not long ago.
    ///
    /// Completion: `void(error_code, cluster_stats)` on the token's executor, else the first shard's. The error is the
    /// bus's. No cancellation.
    template <class Token>
    auto async_cluster_stats(std::chrono::milliseconds patience, Token&& token)
    {
        return asio::async_initiate<Token, void(error_code, cluster_stats)>(
            [core = core_, patience](auto handler) {
                core->others.stats(patience, detail::completion<error_code, cluster_stats>(
                                                 core->shards.first().executor(), std::move(handler)));
            },
            token);
    }

    /// Sets where presence is kept, for rooms that have the option: a `redis_presence`, say, or a `memory_presence`
    /// that several hubs of this process share. Without one, the hub has its own. Set before the first connection.
    void presence(any_presence store) { core_->presence.use(std::move(store)); }

    /// Who is in a room, on all hubs that share the presence store; by name at most `limit` clients and users (and at
    /// most 1,000). Sees what this thread did before on this hub.
    ///
    /// Thread-safe. Completion: `void(error_code, presence_list)` on the token's executor, else the first shard's.
    /// Errors: `invalid_room`, `unknown_room`, `forbidden` if the room has no presence, or the store's. No
    /// cancellation.
    template <class Token>
    auto async_presence(std::string_view room, std::size_t limit, Token&& token)
    {
        return asio::async_initiate<Token, void(error_code, presence_list)>(
            [core = core_, room = std::string{room}, limit](auto handler) {
                detail::read_presence(core->rules, core->presence, room, limit,
                                      detail::completion<error_code, presence_list>(
                                          core->shards.first().executor(), std::move(handler)));
            },
            token);
    }
    template <class Token>
    auto async_presence(std::string_view room, Token&& token)
    {
        return async_presence(room, detail::presence_max_limit, std::forward<Token>(token));
    }

    /// A page of a room's history, from the store: what was published there before the call, on this hub.
    ///
    /// Thread-safe. Completion: `void(error_code, history_part)` on the token's executor, else the first shard's.
    /// Errors: `invalid_room`, `unknown_room`, `no_history`, `invalid_position` (another epoch, or beyond the end), or the
    /// store's. No cancellation.
    template <class Token>
    auto async_history(std::string_view room, const history_request& what, Token&& token)
    {
        return asio::async_initiate<Token, void(error_code, history_part)>(
            [core = core_, room = std::string{room}, what](auto handler) {
                core->history.read_page(room, what,
                                        detail::completion<error_code, history_part>(
                                            core->shards.first().executor(), std::move(handler)));
            },
            token);
    }

    /// Sets where users' notifications are kept: a `sqlite_inbox`, say, or a `memory_inbox` that several hubs of this
    /// process share. Set before the first connection.
    void inbox(any_inbox store) { core_->inbox.use(std::move(store)); }
    /// Told when a `publish` into a room with history has failed after it returned: the store's error, or the bus's. On
    /// the first shard. `async_publish` tells its caller instead. Set before the first connection.
    void on_publish_failed(std::function<void(std::string_view room, error_code)> f)
    {
        core_->handlers.on_publish_failed = std::move(f);
    }
    /// Told on the first shard of a `notify` that failed after it had returned.
    void on_notify_failed(std::function<void(std::string_view user, const notification&, error_code)> f)
    {
        core_->handlers.on_notify_failed = std::move(f);
    }

    /// A page of a user's notifications; a change of some, told to all of the user's devices; how many are unread.
    ///
    /// Thread-safe. Completion: `void(error_code, inbox_page)`, `void(error_code, inbox_marked)`,
    /// `void(error_code, inbox_counts)` on the token's executor, else the first shard's. Errors: those of the port (see
    /// inbox.hpp), the store's, `no_inbox`. No cancellation.
    template <class Token>
    auto async_inbox(std::string_view user, const inbox_query& query, Token&& token)
    {
        return asio::async_initiate<Token, void(error_code, inbox_page)>(
            [core = core_, user = std::string{user}, query](auto handler) {
                core->inbox.list(user, query,
                                 detail::completion<error_code, inbox_page>(core->shards.first().executor(),
                                                                            std::move(handler)));
            },
            token);
    }
    template <class Token>
    auto async_inbox_mark(std::string_view user, const inbox_mark& mark, Token&& token)
    {
        return asio::async_initiate<Token, void(error_code, inbox_marked)>(
            [core = core_, user = std::string{user}, mark](auto handler) {
                core->inbox.mark(user, mark, 0,
                                 detail::completion<error_code, inbox_marked>(core->shards.first().executor(),
                                                                              std::move(handler)));
            },
            token);
    }
    template <class Token>
    auto async_inbox_counts(std::string_view user, Token&& token)
    {
        return asio::async_initiate<Token, void(error_code, inbox_counts)>(
            [core = core_, user = std::string{user}](auto handler) {
                core->inbox.counts(user, detail::completion<error_code, inbox_counts>(
                                             core->shards.first().executor(), std::move(handler)));
            },
            token);
    }

    /// How the bus stands with the other processes.
    bus_status status() const { return core_->watch.status(); }
    /// Told when the bus goes down or up again, and at once how it stands; on the first shard. Thread-safe.
    void on_bus(std::function<void(const bus_status&)> f) { core_->watch.watch(std::move(f)); }

    /// Called on the connection's shard when it has opened, after `connected` was sent; and when it has ended.
    /// An exception in the first closes the connection.
    void on_connect(std::function<void(connection_ref)> f) { core_->handlers.on_connect = std::move(f); }
    void on_disconnect(std::function<void(connection_ref, close_code)> f)
    {
        core_->handlers.on_disconnect = std::move(f);
    }
    /// Answers messages of an own type. `f` is called on the connection's shard with a `request`, as
    /// `void(request)`, or as `asio::awaitable<json::value>(const request&)`, whose value is the reply.
    /// Throws `std::invalid_argument` for the types that the library answers itself.
    template <message_handler F>
    void on_message(std::string type, F f)
    {
        for (const std::string_view own :
             {"ping", "subscribe", "unsubscribe", "publish", "presence", "history", "inbox", "mark", "ack"})
            if (type == own)
                throw std::invalid_argument("fanfare::hub::on_message: the library answers " + type + " itself");
        core_->handlers.messages.insert_or_assign(std::move(type), detail::as_handler(std::move(f)));
    }
    /// Takes every text and binary message as it is: the message language is off, and nothing is sent unasked.
    void on_raw(std::function<void(raw_connection&, std::string_view data, bool binary)> f)
    {
        core_->handlers.raw = std::move(f);
    }
    /// Told about exceptions of handlers; they are counted in `stats().handler_failures` in any case. What it throws
    /// itself leaves the executor's `run`, as of any handler of Asio.
    void on_exception(std::function<void(std::exception_ptr)> f) { core_->handlers.on_exception = std::move(f); }
    /// Decides what clients may do in rooms; see `any_authorizer`. Without one, the namespaces' rules alone do.
    void authorize(any_authorizer may) { core_->handlers.may = std::move(may); }

    /// Refuses new connections and publishes, and closes every connection, each with a random reconnect delay in
    /// the close reason: `{"reason":"shutdown","delay_ms":1234}`.
    ///
    /// Completion: `void(error_code)` on the token's executor, else the first shard's, when the last connection
    /// has ended: no error, or `timed_out` if some had to be cut at the deadline. No cancellation.
    template <class Token>
    auto async_shutdown(const shutdown_options& how, Token&& token)
    {
        return asio::async_initiate<Token, void(error_code)>(
            [core = core_](auto handler, const shutdown_options& options) {
                core->shutdown.begin(
                    options, detail::completion<error_code>(core->shards.first().executor(), std::move(handler)));
            },
            token, how);
    }

    /// Upgrades a request that an application's own HTTP server has read, and takes the stream over: any Asio
    /// stream, such as a TCP or Unix socket, a `beast::tcp_stream`, a TLS stream. Include <fanfare/websocket.hpp>.
    ///
    /// The caller has decided that `who` may enter; the hub's limits still apply, and are answered with HTTP 429, 503
    /// or 400 (a user id that cannot be). A request that is no valid upgrade is answered with 400 or 426.
    /// Thread-safe; works on the stream's executor, then on a shard's. A handshake that fails ends the stream and
    /// counts as `refused`.
    template <class Stream, class Request>
    void accept(Stream stream, const Request& request, identity who = {}, accept_options options = {})
    {
        detail::websocket_acceptor<Stream>::accept(core_, std::move(stream), request, std::move(who),
                                                   std::move(options));
    }

    /// Answers a request of an application's own HTTP server with Server-Sent Events, and takes the stream over as
    /// `accept` does; the same rooms, limits and language. Include <fanfare/sse.hpp>, and see there.
    template <class Stream, class Request>
    void accept_events(Stream stream, const Request& request, identity who = {}, event_options options = {})
    {
        detail::event_stream_acceptor<Stream>::accept(core_, std::move(stream), request, std::move(who),
                                                      std::move(options));
    }

    /// Connects this process to its own hub as `who`, a client without a socket. Include <fanfare/local_connection.hpp>,
    /// and see there: `local_connection connect(identity who, local_handlers handlers)`.
    ///
    /// Thread-safe. Throws `system_error`: `shutting_down`, `too_many_connections`, `invalid_user`, or an error of the
    /// identity's rooms.
    template <class Handlers = local_handlers>
    auto connect(identity who, Handlers handlers)
    {
        return detail::local_connector<Handlers>::connect(core_, std::move(who), std::move(handlers));
    }

    /// For the library's own parts.
    const std::shared_ptr<detail::hub_core>& core() const noexcept { return core_; }

private:
    error_code command(std::string_view what, std::string_view target_kind, std::string_view target,
                       std::string_view room, json::object more = {})
    {
        const auto made = make_command(what, target_kind, target, room, std::move(more));
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
        return asio::async_initiate<Token, void(error_code, std::size_t)>(
            [core = core_, made = std::move(made)](auto handler) {
                const auto done = detail::completion<error_code, std::size_t>(core->shards.first().executor(),
                                                                              std::move(handler));
                if (!made)
                    return done(made.error(), 0);
                core->others.ask(*made, std::chrono::seconds{5},
                                 [done](error_code ec, const detail::cluster::answers& said) {
                                     done(ec, detail::connections_in(said));
                                 });
            },
            token);
    }

    std::shared_ptr<detail::hub_core> core_;
};

template <class Executor>
hub(Executor) -> hub<in_process_bus, memory_store>;
template <class Executor>
hub(Executor, hub_options) -> hub<in_process_bus, memory_store>;
template <class Executor, bus Bus>
hub(Executor, Bus) -> hub<Bus, memory_store>;
template <class Executor, bus Bus>
hub(Executor, Bus, hub_options) -> hub<Bus, memory_store>;
template <class Executor, bus Bus, store Store>
hub(Executor, Bus, Store) -> hub<Bus, Store>;
template <class Executor, bus Bus, store Store>
hub(Executor, Bus, Store, hub_options) -> hub<Bus, Store>;

} // namespace fanfare

#endif

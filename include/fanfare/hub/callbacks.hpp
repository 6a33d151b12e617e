// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_HUB_CALLBACKS_HPP
#define FANFARE_HUB_CALLBACKS_HPP

#include <fanfare/auth.hpp>
#include <fanfare/close_code.hpp>
#include <fanfare/config.hpp>
#include <fanfare/connection_ref.hpp>
#include <fanfare/detail/hub/acceptors.hpp>
#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/detail/hub/hub_topic.hpp>
#include <fanfare/detail/hub/message_handler.hpp>
#include <fanfare/detail/wire/names.hpp>
#include <fanfare/detail/wire/protocol_types.hpp>

#include <concepts>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace fanfare {

/// The part of `hub` that takes the application's handlers: what happens when clients come, send, and go.
///
/// Set all of them before the first connection; setting them is not thread-safe. A handler is called on the executor of
/// the connection's shard, so never twice at the same time for one connection, and must not block.
class hub_callbacks : detail::hub_topic<hub_callbacks> {
public:
    /// Sets what is called when a connection has opened, after the client was sent `connected`. An exception closes the
    /// connection with `internal_error`.
    void on_connect(std::function<void(connection_ref)> f) { core_->handlers.on_connect = std::move(f); }

    /// Sets what is called when a connection has ended, for whatever reason.
    void on_disconnect(std::function<void(connection_ref, close_code)> f)
    {
        core_->handlers.on_disconnect = std::move(f);
    }

    /// Sets what decides about the credentials that clients bring while they are connected (`refresh` with a token or a
    /// ticket): mostly the authenticator that lets them in. Without one, clients are answered `unknown_type`, and connect
    /// anew when their identities expire.
    ///
    /// It is asked with a `handshake_request` made of the credential: a GET of `/` with `Authorization: Bearer TOKEN`, or
    /// of `/?ticket=TICKET`, from the connection's address, without TLS and with no other header. So a ticket that is bound
    /// to an origin is not good for this. It may answer later, on any thread. Its identity must be the same user's, and
    /// takes effect as by `connection_ref::refresh`; whatever goes wrong, the connection keeps the identity that it
    /// has, which still expires. One that does not answer within `hub_options::authorizer_timeout` has refused: the client is
    /// told `timed_out`, and a later answer is ignored.
    void on_refresh(any_authenticator decide) { core_->handlers.renew = std::move(decide); }
    /// What is no authenticator is an error that says so.
    template <class A>
    requires(!std::convertible_to<A, any_authenticator>) void on_refresh(A&&)
    {
        static_assert(detail::never<A>,
                      "hub::on_refresh: takes a copyable auth_result(const handshake_request&), or to "
                      "answer later void(const handshake_request&, auth_done)");
    }

    /// Sets what is called when a connection has another identity, whether its client has brought the credential or the
    /// application has given it: after the client was sent `refreshed`. The handle has the new identity. What the client may
    /// not do any more is to be undone here: it is still in the rooms that it has subscribed to. An exception closes the
    /// connection with `internal_error`.
    void on_refreshed(std::function<void(connection_ref)> f) { core_->handlers.on_refreshed = std::move(f); }

    /// Sets what answers the clients' messages of an application's own type.
    ///
    /// @param f `void(request)`, which answers the request now or later; or a coroutine,
    ///        `asio::awaitable<json::value>(const request&)`, whose value is the reply. A second handler for a type
    ///        replaces the first. If it throws, the client gets `handler_failed`. There is no time
    ///        limit: at most `hub_options::max_pending_requests` of one connection wait, and its end ends none of
    ///        them, so set a limit where a handler waits for somebody.
    /// Throws `std::invalid_argument` for the types of the protocol itself: those that the library answers, and those
    /// that only a server says; and for what can be no type: see "Names" in docs/protocol.md.
    template <message_handler F>
    void on_message(std::string type, F f)
    {
        if (!detail::is_message_type(type))
            throw std::invalid_argument("fanfare::hub::on_message: not a type of 1 to 64 bytes");
        if (detail::is_protocol_type(type))
            throw std::invalid_argument("fanfare::hub::on_message: " + type + " is the protocol's own");
        core_->handlers.messages.insert_or_assign(std::move(type), detail::as_handler(std::move(f)));
    }
    /// What is no handler is an error that says so.
    template <class F>
    requires(!message_handler<F>) void on_message(const std::string&, F&&)
    {
        static_assert(detail::never<F>, "hub::on_message: takes void(request), or the coroutine "
                                        "asio::awaitable<json::value>(const request&)");
    }

    /// Sets what takes every text and binary message as it is. The hub then has no message language: it parses nothing,
    /// and sends nothing of its own accord, not even `connected`. `data` is valid during the call. An exception closes
    /// the connection with `internal_error`.
    void on_raw(std::function<void(raw_connection&, std::string_view data, bool binary)> f)
    {
        core_->handlers.raw = std::move(f);
    }

    /// Sets what is told the exceptions of the other handlers, and of the bus, the store, the inbox and the presence
    /// store, for the application's log. Those of handlers are counted in `hub_stats::handler_failures` in any case;
    /// the others fail the operation, which is counted where its failures are, and are told on the first shard. What
    /// it throws itself leaves the executor's `run`, as of any handler of Asio.
    void on_exception(std::function<void(std::exception_ptr)> f) { core_->handlers.on_exception = std::move(f); }

    /// Sets what decides about clients' access to rooms: `bool(const access_request&)`, or, to answer later,
    /// `void(const access_request&, access_done)`; see `authorizer`. It is asked for what the rules of the namespace
    /// allow (`configure`). Without one, those rules alone decide. One that does not answer within
    /// `hub_options::authorizer_timeout` has refused: the client is told `timed_out`.
    void authorize(any_authorizer may) { core_->handlers.may = std::move(may); }
    /// What is no authorizer is an error that says so.
    template <class A>
    requires(!std::convertible_to<A, any_authorizer>) void authorize(A&&)
    {
        static_assert(detail::never<A>,
                      "hub::authorize: takes a copyable bool(const access_request&), or to answer "
                      "later void(const access_request&, access_done)");
    }

protected:
    using hub_topic::hub_topic;
};

} // namespace fanfare

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_AUTH_TICKET_HPP
#define FANFARE_AUTH_TICKET_HPP

#include <fanfare/auth.hpp>
#include <fanfare/config.hpp>
#include <fanfare/error.hpp>
#include <fanfare/identity.hpp>

#include <boost/system/result.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace fanfare {

/// How long a ticket lives unless its issuer says otherwise.
inline constexpr std::chrono::seconds default_ticket_lifetime{30};

/// Takes a fresh ticket, or the reason why there is none.
using ticket_issued = std::function<void(error_code, std::string ticket)>;

/// Takes the identity that a ticket stood for, or the reason why there is none.
using ticket_redeemed = std::function<void(error_code, identity who)>;

/// Keeps what tickets stand for. A store is a handle: its copies share what they keep.
///
/// `async_issue(who, lifetime, origin, handler)` makes a ticket of 43 base64url characters, 256 random bits. With
/// an `origin` (empty for none) it is good only for requests with that `Origin` header.
/// `async_redeem(ticket, origin, handler)` gives the identity to exactly one caller ever, on any thread or node,
/// and within the lifetime; everybody else gets `error::ticket_invalid`, and so does who comes from another
/// origin, which uses the ticket up as well. Any other error means that the store could not find out.
/// Both copy what they need of their views before they return, and call the handler exactly once.
template <class S>
concept ticket_store = std::copy_constructible<S> &&
    requires(S& store, identity who, std::chrono::seconds lifetime, std::string origin, std::string_view view,
             ticket_issued issued, ticket_redeemed redeemed)
{
    store.async_issue(std::move(who), lifetime, std::move(origin), std::move(issued));
    store.async_redeem(view, view, std::move(redeemed));
};

/// The limits of a `memory_ticket_store`.
struct ticket_limits {
    /// Tickets that wait to be redeemed, at most.
    std::size_t max_tickets = 100'000;

    /// The longest lifetime that an issuer may ask for: 1 to 300 seconds.
    std::chrono::seconds max_lifetime{60};
};

/// Tickets in this process' memory, for one node or for a balancer that keeps a client on its node.
///
/// A handle: copies share the tickets. Every function may be called from any thread. The asynchronous ones call
/// their handler before they return, in the calling thread, with no lock held. Tickets never appear in an error.
class memory_ticket_store {
public:
    using clock = std::function<std::chrono::steady_clock::time_point()>;

    /// `now` must be callable from any thread. Throws `boost::system::system_error` with `error::invalid_config`
    /// if `max_lifetime` is out of its range.
    explicit memory_ticket_store(ticket_limits limits = {}, clock now = &std::chrono::steady_clock::now);

    // Copying on purpose: a moved-from handle would be an empty one.
    memory_ticket_store(const memory_ticket_store&) = default;
    memory_ticket_store& operator=(const memory_ticket_store&) = default;

    /// Makes a ticket for `who`, good for `lifetime` (1 second to the limit) and, if `origin` is not empty, only for
    /// requests from that origin. An empty `identity::issued_at` becomes the time of the call, so that revoking the
    /// user concerns the ticket.
    ///
    /// Errors: `error::too_many_tickets`; `error::invalid_config` for the lifetime; `error::invalid_room` if `who` names
    /// another user's own room (`user:OTHER`); `error::origin_not_allowed` if `origin` is not an origin. Throws `std::system_error` if the system has no random bytes. Thread-safe.
    boost::system::result<std::string> issue(identity who, std::chrono::seconds lifetime = default_ticket_lifetime,
                                             std::string_view origin = {});

    /// Trades a ticket for its identity, once. `origin` is the request's `Origin` header. Nothing if the ticket
    /// was never issued, has expired, was used before, or is bound to another origin (and is then used up).
    /// Thread-safe.
    std::optional<identity> redeem(std::string_view ticket, std::string_view origin = {});

    /// Makes a ticket: `issue` in the shape of the concept.
    ///
    /// Parameters: `who`: for whom. `lifetime`: 1 second to `max_lifetime`. `origin`: if it is not empty, the ticket
    /// is good only for requests from there.
    /// Preconditions: the handler is not empty.
    /// Lifetimes: nothing needs to outlive the call.
    /// Completion: `void(error_code, std::string)`, once, with the ticket.
    /// Executor: the handler is called in the calling thread before this returns, with no lock held.
    /// Errors: those of `issue`; the reason why the system has no random bytes.
    /// Cancellation: not supported.
    /// Thread-safety: thread-safe.
    void async_issue(identity who, std::chrono::seconds lifetime, std::string origin, ticket_issued handler);

    /// The same without an origin.
    void async_issue(identity who, std::chrono::seconds lifetime, ticket_issued handler)
    {
        async_issue(std::move(who), lifetime, {}, std::move(handler));
    }

    /// Trades a ticket for its identity, once: `redeem` in the shape of the concept.
    ///
    /// Parameters: `origin`: the request's `Origin` header, empty for none.
    /// Preconditions: the handler is not empty.
    /// Lifetimes: the views need to live only as long as the call.
    /// Completion: `void(error_code, identity)`, once.
    /// Executor: the handler is called in the calling thread before this returns, with no lock held.
    /// Errors: `error::ticket_invalid`.
    /// Cancellation: not supported.
    /// Thread-safety: thread-safe.
    void async_redeem(std::string_view ticket, std::string_view origin, ticket_redeemed handler);

    /// Tickets in memory; some may have expired, since they are cleared away as others come and go. Thread-safe.
    std::size_t size() const;

private:
    struct state;
    std::shared_ptr<state> state_;
};

static_assert(ticket_store<memory_ticket_store>);

namespace detail {

inline constexpr std::size_t ticket_bytes = 32;

// 43 characters of base64url: what `random_token(ticket_bytes)` makes.
bool is_ticket_shaped(std::string_view text) noexcept;

// Whether it names the own room of another user, `user:OTHER`: no ticket is issued for it, and nobody enters with it.
bool names_room_of_another(const identity& who) noexcept;

// What the request carries as a ticket, well-formed or not; nothing if it carries none.
std::optional<std::string> find_ticket(const handshake_request& request);

// The answer once the store has answered.
auth_result ticket_answer(error_code failure, identity who, bool offers_v1);

} // namespace detail

/// Lets in who brings a ticket, as the identity that it was issued for.
///
/// Looks in this order, and at the first that is there only: `?ticket=`, `Authorization: Bearer` (only what has
/// the shape of a ticket, since other tokens travel there too), the cookie `fanfare_ticket`, an entry
/// `fanfare.ticket.TICKET` of `Sec-WebSocket-Protocol`, beside which a browser offers `fanfare.v1` for the answer,
/// or one `fanfare.token.TICKET` (again only what has the shape of a ticket).
/// Refuses with 401: `unauthorized` without a ticket, `ticket_invalid` with one that is not good; with 503 when
/// the store fails. Answers where the store answers. Thread-safe if the store is.
template <ticket_store Store>
class ticket_authenticator {
public:
    /// Redeems tickets of `store`, which is a handle: this holds a copy.
    explicit ticket_authenticator(Store store) : store_{std::move(store)} {}

    /// Asks the store for the identity. `request` needs to live only as long as the call. `done` is called once: in
    /// the calling thread, before this returns, where the request has no well-formed ticket; else where the store
    /// calls its handler.
    void operator()(const handshake_request& request, auth_done done)
    {
        const auto ticket = detail::find_ticket(request);
        if (!ticket) {
            return done(make_refusal(error::unauthorized));
        }
        if (!detail::is_ticket_shaped(*ticket)) { // a flood of junk does not reach the store
            return done(make_refusal(error::ticket_invalid, 401, true));
        }
        store_.async_redeem(
            *ticket, request.header("Origin"),
            [done = std::move(done), v1 = request.offers(v1_subprotocol)](error_code failure, identity who) {
                done(detail::ticket_answer(failure, std::move(who), v1));
            });
    }

private:
    Store store_;
};

} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/auth/ticket.ipp>
#endif

#endif

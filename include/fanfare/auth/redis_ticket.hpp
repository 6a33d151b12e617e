// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_AUTH_REDIS_TICKET_HPP
#define FANFARE_AUTH_REDIS_TICKET_HPP

#include <fanfare/auth/ticket.hpp>
#include <fanfare/config.hpp>
#include <fanfare/identity.hpp>
#include <fanfare/redis/client.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#if !defined(FANFARE_WITH_SSL) && !__has_include(<boost/hash2/sha2.hpp>)
#error "redis_ticket_store needs SHA-256: build with OpenSSL (FANFARE_WITH_SSL), or with Boost 1.88 or later"
#endif

namespace fanfare {

/// How a `redis_ticket_store` keeps tickets.
struct redis_ticket_options {
    /// Before the name of every key. All processes that share their tickets share it.
    std::string prefix = "fanfare:";
    /// The longest lifetime that an issuer may ask for: 1 to 300 seconds.
    std::chrono::seconds max_lifetime{60};
};

/// Tickets in Redis, issued by one process and redeemed by any:
/// @code
/// fanfare::redis_client redis{ioc, "redis://localhost"};
/// fanfare::redis_ticket_store tickets{redis};
/// @endcode
/// A ticket is the key `PREFIXticket:{HASH}` with a time to live, where HASH is the ticket's SHA-256 in hexadecimal:
/// who can read Redis' keys cannot use the tickets. It is OpenSSL's (`FANFARE_WITH_SSL`), or Boost.Hash2's (Boost 1.88). Its value is the identity as JSON. Redeeming is one GETDEL, or a
/// script where Redis is older than 6.2. Nothing but Redis' memory limits how many tickets there are.
///
/// A handle: copies share the tickets and the client. Every function may be called from any thread. Handlers are
/// called once, on the client's strand, or before the call returns if the arguments are refused; they are destroyed
/// without a call if the client's context ends first. Cannot be cancelled. Tickets never appear in an error.
///
/// While Redis is away, a ticket that is to be issued waits within the client's `redis_options::queue_time`; one that is
/// to be redeemed does not: it is not used up, and the client may try again.
class redis_ticket_store {
public:
    /// Makes a store that holds a copy of `client`. Throws `boost::system::system_error` with `error::invalid_config`
    /// if `max_lifetime` is out of its range.
    explicit redis_ticket_store(redis_client client, redis_ticket_options options = {});

    // Copying on purpose: a moved-from handle would be an empty one.
    redis_ticket_store(const redis_ticket_store&) = default;
    redis_ticket_store& operator=(const redis_ticket_store&) = default;

    /// Makes a ticket, and keeps in Redis whom it stands for. An empty `identity::issued_at` becomes the time of the
    /// call, so that revoking the user concerns the ticket.
    ///
    /// Parameters: `who`: for whom. `lifetime`: 1 second to `max_lifetime`. `origin`: if it is not empty, the ticket
    /// is good only for requests from there.
    /// Preconditions: the handler is not empty.
    /// Lifetimes: nothing needs to outlive the call.
    /// Completion: `void(error_code, std::string)`, once, with the ticket.
    /// Executor: the handler is called on the client's strand; where the arguments are refused, in the calling thread
    /// before this returns. It is destroyed without a call if the client's context ends first.
    /// Errors: `error::invalid_config` for the lifetime; `error::origin_not_allowed` if `origin` is not an origin;
    /// `error::invalid_json` if `who` cannot be read back from JSON (not UTF-8, a number that JSON does not have,
    /// claims nested deeper than 32); the reason why the system has no random bytes; those of
    /// `redis_client::async_command`.
    /// Cancellation: not supported.
    /// Thread-safety: thread-safe.
    void async_issue(identity who, std::chrono::seconds lifetime, std::string origin, ticket_issued handler);

    /// The same without an origin.
    void async_issue(identity who, std::chrono::seconds lifetime, ticket_issued handler)
    {
        async_issue(std::move(who), lifetime, {}, std::move(handler));
    }

    /// Trades a ticket for its identity, once. A wrong origin uses the ticket up as well.
    ///
    /// Parameters: `origin`: the request's `Origin` header, empty for none.
    /// Preconditions: the handler is not empty.
    /// Lifetimes: the views need to live only as long as the call.
    /// Completion: `void(error_code, identity)`, once.
    /// Executor: the handler is called on the client's strand; for what is not shaped as a ticket, in the calling
    /// thread before this returns. It is destroyed without a call if the client's context ends first.
    /// Errors: `error::ticket_invalid`; those of `redis_client::async_command` when Redis could not be asked,
    /// `bus_unavailable` at once while it is away. After `error::delivery_unknown` the ticket may be used up.
    /// Cancellation: not supported.
    /// Thread-safety: thread-safe.
    void async_redeem(std::string_view ticket, std::string_view origin, ticket_redeemed handler);

    /// How the client's link stands: `redis_client::status`. Thread-safe.
    link_status status() const;
    /// `redis_client::rest`; for the application: no hub has a ticket store. Thread-safe.
    void rest() const;

private:
    struct state;
    std::shared_ptr<state> state_;
};

static_assert(ticket_store<redis_ticket_store>);

} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/auth/redis_ticket.ipp>
#endif

#endif

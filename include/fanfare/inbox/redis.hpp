// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_INBOX_REDIS_HPP
#define FANFARE_INBOX_REDIS_HPP

#include <fanfare/config.hpp>
#include <fanfare/inbox.hpp>
#include <fanfare/redis/client.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace fanfare {

/// How a `redis_inbox` keeps its notifications.
struct redis_inbox_options {
    /// Before the name of every key: 1 to 64 bytes that a room name may have. Hubs that share their users share it.
    std::string prefix = "fanfare:";
    inbox_limits limits{};
};

/// Users' notifications in Redis (5 or later), for hubs in several processes:
/// @code
/// fanfare::redis_client redis{ioc, "redis://localhost"};
/// hub.inbox(fanfare::redis_inbox{redis});
/// @endcode
/// A user's keys are `PREFIXinbox:{USER}:items`, `:marks`, `:all`, `:active`, `:unread`, `:unseen`, `:archived`,
/// `:finished`, `:keys`, `:keyed` and `:meta`; the user is their hash tag. Each operation is one atomic script, by
/// Redis' own clock; counts are the sizes of sets. They are kept as durably as Redis keeps them: for an inbox that
/// survives a crash turn `appendonly` on, and set `maxmemory-policy noeviction`. A flush empties every inbox;
/// `revision` still grows.
///
/// Copies share one handle. Thread-safe; handlers are called on the client's strand, refusals in the calling thread;
/// they are destroyed without a call if the client's context ends first. Errors besides the port's: those of
/// `redis_client::async_command`. After `delivery_unknown` a notification may be stored or not: add it again with the
/// same idempotency key.
///
/// All of Redis waits while a script runs: a mark of all of 10,000 notifications takes some 60 ms.
class redis_inbox {
public:
    /// Makes an inbox that holds a copy of `client`. Throws `boost::system::system_error` with `error::invalid_config`
    /// if a limit is zero, or the prefix is bad.
    explicit redis_inbox(redis_client client, redis_inbox_options options = {});

    // Copying on purpose: a moved-from handle would be an empty one.
    redis_inbox(const redis_inbox&) = default;
    redis_inbox& operator=(const redis_inbox&) = default;

    /// Adds a notification to a user's inbox; or answers the one that the user has with the same idempotency key.
    ///
    /// Parameters: `what`: the user, the texts (UTF-8), the data and the idempotency key (empty for none).
    /// Preconditions: the handler is not empty.
    /// Lifetimes: `what` is copied or moved from before this returns.
    /// Completion: `void(error_code, inbox_added)`, once: the notification as it is kept, the user's counts, and
    /// whether it was there before.
    /// Executor: the handler is called on the client's strand; for an argument that is refused, in the calling thread
    /// before this returns. It is destroyed without a call if the client's context ends first.
    /// Errors: `invalid_user`, `invalid_message`, `message_too_large`; those of `redis_client::async_command`. After
    /// `delivery_unknown` it may be kept or not: add it again with the same idempotency key.
    /// Cancellation: not supported.
    /// Thread-safety: thread-safe.
    void async_add(inbox_add what, inbox_was_added handler);
    /// Lists a page of a user's notifications, newest first.
    ///
    /// Parameters: `query`: how many, which filter, and the cursor of the page before (empty for the first page).
    /// Preconditions: the handler is not empty.
    /// Lifetimes: `user` and `query` need to live only as long as the call.
    /// Completion: `void(error_code, inbox_page)`, once: the notifications, the next cursor (empty after the last
    /// page) and the user's counts.
    /// Executor: the handler is called on the client's strand; for an argument that is refused, in the calling thread
    /// before this returns. It is destroyed without a call if the client's context ends first.
    /// Errors: `invalid_user`, `invalid_message` (a bad limit, or a cursor that is not this user's); those of
    /// `redis_client::async_command`, `bus_unavailable` at once while Redis is away.
    /// Cancellation: not supported.
    /// Thread-safety: thread-safe.
    void async_list(std::string_view user, const inbox_query& query, inbox_was_listed handler);
    /// Marks notifications as seen, read, unread, archived or unarchived.
    ///
    /// Parameters: `mark`: the action, and the ids or `all`.
    /// Preconditions: the handler is not empty.
    /// Lifetimes: `user` and `mark` need to live only as long as the call.
    /// Completion: `void(error_code, inbox_marked)`, once: the ids that were changed, those that the user does not
    /// have, and the user's counts.
    /// Executor: the handler is called on the client's strand; for an argument that is refused, in the calling thread
    /// before this returns. It is destroyed without a call if the client's context ends first.
    /// Errors: `invalid_user`, `invalid_message` (no ids, too many, or ids and `all`), `not_found` (the user has none
    /// of the ids); those of `redis_client::async_command`.
    /// Cancellation: not supported.
    /// Thread-safety: thread-safe.
    void async_mark(std::string_view user, const inbox_mark& mark, inbox_was_marked handler);
    /// Counts a user's unread and unseen notifications. A user that is not known has none.
    ///
    /// Parameters: `user`: whose.
    /// Preconditions: the handler is not empty.
    /// Lifetimes: `user` needs to live only as long as the call.
    /// Completion: `void(error_code, inbox_counts)`, once.
    /// Executor: the handler is called on the client's strand; for an argument that is refused, in the calling thread
    /// before this returns. It is destroyed without a call if the client's context ends first.
    /// Errors: `invalid_user`; those of `redis_client::async_command`, `bus_unavailable` at once while Redis is away.
    /// Cancellation: not supported.
    /// Thread-safety: thread-safe.
    void async_counts(std::string_view user, inbox_was_counted handler);

    /// How the client's link stands: `redis_client::status`. Thread-safe.
    link_status status() const;
    /// `redis_client::rest`, which the hub calls when it has shut down. Thread-safe.
    void rest() const;

private:
    struct state;
    std::shared_ptr<state> state_;
};

static_assert(inbox_store<redis_inbox>);

} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/inbox/redis.ipp>
#endif

#endif

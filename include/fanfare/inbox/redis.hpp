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
    /// Throws `boost::system::system_error` with `error::invalid_config` if a limit is zero, or the prefix is bad.
    explicit redis_inbox(redis_client client, redis_inbox_options options = {});

    // Copying on purpose: a moved-from handle would be an empty one.
    redis_inbox(const redis_inbox&) = default;
    redis_inbox& operator=(const redis_inbox&) = default;

    void async_add(inbox_add what, inbox_was_added handler);
    void async_list(std::string_view user, const inbox_query& query, inbox_was_listed handler);
    void async_mark(std::string_view user, const inbox_mark& mark, inbox_was_marked handler);
    void async_counts(std::string_view user, inbox_was_counted handler);

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

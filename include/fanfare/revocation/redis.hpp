// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_REVOCATION_REDIS_HPP
#define FANFARE_REVOCATION_REDIS_HPP

#include <fanfare/config.hpp>
#include <fanfare/redis/client.hpp>
#include <fanfare/revocation.hpp>
#include <fanfare/revocation_store.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace fanfare {

/// How a `redis_revocation_store` keeps revocations.
struct redis_revocation_options {
    /// Before the name of every key: 1 to 64 bytes that a room name may have. Hubs that share their users share it.
    std::string prefix = "fanfare:";
    /// Revocations that are kept at most: 1 to 100,000. The same on all hubs.
    std::size_t limit = 100'000;
};

/// Revocations in Redis (5 or later), for hubs in several processes:
/// @code
/// fanfare::redis_client redis{ioc, "redis://localhost"};
/// hub.revocations(fanfare::redis_revocation_store{redis});
/// @endcode
/// The keys are `PREFIXrevocations:{all}:entries`, `:numbers`, `:until` and `:state`. Each operation is one atomic
/// script. What has expired for five minutes, by Redis' own clock, is forgotten by the next `async_add`. The keys
/// themselves have no time to live, so that a Redis which evicts those that have one does not forget them; set
/// `maxmemory-policy` so that it evicts no others, and have Redis keep what it is told (`appendonly`) if a revocation
/// is to survive its crash: hubs that run remember what Redis has lost, those that start afterwards do not know it.
///
/// Copies share one handle. Thread-safe; handlers are called on the client's strand; they are destroyed without a call
/// if its context ends first. The commands need Redis' permission for scripts. Errors: `store_full`, `redis_failed`
/// also for entries that nobody can read, and those of `redis_client::async_command`.
class redis_revocation_store {
public:
    /// Makes a store that holds a copy of `client`. Throws `boost::system::system_error` with `error::invalid_config`
    /// if an option is out of its range.
    explicit redis_revocation_store(redis_client client, redis_revocation_options options = {});

    // Copying on purpose: a moved-from handle would be an empty one.
    redis_revocation_store(const redis_revocation_store&) = default;
    redis_revocation_store& operator=(const redis_revocation_store&) = default;

    /// Keeps a revocation. After `delivery_unknown` it may be kept: adding it again changes nothing then.
    void async_add(const revocation& what, revocation_added handler);
    /// Reads what was added since `cursor`: up to 500, or 256 KiB. `bus_unavailable` at once while Redis is away.
    void async_read(std::string_view cursor, revocations_were_read handler);

    /// How the client's link stands: `redis_client::status`. Thread-safe.
    link_status status() const;
    /// `redis_client::rest`, which the hub calls when it has shut down. Thread-safe.
    void rest() const;

private:
    struct state;
    std::shared_ptr<state> state_;
};

static_assert(revocation_store<redis_revocation_store>);

} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/revocation/redis.ipp>
#endif

#endif

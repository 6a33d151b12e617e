// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_REVOCATION_MEMORY_HPP
#define FANFARE_REVOCATION_MEMORY_HPP

#include <fanfare/config.hpp>
#include <fanfare/revocation.hpp>
#include <fanfare/revocation_store.hpp>

#include <cstddef>
#include <memory>
#include <string_view>

namespace fanfare {

/// Revocations in this process' memory, for hubs of one process that start and end at different times. Copies share
/// them:
/// @code
/// fanfare::memory_revocation_store revoked;
/// a.revocations(revoked);
/// b.revocations(revoked);
/// @endcode
/// Thread-safe. The handlers are called in the calling thread, before the function returns.
class memory_revocation_store {
public:
    /// Other processes cannot share it.
    static constexpr bool between_processes = false;

    /// Makes an empty store. Throws `boost::system::system_error` with `error::invalid_config` unless `limit` is 1 to
    /// 100,000: the revocations that it keeps, not counting expired ones.
    explicit memory_revocation_store(std::size_t limit = 100'000);

    /// Keeps a revocation. Error: `store_full`. Fails with `std::bad_alloc` else only.
    void async_add(const revocation& what, const revocation_added& handler);
    /// Reads what was added since `cursor`, 1,000 at most.
    void async_read(std::string_view cursor, const revocations_were_read& handler);

private:
    struct state;
    std::shared_ptr<state> state_;
};

static_assert(revocation_store<memory_revocation_store>);

} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/revocation/memory.ipp>
#endif

#endif

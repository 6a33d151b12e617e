// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_STORE_MEMORY_HPP
#define FANFARE_STORE_MEMORY_HPP

#include <fanfare/config.hpp>
#include <fanfare/error.hpp>
#include <fanfare/store.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

namespace fanfare {

/// Limits of a `memory_store`, whatever its rooms' own.
struct memory_store_options {
    /// Rooms at most. Where a new one comes above that, the one that was not used for longest is forgotten.
    std::size_t rooms = 100'000;
    /// Bytes of messages and idempotency keys, all rooms together, about; beyond it the room that was not used for
    /// longest is forgotten.
    std::size_t bytes = 256 * 1024 * 1024;
    /// Idempotency keys of one room.
    std::size_t idempotency_keys = 10'000;
};

/// History in this process' memory, lost when it ends. Copies share it, so that several hubs of one process can:
/// @code
/// fanfare::in_process_bus bus;
/// fanfare::memory_store store;
/// fanfare::hub a{ioc_1.get_executor(), bus, store}, b{ioc_2.get_executor(), bus, store};
/// @endcode
/// Thread-safe. The handlers are called in the calling thread before the function returns, those of an append under
/// the lock of a part of the rooms: that makes one order for the history and for what is published.
/// A room that is forgotten begins a new epoch, so that clients are told. Fails with `std::bad_alloc` only.
class memory_store {
public:
    /// Another process cannot read it: a hub refuses rooms with history on a bus between processes.
    static constexpr bool between_processes = false;
    /// Makes an empty store, which copies share. Throws `std::bad_alloc` only.
    explicit memory_store(memory_store_options options = {});

    /// Appends a message to a room's history; the hub publishes it.
    ///
    /// Parameters: `message`: what to store, without an offset, in which room, within which limits, and with which
    /// idempotency key (empty for none).
    /// Preconditions: `done` is not empty, and must not call the store.
    /// Lifetimes: the views in `message` need to live only as long as the call.
    /// Completion: `void(const append_answer&)`, once: the position, or that of the first message with the same
    /// idempotency key, and whether it was published. The answer lives as long as the call.
    /// Executor: `done` is called in the calling thread before this returns, under the lock of a part of the rooms:
    /// that gives the history and what `done` publishes one order.
    /// Errors: none; throws `std::bad_alloc`.
    /// Cancellation: not supported.
    /// Thread-safety: thread-safe.
    void async_append(history_append message, append_done done);
    /// Reads a part of a room's history.
    ///
    /// Parameters: `query`: from which offset, how many messages and bytes (`max_history_page_bytes` at most), in which
    /// order, within which limits.
    /// Preconditions: `done` is not empty, and must not call the store.
    /// Lifetimes: `room` needs to live only as long as the call.
    /// Completion: `void(error_code, history_page)`, once, with one consistent view of everything that was answered
    /// before the call at least.
    /// Executor: `done` is called in the calling thread before this returns.
    /// Errors: none; throws `std::bad_alloc`.
    /// Cancellation: not supported.
    /// Thread-safety: thread-safe.
    void async_read(std::string_view room, const history_query& query, history_done done);

    /// Rooms that are known. Thread-safe.
    std::size_t rooms() const;
    /// Bytes of messages and idempotency keys that are kept, as counted for `memory_store_options::bytes`.
    /// Thread-safe.
    std::size_t bytes() const;

private:
    struct state;
    std::shared_ptr<state> state_;
};

static_assert(store<memory_store>);
template <>
inline constexpr bool detail::answers_within_call<memory_store> = true;

} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/store/memory.ipp>
#endif

#endif

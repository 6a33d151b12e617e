// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_STORE_SQLITE_HPP
#define FANFARE_STORE_SQLITE_HPP

#include <fanfare/config.hpp>
#include <fanfare/sqlite/options.hpp>
#include <fanfare/store.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution_context.hpp>

#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace fanfare {

/// History in a SQLite file (3.24 or later), which survives the process:
/// @code
/// asio::io_context ioc;
/// asio::thread_pool disk{1}; // ends before the context that its answers go to
/// fanfare::hub hub{ioc.get_executor(), fanfare::in_process_bus{}, fanfare::sqlite_store{disk, "history.db"}};
/// hub.configure("order:", {.history = 1000});
/// @endcode
/// Everything that waits is done in one transaction, in the order of the calls: the more is under way, the fewer
/// waits for the disk. An append is answered after its COMMIT. The executor is for work that blocks: a thread of its
/// own, so that nobody's connections wait for the disk. The constructor itself blocks while it opens the file.
///
/// Copies are handles of one connection to the file; they may be used from any thread. Handlers are called on the
/// executor; one that is refused with `store_full` in the calling thread. They must not throw. What was appended is
/// stored and answered after the last handle is gone, if the executor runs on; where its context ends first, handlers
/// are destroyed without a call. So before a program ends, shut the hub down and then `join()` the pool: what was
/// queued is written, where the pool's destructor would drop it.
///
/// A page of `async_read` has 8 MiB at most; read on from there.
///
/// Several processes on one machine may share the file; each must publish through a bus that reaches the others.
///
/// Errors are SQLite's, of `sqlite_category()`: a full disk, a busy file, one that is damaged. Nothing of a message
/// that was answered with such an error is stored, then or later; after `delivery_unknown` it may be (see
/// `async_append`). The store works again when the cause is gone, and reads work meanwhile. The constructor throws
/// `boost::system::system_error` with a text that names the file.
///
/// Tables begin with `fanfare_`, so that the file may be the application's own. Messages that a room's limits push out
/// are deleted soon after, by later appends to whatever room; SQLite uses their place again, but the file does not
/// shrink. A room that was written to leaves a row of some 60 bytes for ever. Ages go by the system's clock.
///
/// With `sqlite_durability::process_end` all rooms begin new epochs when the machine was restarted, since the last
/// messages may be lost. A file that comes from a backup must begin anew too: `DELETE FROM fanfare_store`, and
/// `UPDATE fanfare_rooms SET epoch = random()`.
class sqlite_store {
public:
    /// Opens or creates `file`, and blocks meanwhile. Operations run on `executor`, one transaction at a time, so it
    /// should be a thread of its own; its context may end before or after the handle. Throws
    /// `boost::system::system_error` with a text that names the file.
    sqlite_store(const asio::any_io_executor& executor, std::string file, sqlite_options options = {});
    /// The same on the executor of `context`.
    template <std::derived_from<asio::execution_context> Context>
    sqlite_store(Context& context, std::string file, sqlite_options options = {})
        : sqlite_store{asio::any_io_executor{context.get_executor()}, std::move(file), options}
    {}

    // Copying on purpose: a moved-from handle would be an empty one.
    sqlite_store(const sqlite_store&) = default;
    sqlite_store& operator=(const sqlite_store&) = default;

    /// Appends a message to a room's history; the hub publishes it.
    ///
    /// Parameters: `message`: what to store, without an offset, in which room, within which limits, and with which
    /// idempotency key (empty for none).
    /// Preconditions: `done` is not empty, does not call the store, and does not throw.
    /// Lifetimes: the views in `message` need to live only as long as the call.
    /// Completion: `void(const append_answer&)`, once: the position, or that of the first message with the same
    /// idempotency key, and whether it was published. The answer lives as long as the call.
    /// Executor: `done` is called on the store's executor after the COMMIT; for `store_full` in the calling thread,
    /// before this returns. It is destroyed without a call if the executor's context ends first.
    /// Errors: `store_full` (too much waits, see `sqlite_options`); SQLite's, of `sqlite_category()`. Nothing is
    /// stored then, or later; but with `delivery_unknown` the disk has not confirmed the COMMIT.
    /// Cancellation: not supported.
    /// Thread-safety: thread-safe.
    void async_append(history_append message, append_done done);
    /// Reads a part of a room's history, at most `max_history_page_bytes` of it.
    ///
    /// Parameters: `query`: from which offset, how many messages and bytes, in which order, within which limits.
    /// Preconditions: `done` is not empty, does not call the store, and does not throw.
    /// Lifetimes: `room` needs to live only as long as the call.
    /// Completion: `void(error_code, history_page)`, once, with one consistent view of everything that was answered
    /// before the call at least.
    /// Executor: `done` is called on the store's executor; for `store_full` in the calling thread, before this
    /// returns. It is destroyed without a call if the executor's context ends first.
    /// Errors: `store_full` (too much waits, see `sqlite_options`); SQLite's, of `sqlite_category()`.
    /// Cancellation: not supported.
    /// Thread-safety: thread-safe.
    void async_read(std::string_view room, const history_query& query, history_done done);

private:
    struct state;
    std::shared_ptr<state> state_;
};

static_assert(store<sqlite_store>);

} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/store/sqlite.ipp>
#endif

#endif

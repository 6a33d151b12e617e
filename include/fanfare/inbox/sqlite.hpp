// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_INBOX_SQLITE_HPP
#define FANFARE_INBOX_SQLITE_HPP

#include <fanfare/config.hpp>
#include <fanfare/inbox.hpp>
#include <fanfare/sqlite/options.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution_context.hpp>

#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace fanfare {

/// Users' notifications in a SQLite file (3.24 or later), which survive the process:
/// @code
/// asio::thread_pool disk{1};
/// hub.inbox(fanfare::sqlite_inbox{disk, "fanfare.db"});
/// @endcode
/// The file may be a `sqlite_store`'s, too; give both the same thread, so that they never wait for each other.
/// Everything that waits is done in one transaction: the more is under way, the fewer waits for the disk. An operation
/// is answered after its COMMIT. The executor is for work that blocks; the constructor itself blocks while it opens the
/// file.
///
/// Copies are handles of one connection to the file; they may be used from any thread. Handlers are called on the
/// executor; one that is refused, in the calling thread. They must not throw. What was called is done and answered
/// after the last handle is gone, if the executor runs on; where its context ends first, handlers are destroyed without
/// a call. So before a program ends, shut the hub down and then `join()` the pool: what was queued is written, where
/// the pool's destructor would drop it. Several processes on one machine may share the file.
///
/// Counts change by triggers of the tables, whatever changes the rows. Errors besides the port's are SQLite's, of
/// `sqlite_category()`: a full disk, a busy file, one that is damaged; and `store_full` where too much waits. The store
/// works again when the cause is gone. Tables begin with `fanfare_inbox`, so that the file may be the application's
/// own. A user who ever had a notification leaves a row of some 60 bytes for ever. Times are the system clock's.
class sqlite_inbox {
public:
    /// Opens or creates `file`, and blocks meanwhile. Operations run on `executor`, one transaction at a time, so it
    /// should be a thread of its own; its context may end before or after the handle. Throws
    /// `boost::system::system_error` with a text that names the file, or with `error::invalid_config` if a limit is
    /// zero.
    sqlite_inbox(const asio::any_io_executor& executor, std::string file, sqlite_options options = {},
                 inbox_limits limits = {});
    /// The same on the executor of `context`.
    template <std::derived_from<asio::execution_context> Context>
    sqlite_inbox(Context& context, std::string file, sqlite_options options = {}, inbox_limits limits = {})
        : sqlite_inbox{asio::any_io_executor{context.get_executor()}, std::move(file), options, limits}
    {}

    // Copying on purpose: a moved-from handle would be an empty one.
    sqlite_inbox(const sqlite_inbox&) = default;
    sqlite_inbox& operator=(const sqlite_inbox&) = default;

    /// Adds a notification to a user's inbox; or answers the one that the user has with the same idempotency key.
    ///
    /// Parameters: `what`: the user, the texts (UTF-8), the data and the idempotency key (empty for none).
    /// Preconditions: the handler is not empty, and does not throw.
    /// Lifetimes: `what` is copied or moved from before this returns.
    /// Completion: `void(error_code, inbox_added)`, once: the notification as it is kept, the user's counts, and
    /// whether it was there before.
    /// Executor: the handler is called on the inbox's executor; for an operation that is refused, in the calling
    /// thread before this returns. It is destroyed without a call if the executor's context ends first.
    /// Errors: `invalid_user`, `invalid_message`, `message_too_large`; `store_full` (too much waits, see
    /// `sqlite_options`); SQLite's, of `sqlite_category()`;
    /// `delivery_unknown` (the disk has not confirmed the COMMIT).
    /// Cancellation: not supported.
    /// Thread-safety: thread-safe.
    void async_add(inbox_add what, inbox_was_added handler);
    /// Lists a page of a user's notifications, newest first.
    ///
    /// Parameters: `query`: how many, which filter, and the cursor of the page before (empty for the first page).
    /// Preconditions: the handler is not empty, and does not throw.
    /// Lifetimes: `user` and `query` need to live only as long as the call.
    /// Completion: `void(error_code, inbox_page)`, once: the notifications, the next cursor (empty after the last
    /// page) and the user's counts.
    /// Executor: the handler is called on the inbox's executor; for an operation that is refused, in the calling
    /// thread before this returns. It is destroyed without a call if the executor's context ends first.
    /// Errors: `invalid_user`, `invalid_message` (a bad limit, or a cursor that is not this user's); `store_full` (too
    /// much waits, see `sqlite_options`); SQLite's, of `sqlite_category()`.
    /// Cancellation: not supported.
    /// Thread-safety: thread-safe.
    void async_list(std::string_view user, const inbox_query& query, inbox_was_listed handler);
    /// Marks notifications as seen, read, unread, archived or unarchived.
    ///
    /// Parameters: `mark`: the action, and the ids or `all`.
    /// Preconditions: the handler is not empty, and does not throw.
    /// Lifetimes: `user` and `mark` need to live only as long as the call.
    /// Completion: `void(error_code, inbox_marked)`, once: the ids that were changed, those that the user does not
    /// have, and the user's counts.
    /// Executor: the handler is called on the inbox's executor; for an operation that is refused, in the calling
    /// thread before this returns. It is destroyed without a call if the executor's context ends first.
    /// Errors: `invalid_user`, `invalid_message` (no ids, too many, or ids and `all`), `not_found` (the user has none
    /// of the ids); `store_full` (too much waits, see `sqlite_options`); SQLite's, of `sqlite_category()`;
    /// `delivery_unknown` (the disk has not confirmed the COMMIT).
    /// Cancellation: not supported.
    /// Thread-safety: thread-safe.
    void async_mark(std::string_view user, const inbox_mark& mark, inbox_was_marked handler);
    /// Counts a user's unread and unseen notifications. A user that is not known has none.
    ///
    /// Parameters: `user`: whose.
    /// Preconditions: the handler is not empty, and does not throw.
    /// Lifetimes: `user` needs to live only as long as the call.
    /// Completion: `void(error_code, inbox_counts)`, once.
    /// Executor: the handler is called on the inbox's executor; for an operation that is refused, in the calling
    /// thread before this returns. It is destroyed without a call if the executor's context ends first.
    /// Errors: `invalid_user`; `store_full` (too much waits, see `sqlite_options`); SQLite's, of `sqlite_category()`.
    /// Cancellation: not supported.
    /// Thread-safety: thread-safe.
    void async_counts(std::string_view user, inbox_was_counted handler);

private:
    struct state;
    std::shared_ptr<state> state_;
};

static_assert(inbox_store<sqlite_inbox>);

} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/inbox/sqlite.ipp>
#endif

#endif

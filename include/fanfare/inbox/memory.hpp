// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_INBOX_MEMORY_HPP
#define FANFARE_INBOX_MEMORY_HPP

#include <fanfare/config.hpp>
#include <fanfare/inbox.hpp>

#include <cstddef>
#include <memory>
#include <string_view>

namespace fanfare {

/// How much a `memory_inbox` holds.
struct memory_inbox_options {
    inbox_limits limits{};
    /// Bytes of memory that all users' notifications take, about, their tables included; beyond it `async_add` answers
    /// `store_full`.
    std::size_t bytes = 256 * 1024 * 1024;
};

/// Users' notifications in this process' memory, lost when it ends. Copies share them, so that several hubs of one
/// process can:
/// @code
/// fanfare::memory_inbox inbox;
/// a.inbox(inbox);
/// b.inbox(inbox);
/// @endcode
/// Thread-safe. The handlers are called in the calling thread, before the function returns. Errors besides the
/// port's: `store_full`.
class memory_inbox {
public:
    /// Makes an empty inbox, which copies share. Throws `boost::system::system_error` with `error::invalid_config` if
    /// a limit is zero.
    explicit memory_inbox(memory_inbox_options options = {});
    // Copying on purpose: a moved-from handle would be an empty one.
    memory_inbox(const memory_inbox&) = default;
    memory_inbox& operator=(const memory_inbox&) = default;

    /// Adds a notification to a user's inbox; or answers the one that the user has with the same idempotency key.
    ///
    /// Parameters: `what`: the user, the texts (UTF-8), the data and the idempotency key (empty for none).
    /// Preconditions: the handler is not empty.
    /// Lifetimes: `what` is copied or moved from before this returns.
    /// Completion: `void(error_code, inbox_added)`, once: the notification as it is kept, the user's counts, and
    /// whether it was there before.
    /// Executor: the handler is called in the calling thread before this returns, with no lock held.
    /// Errors: `invalid_user`, `invalid_message`, `message_too_large`; `store_full` from `async_add` only; throws
    /// `std::bad_alloc`.
    /// Cancellation: not supported.
    /// Thread-safety: thread-safe.
    void async_add(const inbox_add& what, const inbox_was_added& handler);
    /// Lists a page of a user's notifications, newest first.
    ///
    /// Parameters: `query`: how many, which filter, and the cursor of the page before (empty for the first page).
    /// Preconditions: the handler is not empty.
    /// Lifetimes: `user` and `query` need to live only as long as the call.
    /// Completion: `void(error_code, inbox_page)`, once: the notifications, the next cursor (empty after the last
    /// page) and the user's counts.
    /// Executor: the handler is called in the calling thread before this returns, with no lock held.
    /// Errors: `invalid_user`, `invalid_message` (a bad limit, or a cursor that is not this user's); `store_full` from
    /// `async_add` only; throws `std::bad_alloc`.
    /// Cancellation: not supported.
    /// Thread-safety: thread-safe.
    void async_list(std::string_view user, const inbox_query& query, const inbox_was_listed& handler);
    /// Marks notifications as seen, read, unread, archived or unarchived.
    ///
    /// Parameters: `mark`: the action, and the ids or `all`.
    /// Preconditions: the handler is not empty.
    /// Lifetimes: `user` and `mark` need to live only as long as the call.
    /// Completion: `void(error_code, inbox_marked)`, once: the ids that were changed, those that the user does not
    /// have, and the user's counts.
    /// Executor: the handler is called in the calling thread before this returns, with no lock held.
    /// Errors: `invalid_user`, `invalid_message` (no ids, too many, or ids and `all`), `not_found` (the user has none
    /// of the ids); `store_full` from `async_add` only; throws `std::bad_alloc`.
    /// Cancellation: not supported.
    /// Thread-safety: thread-safe.
    void async_mark(std::string_view user, const inbox_mark& mark, const inbox_was_marked& handler);
    /// Counts a user's unread and unseen notifications. A user that is not known has none.
    ///
    /// Parameters: `user`: whose.
    /// Preconditions: the handler is not empty.
    /// Lifetimes: `user` needs to live only as long as the call.
    /// Completion: `void(error_code, inbox_counts)`, once.
    /// Executor: the handler is called in the calling thread before this returns, with no lock held.
    /// Errors: `invalid_user`; `store_full` from `async_add` only; throws `std::bad_alloc`.
    /// Cancellation: not supported.
    /// Thread-safety: thread-safe.
    void async_counts(std::string_view user, const inbox_was_counted& handler);

    /// Bytes of memory that the notifications take, as counted for `memory_inbox_options::bytes`.
    std::size_t bytes() const;

private:
    struct state;
    std::shared_ptr<state> state_;
};

static_assert(inbox_store<memory_inbox>);

} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/inbox/memory.ipp>
#endif

#endif

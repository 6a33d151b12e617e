// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_INBOX_HPP
#define FANFARE_INBOX_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/port_observer.hpp>
#include <fanfare/error.hpp>
#include <fanfare/inbox_item.hpp>
#include <fanfare/link_status.hpp>

#include <boost/system/error_code.hpp>

#include <concepts>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

namespace fanfare {

/// Takes the answer to `async_add`.
using inbox_was_added = std::function<void(error_code, inbox_added)>;
/// Takes the answer to `async_list`.
using inbox_was_listed = std::function<void(error_code, inbox_page)>;
/// Takes the answer to `async_mark`.
using inbox_was_marked = std::function<void(error_code, inbox_marked)>;
/// Takes the answer to `async_counts`.
using inbox_was_counted = std::function<void(error_code, inbox_counts)>;

/// Keeps users' notifications, for all hubs that share it. A store is a handle: its copies share what they keep.
///
/// What it must guarantee is docs/adapter_contracts.md, clauses I1 to I14, and `testing/inbox_conformance.hpp` checks it
/// and names the clause that is broken. Every operation is atomic, and those on one user's inbox have one order (I12).
/// Counts are never a guess (I1). Data are kept as the text that they are (`data_text`), or as values (I2).
///
/// - `async_add(what, handler)`: stores it; or, where the user has one with its idempotency key, answers that one.
///   Errors: `invalid_user`, `invalid_message` (not UTF-8, a bad key, data nested too deep), `message_too_large`.
/// - `async_list(user, query, handler)`: newest first. What is added while a client turns the pages changes nothing in
///   those that follow; what is marked moves between the filters. A cursor is good for its user only, with any filter,
///   for as long as the inbox lives. A malformed cursor, or a limit out of range: `invalid_message`.
/// - `async_mark(user, mark, handler)`: changes those of the notifications that the user has. If there are ids, and the
///   user has none of them: `not_found`. No ids, too many, or ids and `all`: `invalid_message`.
/// - `async_counts(user, handler)`: counts the unread and unseen ones. A user that is not known has zero.
/// Errors: every operation may also answer the store's own; then nothing was changed. `delivery_unknown` says that
/// nobody can tell whether it was.
///
/// Every function may be called from any thread. The handlers are called exactly once, on any thread, with no lock
/// held, maybe before the function returns; where the store works in an execution context and that ends first, they
/// are destroyed without a call. They must not throw: an exception ends the program where `any_inbox` answers for one
/// that was destroyed. The hub's own do not: they post the application's to their executors. Views are copied before
/// the function returns.
///
/// A store that has a link to a server may have `link_status status() const`, which may be called from any thread: see
/// `hub::links`; and `void rest()`, which the hub calls on any thread when it has shut down: then the store keeps its
/// context from ending no more than what is under way does.
template <class S>
concept inbox_store = std::copy_constructible<S> &&
    requires(S& store, std::string_view user, inbox_add what, const inbox_query& query, const inbox_mark& mark,
             inbox_was_added added, inbox_was_listed listed, inbox_was_marked marked, inbox_was_counted counted)
{
    store.async_add(std::move(what), std::move(added));
    store.async_list(user, query, std::move(listed));
    store.async_mark(user, mark, std::move(marked));
    store.async_counts(user, std::move(counted));
};

/// Any inbox, as one copyable type. An empty one must not be used.
///
/// There is one answer in any case. An exception becomes `store_failed`. Where the inbox destroys a handler without a call,
/// `async_list` and `async_counts` are answered with `store_failed`, the others with `delivery_unknown`.
class any_inbox {
public:
    /// An empty one.
    any_inbox() = default;

    /// Holds `store`, in one allocation.
    template <class S>
    requires(!std::same_as<S, any_inbox>) && inbox_store<S> any_inbox(S store)
        : held_{std::make_shared<holder<S>>(std::move(store))}
    {}

    /// Whether it holds a store.
    explicit operator bool() const noexcept { return held_ != nullptr; }

    /// The operations of `inbox_store`: one virtual call each.
    void async_add(inbox_add what, inbox_was_added handler);
    void async_list(std::string_view user, const inbox_query& query, inbox_was_listed handler);
    void async_mark(std::string_view user, const inbox_mark& mark, inbox_was_marked handler);
    void async_counts(std::string_view user, inbox_was_counted handler);
    /// Sets what is told the store's exceptions, for this handle and its later copies; the hub does so for its own. Not
    /// thread-safe.
    void on_exception(detail::exception_sink told) { observer_.thrown = std::move(told); }
    /// Sets where its calls are counted, in the same way.
    void count_in(std::shared_ptr<detail::port_metrics> metrics) { observer_.metrics = std::move(metrics); }
    /// How its link stands; up if it has none.
    link_status status() const { return held_->status(); }
    /// Calls its `rest`, if it has one: the hub needs it no more, for now.
    void rest() { held_->rest(); }

private:
    struct base {
        virtual ~base() = default;
        virtual void add(inbox_add what, inbox_was_added handler) = 0;
        virtual void list(std::string_view user, const inbox_query& query, inbox_was_listed handler) = 0;
        virtual void mark(std::string_view user, const inbox_mark& mark, inbox_was_marked handler) = 0;
        virtual void counts(std::string_view user, inbox_was_counted handler) = 0;
        virtual link_status status() const = 0;
        virtual void rest() = 0;
    };
    template <class S>
    struct holder final : base {
        explicit holder(S s) : store{std::move(s)} {}
        void add(inbox_add what, inbox_was_added handler) override
        {
            store.async_add(std::move(what), std::move(handler));
        }
        void list(std::string_view user, const inbox_query& query, inbox_was_listed handler) override
        {
            store.async_list(user, query, std::move(handler));
        }
        void mark(std::string_view user, const inbox_mark& mark, inbox_was_marked handler) override
        {
            store.async_mark(user, mark, std::move(handler));
        }
        void counts(std::string_view user, inbox_was_counted handler) override
        {
            store.async_counts(user, std::move(handler));
        }
        link_status status() const override { return detail::status_of(store); }
        void rest() override { detail::rest(store); }
        S store;
    };

    std::shared_ptr<base> held_;
    detail::port_observer observer_;
};

static_assert(inbox_store<any_inbox>);

} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/inbox.ipp>
#endif

#endif

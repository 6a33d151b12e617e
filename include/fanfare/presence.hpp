// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_PRESENCE_HPP
#define FANFARE_PRESENCE_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/port_observer.hpp>
#include <fanfare/error.hpp>
#include <fanfare/link_status.hpp>
#include <fanfare/presence_list.hpp>

#include <boost/system/error_code.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace fanfare {

/// Takes the answer to `async_enter` or `async_leave`.
using presence_changed = std::function<void(error_code, presence_change)>;
/// Takes the answer to `async_refresh`.
using presence_refreshed = std::function<void(error_code, presence_refresh)>;
/// Takes the answer to `async_read`.
using presence_was_read = std::function<void(error_code, presence_list)>;

/// Keeps who is in which room, for all hubs that share it. A store is a handle: its copies share what they keep.
///
/// What it must guarantee is docs/adapter_contracts.md, clauses P1 to P8, and `testing/presence_conformance.hpp` checks
/// it and names the clause that is broken.
///
/// Of all callers, exactly one is told that a user is in the room (`first_of_user`) and exactly one that the user is
/// gone (`last_of_user` or `departed`), each time (P1). An entry lives for `lifetime()` from its last `enter` or
/// `refresh` (P6).
/// For one connection, start an operation when the one before has answered; operations that overlap may take effect in
/// any order (P8).
/// - `async_enter(room, client, handler)`: notes that the connection is in the room. To enter again is to refresh.
/// - `async_leave(room, connection_id, handler)`: notes that it is not. One that was not there is no error.
/// - `async_refresh(entries, handler)`: renews the lifetime of these entries. With an error, the answer still holds
///   what is known.
/// - `async_read(room, limit, handler)`: who is there, at most `limit` clients and users by name.
/// - `lifetime()`: zero if entries stay until they leave, so that no refresh is needed.
/// Every function may be called from any thread. The handlers are called exactly once, on any thread, maybe before the
/// function returns; where the store works in an execution context and that ends first, they are destroyed without a
/// call. They must not throw: an exception ends the program where `any_presence` answers for one that was destroyed.
/// The hub's own do not: they post the application's to their executors. Views are copied before the function returns.
///
/// A store that has a link to a server may have `link_status status() const`, which may be called from any thread: see
/// `hub::links`; and `void rest()`, which the hub calls on any thread when it has shut down: then the store keeps its
/// context from ending no more than what is under way does.
// clang-format off
template <class S>
concept presence_store = std::copy_constructible<S> &&
    requires(S& store, std::string_view room, presence_client client, std::vector<presence_entries> entries,
             std::size_t limit, presence_changed changed, presence_refreshed refreshed, presence_was_read was_read)
{
    store.async_enter(room, std::move(client), std::move(changed));
    store.async_leave(room, room, std::move(changed));
    store.async_refresh(std::move(entries), std::move(refreshed));
    store.async_read(room, limit, std::move(was_read));
    { store.lifetime() } -> std::convertible_to<std::chrono::milliseconds>;
};
// clang-format on

/// Any presence store, as one copyable type. An empty one must not be used.
///
/// There is one answer in any case: `store_failed` where the store throws, or destroys a handler without a call.
class any_presence {
public:
    /// An empty one.
    any_presence() = default;

    /// Holds `store`, in one allocation.
    template <class S>
    requires(!std::same_as<S, any_presence>) && presence_store<S> any_presence(S store)
        : held_{std::make_shared<holder<S>>(std::move(store))}
    {}

    /// Whether it holds a store.
    explicit operator bool() const noexcept { return held_ != nullptr; }

    /// The operations of `presence_store`: one virtual call each.
    void async_enter(std::string_view room, presence_client client, presence_changed handler);
    void async_leave(std::string_view room, std::string_view connection_id, presence_changed handler);
    void async_refresh(std::vector<presence_entries> entries, presence_refreshed handler);
    void async_read(std::string_view room, std::size_t limit, presence_was_read handler);
    /// Sets what is told the store's exceptions, for this handle and its later copies; the hub does so for its own. Not
    /// thread-safe.
    void on_exception(detail::exception_sink told) { observer_.thrown = std::move(told); }
    /// Sets where its calls are counted, in the same way.
    void count_in(std::shared_ptr<detail::port_metrics> metrics) { observer_.metrics = std::move(metrics); }
    std::chrono::milliseconds lifetime() const { return held_->lifetime(); }
    /// How its link stands; up if it has none.
    link_status status() const { return held_->status(); }
    /// Calls its `rest`, if it has one: the hub needs it no more, for now.
    void rest() { held_->rest(); }

private:
    struct base {
        virtual ~base() = default;
        virtual void enter(std::string_view room, presence_client client, presence_changed handler) = 0;
        virtual void leave(std::string_view room, std::string_view connection_id, presence_changed handler) = 0;
        virtual void refresh(std::vector<presence_entries> entries, presence_refreshed handler) = 0;
        virtual void read(std::string_view room, std::size_t limit, presence_was_read handler) = 0;
        virtual std::chrono::milliseconds lifetime() = 0;
        virtual link_status status() const = 0;
        virtual void rest() = 0;
    };
    template <class S>
    struct holder final : base {
        explicit holder(S s) : store{std::move(s)} {}
        void enter(std::string_view room, presence_client client, presence_changed handler) override
        {
            store.async_enter(room, std::move(client), std::move(handler));
        }
        void leave(std::string_view room, std::string_view connection_id, presence_changed handler) override
        {
            store.async_leave(room, connection_id, std::move(handler));
        }
        void refresh(std::vector<presence_entries> entries, presence_refreshed handler) override
        {
            store.async_refresh(std::move(entries), std::move(handler));
        }
        void read(std::string_view room, std::size_t limit, presence_was_read handler) override
        {
            store.async_read(room, limit, std::move(handler));
        }
        std::chrono::milliseconds lifetime() override { return store.lifetime(); }
        link_status status() const override { return detail::status_of(store); }
        void rest() override { detail::rest(store); }
        S store;
    };

    std::shared_ptr<base> held_;
    detail::port_observer observer_;
};

} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/presence.ipp>
#endif

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_REVOCATION_STORE_HPP
#define FANFARE_REVOCATION_STORE_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/port_observer.hpp>
#include <fanfare/error.hpp>
#include <fanfare/link_status.hpp>
#include <fanfare/revocation.hpp>

#include <boost/system/error_code.hpp>

#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fanfare {

/// A part of what a revocation store keeps.
struct revocation_page {
    /// Each with its `until`.
    std::vector<revocation> entries{};
    /// What to give for the next page, and later for what was added since.
    std::string cursor{};
    /// There are more now.
    bool more = false;
};

/// Takes the answer to `async_add`.
using revocation_added = std::function<void(error_code)>;
/// Takes the answer to `async_read`.
using revocations_were_read = std::function<void(error_code, revocation_page)>;

/// Keeps what was revoked until it has expired, for all hubs that share it, those that start later included. A store is
/// a handle: its copies share what they keep.
///
/// What it must guarantee is docs/adapter_contracts.md, clauses R1 to R7, and `testing/revocation_conformance.hpp`
/// checks it and names the clause that is broken.
/// - `async_add(revocation, handler)`: keeps a revocation, whose `until` is set and whose times are whole milliseconds.
///   One for the same user and token id as one before keeps the later of both times. Errors: `store_full`, its own;
///   then nothing was added, but for `delivery_unknown`.
/// - `async_read(cursor, handler)`: reads a page of at least one, if there is any: what was added or changed since the
///   page whose `cursor` this is; all, for an empty cursor, or one that the store does not know any more.
/// Every function may be called from any thread. The handlers are called exactly once, on any thread, maybe before the
/// function returns, under no lock of the store; where the store works in an execution context and that ends first,
/// they are destroyed without a call. They must not throw. Views are copied before the function returns.
///
/// A store that has a link to a server may have `link_status status() const`, which may be called from any thread: see
/// `hub::links`; and `void rest()`, which the hub calls on any thread when it has shut down. One that other processes
/// cannot share says `static constexpr bool between_processes = false`: then it is not read again from time to time.
// clang-format off
template <class S>
concept revocation_store = std::copy_constructible<S> &&
    requires(S& store, revocation what, std::string_view cursor, revocation_added added, revocations_were_read was_read)
{
    store.async_add(std::move(what), std::move(added));
    store.async_read(cursor, std::move(was_read));
};
// clang-format on

/// Any revocation store, as one copyable type. An empty one must not be used.
///
/// There is one answer in any case: `store_failed` where the store throws, or destroys a handler without a call.
class any_revocation_store {
public:
    /// An empty one.
    any_revocation_store() = default;

    /// Holds `store`, in one allocation.
    template <class S>
    requires(!std::same_as<S, any_revocation_store>) && revocation_store<S> any_revocation_store(S store)
        : held_{std::make_shared<holder<S>>(std::move(store))}
    {}

    /// Whether it holds a store.
    explicit operator bool() const noexcept { return held_ != nullptr; }

    /// The operations of `revocation_store`: one virtual call each.
    void async_add(revocation what, revocation_added handler);
    void async_read(std::string_view cursor, revocations_were_read handler);
    /// Sets what is told the store's exceptions, for this handle and its later copies; the hub does so for its own. Not
    /// thread-safe.
    void on_exception(detail::exception_sink told) { observer_.thrown = std::move(told); }
    /// Sets where its calls are counted, in the same way.
    void count_in(std::shared_ptr<detail::port_metrics> metrics) { observer_.metrics = std::move(metrics); }
    /// False if the store says that other processes cannot share it: `static constexpr bool between_processes = false`.
    bool between_processes() const noexcept { return held_->between_processes(); }
    /// How its link stands; up if it has none.
    link_status status() const { return held_->status(); }
    /// Calls its `rest`, if it has one: the hub needs it no more, for now.
    void rest() { held_->rest(); }

private:
    struct base {
        virtual ~base() = default;
        virtual void add(revocation what, revocation_added handler) = 0;
        virtual void read(std::string_view cursor, revocations_were_read handler) = 0;
        virtual bool between_processes() const noexcept = 0;
        virtual link_status status() const = 0;
        virtual void rest() = 0;
    };
    template <class S>
    struct holder final : base {
        explicit holder(S s) : store{std::move(s)} {}
        void add(revocation what, revocation_added handler) override
        {
            store.async_add(std::move(what), std::move(handler));
        }
        void read(std::string_view cursor, revocations_were_read handler) override
        {
            store.async_read(cursor, std::move(handler));
        }
        bool between_processes() const noexcept override
        {
            if constexpr (requires { S::between_processes; })
                return S::between_processes;
            else
                return true;
        }
        link_status status() const override { return detail::status_of(store); }
        void rest() override { detail::rest(store); }
        S store;
    };

    std::shared_ptr<base> held_;
    detail::port_observer observer_;
};

} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/revocation_store.ipp>
#endif

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_STORE_HPP
#define FANFARE_STORE_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/port_observer.hpp>
#include <fanfare/error.hpp>
#include <fanfare/link_status.hpp>
#include <fanfare/position.hpp>

#include <boost/system/error_code.hpp>

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fanfare {

/// How much of a room is kept, from its `room_options`. All hubs with the room say the same.
struct history_limits {
    std::size_t messages = 0;         ///< The newest so many; at least 1.
    std::chrono::milliseconds age{0}; ///< None that are older; 0: no limit.
    /// How long an idempotency key is known.
    std::chrono::milliseconds idempotency_window{300'000};
};

/// A message as a store keeps it.
struct stored_message {
    /// Its place in the room, from 1 on; see `position`.
    std::uint64_t offset = 0;
    /// An envelope (JSON text) without its position.
    std::string body;
    /// The conflation key, if any.
    std::string key{};
    /// See `bus_message::except`.
    std::uint64_t except = 0;
};

/// A message for the store. `room` and `idempotency_key` are valid during the call.
struct history_append {
    std::string_view room;
    /// Without an offset.
    stored_message message;
    /// Empty for none.
    std::string_view idempotency_key{};
    history_limits limits;
};

/// What a store answers to an append.
struct append_answer {
    /// Set when the message is not stored; or `delivery_unknown` if nobody can tell whether it is.
    error_code error{};
    /// The message's place.
    position at{};
    /// The idempotency key was known: `at` is the first message's, and nothing was stored.
    bool duplicate = false;
    /// The store has published the message on the bus as well, in the same step.
    bool published = false;
    /// If so, how many processes were sent it, where the store knows.
    std::optional<std::size_t> nodes{};
    /// What was stored, during the call. Not null if there is no error and it is neither a duplicate nor published.
    const stored_message* message = nullptr;
};
/// Takes the answer to `async_append`.
using append_done = std::function<void(const append_answer&)>;

/// Bytes of one page that a store reads at most, whatever it is asked for.
inline constexpr std::size_t max_history_page_bytes = 8 * 1024 * 1024;

/// Which part of a history to read.
struct history_query {
    /// Oldest first: only messages with a greater offset. Newest first: only with a lower one, 0 meaning all.
    std::uint64_t from = 0;
    /// Messages at most; 0 to learn the position only.
    std::size_t limit = 0;
    /// Bytes of their bodies and keys at most: a page ends before the message that would make it larger. Its first
    /// message is there whatever its size, so that whoever reads on from its last one gets everything.
    std::size_t bytes = max_history_page_bytes;
    /// In which order.
    bool newest_first = false;
    history_limits limits;
};

/// A part of a room's history.
struct history_page {
    /// The place of the newest message that was ever stored, kept or not. Always with an epoch.
    position top{};
    /// The offset of the oldest message that is kept; `top.offset + 1` if none is.
    std::uint64_t oldest = 0;
    /// The epoch's first message has the offset after this one. Not 0 where a store gives what it still has to a new
    /// epoch, as after a restart that may have lost something: up to here they are the messages of the epoch before.
    std::uint64_t began = 0;
    /// Their offsets follow each other without a hole, in the order that was asked for. As many as the query's `limit`
    /// and `bytes` allow, or fewer: the page does not say that there are no more, `top` and `oldest` do.
    std::vector<stored_message> messages{};
};
/// Takes the answer to `async_read`.
using history_done = std::function<void(error_code, history_page)>;

/// Keeps the history of rooms, for all hubs that share it. A store is a handle: its copies share what they keep.
///
/// What it must guarantee is docs/adapter_contracts.md, clauses S1 to S15, and `testing/store_conformance.hpp` checks it:
/// offsets without a hole in one epoch (S1, S2), what is kept for how long (S3, S4), what a page holds (S5, S6, S11),
/// idempotency keys (S8, S9), in which order handlers are called (S10), and many processes at once (S12).
/// - `async_append(message, done)`: stores a message, and calls `done` with its place. The handlers of one room's
///   appends in this process are called in the order of the offsets, one at a time. So what they publish has the order
///   of the history.
/// - `async_read(room, query, done)`: one consistent view, of everything that was answered before the call at least.
///   The hub makes a few reads at a time, so that an append does not wait behind a line of them. `bus_unavailable` says
///   that the store is away, and should come at once (S14).
///
/// Every function may be called from any thread. The handlers are called exactly once, on any thread, maybe before the
/// function returns and maybe under a lock of the store: they must not call the store. Where the store works in an
/// execution context that ends first, they are destroyed without a call; `any_store` answers for them. They must not
/// throw: an exception ends the program where they are answered for. The hub's own do not: they post the application's
/// to their executors.
///
/// A store that has a link to a server may have `link_status status() const`, which may be called from any thread: see
/// `hub::links`; and `void rest()`, which the hub calls on any thread when it has shut down: then the store keeps its
/// context from ending no more than what is under way does.
/// A store that other processes cannot share says `static constexpr bool between_processes = false`: rooms with history
/// are then refused on a bus that says `static constexpr bool between_processes = true`.
template <class S>
concept store = std::copy_constructible<S> &&
    requires(S& s, history_append message, append_done appended, std::string_view room, const history_query& query,
             history_done was_read)
{
    s.async_append(std::move(message), std::move(appended));
    s.async_read(room, query, std::move(was_read));
};

namespace detail {

/// What a message counts in `history_query::bytes`.
inline std::size_t page_size_of(const stored_message& m) noexcept
{
    return m.body.size() + m.key.size();
}

/// How many messages, from the first on, a page of so many bytes has.
inline std::size_t count_in_page(const std::vector<stored_message>& messages, std::size_t bytes) noexcept
{
    std::size_t count = 0, size = 0;
    while (count != messages.size()) {
        size += page_size_of(messages[count]);
        if (count != 0 && size > bytes)
            break;
        ++count;
    }
    return count;
}

/// Whether a store is known to call an append's handler exactly once before `async_append` returns, unless it throws
/// before that. For the library's own stores.
template <class S>
inline constexpr bool answers_within_call = false;

} // namespace detail

/// Any store, as one copyable type. Copies share what they keep; an empty one must not be used.
///
/// Makes promises for the store that it holds: a page is never more than what was asked for, and there is one answer in
/// any case. An exception becomes `store_failed`. Where the store destroys a handler without a call a read is answered with
/// `store_failed`, and an append with `delivery_unknown`: nobody can tell whether it is stored.
class any_store {
public:
    /// An empty one.
    any_store() = default;

    /// Holds `s`, in one allocation.
    template <class S>
    requires(!std::same_as<S, any_store>) && store<S> any_store(S s)
        : held_{std::make_shared<holder<S>>(std::move(s))}
    {}

    /// Whether it holds a store.
    explicit operator bool() const noexcept { return held_ != nullptr; }

    /// The operations of `store`: one virtual call each.
    void async_append(history_append message, append_done done);
    void async_read(std::string_view room, const history_query& query, history_done done);
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
    // No answer can be lost or come twice, so nothing need be allocated to see to that.
    void append_within_call(history_append message, const append_done& done);

    struct base {
        virtual ~base() = default;
        virtual bool answers_within_call() const noexcept = 0;
        virtual void append(history_append message, append_done done) = 0;
        virtual void read(std::string_view room, const history_query& query, history_done done) = 0;
        virtual bool between_processes() const noexcept = 0;
        virtual link_status status() const = 0;
        virtual void rest() = 0;
    };
    template <class S>
    struct holder final : base {
        explicit holder(S s) : held{std::move(s)} {}
        bool answers_within_call() const noexcept override { return detail::answers_within_call<S>; }
        void append(history_append message, append_done done) override
        {
            held.async_append(std::move(message), std::move(done));
        }
        void read(std::string_view room, const history_query& query, history_done done) override
        {
            held.async_read(room, query, std::move(done));
        }
        bool between_processes() const noexcept override
        {
            if constexpr (requires { S::between_processes; })
                return S::between_processes;
            else
                return true;
        }
        link_status status() const override { return detail::status_of(held); }
        void rest() override { detail::rest(held); }
        S held;
    };

    std::shared_ptr<base> held_;
    detail::port_observer observer_;
};

static_assert(store<any_store>);

} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/store.ipp>
#endif

#endif

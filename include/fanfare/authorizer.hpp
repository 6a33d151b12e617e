// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_AUTHORIZER_HPP
#define FANFARE_AUTHORIZER_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/first_call.hpp>
#include <fanfare/identity.hpp>

#include <concepts>
#include <functional>
#include <string_view>
#include <utility>

namespace fanfare {

/// What an identity may ask for in a room.
enum class room_action {
    subscribe, ///< Join it and receive its messages.
    publish,   ///< Send to it.
    presence,  ///< See who is in it.
    history,   ///< Read what was sent before: page through it, or get it on joining (`since`, `last`).
};

/// The name of `action`, for messages and logs. Thread-safe, does not throw.
constexpr std::string_view to_string(room_action action) noexcept
{
    switch (action) {
    case room_action::subscribe: return "subscribe";
    case room_action::publish: return "publish";
    case room_action::presence: return "presence";
    case room_action::history: return "history";
    }
    return "unknown";
}

/// The question to an authorizer. Everything in it is valid only during the call: an authorizer that answers later
/// copies what it needs.
struct access_request {
    const identity& who;
    std::string_view room;
    room_action action;
    std::string_view connection_id;
    /// The subscription token that the client has sent for the room; empty: none. Only a `subscribe` carries one: then
    /// both of its questions have it, for `room_action::subscribe` and for `room_action::history`.
    std::string_view token{};
};

/// Takes the answer of an authorizer. Call it from any thread, at once or later, exactly once: any later call is
/// ignored, and so is an answer that comes later than `hub_options::authorizer_timeout`.
using access_done = std::function<void(bool allowed)>;

/// An authorizer that may answer later; see `authorizer`.
template <class A>
concept asynchronous_authorizer = std::invocable<A&, const access_request&, access_done>;

/// An authorizer that returns its answer; see `authorizer`.
// clang-format off
template <class A>
concept synchronous_authorizer = requires(A& allows, const access_request& request)
{
    { allows(request) } -> std::same_as<bool>;
};
// clang-format on

/// A function that decides whether an identity may do something in a room: `bool (const access_request&)`, or
/// `void (const access_request&, access_done)` for what has to ask somebody.
template <class A>
concept authorizer = std::copy_constructible<A> &&(asynchronous_authorizer<A> || synchronous_authorizer<A>);

/// Any authorizer, as one copyable type. Copies share nothing but what the function itself shares. An empty one refuses
/// everything; a hub without an authorizer does not ask one.
class any_authorizer {
public:
    /// Refuses everything.
    any_authorizer() = default;

    /// Holds `function`.
    template <class A>
    requires(!std::same_as<A, any_authorizer>) && authorizer<A> any_authorizer(A function)
        : function_{[held = std::move(function)](const access_request& request, access_done done) mutable {
              if constexpr (asynchronous_authorizer<A>) {
                  held(request, access_done{detail::first_call<bool>{std::move(done)}});
              } else {
                  done(held(request));
              }
          }}
    {}

    /// Whether it holds a function.
    explicit operator bool() const noexcept { return static_cast<bool>(function_); }

    /// Asks the function for its answer.
    ///
    /// - Lifetimes: `request` is used during the call only.
    /// - Completion: `done` is called at most once, on any thread, maybe before this returns.
    /// - Errors: throws what the function throws; unless `done` was called before, the caller takes that as a refusal.
    /// - Thread-safety: that of the function.
    void operator()(const access_request& request, access_done done) const
    {
        if (!function_) {
            return done(false);
        }
        function_(request, std::move(done));
    }

private:
    std::function<void(const access_request&, access_done)> function_;
};

} // namespace fanfare

#endif

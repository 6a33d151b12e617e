// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_BASE_COMPLETION_HPP
#define FANFARE_DETAIL_BASE_COMPLETION_HPP

#include <fanfare/config.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <functional>
#include <memory>
#include <utility>

namespace fanfare::detail {

/// A completion handler as a copyable function that may be called from any thread, once: it posts the handler to the
/// handler's associated executor (`fallback` if it has none), so that the handler is never called within the caller.
template <class... Arguments, class Handler>
std::function<void(Arguments...)> completion(const asio::any_io_executor& fallback, Handler handler)
{
    const auto executor = asio::get_associated_executor(handler, fallback);
    return [held = std::make_shared<Handler>(std::move(handler)), executor,
            work = asio::make_work_guard(executor)](Arguments... arguments) {
        asio::post(executor, [held, ... arguments = std::move(arguments)]() mutable {
            std::move (*held)(std::move(arguments)...);
        });
    };
}

template <class Signature>
struct completion_for;
template <class... Arguments>
struct completion_for<void(Arguments...)> {
    template <class Handler>
    static std::function<void(Arguments...)> make(const asio::any_io_executor& fallback, Handler handler)
    {
        return completion<Arguments...>(fallback, std::move(handler));
    }
};

/// Starts an asynchronous operation for a completion token. Calls `body(done)` when the token's operation starts: at
/// once, or later (`asio::deferred`), so `body` owns all that it uses. `done` is a `std::function<Signature>` that
/// completes the operation; see `completion`. `fallback()` answers the executor for a handler that has none of its own.
/// It is asked only then: an executor that is kept in a suspended coroutine's frame could outlive its context.
template <class Signature, asio::completion_token_for<Signature> Token, class Fallback, class Body>
auto initiate(Fallback fallback, Token&& token, Body body)
{
    return asio::async_initiate<Token, Signature>(
        [fallback = std::move(fallback), body = std::move(body)](auto handler) {
            body(completion_for<Signature>::make(fallback(), std::move(handler)));
        },
        token);
}

} // namespace fanfare::detail

#endif

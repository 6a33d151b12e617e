// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_WAIT_FOR_ANSWER_HPP
#define FANFARE_DETAIL_HTTP_WAIT_FOR_ANSWER_HPP

#include <fanfare/config.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace fanfare::detail {

/// For `co_await`: the error comes as a value.
inline constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);

template <class T>
struct awaited_answer {
    explicit awaited_answer(const asio::any_io_executor& ex) : timer{ex} {}
    asio::steady_timer timer;
    std::optional<T> answer;
};

/// Calls `start` with a callback that may come from any thread, and waits for it, for at most `timeout`. Empty if it did
/// not come.
// Not a template of `start`: GCC 12 warns of a coroutine whose frame holds a closure type.
template <class T>
asio::awaitable<std::optional<T>> wait_for_answer(std::chrono::milliseconds timeout,
                                                  std::function<void(std::function<void(T)>)> start)
{
    const auto executor = co_await asio::this_coro::executor;
    const auto waiting = std::make_shared<awaited_answer<T>>(executor);
    waiting->timer.expires_after(timeout);
    // The callback may be kept in another context, and be destroyed with that one after this one is gone. So it must not
    // own the timer, which cannot outlive its context.
    const std::weak_ptr<awaited_answer<T>> asked = waiting;
    start([asked](T answer) {
        if (const auto alive = asked.lock())
            asio::dispatch(alive->timer.get_executor(), [alive, answer = std::move(answer)]() mutable {
                alive->answer.emplace(std::move(answer));
                alive->timer.expires_at(std::chrono::steady_clock::time_point::min());
            });
    });
    if (!waiting->answer)
        co_await waiting->timer.async_wait(no_throw);
    co_return std::move(waiting->answer);
}

} // namespace fanfare::detail

#endif

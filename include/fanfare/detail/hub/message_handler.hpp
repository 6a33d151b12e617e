// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HUB_MESSAGE_HANDLER_HPP
#define FANFARE_DETAIL_HUB_MESSAGE_HANDLER_HPP

#include <fanfare/config.hpp>
#include <fanfare/connection_ref.hpp>
#include <fanfare/detail/hub/hub_core.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

#include <concepts>
#include <exception>
#include <functional>
#include <memory>
#include <utility>

namespace fanfare {

namespace detail {
// clang-format off
template <class F>
concept plain_handler =
    std::invocable<F&, request> && std::same_as<std::invoke_result_t<F&, request>, void>;
template <class F>
concept coroutine_handler = requires(F& f, const request& asked)
{
    { f(asked) } -> std::same_as<asio::awaitable<json::value>>;
};
// clang-format on
} // namespace detail

/// A handler for `hub::on_message`: `void(request)`, or the coroutine
/// `asio::awaitable<json::value>(const request&)`, whose value is the reply.
template <class F>
concept message_handler = detail::plain_handler<F> || detail::coroutine_handler<F>;

namespace detail {

template <class F>
asio::awaitable<void> answer(std::shared_ptr<F> f, std::shared_ptr<request> asked)
{
    asked->reply(co_await (*f)(*asked));
}

template <class F>
std::function<void(request)> as_handler(F f)
{
    if constexpr (coroutine_handler<F>) {
        return [f = std::make_shared<F>(std::move(f))](request asked) {
            const auto executor = asked.executor();
            const auto held = std::make_shared<request>(std::move(asked));
            // A coroutine that throws lets go of the request, which then answers `handler_failed`.
            asio::co_spawn(executor, answer(f, held), [held](std::exception_ptr error) {
                if (error)
                    held->fail_with(error);
            });
        };
    } else {
        // `std::function` wants a copyable target; the handler itself need not be.
        return [f = std::make_shared<F>(std::move(f))](request asked) { (*f)(std::move(asked)); };
    }
}

} // namespace detail
} // namespace fanfare

#endif

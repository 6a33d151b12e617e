// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_REQUEST_HANDLER_HPP
#define FANFARE_REQUEST_HANDLER_HPP

#include <fanfare/config.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace fanfare {

namespace detail {

using handled_request = boost::beast::http::request<boost::beast::http::string_body>;
using handled_response = boost::beast::http::response<boost::beast::http::string_body>;

// clang-format off
template <class F>
concept coroutine_request_handler = requires(F& f, const handled_request& request, handled_response& response)
{
    { f(request, response) } -> std::same_as<asio::awaitable<bool>>;
};

template <class F>
concept plain_request_handler = requires(F& f, const handled_request& request, handled_response& response)
{
    { f(request, response) } -> std::convertible_to<bool>;
};
// clang-format on

// Whether there is nothing to be called.
template <class F>
bool holds_nothing(const F&) noexcept
{
    return false;
}
template <class R, class... A>
bool holds_nothing(const std::function<R(A...)>& f) noexcept
{
    return !f;
}
template <class R, class... A>
bool holds_nothing(R (*f)(A...)) noexcept
{
    return f == nullptr;
}

} // namespace detail

/// A handler of HTTP requests, in one of two shapes:
/// - `bool(const http_api::request_type&, http_api::response_type&)`, for what is answered at once;
/// - the coroutine `asio::awaitable<bool>(const http_api::request_type&, http_api::response_type&)`, for what has to wait.
///
/// True: it has filled the response in. Lambdas may have `const auto&` and `auto&` in place of the types.
template <class F>
concept request_handler = std::copy_constructible<F> &&
    (detail::coroutine_request_handler<F> || detail::plain_request_handler<F>);

/// Any handler of requests, as one copyable type; by default none. See `server_options::on_request`, which says when it is
/// called and for how long. Thread-safe if the function is.
class any_request_handler {
public:
    using request_type = detail::handled_request;
    using response_type = detail::handled_response;
    using plain_type = std::function<bool(const request_type&, response_type&)>;
    using coroutine_type = std::function<asio::awaitable<bool>(const request_type&, response_type&)>;

    any_request_handler() = default;
    any_request_handler(std::nullptr_t) noexcept {}

    /// Holds `function`; nothing if that is an empty `std::function` or a null pointer. Copies share a coroutine function:
    /// what its lambda has captured lives as long as the last of its coroutines.
    template <class F>
    requires(!std::same_as<F, any_request_handler>) && request_handler<F> any_request_handler(F function)
    {
        if (detail::holds_nothing(function))
            return;
        if constexpr (detail::coroutine_request_handler<F>)
            coroutine_ = std::make_shared<const coroutine_type>(std::move(function));
        else
            plain_ = std::move(function);
    }

    /// Whether it holds a function.
    explicit operator bool() const noexcept { return plain_ || coroutine_; }

    /// The function, if it is one that answers at once; else an empty one.
    const plain_type& plain() const noexcept { return plain_; }
    /// The function, if it is a coroutine; else null. Whoever calls it keeps it until the coroutine has ended.
    const std::shared_ptr<const coroutine_type>& coroutine() const noexcept { return coroutine_; }

private:
    plain_type plain_;
    std::shared_ptr<const coroutine_type> coroutine_;
};

} // namespace fanfare

#endif

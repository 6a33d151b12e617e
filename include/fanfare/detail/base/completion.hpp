// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_BASE_COMPLETION_HPP
#define FANFARE_DETAIL_BASE_COMPLETION_HPP

#include <fanfare/config.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <functional>
#include <memory>
#include <utility>

namespace fanfare::detail {

/// A completion handler as a copyable function that goes to the handler's executor, never in the caller's turn. Call it
/// once.
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

} // namespace fanfare::detail

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SHARD_HUB_HANDLERS_IPP
#define FANFARE_DETAIL_SHARD_HUB_HANDLERS_IPP

#include <fanfare/detail/shard/hub_handlers.hpp>
#include <fanfare/detail/shard/shard.hpp>

#include <boost/asio/post.hpp>

namespace fanfare::detail {

FANFARE_DECL void hub_handlers::failed(shard& at, const std::exception_ptr& cause) const
{
    at.count().handler_failures.add();
    tell(at, cause);
}

FANFARE_DECL void hub_handlers::tell(shard& at, const std::exception_ptr& cause) const
{
    if (!on_exception)
        return;
    try {
        on_exception(cause);
    } catch (...) { // leaves the executor's run(), and not the middle of something
        asio::post(at.executor(), [thrown = std::current_exception()] { std::rethrow_exception(thrown); });
    }
}

} // namespace fanfare::detail

#endif

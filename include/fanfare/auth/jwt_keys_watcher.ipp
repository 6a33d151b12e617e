// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_AUTH_JWT_KEYS_WATCHER_IPP
#define FANFARE_AUTH_JWT_KEYS_WATCHER_IPP

#include <fanfare/auth/jwt_keys_watcher.hpp>
#include <fanfare/detail/base/file_watch.hpp>

#include <stdexcept>
#include <utility>

namespace fanfare {
namespace detail {

inline std::shared_ptr<file_watch> watch_keys(const asio::any_io_executor& executor, jwt_keys keys,
                                              jwt_keys_watch_options options)
{
    if (!keys.has_file())
        throw std::invalid_argument("fanfare::jwt_keys_watcher: the keys were not made of a file");
    auto look = [keys = std::move(keys)]() mutable {
        if (!keys.file_changed())
            return false;
        keys.reload();
        return true;
    };
    return std::make_shared<file_watch>("fanfare::jwt_keys_watcher", executor, options.interval, std::move(look),
                                        std::move(options.on_reload));
}

} // namespace detail

FANFARE_DECL jwt_keys_watcher::jwt_keys_watcher(const asio::any_io_executor& executor, jwt_keys keys,
                                                jwt_keys_watch_options options)
    : watch_{detail::watch_keys(executor, std::move(keys), std::move(options))}
{
    watch_->start();
}

FANFARE_DECL jwt_keys_watcher::~jwt_keys_watcher()
{
    watch_->stop();
}

FANFARE_DECL void jwt_keys_watcher::stop()
{
    watch_->stop();
}

} // namespace fanfare

#endif

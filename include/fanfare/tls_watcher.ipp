// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TLS_WATCHER_IPP
#define FANFARE_TLS_WATCHER_IPP

#include <fanfare/detail/base/file_watch.hpp>
#include <fanfare/tls_watcher.hpp>

#include <stdexcept>
#include <utility>

namespace fanfare {

namespace detail {

inline std::shared_ptr<file_watch> watch_certificates(const asio::any_io_executor& executor, tls_context tls,
                                                      tls_watch_options options)
{
    if (!tls.has_files())
        throw std::invalid_argument("fanfare::tls_watcher: the context was not made of files");
    auto look = [tls = std::move(tls)]() mutable {
        if (!tls.files_changed())
            return false;
        tls.reload();
        return true;
    };
    return std::make_shared<file_watch>("fanfare::tls_watcher", executor, options.interval, std::move(look),
                                        std::move(options.on_reload));
}

} // namespace detail

FANFARE_DECL tls_watcher::tls_watcher(const asio::any_io_executor& executor, tls_context tls,
                                      tls_watch_options options)
    : watch_{detail::watch_certificates(executor, std::move(tls), std::move(options))}
{
    watch_->start();
}

FANFARE_DECL tls_watcher::~tls_watcher()
{
    watch_->stop();
}

FANFARE_DECL void tls_watcher::stop()
{
    watch_->stop();
}

} // namespace fanfare

#endif

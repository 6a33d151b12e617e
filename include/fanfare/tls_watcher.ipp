// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TLS_WATCHER_IPP
#define FANFARE_TLS_WATCHER_IPP

#include <fanfare/detail/base/clock_math.hpp>
#include <fanfare/tls_watcher.hpp>

#include <boost/asio/steady_timer.hpp>

#include <mutex>
#include <stdexcept>
#include <utility>

namespace fanfare {

// What waits for the timer keeps it: it outlives the watcher by a handler that is on its way.
class tls_watcher::watch : public std::enable_shared_from_this<watch> {
public:
    watch(const asio::any_io_executor& executor, tls_context tls, tls_watch_options options)
        : tls_{std::move(tls)}, options_{std::move(options)}, timer_{executor}
    {
        if (options_.interval <= std::chrono::milliseconds::zero())
            throw std::invalid_argument("fanfare::tls_watcher: the interval must be above 0");
        if (!options_.on_reload)
            throw std::invalid_argument("fanfare::tls_watcher: on_reload is empty");
        if (!tls_.has_files())
            throw std::invalid_argument("fanfare::tls_watcher: the context was not made of files");
    }

    void start()
    {
        const std::lock_guard lock{mutex_};
        wait();
    }

    void stop()
    {
        const std::lock_guard lock{mutex_};
        stopped_ = true;
        timer_.cancel();
    }

private:
    void wait()
    {
        timer_.expires_after(detail::bounded_time(options_.interval));
        timer_.async_wait([self = shared_from_this()](error_code) { self->look(); });
    }

    void look()
    {
        const std::lock_guard lock{mutex_};
        if (stopped_)
            return;
        wait(); // first, so that it goes on whatever `on_reload` does
        std::exception_ptr failed;
        try {
            if (!tls_.files_changed())
                return;
            tls_.reload();
        } catch (...) {
            failed = std::current_exception();
        }
        options_.on_reload(failed);
    }

    // Held while `on_reload` is called, which may destroy the watcher.
    std::recursive_mutex mutex_;
    bool stopped_ = false; // guarded, as is the timer
    tls_context tls_;
    tls_watch_options options_;
    asio::steady_timer timer_;
};

FANFARE_DECL tls_watcher::tls_watcher(const asio::any_io_executor& executor, tls_context tls,
                                      tls_watch_options options)
    : watch_{std::make_shared<watch>(executor, std::move(tls), std::move(options))}
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

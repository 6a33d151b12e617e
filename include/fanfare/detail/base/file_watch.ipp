// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_BASE_FILE_WATCH_IPP
#define FANFARE_DETAIL_BASE_FILE_WATCH_IPP

#include <fanfare/detail/base/clock_math.hpp>
#include <fanfare/detail/base/file_watch.hpp>

#include <stdexcept>
#include <string>
#include <utility>

namespace fanfare::detail {

FANFARE_DECL file_watch::file_watch(const char* whose, const asio::any_io_executor& executor,
                                    std::chrono::milliseconds interval, std::function<bool()> look, told tell)
    : interval_{interval}, look_{std::move(look)}, tell_{std::move(tell)}, timer_{executor}
{
    if (interval_ <= std::chrono::milliseconds::zero())
        throw std::invalid_argument(std::string{whose} + ": the interval must be above 0");
    if (!tell_)
        throw std::invalid_argument(std::string{whose} + ": on_reload is empty");
}

FANFARE_DECL void file_watch::start()
{
    const std::lock_guard lock{mutex_};
    wait();
}

FANFARE_DECL void file_watch::stop()
{
    const std::lock_guard lock{mutex_};
    stopped_ = true;
    timer_.cancel();
}

FANFARE_DECL void file_watch::wait()
{
    timer_.expires_after(bounded_time(interval_));
    timer_.async_wait([self = shared_from_this()](error_code) { self->look_now(); });
}

FANFARE_DECL void file_watch::look_now()
{
    const std::lock_guard lock{mutex_};
    if (stopped_)
        return;
    wait(); // first, so that it goes on whatever `tell_` does
    std::exception_ptr failed;
    try {
        if (!look_())
            return;
    } catch (...) {
        failed = std::current_exception();
    }
    tell_(failed);
}

} // namespace fanfare::detail

#endif

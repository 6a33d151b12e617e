// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_BASE_FILE_WATCH_HPP
#define FANFARE_DETAIL_BASE_FILE_WATCH_HPP

#include <fanfare/config.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>

namespace fanfare::detail {

/// What looks at files at an interval, and tells what came of it. What waits for the timer keeps it: it outlives its
/// owner by a handler that is on its way.
class file_watch : public std::enable_shared_from_this<file_watch> {
public:
    using told = std::function<void(std::exception_ptr)>;

    /// `look` reads files that have changed: false, if none has. It may throw. `whose` begins the texts of errors:
    /// throws `std::invalid_argument` for an interval that is not above 0, or nobody to tell.
    file_watch(const char* whose, const asio::any_io_executor& executor, std::chrono::milliseconds interval,
               std::function<bool()> look, told tell);

    void start();
    /// When it has returned nothing is told any more, but within `tell`. Thread-safe.
    void stop();

private:
    void wait();
    void look_now();

    std::recursive_mutex mutex_; // held while `tell_` is called, which may destroy the owner
    bool stopped_ = false;       // guarded, as is the timer
    std::chrono::milliseconds interval_;
    std::function<bool()> look_;
    told tell_;
    asio::steady_timer timer_;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/base/file_watch.ipp>
#endif

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TLS_WATCHER_HPP
#define FANFARE_TLS_WATCHER_HPP

#include <fanfare/config.hpp>
#include <fanfare/ssl.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <memory>

namespace fanfare {
namespace detail {
class file_watch;
}

/// How a `tls_watcher` looks, and whom it tells.
struct tls_watch_options {
    /// From one look to the next. Above 0.
    std::chrono::milliseconds interval{60'000};
    /// Called when the files have been read again: null if they are used from now on; else what was wrong with them, a
    /// `system_error` that names the file, and what was used before still is. Not empty: a certificate that cannot be
    /// renewed must be noticed before it expires.
    ///
    /// Called on the watcher's executor. What it throws leaves the executor, as from any handler of Asio's; the
    /// watcher goes on.
    std::function<void(std::exception_ptr)> on_reload{};
};

/// Reads the files of a `tls_context` again when they have changed: for certificates that another program renews.
///
/// Files that cannot be used (written by half, say, or a certificate whose key is not there yet) are tried again at
/// each interval, and told each time, until they can be or are as they were before. While it looks and reads, the
/// executor's thread is kept, for a few milliseconds.
/// @code
/// fanfare::tls_watcher watcher{io.get_executor(), tls, {.on_reload = [](std::exception_ptr failed) { ... }}};
/// @endcode
class tls_watcher {
public:
    /// Looks for the first time after one interval.
    ///
    /// @param executor Where it runs; its context outlives the watcher.
    /// @param tls What is watched: made of files. The watcher keeps it.
    /// Throws `std::invalid_argument` for an interval that is not above 0, an empty `on_reload`, or a context that was not
    /// made of files.
    tls_watcher(const asio::any_io_executor& executor, tls_context tls, tls_watch_options options);
    /// Ends it. When this has returned `on_reload` is not called any more: it waits for a call in another thread, so
    /// hold no lock that `on_reload` wants. Within `on_reload` it does not wait.
    ~tls_watcher();
    /// The same, while the watcher stays: so that `io_context::run` can return. Later calls do nothing. Thread-safe.
    void stop();
    tls_watcher(const tls_watcher&) = delete;
    tls_watcher& operator=(const tls_watcher&) = delete;

private:
    std::shared_ptr<detail::file_watch> watch_;
};

} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/tls_watcher.ipp>
#endif

#endif

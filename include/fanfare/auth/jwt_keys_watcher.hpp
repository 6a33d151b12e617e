// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_AUTH_JWT_KEYS_WATCHER_HPP
#define FANFARE_AUTH_JWT_KEYS_WATCHER_HPP

#include <fanfare/auth/jwt_keys.hpp>
#include <fanfare/config.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <memory>

namespace fanfare {
namespace detail {
class file_watch;
}

/// How a `jwt_keys_watcher` looks, and whom it tells.
struct jwt_keys_watch_options {
    /// From one look to the next. Above 0.
    std::chrono::milliseconds interval{10'000};
    /// Called when the file has been read again: null if its keys are used from now on; else what was wrong with it, a
    /// `system_error` that names the file, and the keys before still are used. Not empty.
    ///
    /// Called on the watcher's executor. What it throws leaves the executor, as from any handler of Asio's; the
    /// watcher goes on.
    std::function<void(std::exception_ptr)> on_reload{};
};

/// Reads the file of a `jwt_keys` again when it has changed: for a key set that another program fetches.
///
/// Whoever writes the file does so under another name and renames it: half of a set is no set. A file that cannot be
/// used is tried again at each interval, and told each time, until it can be or is as it was before. While it looks and
/// reads, the executor's thread is kept, for some milliseconds.
/// @code
/// auto keys = fanfare::jwt_keys::file("/etc/app/jwks.json");
/// fanfare::jwt_keys_watcher watcher{io.get_executor(), keys, {.on_reload = [](std::exception_ptr failed) { ... }}};
/// @endcode
class jwt_keys_watcher {
public:
    /// Looks for the first time after one interval.
    ///
    /// @param executor Where it runs; its context outlives the watcher.
    /// @param keys What is watched: made by `jwt_keys::file`. The watcher keeps it.
    /// Throws `std::invalid_argument` for an interval that is not above 0, an empty `on_reload`, or keys of no file.
    jwt_keys_watcher(const asio::any_io_executor& executor, jwt_keys keys, jwt_keys_watch_options options);
    /// Ends it. When this has returned `on_reload` is not called any more: it waits for a call in another thread, so
    /// hold no lock that `on_reload` wants. Within `on_reload` it does not wait.
    ~jwt_keys_watcher();
    /// The same, while the watcher stays: so that `io_context::run` can return. Later calls do nothing. Thread-safe.
    void stop();
    jwt_keys_watcher(const jwt_keys_watcher&) = delete;
    jwt_keys_watcher& operator=(const jwt_keys_watcher&) = delete;

private:
    std::shared_ptr<detail::file_watch> watch_;
};

} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/auth/jwt_keys_watcher.ipp>
#endif

#endif

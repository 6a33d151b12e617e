// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SHARD_HUB_HANDLERS_HPP
#define FANFARE_DETAIL_SHARD_HUB_HANDLERS_HPP

#include <fanfare/auth.hpp>
#include <fanfare/close_code.hpp>
#include <fanfare/config.hpp>
#include <fanfare/fwd.hpp>

#include <boost/system/error_code.hpp>

#include <exception>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace fanfare::detail {

/// The application's handlers. Set before the first connection, and not thread-safe until then.
struct hub_handlers {
    any_authorizer may;
    any_authenticator renew;
    std::function<void(connection_ref)> on_connect;
    std::function<void(connection_ref)> on_refreshed;
    std::function<void(connection_ref, close_code)> on_disconnect;
    std::map<std::string, std::function<void(request)>, std::less<>> messages;
    std::function<void(std::string_view user, const notification&, error_code)> on_notify_failed;
    std::function<void(std::string_view room, error_code)> on_publish_failed;
    std::function<void(std::exception_ptr)> on_exception;
    std::function<void(raw_connection&, std::string_view data, bool binary)> raw;

    /// One of them threw on this shard: counts that, and tells `on_exception`. What that throws itself leaves the
    /// executor's `run`.
    void failed(shard& at, const std::exception_ptr& cause) const;
    /// The same for what is counted elsewhere.
    void tell(shard& at, const std::exception_ptr& cause) const;
    /// Calls a handler on this shard, if it is set, with what it throws told to `failed`. False if it threw.
    template <class F, class... Arguments>
    bool call(shard& at, const F& handler, Arguments&&... arguments) const
    {
        if (!handler)
            return true;
        try {
            handler(std::forward<Arguments>(arguments)...);
            return true;
        } catch (...) {
            failed(at, std::current_exception());
            return false;
        }
    }
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/shard/hub_handlers.ipp>
#endif

#endif

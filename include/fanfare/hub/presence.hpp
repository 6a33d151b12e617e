// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_HUB_PRESENCE_HPP
#define FANFARE_HUB_PRESENCE_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/completion.hpp>
#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/detail/hub/hub_topic.hpp>
#include <fanfare/detail/requests/presence.hpp>
#include <fanfare/presence.hpp>
#include <fanfare/presence_list.hpp>

#include <boost/asio/async_result.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace fanfare {

/// The part of `hub` that tells who is in a room; see `room_options::presence`.
class hub_presence : detail::hub_topic<hub_presence> {
public:
    /// Sets where presence is kept: a `redis_presence`, say, or a `memory_presence` that several hubs of this process
    /// share. Without one, the hub has its own in memory. Set it before the first connection. Not thread-safe.
    void presence(any_presence store)
    {
        store.on_exception(core_->port_exceptions());
        store.count_in(core_->stores);
        core_->presence.use(std::move(store));
    }

    /// Reads who is in a room, on all hubs that share the presence store. Sees what this thread did before on this hub.
    ///
    /// @param limit How many clients and users to name, at most 1,000 each; the counts are of all.
    /// - Lifetimes: everything is copied before this returns.
    /// - Completion: `void(error_code, presence_list)`. On the handler's associated executor, else on the hub's first;
    ///   never from within this call.
    /// - Errors: `invalid_room`, `unknown_room`; `forbidden` if the room has no presence; `shutting_down` once the hub
    ///   has shut down; the store's.
    /// - Cancellation: not supported.
    /// - Thread-safety: may be called from any thread.
    template <asio::completion_token_for<void(error_code, presence_list)> Token>
    auto async_presence(std::string_view room, std::size_t limit, Token&& token)
    {
        return detail::initiate<void(error_code, presence_list)>(
            default_executor(), std::forward<Token>(token),
            [core = core_, room = std::string{room}, limit](auto done) {
                detail::read_presence(core->rules, core->presence, room, limit, std::move(done));
            });
    }
    /// The same with the highest limit.
    template <asio::completion_token_for<void(error_code, presence_list)> Token>
    auto async_presence(std::string_view room, Token&& token)
    {
        return async_presence(room, detail::presence_max_limit, std::forward<Token>(token));
    }

protected:
    using hub_topic::hub_topic;
};

} // namespace fanfare

#endif

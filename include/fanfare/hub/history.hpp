// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_HUB_HISTORY_HPP
#define FANFARE_HUB_HISTORY_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/completion.hpp>
#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/detail/hub/hub_topic.hpp>
#include <fanfare/history.hpp>

#include <boost/asio/async_result.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace fanfare {

/// The part of `hub` that reads the history of rooms; see `room_options::history`.
class hub_history : detail::hub_topic<hub_history> {
public:
    /// Reads a page of a room's history from the store: it has what was published there on this hub before the call.
    ///
    /// - Lifetimes: everything is copied before this returns.
    /// - Completion: `void(error_code, history_part)`. On the handler's associated executor, else on the hub's first;
    ///   never from within this call.
    /// - Errors: `invalid_room`, `unknown_room`; `no_history` if the room keeps none; `invalid_position` for one of
    ///   another epoch, or beyond the end; `too_many_requests` if `hub_options::max_pending_reads` wait; `shutting_down`
    ///   if it has to wait while the hub shuts down; the store's.
    /// - Cancellation: not supported.
    /// - Thread-safety: may be called from any thread.
    template <asio::completion_token_for<void(error_code, history_part)> Token>
    auto async_history(std::string_view room, const history_request& what, Token&& token)
    {
        return detail::initiate<void(error_code, history_part)>(
            default_executor(), std::forward<Token>(token),
            [core = core_, room = std::string{room}, what](auto done) {
                core->history.read_page_in_turn(room, what, std::move(done));
            });
    }

protected:
    using hub_topic::hub_topic;
};

} // namespace fanfare

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_HUB_ENUMERATION_HPP
#define FANFARE_HUB_ENUMERATION_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/completion.hpp>
#include <fanfare/detail/hub/enumeration.hpp>
#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/detail/hub/hub_topic.hpp>
#include <fanfare/enumeration.hpp>

#include <boost/asio/async_result.hpp>

#include <utility>

namespace fanfare {

/// The part of `hub` that lists what is there, for tools: the rooms and the connections of this hub alone, a page at a
/// time.
/// @code
/// fanfare::room_query query{.prefix = "chat:"};
/// do {
///     const auto page = co_await hub.async_rooms(query, asio::use_awaitable);
///     show(page.rooms);
///     query.after = page.next;
/// } while (!query.after.empty());
/// @endcode
/// A room or connection that is there from the first page to the last is listed exactly once. One that comes or goes
/// meanwhile may be listed or not. The pages are no snapshot: each tells what is then.
class hub_enumeration : detail::hub_topic<hub_enumeration> {
public:
    /// Lists rooms: those that somebody here is in, that a handle (`hub::room`) keeps, or in which a message is under way.
    ///
    /// Each page looks at the name of every room: the work for all pages grows with the square of their number. It is
    /// done on the first shard, a sixteenth of the rooms in a turn, and publishes into those wait for that long: about
    /// 1.5 ms with 100,000 rooms in all, 15 ms with a million. Ask large hubs for large pages, and not often.
    ///
    /// @param what Which ones.
    /// - Completion: `void(error_code, room_page)`. On the handler's associated executor, else on the hub's first; never
    ///   from within this call.
    /// - Errors: `invalid_message` for a limit out of range, or an `after` that is no room's name; `shutting_down` once
    ///   the hub has shut down.
    /// - Cancellation: not supported.
    /// - Thread-safety: may be called from any thread.
    template <asio::completion_token_for<void(error_code, room_page)> Token>
    auto async_rooms(room_query what, Token&& token)
    {
        return detail::initiate<void(error_code, room_page)>(default_executor(), std::forward<Token>(token),
                                                             [core = core_, what = std::move(what)](auto done) {
                                                                 detail::list_rooms(*core, what, std::move(done));
                                                             });
    }

    /// Lists connections: those that have been told that they are connected, and are not being closed.
    ///
    /// Looks at no more connections than it takes to fill the page, 256 in a turn of their shard; with a user, at that
    /// user's only. Anonymous ones alone are looked for among all.
    ///
    /// @param what Which ones.
    /// - Completion: `void(error_code, connection_page)`. On the handler's associated executor, else on the hub's first;
    ///   never from within this call.
    /// - Errors: `invalid_message` for a limit out of range, or an `after` that is not the id of a connection of this
    ///   hub; `shutting_down` once the hub has shut down.
    /// - Cancellation: not supported.
    /// - Thread-safety: may be called from any thread.
    template <asio::completion_token_for<void(error_code, connection_page)> Token>
    auto async_connections(connection_query what, Token&& token)
    {
        return detail::initiate<void(error_code, connection_page)>(
            default_executor(), std::forward<Token>(token), [core = core_, what = std::move(what)](auto done) {
                detail::list_connections(*core, what, std::move(done));
            });
    }

protected:
    using hub_topic::hub_topic;
};

} // namespace fanfare

#endif

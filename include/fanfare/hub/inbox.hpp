// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_HUB_INBOX_HPP
#define FANFARE_HUB_INBOX_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/completion.hpp>
#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/detail/hub/hub_topic.hpp>
#include <fanfare/inbox.hpp>
#include <fanfare/inbox_item.hpp>

#include <boost/asio/async_result.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace fanfare {

/// The part of `hub` that keeps users' notifications, if it has an inbox. `hub_users` puts them there.
class hub_inbox : detail::hub_topic<hub_inbox> {
public:
    /// Sets where notifications are kept: a `sqlite_inbox`, say, or a `memory_inbox` that several hubs of this process
    /// share. Set it before the first connection. Not thread-safe.
    void inbox(any_inbox store)
    {
        store.on_exception(core_->port_exceptions());
        store.count_in(core_->stores);
        core_->inbox.use(std::move(store));
    }

    /// Reads a page of a user's notifications, the newest first.
    ///
    /// - Lifetimes: everything is copied before this returns.
    /// - Completion: `void(error_code, inbox_page)`. On the handler's associated executor, else on the hub's first;
    ///   never from within this call.
    /// - Errors: `no_inbox`; `shutting_down` once the hub has shut down; those of `inbox_store`: `invalid_message` for
    ///   a cursor or limit that cannot be; its own.
    /// - Cancellation: not supported.
    /// - Thread-safety: may be called from any thread.
    template <asio::completion_token_for<void(error_code, inbox_page)> Token>
    auto async_inbox(std::string_view user, const inbox_query& query, Token&& token)
    {
        return detail::initiate<void(error_code, inbox_page)>(
            default_executor(), std::forward<Token>(token),
            [core = core_, user = std::string{user}, query](auto done) {
                core->inbox.list(user, query, std::move(done));
            });
    }

    /// Marks some of a user's notifications, or all (as read, say), and tells all devices of the user.
    ///
    /// - Lifetimes: everything is copied before this returns.
    /// - Completion: `void(error_code, inbox_marked)`. On the handler's associated executor, else on the hub's first;
    ///   never from within this call.
    /// - Errors: `no_inbox`; `shutting_down` once the hub has shut down; those of `inbox_store`: `not_found` if the
    ///   user has none of them; `invalid_message` for no ids, too many, or ids and `all`; its own, then nothing was
    ///   changed, but for `delivery_unknown`.
    /// - Cancellation: not supported.
    /// - Thread-safety: may be called from any thread.
    template <asio::completion_token_for<void(error_code, inbox_marked)> Token>
    auto async_inbox_mark(std::string_view user, const inbox_mark& mark, Token&& token)
    {
        return detail::initiate<void(error_code, inbox_marked)>(
            default_executor(), std::forward<Token>(token),
            [core = core_, user = std::string{user}, mark](auto done) {
                core->inbox.mark(user, mark, 0, std::move(done));
            });
    }

    /// Counts the notifications of a user that are unread, and unseen. A user that is not known has none.
    ///
    /// - Lifetimes: everything is copied before this returns.
    /// - Completion: `void(error_code, inbox_counts)`. On the handler's associated executor, else on the hub's first;
    ///   never from within this call.
    /// - Errors: `no_inbox`; `shutting_down` once the hub has shut down; the inbox's own.
    /// - Cancellation: not supported.
    /// - Thread-safety: may be called from any thread.
    template <asio::completion_token_for<void(error_code, inbox_counts)> Token>
    auto async_inbox_counts(std::string_view user, Token&& token)
    {
        return detail::initiate<void(error_code, inbox_counts)>(
            default_executor(), std::forward<Token>(token),
            [core = core_, user = std::string{user}](auto done) { core->inbox.counts(user, std::move(done)); });
    }

protected:
    using hub_topic::hub_topic;
};

} // namespace fanfare

#endif

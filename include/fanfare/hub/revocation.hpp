// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_HUB_REVOCATION_HPP
#define FANFARE_HUB_REVOCATION_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/completion.hpp>
#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/detail/hub/hub_topic.hpp>
#include <fanfare/revocation.hpp>
#include <fanfare/revocation_store.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <memory>
#include <string>
#include <utility>

namespace fanfare {

/// The part of `hub` that takes credentials back before they expire.
class hub_revocation : detail::hub_topic<hub_revocation> {
public:
    /// Sets where revocations are kept: a `redis_revocation_store`, say, or a `memory_revocation_store` that several
    /// hubs of this process share. It is read from now on; until that has succeeded, nobody with a credential is let in
    /// (`store_failed`, HTTP 503), and the link `revocations` of `links` is down. Without one, the hub knows what it
    /// was told since it began, by itself and over the bus. Set it before the hub's executors run. Not thread-safe.
    void revocations(any_revocation_store store)
    {
        store.on_exception(core_->port_exceptions());
        store.count_in(core_->stores);
        core_->revocations.use(std::move(store));
    }

    /// Revokes credentials on all hubs: open connections with them are closed with `close_code::revoked` after what was
    /// published to them before, and they are refused until they have expired (`unauthorized`), also by hubs that start
    /// later or have no link now: as soon as these have read the store. So are handshakes under way and tickets that
    /// were issued before. A connection of `hub::connect` that names neither a token nor a time of issue counts as
    /// issued when it was made.
    ///
    /// @param what Which: see `revocation`. Doing it again changes nothing, but that `issued_before` is the later time.
    /// - Lifetimes: everything is copied before this returns.
    /// - Completion: `void(error_code, revoke_result)`, when it is stored and all hubs have begun to close. On the
    ///   handler's associated executor, else on the hub's first; never from within this call.
    /// - Errors, with nothing done: `invalid_user`; `invalid_message` for a revocation that cannot be; `shutting_down`
    ///   once the hub has shut down; `store_full`; `store_failed`, also where the store has no link to its server;
    ///   `redis_failed` and other errors of the store's own, of which `delivery_unknown` leaves open what was stored.
    ///   With the revocation stored, and in force on this hub: `bus_unavailable` where the bus could not tell the
    ///   others, who learn it when they have their link again, or within `hub_options::revocation_refresh`;
    ///   `timed_out` if a hub has not answered within 5 seconds, or has no room for it and no store, with the numbers
    ///   of the others.
    /// - Cancellation: not supported.
    /// - Thread-safety: may be called from any thread.
    template <asio::completion_token_for<void(error_code, revoke_result)> Token>
    auto async_revoke(revocation what, Token&& token)
    {
        std::string why;
        const auto wrong = core_->revocations.settle(what, why);
        return detail::initiate<void(error_code, revoke_result)>(
            default_executor(), std::forward<Token>(token),
            [core = core_, what = std::move(what), wrong](auto done) {
                if (wrong)
                    return done(wrong, {});
                core->revocations.revoke(what, std::move(done));
            });
    }

    /// The same without waiting for the end. What fails later is told to `hub::on_exception`, as a `system_error`.
    ///
    /// @return `invalid_user` or `invalid_message`: nothing is done. Thread-safe.
    error_code revoke(revocation what)
    {
        std::string why;
        if (const auto wrong = core_->revocations.settle(what, why))
            return wrong;
        core_->revocations.revoke(what, [weak = std::weak_ptr{core_}](error_code ec, const revoke_result&) {
            if (const auto core = weak.lock(); ec && core)
                core->port_exceptions()(
                    std::make_exception_ptr(boost::system::system_error{ec, "fanfare::hub::revoke"}));
        });
        return {};
    }

protected:
    using hub_topic::hub_topic;
};

} // namespace fanfare

#endif

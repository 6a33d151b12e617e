// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HUB_SHUTDOWN_IPP
#define FANFARE_DETAIL_HUB_SHUTDOWN_IPP

#include <fanfare/detail/base/clock_math.hpp>
#include <fanfare/detail/hub/shutdown.hpp>
#include <fanfare/detail/session/session.hpp>
#include <fanfare/error.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace fanfare::detail {

// A shutdown under way. Its timer's wait owns it, so that it goes with the first shard's context at the latest.
// Only on the first shard.
struct shutdown::state {
    explicit state(const asio::any_io_executor& ex) : timer{ex} {}
    asio::steady_timer timer;
    std::size_t waiting = 0; // shards with connections, then `last`
    bool late = false;
    std::function<void()> last; // what is waited for when all connections have ended
    std::function<void(error_code)> done;
    void one_less()
    {
        if (--waiting != 0)
            return;
        if (last && !late) {
            waiting = 1;
            return std::exchange(last, {})();
        }
        finish();
    }
    void finish()
    {
        waiting = 0;
        timer.cancel();
        done(late ? error_code{error::timed_out} : error_code{});
    }
    // At the deadline `cut` is called; if that is not enough to end everything, it is waited on.
    static void hold_until_done(const std::shared_ptr<state>& self, std::function<void()> cut)
    {
        self->timer.async_wait([self, cut = std::move(cut)](error_code) mutable {
            if (self->waiting == 0)
                return;
            const bool first = !std::exchange(self->late, true);
            if (!self->last)
                return self->finish();
            if (first)
                cut();
            self->timer.expires_after(std::chrono::hours{24});
            hold_until_done(self, std::move(cut));
        });
    }
};

FANFARE_DECL void shutdown::stop_services()
{
    parts_.life.stop();
    parts_.presence.stop();
    parts_.acks.stop();
}

FANFARE_DECL void shutdown::begin(const shutdown_options& how, std::function<void(error_code)> done)
{
    parts_.life.set_reconnect_spread(
        static_cast<std::uint32_t>(std::clamp<std::int64_t>(how.reconnect_spread.count(), 0, UINT32_MAX)));
    stop_services();
    auto& first = parts_.shards.first();
    const auto waiting = std::make_shared<state>(first.executor());
    waiting->done = std::move(done);
    waiting->waiting = parts_.shards.size();
    // The store's answers say who has left a room for good, and the bus is still there to tell it.
    waiting->last = [this, weak = std::weak_ptr{waiting}] {
        parts_.presence.when_idle([weak] {
            if (const auto alive = weak.lock())
                alive->one_less();
        });
    };
    asio::post(first.executor(), [this, keep = parts_.life.keep(), waiting, how] {
        waiting->timer.expires_after(bounded_time(how.deadline));
        state::hold_until_done(waiting, [this, keep] {
            for (const auto& s : parts_.shards)
                s->post([](shard& home) { for_each_session(home, [](session& one) { one.end(); }); });
        });
        close_all(how);
        tell_when_empty(waiting);
    });
}

FANFARE_DECL void shutdown::close_all(const shutdown_options& how)
{
    for (const auto& s : parts_.shards)
        s->post([how](shard& home) {
            for_each_session(home, [&](session& one) { one.close_for_shutdown(how.code, how.deadline); });
        });
}

FANFARE_DECL void shutdown::tell_when_empty(const std::weak_ptr<state>& waiting)
{
    for (const auto& s : parts_.shards)
        s->post([this, waiting](shard& home) {
            const auto tell = [this, waiting] {
                parts_.shards.first().post([waiting](shard&) {
                    if (const auto alive = waiting.lock())
                        alive->one_less();
                });
            };
            if (home.connections() == 0)
                tell();
            else
                home.on_empty.push_back(tell);
        });
}

FANFARE_DECL void shutdown::abandon()
{
    stop_services();
    if (parts_.subscriptions.attached())
        parts_.others.announce_leaving();
    parts_.subscriptions.detach();
    close_all({.code = close_code::going_away});
}

} // namespace fanfare::detail

#endif

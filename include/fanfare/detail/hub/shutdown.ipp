// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HUB_SHUTDOWN_IPP
#define FANFARE_DETAIL_HUB_SHUTDOWN_IPP

#include <fanfare/detail/base/clock_math.hpp>
#include <fanfare/detail/hub/paced_close.hpp>
#include <fanfare/detail/hub/shutdown.hpp>
#include <fanfare/detail/session/session.hpp>
#include <fanfare/error.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace fanfare::detail {

// The options, with times that clocks hold.
inline shutdown_options bounded(shutdown_options how)
{
    for (auto* const time : {&how.deadline, &how.readiness_delay, &how.drain_time})
        *time = bounded_time(*time);
    how.reconnect_spread =
        std::chrono::milliseconds{std::clamp<std::int64_t>(how.reconnect_spread.count(), 0, UINT32_MAX)};
    return how;
}

// Over which time so many connections are closed.
inline std::chrono::milliseconds closing_time(const shutdown_options& how, std::size_t connections)
{
    if (how.drain_rate == 0)
        return how.drain_time;
    const auto count = std::min<std::size_t>(connections, UINT32_MAX);
    const auto by_rate =
        bounded_time(std::chrono::milliseconds{static_cast<std::int64_t>(count) * 1000 / how.drain_rate});
    return how.drain_time.count() == 0 ? by_rate : std::min(by_rate, how.drain_time);
}

// A shutdown under way. What it waits for owns it, so that it goes with the first shard's context at the latest. From `start`
// on only on the first shard.
class shutdown::operation : public std::enable_shared_from_this<operation> {
public:
    using phase = shutdown_progress::phase;

    operation(shutdown& owner, const shutdown_options& how, std::function<void()> on_closing,
              std::function<void(error_code)> done)
        : parts_{owner.parts_}, owner_{owner}, hub_{parts_.life.keep()}, how_{how},
          on_closing_{std::move(on_closing)}, done_{std::move(done)}, timer_{parts_.shards.first().executor()},
          report_timer_{parts_.shards.first().executor()}
    {}

    void refuse_connections()
    {
        if (on_closing_)
            std::exchange(on_closing_, {})();
        parts_.life.reach(lifetime::stage::closing);
    }

    void start()
    {
        std::erase_if(owner_.under_way_, [](const auto& one) { return one.expired(); });
        owner_.under_way_.push_back(weak_from_this());
        if (how_.readiness_delay.count() == 0)
            return close_connections();
        tell(phase::not_ready);
        timer_.expires_after(how_.readiness_delay);
        timer_.async_wait([self = shared_from_this()](error_code ec) {
            if (!ec)
                self->close_connections();
        });
    }

private:
    void close_connections()
    {
        if (std::exchange(closing_, true))
            return;
        refuse_connections();
        of_ = parts_.shards.connections();
        tell(phase::closing);
        const auto over = closing_time(how_, of_);
        timer_.expires_after(over + how_.deadline);
        cut_when_late();
        report_later();
        waiting_ = parts_.shards.size();
        const paced_close::pace pace{how_.code, over, how_.deadline / 2, how_.deadline};
        for (const auto& s : parts_.shards)
            s->post([this, self = shared_from_this(), pace](shard& home) {
                std::make_shared<paced_close>(home, hub_, pace)->start();
                tell_when_empty(home);
            });
        for (const auto& one : owner_.under_way_) // whose time has come as well
            if (const auto other = one.lock())
                other->close_connections();
    }

    // Looks at this only through a weak pointer: a shard that never becomes empty must not keep it.
    void tell_when_empty(shard& home)
    {
        const auto tell = [weak = weak_from_this(), &first = parts_.shards.first()] {
            first.post([weak](shard&) {
                if (const auto self = weak.lock(); self && self->waiting_ != 0 && --self->waiting_ == 0)
                    self->end();
            });
        };
        if (home.connections() == 0)
            tell();
        else
            home.on_empty.push_back(tell);
    }

    // At the deadline what is left is cut; if that is not enough to end everything, it is waited on.
    void cut_when_late()
    {
        timer_.async_wait([self = shared_from_this()](error_code ec) {
            if (!ec)
                self->on_late();
        });
    }
    void on_late()
    {
        const bool first = !std::exchange(late_, true);
        if (ending_)
            return finish();
        if (first)
            owner_.end_all();
        timer_.expires_after(std::chrono::hours{24});
        cut_when_late();
    }

    // All connections have ended. The store's answers say who has left a room for good, and the bus is still there to tell
    // it.
    void end()
    {
        ending_ = true;
        owner_.stop_services();
        tell(phase::ending);
        if (late_)
            return finish();
        parts_.presence.when_idle([weak = weak_from_this()] {
            if (const auto self = weak.lock())
                self->finish();
        });
    }

    void finish()
    {
        if (!done_)
            return;
        timer_.cancel();
        report_timer_.cancel();
        parts_.life.reach(lifetime::stage::ended);
        owner_.leave_bus();
        parts_.rest_stores();
        std::exchange(done_, {})(late_ ? error_code{error::timed_out} : error_code{});
    }

    void tell(phase now)
    {
        now_ = now;
        if (how_.on_progress)
            parts_.handlers.call(parts_.shards.first(), how_.on_progress,
                                 shutdown_progress{now, parts_.shards.connections(), of_});
    }
    void report_later()
    {
        if (!how_.on_progress)
            return;
        report_timer_.expires_after(std::chrono::seconds{1});
        report_timer_.async_wait([self = shared_from_this()](error_code ec) {
            if (ec || self->now_ != phase::closing)
                return;
            self->tell(phase::closing);
            self->report_later();
        });
    }

    const shutdown_parts& parts_; // as all of the owner, the hub keeps them
    shutdown& owner_;
    const std::shared_ptr<void> hub_;
    const shutdown_options how_;
    std::function<void()> on_closing_;
    std::function<void(error_code)> done_;
    asio::steady_timer timer_, report_timer_;
    phase now_ = phase::not_ready;
    std::size_t of_ = 0;      // connections, when the closing began
    std::size_t waiting_ = 0; // shards with connections
    bool closing_ = false;    // they are being closed
    bool ending_ = false;     // all connections have ended
    bool late_ = false;
};

FANFARE_DECL void shutdown::begin(const shutdown_options& options, std::function<void()> on_closing,
                                  std::function<void(error_code)> done)
{
    const auto how = bounded(options);
    // Asked for by another thread: what listens may end at once, and the context must not run out of work before the rest of
    // this is posted.
    const auto work = asio::make_work_guard(parts_.shards.first().executor());
    parts_.life.set_reconnect_spread(static_cast<std::uint32_t>(how.reconnect_spread.count()));
    parts_.life.reach(lifetime::stage::not_ready);
    const auto under_way = std::make_shared<operation>(*this, how, std::move(on_closing), std::move(done));
    if (how.readiness_delay.count() == 0) {
        under_way->refuse_connections();
        if (how.drain_time.count() == 0 && how.drain_rate == 0)
            stop_services(); // nobody stays, so nobody is there to be published to
    }
    asio::post(parts_.shards.first().executor(), [under_way] { under_way->start(); });
}

FANFARE_DECL void shutdown::stop_services()
{
    parts_.life.reach(lifetime::stage::stopping);
    parts_.presence.stop();
    parts_.acks.stop();
}

FANFARE_DECL void shutdown::leave_bus()
{
    if (parts_.subscriptions.attached())
        parts_.others.announce_leaving();
    parts_.subscriptions.detach();
}

FANFARE_DECL void shutdown::end_all()
{
    for (const auto& s : parts_.shards)
        s->post([](shard& home) { for_each_session(home, [](session& one) { one.end(); }); });
}

FANFARE_DECL void shutdown::abandon()
{
    stop_services();
    leave_bus();
    for (const auto& s : parts_.shards)
        s->post([](shard& home) {
            for_each_session(home, [](session& one) {
                one.close_for_shutdown(close_code::going_away, shutdown_options{}.deadline);
            });
        });
}

} // namespace fanfare::detail

#endif

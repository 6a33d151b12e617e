// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REDIS_SUBSCRIBER_HPP
#define FANFARE_DETAIL_REDIS_SUBSCRIBER_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/context_bound.hpp>
#include <fanfare/detail/redis/channels.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fanfare::detail {

class redis_bus_core;
class redis_bus_session;
class redis_link;
class redis_value;

/// What a subscriber tells its owner, on the strand.
class redis_subscriber_events {
public:
    /// Redis has confirmed everything that was wanted when the connection came up.
    virtual void on_subscribed() = 0;
    /// Redis sent what no SUBSCRIBE or UNSUBSCRIBE answers, or refused what the bus cannot do without.
    virtual void on_subscriber_failed(std::string_view why) = 0;
    /// `update` has something to do.
    virtual void on_update_due() = 0;

protected:
    ~redis_subscriber_events() = default;
};

/// Sends a bus's SUBSCRIBE and UNSUBSCRIBE commands and reads the answers: first the bus's own channels, then the
/// rooms, as `redis_channels` wants them. Only on the strand.
class redis_subscriber : public std::enable_shared_from_this<redis_subscriber> {
public:
    /// `session` outlives it, and is `events`.
    redis_subscriber(std::shared_ptr<redis_bus_core> core, const redis_bus_session& session,
                     const asio::any_io_executor& executor, std::shared_ptr<redis_link> link,
                     std::weak_ptr<redis_subscriber_events> events);

    /// The connection is new: subscribes everything, and tells `on_subscribed` when that is confirmed.
    void subscribe_all();
    /// The connection is gone: `on_subscribed` is not awaited any more.
    void reset() noexcept { subscribing_ = false; }
    /// Sends what joins and leaves have changed since.
    void update();
    /// No update is due any more.
    void stop();
    /// Has some of the refused rooms tried again, unless that was done not long ago.
    void retry_refused();

    /// Any reply but a message.
    void on_reply(const redis_value& reply);
    /// Tells the connection whether replies are due.
    void expect_replies();

private:
    using clock = redis_channels::clock;

    void send_changes(redis_channels& channels);
    void wait_for_next();
    void on_answer(bool subscribe, std::string_view channel);
    void on_own_answer(bool subscribe, std::string_view channel);
    void on_refusal(std::string_view text);
    void check_subscribed();
    void fail(std::string_view why);

    const std::shared_ptr<redis_bus_core> core_;
    const redis_bus_session& session_; // only compared
    const std::shared_ptr<redis_link> link_;
    const std::weak_ptr<redis_subscriber_events> events_;
    context_bound<asio::steady_timer> timer_; // for the next room whose linger time ends
    bool waiting_ = false;                    // the timer runs
    bool subscribing_ = false;                // `on_subscribed` was not told yet
    std::vector<std::string> own_;            // the channels that are always subscribed
    std::size_t own_confirmed_ = 0;
    clock::time_point retried_{};
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/redis/subscriber.ipp>
#endif

#endif

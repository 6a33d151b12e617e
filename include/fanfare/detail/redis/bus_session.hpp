// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REDIS_BUS_SESSION_HPP
#define FANFARE_DETAIL_REDIS_BUS_SESSION_HPP

#include <fanfare/bus.hpp>
#include <fanfare/config.hpp>
#include <fanfare/detail/base/context_bound.hpp>
#include <fanfare/detail/redis/bus_core.hpp>
#include <fanfare/detail/redis/bus_probe.hpp>
#include <fanfare/detail/redis/channels.hpp>
#include <fanfare/detail/redis/incoming.hpp>
#include <fanfare/detail/redis/link.hpp>
#include <fanfare/detail/redis/loss_notices.hpp>
#include <fanfare/detail/redis/message.hpp>
#include <fanfare/detail/redis/pipeline.hpp>
#include <fanfare/detail/redis/subscriber.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace fanfare::detail {

/// The connections of a bus, from the first `attach` to the last `detach`: one for commands, one for subscriptions.
/// They are up and down together. On the strand, but for `make`, `start`, `stop` and `commands`.
///
/// down -> (both connected) subscribing -> (everything confirmed) probing -> (the first probe came back) up
class redis_bus_session final : public redis_link_events,
                                public redis_subscriber_events,
                                public redis_probe_events,
                                public redis_loss_events,
                                public std::enable_shared_from_this<redis_bus_session> {
public:
    /// Throws as the link does.
    static std::shared_ptr<redis_bus_session> make(std::shared_ptr<redis_bus_core> core,
                                                   const asio::any_io_executor& executor);
    void start();
    /// Ends it, when Redis has answered what was on its way; that may take a second.
    void stop();
    redis_pipeline& commands() noexcept { return *commands_; }

    /// Sends what joins and leaves have changed.
    void update();
    /// A PUBLISH was answered: the bus is in use.
    void published() { probe_->on_published(); }
    /// A message was lost: those that it was for are told `missed`, in all processes.
    void lost(bus_message::kind what, std::string_view room);
    /// A message without `done` was never sent: reported when the bus has ended.
    void never_sent() noexcept { never_sent_ += stage_ == stage::stopped; }

private:
    using clock = redis_channels::clock;
    enum class stage : std::uint8_t { down, subscribing, probing, up, stopped };

    struct timers {
        explicit timers(const bound_strand::strand_type& s) : startup{s}, shutdown{s} {}
        asio::steady_timer startup, shutdown;
    };

    redis_bus_session(std::shared_ptr<redis_bus_core> core, const asio::any_io_executor& executor);

    void on_up() override;
    void on_down(const std::string& problem) override;
    void on_reply(const redis_value& reply) override;
    void on_read_end() override;
    void on_subscribed() override;
    void on_subscriber_failed(std::string_view why) override;
    void on_update_due() override { update(); }
    void on_probe_failed(std::string_view why) override;
    void on_probe_returned() override;
    bool expects_messages() override;
    void on_notice_refused(redis_message::kind what, const std::string& room) override;

    void end();
    void connected();
    void disconnected(const std::string& problem, bool was_up);
    void reconnect(std::string_view why);
    void limit_startup();
    void come_up();
    void report_never_sent();
    void on_message(std::string_view channel, std::string_view body);

    const std::shared_ptr<redis_bus_core> core_;
    context_bound<timers> clocks_;
    redis_incoming incoming_;
    std::shared_ptr<redis_pipeline> commands_;
    std::shared_ptr<redis_link> link_; // subscriptions
    std::shared_ptr<redis_subscriber> subscriber_;
    std::shared_ptr<redis_bus_probe> probe_;
    std::shared_ptr<redis_loss_notices> losses_;
    stage stage_ = stage::down;
    bool link_was_up_ = false;
    bool commands_were_up_ = false;
    bool ever_up_ = false;
    std::uint64_t startup_ = 0; // tells the present wait on `startup` from an older one
    std::size_t never_sent_ = 0;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/redis/bus_session.ipp>
#endif

#endif

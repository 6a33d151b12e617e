// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REDIS_BUS_PROBE_HPP
#define FANFARE_DETAIL_REDIS_BUS_PROBE_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/context_bound.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace fanfare::detail {

class redis_bus_core;
class redis_pipeline;

/// What a probe tells its owner, on the strand.
class redis_probe_events {
public:
    /// The bus cannot be trusted. `why` in words, without a secret.
    virtual void on_probe_failed(std::string_view why) = 0;
    /// The message that was sent last came back.
    virtual void on_probe_returned() = 0;
    /// Whether somebody waits for messages, even if this process publishes none.
    virtual bool expects_messages() = 0;

protected:
    ~redis_probe_events() = default;
};

/// Makes sure that what a bus publishes comes back: publishes a number on a channel of its own, to which the bus is
/// subscribed, through the same queue and the same two connections as every message. So whatever stops messages stops
/// the probe too. Each probe but the first also asks whether the server has become a replica. Only on the strand.
class redis_bus_probe : public std::enable_shared_from_this<redis_bus_probe> {
public:
    using clock = std::chrono::steady_clock;

    redis_bus_probe(std::shared_ptr<redis_bus_core> core, const asio::any_io_executor& executor,
                    std::shared_ptr<redis_pipeline> commands, std::weak_ptr<redis_probe_events> events);

    /// Sends one now; it must come back within `probe_timeout`.
    void send();
    /// From now on sends one each `probe_interval` while the bus is in use.
    void repeat() noexcept { repeating_ = true; }
    /// Forgets the one that is on its way, and sends no more.
    void stop();

    /// What arrived on the probe's channel. False, with `why` in words, if it is no probe.
    bool on_message(std::string_view body, std::string& why);
    /// Something arrived from Redis: a probe may only stand behind it.
    void on_read() noexcept { heard_ = clock::now(); }
    /// A PUBLISH was answered: the bus is in use.
    void on_published()
    {
        in_use_ = true;
        schedule();
    }
    /// Sees that the next one is sent in time, if the bus is in use.
    void schedule();

private:
    void ask_role();
    void wait_until(clock::time_point at);
    void on_timer();
    void cancel();

    const std::shared_ptr<redis_bus_core> core_;
    const std::shared_ptr<redis_pipeline> commands_;
    const std::weak_ptr<redis_probe_events> events_;
    context_bound<asio::steady_timer> timer_;
    std::uint64_t number_ = 0; // of the last one
    std::uint64_t waits_ = 0;  // tells the present wait on the timer from an older one
    bool repeating_ = false;   // the bus is up
    bool on_its_way_ = false;
    bool waiting_ = false; // the timer runs
    bool in_use_ = false;  // something was published since the last probe
    clock::time_point sent_{}, heard_{}, returned_{};
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/redis/bus_probe.ipp>
#endif

#endif

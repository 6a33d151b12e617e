// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REDIS_LOSS_NOTICES_HPP
#define FANFARE_DETAIL_REDIS_LOSS_NOTICES_HPP

#include <fanfare/bus.hpp>
#include <fanfare/config.hpp>
#include <fanfare/detail/redis/message.hpp>

#include <boost/system/error_code.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>

namespace fanfare::detail {

class redis_bus_core;
class redis_pipeline;

/// What `redis_loss_notices` tells its owner, on the strand.
class redis_loss_events {
public:
    /// Redis refused to carry a notice to the other processes: this one's members can still be told. `room` is empty
    /// for broadcasts.
    virtual void on_notice_refused(redis_message::kind what, const std::string& room) = 0;

protected:
    ~redis_loss_events() = default;
};

/// Tells every process of messages that were lost on their way to Redis, so that members learn that they missed
/// something. The notices go out on the channels that the messages would have taken, and so keep their place in the
/// order. While the bus is down they wait. Only on the strand.
class redis_loss_notices : public std::enable_shared_from_this<redis_loss_notices> {
public:
    redis_loss_notices(std::shared_ptr<redis_bus_core> core, std::shared_ptr<redis_pipeline> commands,
                       std::weak_ptr<redis_loss_events> events);

    /// Notes a message that was lost. While up, the notice follows soon, one for all losses of a turn of the strand.
    void add(bus_message::kind what, std::string_view room);
    /// Publishes what was noted.
    void send();
    /// Whether notices may be sent.
    void set_up(bool up) noexcept { up_ = up; }

private:
    static constexpr std::size_t max_rooms = 10'000;

    void publish(std::string_view channel, redis_message::kind what, const std::string& room);
    void failed(redis_message::kind what, const std::string& room, error_code ec);

    const std::shared_ptr<redis_bus_core> core_;
    const std::shared_ptr<redis_pipeline> commands_;
    const std::weak_ptr<redis_loss_events> events_;
    std::unordered_set<std::string> rooms_;
    bool broadcasts_ = false; // some was lost
    bool all_ = false;        // more than `max_rooms` rooms, and broadcasts
    bool sending_ = false;    // `send` is posted
    bool up_ = false;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/redis/loss_notices.ipp>
#endif

#endif

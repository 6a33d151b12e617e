// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REDIS_BUS_CORE_HPP
#define FANFARE_DETAIL_REDIS_BUS_CORE_HPP

#include <fanfare/bus.hpp>
#include <fanfare/bus/redis_options.hpp>
#include <fanfare/config.hpp>
#include <fanfare/detail/base/context_bound.hpp>
#include <fanfare/detail/base/histogram.hpp>
#include <fanfare/detail/redis/channel_names.hpp>
#include <fanfare/detail/redis/channels.hpp>
#include <fanfare/detail/redis/problem_reporter.hpp>
#include <fanfare/redis/options.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fanfare::detail {

class redis_bus_session;
class redis_value;

/// What the handles of one bus share, and what outlives its connections.
///
/// Two locks: `calls` is held while sinks are called, so that `detach` waits for the call; `state` guards the channels
/// and is a leaf, since hubs join and leave under locks of their own. Never `calls` after `state`.
class redis_bus_core : public std::enable_shared_from_this<redis_bus_core> {
public:
    redis_bus_core(const asio::any_io_executor& executor, redis_options redis, redis_bus_options options);

    void attach(bus_sink& sink);
    void detach(bus_sink& sink);
    bus_receipt publish(const bus_message& message, bus_done done);
    bool join(bus_sink& sink, std::string_view room);
    void leave(bus_sink& sink, std::string_view room);
    redis_bus_stats stats();
    /// A store has published a message of the room, and Redis has answered that number: how many other processes, or
    /// hubs of this one, that is. Thread-safe.
    std::size_t published_by_store(std::int64_t subscribers, std::string_view room);

    // ---- for the session, on the strand

    /// Runs `f(channels)` under the lock, for the present session only.
    template <class F>
    void with_channels(const redis_bus_session& caller, F f)
    {
        const std::lock_guard lock{state_mutex_};
        if (session_.get() == &caller)
            f(channels_);
    }
    /// Tells the sinks the notices that are due.
    void deliver_notices();
    void set_status(const redis_bus_session& caller, bus_status status);
    void deliver_room(const bus_message& message);
    void deliver_broadcast(const bus_message& message);
    void deliver_control(const bus_message& message);
    void missed_broadcasts();
    /// `on_problem`, rate-limited unless it is told `always`.
    void problem(std::string_view text, bool always = false);
    /// What the server said, as a problem may quote it.
    std::string tidy(std::string_view text) const;

    struct counts {
        std::atomic<std::uint64_t> published{0}, lost{0}, received{0}, foreign{0}, malformed{0}, overflowed{0},
            reconnects{0}, probes{0};
    };
    const redis_options redis;
    const redis_bus_options options;
    const redis_channel_names names;
    const std::string name; ///< the server, for messages
    const std::shared_ptr<bound_strand> strand;
    counts count;
    shared_histogram round_trips; // of probes

private:
    struct attached {
        bus_sink* sink;
        bool skipping = false; // broadcasts
    };

    void post_update(std::unique_lock<std::mutex> state);
    void offer(bus_sink& sink, const bus_message& message, bool& skipping);
    void answered(bus_message::kind what, const std::string& room, bool stored, const bus_sink* origin,
                  const bus_done& done, error_code ec, const redis_value& reply);
    std::size_t others_among(std::int64_t subscribers, bus_message::kind what, std::string_view room,
                             const bus_sink* origin);
    std::shared_ptr<redis_bus_session> session()
    {
        const std::lock_guard lock{state_mutex_};
        return session_;
    }

    std::mutex calls_mutex_;
    std::vector<attached> sinks_;
    std::vector<redis_channels::receiver> receivers_; // only in deliver_room

    std::mutex state_mutex_;
    redis_channels channels_;
    std::shared_ptr<redis_bus_session> session_;
    bus_status status_;          // changed under both locks
    std::size_t sink_count_ = 1; // for `others_among`, under the state lock
    bool update_posted_ = false;

    problem_reporter problems_; // on the strand
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/redis/bus_core.ipp>
#endif

#endif

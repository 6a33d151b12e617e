// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_BUS_REDIS_IPP
#define FANFARE_BUS_REDIS_IPP

#include <fanfare/bus/redis.hpp>
#include <fanfare/detail/base/histogram.hpp>
#include <fanfare/detail/redis/bus_core.hpp>
#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/error.hpp>

#include <boost/system/system_error.hpp>

#include <chrono>
#include <string>
#include <utility>

namespace fanfare {
namespace detail {

inline redis_bus_options checked(redis_bus_options o)
{
    const auto require = [](bool good, const char* what) {
        if (!good)
            throw boost::system::system_error{error::invalid_config,
                                              std::string{"fanfare::redis_bus_options: "} + what};
    };
    using std::chrono::hours;
    const auto& name = o.notifications_channel;
    require(was_room_name(o.prefix, 64), // an old one stays
            "prefix must be 1 to 64 bytes, without the characters that room names may not have");
    require(name.empty() || (was_room_name(name, 128) && !name.starts_with(o.prefix)),
            "notifications_channel must be empty, or at most 128 bytes that do not begin with the prefix");
    require(o.linger.count() >= 0 && o.linger <= hours{24}, "linger must be from 0 to 24 hours");
    require(o.probe_interval.count() > 0 && o.probe_interval <= hours{1},
            "probe_interval must be above 0, at most an hour");
    require(o.probe_timeout.count() > 0 && o.probe_timeout <= hours{1},
            "probe_timeout must be above 0, at most an hour");
    require(o.subscribe_batch >= 1 && o.subscribe_batch <= 100'000, "subscribe_batch must be from 1 to 100,000");
    require(o.max_message_size >= 4096 && o.max_message_size <= 32u * 1024 * 1024,
            "max_message_size must be from 4 KiB to 32 MiB");
    return o;
}

} // namespace detail

FANFARE_DECL redis_bus::redis_bus(const asio::any_io_executor& executor, redis_options redis,
                                  redis_bus_options options)
    : core_{std::make_shared<detail::redis_bus_core>(executor, std::move(redis),
                                                     detail::checked(std::move(options)))}
{}

FANFARE_DECL void redis_bus::attach(bus_sink& sink)
{
    core_->attach(sink);
}
FANFARE_DECL void redis_bus::detach(bus_sink& sink)
{
    core_->detach(sink);
}
FANFARE_DECL bus_receipt redis_bus::publish(const bus_message& message, bus_done done)
{
    return core_->publish(message, std::move(done));
}
FANFARE_DECL bool redis_bus::join(bus_sink& sink, std::string_view room)
{
    return core_->join(sink, room);
}
FANFARE_DECL void redis_bus::leave(bus_sink& sink, std::string_view room)
{
    core_->leave(sink, room);
}
FANFARE_DECL redis_bus_stats redis_bus::stats() const
{
    return core_->stats();
}
FANFARE_DECL bus_metrics redis_bus::metrics() const
{
    detail::histogram_sum all;
    core_->round_trips.add_to(all);
    return {.round_trip_bounds = {detail::bucket_seconds.begin(), detail::bucket_seconds.end()},
            .round_trips = {all.counts.begin(), all.counts.end()},
            .round_trip_seconds = static_cast<double>(all.sum_ns) / 1e9};
}

} // namespace fanfare

#endif

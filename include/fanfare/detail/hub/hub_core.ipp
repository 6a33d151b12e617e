// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HUB_HUB_CORE_IPP
#define FANFARE_DETAIL_HUB_HUB_CORE_IPP

#include <fanfare/detail/base/clock_math.hpp>
#include <fanfare/detail/hub/hub_core.hpp>

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>

namespace fanfare::detail {

// The options, if they can work. Throws `std::invalid_argument`, which names the one that cannot.
inline hub_options checked(const hub_options& o)
{
    const auto require = [](bool good, const char* what) {
        if (!good)
            throw std::invalid_argument(std::string{"fanfare::hub_options: "} + what);
    };
    require(o.ping_interval.count() > 0 && o.idle_timeout.count() > 0 && o.write_timeout.count() > 0 &&
                o.close_timeout.count() > 0 && o.heartbeat_interval.count() >= 0,
            "every time must be above zero");
    const auto longest = std::max({o.ping_interval, o.idle_timeout, o.write_timeout, o.close_timeout,
                                   o.heartbeat_interval, o.presence_leave_delay, o.resume_window,
                                   o.authorizer_timeout, o.revocation_lifetime, o.revocation_refresh});
    require(longest <= longest_time, "no time may be above 366 days");
    require(o.idle_timeout > o.ping_interval, "idle_timeout must be longer than ping_interval");
    require(o.max_message_size > 0 && o.max_json_depth > 0 && o.max_publish_size > 0,
            "a size limit must not be 0");
    require(o.presence_leave_delay.count() >= 0, "presence_leave_delay must not be negative");
    require(o.max_room_name >= 8 && o.max_room_name <= 4096, "max_room_name must be from 8 to 4096");
    require(o.outbox_bytes > 0 && o.outbox_messages > 0, "the outbox must hold something");
    require(o.queue_bytes > 0 && o.queue_messages > 0, "the queue must hold something");
    require(o.resume_window.count() >= 0 && o.max_recovery > 0,
            "resume_window must not be negative, nor max_recovery 0");
    require(o.max_rooms > 0 && o.max_pending_requests > 0 && o.max_pending_requests < 65'536,
            "max_rooms and max_pending_requests must be above zero");
    require(o.authorizer_timeout.count() > 0, "authorizer_timeout must be above zero");
    require(o.revocation_lifetime.count() > 0 && o.revocation_refresh.count() >= 0,
            "revocation_lifetime must be above zero, and revocation_refresh not negative");
    require(o.connect_rate_per_address == 0 ||
                (o.connect_rate_per_address >= 0.001 && o.connect_rate_per_address <= 1e6),
            "connect_rate_per_address must be 0, or from 0.001 to 1,000,000");
    require(o.max_pending_reads > 0, "max_pending_reads must be above zero");
    return o;
}

// clang-format off
FANFARE_DECL hub_core::hub_core(const std::vector<asio::any_io_executor>& executors, hub_options o, any_bus bus,
                                any_store store)
    : options_{checked(o)},
      bus_{std::move(bus)},
      store_{std::move(store)},
      stores{std::make_shared<port_metrics>(options_.metrics)},
      rules{options_.max_room_name, !bus_.between_processes() || store_.between_processes()},
      rooms{executors.size()},
      admitted{options_, rules, revoked, life},
      resumable{options_.resume_window, options_.max_resumable},
      receiver_{{rooms, shards, subscriptions_, delivery_, commands_, watch, revocations, life}},
      subscriptions_{bus_, receiver_, rooms, count},
      shard_services_{options_, rooms, subscriptions_, life, [this] { others.on_tick(); }},
      shards{executors, shard_services_},
      history{store_, shards, rules, options_, count, life},
      delivery_{rooms, shards, history, handlers, count, life},
      preparation_{rooms, subscriptions_, history, life},
      messages{{options_, rules, rooms, shards, bus_, store_, receiver_, delivery_, handlers, count, life}},
      channel{bus_, receiver_},
      watch{shards.first(), handlers},
      others{{options_, node, shards.first(), channel, watch, [this] { return stats(); }, life}},
      sessions{rooms, rules, shards, preparation_},
      revocations{{options_, rules, shards, sessions, others, revoked, life}},
      inbox{{options_, rules, rooms, shards.first(), messages, handlers, life}},
      acks{{node, shards.first(), rooms, messages, inbox, channel, life}},
      presence{{options_, node, shards.first(), messages, stores, life}},
      shutdown{{shards, subscriptions_, others, presence, acks, handlers, [this] { rest_stores(); }, life}},
      commands_{{options_, node, rules, sessions, others, revocations, acks}},
      context_{options_, handlers, node, shards, rules, rooms, preparation_, history, messages, presence, inbox, acks,
               admitted, resumable, sessions, count, life}
{
    bus_.on_exception(port_exceptions());
    store_.on_exception(port_exceptions());
    store_.count_in(stores);
}
// clang-format on

FANFARE_DECL exception_sink hub_core::port_exceptions()
{
    return [this](const std::exception_ptr& cause) {
        if (const auto alive = life.keep()) // else this is being destroyed
            shards.first().post([this, cause](shard& first) { handlers.tell(first, cause); });
    };
}

FANFARE_DECL void hub_core::start()
{
    life.begin(weak_from_this());
    subscriptions_.attach();
    watch.attached();
}

FANFARE_DECL void hub_core::rest_stores()
{
    const auto guarded = [this](auto rest) {
        try {
            rest();
        } catch (...) {
            port_exceptions()(std::current_exception());
        }
    };
    guarded([this] { store_.rest(); });
    guarded([this] { presence.end(); });
    guarded([this] { inbox.rest_store(); });
    guarded([this] { revocations.end(); });
}

FANFARE_DECL hub_core::~hub_core()
{
    subscriptions_.detach();
}

} // namespace fanfare::detail

#endif

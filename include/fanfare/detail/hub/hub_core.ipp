// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HUB_HUB_CORE_IPP
#define FANFARE_DETAIL_HUB_HUB_CORE_IPP

#include <fanfare/detail/base/random.hpp>
#include <fanfare/detail/hub/hub_core.hpp>

#include <boost/asio/strand.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace fanfare::detail {

inline constexpr std::size_t max_shards = 255;

inline void check(const hub_options& o)
{
    const auto require = [](bool good, const char* what) {
        if (!good)
            throw std::invalid_argument(std::string{"fanfare::hub_options: "} + what);
    };
    require(o.ping_interval.count() > 0 && o.idle_timeout.count() > 0 && o.write_timeout.count() > 0 &&
                o.close_timeout.count() > 0 && o.heartbeat_interval.count() >= 0,
            "every time must be above zero");
    const auto longest = std::max({o.ping_interval, o.idle_timeout, o.write_timeout, o.close_timeout,
                                   o.heartbeat_interval, o.presence_leave_delay, o.resume_window});
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
}

FANFARE_DECL hub_core::hub_core(const std::vector<asio::any_io_executor>& executors, hub_options options,
                                any_bus bus, any_store store)
    : doors{options}, others{*this}, resumable{options.resume_window, options.max_resumable}, options_{options},
      bus_{std::move(bus)}, store_{std::move(store)}, rooms_{executors.size()}
{
    check(options_);
    if (executors.empty() || executors.size() > max_shards)
        throw std::invalid_argument("fanfare::hub: needs 1 to 255 executors");
    unsigned char random[sizeof node_];
    random_bytes(random);
    std::memcpy(&node_, random, sizeof node_);
    for (const auto& ex : executors) {
        auto serial = options_.executors_are_serial ? ex : asio::any_io_executor{asio::make_strand(ex)};
        shards_.push_back(
            std::make_unique<shard>(*this, std::move(serial), static_cast<std::uint8_t>(shards_.size())));
    }
    for (const auto* name : {"global", "device:", "group:", "user:"})
        configure(name, {});
}

FANFARE_DECL void hub_core::start()
{
    attached_ = true;
    bus_.attach(*this);
}

FANFARE_DECL hub_core::~hub_core()
{
    leave_bus();
}

FANFARE_DECL void hub_core::leave_bus()
{
    if (!attached_.exchange(false))
        return;
    rooms_.for_each([](room_state&) {}); // a join that is under way ends before the bus forgets this hub
    bus_.detach(*this);
    // Nobody will tell them any more.
    std::vector<std::function<void()>> waiting;
    rooms_.for_each([&waiting](room_state& room) {
        if (const auto own = std::move(room.waiting))
            for (auto& tell : *own)
                waiting.push_back(std::move(tell));
    });
    for (const auto& tell : waiting)
        tell();
}

// ---- what the bus tells

FANFARE_DECL void hub_core::missed(std::string_view name)
{
    if (handlers.raw)
        return; // nothing is sent unasked there
    if (name.empty()) {
        if (std::any_of(shards_.begin(), shards_.end(),
                        [](const auto& s) { return s->count().connections.get() != 0; }))
            missed_.fetch_add(1, std::memory_order_relaxed);
        return deliver_to_all(encode_missed({}, wall_now()));
    }
    const auto room = rooms_.find(name);
    if (room && room->stream) {
        const std::lock_guard lock{room->stream->mutex};
        if (room->stream->missed())
            return repair(room); // the history knows what
        if (room->stream->last() || (room->total.load() == 0 && !room->stream->seeding.empty())) {
            room->stream->seed_again = !room->stream->last();
            return;
        }
    }
    if (!room || !room->concerned(shards_.size()))
        return;
    missed_.fetch_add(1, std::memory_order_relaxed);
    deliver_to_room(*room, encode_missed(name, wall_now()));
}

FANFARE_DECL void hub_core::changed(const bus_status& status)
{
    {
        const std::lock_guard lock{status_mutex_};
        status_ = status;
    }
    tell_watcher(status);
}

FANFARE_DECL void hub_core::tell_watcher(const bus_status& status)
{
    shards_.front()->post([this, status](shard& first) {
        std::function<void(const bus_status&)> watcher;
        {
            const std::lock_guard lock{status_mutex_};
            watcher = watcher_;
        }
        if (!watcher)
            return;
        try {
            watcher(status);
        } catch (...) {
            handler_failed(first, std::current_exception());
        }
    });
}

FANFARE_DECL void hub_core::handler_failed(shard& at, const std::exception_ptr& cause)
{
    at.count().handler_failures.add();
    if (!handlers.on_exception)
        return;
    try {
        handlers.on_exception(cause);
    } catch (...) { // leaves the executor's run(), and not the middle of something
        asio::post(at.executor(), [thrown = std::current_exception()] { std::rethrow_exception(thrown); });
    }
}

FANFARE_DECL bus_status hub_core::status() const
{
    const std::lock_guard lock{status_mutex_};
    return status_;
}

FANFARE_DECL bool hub_core::bus_up() const
{
    const std::lock_guard lock{status_mutex_};
    return status_.up;
}

FANFARE_DECL void hub_core::watch_bus(std::function<void(const bus_status&)> watcher)
{
    {
        const std::lock_guard lock{status_mutex_};
        watcher_ = std::move(watcher);
    }
    tell_watcher(status());
}

// ---- from a publish to the bus

FANFARE_DECL receipt hub_core::refused(error code)
{
    publish_refused_.fetch_add(1, std::memory_order_relaxed);
    return {.error = code};
}

FANFARE_DECL receipt hub_core::publish(std::string_view room, room_state* known, std::string_view type,
                                       const json::value& payload, const publish_options& options,
                                       publish_done done)
{
    if (stopping())
        return refused(error::shutting_down);
    room_ptr found;
    std::shared_ptr<const room_options> looked_up;
    if (!known) {
        error_code ec;
        looked_up = rules_for(room, ec);
        if (!looked_up)
            return refused(static_cast<error>(ec.value()));
        found = rooms_.find(room);
        known = found.get();
    }
    const auto& rules = known ? known->options : looked_up;
    if (!is_message_type(type) || !is_sendable(payload))
        return refused(error::invalid_message);
    if (options.key.size() > 1024 || options.idempotency_key.size() > 256)
        return refused(error::message_too_large);
    const auto left_out = read_connection_id(options.except); // of any node
    const auto except = left_out ? left_out->tag() : 0;
    if (rules->history != 0) {
        history_append message{
            .room = room,
            .message = {.body = write_envelope({.type = type, .room = room, .payload = &payload}, wall_now()),
                        .key = std::string{options.key},
                        .except = except},
            .idempotency_key = options.idempotency_key,
            .limits = {}};
        if (message.message.body.size() + max_position_size > options_.max_publish_size)
            return refused(error::message_too_large);
        return publish_stored(room, room_ptr{known}, *rules, std::move(message), known ? known->total.load() : 0,
                              std::move(done));
    }
    if (!options.idempotency_key.empty())
        return refused(error::no_history);
    const auto encoded =
        encode({.type = type, .room = room, .payload = &payload}, wall_now(), {room, options.key, except});
    return send({.what = bus_message::kind::room,
                 .channel = room,
                 .key = options.key,
                 .except = except,
                 .origin_room = known},
                encoded, known ? known->total.load() : 0, std::move(done));
}

FANFARE_DECL receipt hub_core::broadcast(std::string_view type, const json::value& payload, publish_done done)
{
    if (stopping())
        return refused(error::shutting_down);
    if (!is_message_type(type) || !is_sendable(payload))
        return refused(error::invalid_message);
    std::size_t receivers = 0;
    for (const auto& s : shards_)
        receivers += static_cast<std::size_t>(s->count().connections.get());
    return send({.what = bus_message::kind::broadcast}, encode({.type = type, .payload = &payload}, wall_now()),
                receivers, std::move(done));
}

FANFARE_DECL receipt hub_core::announce(std::string_view room, std::string_view type, const json::value& payload,
                                        std::uint64_t except)
{
    const auto known = rooms_.find(room);
    return send({.what = bus_message::kind::room, .channel = room, .except = except, .origin_room = known.get()},
                encode({.type = type, .room = room, .payload = &payload}, wall_now(), {room, {}, except}),
                known ? known->total.load() : 0, {});
}

FANFARE_DECL receipt hub_core::send(bus_message message, const shared_frame& encoded, std::size_t receivers,
                                    publish_done done)
{
    if (encoded->payload().size() > options_.max_publish_size)
        return refused(error::message_too_large);
    message.body = encoded->payload();
    message.encoded = encoded.get();
    message.origin = this;
    bus_done told;
    if (done)
        told = [receivers, done = std::move(done)](const bus_receipt& fate) {
            done({.error = fate.error,
                  .local_receivers = receivers,
                  .dispatched_to_cluster = fate.dispatched_to_cluster && fate.nodes != std::size_t{0},
                  .nodes = fate.nodes});
        };
    const auto answer = bus_.publish(message, std::move(told));
    if (answer.error) {
        publish_refused_.fetch_add(1, std::memory_order_relaxed);
        return {.error = answer.error};
    }
    published_.fetch_add(1, std::memory_order_relaxed);
    return {.local_receivers = receivers, .dispatched_to_cluster = answer.dispatched_to_cluster};
}

// ---- from the bus to the shards

FANFARE_DECL error_code hub_core::check_capacity(const bus_message& message) noexcept
{
    if (stopping())
        return {};
    for (const auto& s : shards_)
        if (s->queued_messages() >= options_.queue_messages ||
            s->queued_bytes() + message.body.size() > options_.queue_bytes)
            return error::queue_full;
    return {};
}

FANFARE_DECL void hub_core::deliver(const bus_message& message)
{
    if (message.what == bus_message::kind::control)
        return carry_out(message.body, message.hubs);
    auto encoded = message.encoded ? shared_frame{message.encoded}
                                   : frame::make(ws_opcode::text, message.body,
                                                 {message.channel, message.key, message.except, message.at});
    if (message.what == bus_message::kind::broadcast)
        return deliver_to_all(encoded);
    room_ptr found;
    auto* room = message.origin == this ? message.origin_room : nullptr; // the publisher holds it
    if (!room)
        room = (found = rooms_.find(message.channel)).get();
    if (room && room->stream && encoded->at())
        deliver_in_order(*room, std::move(encoded));
    else if (room)
        deliver_to_room(*room, std::move(encoded));
}

FANFARE_DECL void hub_core::deliver_to_all(const shared_frame& encoded)
{
    for (const auto& s : shards_)
        if (s->count().connections.get() != 0)
            s->deliver(nullptr, encoded);
}

FANFARE_DECL void hub_core::deliver_to_room(room_state& room, shared_frame encoded)
{
    // The last one gets this function's own reference: the counter is what publisher and shard contend for.
    shard* last = nullptr;
    for (const auto& s : shards_) {
        if (!room.parts[s->index()].concerned())
            continue;
        if (last)
            last->deliver(&room, encoded);
        last = s.get();
    }
    if (last)
        last->deliver(&room, std::move(encoded));
}

} // namespace fanfare::detail

#endif

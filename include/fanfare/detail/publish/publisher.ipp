// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_PUBLISH_PUBLISHER_IPP
#define FANFARE_DETAIL_PUBLISH_PUBLISHER_IPP

#include <fanfare/detail/base/connection_id.hpp>
#include <fanfare/detail/publish/publisher.hpp>
#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/detail/wire/traceparent.hpp>
#include <fanfare/options.hpp>

#include <memory>
#include <string>
#include <utility>

namespace fanfare::detail {

FANFARE_DECL receipt publisher::refused(error code)
{
    parts_.count.publish_refused.add(code);
    return {.error = code};
}

FANFARE_DECL error_code publisher::check_capacity(std::size_t bytes) const noexcept
{
    return parts_.life.stopping() ? error_code{} : parts_.shards.check_capacity(bytes);
}

FANFARE_DECL receipt publisher::publish(std::string_view room, room_state* known, std::string_view type,
                                        const payload_ref& payload, const publish_options& options,
                                        publish_done done)
{
    if (parts_.life.stopping())
        return refused(error::shutting_down);
    const auto called_ns = parts_.shards.measure_from();
    room_ptr found;
    std::shared_ptr<const namespace_rules> looked_up;
    if (!known) {
        error_code ec;
        looked_up = parts_.rules.rules_for(room, ec);
        if (!looked_up)
            return refused(static_cast<error>(ec.value()));
        found = parts_.rooms.find(room);
        known = found.get();
    }
    const auto& rules = known ? known->options : looked_up;
    if (!is_message_type(type) || !payload.is_sendable(parts_.options.max_json_depth))
        return refused(error::invalid_message);
    if (options.key.size() > max_key_size || options.idempotency_key.size() > max_idempotency_key_size)
        return refused(error::message_too_large);
    for (const auto key : {options.key, options.idempotency_key})
        if (!key.empty() && !is_key(key, max_key_size))
            return refused(error::invalid_message);
    if (!options.trace.empty() && !is_traceparent(options.trace))
        return refused(error::invalid_message);
    const auto left_out = read_connection_id(options.except); // of any node
    const auto except = left_out ? left_out->tag() : 0;
    const outgoing content{.type = type,
                           .room = room,
                           .payload = payload.value(),
                           .payload_text = payload.text(),
                           .trace = options.trace};
    if (rules->history != 0) {
        history_append message{.room = room,
                               .message = {.body = write_envelope(content, wall_now()),
                                           .key = std::string{options.key},
                                           .except = except},
                               .idempotency_key = options.idempotency_key,
                               .limits = {}};
        if (message.message.body.size() + max_position_size > parts_.options.max_publish_size)
            return refused(error::message_too_large);
        return publish_stored(room, room_ptr{known}, *rules, std::move(message), called_ns, std::move(done));
    }
    if (!options.idempotency_key.empty())
        return refused(error::no_history);
    const auto encoded = encode(content, wall_now(),
                                {.room = room, .key = options.key, .except = except, .published_ns = called_ns});
    return send(rules->number,
                {.what = bus_message::kind::room,
                 .channel = room,
                 .key = options.key,
                 .except = except,
                 .origin_room = known},
                encoded, known ? known->total.load() : 0, std::move(done));
}

FANFARE_DECL receipt publisher::broadcast(std::string_view type, const payload_ref& payload, publish_done done)
{
    if (parts_.life.stopping())
        return refused(error::shutting_down);
    if (!is_message_type(type) || !payload.is_sendable(parts_.options.max_json_depth))
        return refused(error::invalid_message);
    const outgoing content{.type = type, .payload = payload.value(), .payload_text = payload.text()};
    return send(0, {.what = bus_message::kind::broadcast},
                encode(content, wall_now(), {.published_ns = parts_.shards.measure_from()}),
                parts_.shards.connections(), std::move(done));
}

FANFARE_DECL std::size_t publisher::namespace_of(std::string_view room, const room_ptr& known) const
{
    error_code ec;
    const auto rules = known ? known->options : parts_.rules.rules_for(room, ec);
    return rules ? rules->number : 0;
}

FANFARE_DECL receipt publisher::announce(std::string_view room, std::string_view type, const json::value& payload,
                                         std::uint64_t except)
{
    const auto known = parts_.rooms.find(room);
    return send(namespace_of(room, known),
                {.what = bus_message::kind::room, .channel = room, .except = except, .origin_room = known.get()},
                encode({.type = type, .room = room, .payload = &payload}, wall_now(),
                       {.room = room, .except = except, .published_ns = parts_.shards.measure_from()}),
                known ? known->total.load() : 0, {});
}

FANFARE_DECL receipt publisher::send(std::size_t in_namespace, bus_message message, const shared_frame& encoded,
                                     std::size_t receivers, publish_done done)
{
    if (encoded->payload().size() > parts_.options.max_publish_size)
        return refused(error::message_too_large);
    message.body = encoded->payload();
    message.encoded = encoded.get();
    message.origin = &parts_.origin;
    bus_done told;
    if (done)
        told = [receivers, done = std::move(done)](const bus_receipt& fate) {
            done({.error = fate.error,
                  .local_receivers = receivers,
                  .dispatched_to_cluster = fate.dispatched_to_cluster && fate.nodes != std::size_t{0},
                  .nodes = fate.nodes});
        };
    const auto answer = parts_.bus.publish(message, std::move(told));
    if (answer.error) {
        parts_.count.publish_refused.add(answer.error);
        return {.error = answer.error};
    }
    parts_.count.published.add(in_namespace);
    return {.local_receivers = receivers, .dispatched_to_cluster = answer.dispatched_to_cluster};
}

} // namespace fanfare::detail

#endif

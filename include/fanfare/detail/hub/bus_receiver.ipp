// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HUB_BUS_RECEIVER_IPP
#define FANFARE_DETAIL_HUB_BUS_RECEIVER_IPP

#include <fanfare/detail/hub/bus_receiver.hpp>
#include <fanfare/detail/wire/frame.hpp>

#include <utility>

namespace fanfare::detail {

FANFARE_DECL error_code bus_receiver::check_capacity(const bus_message& message) noexcept
{
    return parts_.life.stopping() ? error_code{} : parts_.shards.check_capacity(message.body.size());
}

FANFARE_DECL void bus_receiver::deliver(const bus_message& message)
{
    if (message.what == bus_message::kind::control)
        return parts_.control.carry_out(message.body, message.hubs);
    auto encoded = message.encoded ? shared_frame{message.encoded}
                                   : frame::make(ws_opcode::text, message.body,
                                                 {.room = message.channel,
                                                  .key = message.key,
                                                  .except = message.except,
                                                  .at = message.at,
                                                  .published_ns = parts_.shards.measure_from()});
    if (message.what == bus_message::kind::broadcast)
        return parts_.shards.deliver_to_all(encoded);
    room_ptr found;
    auto* room = message.origin == this ? message.origin_room : nullptr; // the publisher holds it
    if (!room)
        room = (found = parts_.rooms.find(message.channel)).get();
    if (room)
        parts_.delivery.deliver(*room, std::move(encoded));
}

} // namespace fanfare::detail

#endif

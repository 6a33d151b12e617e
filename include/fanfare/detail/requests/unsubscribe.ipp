// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REQUESTS_UNSUBSCRIBE_IPP
#define FANFARE_DETAIL_REQUESTS_UNSUBSCRIBE_IPP

#include <fanfare/detail/requests/room_list.hpp>
#include <fanfare/detail/requests/unsubscribe.hpp>

#include <string_view>
#include <utility>

namespace fanfare::detail {

FANFARE_DECL void start_unsubscribe(session& s, const incoming& message)
{
    const auto* fields = message.payload ? message.payload->if_object() : nullptr;
    const auto* rooms = fields ? room_list(*fields) : nullptr;
    if (!rooms)
        return s.refuse(error::invalid_message, wrong_room_list, message.request_id);
    json::array left;
    for (const auto& room : *rooms) {
        const std::string_view name = room.get_string();
        if (s.leave(name))
            left.emplace_back(name);
    }
    json::array remaining;
    for (const auto& one : s.rooms())
        remaining.emplace_back(one.room->name);
    const json::value payload{{"rooms", std::move(remaining)}, {"left", std::move(left)}};
    s.send_message("unsubscribed", &payload, message.request_id);
}

} // namespace fanfare::detail

#endif

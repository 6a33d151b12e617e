// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REQUESTS_ROOM_LIST_HPP
#define FANFARE_DETAIL_REQUESTS_ROOM_LIST_HPP

#include <fanfare/config.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <string_view>

namespace fanfare::detail {

inline constexpr std::string_view wrong_room_list = "payload.rooms must be an array of strings";

/// The rooms that a payload names: `rooms`, an array of strings. Null if it has none such.
inline const json::array* room_list(const json::object& payload)
{
    const auto* rooms = payload.if_contains("rooms");
    const auto* list = rooms ? rooms->if_array() : nullptr;
    const auto is_string = [](const json::value& v) { return v.is_string(); };
    return list && std::all_of(list->begin(), list->end(), is_string) ? list : nullptr;
}

} // namespace fanfare::detail

#endif

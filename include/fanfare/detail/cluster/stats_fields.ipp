// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_CLUSTER_STATS_FIELDS_IPP
#define FANFARE_DETAIL_CLUSTER_STATS_FIELDS_IPP

#include <fanfare/detail/cluster/stats_fields.hpp>

#include <boost/describe/members.hpp>

#include <array>
#include <cstdint>
#include <type_traits>

namespace fanfare::detail {

struct stats_counter {
    const char* name;
    std::uint64_t hub_stats::*value; // null for `bus_up`
};

// A table, and not Boost.JSON's conversion of described structs, which is one function a member to compile.
template <template <class...> class List, class... Member>
constexpr std::array<stats_counter, sizeof...(Member)> counters_of(List<Member...>)
{
    constexpr auto one = []<class Value>(const char* name, Value hub_stats::*member) {
        if constexpr (std::is_same_v<Value, bool>)
            return stats_counter{name, nullptr};
        else
            return stats_counter{name, member};
    };
    return {one(Member::name, Member::pointer)...};
}

inline constexpr auto stats_counters =
    counters_of(boost::describe::describe_members<hub_stats, boost::describe::mod_public>{});

FANFARE_DECL json::object stats_fields(const hub_stats& stats)
{
    json::object fields;
    fields.reserve(stats_counters.size());
    for (const auto& [name, value] : stats_counters)
        if (value)
            fields[name] = stats.*value;
        else
            fields[name] = stats.bus_up;
    return fields;
}

FANFARE_DECL hub_stats read_stats(const json::value* sent)
{
    hub_stats stats;
    const auto* fields = sent ? sent->if_object() : nullptr;
    if (!fields)
        return stats;
    for (const auto& [name, value] : stats_counters) {
        const auto* field = fields->if_contains(name);
        if (!field)
            continue;
        if (!value && field->is_bool())
            stats.bus_up = field->get_bool();
        else if (value && field->is_uint64())
            stats.*value = field->get_uint64();
        else if (value && field->is_int64() && field->get_int64() >= 0)
            stats.*value = static_cast<std::uint64_t>(field->get_int64());
    }
    return stats;
}

} // namespace fanfare::detail

#endif

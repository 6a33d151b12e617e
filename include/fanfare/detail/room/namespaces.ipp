// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_ROOM_NAMESPACES_IPP
#define FANFARE_DETAIL_ROOM_NAMESPACES_IPP

#include <fanfare/detail/room/namespaces.hpp>
#include <fanfare/detail/wire/names.hpp>
#include <fanfare/error.hpp>

#include <boost/system/system_error.hpp>

namespace fanfare::detail {

FANFARE_DECL namespaces::namespaces(std::size_t max_room_name, bool shared_store)
    : max_room_name_{max_room_name}, shared_store_{shared_store}
{
    for (const auto* name : {"global", "device:", "group:", "user:"})
        configure(name, {});
}

FANFARE_DECL void namespaces::configure(std::string_view name, const room_options& rules)
{
    const auto bare = name.ends_with(':') ? name.substr(0, name.size() - 1) : name;
    if (!is_room_name(bare, max_room_name_) || bare.find(':') != std::string_view::npos)
        throw boost::system::system_error{error::invalid_room, "fanfare::hub::configure: " + std::string{name}};
    const auto wrong = [&](const char* what) {
        throw boost::system::system_error{error::invalid_config,
                                          "fanfare::hub::configure: " + std::string{name} + ": " + what};
    };
    if (rules.history == 0 && (rules.overflow == overflow_policy::resync || rules.history_age.count() != 0))
        wrong("resync and history_age need history");
    if (rules.history != 0 && !shared_store_)
        wrong("history needs a store that the bus's other processes share");
    if (rules.history_age.count() < 0 || rules.idempotency_window.count() <= 0)
        wrong("history_age must not be negative, and idempotency_window must be above zero");
    const std::lock_guard lock{mutex_};
    rules_[std::string{name}] = std::make_shared<const namespace_rules>(rules, number_of(name));
}

FANFARE_DECL std::uint8_t namespaces::number_of(std::string_view name)
{
    if (const auto known = rules_.find(name); known != rules_.end())
        return known->second->number;
    if (names_.size() == max_metric_namespaces)
        return 0;
    names_.emplace_back(name);
    return static_cast<std::uint8_t>(names_.size() - 1);
}

FANFARE_DECL std::vector<std::string> namespaces::names() const
{
    const std::lock_guard lock{mutex_};
    return names_;
}

FANFARE_DECL std::shared_ptr<const namespace_rules> namespaces::rules_for(std::string_view room,
                                                                          error_code& ec) const
{
    return find(room, is_room_name, ec);
}

FANFARE_DECL std::shared_ptr<const namespace_rules> namespaces::rules_to_read(std::string_view room,
                                                                              error_code& ec) const
{
    return find(room, was_room_name, ec);
}

FANFARE_DECL std::shared_ptr<const namespace_rules> namespaces::find(std::string_view room, name_test is_name,
                                                                     error_code& ec) const
{
    const auto colon = room.find(':');
    if (!is_name(room, max_room_name_) || colon == room.size() - 1) {
        ec = error::invalid_room;
        return nullptr;
    }
    const std::lock_guard lock{mutex_};
    const auto at = rules_.find(colon == std::string_view::npos ? room : room.substr(0, colon + 1));
    if (at != rules_.end())
        return at->second;
    ec = error::unknown_room;
    return nullptr;
}

FANFARE_DECL std::shared_ptr<const namespace_rules> namespaces::rules_for(std::string_view room) const
{
    error_code ec;
    auto rules = rules_for(room, ec);
    if (rules)
        return rules;
    std::string what = "fanfare::hub::room: " + std::string{room};
    const auto bare = room.substr(0, room.find(':'));
    const std::lock_guard lock{mutex_};
    if (bare != room && rules_.contains(bare))
        what.append(" (only the room ").append(bare).append(" is configured; its namespace is ");
    what.append(bare).append(":, with the colon)");
    throw boost::system::system_error{ec, what};
}

} // namespace fanfare::detail

#endif

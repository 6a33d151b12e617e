// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#include "device_groups.hpp"

#include "json_file.hpp"
#include "plain_name.hpp"

#include <algorithm>
#include <cstddef>
#include <stdexcept>

namespace demo {

namespace {

constexpr std::size_t max_groups = 16; // each is one more publish for every message

} // namespace

device_groups::device_groups(const std::string& file) : by_name_{false}
{
    const auto table = read_json(file);
    if (!table.is_object())
        throw std::invalid_argument{file + ": must be an object from ids to lists of groups"};
    for (const auto& [id, groups] : table.get_object()) {
        entry e{.id = std::string{id}, .is_prefix = id.ends_with('*')};
        if (e.is_prefix)
            e.id.pop_back();
        const auto* list = groups.if_array();
        for (std::size_t i = 0; list && i != list->size(); ++i) {
            const auto* name = (*list)[i].if_string();
            if (!name || !is_plain_name(*name))
                throw std::invalid_argument{file + ": '" + std::string{id} + "' has a group that cannot be"};
            e.groups.emplace_back(*name);
        }
        if (!list || list->size() > max_groups)
            throw std::invalid_argument{file + ": '" + std::string{id} + "' wants a list of at most 16 groups"};
        entries_.push_back(std::move(e));
    }
}

std::vector<std::string> device_groups::of(std::string_view device) const
{
    std::vector<std::string> found;
    if (const auto dash = device.rfind('-'); by_name_ && dash != device.npos && dash != 0)
        found.emplace_back(device.substr(0, dash));
    for (const auto& e : entries_)
        if (e.is_prefix ? device.starts_with(e.id) : device == e.id)
            for (const auto& group : e.groups)
                if (found.size() < max_groups && std::find(found.begin(), found.end(), group) == found.end())
                    found.push_back(group);
    return found;
}

} // namespace demo

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_PRESENCE_PRESENCE_TABLE_IPP
#define FANFARE_DETAIL_PRESENCE_PRESENCE_TABLE_IPP

#include <fanfare/detail/presence/presence_table.hpp>

#include <algorithm>
#include <iterator>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

namespace fanfare::detail {

struct presence_table::state {
    struct hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view s) const noexcept { return std::hash<std::string_view>{}(s); }
    };
    template <class T>
    using map = std::unordered_map<std::string, T, hash, std::equal_to<>>;

    struct room {
        map<presence_client> clients;
        map<std::size_t> users; // their connections here
    };

    bool enter(std::string_view name, presence_client client)
    {
        const std::lock_guard lock{mutex};
        auto& where = rooms.try_emplace(std::string{name}).first->second;
        const auto user = client.user_id;
        auto id = client.connection_id;
        const auto [at, fresh] = where.clients.try_emplace(std::move(id));
        if (!fresh)
            count_out(where, at->second.user_id);
        at->second = std::move(client);
        return !user.empty() && ++where.users[user] == 1;
    }

    bool leave(std::string_view name, std::string_view id)
    {
        const std::lock_guard lock{mutex};
        const auto at = rooms.find(name);
        if (at == rooms.end())
            return false;
        const auto one = at->second.clients.find(id);
        if (one == at->second.clients.end())
            return false;
        const bool last = count_out(at->second, one->second.user_id);
        at->second.clients.erase(one);
        if (at->second.clients.empty())
            rooms.erase(at);
        return last;
    }

    static bool count_out(room& where, const std::string& user)
    {
        const auto at = where.users.find(user);
        if (at == where.users.end() || --at->second != 0)
            return false;
        where.users.erase(at);
        return true;
    }

    bool has(std::string_view name, std::string_view id)
    {
        const std::lock_guard lock{mutex};
        const auto at = rooms.find(name);
        return at != rooms.end() && at->second.clients.contains(id);
    }

    presence_list read(std::string_view name, std::size_t limit)
    {
        presence_list all;
        const std::lock_guard lock{mutex};
        const auto at = rooms.find(name);
        if (at == rooms.end())
            return all;
        const auto& [clients, users] = at->second;
        all.client_count = clients.size();
        all.user_count = users.size();
        for (auto i = clients.begin(); i != clients.end() && all.clients.size() < limit; ++i)
            all.clients.push_back(i->second);
        for (auto i = users.begin(); i != users.end() && all.users.size() < limit; ++i)
            all.users.push_back({i->first, i->second});
        return all;
    }

    std::mutex mutex;
    map<room> rooms;
};

FANFARE_DECL presence_table::presence_table() : state_{std::make_shared<state>()} {}

FANFARE_DECL void presence_table::async_enter(std::string_view room, presence_client client,
                                              const std::function<void(error_code, presence_change)>& handler)
{
    presence_change change;
    change.first_of_user = state_->enter(room, std::move(client));
    handler({}, std::move(change));
}

FANFARE_DECL void presence_table::async_leave(std::string_view room, std::string_view connection_id,
                                              const std::function<void(error_code, presence_change)>& handler)
{
    presence_change change;
    change.last_of_user = state_->leave(room, connection_id);
    handler({}, std::move(change));
}

FANFARE_DECL void presence_table::async_refresh(const std::vector<presence_entries>& entries,
                                                const std::function<void(error_code, presence_refresh)>& handler)
{
    presence_refresh answer;
    for (const auto& [room, ids] : entries) {
        presence_entries missing{room, {}};
        std::copy_if(ids.begin(), ids.end(), std::back_inserter(missing.connection_ids),
                     [&, &name = room](const std::string& id) { return !state_->has(name, id); });
        if (!missing.connection_ids.empty())
            answer.missing.push_back(std::move(missing));
    }
    handler({}, std::move(answer));
}

FANFARE_DECL void presence_table::async_read(std::string_view room, std::size_t limit,
                                             const std::function<void(error_code, presence_list)>& handler)
{
    handler({}, state_->read(room, limit));
}

FANFARE_DECL std::size_t presence_table::rooms() const
{
    const std::lock_guard lock{state_->mutex};
    return state_->rooms.size();
}

} // namespace fanfare::detail

#endif

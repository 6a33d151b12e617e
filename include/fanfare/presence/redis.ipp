// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_PRESENCE_REDIS_IPP
#define FANFARE_PRESENCE_REDIS_IPP

#include <fanfare/detail/base/random.hpp>
#include <fanfare/detail/redis/presence_scripts.hpp>
#include <fanfare/detail/redis/script.hpp>
#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/error.hpp>
#include <fanfare/presence/redis.hpp>

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <mutex>
#include <set>
#include <utility>

namespace fanfare {
namespace detail {

inline std::vector<std::string> presence_texts(const redis_value& list)
{
    std::vector<std::string> all;
    all.reserve(list.size());
    for (std::size_t i = 0; i != list.size(); ++i)
        all.emplace_back(list[i].text());
    return all;
}

inline presence_client presence_client_from(std::string_view id, std::string_view entry)
{
    presence_client one{std::string{id}};
    const auto end = std::min(entry.find('\n'), entry.size());
    std::string why;
    one.info = parse_json(entry.substr(0, end), 32, {}, why);
    one.user_id = entry.substr(std::min(end + 1, entry.size()));
    return one;
}

inline presence_list presence_list_from(const redis_value& reply)
{
    presence_list all;
    all.client_count = static_cast<std::size_t>(std::max<std::int64_t>(0, reply[0].integer()));
    all.user_count = static_cast<std::size_t>(std::max<std::int64_t>(0, reply[1].integer()));
    for (std::size_t i = 0; i + 1 < reply[2].size(); i += 2)
        all.clients.push_back(presence_client_from(reply[2][i].text(), reply[2][i + 1].text()));
    for (std::size_t i = 0; i + 1 < reply[3].size(); i += 2)
        all.users.push_back(
            {std::string{reply[3][i].text()}, static_cast<std::size_t>(reply[3][i + 1].integer())});
    return all;
}

} // namespace detail

struct redis_presence::state : std::enable_shared_from_this<state> {
    state(redis_client c, redis_presence_options o)
        : client{std::move(c)}, options{std::move(o)}, token{detail::random_token(9)},
          enter{client, source({detail::presence_changes, detail::presence_enter_begin, detail::presence_living,
                                detail::presence_enter_end})},
          leave{client, source({detail::presence_changes, detail::presence_leave})},
          refresh{client, source({detail::presence_changes, detail::presence_refresh_script})},
          read{client, source({detail::presence_living, detail::presence_read})}
    {}

    static std::string source(std::initializer_list<const char*> parts)
    {
        std::string all = detail::presence_prologue;
        for (const auto* part : parts)
            all += part;
        return all;
    }

    // The number of keys, and the keys.
    detail::redis_script::arguments keys(std::string_view room) const
    {
        const auto base = options.prefix + "presence:{" + std::string{room} + "}:";
        return {"5", base + "expires", base + "clients", base + "users", base + "awake", base + "told"};
    }

    // Runs a script that changes a room. If its answer is lost, the next one for the room asks for what it would have
    // told.
    void change(const detail::redis_script& script, std::string_view room,
                detail::redis_script::arguments arguments, redis_client::handler handler)
    {
        const auto args = std::make_shared<detail::redis_script::arguments>(keys(room));
        std::string name{room};
        const bool again = take_uncertain(name);
        args->push_back(std::to_string(options.lifetime.count()));
        args->push_back(token);
        args->push_back(again ? "1" : "0");
        std::move(arguments.begin(), arguments.end(), std::back_inserter(*args));
        script.run(args, [self = shared_from_this(), name = std::move(name), again,
                          handler = std::move(handler)](error_code ec, const detail::redis_value& reply) {
            if (!ec && !reply.is_array())
                ec = error::redis_failed;
            if (ec == error::delivery_unknown || (ec && again))
                self->note_uncertain(name);
            handler(ec, reply);
        });
    }

    bool take_uncertain(const std::string& room)
    {
        const std::lock_guard lock{mutex};
        return uncertain.erase(room) != 0;
    }
    void note_uncertain(const std::string& room)
    {
        const std::lock_guard lock{mutex};
        uncertain.insert(room);
    }

    const redis_client client;
    const redis_presence_options options;
    const std::string token; // names this handle in `told`
    const detail::redis_script enter, leave, refresh, read;
    std::mutex mutex;
    std::set<std::string> uncertain; // rooms with a lost answer
};

FANFARE_DECL redis_presence::redis_presence(redis_client client, redis_presence_options options)
{
    using namespace std::chrono_literals;
    if (options.lifetime < 100ms || options.lifetime > 24h)
        throw boost::system::system_error{error::invalid_config, "redis_presence_options::lifetime"};
    state_ = std::make_shared<state>(std::move(client), std::move(options));
}

FANFARE_DECL void redis_presence::async_enter(std::string_view room, const presence_client& client,
                                              presence_changed handler)
{
    std::string info;
    detail::append_json(info, client.info);
    state_->change(
        state_->enter, room, {client.connection_id, client.user_id, std::move(info)},
        [handler = std::move(handler)](error_code ec, const detail::redis_value& reply) {
            if (ec)
                return handler(ec, {});
            handler({}, {.first_of_user = reply[0].integer() == 1, .departed = detail::presence_texts(reply[1])});
        });
}

FANFARE_DECL void redis_presence::async_leave(std::string_view room, std::string_view connection_id,
                                              presence_changed handler)
{
    state_->change(
        state_->leave, room, {std::string{connection_id}},
        [handler = std::move(handler)](error_code ec, const detail::redis_value& reply) {
            if (ec)
                return handler(ec, {});
            handler({}, {.last_of_user = reply[0].integer() == 1, .departed = detail::presence_texts(reply[1])});
        });
}

// One command a room, or several where there are many connections: a script must not block Redis for long.
FANFARE_DECL void redis_presence::async_refresh(const std::vector<presence_entries>& entries,
                                                presence_refreshed handler)
{
    constexpr std::size_t most = 500;
    struct gathering { // only on the client's strand
        std::size_t waiting = 0;
        error_code failed{};
        presence_refresh answer{};
        presence_refreshed handler;
    };
    const auto all = std::make_shared<gathering>();
    all->handler = std::move(handler);
    for (const auto& one : entries)
        all->waiting += (one.connection_ids.size() + most - 1) / most;
    if (all->waiting == 0)
        return all->handler({}, {});
    for (const auto& [room, ids] : entries)
        for (std::size_t from = 0; from < ids.size(); from += most) {
            const auto begin = ids.begin() + static_cast<std::ptrdiff_t>(from);
            const auto end = begin + static_cast<std::ptrdiff_t>(std::min(most, ids.size() - from));
            state_->change(state_->refresh, room, {begin, end},
                           [all, name = room](error_code ec, const detail::redis_value& reply) {
                               if (ec)
                                   all->failed = ec;
                               else {
                                   for (auto& user : detail::presence_texts(reply[0]))
                                       all->answer.departed.push_back({name, std::move(user)});
                                   if (auto missing = detail::presence_texts(reply[1]); !missing.empty())
                                       all->answer.missing.push_back({name, std::move(missing)});
                               }
                               if (--all->waiting == 0)
                                   all->handler(all->failed, std::move(all->answer));
                           });
        }
}

FANFARE_DECL void redis_presence::async_read(std::string_view room, std::size_t limit, presence_was_read handler)
{
    constexpr std::size_t most = 10'000;
    const auto args = std::make_shared<detail::redis_script::arguments>(state_->keys(room));
    args->push_back(std::to_string(std::min(limit, most)));
    state_->read.run_now(args, [handler = std::move(handler)](error_code ec, const detail::redis_value& reply) {
        if (!ec && reply.size() != 4)
            ec = error::redis_failed;
        handler(ec, ec ? presence_list{} : detail::presence_list_from(reply));
    });
}

FANFARE_DECL void redis_presence::rest() const
{
    state_->client.rest();
}

FANFARE_DECL link_status redis_presence::status() const
{
    return state_->client.status();
}

FANFARE_DECL std::chrono::milliseconds redis_presence::lifetime() const noexcept
{
    return state_->options.lifetime;
}

} // namespace fanfare

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_PRESENCE_HUB_SUPPORT_HPP
#define FANFARE_TESTS_PRESENCE_HUB_SUPPORT_HPP

// What the tests of presence in hubs share.
#include "support/world.hpp"

#include <fanfare/presence/memory.hpp>

#include <boost/asio/use_future.hpp>

#include <deque>
#include <map>
#include <mutex>

namespace fanfare::test::presence_of_hubs {

using users = std::map<std::string, std::int64_t>;

inline hub_options leaving_after(std::chrono::milliseconds delay)
{
    hub_options o;
    o.presence_leave_delay = delay;
    return o;
}

// A world with rooms `chat:` that have presence, kept in `store` if there is one.
struct chat_world {
    explicit chat_world(any_presence store, hub_options options = leaving_after(20ms), std::size_t shards = 1,
                        in_process_bus bus = {}, server_options how = {})
        : w{options, shards, std::move(bus)}
    {
        w.hub().configure("chat:", {.presence = true});
        if (store)
            w.hub().presence(std::move(store));
        w.serve(std::move(how));
    }
    std::uint16_t port() const { return w.port(); }
    presence_list who(std::string_view room)
    {
        const auto promise = std::make_shared<std::promise<presence_list>>();
        auto answer = promise->get_future();
        w.hub().async_presence(room, [promise](error_code ec, presence_list got) {
            if (ec)
                promise->set_exception(std::make_exception_ptr(boost::system::system_error{ec}));
            else
                promise->set_value(std::move(got));
        });
        if (answer.wait_for(patience) != std::future_status::ready)
            throw std::runtime_error("no answer");
        return answer.get();
    }
    bool counts(std::string_view room, std::size_t clients)
    {
        return eventually([&] { return who(room).client_count == clients; });
    }
    world w;
};

inline json::value ask(client& c, json::value payload)
{
    c.send({{"type", "presence"}, {"payload", std::move(payload)}, {"request_id", "q"}});
    auto answer = c.next();
    while (answer.at("type") == "join" || answer.at("type") == "leave")
        answer = c.next();
    if (answer.at("request_id") != "q")
        throw std::runtime_error("not the answer: " + text_of(answer));
    return answer;
}

inline std::string refusal_of(client& c, json::value payload)
{
    const auto answer = ask(c, std::move(payload));
    return answer.at("type") == "error" ? answer.at("payload").at("code").as_string().c_str() : "no error";
}

inline users users_in(const json::value& answer)
{
    users all;
    for (const auto& one : answer.at("payload").at("users").as_array())
        all[one.at("user_id").as_string().c_str()] = one.at("connections").to_number<std::int64_t>();
    return all;
}

// The events of a room, `join alice` and so on, that came before the pong.
inline std::vector<std::string> events_at(client& c)
{
    std::vector<std::string> all;
    for (const auto& m : c.drain())
        all.push_back(std::string{m.at("type").as_string()} + ' ' +
                      m.at("payload").at("user_id").as_string().c_str());
    return all;
}

inline std::string next_event(client& c)
{
    const auto m = c.next();
    return std::string{m.at("type").as_string()} + ' ' + m.at("payload").at("user_id").as_string().c_str();
}

// Joins `chat:1`; what it is told about itself is read.
struct member : client {
    member(std::uint16_t port, std::string_view user, bool first = true) : client{port, user}
    {
        subscribe({"chat:1"});
        if (first && next("join").at("user_id").as_string() != user)
            throw std::runtime_error("not the own join");
    }
};

// A store that does what the test says: it holds answers back, fails, forgets, and reports who departed.
class scripted_presence {
public:
    void async_enter(std::string_view, presence_client client, presence_changed handler)
    {
        take("enter " + client.user_id, std::move(handler), {.first_of_user = true});
    }
    void async_leave(std::string_view, std::string_view, presence_changed handler)
    {
        take("leave", std::move(handler), {.last_of_user = true});
    }
    void async_refresh(std::vector<presence_entries> entries, presence_refreshed handler)
    {
        presence_refresh answer;
        error_code ec;
        {
            const std::lock_guard lock{state_->mutex};
            ++state_->refreshes;
            answer.departed = std::exchange(state_->departed, {});
            if (std::exchange(state_->forgets, false))
                answer.missing = std::move(entries);
            if (std::exchange(state_->fails_refresh, false))
                ec = error::bus_unavailable;
        }
        handler(ec, std::move(answer));
    }
    void async_read(std::string_view, std::size_t, const presence_was_read& handler)
    {
        handler(error::bus_unavailable, {});
    }
    std::chrono::milliseconds lifetime() const { return 30ms; }

    void fail(bool on)
    {
        with([on](auto& s) { s.fails = on; });
    }
    void hold(bool on)
    {
        with([on](auto& s) { s.holds = on; });
    }
    void forget()
    {
        with([](auto& s) { s.forgets = true; });
    }
    void fail_refresh()
    {
        with([](auto& s) { s.fails_refresh = true; });
    }
    void depart(std::string user)
    {
        with([&](auto& s) { s.departed.push_back({"chat:1", std::move(user)}); });
    }
    std::vector<std::string> done()
    {
        const std::lock_guard lock{state_->mutex};
        return state_->done;
    }
    bool did(std::vector<std::string> all)
    {
        return eventually([&] { return done() == all; });
    }
    std::size_t refreshes()
    {
        const std::lock_guard lock{state_->mutex};
        return state_->refreshes;
    }
    void release(error_code ec = {})
    {
        std::pair<presence_changed, presence_change> held;
        with([&](auto& s) {
            held = std::move(s.held.front());
            s.held.pop_front();
        });
        held.first(ec, ec ? presence_change{} : held.second);
    }

private:
    struct state {
        std::mutex mutex;
        bool fails = false;
        bool holds = false;
        bool forgets = false;
        bool fails_refresh = false;
        std::size_t refreshes = 0;
        std::vector<std::string> done;
        std::vector<presence_refresh::user> departed;
        std::deque<std::pair<presence_changed, presence_change>> held;
    };
    void take(std::string what, presence_changed handler, presence_change answer)
    {
        error_code ec;
        {
            const std::lock_guard lock{state_->mutex};
            if (state_->fails)
                ec = error::bus_unavailable;
            state_->done.push_back(ec ? what + " failed" : what);
            if (state_->holds) {
                state_->held.emplace_back(std::move(handler), std::move(answer));
                return;
            }
        }
        handler(ec, ec ? presence_change{} : std::move(answer));
    }
    template <class F>
    void with(F f)
    {
        const std::lock_guard lock{state_->mutex};
        f(*state_);
    }
    std::shared_ptr<state> state_ = std::make_shared<state>();
};
static_assert(presence_store<scripted_presence>);

} // namespace fanfare::test::presence_of_hubs

#endif

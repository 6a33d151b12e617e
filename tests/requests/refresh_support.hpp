// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_REQUESTS_REFRESH_SUPPORT_HPP
#define FANFARE_TESTS_REQUESTS_REFRESH_SUPPORT_HPP

#include "support/world.hpp"

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace fanfare::test {

using wall = std::chrono::system_clock;

// A clock that ticks every 10 ms.
inline hub_options quick(std::chrono::milliseconds authorizer_timeout = 10s)
{
    return {.close_timeout = 80ms, .authorizer_timeout = authorizer_timeout, .message_rate = 0};
}

// Knows whose some tokens are; the answer about those that begin with "held" waits. Who connects, by `?user=` and, for
// those who are to expire, `?for=MILLISECONDS`, is in `news:all`.
struct refresh_world : world {
    explicit refresh_world(hub_options options = quick()) : world{options}
    {
        hub().configure("chat:", {.history = 10});
        hub().configure("news:", {});
        hub().on_refresh([this](const handshake_request& r, auth_done done) {
            const std::string token{r.bearer_token()};
            const std::lock_guard lock{mutex};
            asked_from = r.remote_address();
            if (token.starts_with("held"))
                return held.push_back(std::move(done));
            const auto found = known.find(token);
            done(found == known.end() ? auth_result{make_refusal(error::unauthorized, 401, true)}
                                      : auth_result{found->second});
        });
        // What the application sees of the connection now, and the authorizer.
        hub().on_message("role", [](request r) { r.reply(role_of(r.from().who())); });
        hub().authorize([](const access_request& what) { return role_of(what.who) == "admin"; });
    }
    static json::value role_of(const identity& who)
    {
        const auto* role = who.claims.if_contains("role");
        return role ? *role : json::value("none");
    }
    refresh_world& open(server_options how = {})
    {
        how.authenticate = [](const handshake_request& r) {
            identity who{.user_id = r.query("user").value_or("")};
            if (const auto life = r.query("for"))
                who.expires_at = wall::now() + std::chrono::milliseconds{std::stoi(*life)};
            who.rooms.emplace_back("news:all");
            return auth_result{std::move(who)};
        };
        serve(std::move(how));
        return *this;
    }
    void knows(const std::string& token, identity who)
    {
        const std::lock_guard lock{mutex};
        known[token] = std::move(who);
    }
    // The answers that it keeps, in this thread.
    void answer(const auth_result& with)
    {
        std::vector<auth_done> all;
        {
            const std::lock_guard lock{mutex};
            all.swap(held);
        }
        for (const auto& done : all)
            done(with);
    }
    std::size_t asked()
    {
        const std::lock_guard lock{mutex};
        return held.size();
    }

    std::mutex mutex;
    std::map<std::string, identity> known;
    std::vector<auth_done> held;
    std::string asked_from;
};

inline json::object refresh_message(std::string_view token)
{
    return {{"type", "refresh"}, {"payload", {{"token", token}}}, {"request_id", "r"}};
}

// Brings a new token; the answer, which repeats the request's id.
template <class Client>
json::value refresh(Client& c, std::string_view token)
{
    c.send(refresh_message(token));
    auto answer = c.next();
    INFO(text_of(answer));
    CHECK(answer.at("request_id") == "r");
    return answer;
}

inline std::string error_of(const json::value& answer)
{
    return answer.at("type") == "error" ? answer.at("payload").at("code").as_string().c_str() : "no error";
}

inline std::string role_of(client& c)
{
    c.send({{"type", "role"}});
    return c.next("role").as_string().c_str();
}

inline json::array rooms_of(client& c)
{
    c.send({{"type", "unsubscribe"}, {"payload", {{"rooms", json::array{}}}}});
    return c.next("unsubscribed").at("rooms").as_array();
}

inline json::value time_text(wall::time_point at)
{
    std::string out;
    detail::append_timestamp(out, at);
    return json::value(out);
}

} // namespace fanfare::test

#endif

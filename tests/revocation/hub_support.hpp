// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_REVOCATION_HUB_SUPPORT_HPP
#define FANFARE_TESTS_REVOCATION_HUB_SUPPORT_HPP

#include "support/world.hpp"

#include <fanfare/revocation/memory.hpp>

#include <boost/asio/use_future.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace fanfare::test {

using wall = std::chrono::system_clock;

// Credentials that stand in the query: `?user=ann&token=t1&issued=1800000000`.
inline server_options by_query()
{
    server_options how;
    how.authenticate = [](const handshake_request& r) {
        identity who{.user_id = r.query("user").value_or(""), .token_id = r.query("token").value_or("")};
        if (const auto at = r.query("issued"))
            who.issued_at.emplace(std::chrono::seconds{std::stoll(*at)});
        return auth_result{std::move(who)};
    };
    return how;
}

inline std::int64_t seconds_of(wall::time_point at)
{
    return std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()).count();
}
// Seconds since 1970, well before now and well after.
inline std::int64_t long_ago()
{
    return seconds_of(wall::now() - 1h);
}
inline std::int64_t later_on()
{
    return seconds_of(wall::now() + 1h);
}

inline std::string query_of(std::string_view user, std::int64_t issued, std::string_view token = {})
{
    auto text = "?user=" + std::string{user} + "&issued=" + std::to_string(issued);
    return token.empty() ? text : text + "&token=" + std::string{token};
}
inline client_options with(const std::string& query)
{
    return {.target = "/api/v1/ws" + query};
}
inline std::string text_in(const http::response<http::string_body>& answer, const char* field)
{
    return json::parse(answer.body()).at("error").at(field).as_string().c_str();
}

// A store between processes, that is away when the test says so.
class away_revocations {
public:
    void async_add(const revocation& what, const revocation_added& handler)
    {
        if (state_->away)
            return handler(state_->why.load());
        state_->held.async_add(what, handler);
    }
    void async_read(std::string_view cursor, const revocations_were_read& handler)
    {
        ++state_->reads;
        if (state_->away)
            return handler(state_->why.load(), {});
        state_->held.async_read(cursor, handler);
    }
    void rest() { ++state_->rests; }
    void leave(error why = error::store_failed)
    {
        state_->why = why;
        state_->away = true;
    }
    void come_back() { state_->away = false; }
    int reads() const { return state_->reads; }
    int rests() const { return state_->rests; }

private:
    struct state {
        memory_revocation_store held;
        std::atomic<bool> away{false};
        std::atomic<error> why{error::store_failed};
        std::atomic<int> reads{0}, rests{0};
    };
    std::shared_ptr<state> state_ = std::make_shared<state>();
};
static_assert(revocation_store<away_revocations>);

// The error that an operation has ended with.
template <class T>
error_code error_of(std::future<T> answer)
{
    try {
        answer.get();
        return {};
    } catch (const boost::system::system_error& e) {
        return e.code();
    }
}

} // namespace fanfare::test

#endif

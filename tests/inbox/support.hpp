// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_INBOX_SUPPORT_HPP
#define FANFARE_TESTS_INBOX_SUPPORT_HPP

#include "support/world.hpp"

#include <fanfare/inbox.hpp>
#include <fanfare/inbox/memory.hpp>

#include <boost/asio/use_future.hpp>

#include <future>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fanfare::test {

// The future's value; a wait has an end.
template <class T>
T got(std::future<T> answer)
{
    if (answer.wait_for(patience) != std::future_status::ready)
        throw std::runtime_error("no answer");
    return answer.get();
}

// A world with an inbox.
struct inbox_world {
    explicit inbox_world(any_inbox store, in_process_bus bus = {}, server_options how = {})
        : w{{}, 1, std::move(bus)}
    {
        w.hub().inbox(std::move(store));
        w.serve(std::move(how));
    }
    std::uint16_t port() const { return w.port(); }
    receipt notify(std::string_view user, notification what)
    {
        return got(w.hub().async_notify(user, what, asio::use_future));
    }
    receipt notify(std::string_view user, std::string title) { return notify(user, {std::move(title), "text"}); }
    world w;
};

// A user's device; its first badge is read.
struct device_client : client {
    device_client(std::uint16_t port, std::string_view user) : client{port, user}, badge(next("badge")) {}
    json::value ask(std::string_view type, json::value payload)
    {
        send({{"type", type}, {"payload", std::move(payload)}, {"request_id", "q"}});
        auto answer = next();
        if (answer.get_object().if_contains("request_id") == nullptr)
            throw std::runtime_error("not the answer: " + text_of(answer));
        return answer;
    }
    json::value ask_for(std::string_view type, json::value payload)
    {
        auto answer = ask(type, std::move(payload));
        if (answer.at("type").as_string() != type)
            throw std::runtime_error("refused: " + text_of(answer));
        return answer.at("payload");
    }
    std::string refusal_of(std::string_view type, json::value payload)
    {
        const auto answer = ask(type, std::move(payload));
        return answer.at("type") == "error" ? answer.at("payload").at("code").as_string().c_str() : "no error";
    }
    json::value badge;
};

inline std::uint64_t number(const json::value& from, std::string_view name)
{
    return from.at(name).to_number<std::uint64_t>();
}

inline std::string text(const json::value& from, std::string_view name)
{
    return from.at(name).as_string().c_str();
}

// One request that writes, to the HTTP side: the status, and the body.
inline std::pair<unsigned, json::value> http_post(std::uint16_t port, const std::string& target,
                                                  const json::value& body, const std::string& key)
{
    const auto answer = http_post_text(port, target, json::serialize(body), key);
    return {answer.result_int(), json::parse(answer.body())};
}

} // namespace fanfare::test

#endif

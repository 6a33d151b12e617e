// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_ASYNC_PUBLISH_HPP
#define FANFARE_DETAIL_ASYNC_PUBLISH_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/completion.hpp>
#include <fanfare/detail/hub_core.hpp>
#include <fanfare/message.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/json/value.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace fanfare::detail {

inline json::value notification_payload(std::string_view user, const notification& what)
{
    return {{"user_id", user}, {"title", what.title}, {"message", what.message}, {"data", what.data}};
}

/// A publish that completes with its fate. Everything is owned: an initiation may be put off.
template <class Token>
auto async_publish(std::shared_ptr<hub_core> hub, std::string room, room_ptr known, std::string type,
                   json::value payload, const publish_options& options, Token&& token)
{
    return asio::async_initiate<Token, void(error_code, receipt)>(
        [hub = std::move(hub), room = std::move(room), known = std::move(known), type = std::move(type),
         payload = std::move(payload), key = std::string{options.key},
         except = std::string{options.except}](auto handler) {
            auto done = completion<error_code, receipt>(hub->shards().front()->executor(), std::move(handler));
            const auto told = [done](const receipt& fate) { done(fate.error, fate); };
            if (const auto taken = hub->publish(room, known.get(), type, payload, {key, except}, told); !taken)
                told(taken);
        },
        token);
}

} // namespace fanfare::detail

#endif

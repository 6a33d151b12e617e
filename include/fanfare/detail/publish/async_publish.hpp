// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_PUBLISH_ASYNC_PUBLISH_HPP
#define FANFARE_DETAIL_PUBLISH_ASYNC_PUBLISH_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/completion.hpp>
#include <fanfare/detail/hub/hub_core.hpp>
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

/// A message of one's own: an initiation may be put off.
struct own_message {
    std::string room; // empty: every connection
    room_ptr known{};
    std::string type;
    json::value payload;
    std::string key{};
    std::string except{};
    std::string idempotency_key{};
    bool to_user = false; // the room is a user's

    receipt publish(hub_core& hub, publish_done done) const
    {
        if (room.empty())
            return hub.messages.broadcast(type, payload, std::move(done));
        auto taken = hub.messages.publish(room, known.get(), type, payload, {key, except, idempotency_key},
                                          std::move(done));
        if (to_user && taken.error == error::invalid_room)
            taken.error = error::invalid_user;
        return taken;
    }
};

inline own_message for_user(std::string_view user, std::string_view type, json::value payload)
{
    return {.room = "user:" + std::string{user},
            .type = std::string{type},
            .payload = std::move(payload),
            .to_user = true};
}

/// A publish that completes with its fate.
template <class Token>
auto async_publish(std::shared_ptr<hub_core> hub, own_message message, Token&& token)
{
    return asio::async_initiate<Token, void(error_code, receipt)>(
        [hub = std::move(hub), message = std::move(message)](auto handler) {
            auto done = completion<error_code, receipt>(hub->shards.first().executor(), std::move(handler));
            const auto told = [done](const receipt& fate) { done(fate.error, fate); };
            if (const auto taken = message.publish(*hub, told); !taken)
                told(taken);
        },
        token);
}

} // namespace fanfare::detail

#endif

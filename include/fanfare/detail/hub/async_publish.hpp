// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HUB_ASYNC_PUBLISH_HPP
#define FANFARE_DETAIL_HUB_ASYNC_PUBLISH_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/completion.hpp>
#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/detail/publish/payload_ref.hpp>
#include <fanfare/message.hpp>

#include <boost/asio/async_result.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace fanfare::detail {

/// A message that owns its parts, for a publish that may start later than it was asked for.
struct own_message {
    enum class destination { room, user, everyone };
    destination to = destination::room;
    std::string room{}; ///< A user's own room for `user`; empty for `everyone`.
    room_ptr known{};   ///< The room, where the caller has it.
    std::string type;
    own_payload payload;
    std::string key{};
    std::string except{};
    std::string idempotency_key{};
    std::string trace{};

    receipt publish(hub_core& hub, publish_done done) const
    {
        if (to == destination::everyone)
            return hub.messages.broadcast(type, payload.ref(), std::move(done));
        auto taken = hub.messages.publish(room, known.get(), type, payload.ref(),
                                          {key, except, idempotency_key, trace}, std::move(done));
        if (to == destination::user && taken.error == error::invalid_room)
            taken.error = error::invalid_user;
        return taken;
    }
};

inline own_message for_room(std::string_view room, room_ptr known, std::string_view type, own_payload payload,
                            const publish_options& options)
{
    return {.room = std::string{room},
            .known = std::move(known),
            .type = std::string{type},
            .payload = std::move(payload),
            .key = std::string{options.key},
            .except = std::string{options.except},
            .idempotency_key = std::string{options.idempotency_key},
            .trace = std::string{options.trace}};
}

inline own_message for_user(std::string_view user, std::string_view type, own_payload payload)
{
    return {.to = own_message::destination::user,
            .room = "user:" + std::string{user},
            .type = std::string{type},
            .payload = std::move(payload)};
}

inline own_message for_everyone(std::string_view type, own_payload payload)
{
    return {.to = own_message::destination::everyone, .type = std::string{type}, .payload = std::move(payload)};
}

/// The completion signature of an asynchronous publish.
using published_signature = void(error_code, receipt);

/// Publishes, and completes with what became of the message.
template <asio::completion_token_for<published_signature> Token>
auto async_publish(const std::shared_ptr<hub_core>& hub, own_message message, Token&& token)
{
    return initiate<published_signature>(
        [hub] { return hub->shards.first().executor(); }, std::forward<Token>(token),
        [hub, message = std::move(message)](std::function<published_signature> done) {
            const auto told = [done = std::move(done)](const receipt& fate) { done(fate.error, fate); };
            if (const auto taken = message.publish(*hub, told); !taken)
                told(taken);
        });
}

} // namespace fanfare::detail

#endif

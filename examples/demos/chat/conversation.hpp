// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_EXAMPLES_CHAT_CONVERSATION_HPP
#define FANFARE_EXAMPLES_CHAT_CONVERSATION_HPP

// What clients may say. Nobody publishes to a room directly: a message goes through a handler here, which checks it
// and puts the sender in, as the connection's identity has it. What the client claims to be is never looked at.

#include "rules.hpp"

#include <fanfare/fanfare.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace chat {

namespace json = boost::json;

template <class Hub>
class conversation {
public:
    explicit conversation(Hub& hub) : hub_{hub}
    {
        hub.configure("chat:", {.presence = true, .history = 1000, .history_age = std::chrono::hours{24 * 7}});
        // Of what a slow reader has not got yet, one signal a person is enough.
        hub.configure("typing:", {.overflow = fanfare::overflow_policy::latest_per_key});
        hub.authorize(&conversation::may);
        hub.on_message("chat_message", [this](fanfare::request asked) { take_message(std::move(asked)); });
        hub.on_message("typing", [this](fanfare::request asked) { take_typing(std::move(asked)); });
    }
    conversation(const conversation&) = delete;
    conversation& operator=(const conversation&) = delete;

private:
    // Everybody with a name may join, read back and see who is there, in the rooms that exist. Publishing is not for
    // clients at all.
    static bool may(const fanfare::access_request& asked)
    {
        if (asked.who.anonymous() || asked.action == fanfare::room_action::publish)
            return false;
        return exists(behind("chat:", asked.room)) ||
               (asked.action == fanfare::room_action::subscribe && exists(behind("typing:", asked.room)));
    }

    static std::string_view text_of(const fanfare::request& asked, const char* field)
    {
        const auto* fields = asked.payload().if_object();
        const auto* found = fields ? fields->if_contains(field) : nullptr;
        return found && found->is_string() ? std::string_view{found->get_string()} : std::string_view{};
    }

    static json::object sender_of(const fanfare::request& asked)
    {
        return {{"user_id", asked.from().user_id()}, {"name", asked.from().who().claims.at("name")}};
    }

    void take_message(fanfare::request asked)
    {
        const auto room = text_of(asked, "room"), text = text_of(asked, "text"), key = text_of(asked, "key");
        if (!exists(behind("chat:", room)))
            return asked.fail(fanfare::error::unknown_room,
                              "room must be chat: and one of the rooms of /chat/rooms");
        if (const auto wrong = wrong_with_text(text); !wrong.empty())
            return asked.fail(fanfare::error::invalid_message, wrong);
        if (key.empty() || key.size() > max_key)
            return asked.fail(fanfare::error::invalid_message, "key must be a string of 1 to 64 bytes");
        if (!messages_.take(asked.from().user_id(), std::chrono::steady_clock::now()))
            return asked.fail(fanfare::error::rate_limited, "slow down: one message a second");

        auto message = sender_of(asked);
        message["text"] = text;
        message["key"] = key; // by which the sender's page knows its own again
        // Keys are the room's: with the sender in it nobody can use up another's.
        const auto once = asked.from().user_id() + ":" + std::string{key};
        const auto to = std::string{room};
        const auto waiting = std::make_shared<fanfare::request>(std::move(asked));
        hub_.async_publish(to, "chat_message", json::value(std::move(message)), {.idempotency_key = once},
                           [waiting, to](fanfare::error_code failed, const fanfare::receipt& sent) {
                               answer(*waiting, to, failed, sent);
                           });
    }

    static void answer(fanfare::request& asked, const std::string& room, fanfare::error_code failed,
                       const fanfare::receipt& sent)
    {
        // With a position it is stored, and everybody gets it in the end.
        if (failed && !sent.position) {
            const bool own = failed.category() == fanfare::error_category();
            return asked.fail(own ? static_cast<fanfare::error>(failed.value()) : fanfare::error::store_failed,
                              "the message was not sent: " + failed.message());
        }
        asked.reply(json::object{{"room", room}, {"duplicate", sent.duplicate}});
    }

    // A signal without an answer, and without a trace: the room `typing:` keeps no history.
    void take_typing(fanfare::request asked)
    {
        const auto name = behind("chat:", text_of(asked, "room"));
        if (!exists(name))
            return asked.fail(fanfare::error::unknown_room,
                              "room must be chat: and one of the rooms of /chat/rooms");
        if (!typing_.take(asked.from().user_id(), std::chrono::steady_clock::now()))
            return asked.fail(fanfare::error::rate_limited, "slow down: one typing signal every two seconds");
        const auto id = asked.from().id();
        hub_.publish("typing:" + std::string{name}, "typing", json::value(sender_of(asked)),
                     {.key = asked.from().user_id(), .except = id});
        asked.ignore();
    }

    Hub& hub_;
    // The hub has one shard, so that its handlers never run at the same time.
    allowances messages_{std::chrono::seconds{1}, 10};
    allowances typing_{std::chrono::seconds{2}, 4};
};

} // namespace chat

#endif

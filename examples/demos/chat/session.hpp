// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_EXAMPLES_CHAT_SESSION_HPP
#define FANFARE_EXAMPLES_CHAT_SESSION_HPP

// Who somebody is. A visitor chooses a name, and proves with a key of its own, which never leaves its browser but to
// come here, that it is the one who used the name before: the user id is the key's hash. So nobody can be somebody
// else, two people may have the same name, and no instance has to remember anybody.

#include "rules.hpp"

#include <fanfare/auth/ticket.hpp>
#include <fanfare/identity.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/system/result.hpp>
#include <openssl/evp.h>

#include <array>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace chat {

namespace json = boost::json;

/// 128 bits of the SHA-256 of a key, as 32 hexadecimal digits.
inline std::string user_id_of(std::string_view key)
{
    const auto text = "fanfare chat user:" + std::string{key};
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
        throw std::runtime_error("OpenSSL has no SHA-256");
    constexpr std::string_view digits = "0123456789abcdef";
    std::string id;
    for (std::size_t i = 0; i != 16; ++i) {
        id += digits[digest[i] >> 4];
        id += digits[digest[i] & 15];
    }
    return id;
}

struct answer {
    int status = 200;
    std::string body;
};

inline answer refused(int status, std::string_view code, std::string_view message)
{
    const json::object error{{"code", code}, {"message", message}};
    return {status, json::serialize(json::object{{"error", error}})};
}

/// What a request for a ticket asks for: who it will be, or what is wrong with it.
inline std::optional<fanfare::identity> read_identity(std::string_view body, std::string& wrong)
{
    boost::system::error_code ec;
    const auto parsed = json::parse(body, ec);
    const auto* fields = ec ? nullptr : parsed.if_object();
    const auto text = [&](const char* field) -> std::string_view {
        const auto* found = fields ? fields->if_contains(field) : nullptr;
        return found && found->is_string() ? std::string_view{found->get_string()} : std::string_view{};
    };
    const auto name = text("name"), key = text("key");
    wrong = !fields ? "the body must be a JSON object with name and key" : std::string{wrong_with_name(name)};
    if (wrong.empty() && (key.size() < 32 || key.size() > 128))
        wrong = "a key is a secret of 32 to 128 bytes";
    if (!wrong.empty())
        return std::nullopt;
    // `info` is what others see of a connection in the presence list.
    json::object claims{{"name", name}, {"info", json::object{{"name", name}}}};
    return fanfare::identity{.user_id = user_id_of(key), .claims = std::move(claims)};
}

/// `POST /chat/tickets` {name, key}: a ticket for the WebSocket. Good on this instance, once, for half a minute.
inline answer issue_ticket(fanfare::memory_ticket_store& tickets, std::string_view body)
{
    constexpr std::chrono::seconds lifetime{30};
    if (body.size() > 1024)
        return refused(413, "message_too_large", "the body is above 1 KiB");
    std::string wrong;
    auto who = read_identity(body, wrong);
    if (!who)
        return refused(400, "invalid_message", wrong);
    const auto id = who->user_id;
    const auto ticket = tickets.issue(std::move(*who), lifetime);
    if (!ticket)
        return refused(503, "too_many_tickets", ticket.error().message());
    return {200,
            json::serialize(json::object{{"ticket", *ticket}, {"expires_in", lifetime.count()}, {"user_id", id}})};
}

/// `GET /chat/rooms`: what the page needs to know before it connects.
inline answer list_rooms()
{
    json::array all;
    for (const auto& one : rooms)
        all.push_back(json::object{{"name", one.name}, {"title", one.title}, {"topic", one.topic}});
    return {200, json::serialize(
                     json::object{{"rooms", std::move(all)}, {"max_name", max_name}, {"max_text", max_text}})};
}

} // namespace chat

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REDIS_LOGIN_IPP
#define FANFARE_DETAIL_REDIS_LOGIN_IPP

#include <fanfare/detail/redis/login.hpp>

#include <initializer_list>
#include <span>

namespace fanfare::detail {

FANFARE_DECL std::string tidy_redis_text(std::string_view text, std::string_view password)
{
    constexpr std::size_t most = 200;
    std::string out;
    while (!text.empty() && out.size() < most) {
        const auto ch = static_cast<unsigned char>(text.front());
        const bool secret = !password.empty() && text.starts_with(password);
        if (secret)
            out += "***";
        else
            out += ch < ' ' ? ' ' : ch > '~' ? '?' : text.front();
        text.remove_prefix(secret ? password.size() : 1);
    }
    return out;
}

// Whether an error is one of those that answer AUTH. Others may quote what they were sent, and only a part of it.
inline bool is_login_error(std::string_view text)
{
    for (const std::string_view known :
         {"WRONGPASS ", "NOAUTH ", "NOPERM ", "LOADING ", "BUSY ", "MASTERDOWN ", "MISCONF ", "DENIED ",
          "ERR invalid password", "ERR Client sent AUTH", "ERR AUTH <password> called without",
          "ERR max number of clients reached"})
        if (text.starts_with(known))
            return true;
    return false;
}

FANFARE_DECL std::string redis_login_problem(std::string_view command, const redis_value& reply)
{
    const auto text = reply.text();
    // An ACL may forbid PING and ROLE, and a proxy may not know them: the connection is of use all the same.
    const bool restricted = text.starts_with("NOPERM") || text.starts_with("ERR unknown command");
    if (command == "CLIENT" || (restricted && (command == "PING" || command == "ROLE")))
        return {};
    if (command == "AUTH" && reply.is_error() && !is_login_error(text))
        return "refused the login";
    if (reply.is_error())
        return std::string{text};
    if (command == "ROLE" && is_replica(reply))
        return "is a replica; it takes no writes";
    if (command == "ROLE" && reply[0].text() == "sentinel")
        return "is a Sentinel, not the Redis that it watches";
    return {};
}

// PING comes before SELECT and ROLE: a server that refuses all commands (LOADING, NOAUTH) tells why to the first one.
FANFARE_DECL std::vector<std::string_view> append_redis_login(std::string& out, const redis_options& options)
{
    std::vector<std::string_view> commands;
    const auto add = [&](std::initializer_list<std::string_view> words) {
        append_command(out, {words.begin(), words.size()});
        commands.push_back(*words.begin());
    };
    if (!options.user.empty())
        add({"AUTH", options.user, options.password});
    else if (!options.password.empty())
        add({"AUTH", options.password});
    add({"PING"});
    if (options.database != 0)
        add({"SELECT", std::to_string(options.database)});
    if (!options.client_name.empty())
        add({"CLIENT", "SETNAME", options.client_name});
    add({"ROLE"});
    return commands;
}

} // namespace fanfare::detail

#endif

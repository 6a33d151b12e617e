// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_REDIS_LOGIN_HPP
#define FANFARE_DETAIL_REDIS_LOGIN_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/redis/reply.hpp>
#include <fanfare/redis/options.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace fanfare::detail {

/// What a server said, fit for a log: at most 200 bytes, printable, and without the password that it was sent.
std::string tidy_redis_text(std::string_view text, std::string_view password);

/// Whether the answer to ROLE is that of a replica.
inline bool is_replica(const redis_value& role) noexcept
{
    return role[0].text() == "slave" || role[0].text() == "replica";
}

/// Whether an error says that the server is no primary (any more), or has no data yet: it took no effect, and another
/// server is to be looked for. Redis before 7 quotes such an error where a script met it.
inline bool is_no_primary(std::string_view error) noexcept
{
    return error.starts_with("READONLY ") || error.starts_with("MASTERDOWN ") || error.starts_with("LOADING ") ||
           (error.starts_with("ERR Error running script") &&
            error.find(" -READONLY You can't write") != std::string_view::npos);
}

/// Appends the login; answers the commands in order.
std::vector<std::string_view> append_redis_login(std::string& out, const redis_options& options);

/// What the reply to one of these commands says against this server; empty if nothing.
std::string redis_login_problem(std::string_view command, const redis_value& reply);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/redis/login.ipp>
#endif

#endif

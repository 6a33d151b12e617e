// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_REDIS_OPTIONS_IPP
#define FANFARE_REDIS_OPTIONS_IPP

#include <fanfare/error.hpp>
#include <fanfare/redis/options.hpp>

#include <boost/system/system_error.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>

namespace fanfare {
namespace detail {

[[noreturn]] inline void refuse_redis(const std::string& why)
{
    throw boost::system::system_error{error::invalid_config, "Redis: " + why};
}

// The text of a URL's part, as messages may quote it.
template <class Text>
std::string in_quotes(const Text& text)
{
    return '"' + std::string{text.data(), text.size()}.substr(0, 100) + '"';
}

inline unsigned redis_database(std::string_view text)
{
    unsigned number = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (ec != std::errc{} || end != text.data() + text.size() || number > std::numeric_limits<int>::max())
        refuse_redis(in_quotes(text) + " is not the number of a database");
    return number;
}

// Whether an @ stands where none can: then it is a password's, and what comes before it would be quoted as a port, a
// database or a parameter.
inline bool has_stray_at(std::string_view text, bool local)
{
    const auto begin = text.find("//") + 2;
    const auto end = std::min(text.find_first_of("/?#", begin), text.size());
    const auto authority = text.substr(begin, end - begin);
    if (local && authority.empty())
        return false; // a path may have one
    return text.find('@', end) != std::string_view::npos || authority.find('@') != authority.rfind('@');
}

inline void read_redis_login(const boost::urls::url_view& url, redis_options& out)
{
    if (!url.has_userinfo())
        return;
    if (!url.has_password())
        refuse_redis("a user without a password in the URL; write user:password@ or :password@");
    out.user = std::string{url.user()};
    out.password = std::string{url.password()};
    if (!out.user.empty() && out.password.empty())
        refuse_redis("an empty password in the URL");
}

inline void read_redis_server(const boost::urls::url_view& url, redis_options& out)
{
    out.host = std::string{url.host_address()};
    if (out.host.empty())
        refuse_redis("the URL names no host");
    const auto port = url.port();
    if (!port.empty()) {
        std::uint32_t number = 0; // Boost's own port_number wraps around
        const auto [end, ec] = std::from_chars(port.data(), port.data() + port.size(), number);
        if (ec != std::errc{} || end != port.data() + port.size() || number == 0 || number > 65'535)
            refuse_redis(in_quotes(port) + " is not a port");
        out.port = static_cast<std::uint16_t>(number);
    }
    const std::string path{url.path()};
    if (!path.empty() && path.front() != '/') // Boost 1.81 reads "host:x" so
        refuse_redis(in_quotes(path) + " is not a port");
    if (path.size() > 1)
        out.database = redis_database(std::string_view{path}.substr(1));
}

inline void read_redis_socket(const boost::urls::url_view& url, redis_options& out)
{
    if (!url.encoded_host_and_port().empty())
        refuse_redis("a Unix socket needs an absolute path, with three slashes: unix:///run/redis.sock");
    out.unix_path = std::string{url.path()};
    if (out.unix_path.size() < 2)
        refuse_redis("the URL names no Unix socket");
}

} // namespace detail

FANFARE_DECL redis_options parse_redis_url(std::string_view text)
{
    const auto parsed = boost::urls::parse_uri({text.data(), text.size()});
    constexpr auto no_url = "this is not a URL; special characters in a password must be percent-encoded";
    if (!parsed) // not quoted: it may hold a password
        detail::refuse_redis(no_url);
    const auto& url = *parsed;
    std::string scheme{url.scheme()};
    for (auto& c : scheme)
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    redis_options out;
    const bool local = scheme == "unix";
    if (!local && scheme != "redis" && scheme != "rediss")
        detail::refuse_redis(detail::in_quotes(scheme) + " is not a scheme for it; use redis, rediss or unix");
    if (!url.has_authority())
        detail::refuse_redis("the URL needs two slashes after " + scheme + ':');
    if (detail::has_stray_at(text, local))
        detail::refuse_redis(no_url);
    out.tls = scheme == "rediss";
    detail::read_redis_login(url, out);
    if (local)
        detail::read_redis_socket(url, out);
    else
        detail::read_redis_server(url, out);
    for (const auto& one : url.params()) {
        if (!local || one.key != "db")
            detail::refuse_redis(detail::in_quotes(one.key) + " is not a parameter of this URL");
        out.database = detail::redis_database(one.value);
    }
    if (url.has_fragment())
        detail::refuse_redis("a URL for it has no #");
    auto plain = out; // whether this build can do TLS is seen to by who connects
    plain.tls = false;
    check(plain);
    return out;
}

FANFARE_DECL std::string describe(const redis_options& o)
{
    if (!o.unix_path.empty())
        return "unix://" + o.unix_path + (o.database == 0 ? "" : "?db=" + std::to_string(o.database));
    const bool v6 = o.host.find(':') != std::string::npos;
    const std::string host = v6 ? '[' + o.host + ']' : o.host;
    return (o.tls ? "rediss://" : "redis://") + host + ':' + std::to_string(o.port) + '/' +
           std::to_string(o.database);
}

FANFARE_DECL void check(const redis_options& o)
{
    using std::chrono::milliseconds;
    const auto demand = [](bool holds, const char* what) {
        if (!holds)
            detail::refuse_redis(what);
    };
    const auto no_zero = [](const std::string& s) { return s.find('\0') == std::string::npos; };
    // A timer's clock counts nanoseconds in 64 bits.
    const auto sane = [](milliseconds t) { return t > milliseconds{0} && t <= std::chrono::hours{24 * 365}; };
    if (o.unix_path.empty()) {
        demand(!o.host.empty() && no_zero(o.host), "the host is empty or no name");
        demand(o.port != 0, "the port is 0");
    } else {
        demand(o.unix_path.size() <= 107 && no_zero(o.unix_path),
               "the path of the Unix socket is too long or no path");
        demand(!o.tls, "there is no TLS over a Unix socket");
    }
    demand(o.user.empty() || !o.password.empty(), "a user without a password");
    demand(o.database <= unsigned{std::numeric_limits<int>::max()}, "the number of the database is too large");
    demand(sane(o.connect_timeout) && sane(o.response_timeout) && sane(o.queue_time), "a timeout is out of range");
    demand(sane(o.first_backoff) && sane(o.max_backoff), "the backoff is out of range");
    demand(o.first_backoff <= o.max_backoff, "the first backoff is longer than the longest");
    demand(o.queue_messages != 0 && o.queue_bytes != 0, "the queue has no room");
#if !defined(FANFARE_WITH_SSL)
    demand(!o.tls, "this program was built without TLS (FANFARE_WITH_SSL), so rediss:// does not work");
#endif
}

} // namespace fanfare

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_REDIS_OPTIONS_HPP
#define FANFARE_REDIS_OPTIONS_HPP

#include <fanfare/config.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace fanfare {

/// Where a Redis server is, how to log in there, and the limits of the connection. A value.
struct redis_options {
    /// A name or an IP address; every attempt to connect resolves the name again.
    std::string host = "127.0.0.1";
    std::uint16_t port = 6379;
    /// The path of a Unix socket. If it is set, host and port do not count.
    std::string unix_path{};
    /// TLS, in a build with FANFARE_WITH_SSL.
    bool tls = false;
    /// The ACL user; empty for the default user.
    std::string user{};
    /// Without one there is no AUTH.
    std::string password{};
    unsigned database = 0;
    /// The name of the connection in CLIENT LIST.
    std::string client_name = "fanfare";
    /// A file of certificates (PEM) that the server's one is checked against. Empty: those that the system trusts.
    std::string tls_ca_file{};
    /// Whether the server must show a valid certificate for its host. Without this TLS hides the traffic from
    /// listeners, but not from an impostor.
    bool tls_verify = true;

    /// For one attempt to connect: resolve, connect, TLS and log in.
    std::chrono::milliseconds connect_timeout{5'000};
    /// When commands wait for replies and nothing at all arrives for so long, the connection is given up. A client that
    /// was told to rest gives it up when they are not all answered within this time.
    std::chrono::milliseconds response_timeout{5'000};
    /// The pause before the next attempt is random, between 0 and a bound that doubles from the first to the second.
    std::chrono::milliseconds first_backoff{100};
    std::chrono::milliseconds max_backoff{5'000};

    /// Commands, and their bytes, that wait for Redis to come back or to answer. What exceeds it is refused.
    std::size_t queue_messages = 65'536;
    std::size_t queue_bytes = 64 * 1024 * 1024;
    /// How long a command waits for a connection, at most.
    std::chrono::milliseconds queue_time{30'000};
};

/// Reads `redis://[[user]:password@]host[:port][/database]`, `rediss://...` for the same over TLS, or
/// `unix://[[user]:password@]/path[?db=database]`. Parts may be percent-encoded. A user without a colon is refused,
/// since many mean a password by it. Thread-safe.
///
/// Throws `boost::system::system_error` with `error::invalid_config` that names what is wrong, never the password.
redis_options parse_redis_url(std::string_view url);

/// The server in words, as messages name it: `redis://127.0.0.1:6379/0`, without user and password. Thread-safe.
std::string describe(const redis_options& options);

/// Throws `boost::system::system_error` with `error::invalid_config` if an option cannot work, or if this build
/// cannot do it (TLS). Everything that connects calls it. Thread-safe.
void check(const redis_options& options);

} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/redis/options.ipp>
#endif

#endif

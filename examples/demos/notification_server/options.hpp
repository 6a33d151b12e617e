// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef NOTIFICATION_SERVER_OPTIONS_HPP
#define NOTIFICATION_SERVER_OPTIONS_HPP

#include "../../command_line.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace demo {

inline constexpr auto help = R"(notification_server: Fanfare's demo. Open the URL that it prints.

  --address IP          listen on this address (127.0.0.1)
  --port N              listen on this port, 0 for any (8080)
  --unix PATH           listen on a Unix socket, too, without TLS; there every caller needs the key for what needs one
  --threads N           run N shards, each on a thread of its own (1)
  --admin-key KEY       publish, notify and tickets need 'Authorization: Bearer KEY';
                        without a key they answer callers on this machine only
  --auth none|ticket|jwt
                        none: anybody may connect, and ?user=ID names the user (INSECURE, the default)
                        ticket: a ticket of POST /api/v1/tickets is needed
                        jwt: a JWT is needed, or such a ticket; 'sub' is the user, and 'rooms' are joined at once
  --jwt-secret TEXT     tokens are signed with this secret: 32 bytes or more for HS256, 48 for HS384, 64 for HS512
                        (every user of this machine sees the command line: see --jwt-jwks)
  --jwt-jwks FILE       tokens are signed with one of the keys in this file (a JWKS, RFC 7517); within
                        seconds of a change it is read again
  --jwt-issuer TEXT     'iss' must be this; may be given several times (any issuer)
  --jwt-audience TEXT   'aud' must have this; may be given several times (only tokens without 'aud')
  --jwt-query           look for the token in the query, too: ?token= (which proxies log)
  --redis URL           be one hub with all servers that use this Redis, and keep history and inboxes there:
                        redis://[[user]:password@]host[:port][/db], rediss://... (TLS), unix:///path
  --sqlite FILE         keep history and inboxes in this file, so that they survive a restart
                        (without --redis and --sqlite: in memory; not both)
  --origin ORIGIN       also pages of this origin may connect, such as https://*.example.com; any: all
                        pages; may be given several times (only pages of this server's own host)
  --host NAME           also answer what names this host, such as app.example or 192.0.2.1, where no key or ticket
                        is asked for; any: every host; may be given several times (only localhost and
                        the loopback addresses, and the one of --address, so that no page from elsewhere
                        can make its own name point here)
  --tls-cert FILE       speak TLS: the certificate, and behind it those that lead to the root (PEM)
  --tls-key FILE        its private key (PEM); SIGHUP reads both files again, and no connection is lost
  --trusted-proxy CIDR  believe this proxy (192.0.2.1, 10.0.0.0/8; unix: who comes by --unix) when it says for which
                        client it asks, in Forwarded or X-Forwarded-For; may be given several times (nobody)
  --forwarded-header N  read this header only, such as X-Forwarded-For or X-Real-IP
  --proxy-protocol      every connection to --port begins with a PROXY header, version 1 or 2, of a trusted proxy;
                        own callers use --unix
  --path-prefix PATH    what a proxy leaves before each path, such as /live: the page is at /live/ then
  --max-per-address N   so many connections of one address (0, which is the default: any number)
  --drain SECONDS       after SIGTERM close the connections evenly over this time (0: at once); a second
                        signal does not wait
  --deflate             offer permessage-deflate
  --metrics             measure, and answer GET /metrics for Prometheus, to everybody who reaches the port
  --open-publish        clients may publish to any room, without a rate limit (for load tests)
  --no-self-telemetry   do not publish this machine's own CPU, memory, load and network rates
  --help                show this

Rooms: global, device:ID, group:ID, chat:ID (with presence), and user:ID for each user.
       group:, chat: and user: keep a history of 1,000 messages, one hour; each user has an inbox.
HTTP: /api/v1/ws  /api/v1/publish  /api/v1/notify  /api/v1/tickets  /api/v1/ws/stats  /api/v1/presence?room=
      /api/v1/history?room=  /api/v1/inbox?user_id=  /api/v1/inbox/mark  /api/v1/revoke  /api/v1/cluster
      /healthz  /readyz  /metrics (with --metrics)
Exit: 0 after SIGINT or SIGTERM, 1 if the file of --sqlite cannot be opened, 2 for any other error.
)";

/// Who may connect.
enum class auth_kind { none, ticket, jwt };

struct options {
    std::string address = "127.0.0.1";
    std::uint16_t port = 8080;
    std::string unix_path;
    std::size_t threads = 1;
    std::string admin_key;
    std::string redis;
    std::string sqlite;
    std::string tls_cert;
    std::string tls_key;
    std::string jwt_secret;
    std::string jwt_jwks;
    std::vector<std::string> jwt_issuers;
    std::vector<std::string> jwt_audiences;
    bool jwt_query = false;
    std::vector<std::string> trusted_proxies;
    std::string forwarded_header;
    bool proxy_protocol = false;
    std::string path_prefix;
    std::size_t max_per_address = 0;
    std::chrono::seconds drain{0};
    std::vector<std::string> origins;
    std::vector<std::string> hosts;
    auth_kind auth = auth_kind::none;
    bool deflate = false;
    bool metrics = false;
    bool open_publish = false;
    bool self_telemetry = true;
    bool only_help = false;
};

inline auth_kind parse_auth(const std::string& kind)
{
    if (kind == "none")
        return auth_kind::none;
    if (kind == "ticket")
        return auth_kind::ticket;
    if (kind == "jwt")
        return auth_kind::jwt;
    throw std::invalid_argument("--auth wants none, ticket or jwt, not '" + kind + "'");
}

// The options for JWTs. False: it is none of them.
inline bool read_jwt_option(std::string_view option, command_line& words, options& o)
{
    if (option == "--jwt-secret")
        o.jwt_secret = words.value();
    else if (option == "--jwt-jwks")
        o.jwt_jwks = words.value();
    else if (option == "--jwt-issuer")
        o.jwt_issuers.push_back(words.value());
    else if (option == "--jwt-audience")
        o.jwt_audiences.push_back(words.value());
    else if (option == "--jwt-query")
        o.jwt_query = true;
    else
        return false;
    return true;
}

// The options for what is behind proxies. False: it is none of them.
inline bool read_proxy_option(std::string_view option, command_line& words, options& o)
{
    if (option == "--trusted-proxy")
        o.trusted_proxies.push_back(words.value());
    else if (option == "--forwarded-header")
        o.forwarded_header = words.value();
    else if (option == "--proxy-protocol")
        o.proxy_protocol = true;
    else if (option == "--path-prefix")
        o.path_prefix = words.value();
    else if (option == "--max-per-address")
        o.max_per_address = words.number(0, 1'000'000);
    else
        return false;
    return true;
}

// A token that is checked with no key, or a key that nobody asks for, would be a door that only looks closed.
inline void check_jwt(const options& o)
{
    const bool any = !o.jwt_secret.empty() || !o.jwt_jwks.empty() || !o.jwt_issuers.empty() ||
                     !o.jwt_audiences.empty() || o.jwt_query;
    if (o.auth != auth_kind::jwt && any)
        throw std::invalid_argument("--jwt-...: only with --auth jwt");
    if (o.auth == auth_kind::jwt && o.jwt_secret.empty() == o.jwt_jwks.empty())
        throw std::invalid_argument("--auth jwt needs --jwt-secret or --jwt-jwks, and not both");
}

// Throws `std::invalid_argument` for what does not go together.
inline void check(const options& o)
{
    // A file that only some of the servers on a Redis share would be a hole in everybody's history.
    if (!o.redis.empty() && !o.sqlite.empty())
        throw std::invalid_argument(
            "--redis and --sqlite: choose one; with --redis history and inboxes are in Redis");
    check_jwt(o);
    need_each_other("--tls-cert", o.tls_cert, "--tls-key", o.tls_key);
    if (o.trusted_proxies.empty() && (o.proxy_protocol || !o.forwarded_header.empty()))
        throw std::invalid_argument(
            "--proxy-protocol and --forwarded-header need --trusted-proxy: whom to believe");
}

inline options parse(int argc, char** argv)
{
    options o;
    for (command_line words{argc, argv}; !words.done();) {
        const auto option = words.option();
        if (option == "--address")
            o.address = words.value();
        else if (option == "--port")
            o.port = static_cast<std::uint16_t>(words.number(0, 65'535));
        else if (option == "--unix")
            o.unix_path = words.value();
        else if (option == "--threads")
            o.threads = words.number(1, 64);
        else if (option == "--admin-key")
            o.admin_key = words.value();
        else if (option == "--origin")
            o.origins.push_back(words.value());
        else if (option == "--host")
            o.hosts.push_back(words.value());
        else if (option == "--auth")
            o.auth = parse_auth(words.value());
        else if (option == "--tls-cert")
            o.tls_cert = words.value();
        else if (option == "--tls-key")
            o.tls_key = words.value();
        else if (read_proxy_option(option, words, o) || read_jwt_option(option, words, o))
            continue;
        else if (option == "--drain")
            o.drain = std::chrono::seconds{words.number(0, 86'400)};
        else if (option == "--deflate")
            o.deflate = true;
        else if (option == "--metrics")
            o.metrics = true;
        else if (option == "--open-publish")
            o.open_publish = true;
        else if (option == "--no-self-telemetry")
            o.self_telemetry = false;
        else if (option == "--help")
            o.only_help = true;
        else if (option == "--redis")
            o.redis = words.value();
        else if (option == "--sqlite")
            o.sqlite = words.value();
        else
            words.unknown();
    }
    check(o);
    return o;
}

} // namespace demo

#endif

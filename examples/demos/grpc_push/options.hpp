// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef GRPC_PUSH_OPTIONS_HPP
#define GRPC_PUSH_OPTIONS_HPP

#include <command_line.hpp>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace push {

inline constexpr auto help = R"(grpc_push: a Fanfare hub that other services reach by gRPC (fanfare_push.proto).

  --address IP        listen on this address (127.0.0.1)
  --port N            for WebSocket and HTTP, 0 for any (8080)
  --grpc-port N       for gRPC, 0 for any (50051)
  --admin-key KEY     calls need the metadata 'authorization: Bearer KEY', and so do HTTP publish, notify and tickets;
                      without a key both answer callers on this machine only
  --host NAME         also answer clients that name this host, such as app.example; may be given several times
                      (only localhost, the loopback addresses, and the one of --address)
  --redis URL         be one hub with all servers that use this Redis, and keep history and inboxes there
                      (without: in memory)
  --tls-cert FILE     speak TLS on both ports: the certificate, and behind it those that lead to the root (PEM)
  --tls-key FILE      its private key (PEM). Renewed files are used without a restart: gRPC looks at them every
                      5 seconds, the other port reads them on SIGHUP
  --tls-client-ca F   who calls by gRPC must have a certificate of one of these authorities (PEM; mutual TLS)
  --max-streams N     streams of rooms at once (1000)
  --help              show this

Clients connect to /api/v1/ws?user=ID (INSECURE: the query names the user). Rooms: global, device:ID, group:ID,
chat:ID; group:, chat: and user: keep a history of 1,000 messages, one hour; each user has an inbox.
Exit: 0 after SIGINT or SIGTERM, 2 for any error.
)";

struct options {
    std::string address = "127.0.0.1";
    std::uint16_t port = 8080;
    std::uint16_t grpc_port = 50'051;
    std::string admin_key;
    std::string redis;
    std::string tls_cert;
    std::string tls_key;
    std::string tls_client_ca;
    std::vector<std::string> hosts;
    std::size_t max_streams = 1000;
    bool only_help = false;
};

inline bool parse_tls(std::string_view option, demo::command_line& words, options& to)
{
    if (option == "--tls-cert")
        to.tls_cert = words.value();
    else if (option == "--tls-key")
        to.tls_key = words.value();
    else if (option == "--tls-client-ca")
        to.tls_client_ca = words.value();
    else
        return false;
    return true;
}

inline void check_tls(const options& o)
{
    demo::need_each_other("--tls-cert", o.tls_cert, "--tls-key", o.tls_key);
    if (!o.tls_client_ca.empty() && o.tls_cert.empty())
        throw std::invalid_argument("--tls-client-ca: needs --tls-cert and --tls-key");
}

inline options parse(int argc, char** argv)
{
    options o;
    for (demo::command_line words{argc, argv}; !words.done();) {
        const auto option = words.option();
        if (parse_tls(option, words, o))
            continue;
        if (option == "--address")
            o.address = words.value();
        else if (option == "--port")
            o.port = static_cast<std::uint16_t>(words.number(0, 65'535));
        else if (option == "--grpc-port")
            o.grpc_port = static_cast<std::uint16_t>(words.number(0, 65'535));
        else if (option == "--admin-key")
            o.admin_key = words.value();
        else if (option == "--host")
            o.hosts.push_back(words.value());
        else if (option == "--redis")
            o.redis = words.value();
        else if (option == "--max-streams")
            o.max_streams = words.number(1, 100'000);
        else if (option == "--help")
            o.only_help = true;
        else
            words.unknown();
    }
    check_tls(o);
    return o;
}

} // namespace push

#endif

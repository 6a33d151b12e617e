// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_BENCHMARKS_LOAD_OPTIONS_HPP
#define FANFARE_BENCHMARKS_LOAD_OPTIONS_HPP

#include "../examples/command_line.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

inline constexpr auto load_help = R"(load: many WebSocket clients, in one thread.

  load --url ws://127.0.0.1:8080/api/v1/ws --clients 1000 --rooms global --seconds 30 --publish-rate 10

Connects, joins, publishes by HTTP on the same server, and checks that every client got every message once and in
order. Prints a summary; the status is 0 if nothing is lacking, 1 if something is, 2 for a wrong command line.

  --url URL             the hub's WebSocket URL (ws:// only)
  --clients N           how many clients, at most 20,000 (100)
  --rooms A,B           every client joins these, and messages go to them in turn (global)
  --seconds N           how long to publish, or to listen (30)
  --publish-rate N      messages a second in all rooms together; 0: only listen, to another load that publishes (10)
  --payload-bytes N     bytes of padding in each message (0)
  --admin-key KEY       the server's key for publishing
  --patience N          seconds to wait for connections, and for the last message (60)

  load --port PORT [--path PATH] [--room ROOM] [--tls] [--poll-us MICROSECONDS]

Obeys commands on standard input; this is how benchmarks/run drives it.
)";

/// Driven by commands; see load_commands.hpp.
struct command_settings {
    unsigned short port = 0;
    std::string path = "/";
    std::string room;           // empty: a client is ready after the handshake; "-": when it was greeted
    bool tls = false;           // without a look at the certificate
    std::int64_t poll_us = 500; // 0: sleep in epoll_wait, and be woken by the server's system calls
};

/// What a person asked for; see load_run.hpp.
struct run_settings {
    std::string url, host, port, path;
    std::size_t clients = 100;
    std::vector<std::string> rooms{"global"};
    std::chrono::seconds duration{30};
    std::uint64_t rate = 10;
    std::size_t padding = 0;
    std::string admin_key;
    std::chrono::seconds patience{60};

    /// The `Host` header.
    std::string authority() const { return (host.find(':') == host.npos ? host : "[" + host + "]") + ":" + port; }
};

struct load_settings {
    bool only_help = false;
    command_settings commands; // if `commands.port` is not 0
    run_settings run;
};

inline void read_url(run_settings& to, const std::string& url)
{
    constexpr std::string_view scheme = "ws://";
    if (!url.starts_with(scheme))
        throw std::invalid_argument("--url wants ws://HOST:PORT/PATH, not '" + url + "'");
    to.url = url;
    const auto slash = url.find_first_of("/?", scheme.size());
    const auto authority = url.substr(scheme.size(), slash - scheme.size());
    to.path = slash == url.npos ? "/" : url[slash] == '?' ? "/" + url.substr(slash) : url.substr(slash);
    const bool bracket = authority.starts_with('[');
    const auto host_end = bracket ? authority.find(']') : authority.find(':');
    const auto colon = bracket && host_end != authority.npos ? host_end + 1 : host_end;
    to.host = bracket ? authority.substr(1, host_end - 1) : authority.substr(0, host_end);
    to.port = colon >= authority.size() ? "80" : authority.substr(colon + 1);
    if (to.host.empty() || to.port.empty() || to.port.find_first_not_of("0123456789") != to.port.npos ||
        (colon < authority.size() && authority[colon] != ':') || url.find_first_of(" \r\n") != url.npos)
        throw std::invalid_argument("--url wants ws://HOST:PORT/PATH, not '" + url + "'");
}

inline std::vector<std::string> read_rooms(const std::string& list)
{
    std::vector<std::string> rooms;
    for (std::size_t at = 0; at <= list.size();) {
        const auto end = std::min(list.find(',', at), list.size());
        rooms.push_back(list.substr(at, end - at));
        at = end + 1;
    }
    for (const auto& room : rooms)
        if (room.empty() || room.size() > 100 || room.find_first_of("\"\\ \r\n") != room.npos)
            throw std::invalid_argument("--rooms: '" + room + "' is not a room's name");
    if (rooms.size() > 50)
        throw std::invalid_argument("--rooms wants at most 50 rooms");
    return rooms;
}

inline load_settings parse_load(int argc, char** argv)
{
    load_settings s;
    for (demo::command_line words{argc, argv}; !words.done();) {
        const auto option = words.option();
        if (option == "--url")
            read_url(s.run, words.value());
        else if (option == "--clients")
            s.run.clients = words.number(1, 20'000);
        else if (option == "--rooms")
            s.run.rooms = read_rooms(words.value());
        else if (option == "--seconds")
            s.run.duration = std::chrono::seconds{words.number(1, 86'400)};
        else if (option == "--publish-rate")
            s.run.rate = words.number(0, 10'000);
        else if (option == "--payload-bytes")
            s.run.padding = words.number(0, 1'000'000);
        else if (option == "--admin-key")
            s.run.admin_key = words.value();
        else if (option == "--patience")
            s.run.patience = std::chrono::seconds{words.number(1, 3'600)};
        else if (option == "--port")
            s.commands.port = static_cast<unsigned short>(words.number(1, 65'535));
        else if (option == "--path")
            s.commands.path = words.value();
        else if (option == "--room")
            s.commands.room = words.value();
        else if (option == "--tls")
            s.commands.tls = true;
        else if (option == "--poll-us")
            s.commands.poll_us = static_cast<std::int64_t>(words.number(0, 1'000'000));
        else if (option == "--help")
            s.only_help = true;
        else
            words.unknown();
    }
    if (!s.only_help && s.run.url.empty() == (s.commands.port == 0))
        throw std::invalid_argument("give --url, or --port for commands; --help explains both");
    if (s.run.rate * static_cast<std::uint64_t>(s.run.duration.count()) > 10'000'000)
        throw std::invalid_argument("--publish-rate and --seconds: at most 10,000,000 messages in one run");
    return s;
}

} // namespace bench

#endif

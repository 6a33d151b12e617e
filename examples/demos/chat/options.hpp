// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_EXAMPLES_CHAT_OPTIONS_HPP
#define FANFARE_EXAMPLES_CHAT_OPTIONS_HPP

#include "../../command_line.hpp"

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace chat {

inline constexpr auto help = R"(chat: rooms with presence, typing and history. Open the URL that it prints.

  --address IP     listen on this address (127.0.0.1)
  --port N         listen on this port, 0 for any (8090)
  --redis URL      be one chat with all instances that use this Redis: redis://[[user]:password@]host[:port][/db],
                   rediss://... (TLS), unix:///path
  --sqlite FILE    keep the rooms' history in this file (without --redis and --sqlite: in memory; not both)
  --origin ORIGIN  also pages of this origin may connect, such as https://*.example.com; may be given several times
                   (only pages of this server's own host)
  --host NAME      also browsers that name this host may connect, such as app.example; any: every host; may be given
                   several times (only localhost, the loopback addresses, and the one of --address)
  --help           show this

Exit: 0 after SIGINT or SIGTERM, 1 if the file of --sqlite cannot be opened, 2 for any other error.
)";

struct options {
    std::string address = "127.0.0.1";
    std::uint16_t port = 8090;
    std::string redis;
    std::string sqlite;
    std::vector<std::string> origins;
    std::vector<std::string> hosts;
    bool only_help = false;
};

inline options parse(int argc, char** argv)
{
    options o;
    for (demo::command_line words{argc, argv}; !words.done();) {
        const auto option = words.option();
        if (option == "--address")
            o.address = words.value();
        else if (option == "--port")
            o.port = static_cast<std::uint16_t>(words.number(0, 65'535));
        else if (option == "--redis")
            o.redis = words.value();
        else if (option == "--sqlite")
            o.sqlite = words.value();
        else if (option == "--origin")
            o.origins.push_back(words.value());
        else if (option == "--host")
            o.hosts.push_back(words.value());
        else if (option == "--help")
            o.only_help = true;
        else
            words.unknown();
    }
    // A file that only some of the instances on a Redis share would be a hole in everybody's history.
    if (!o.redis.empty() && !o.sqlite.empty())
        throw std::invalid_argument("--redis and --sqlite: choose one; with --redis the history is in Redis");
    return o;
}

} // namespace chat

#endif

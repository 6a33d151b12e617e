// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_REDIS_MOVING_REDIS_HPP
#define FANFARE_TESTS_REDIS_MOVING_REDIS_HPP

#include "redis/client_support.hpp"

namespace fanfare::test {

// Two servers, and an address that leads to one of them: a name that is given to another machine, connections left open.
class moving_redis {
public:
    moving_redis() { std::filesystem::create_symlink(folder_ / "a.sock", address()); }

    // The address leads to the second server; the first one becomes its replica.
    void move()
    {
        std::filesystem::create_symlink(folder_ / "b.sock", folder_ / "new");
        std::filesystem::rename(folder_ / "new", address());
        demote();
    }
    void demote() { first.command({"REPLICAOF", "127.0.0.1", std::to_string(second.port())}); }

    redis_options options() const { return quick("unix://" + address()); }

private:
    std::string address() const { return folder_ / "address.sock"; }

    temporary_folder folder_;

public:
    redis_server first{{"--unixsocket", folder_ / "a.sock"}};
    redis_server second{{"--unixsocket", folder_ / "b.sock"}};
};

} // namespace fanfare::test

#endif

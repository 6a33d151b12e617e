// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_BENCHMARKS_BLOCKING_CLIENT_HPP
#define FANFARE_BENCHMARKS_BLOCKING_CLIENT_HPP

// A client that waits for what it reads.

#include "load_client.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <netinet/in.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/time.h>
#include <system_error>
#include <unistd.h>

namespace bench {

/// One client of this process' server, used by one thread.
class blocking_client {
public:
    explicit blocking_client(unsigned short port) : fd_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)}
    {
        sockaddr_in server{};
        server.sin_family = AF_INET;
        server.sin_port = htons(port);
        server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const timeval patience{.tv_sec = 30, .tv_usec = 0};
        if (fd_ < 0 || ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0 ||
            ::connect(fd_, reinterpret_cast<const sockaddr*>(&server), sizeof server) < 0)
            throw std::system_error{errno, std::generic_category(), "connect"};
        send(load_client::upgrade_request(port, "/api/v1/ws"));
    }
    ~blocking_client() { ::close(fd_); }
    blocking_client(const blocking_client&) = delete;
    blocking_client& operator=(const blocking_client&) = delete;

    /// Reads until the client is that far.
    void reach(stage wanted, const std::string& room)
    {
        while (client_.at() != wanted)
            read(room);
    }
    void wait(std::uint64_t messages)
    {
        while (client_.messages() < messages)
            read("global");
    }
    /// Whether it has got so many messages of `size` bytes, each once and in order.
    bool exact(std::uint64_t messages, std::size_t size) const
    {
        return all_.messages == messages && all_.lost == 0 && all_.out_of_order == 0 && all_.min_size == size &&
               all_.max_size == size;
    }

private:
    void read(const std::string& room)
    {
        std::array<char, 16 * 1024> input; // here, since what a client allocates is counted with the server's
        const auto n = ::recv(fd_, input.data(), input.size(), 0);
        if (n <= 0)
            throw std::runtime_error{"the client was dropped, or nothing came for 30 s"};
        std::string output;
        client_.take({input.data(), static_cast<std::size_t>(n)}, room, all_, output);
        if (client_.at() == stage::closed)
            throw std::runtime_error{"the client was refused or dropped"};
        if (!output.empty())
            send(output);
    }
    void send(std::string_view bytes)
    {
        if (::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size()))
            throw std::runtime_error{"the client was dropped"};
    }

    int fd_;
    load_client client_;
    totals all_;
};

} // namespace bench

#endif

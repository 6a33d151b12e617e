// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_BENCHMARKS_RECEIVERS_HPP
#define FANFARE_BENCHMARKS_RECEIVERS_HPP

// Some clients in a thread of the benchmark's own process, for figures that count the CPU time of one thread.

#include "load_client.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <vector>

namespace bench {

/// CPU seconds that the calling thread has used, user and system.
inline double thread_cpu_seconds()
{
    timespec t{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

inline double median(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

/// Clients of the hub at `/api/v1/ws`, all in `room`.
class receivers {
public:
    /// `pause_us`: instead of sleeping in `poll`, and being woken by the server's system calls, they look at their
    /// sockets so often.
    receivers(unsigned short port, std::string room, std::size_t count, std::int64_t pause_us = 0)
        : room_{std::move(room)}, pause_us_{pause_us}, sockets_(count), clients_(count)
    {
        for (auto& s : sockets_) {
            sockaddr_in server{};
            server.sin_family = AF_INET;
            server.sin_port = htons(port);
            server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            s = {.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .events = POLLIN, .revents = 0};
            if (::connect(s.fd, reinterpret_cast<const sockaddr*>(&server), sizeof server) < 0)
                throw std::system_error{errno, std::generic_category(), "connect"};
            send(s.fd, load_client::upgrade_request(port, "/api/v1/ws"));
        }
        thread_ = std::thread{[this] { read_all(); }};
    }

    ~receivers()
    {
        stop_ = true;
        thread_.join();
        for (const auto& s : sockets_)
            ::close(s.fd);
    }

    /// Returns when every client is in the room and has `count` messages. `meanwhile` is called over and over.
    template <class F>
    void wait(std::uint64_t count, F meanwhile) const
    {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
        while (ready_ < sockets_.size() || slowest_ < count) {
            if (failed_ || std::chrono::steady_clock::now() > deadline)
                throw std::runtime_error{"a receiver was dropped, or messages did not arrive"};
            meanwhile();
            std::this_thread::sleep_for(std::chrono::microseconds{200});
        }
    }
    void wait(std::uint64_t count) const
    {
        wait(count, [] {});
    }

    /// Whether every client has exactly `count` messages of the right sizes, in order. Call it when all have arrived.
    bool exact(std::uint64_t count, std::size_t min_size, std::size_t max_size) const
    {
        return !failed_ && all_.messages == count * sockets_.size() && all_.lost == 0 && all_.out_of_order == 0 &&
               (all_.messages == 0 || (all_.min_size >= min_size && all_.max_size <= max_size));
    }

private:
    void read_all()
    {
        while (!stop_ && !failed_) {
            if (::poll(sockets_.data(), sockets_.size(), pause_us_ > 0 ? 0 : 50) <= 0) {
                if (pause_us_ > 0)
                    ::usleep(static_cast<useconds_t>(pause_us_));
                continue;
            }
            for (std::size_t i = 0; i < sockets_.size(); ++i)
                if (sockets_[i].revents != 0)
                    read(i);
            std::uint64_t slowest = UINT64_MAX;
            std::size_t ready = 0;
            for (const auto& c : clients_) {
                slowest = std::min(slowest, c.messages());
                ready += c.at() == stage::ready;
            }
            ready_ = ready;
            slowest_ = slowest;
        }
    }

    void read(std::size_t i)
    {
        const auto n = ::recv(sockets_[i].fd, input_.data(), input_.size(), MSG_DONTWAIT);
        if (n < 0 && errno == EAGAIN)
            return;
        std::string output;
        if (n > 0)
            clients_[i].take({input_.data(), static_cast<std::size_t>(n)}, room_, all_, output);
        if (!output.empty())
            send(sockets_[i].fd, output);
        if (n <= 0 || clients_[i].at() == stage::closed)
            failed_ = true;
    }

    void send(int fd, std::string_view bytes)
    {
        const auto n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n != static_cast<ssize_t>(bytes.size()))
            failed_ = true;
    }

    std::string room_;
    std::int64_t pause_us_;
    std::vector<pollfd> sockets_;
    std::vector<load_client> clients_;
    std::vector<char> input_ = std::vector<char>(1024 * 1024);
    totals all_;
    std::atomic<std::size_t> ready_{0};
    std::atomic<std::uint64_t> slowest_{0};
    std::atomic<bool> stop_{false}, failed_{false};
    std::thread thread_;
};

} // namespace bench

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_BENCHMARKS_BENCH_SERVER_HPP
#define FANFARE_BENCHMARKS_BENCH_SERVER_HPP

// What both benchmark servers share: the message they publish and the line protocol that drives them.

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <exception>
#include <fstream>
#include <functional>
#include <malloc.h>
#include <sstream>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <unistd.h>
#include <utility>

namespace bench {

namespace asio = boost::asio;

/// The first sequence number. Eight digits from the start, so that every message has the same length.
inline constexpr std::uint64_t first_sequence = 10'000'000;

/// CPU seconds that this process has used, in all its threads, user and system.
inline double process_cpu_seconds()
{
    timespec t{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

/// Bytes that are allocated now. Blocks that malloc maps one by one (large arrays) count too.
inline std::size_t heap_bytes()
{
    ::malloc_trim(0);
    const auto info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
}

/// Resident memory of this process in bytes, when malloc has given back what it can.
inline std::size_t resident_bytes()
{
    ::malloc_trim(0);
    std::size_t all = 0, resident = 0;
    std::ifstream{"/proc/self/statm"} >> all >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

/// Lets this process open as many files as the system permits it.
inline void raise_file_limit()
{
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// How many bytes of padding bring a message of `bare` bytes to `size`. Throws if it is longer already.
inline std::size_t padding(std::size_t size, std::size_t bare)
{
    if (size < bare)
        throw std::runtime_error{"size must be at least " + std::to_string(bare)};
    return size - bare;
}

/// What a server lets the runner do with it. `publish` sends one message and throws if it was refused.
struct operations {
    std::function<void(std::uint64_t sequence, std::size_t size)> publish;
    std::function<std::size_t()> connections;
    std::function<void()> quit;
    /// Answers a command of the server's own; empty: there is none of that name.
    std::function<std::string(const std::string& verb)> other{};
};

/// Reads commands from standard input and answers each with one line:
///   cpu                         CPU seconds used so far
///   heap                        bytes allocated now
///   rss                         bytes of resident memory now
///   connections                 open connections
///   publish SIZE COUNT [GAP_US] publishes COUNT messages of SIZE bytes of JSON, GAP_US apart or all at once
///   quit                        stops the server; so does the end of input
class control {
public:
    control(asio::io_context& ioc, operations ops)
        : ops_{std::move(ops)}, in_{ioc, ::dup(STDIN_FILENO)}, timer_{ioc}
    {}

    /// Says that the server listens, then serves commands.
    void start(unsigned short port)
    {
        answer("port " + std::to_string(port));
        read();
    }

private:
    void read()
    {
        asio::async_read_until(in_, asio::dynamic_buffer(line_), '\n', [this](auto ec, std::size_t n) {
            if (ec)
                return quit();
            std::istringstream words{line_.substr(0, n)};
            line_.erase(0, n);
            try {
                obey(words);
            } catch (const std::exception& e) {
                answer(std::string{"error "} + e.what());
                read();
            }
        });
    }

    void obey(std::istringstream& words)
    {
        std::string verb;
        words >> verb;
        if (verb == "quit")
            return quit();
        if (verb == "publish") {
            std::size_t size = 0, count = 0;
            std::int64_t gap_us = 0;
            if (!(words >> size >> count))
                throw std::runtime_error{"usage: publish SIZE COUNT [GAP_US]"};
            words >> gap_us;
            return publish(size, count, std::chrono::microseconds{gap_us});
        }
        if (verb == "cpu")
            answer(std::to_string(process_cpu_seconds()));
        else if (verb == "heap")
            answer(std::to_string(heap_bytes()));
        else if (verb == "rss")
            answer(std::to_string(resident_bytes()));
        else if (verb == "connections")
            answer(std::to_string(ops_.connections()));
        else if (const auto own = ops_.other ? ops_.other(verb) : std::string{}; !own.empty())
            answer(own);
        else
            throw std::runtime_error{"unknown command " + verb};
        read();
    }

    void publish(std::size_t size, std::size_t count, std::chrono::microseconds gap)
    {
        while (count > 0) {
            ops_.publish(sequence_, size);
            ++sequence_;
            if (--count > 0 && gap.count() > 0) {
                timer_.expires_after(gap);
                return timer_.async_wait([=, this](auto ec) {
                    if (!ec)
                        publish_rest(size, count, gap);
                });
            }
        }
        answer("published " + std::to_string(sequence_ - first_sequence));
        read();
    }

    void publish_rest(std::size_t size, std::size_t count, std::chrono::microseconds gap)
    {
        try {
            publish(size, count, gap);
        } catch (const std::exception& e) {
            answer(std::string{"error "} + e.what());
            read();
        }
    }

    void quit()
    {
        timer_.cancel();
        ops_.quit();
    }

    void answer(const std::string& line)
    {
        std::puts(line.c_str());
        std::fflush(stdout);
    }

    operations ops_;
    asio::posix::stream_descriptor in_;
    asio::steady_timer timer_;
    std::string line_;
    std::uint64_t sequence_ = first_sequence;
};

} // namespace bench

#endif

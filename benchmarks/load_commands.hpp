// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_BENCHMARKS_LOAD_COMMANDS_HPP
#define FANFARE_BENCHMARKS_LOAD_COMMANDS_HPP

// The load generator as the benchmarks drive it, by commands on standard input:
//   connect N             opens N more clients; answers "connected N" once all are ready
//   send TEXT             every client sends TEXT as a message
//   wait COUNT [SECONDS]  answers "done" once every client has COUNT messages
//   report                answers the totals since the start, as words and numbers
//   quit                  resets all connections and ends

#include "load_client.hpp"
#include "load_options.hpp"
#include "load_sockets.hpp"

#include <chrono>
#include <fcntl.h>
#include <sstream>

namespace bench {

class load_commands {
public:
    explicit load_commands(const command_settings& s)
        : settings_{s}, sockets_{*this, loopback(1, s.port), load_client::upgrade_request(s.port, s.path), s.tls}
    {
        check(::fcntl(STDIN_FILENO, F_SETFL, ::fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK), "fcntl");
        sockets_.watch_other(STDIN_FILENO);
    }

    void run()
    {
        while (!stop_) {
            // While messages are awaited nobody sleeps in epoll_wait: receivers on other machines would not
            // have the server pay for waking them either.
            const bool polling = awaited_ > 0 && settings_.poll_us > 0;
            const int n = sockets_.poll(polling ? 0 : awaited_ > 0 ? 100 : -1);
            if (awaited_ > 0 && clock_type::now() > deadline_)
                finish_wait("timeout");
            else if (n == 0 && polling)
                ::usleep(static_cast<useconds_t>(settings_.poll_us));
        }
    }

private:
    using clock_type = std::chrono::steady_clock;
    using sockets = load_sockets<load_client, load_commands>;
    friend sockets;

    void other()
    {
        std::array<char, 512> bytes;
        const auto n = ::read(STDIN_FILENO, bytes.data(), bytes.size());
        if (n < 0 && errno == EAGAIN)
            return;
        stop_ = n <= 0;
        commands_.append(bytes.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
        for (std::size_t end; (end = commands_.find('\n')) != std::string::npos;) {
            std::istringstream words{commands_.substr(0, end)};
            commands_.erase(0, end + 1);
            obey(words);
        }
    }

    void obey(std::istringstream& words)
    {
        std::string verb;
        std::uint64_t number = 0;
        std::int64_t seconds = 60;
        words >> verb;
        if (verb == "send") {
            std::string text;
            std::getline(words >> std::ws, text);
            for (auto& m : sockets_.members())
                sockets_.send(m, load_client::client_frame(0x1, text));
            return;
        }
        words >> number >> seconds;
        if (verb == "connect") {
            sockets_.open(number);
        } else if (verb == "wait") {
            await(number, std::chrono::seconds{seconds > 0 ? seconds : 60});
        } else if (verb == "report") {
            report();
        } else if (verb == "quit") {
            stop_ = true;
        } else {
            answer("error unknown command " + verb);
        }
    }

    void await(std::uint64_t messages, clock_type::duration longest)
    {
        target_ = messages;
        deadline_ = clock_type::now() + longest;
        awaited_ = 0;
        for (const auto& m : sockets_.members())
            awaited_ += m.client.messages() < target_;
        if (awaited_ == 0)
            finish_wait("done");
    }

    void finish_wait(const std::string& how)
    {
        awaited_ = 0;
        answer(how);
    }

    void report()
    {
        std::ostringstream line;
        line << "messages " << totals_.messages << " bytes " << totals_.bytes << " lost " << totals_.lost
             << " out_of_order " << totals_.out_of_order << " closed " << sockets_.closed() << " pings "
             << totals_.pings << " recovered " << totals_.recovered << " min_size "
             << (totals_.messages ? totals_.min_size : 0) << " max_size " << totals_.max_size;
        answer(line.str());
    }

    static void answer(const std::string& line)
    {
        std::puts(line.c_str());
        std::fflush(stdout);
    }

    void take(sockets::member& m, std::string_view bytes)
    {
        const bool was_short = m.client.messages() < target_;
        m.client.take(bytes, settings_.room, totals_, output_);
        if (!output_.empty())
            sockets_.send(m, output_);
        output_.clear();
        if (awaited_ > 0 && was_short && m.client.messages() >= target_ && --awaited_ == 0)
            answer("done");
    }

    void settled()
    {
        answer(sockets_.closed() > 0
                   ? "error " + std::to_string(sockets_.closed()) + " clients were refused or dropped"
                   : "connected " + std::to_string(sockets_.members().size()));
    }

    command_settings settings_;
    bool stop_ = false;
    std::string commands_;
    std::uint64_t target_ = 0;
    std::size_t awaited_ = 0; // clients that have fewer than target_ messages while a wait is pending
    clock_type::time_point deadline_;
    totals totals_;
    std::string output_;
    sockets sockets_;
};

} // namespace bench

#endif

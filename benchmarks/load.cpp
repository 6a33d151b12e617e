// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.

// The load generator: thousands of WebSocket clients over real sockets in one thread. It counts what arrives and
// checks that every client got every message once and in order. Commands come from standard input:
//   connect N             opens N more clients; answers "connected N" once all are ready
//   send TEXT             every client sends TEXT as a message
//   wait COUNT [SECONDS]  answers "done" once every client has COUNT messages
//   report                answers the totals since the start, as words and numbers
//   quit                  resets all connections and ends

#include "load_client.hpp"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <deque>
#include <fcntl.h>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <system_error>

namespace {

using bench::stage;
using clock_type = std::chrono::steady_clock;

struct settings {
    unsigned short port = 0;
    std::string path = "/";
    std::string room;           // empty: a client is ready after the handshake; "-": when it was greeted
    std::int64_t poll_us = 500; // 0: sleep in epoll_wait, and be woken by the server's system calls
};

struct receiver {
    int fd = -1;
    bool greeted = false; // the upgrade request has been sent
    bool opening = true;  // neither ready nor closed yet
    bench::load_client client;
};

template <class Result>
Result check(Result result, const char* what)
{
    if (result < 0)
        throw std::system_error{errno, std::generic_category(), what};
    return result;
}

sockaddr_in loopback(std::size_t host, unsigned short port)
{
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_port = htons(port);
    a.sin_addr.s_addr = htonl((127u << 24) + static_cast<std::uint32_t>(host));
    return a;
}

class generator {
public:
    explicit generator(settings s)
        : settings_{std::move(s)}, epoll_{check(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")}
    {
        check(::fcntl(STDIN_FILENO, F_SETFL, ::fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK), "fcntl");
        watch(EPOLL_CTL_ADD, STDIN_FILENO, EPOLLIN, nullptr);
    }

    void run()
    {
        std::array<epoll_event, 1024> events;
        while (!stop_) {
            open_more();
            // While messages are awaited nobody sleeps in epoll_wait: receivers on other machines would not
            // have the server pay for waking them either.
            const bool polling = awaited_ > 0 && settings_.poll_us > 0;
            const int timeout_ms = polling ? 0 : awaited_ > 0 ? 100 : -1;
            const int n = ::epoll_wait(epoll_, events.data(), events.size(), timeout_ms);
            if (n < 0 && errno != EINTR)
                check(n, "epoll_wait");
            for (int i = 0; i < n; ++i) {
                if (auto* r = static_cast<receiver*>(events[static_cast<std::size_t>(i)].data.ptr))
                    serve(*r);
                else
                    read_commands();
            }
            if (awaited_ > 0 && clock_type::now() > deadline_)
                finish_wait("timeout");
            else if (n == 0 && polling)
                ::usleep(static_cast<useconds_t>(settings_.poll_us));
        }
        reset_all();
    }

private:
    void read_commands()
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
            for (auto& r : receivers_)
                send(r, bench::load_client::client_frame(0x1, text));
            return;
        }
        words >> number >> seconds;
        if (verb == "connect") {
            to_open_ += number;
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
        for (const auto& r : receivers_)
            awaited_ += r.client.messages() < target_;
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
             << " out_of_order " << totals_.out_of_order << " closed " << closed_ << " pings " << totals_.pings
             << " recovered " << totals_.recovered
             << " min_size " << (totals_.messages ? totals_.min_size : 0) << " max_size " << totals_.max_size;
        answer(line.str());
    }

    static void answer(const std::string& line)
    {
        std::puts(line.c_str());
        std::fflush(stdout);
    }

    void watch(int operation, int fd, std::uint32_t events, receiver* r)
    {
        epoll_event event{};
        event.events = events;
        event.data.ptr = r;
        check(::epoll_ctl(epoll_, operation, fd, &event), "epoll_ctl");
    }

    void open_more()
    {
        // Few at a time, or the listener's backlog overflows and connections wait for a retransmission.
        for (; to_open_ > 0 && opening_ < 200; --to_open_, ++opening_) {
            auto& r = receivers_.emplace_back();
            r.fd = check(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
            const int on = 1;
            check(::setsockopt(r.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
            check(::setsockopt(r.fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on), "BIND_NO_PORT");
            // Several source addresses, so that ports never run short.
            const auto source = loopback(1 + receivers_.size() / 5000, 0);
            check(::bind(r.fd, reinterpret_cast<const sockaddr*>(&source), sizeof source), "bind");
            const auto server = loopback(1, settings_.port);
            const auto begun = ::connect(r.fd, reinterpret_cast<const sockaddr*>(&server), sizeof server);
            if (begun < 0 && errno != EINPROGRESS)
                check(begun, "connect");
            watch(EPOLL_CTL_ADD, r.fd, EPOLLIN | EPOLLOUT | EPOLLET, &r);
        }
    }

    void serve(receiver& r)
    {
        if (r.client.at() == stage::closed)
            return;
        if (!r.greeted) {
            r.greeted = true;
            watch(EPOLL_CTL_MOD, r.fd, EPOLLIN | EPOLLET, &r);
            send(r, bench::load_client::upgrade_request(settings_.port, settings_.path));
        }
        auto n = static_cast<ssize_t>(input_.size());
        while (r.client.at() != stage::closed && n == static_cast<ssize_t>(input_.size())) {
            n = ::recv(r.fd, input_.data(), input_.size(), 0);
            if (n == 0 || (n < 0 && errno != EAGAIN))
                return close(r);
            if (n > 0)
                take(r, {input_.data(), static_cast<std::size_t>(n)});
        }
    }

    void take(receiver& r, std::string_view bytes)
    {
        const bool was_short = r.client.messages() < target_;
        r.client.take(bytes, settings_.room, totals_, output_);
        if (!output_.empty())
            send(r, output_);
        output_.clear();
        if (r.client.at() == stage::closed)
            return close(r);
        if (r.client.at() == stage::ready)
            opened(r);
        if (awaited_ > 0 && was_short && r.client.messages() >= target_ && --awaited_ == 0)
            answer("done");
    }

    void opened(receiver& r)
    {
        if (!std::exchange(r.opening, false) || --opening_ > 0 || to_open_ > 0)
            return;
        answer(closed_ > 0 ? "error " + std::to_string(closed_) + " clients were refused or dropped"
                           : "connected " + std::to_string(receivers_.size()));
    }

    void send(receiver& r, std::string_view bytes)
    {
        // Short answers on an idle socket: less than all of it means that the connection is gone.
        if (::send(r.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size()))
            close(r);
    }

    void close(receiver& r)
    {
        if (r.fd < 0)
            return;
        r.client.close();
        ::close(std::exchange(r.fd, -1));
        ++closed_;
        opened(r);
    }

    void reset_all()
    {
        const linger now{.l_onoff = 1, .l_linger = 0};
        for (auto& r : receivers_) {
            if (r.fd < 0)
                continue;
            check(::setsockopt(r.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now), "SO_LINGER");
            ::close(r.fd);
        }
    }

    settings settings_;
    int epoll_;
    bool stop_ = false;
    std::string commands_;
    std::deque<receiver> receivers_; // never moves its elements: epoll keeps their addresses
    std::size_t to_open_ = 0, opening_ = 0, closed_ = 0;
    std::uint64_t target_ = 0;
    std::size_t awaited_ = 0; // clients that have fewer than target_ messages while a wait is pending
    clock_type::time_point deadline_;
    bench::totals totals_;
    std::string output_;
    std::array<char, 256 * 1024> input_;
};

settings parse(int argc, char** argv)
{
    settings s;
    for (int i = 1; i + 1 < argc; i += 2) {
        std::string_view const name = argv[i];
        if (name == "--port")
            s.port = static_cast<unsigned short>(std::stoul(argv[i + 1]));
        else if (name == "--path")
            s.path = argv[i + 1];
        else if (name == "--room")
            s.room = argv[i + 1];
        else if (name == "--poll-us")
            s.poll_us = std::stol(argv[i + 1]);
        else
            throw std::runtime_error{"unknown option " + std::string{name}};
    }
    if (s.port == 0)
        throw std::runtime_error{"usage: load --port PORT [--path PATH] [--room ROOM] [--poll-us MICROSECONDS]"};
    return s;
}

} // namespace

int main(int argc, char** argv)
try {
    bench::raise_file_limit();
    const auto g = std::make_unique<generator>(parse(argc, argv));
    g->run();
} catch (const std::exception& e) {
    std::fprintf(stderr, "load: %s\n", e.what());
    return 1;
}

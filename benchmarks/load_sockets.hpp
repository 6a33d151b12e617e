// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_BENCHMARKS_LOAD_SOCKETS_HPP
#define FANFARE_BENCHMARKS_LOAD_SOCKETS_HPP

// The sockets of thousands of clients, and one descriptor more, in one thread and one epoll.

#include "tls_support.hpp"
#include "ws_client.hpp"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace bench {

template <class Result>
Result check(Result result, const char* what)
{
    if (result < 0)
        throw std::system_error{errno, std::generic_category(), what};
    return result;
}

/// An address to connect to.
struct endpoint {
    sockaddr_storage storage{};
    socklen_t size = 0;

    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
    bool loopback_v4() const
    {
        sockaddr_in v4{};
        std::memcpy(&v4, &storage, sizeof v4);
        return v4.sin_family == AF_INET && ntohl(v4.sin_addr.s_addr) >> 24 == 127;
    }
};

inline endpoint loopback(std::size_t host, unsigned short port)
{
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    v4.sin_addr.s_addr = htonl((127u << 24) + static_cast<std::uint32_t>(host));
    endpoint out;
    std::memcpy(&out.storage, &v4, sizeof v4);
    out.size = sizeof v4;
    return out;
}

inline endpoint resolve(const std::string& host, const std::string& port)
{
    addrinfo hints{}, *found = nullptr;
    hints.ai_socktype = SOCK_STREAM;
    if (const int failed = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found); failed != 0)
        throw std::runtime_error{host + ": " + ::gai_strerror(failed)};
    endpoint out;
    std::memcpy(&out.storage, found->ai_addr, found->ai_addrlen);
    out.size = found->ai_addrlen;
    ::freeaddrinfo(found);
    return out;
}

/// `Client` is a ws_client. `Owner` has `take(member&, bytes)` for what arrived, `settled()` whenever the last client
/// that was being opened is ready or closed, and `other()` when the other descriptor can be read.
template <class Client, class Owner>
class load_sockets {
public:
    struct member {
        int fd = -1;
        bool greeted = false; // the upgrade request has been sent
        bool opening = true;  // neither ready nor closed yet
        Client client{};
        std::unique_ptr<client_tls> tls{}; // null without TLS
    };

    /// `hello` is what each client says first, by TLS if `tls`.
    load_sockets(Owner& owner, const endpoint& server, std::string hello, bool tls = false)
        : owner_{owner}, server_{server}, hello_{std::move(hello)}, tls_{tls}, epoll_{check(
                                                                                   ::epoll_create1(EPOLL_CLOEXEC),
                                                                                   "epoll_create1")}
    {}
    load_sockets(const load_sockets&) = delete;
    load_sockets& operator=(const load_sockets&) = delete;
    ~load_sockets()
    {
        // A reset, so that no port is left waiting.
        const linger now{.l_onoff = 1, .l_linger = 0};
        for (auto& m : members_) {
            if (m.fd < 0)
                continue;
            static_cast<void>(::setsockopt(m.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now));
            ::close(m.fd);
        }
        ::close(epoll_);
    }

    /// Opens so many more, a few at a time.
    void open(std::size_t count) { to_open_ += count; }

    /// Have `other()` called; closing `fd` ends that.
    void watch_other(int fd) { watch(EPOLL_CTL_ADD, fd, EPOLLIN, nullptr); }

    std::deque<member>& members() { return members_; }
    std::size_t closed() const { return closed_; }
    bool opening() const { return to_open_ + opening_ > 0; }
    /// What the first client that was closed is said to have died of.
    const std::string& first_problem() const { return first_problem_; }

    /// Waits for events, and serves them; answers how many there were. -1 waits for ever.
    int poll(int timeout_ms)
    {
        open_more();
        std::array<epoll_event, 1024> events;
        const int n = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), timeout_ms);
        if (n < 0 && errno != EINTR)
            check(n, "epoll_wait");
        for (int i = 0; i < n; ++i) {
            if (auto* m = static_cast<member*>(events[static_cast<std::size_t>(i)].data.ptr))
                serve(*m);
            else
                owner_.other();
        }
        return n;
    }

    void send(member& m, std::string_view bytes)
    {
        if (!m.tls)
            return send_raw(m, bytes);
        m.tls->encrypt(bytes);
        send_raw(m, m.tls->take());
    }

private:
    void send_raw(member& m, std::string_view bytes)
    {
        // Short answers on an idle socket: less than all of it means that the connection is gone.
        if (::send(m.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size()))
            close(m, std::strerror(errno));
    }

    void watch(int operation, int fd, std::uint32_t events, member* m)
    {
        epoll_event event{};
        event.events = events;
        event.data.ptr = m;
        check(::epoll_ctl(epoll_, operation, fd, &event), "epoll_ctl");
    }

    void open_more()
    {
        // Few at a time, or the listener's backlog overflows and connections wait for a retransmission.
        for (; to_open_ > 0 && opening_ < 200; --to_open_, ++opening_) {
            auto& m = members_.emplace_back();
            m.fd =
                check(::socket(server_.get()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
            const int on = 1;
            check(::setsockopt(m.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
            if (server_.loopback_v4()) {
                // Several source addresses, so that ports never run short.
                check(::setsockopt(m.fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on), "BIND_NO_PORT");
                const auto source = loopback(1 + members_.size() / 5000, 0);
                check(::bind(m.fd, source.get(), source.size), "bind");
            }
            const auto begun = ::connect(m.fd, server_.get(), server_.size);
            if (begun < 0 && errno != EINPROGRESS)
                check(begun, "connect");
            watch(EPOLL_CTL_ADD, m.fd, EPOLLIN | EPOLLOUT | EPOLLET, &m);
        }
    }

    void serve(member& m)
    {
        if (m.fd < 0)
            return;
        if (!m.greeted) {
            m.greeted = true;
            watch(EPOLL_CTL_MOD, m.fd, EPOLLIN | EPOLLET, &m);
            greet(m);
        }
        auto n = static_cast<ssize_t>(input_.size());
        while (m.client.at() != stage::closed && n == static_cast<ssize_t>(input_.size())) {
            n = ::recv(m.fd, input_.data(), input_.size(), 0);
            if (n == 0 || (n < 0 && errno != EAGAIN))
                return close(m, n == 0 ? "the server closed the connection" : std::strerror(errno));
            if (n > 0)
                receive(m, {input_.data(), static_cast<std::size_t>(n)});
        }
    }

    void greet(member& m)
    {
        if (!tls_)
            return send(m, hello_);
        m.tls = std::make_unique<client_tls>();
        m.tls->go_on();
        send_raw(m, m.tls->take());
    }

    void receive(member& m, std::string_view bytes)
    {
        if (!m.tls)
            return take(m, bytes);
        const bool was_ready = m.tls->ready();
        m.tls->put(bytes);
        if (!was_ready) {
            m.tls->go_on();
            if (const auto answer = m.tls->take(); !answer.empty())
                send_raw(m, answer);
            if (m.tls->ready())
                send(m, hello_);
        }
        m.tls->each([&](std::string_view text) { take(m, text); });
    }

    void take(member& m, std::string_view bytes)
    {
        owner_.take(m, bytes);
        if (m.client.at() == stage::closed)
            close(m, m.client.problem());
        else if (m.client.at() == stage::ready)
            opened(m);
    }

    void opened(member& m)
    {
        if (std::exchange(m.opening, false) && --opening_ == 0 && to_open_ == 0)
            owner_.settled();
    }

    void close(member& m, std::string_view why)
    {
        if (m.fd < 0)
            return;
        m.client.close();
        ::close(std::exchange(m.fd, -1));
        if (closed_++ == 0)
            first_problem_ = why;
        opened(m);
    }

    Owner& owner_;
    endpoint server_;
    std::string hello_;
    bool tls_;
    int epoll_;
    std::deque<member> members_; // never moves its elements: epoll keeps their addresses
    std::size_t to_open_ = 0, opening_ = 0, closed_ = 0;
    std::string first_problem_;
    std::array<char, 256 * 1024> input_;
};

} // namespace bench

#endif

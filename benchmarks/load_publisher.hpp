// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_BENCHMARKS_LOAD_PUBLISHER_HPP
#define FANFARE_BENCHMARKS_LOAD_PUBLISHER_HPP

// Publishes over HTTP, one message after the other on one connection.

#include "load_sockets.hpp"

#include <charconv>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/time.h>

namespace bench {

class load_publisher {
public:
    struct answer {
        int status = 0;
        std::string body;
    };

    /// `authority` is the `Host` header; `key` may be empty.
    load_publisher(const endpoint& server, const std::string& authority, const std::string& key)
        : server_{server}, head_{"POST /api/v1/publish HTTP/1.1\r\nHost: " + authority +
                                 "\r\nContent-Type: application/json\r\n" +
                                 (key.empty() ? "" : "Authorization: Bearer " + key + "\r\n") + "Content-Length: "}
    {}
    load_publisher(const load_publisher&) = delete;
    load_publisher& operator=(const load_publisher&) = delete;
    ~load_publisher() { close(); }

    /// Sends a message, on a new connection where there is none; true if it is new: then `fd()` is another.
    bool send(const std::string& message)
    {
        const bool fresh = fd_ < 0;
        if (fresh)
            connect();
        const auto request = head_ + std::to_string(message.size()) + "\r\n\r\n" + message;
        waiting_ = true;
        for (std::string_view left = request; !left.empty();) {
            const auto n = ::send(fd_, left.data(), left.size(), MSG_NOSIGNAL);
            left.remove_prefix(static_cast<std::size_t>(check(n, "publishing")));
        }
        return fresh;
    }

    int fd() const { return fd_; }
    bool waiting() const { return waiting_; }

    /// Reads what is there. The answer, once it is complete.
    std::optional<answer> read()
    {
        std::array<char, 4096> bytes;
        const auto n = ::recv(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return std::nullopt;
        if (n <= 0) {
            if (waiting_) // whether the message was taken nobody knows
                throw std::runtime_error{"the server closed the connection instead of answering a publish"};
            close();
            return std::nullopt;
        }
        input_.append(bytes.data(), static_cast<std::size_t>(n));
        return complete();
    }

private:
    void connect()
    {
        fd_ = check(::socket(server_.get()->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
        const int on = 1;
        const timeval longest{.tv_sec = 60, .tv_usec = 0};
        check(::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
        check(::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &longest, sizeof longest), "SO_SNDTIMEO");
        check(::connect(fd_, server_.get(), server_.size), "connecting to publish");
    }

    void close()
    {
        if (fd_ >= 0)
            ::close(std::exchange(fd_, -1));
        input_.clear();
    }

    std::optional<answer> complete()
    {
        const auto end = input_.find("\r\n\r\n");
        const std::string_view head = std::string_view{input_}.substr(0, end);
        if (input_.size() > 65'536)
            throw std::runtime_error{"a publish was answered with more than 64 KiB"};
        if (end == std::string::npos)
            return std::nullopt;
        const auto length = number_after(head, "Content-Length: ");
        const auto status = number_after(head, "HTTP/1.1 ");
        if (!length || !status)
            throw std::runtime_error{"a publish was answered with no status, or no length"};
        if (input_.size() < end + 4 + *length)
            return std::nullopt;
        answer out{static_cast<int>(*status), input_.substr(end + 4, *length)};
        const bool last = head.find("Connection: close") != head.npos;
        input_.erase(0, end + 4 + *length);
        waiting_ = false;
        if (last)
            close();
        return out;
    }

    static std::optional<std::size_t> number_after(std::string_view text, std::string_view words)
    {
        const auto at = text.find(words);
        std::size_t value = 0;
        if (at == text.npos)
            return std::nullopt;
        const auto digits = text.substr(at + words.size());
        if (std::from_chars(digits.data(), digits.data() + digits.size(), value).ec != std::errc{})
            return std::nullopt;
        return value;
    }

    endpoint server_;
    std::string head_;
    int fd_ = -1;
    bool waiting_ = false;
    std::string input_;
};

} // namespace bench

#endif

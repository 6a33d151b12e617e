// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_REDIS_CLIENT_SUPPORT_HPP
#define FANFARE_TESTS_REDIS_CLIENT_SUPPORT_HPP

#include "redis/redis_server.hpp"
#include "support/eventually.hpp"

#include <fanfare/redis/client.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace fanfare::test {

using namespace std::chrono_literals;

// An io_context with threads that run it.
class running_context {
public:
    explicit running_context(std::size_t threads = 1)
    {
        for (std::size_t i = 0; i != threads; ++i)
            threads_.emplace_back([this] { context_->run(); });
    }
    ~running_context() { destroy(); }
    running_context(const running_context&) = delete;
    running_context& operator=(const running_context&) = delete;

    asio::io_context& get() { return *context_; }
    auto executor() { return context_->get_executor(); }
    // Stops and destroys the context, with whatever is under way in it.
    void destroy()
    {
        if (!context_)
            return;
        guard_.reset();
        context_->stop();
        for (auto& t : threads_)
            t.join();
        context_.reset();
    }

private:
    std::optional<asio::io_context> context_{std::in_place};
    std::optional<asio::executor_work_guard<asio::io_context::executor_type>> guard_{context_->get_executor()};
    std::vector<std::thread> threads_;
};

// What other threads report, to be waited for. Copies share it: who writes may live longer than who reads.
class journal {
public:
    void add(std::string line) const
    {
        const std::lock_guard lock{state_->mutex};
        state_->lines.push_back(std::move(line));
        state_->changed.notify_all();
    }
    // Waits until `holds(lines)`; false if that takes longer than anything should.
    template <class F>
    bool wait(F holds, std::chrono::milliseconds limit = 20s) const
    {
        std::unique_lock lock{state_->mutex};
        return state_->changed.wait_for(lock, limit, [&] { return holds(state_->lines); });
    }
    bool wait_for_line(std::string_view part) const
    {
        return wait([part](const auto& lines) {
            return std::any_of(lines.begin(), lines.end(),
                               [part](const auto& l) { return l.find(part) != std::string::npos; });
        });
    }
    bool wait_for_count(std::size_t n) const
    {
        return wait([n](const auto& lines) { return lines.size() >= n; });
    }
    std::vector<std::string> lines() const
    {
        const std::lock_guard lock{state_->mutex};
        return state_->lines;
    }
    std::size_t count(std::string_view line) const
    {
        const std::lock_guard lock{state_->mutex};
        return static_cast<std::size_t>(std::count(state_->lines.begin(), state_->lines.end(), line));
    }
    std::string text() const
    {
        std::string out;
        for (const auto& l : lines())
            out += l + '\n';
        return out;
    }

private:
    struct state {
        std::mutex mutex;
        std::condition_variable changed;
        std::vector<std::string> lines;
    };
    std::shared_ptr<state> state_ = std::make_shared<state>();
};

// A TCP server on loopback that is no Redis: each connection is given to `serve`, one after the other, and then closed.
class stranger {
public:
    explicit stranger(std::function<void(int socket)> serve) : serve_{std::move(serve)}
    {
        socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        if (::bind(socket_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(socket_, 16) != 0 ||
            ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
            throw std::runtime_error("cannot listen");
        port_ = ntohs(address.sin_port);
        thread_ = std::thread{[this] { run(); }};
    }
    ~stranger()
    {
        stopped_ = true;
        ::shutdown(socket_, SHUT_RDWR);
        thread_.join();
        ::close(socket_);
    }
    stranger(const stranger&) = delete;
    stranger& operator=(const stranger&) = delete;

    std::uint16_t port() const { return port_; }
    std::string url() const { return "redis://127.0.0.1:" + std::to_string(port_); }
    int visits() const { return visits_; }
    bool stopped() const { return stopped_; }

private:
    void run()
    {
        while (!stopped_) {
            const int s = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
            if (s < 0)
                continue;
            ++visits_;
            if (!stopped_)
                serve_(s);
            ::close(s);
        }
    }

    std::function<void(int)> serve_;
    int socket_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<bool> stopped_ = false;
    std::atomic<int> visits_ = 0;
    std::thread thread_;
};

inline void say(int socket, std::string_view text)
{
    [[maybe_unused]] const auto n = ::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
}

// Waits until the peer says something, or has gone.
inline std::string hear(int socket)
{
    char buffer[4096];
    const auto n = ::recv(socket, buffer, sizeof buffer, 0);
    return n > 0 ? std::string(buffer, static_cast<std::size_t>(n)) : std::string{};
}

// Options that lose no time in a test.
inline redis_options quick(std::string_view url)
{
    auto out = parse_redis_url(url);
    out.first_backoff = 5ms;
    out.max_backoff = 50ms;
    return out;
}

// Writes down "up", and "down: why".
inline void watch(redis_client& client, const journal& notes)
{
    client.on_state([notes](bool up, const std::string& problem) { notes.add(up ? "up" : "down: " + problem); });
}

// Sends a command and waits for its fate: the text or number of the reply, or the error and its text.
inline std::string ask(redis_client& client, std::vector<std::string> words)
{
    const journal notes;
    client.async_command(std::move(words), [notes](error_code ec, const redis_result& r) {
        const auto text = r.what == redis_result::type::integer ? std::to_string(r.integer) : r.text;
        notes.add(ec ? ec.message() + ": " + text : r.is_nil() ? "(nil)" : text);
    });
    return notes.wait_for_count(1) ? notes.lines().front() : "(no answer)";
}

} // namespace fanfare::test

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_HTTP_RAW_SUPPORT_HPP
#define FANFARE_TESTS_HTTP_RAW_SUPPORT_HPP

// HTTP as bytes on a socket: no library stands between the test and the server.
#include "support/world.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>

namespace fanfare::test::raw {

inline std::string lower(std::string text)
{
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return text;
}

struct reply {
    int status = 0; // 0: the connection ended without an answer
    std::string head{};
    std::string body{};

    // The value of the header line of this name, or "(none)". Two lines of it are one value with " & " between.
    std::string header(std::string name) const
    {
        name = "\r\n" + lower(std::move(name)) + ": ";
        const auto all = lower(head);
        std::string out;
        for (auto at = all.find(name); at != std::string::npos; at = all.find(name, at + 1)) {
            const auto from = at + name.size();
            out += (out.empty() ? "" : " & ") + head.substr(from, head.find("\r\n", from) - from);
        }
        return out.empty() ? "(none)" : out;
    }
    std::string code() const { return json::parse(body).at("error").at("code").as_string().c_str(); }
    std::string why() const { return json::parse(body).at("error").at("message").as_string().c_str(); }
};

class raw_client {
public:
    explicit raw_client(std::uint16_t port) { socket_.connect({asio::ip::address_v4::loopback(), port}); }

    void send(std::string_view bytes) { asio::write(socket_, asio::buffer(bytes)); }
    tcp::socket::native_handle_type native_handle() { return socket_.native_handle(); }

    // The next answer. `head_only`: to HEAD, whose answer has no body whatever its header says.
    reply answer(bool head_only = false)
    {
        reply out;
        const auto end = wait_for("\r\n\r\n");
        if (end == std::string::npos)
            return out;
        out.head = input_.substr(0, end + 2);
        input_.erase(0, end + 4);
        out.status = std::stoi(out.head.substr(9, 3));
        const auto length = out.header("Content-Length");
        if (!head_only && length != "(none)") {
            while (input_.size() < std::stoul(length) && more())
                ;
            out.body = input_.substr(0, std::stoul(length));
            input_.erase(0, out.body.size());
        }
        return out;
    }
    // Whether the server has ended the connection, and sent nothing before that.
    bool closed()
    {
        while (input_.empty())
            if (!more())
                return true;
        return false;
    }
    // Everything up to the end of the connection.
    std::string rest()
    {
        while (more())
            ;
        return std::exchange(input_, {});
    }
    // What comes, until there are so many bytes or the connection ends.
    std::string take(std::size_t count)
    {
        while (input_.size() < count && more())
            ;
        auto out = input_.substr(0, count);
        input_.erase(0, out.size());
        return out;
    }
    std::size_t wait_for(std::string_view what)
    {
        for (;;) {
            if (const auto at = input_.find(what); at != std::string::npos)
                return at;
            if (!more())
                return std::string::npos;
        }
    }

private:
    bool more()
    {
        char bytes[4096];
        std::optional<std::size_t> got;
        socket_.async_read_some(asio::buffer(bytes), [&](error_code ec, std::size_t n) { got = ec ? 0 : n; });
        context_.restart();
        const auto deadline = std::chrono::steady_clock::now() + patience;
        while (!got && context_.run_one_until(deadline) != 0)
            ;
        if (!got) {
            socket_.close(); // the pending read refers to this frame
            context_.restart();
            context_.run();
            throw std::runtime_error("the server neither answered nor closed; so far: " + input_);
        }
        input_.append(bytes, *got);
        return *got != 0;
    }

    asio::io_context context_{1};
    tcp::socket socket_{context_};
    std::string input_;
};

// The answer to these bytes on a connection of their own.
inline reply ask(std::uint16_t port, std::string_view bytes)
{
    raw_client c{port};
    c.send(bytes);
    return c.answer(bytes.starts_with("HEAD "));
}

// `GET target` with these header lines besides Host.
inline std::string get(std::string_view target, std::string_view lines = {})
{
    return "GET " + std::string{target} + " HTTP/1.1\r\nHost: localhost\r\n" + std::string{lines} + "\r\n";
}

inline std::string post(std::string_view target, std::string_view body, std::string_view lines = {})
{
    return "POST " + std::string{target} +
           " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           std::string{lines} + "\r\n" + std::string{body};
}

inline constexpr std::string_view key_line = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

// A WebSocket handshake; `lines` in place of Connection and Upgrade.
inline std::string handshake(std::string_view target = "/api/v1/ws",
                             std::string_view lines = "Connection: Upgrade\r\nUpgrade: websocket\r\n",
                             std::string_view more = "Sec-WebSocket-Version: 13\r\n",
                             std::string_view key = key_line)
{
    return get(target, std::string{lines} + std::string{more} + std::string{key});
}

} // namespace fanfare::test::raw

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_BENCHMARKS_WS_CLIENT_HPP
#define FANFARE_BENCHMARKS_WS_CLIENT_HPP

// The WebSocket half of the clients here: handshake and frames, without a socket. It shares no code with the library,
// so that the figures do not rest on the library's own idea of the protocol.

#include <cstddef>
#include <string>
#include <string_view>

namespace bench {

enum class stage { handshake, greeting, subscribing, ready, closed };

class ws_client {
public:
    /// The request that starts the client. `host` is the value of the header, with the port.
    static std::string upgrade_request(std::string_view host, std::string_view path)
    {
        std::string text{"GET "};
        text.append(path).append(" HTTP/1.1\r\nHost: ").append(host);
        return text + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    }
    static std::string upgrade_request(unsigned short port, std::string_view path)
    {
        return upgrade_request("127.0.0.1:" + std::to_string(port), path);
    }

    /// Clients mask their frames; a mask of zeros leaves the text as it is. `payload` is shorter than 64 KiB.
    static std::string client_frame(unsigned char opcode, std::string_view payload)
    {
        const auto size = payload.size();
        std::string frame{static_cast<char>(0x80 | opcode), static_cast<char>(0x80 | (size < 126 ? size : 126))};
        if (size >= 126)
            frame.append({static_cast<char>(size >> 8), static_cast<char>(size & 0xff)});
        return frame.append(4, '\0').append(payload);
    }

    void close() { stage_ = stage::closed; }

    stage at() const { return stage_; }

    /// Why the server, or the client itself, ended it; empty if nobody said so.
    const std::string& problem() const { return problem_; }

protected:
    /// Takes what arrived; appends what must be sent to `out`. `on` has `opened()`, which answers the stage after the
    /// handshake, `ping()`, and `data(payload, first byte of the frame)`.
    template <class On>
    void read(std::string_view bytes, std::string& out, On on)
    {
        if (!rest_.empty())
            bytes = rest_.append(bytes);
        std::size_t used = 0;
        while (stage_ != stage::closed) {
            const auto left = bytes.substr(used);
            const auto n = stage_ == stage::handshake ? response(left, on) : frame(left, out, on);
            if (n == 0)
                break;
            used += n;
        }
        if (used < bytes.size())
            rest_ = std::string{bytes.substr(used)};
        else
            rest_.clear();
    }

    void fail(std::string why)
    {
        problem_ = std::move(why);
        stage_ = stage::closed;
    }

    stage stage_ = stage::handshake;

private:
    static constexpr std::size_t max_size = 16 * 1024 * 1024; // of a response's head, and of a frame

    // These answer how many bytes they used; 0 asks for more.

    template <class On>
    std::size_t response(std::string_view bytes, On& on)
    {
        const auto end = bytes.find("\r\n\r\n");
        if (end == std::string_view::npos) {
            if (bytes.size() > max_size)
                fail("an endless answer to the handshake");
            return 0;
        }
        // The key is the example of RFC 6455, section 1.3, so is the answer to it.
        if (!bytes.starts_with("HTTP/1.1 101 ") || bytes.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") > end)
            fail("the handshake was answered with " + std::string{bytes.substr(0, bytes.find('\r'))});
        else
            stage_ = on.opened();
        return end + 4;
    }

    template <class On>
    std::size_t frame(std::string_view bytes, std::string& out, On& on)
    {
        const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
        if (bytes.size() < 2)
            return 0;
        std::size_t size = at(1) & 0x7f, header = 2;
        if (size >= 126) {
            header += size == 126 ? 2 : 8;
            if (bytes.size() < header)
                return 0;
            size = 0;
            for (std::size_t i = 2; i < header; ++i)
                size = size << 8 | at(i);
        }
        if (size > max_size) {
            fail("a frame of " + std::to_string(size) + " bytes");
            return 0;
        }
        if (bytes.size() - header < size)
            return 0;
        const auto payload = bytes.substr(header, size);
        switch (at(0) & 0x0f) {
        case 0x0:
        case 0x1: on.data(payload, at(0)); break;
        case 0x8: closed(payload); break;
        case 0x9:
            on.ping();
            out += client_frame(0xA, payload);
            break;
        case 0xA: break;
        default: fail("a frame of the unknown kind " + std::to_string(at(0)));
        }
        return header + size;
    }

    void closed(std::string_view payload)
    {
        if (payload.size() < 2)
            return fail("the server closed the connection");
        const auto code = static_cast<unsigned char>(payload[0]) << 8 | static_cast<unsigned char>(payload[1]);
        fail("the server closed with " + std::to_string(code) + " " + std::string{payload.substr(2)});
    }

    std::string rest_; // of a frame that is not complete yet
    std::string problem_;
};

} // namespace bench

#endif

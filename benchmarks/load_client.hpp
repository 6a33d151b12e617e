// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_BENCHMARKS_LOAD_CLIENT_HPP
#define FANFARE_BENCHMARKS_LOAD_CLIENT_HPP

// One WebSocket client of the load generator, without its socket: bytes in, bytes out, counts. It shares no code
// with the library, so that the figures do not rest on the library's own idea of the protocol.

#include "bench_server.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>

namespace bench {

/// What all clients together have seen.
struct totals {
    std::uint64_t messages = 0, bytes = 0, lost = 0, out_of_order = 0, pings = 0;
    std::uint64_t recovered = 0; // told that they get all they missed
    std::size_t min_size = SIZE_MAX, max_size = 0;
};

enum class stage { handshake, greeting, subscribing, ready, closed };

class load_client {
public:
    /// In place of a room: the client is ready when it was greeted, and joins none by itself.
    static constexpr std::string_view only_greeted = "-";

    /// The request that starts the client.
    static std::string upgrade_request(unsigned short port, const std::string& path)
    {
        return "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
               "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
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

    /// Takes what arrived; appends what must be sent to `out`. With a room, the client waits for `connected` and
    /// joins it before it is ready.
    void take(std::string_view bytes, const std::string& room, totals& all, std::string& out)
    {
        if (!rest_.empty())
            bytes = rest_.append(bytes);
        std::size_t used = 0;
        while (stage_ != stage::closed) {
            const auto left = bytes.substr(used);
            const auto n = stage_ == stage::handshake ? response(left, room) : frame(left, room, all, out);
            if (n == 0)
                break;
            used += n;
        }
        if (used < bytes.size())
            rest_ = std::string{bytes.substr(used)};
        else
            rest_.clear();
    }

    void close() { stage_ = stage::closed; }

    stage at() const { return stage_; }
    std::uint64_t messages() const { return messages_; }

private:
    // These answer how many bytes they used; 0 asks for more.

    std::size_t response(std::string_view bytes, const std::string& room)
    {
        const auto end = bytes.find("\r\n\r\n");
        if (end == std::string_view::npos)
            return 0;
        // The key is the example of RFC 6455, section 1.3, so is the answer to it.
        if (!bytes.starts_with("HTTP/1.1 101 ") || bytes.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") > end)
            stage_ = stage::closed;
        else
            stage_ = room.empty() ? stage::ready : stage::greeting;
        return end + 4;
    }

    std::size_t frame(std::string_view bytes, const std::string& room, totals& all, std::string& out)
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
        if (bytes.size() - header < size)
            return 0;
        const auto payload = bytes.substr(header, size);
        switch (at(0) & 0x0f) {
        case 0x0:
        case 0x1: data(payload, at(0), room, all, out); break;
        case 0x9:
            ++all.pings;
            out += client_frame(0xA, payload);
            break;
        case 0xA: break;
        default: stage_ = stage::closed;
        }
        return header + size;
    }

    void data(std::string_view payload, unsigned char first, const std::string& room, totals& all,
              std::string& out)
    {
        if (stage_ != stage::ready)
            return join(payload, room, out);
        if (payload.starts_with(R"({"type":"subscribed")")) {
            all.recovered += payload.find(R"("recovered":true)") != payload.npos;
            return;
        }
        if ((first & 0x0f) == 0x1)
            check_order(payload, all);
        message_bytes_ += payload.size();
        if (!(first & 0x80))
            return;
        ++messages_;
        ++all.messages;
        all.bytes += message_bytes_;
        all.min_size = std::min(all.min_size, message_bytes_);
        all.max_size = std::max(all.max_size, message_bytes_);
        message_bytes_ = 0;
    }

    void join(std::string_view text, const std::string& room, std::string& out)
    {
        if (stage_ == stage::greeting && text.find(R"("type":"connected")") != text.npos) {
            stage_ = room == only_greeted ? stage::ready : stage::subscribing;
            if (stage_ == stage::ready)
                return;
            out += client_frame(0x1, R"({"type":"subscribe","payload":{"rooms":[")" + room + R"("]}})");
        } else if (stage_ == stage::subscribing && text.find(R"("rooms":[")" + room + '"') != text.npos) {
            stage_ = stage::ready;
        } else {
            std::fprintf(stderr, "load: unexpected: %.*s\n", static_cast<int>(text.size()), text.data());
            stage_ = stage::closed;
        }
    }

    void check_order(std::string_view text, totals& all)
    {
        const auto field = text.find(R"("seq":)");
        const auto sequence = field == text.npos ? 0 : std::strtoull(text.data() + field + 6, nullptr, 10);
        if (sequence < next_) {
            ++all.out_of_order;
            return;
        }
        all.lost += sequence - next_;
        next_ = sequence + 1;
    }

    stage stage_ = stage::handshake;
    std::uint64_t messages_ = 0;
    std::uint64_t next_ = first_sequence;
    std::size_t message_bytes_ = 0; // of a message that comes in fragments
    std::string rest_;              // of a frame that is not complete yet
};

} // namespace bench

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_BENCHMARKS_LOAD_CLIENT_HPP
#define FANFARE_BENCHMARKS_LOAD_CLIENT_HPP

// One client of the benchmarks, without its socket: bytes in, bytes out, counts.

#include "bench_server.hpp"
#include "ws_client.hpp"

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

class load_client : public ws_client {
public:
    /// In place of a room: the client is ready when it was greeted, and joins none by itself.
    static constexpr std::string_view only_greeted = "-";

    /// Takes what arrived; appends what must be sent to `out`. With a room, the client waits for `connected` and
    /// joins it before it is ready.
    void take(std::string_view bytes, const std::string& room, totals& all, std::string& out)
    {
        read(bytes, out, events{*this, room, all, out});
    }

    std::uint64_t messages() const { return messages_; }

private:
    struct events {
        load_client& self;
        const std::string& room;
        totals& all;
        std::string& out;

        stage opened() const { return room.empty() ? stage::ready : stage::greeting; }
        void ping() const { ++all.pings; }
        void data(std::string_view payload, unsigned char first) const
        {
            self.data(payload, first, room, all, out);
        }
    };

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

    std::uint64_t messages_ = 0;
    std::uint64_t next_ = first_sequence;
    std::size_t message_bytes_ = 0; // of a message that comes in fragments
};

} // namespace bench

#endif

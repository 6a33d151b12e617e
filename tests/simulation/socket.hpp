// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_SIMULATION_SOCKET_HPP
#define FANFARE_TESTS_SIMULATION_SOCKET_HPP

#include "scheduler.hpp"

#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/detail/protocol/protocols.hpp>
#include <fanfare/detail/session/session.hpp>
#include <fanfare/detail/session/websocket_session.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace fanfare::simulation {

// Both ends of a socket, and what is on its way between them.
struct wire {
    explicit wire(scheduler& c) : clock{c} {}
    scheduler& clock;
    std::string to_client;
    std::string to_server;
    std::size_t window = 4096;       // bytes that may be on their way to the client
    bool client_gone = false;        // the client has closed, or lost, its end
    bool server_knows = false;       // and the server's system has noticed
    bool server_done = false;        // the server sends no more
    std::function<void()> on_client; // bytes or the end for the client
    std::function<void()> on_server; // bytes, room or the end for the server

    std::size_t room() const { return client_gone ? window : window - std::min(window, to_client.size()); }

    // The client's side.
    void send(std::string_view bytes)
    {
        to_server += bytes;
        if (on_server)
            on_server();
    }
    std::string receive(std::size_t most)
    {
        auto bytes = to_client.substr(0, most);
        to_client.erase(0, bytes.size());
        if (on_server)
            on_server();
        return bytes;
    }
    void leave()
    {
        client_gone = true;
        on_client = {};
        to_client.clear();
    }
    // The server's process ends.
    void sever()
    {
        server_done = true;
        if (on_client)
            on_client();
        notice();
    }
    void notice()
    {
        server_knows = true;
        if (on_server)
            on_server();
    }
};

// No more waits for a client than its outbox may hold, and one message.
inline void check_waiting(const detail::session& s, scheduler& clock)
{
    constexpr std::size_t one_message = 1000;
    if (s.waiting_bytes() > s.context().options.outbox_bytes + one_message)
        clock.broken(s.waiting_bytes(), " bytes wait for a client that may have ",
                     s.context().options.outbox_bytes);
}

// The server's end: a session over the virtual socket.
class sim_session final : public detail::websocket_session {
public:
    sim_session(std::shared_ptr<wire> w, std::shared_ptr<const detail::session_context> context,
                detail::shard& home, detail::session_settings settings)
        : websocket_session{std::move(context), home, settings}, wire_{std::move(w)}
    {}

private:
    int native_socket() noexcept override { return -1; }

    std::size_t write(std::span<const std::string_view> buffers, error_code& ec) override
    {
        auto& w = *wire_;
        check_waiting(*this, w.clock);
        if (w.server_knows) {
            ec = asio::error::connection_reset;
            return 0;
        }
        auto room = w.room();
        if (w.clock.mishap(5))
            room = w.clock.random.below(room + 1); // the system is short of memory for a moment
        std::size_t written = 0;
        for (const auto b : buffers) {
            const auto part = b.substr(0, room - written);
            if (!w.client_gone)
                w.to_client += part;
            written += part.size();
        }
        if (written != 0 && w.on_client)
            w.on_client();
        return written;
    }

    void wait_read() override
    {
        waits_read_ = true;
        watch();
    }
    void wait_write() override
    {
        waits_write_ = true;
        watch();
    }
    void shutdown_write() noexcept override
    {
        wire_->server_done = true;
        if (wire_->on_client)
            wire_->on_client();
    }
    void close_stream() noexcept override
    {
        shutdown_write();
        wire_->on_server = {};
    }

    // As an Asio socket does: a wait holds the session, and completes by the executor.
    void watch()
    {
        check_waiting(*this, wire_->clock);
        if (!wire_->on_server)
            wire_->on_server = [keep = boost::intrusive_ptr<sim_session>{this}] { keep->watch(); };
        const bool readable = !wire_->to_server.empty() || wire_->server_knows;
        if (waits_read_ && readable && !std::exchange(read_posted_, true))
            post([](sim_session& s) { s.on_readable(); });
        if (waits_write_ && (wire_->room() != 0 || wire_->server_knows) && !std::exchange(write_posted_, true))
            post([](sim_session& s) {
                s.waits_write_ = s.write_posted_ = false;
                s.on_writable();
            });
    }
    void post(void (*what)(sim_session&))
    {
        wire_->clock.after(wire_->clock.moment(2, 30), [keep = boost::intrusive_ptr<sim_session>{this}, what] {
            asio::post(keep->home().executor(), [keep, what] { what(*keep); });
        });
    }
    void on_readable()
    {
        waits_read_ = read_posted_ = false;
        read_done();
        if (ended())
            return;
        auto& from = wire_->to_server;
        if (from.empty())
            return on_read_failed();
        std::string bytes = from.substr(0, 1 + wire_->clock.random.below(from.size() * 2));
        from.erase(0, bytes.size());
        on_bytes(bytes);
        if (!ended() && wants_read())
            start_read();
    }

    std::shared_ptr<wire> wire_;
    bool waits_read_ = false;
    bool waits_write_ = false;
    bool read_posted_ = false;
    bool write_posted_ = false;
};

// Starts the session that `make(shard, settings)` makes, of an anonymous visitor. False if the hub refuses.
template <class Make>
bool open_on_shard(const std::shared_ptr<detail::hub_core>& hub, std::size_t shard_number, Make make)
{
    auto who = hub->admitted.share({});
    if (hub->admitted.admit(*who, {}))
        return false;
    auto& home = hub->shards[shard_number % hub->shards.size()];
    home.expect_connection();
    detail::session_settings settings;
    settings.who = std::move(who);
    settings.language = &detail::protocol_of(*hub->context());
    const boost::intrusive_ptr<detail::session> made = make(home, std::move(settings));
    asio::post(home.executor(), [made] { made->start({}); });
    return true;
}

// Connects a virtual socket to a hub, as an upgrade that succeeded does. False if the hub refuses.
inline bool open_session(const std::shared_ptr<detail::hub_core>& hub, std::size_t shard_number,
                         const std::shared_ptr<wire>& w)
{
    return open_on_shard(hub, shard_number, [&](detail::shard& home, detail::session_settings settings) {
        return boost::intrusive_ptr<detail::session>{
            new sim_session{w, hub->context(), home, std::move(settings)}};
    });
}

// What a client's WebSocket library does: frames, one way masked, the other not.
inline std::string client_frame(std::string_view text, unsigned char opcode = 1)
{
    std::string out;
    out += static_cast<char>(0x80 | opcode);
    if (text.size() < 126) {
        out += static_cast<char>(0x80 | text.size());
    } else {
        out += static_cast<char>(0x80 | 126);
        out += static_cast<char>(text.size() >> 8);
        out += static_cast<char>(text.size() & 0xff);
    }
    out.append(4, '\0'); // the mask
    out += text;
    return out;
}

class client_decoder {
public:
    // Calls `f(opcode, payload)` for each frame that is complete.
    template <class F>
    void take(std::string_view bytes, F f)
    {
        held_ += bytes;
        std::size_t at = 0;
        for (;;) {
            const auto byte = [&](std::size_t i) {
                return static_cast<std::uint64_t>(static_cast<unsigned char>(held_[at + i]));
            };
            const auto have = held_.size() - at;
            if (have < 2)
                break;
            const auto code = byte(1);
            const std::size_t header = code < 126 ? 2 : code == 126 ? 4 : 10;
            if (have < header)
                break;
            auto size = header == 2 ? code : 0;
            for (std::size_t i = 2; i != header; ++i)
                size = size << 8 | byte(i);
            if (have - header < size)
                break;
            f(static_cast<int>(byte(0) & 0x0f), std::string_view{held_}.substr(at + header, size));
            at += header + size;
        }
        held_.erase(0, at);
    }

private:
    std::string held_;
};

} // namespace fanfare::simulation

#endif

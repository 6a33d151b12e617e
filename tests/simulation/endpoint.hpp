// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_SIMULATION_ENDPOINT_HPP
#define FANFARE_TESTS_SIMULATION_ENDPOINT_HPP

#include "scheduler.hpp"
#include "socket.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fanfare::simulation {

namespace json = boost::json;

struct reading_habits {
    ticks latency = 5;         // to read what has arrived
    std::size_t window = 4096; // bytes on the way to it
    std::size_t bite = 4096;   // bytes that it reads at once
};

// Where a new connection goes: false if it is refused.
using connector = std::function<bool(const std::shared_ptr<wire>&)>;

// A client's side of one connection after the other: it always connects again.
class endpoint {
public:
    endpoint(scheduler& clock, std::string name, reading_habits habits, connector connect)
        : clock_{clock}, name_{std::move(name)}, habits_{habits}, connect_{std::move(connect)}
    {}
    endpoint(const endpoint&) = delete;
    endpoint& operator=(const endpoint&) = delete;

    std::size_t closed_by_server = 0;

protected:
    ~endpoint() { drop_wire(); }

    virtual void on_text(const json::object& message) = 0;
    virtual void on_lost() = 0;

    bool connected() const noexcept { return wire_ != nullptr; }
    void connect_after(ticks delay)
    {
        clock_.after(delay, [this] { connect(); });
    }
    void lose(const char* why)
    {
        clock_.note(name_, ": ", why);
        drop_wire();
        on_lost();
        connect_after(clock_.moment(30, 400));
    }
    void send(const json::object& message)
    {
        if (wire_)
            wire_->send(client_frame(json::serialize(message)));
    }

    scheduler& clock_;
    const std::string name_;

private:
    void connect()
    {
        if (wire_)
            return;
        decoder_ = {};
        auto w = std::make_shared<wire>(clock_);
        w->window = habits_.window;
        w->on_client = [this, raw = w.get()] {
            if (wire_.get() == raw)
                read_later();
        };
        wire_ = w;
        clock_.note(name_, ": connects");
        if (!connect_(w))
            lose("is refused");
    }
    void drop_wire()
    {
        if (!wire_)
            return;
        wire_->leave();
        // The server learns of it now or much later, and takes the client for alive until then.
        clock_.after(clock_.moment(5, 400), [w = std::exchange(wire_, nullptr)] { w->notice(); });
    }
    void read_later()
    {
        if (std::exchange(reading_, true))
            return;
        clock_.after(clock_.moment(habits_.latency, 150), [this] {
            reading_ = false;
            read();
        });
    }
    void read()
    {
        const auto w = wire_;
        if (!w)
            return;
        std::vector<std::pair<int, std::string>> frames;
        decoder_.take(w->receive(1 + clock_.random.below(habits_.bite)),
                      [&](int opcode, std::string_view payload) { frames.emplace_back(opcode, payload); });
        for (const auto& [opcode, payload] : frames)
            if (wire_ == w)
                on_frame(opcode, payload);
        if (wire_ != w)
            return;
        if (!w->to_client.empty())
            return read_later();
        if (w->server_done) {
            ++closed_by_server;
            lose("finds its connection closed");
        }
    }
    void on_frame(int opcode, const std::string& payload)
    {
        if (opcode == 1)
            return on_text(json::parse(payload).as_object());
        if (opcode == 8) {
            const auto code = payload.size() < 2 ? 0
                                                 : static_cast<unsigned char>(payload[0]) * 256 +
                                                       static_cast<unsigned char>(payload[1]);
            clock_.note(name_, ": gets close ", code);
            wire_->send(client_frame(payload, 8));
        }
    }

    reading_habits habits_;
    connector connect_;
    std::shared_ptr<wire> wire_;
    client_decoder decoder_;
    bool reading_ = false;
};

} // namespace fanfare::simulation

#endif

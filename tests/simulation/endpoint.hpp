// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_SIMULATION_ENDPOINT_HPP
#define FANFARE_TESTS_SIMULATION_ENDPOINT_HPP

#include "scheduler.hpp"
#include "socket.hpp"

#include <fanfare/local_connection.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
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

// Where a new connection goes: false if it is refused. One of the two is set.
struct connector {
    std::function<bool(const std::shared_ptr<wire>&)> over_wire{};
    std::function<std::optional<local_connection>(local_handlers)> in_process{};
};

// A client's side of one connection after the other: it always connects again.
class endpoint {
public:
    endpoint(scheduler& clock, std::string name, reading_habits habits, connector connect)
        : clock_{clock}, name_{std::move(name)}, habits_{habits}, connect_{std::move(connect)}
    {}
    endpoint(const endpoint&) = delete;
    endpoint& operator=(const endpoint&) = delete;

    std::size_t closed_by_server = 0;

    // The process that it is connected to ends. Over a wire it learns of that by itself.
    void process_ends()
    {
        if (local_)
            lose("loses its process");
    }

protected:
    ~endpoint() { drop(); }

    virtual void on_bytes(std::string_view bytes) = 0;
    virtual void on_text(const json::object& message) = 0;
    virtual void on_connecting() {}
    virtual void on_lost() = 0;

    bool connected() const noexcept { return wire_ || local_; }
    void connect_after(ticks delay)
    {
        clock_.after(delay, [this] { connect(); });
    }
    void lose(const char* why)
    {
        clock_.note(name_, ": ", why);
        drop();
        on_lost();
        connect_after(clock_.moment(30, 400));
    }
    void send(const json::object& message)
    {
        if (wire_)
            wire_->send(client_frame(json::serialize(message)));
        else if (local_)
            local_->send(json::serialize(message));
    }
    void send_bytes(std::string_view bytes)
    {
        if (wire_)
            wire_->send(bytes);
    }

    scheduler& clock_;
    const std::string name_;

private:
    void connect()
    {
        if (connected())
            return;
        on_connecting();
        if (connect_.in_process)
            return connect_in_process();
        auto w = std::make_shared<wire>(clock_);
        w->window = habits_.window;
        w->on_client = [this, raw = w.get()] {
            if (wire_.get() == raw)
                read_later();
        };
        wire_ = w;
        clock_.note(name_, ": connects");
        if (!connect_.over_wire(w))
            lose("is refused");
    }
    void connect_in_process()
    {
        const auto mine = ++locals_;
        clock_.note(name_, ": connects");
        local_ = connect_.in_process({.on_message =
                                          [this, mine](std::string_view text) {
                                              if (mine == locals_)
                                                  take_local(text);
                                          },
                                      .on_close =
                                          [this, mine](close_code code, std::string_view) {
                                              if (mine != locals_)
                                                  return;
                                              clock_.note(name_, ": gets close ", static_cast<unsigned>(code));
                                              local_closed_ = true;
                                              read_later();
                                          }});
        if (!local_)
            lose("is refused");
    }
    void take_local(std::string_view text)
    {
        if (!local_)
            return;
        inbox_.emplace_back(text);
        if (inbox_.size() >= most_in_inbox)
            local_->pause();
        read_later();
    }
    void drop()
    {
        ++locals_; // what comes from it now is not for this end any more
        local_.reset();
        local_closed_ = false;
        inbox_.clear();
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
        if (local_)
            return read_inbox();
        const auto w = wire_;
        if (!w)
            return;
        on_bytes(w->receive(1 + clock_.random.below(habits_.bite)));
        if (wire_ != w)
            return;
        if (!w->to_client.empty())
            return read_later();
        if (w->server_done) {
            ++closed_by_server;
            lose("finds its connection closed");
        }
    }
    void read_inbox()
    {
        const auto mine = locals_;
        for (auto n = std::min<std::size_t>(inbox_.size(), 1 + clock_.random.below(habits_.bite / 100)); n != 0;
             --n) {
            const auto text = std::move(inbox_.front());
            inbox_.pop_front();
            on_text(json::parse(text).as_object());
            if (mine != locals_)
                return;
        }
        if (!inbox_.empty())
            return read_later();
        if (!local_closed_)
            return local_->resume();
        ++closed_by_server;
        lose("finds its connection closed");
    }

    reading_habits habits_;
    connector connect_;
    std::shared_ptr<wire> wire_;
    static constexpr std::size_t most_in_inbox = 8; // then it pauses
    std::optional<local_connection> local_;
    std::uint64_t locals_ = 0; // made so far, and given up
    std::deque<std::string> inbox_;
    bool local_closed_ = false;
    bool reading_ = false;
};

} // namespace fanfare::simulation

#endif

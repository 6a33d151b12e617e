// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_SIMULATION_EVENT_SOCKET_HPP
#define FANFARE_TESTS_SIMULATION_EVENT_SOCKET_HPP

#include "socket.hpp"

#include <fanfare/detail/wire/envelope.hpp>
#include <fanfare/detail/wire/event_stream.hpp>

#include <boost/json/array.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fanfare::simulation {

// What an EventSource asks for.
struct event_request {
    std::vector<std::string> rooms;
    std::uint64_t last = 0;
    std::string last_event_id;
};

// The server's end of an event stream over the virtual socket: what `event_connection` is over an Asio stream. One write
// at a time, which goes out as the socket takes it.
class sim_event_session final : public detail::session {
public:
    sim_event_session(std::shared_ptr<wire> w, std::shared_ptr<const detail::session_context> context,
                      detail::shard& home, detail::session_settings settings, event_request wanted,
                      detail::event_positions positions)
        : session{std::move(context), home, std::move(settings)}, wire_{std::move(w)}, wanted_{std::move(wanted)}
    {
        writer_.positions = std::move(positions);
    }

private:
    static constexpr std::size_t max_write = 16 * 1024;

    detail::transport_kind transport() const noexcept override { return detail::transport_kind::events; }
    int native_socket() noexcept override { return -1; }

    void on_greeted() override
    {
        const auto payload = writer_.positions.subscription(
            wanted_.rooms, wanted_.last, [this](std::string_view room) { return is_member(room); });
        if (payload.at("rooms").as_array().empty())
            return;
        const json::value body(payload);
        on_message(detail::write_envelope({.type = "subscribe", .payload = &body}, detail::wall_now()));
    }

    std::size_t write(std::span<const std::string_view> buffers, error_code&) override
    {
        check_waiting(*this, wire_->clock);
        if (writing_)
            return 0;
        out_.clear();
        sent_ = 0;
        const auto taken = writer_.write(buffers, out_, max_write);
        writing_ = true;
        watch();
        return taken;
    }
    void wait_read() override
    {
        waits_read_ = true;
        watch();
    }
    void wait_write() override { wants_write_ = true; }
    void shutdown_write() noexcept override { finish_ = writing_; }
    void close_stream() noexcept override
    {
        wire_->server_done = true;
        if (wire_->on_client)
            wire_->on_client();
        wire_->on_server = {};
    }

    void watch()
    {
        if (!wire_->on_server)
            wire_->on_server = [keep = boost::intrusive_ptr<sim_event_session>{this}] { keep->watch(); };
        const bool ready =
            (waits_read_ && wire_->server_knows) || (writing_ && (wire_->room() != 0 || wire_->server_knows));
        if (ready && !std::exchange(posted_, true))
            wire_->clock.after(wire_->clock.moment(2, 30), [keep = boost::intrusive_ptr<sim_event_session>{this}] {
                asio::post(keep->home().executor(), [keep] { keep->on_ready(); });
            });
    }
    void on_ready()
    {
        posted_ = false;
        if (ended())
            return;
        if (wire_->server_knows) {
            if (std::exchange(waits_read_, false))
                read_done();
            return on_read_failed();
        }
        const auto n = std::min(wire_->room(), out_.size() - sent_);
        if (!wire_->client_gone)
            wire_->to_client.append(out_.data() + sent_, n);
        sent_ += n;
        if (n != 0 && wire_->on_client)
            wire_->on_client();
        if (sent_ != out_.size())
            return watch();
        writing_ = false;
        if (finish_)
            return on_read_failed();
        heard();
        if (std::exchange(wants_write_, false))
            on_writable();
    }

    std::shared_ptr<wire> wire_;
    event_request wanted_;
    detail::event_writer writer_;
    std::vector<char> out_;
    std::size_t sent_ = 0;
    bool writing_ = false;
    bool wants_write_ = false;
    bool waits_read_ = false;
    bool finish_ = false;
    bool posted_ = false;
};

// Opens an event stream over a virtual socket, as a request that was answered does. False if the hub refuses.
inline bool open_event_session(const std::shared_ptr<detail::hub_core>& hub, std::size_t shard_number,
                               const std::shared_ptr<wire>& w, const event_request& wanted,
                               detail::event_positions positions)
{
    return open_on_shard(hub, shard_number, [&](detail::shard& home, detail::session_settings settings) {
        return boost::intrusive_ptr<detail::session>{
            new sim_event_session{w, hub->context(), home, std::move(settings), wanted, std::move(positions)}};
    });
}

// One event, as a browser dispatches it.
struct received_event {
    std::string type; // empty: a message
    std::string data;
    std::string id; // the last that was named
};

// What a browser's EventSource makes of a stream (HTML Living Standard, section 9.2.6), as far as this server uses it.
class event_decoder {
public:
    explicit event_decoder(std::string last_event_id) : id_{std::move(last_event_id)} {}

    // Calls `f(event)` for each event that is complete.
    template <class F>
    void take(std::string_view bytes, F f)
    {
        held_ += bytes;
        std::size_t at = 0;
        for (auto end = held_.find('\n'); end != held_.npos; end = held_.find('\n', at)) {
            const auto line = std::string_view{held_}.substr(at, end - at);
            at = end + 1;
            if (!line.empty()) {
                take_line(line);
                continue;
            }
            if (data_) { // an event that never ends names no id either
                if (new_id_)
                    id_ = *std::exchange(new_id_, std::nullopt);
                f(received_event{std::exchange(type_, {}), *std::exchange(data_, std::nullopt), id_});
            }
            type_.clear();
        }
        held_.erase(0, at);
    }

private:
    void take_line(std::string_view line)
    {
        const auto colon = std::min(line.find(':'), line.size());
        const auto field = line.substr(0, colon);
        auto value = line.substr(std::min(colon + 1, line.size()));
        if (value.starts_with(' '))
            value.remove_prefix(1);
        if (field == "data")
            data_ = data_ ? *data_ + '\n' + std::string{value} : std::string{value};
        else if (field == "event")
            type_ = value;
        else if (field == "id")
            new_id_ = value;
    }

    std::string held_;
    std::string id_;
    std::string type_;
    std::optional<std::string> data_;
    std::optional<std::string> new_id_;
};

} // namespace fanfare::simulation

#endif

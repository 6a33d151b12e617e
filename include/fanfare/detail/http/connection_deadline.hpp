// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_CONNECTION_DEADLINE_HPP
#define FANFARE_DETAIL_HTTP_CONNECTION_DEADLINE_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/net/stream_layers.hpp>

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>

namespace fanfare::detail {

/// Closes a stream when a time is up: what is under way ends with `operation_aborted`. Or does something else to it.
/// Only on the stream's executor; destroyed before the stream.
template <class Stream>
class connection_deadline {
public:
    explicit connection_deadline(Stream& stream)
        : timer_{stream.get_executor()}, stream_{stream}, alive_{std::make_shared<connection_deadline*>(this)}
    {}
    connection_deadline(const connection_deadline&) = delete;
    connection_deadline& operator=(const connection_deadline&) = delete;

    /// From now on; the one before is over. `end`: what is done to the stream.
    void expires_after(std::chrono::milliseconds time, void (*end)(Stream&) = close)
    {
        end_ = end;
        timer_.expires_after(time);
        timer_.async_wait([alive = std::weak_ptr{alive_}](error_code ec) {
            if (const auto self = alive.lock(); self && !ec)
                (*self)->on_time();
        });
    }
    void expires_never() { timer_.expires_at(asio::steady_timer::time_point::max()); }

private:
    void on_time()
    {
        // A handler that was about to run when the deadline was set anew comes without an error as well.
        if (timer_.expiry() <= asio::steady_timer::clock_type::now())
            end_(stream_);
    }
    static void close(Stream& stream) { close_socket(stream); }

    asio::steady_timer timer_;
    Stream& stream_;
    void (*end_)(Stream&) = close;
    std::shared_ptr<connection_deadline*> alive_; // until it is destroyed
};

} // namespace fanfare::detail

#endif

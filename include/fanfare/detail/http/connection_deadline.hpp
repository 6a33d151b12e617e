// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_CONNECTION_DEADLINE_HPP
#define FANFARE_DETAIL_HTTP_CONNECTION_DEADLINE_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/net/net_stream.hpp>

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>

namespace fanfare::detail {

/// Closes a stream when a time is up: what is under way ends with `operation_aborted`. Only on the stream's executor;
/// destroyed before the stream.
class connection_deadline {
public:
    explicit connection_deadline(net_stream& stream) : timer_{stream.get_executor()}, stream_{&stream} {}
    connection_deadline(const connection_deadline&) = delete;
    connection_deadline& operator=(const connection_deadline&) = delete;

    /// From now on; the one before is over.
    void expires_after(std::chrono::milliseconds time)
    {
        timer_.expires_after(time);
        armed_ = std::make_shared<net_stream*>(stream_);
        timer_.async_wait([armed = std::weak_ptr{armed_}](error_code ec) {
            // A handler that was about to run when the deadline was set anew comes without an error as well.
            if (const auto stream = armed.lock(); stream && !ec)
                (*stream)->close();
        });
    }
    void expires_never()
    {
        armed_.reset();
        timer_.cancel();
    }

private:
    asio::steady_timer timer_;
    net_stream* stream_;
    std::shared_ptr<net_stream*> armed_;
};

} // namespace fanfare::detail

#endif

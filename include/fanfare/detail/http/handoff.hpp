// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_HANDOFF_HPP
#define FANFARE_DETAIL_HTTP_HANDOFF_HPP

#include <fanfare/config.hpp>
#include <fanfare/connection.hpp>
#include <fanfare/detail/base/clock_math.hpp>
#include <fanfare/detail/http/admission.hpp>
#include <fanfare/detail/http/last_answer.hpp>
#include <fanfare/detail/http/message.hpp>
#include <fanfare/detail/http/socket_options.hpp>
#include <fanfare/detail/http/upgrade.hpp>
#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/detail/net/net_stream.hpp>
#include <fanfare/detail/net/stream_layers.hpp>
#include <fanfare/detail/protocol/protocols.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace fanfare::detail {

/// The stream in the form that is handed over: the socket of a `beast::tcp_stream`, whose timeouts are not wanted any more,
/// and of a `tls_stream` what it is made of. Timeouts of a `beast::tcp_stream` below TLS end.
template <class Stream>
auto unwrapped(Stream stream)
{
    if constexpr (std::is_base_of_v<net_stream, Stream>)
        return static_cast<net_stream&&>(stream);
    else if constexpr (requires { stream.release_socket(); })
        return stream.release_socket();
    else {
        if constexpr (requires { stream.next_layer().expires_never(); })
            stream.next_layer().expires_never();
        return stream;
    }
}

/// The common part of accepting a WebSocket and an event stream: counts the connection against the hub's limits, and after
/// the HTTP response moves the stream to a shard, where a session is made of it.
template <class Stream>
class handoff {
public:
    /// `home`: where the connection will live; null: on the least loaded shard.
    handoff(Stream stream, admission place, shard* home, std::chrono::milliseconds timeout)
        : hub_{place.hub()}, stream_{std::move(stream)}, place_{std::move(place)}, home_{home},
          timeout_{bounded_time(timeout)}, deadline_{stream_.get_executor()}
    {}
    handoff(const handoff&) = delete;
    handoff& operator=(const handoff&) = delete;

protected:
    /// Counts the connection against the limits, or answers why not. It is counted off when this is destroyed, or by the
    /// session that `start_session` makes.
    error_code admit() { return place_.take(); }
    /// What is answered then.
    http_response refusal(const error_code& why, unsigned version) const { return place_.refusal(why, version); }

    /// Writes this response in place of one that accepts, and ends the connection. `head_only`: to HEAD.
    void reject(http_response answer, bool head_only)
    {
        const auto executor = stream_.get_executor();
        asio::co_spawn(executor, write_last(std::move(stream_), std::move(answer), head_only, timeout_),
                       [hub = hub_](std::exception_ptr failed) {
                           if (failed)
                               hub->shards.first().post(
                                   [hub, failed](shard& s) { hub->handlers.failed(s, failed); });
                       });
    }

    /// From now on the answer has a time limit: then the stream is closed, and writing fails. `self` keeps this alive.
    void begin_deadline(std::shared_ptr<handoff> self)
    {
        deadline_.expires_after(timeout_);
        deadline_.async_wait([self](error_code ec) {
            if (!ec)
                close_socket(self->stream_);
        });
    }
    /// Ends that. False: there is none left to end, and the stream is closed or about to be.
    bool end_deadline() { return deadline_.cancel() != 0; }

    /// Writes `text`, then calls `done`. For every kind of handoff one function: each kind of write is much code, over
    /// TLS most of all.
    void send(std::shared_ptr<handoff> self, std::string text, std::function<void(error_code)> done)
    {
        sent_ = std::move(text);
        asio::async_write(stream_, asio::buffer(std::as_const(sent_)),
                          [self, done = std::move(done)](error_code ec, std::size_t) { done(ec); });
    }

    /// `make(stream, home, settings)` makes the session, which starts on its shard. `read_ahead`: the bytes that were read
    /// past the request.
    template <class Make>
    void start_session(session_settings settings, std::string read_ahead, Make make)
    {
        auto& home = home_ ? *home_ : hub_->shards.least_loaded();
        home.expect_connection();
        place_.hand_to(settings);
        settings.language = &protocol_of(*hub_->context());
        boost::intrusive_ptr<session> made;
        if constexpr (std::is_same_v<Stream, net_stream>)
            made = make(moved_to(home), home, std::move(settings));
        else if constexpr (waitable_socket<Stream>)
            made = make(prepared_socket(std::move(stream_), home.executor(), hub_->options().unsent_low_water),
                        home, std::move(settings));
        else
            made = make(std::move(stream_), home, std::move(settings));
        asio::dispatch(home.executor(), [made, read_ahead = std::move(read_ahead),
                                         deflate = hub_->options().deflate, &home]() mutable {
            if (deflate)
                ensure_deflate(home);
            made->start(read_ahead);
        });
    }

    std::shared_ptr<hub_core> hub_;
    Stream stream_;

private:
    net_stream moved_to(shard& home)
    {
        auto [socket, engine] = stream_.release();
        return net_stream{prepared_socket(std::move(socket), home.executor(), hub_->options().unsent_low_water),
                          std::move(engine)};
    }

    admission place_;
    shard* home_;
    std::string sent_; // what `send` writes
    const std::chrono::milliseconds timeout_;
    asio::steady_timer deadline_;
};

} // namespace fanfare::detail

#endif

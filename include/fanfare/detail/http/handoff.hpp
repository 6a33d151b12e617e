// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_HANDOFF_HPP
#define FANFARE_DETAIL_HTTP_HANDOFF_HPP

#include <fanfare/config.hpp>
#include <fanfare/connection.hpp>
#include <fanfare/detail/http/message.hpp>
#include <fanfare/detail/http/socket_options.hpp>
#include <fanfare/detail/http/upgrade.hpp>
#include <fanfare/detail/hub/hub_core.hpp>
#include <fanfare/detail/net/net_stream.hpp>
#include <fanfare/detail/protocol/protocols.hpp>
#include <fanfare/identity.hpp>

#include <boost/asio/dispatch.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace fanfare::detail {

/// The stream in the form that is handed over: the socket of a `beast::tcp_stream`, whose timeouts are not wanted any more,
/// and of a `tls_stream` what it is made of.
template <class Stream>
auto unwrapped(Stream stream)
{
    if constexpr (std::is_base_of_v<net_stream, Stream>)
        return static_cast<net_stream&&>(stream);
    else if constexpr (requires { stream.release_socket(); })
        return stream.release_socket();
    else
        return stream;
}

/// The common part of accepting a WebSocket and an event stream: counts the connection against the hub's limits, and after
/// the HTTP response moves the stream to a shard, where a session is made of it.
template <class Stream>
class handoff {
public:
    handoff(std::shared_ptr<hub_core> hub, Stream stream, identity who, shard* home)
        : hub_{std::move(hub)}, stream_{std::move(stream)}, who_{hub_->admitted.share(std::move(who))},
          home_{home}, address_{peer_address(stream_)}
    {}
    ~handoff()
    {
        if (admitted_)
            hub_->admitted.leave(who_->user_id, address_);
    }
    handoff(const handoff&) = delete;
    handoff& operator=(const handoff&) = delete;

protected:
    /// Counts the connection against the limits, or answers why not. It is counted off by the destructor, or by the session
    /// that `start_session` makes.
    error_code admit()
    {
        const auto ec = hub_->admitted.admit(*who_, address_);
        admitted_ = !ec;
        return ec;
    }

    /// Writes this response in place of one that accepts, and closes the stream. `self` keeps this object alive.
    void reject(http::response<http::string_body> answer, std::shared_ptr<handoff> self)
    {
        answer_ = std::move(answer);
        set_date(answer_);
        http::async_write(stream_, answer_, [self](error_code, std::size_t) { close_quietly(self->stream_); });
    }

    /// `make(stream, home, settings)` makes the session, which starts on its shard. `read_ahead`: the bytes that were read
    /// past the request.
    template <class Make>
    void start_session(session_settings settings, std::string read_ahead, Make make)
    {
        auto& home = home_ ? *home_ : hub_->shards.least_loaded();
        home.expect_connection();
        settings.who = std::move(who_);
        settings.language = &protocol_of(*hub_->context());
        settings.address = address_;
        admitted_ = false; // the session counts it off from now on
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

    std::shared_ptr<const identity> who_;
    shard* home_;
    asio::ip::address address_;
    bool admitted_ = false;
    http::response<http::string_body> answer_;
};

} // namespace fanfare::detail

#endif

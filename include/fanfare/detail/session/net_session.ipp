// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SESSION_NET_SESSION_IPP
#define FANFARE_DETAIL_SESSION_NET_SESSION_IPP

#include <fanfare/detail/base/heap_handler.hpp>
#include <fanfare/detail/session/net_session.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/socket_base.hpp>

#include <utility>

namespace fanfare::detail {

FANFARE_DECL net_session::net_session(net_stream stream, std::shared_ptr<const session_context> context,
                                      shard& home, const session_settings& settings)
    : websocket_session{std::move(context), home, settings}, stream_{std::move(stream)}
{}

FANFARE_DECL std::size_t net_session::write(std::span<const std::string_view> buffers, error_code& ec)
{
    if (flushing_)
        return 0;
    const auto written = stream_.write_now(buffers, ec);
    if (!ec && stream_.unsent())
        wait_until_writable();
    return written;
}

FANFARE_DECL void net_session::wait_until_writable()
{
    flushing_ = true;
    stream_.next_layer().async_wait(asio::socket_base::wait_write,
                                    heap_handler{[keep = boost::intrusive_ptr<net_session>{this}](error_code) {
                                        keep->on_socket_writable();
                                    }});
}

FANFARE_DECL void net_session::on_socket_writable()
{
    flushing_ = false;
    if (ended())
        return;
    error_code ec;
    if (!stream_.flush_now(ec) && !ec)
        return wait_until_writable();
    if (ec)
        return on_read_failed();
    if (finish_)
        return finish();
    if (std::exchange(session_waits_, false))
        on_writable();
}

FANFARE_DECL void net_session::wait_read()
{
    auto then =
        heap_handler{[keep = boost::intrusive_ptr<net_session>{this}](error_code ec) { keep->on_readable(ec); }};
    // What came with the end of the handshake, or was not read on account of a full outbox.
    if (!stream_.engine()->wants_input())
        asio::post(home().executor(), [then]() mutable { then(error_code{}); });
    else
        stream_.next_layer().async_wait(asio::socket_base::wait_read, std::move(then));
}

FANFARE_DECL void net_session::on_readable(error_code ec)
{
    read_done();
    if (ended())
        return;
    if (!ec)
        stream_.read_each(
            home().read_buffer(),
            [this](std::span<char> bytes) {
                on_bytes(bytes);
                return !ended() && wants_read();
            },
            ec);
    if (ended())
        return;
    if (ec)
        return on_read_failed();
    if (!flushing_ && stream_.unsent()) // what TLS itself has answered
        wait_until_writable();
    if (wants_read())
        start_read();
}

FANFARE_DECL void net_session::shutdown_write() noexcept
{
    finish_ = true;
    if (!flushing_)
        finish();
}

// What the socket has not taken goes first, then the end.
FANFARE_DECL void net_session::finish() noexcept
{
    try {
        if (!stream_.say_end())
            return wait_until_writable();
        stream_.shutdown_now();
    } catch (...) { // no memory for the wait
        stream_.close();
    }
}

} // namespace fanfare::detail

#endif

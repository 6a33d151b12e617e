// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_CONNECTION_HPP
#define FANFARE_CONNECTION_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/heap_handler.hpp>
#include <fanfare/detail/net/socket_io.hpp>
#include <fanfare/detail/session/session.hpp>
#include <fanfare/detail/session/stream_session.hpp>
#include <fanfare/detail/session/websocket_session.hpp>
#include <fanfare/detail/shard/raw_send.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/socket_base.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace fanfare {

/// A stream that can be waited for and written to without blocking: TCP and Unix sockets.
template <class Stream>
concept waitable_socket = requires(Stream& s, void (*f)(error_code), bool on, asio::const_buffer b, error_code& ec)
{
    s.async_wait(asio::socket_base::wait_read, f);
    s.non_blocking(on, ec);
    s.native_handle();
    s.write_some(b, ec);
};

/// One client's WebSocket connection over any Asio stream. Made by `hub::accept`; applications hold `connection_ref`s.
/// This is the general form (TLS, test streams).
template <class Stream>
class connection final : public detail::stream_session<Stream, detail::websocket_session> {
    using base = detail::stream_session<Stream, detail::websocket_session>;

public:
    connection(Stream stream, std::shared_ptr<const detail::session_context> context, detail::shard& home,
               detail::session_settings settings)
        : base{std::move(stream), std::move(context), home, std::move(settings), 8 * 1024}
    {}

private:
    std::size_t take(std::span<const std::string_view> buffers, std::vector<char>& out) override
    {
        for (const auto b : buffers)
            out.insert(out.end(), b.begin(),
                       b.begin() + static_cast<std::ptrdiff_t>(std::min(b.size(), base::max_write - out.size())));
        return out.size();
    }
};

/// The form for sockets: an idle connection holds no buffer, a write is one system call. The socket's executor is
/// the shard's.
template <waitable_socket Stream>
class connection<Stream> final : public detail::websocket_session {
public:
    connection(Stream stream, std::shared_ptr<const detail::session_context> context, detail::shard& home,
               const detail::session_settings& settings)
        : websocket_session{std::move(context), home, settings}, socket_{std::move(stream)}
    {}

private:
    int native_socket() noexcept override
    {
#if defined(FANFARE_HAS_RAW_SEND)
        return socket_.native_handle();
#else
        return -1;
#endif
    }

    std::size_t write(std::span<const std::string_view> buffers, error_code& ec) override
    {
        return detail::write_some_now(socket_, buffers, ec);
    }

    void wait_write() override
    {
        socket_.async_wait(asio::socket_base::wait_write,
                           detail::heap_handler{[keep = boost::intrusive_ptr<connection>{this}](error_code) {
                               keep->on_writable();
                           }});
    }

    void wait_read() override
    {
        socket_.async_wait(asio::socket_base::wait_read,
                           detail::heap_handler{[keep = boost::intrusive_ptr<connection>{this}](error_code ec) {
                               keep->on_readable(ec);
                           }});
    }

    void on_readable(error_code ec)
    {
        read_done();
        if (ended())
            return;
        const auto buffer = home().read_buffer();
        std::size_t n = 0;
        if (!ec)
            n = detail::read_some_now(socket_, buffer, ec);
        if (ec)
            return on_read_failed();
        if (n != 0)
            on_bytes(buffer.first(n));
        if (!ended() && wants_read())
            start_read();
    }

    // Both ends may fail because the peer is gone; the session ends all the same.
    void shutdown_write() noexcept override
    {
        error_code ignored;
        socket_.shutdown(asio::socket_base::shutdown_send, ignored);
    }
    void close_stream() noexcept override
    {
        error_code ignored;
        socket_.close(ignored);
    }

    Stream socket_;
};

} // namespace fanfare

#endif

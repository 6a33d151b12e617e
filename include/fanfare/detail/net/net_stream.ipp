// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_NET_NET_STREAM_IPP
#define FANFARE_DETAIL_NET_NET_STREAM_IPP

#include <fanfare/detail/net/net_stream.hpp>
#include <fanfare/detail/net/socket_io.hpp>

#include <boost/asio/socket_base.hpp>

namespace fanfare::detail {

FANFARE_DECL net_stream::net_stream(stream_socket socket, std::unique_ptr<tls_engine> engine)
    : socket_{std::move(socket)}, engine_{std::move(engine)}
{
    error_code ignored; // a socket that has failed says so at its first read
    if (socket_.is_open())
        socket_.non_blocking(true, ignored);
}

FANFARE_DECL void net_stream::close() noexcept
{
    error_code ignored; // it is closed whatever it says
    socket_.close(ignored);
}

FANFARE_DECL void net_stream::refuse_reads(bool on) noexcept
{
    refuses_reads_ = on;
    error_code ignored; // a socket that cannot is closed
    if (on)
        socket_.cancel(ignored);
}

FANFARE_DECL std::pair<stream_socket, std::unique_ptr<tls_engine>> net_stream::release()
{
    return {std::move(socket_), std::move(engine_)};
}

FANFARE_DECL std::size_t net_stream::socket_wire::send(std::string_view bytes, error_code& ec)
{
    return write_some_now(socket_, {&bytes, 1}, ec);
}

FANFARE_DECL bool net_stream::receive(std::span<char> buffer, error_code& ec)
{
    const auto n = read_some_now(socket_, buffer, ec);
    if (n != 0)
        engine_->feed(buffer.first(n));
    return n != 0;
}

FANFARE_DECL bool net_stream::has_input() const noexcept
{
    error_code ignored; // who cannot say has nothing
    return socket_.available(ignored) != 0;
}

FANFARE_DECL std::size_t net_stream::read_now(std::span<char> to, error_code& ec)
{
    if (!engine_)
        return read_some_now(socket_, to, ec);
    std::array<char, max_record> received;
    socket_wire out{socket_};
    if (!engine_->wants_input()) {
        const auto n = engine_->read(out, to, ec);
        if (n != 0 || ec)
            return n;
    }
    // Once: a peer that sends without end what gives nothing to read must not keep the thread.
    return receive(received, ec) ? engine_->read(out, to, ec) : 0;
}

FANFARE_DECL std::size_t net_stream::write_now(std::span<const std::string_view> bytes, error_code& ec)
{
    if (!engine_)
        return write_some_now(socket_, bytes, ec);
    socket_wire out{socket_};
    return engine_->write(out, bytes, ec);
}

FANFARE_DECL bool net_stream::flush_now(error_code& ec)
{
    if (!engine_)
        return true;
    socket_wire out{socket_};
    return engine_->flush(out, ec);
}

FANFARE_DECL bool net_stream::say_end() noexcept
{
    if (engine_) {
        socket_wire out{socket_};
        engine_->shutdown(out);
    }
    return !unsent();
}

FANFARE_DECL void net_stream::shutdown_now() noexcept
{
    say_end();
    error_code ignored; // the peer may be gone already
    socket_.shutdown(asio::socket_base::shutdown_send, ignored);
}

FANFARE_DECL net_stream::step net_stream::handshake_step(error_code& ec)
{
    if (!engine_)
        return step::done;
    std::array<char, max_record> received;
    socket_wire out{socket_};
    for (;;) {
        if (!engine_->flush(out, ec))
            return ec ? step::done : step::wait_write;
        const bool complete = engine_->handshake(out, ec);
        if (ec)
            return step::done;
        if (engine_->unsent())
            continue;
        if (complete)
            return step::done;
        if (!receive(received, ec))
            return ec ? step::done : step::wait_read;
    }
}

FANFARE_DECL net_stream::step net_stream::read_step(std::span<char> to, std::size_t& n, error_code& ec)
{
    if (to.empty())
        return step::done;
    n = read_now(to, ec);
    return n != 0 || ec ? step::done : step::wait_read;
}

// Complete only when the socket has all of it: nobody would send the rest of a record otherwise.
FANFARE_DECL net_stream::step net_stream::write_step(std::span<const std::string_view> parts, std::size_t& written,
                                                     error_code& ec)
{
    if (parts.empty())
        return step::done;
    if (!flush_now(ec))
        return ec ? step::done : step::wait_write;
    if (written == 0)
        written = write_now(parts, ec);
    return ec || (written != 0 && !unsent()) ? step::done : step::wait_write;
}

} // namespace fanfare::detail

#endif

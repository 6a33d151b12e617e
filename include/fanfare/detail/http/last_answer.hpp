// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_LAST_ANSWER_HPP
#define FANFARE_DETAIL_HTTP_LAST_ANSWER_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/http/connection_deadline.hpp>
#include <fanfare/detail/http/message.hpp>
#include <fanfare/detail/http/wait_for_answer.hpp>
#include <fanfare/detail/net/stream_layers.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <utility>

namespace fanfare::detail {

// Answers over any Asio stream, and the end of a connection behind the last one. All on the stream's executor.

/// Writes one response, with `Date`. `head_only`: the answer to HEAD, whose body the client would take for the next answer.
template <class Stream>
asio::awaitable<error_code> write_response(Stream& stream, http_response& answer, bool head_only)
{
    set_date(answer);
    const auto head = head_text(answer);
    const std::array<asio::const_buffer, 2> parts{asio::buffer(head),
                                                  head_only ? asio::const_buffer{} : asio::buffer(answer.body())};
    const auto [ec, n] = co_await asio::async_write(stream, parts, no_throw);
    co_return ec;
}

/// Tells the peer that nothing more comes: by TLS (RFC 8446 section 6.1), where there is TLS, and by TCP.
template <class Stream>
asio::awaitable<void> say_end(Stream& stream)
{
    if constexpr (requires { stream.shutdown_now(); }) {
        stream.shutdown_now();
    } else {
        if constexpr (requires(void (*done)(error_code)) { stream.async_shutdown(done); })
            co_await stream.async_shutdown(no_throw);
        auto& socket = socket_of(stream);
        error_code ignored; // a connection that has failed has ended
        if constexpr (requires { socket.shutdown(asio::socket_base::shutdown_send, ignored); })
            socket.shutdown(asio::socket_base::shutdown_send, ignored);
    }
    co_return;
}

/// Ends the connection so that the peer can still read the last answer: what it sends on is taken and dropped, or TCP would
/// reset the connection (RFC 9112 section 9.6). For two seconds and 4 MiB at most.
template <class Stream>
asio::awaitable<void> linger(Stream& stream, connection_deadline<Stream>& deadline)
{
    deadline.expires_after(std::chrono::seconds{2});
    co_await say_end(stream);
    auto& socket = socket_of(stream); // of what is dropped nothing need be decrypted
    std::array<char, 16 * 1024> dropped;
    for (std::size_t left = 4 * 1024 * 1024; left != 0;) {
        const auto [ec, n] = co_await socket.async_read_some(asio::buffer(dropped), no_throw);
        if (ec)
            break;
        left -= std::min(left, n);
    }
}

/// Writes this response, within `timeout`, and ends the connection as `linger` does. It owns the stream.
template <class Stream>
asio::awaitable<void> write_last(Stream stream, http_response answer, bool head_only,
                                 std::chrono::milliseconds timeout)
{
    connection_deadline<Stream> deadline{stream};
    deadline.expires_after(timeout);
    answer.keep_alive(false);
    const auto failed = co_await write_response(stream, answer, head_only);
    if (!failed)
        co_await linger(stream, deadline);
    close_socket(stream);
}

} // namespace fanfare::detail

#endif

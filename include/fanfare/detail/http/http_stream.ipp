// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_HTTP_STREAM_IPP
#define FANFARE_DETAIL_HTTP_HTTP_STREAM_IPP

#include <fanfare/detail/http/http_stream.hpp>
#include <fanfare/detail/http/wait_for_answer.hpp>

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/write.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <tuple>
#include <utility>

namespace fanfare::detail {

// Whether the client sends the body only when it is told to, or after a while (RFC 9110 section 10.1.1).
inline bool expects_continue(const http_request& request)
{
    return request.version() >= 11 && boost::beast::iequals(request[http::field::expect], "100-continue");
}

// Whether a request could not be understood: not whether the connection failed or ended.
inline bool is_malformed(const error_code& ec)
{
    const error_code end = http::error::end_of_stream;
    return ec != end && ec.category() == end.category();
}

inline http_response malformed_response(const error_code& ec)
{
    int status = 400;
    if (ec == http::error::body_limit)
        status = 413;
    else if (ec == http::error::header_limit || ec == http::error::buffer_overflow)
        status = 431;
    auto answer = error_response(status, error::invalid_message, "malformed HTTP: " + ec.message(), 11);
    answer.keep_alive(false);
    return answer;
}

FANFARE_DECL http_stream::http_stream(asio::ip::tcp::socket socket, const http_limits& limits)
    : limits_{limits}, stream_{std::move(socket)}, buffer_{limits.max_header + 8192}
{}

FANFARE_DECL asio::awaitable<std::optional<http_request>> http_stream::read()
{
    parser message;
    message.header_limit(limits_.max_header);
    message.body_limit(limits_.max_body);
    const auto ec = co_await read_message(message);
    if (!ec)
        co_return message.release();
    if (is_malformed(ec))
        co_await write(malformed_response(ec));
    co_return std::nullopt;
}

FANFARE_DECL asio::awaitable<error_code> http_stream::read_message(parser& message)
{
    stream_.expires_after(limits_.timeout);
    auto ec = std::get<0>(co_await http::async_read_header(stream_, buffer_, message, no_throw));
    if (ec || message.is_done())
        co_return ec;
    if (buffer_.size() == 0 && expects_continue(message.get()))
        ec = co_await write_continue();
    if (!ec)
        ec = std::get<0>(co_await http::async_read(stream_, buffer_, message, no_throw));
    co_return ec;
}

FANFARE_DECL asio::awaitable<error_code> http_stream::write_continue()
{
    http::response<http::empty_body> answer{http::status::continue_, 11};
    const auto [ec, n] = co_await http::async_write(stream_, answer, no_throw);
    co_return ec;
}

FANFARE_DECL asio::awaitable<bool> http_stream::write(http_response answer, bool head_only)
{
    stream_.expires_after(limits_.timeout);
    http::response_serializer<http::string_body> serializer{answer};
    if (head_only) {
        const auto [ec, n] = co_await http::async_write_header(stream_, serializer, no_throw);
        co_return !ec;
    }
    const auto [ec, n] = co_await http::async_write(stream_, serializer, no_throw);
    co_return !ec;
}

FANFARE_DECL asio::awaitable<void> http_stream::drain()
{
    error_code ignored; // the peer may be gone already
    stream_.socket().shutdown(asio::socket_base::shutdown_send, ignored);
    stream_.expires_after(std::chrono::seconds{2});
    std::array<char, 16 * 1024> dropped;
    for (std::size_t left = 4 * 1024 * 1024; left != 0;) {
        const auto [ec, n] = co_await stream_.async_read_some(asio::buffer(dropped), no_throw);
        if (ec)
            break;
        left -= std::min(left, n);
    }
}

FANFARE_DECL std::string http_stream::read_ahead() const
{
    const auto bytes = buffer_.data();
    return {static_cast<const char*>(bytes.data()), bytes.size()};
}

FANFARE_DECL asio::ip::tcp::socket http_stream::release()
{
    stream_.expires_never();
    return stream_.release_socket();
}

} // namespace fanfare::detail

#endif

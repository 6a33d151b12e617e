// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_HTTP_STREAM_IPP
#define FANFARE_DETAIL_HTTP_HTTP_STREAM_IPP

#include <fanfare/detail/http/http_stream.hpp>
#include <fanfare/detail/http/last_answer.hpp>
#include <fanfare/detail/http/wait_for_answer.hpp>
#include <fanfare/detail/net/socket_io.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/string_type.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/verb.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <utility>

namespace fanfare::detail {

// Whether a request could not be understood: not whether the connection failed or ended.
inline bool is_malformed(const error_code& ec)
{
    const error_code end = http::error::end_of_stream;
    return ec != end && ec.category() == end.category();
}

// Counts what stands beside the chunks of a body: Beast bounds each extension, not all together, and a trailer by the size
// of the buffer only (RFC 9112 sections 7.1.1 and 7.1.2).
struct chunk_limit {
    std::size_t left;
    const boost::beast::flat_buffer& buffer;

    void operator()(std::uint64_t size, boost::beast::string_view extensions, error_code& ec)
    {
        const auto beside = extensions.size() + (size == 0 ? trailer_size(extensions) : 0);
        if (beside > left)
            ec = http::error::bad_chunk_extension;
        left -= std::min(left, beside);
    }

    // Of the lines behind the last chunk's. Beast calls when it has all of them in the buffer, and takes them off after
    // that; `extensions` is a view into it.
    std::size_t trailer_size(boost::beast::string_view extensions) const
    {
        const auto bytes = buffer.data();
        const auto* end = static_cast<const char*>(bytes.data()) + bytes.size();
        const auto* behind = extensions.data() + extensions.size();
        const std::string_view rest{behind, static_cast<std::size_t>(end - behind)};
        return std::min(rest.find("\r\n\r\n"), rest.size());
    }
};

// Whether `line` is a request line whose only fault is a version that is not spoken here.
inline bool has_other_version(std::string_view line)
{
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == std::string_view::npos || line.find(' ', first + 1) != last)
        return false;
    const auto version = line.substr(last + 1);
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    return version.size() == 8 && version.starts_with("HTTP/") && is_digit(version[5]) && version[6] == '.' &&
           is_digit(version[7]);
}

FANFARE_DECL http_stream::http_stream(net_stream stream, const http_limits& limits,
                                      const std::atomic<bool>& stopped)
    : limits_{limits}, stopped_{stopped}, stream_{std::move(stream)}, deadline_{stream_}, buffer_{
                                                                                              limits.max_header +
                                                                                              8192}
{}

// Looked at before it is taken: what follows belongs to TLS or to HTTP.
FANFARE_DECL asio::awaitable<bool> http_stream::read_proxy_header(proxy_header& header)
{
    auto& socket = stream_.next_layer();
    std::array<char, 512> bytes;
    deadline_.expires_after(limits_.timeout);
    waits_for_client_ = true; // nothing was asked for yet, however much of the header has come
    while (header.now() == proxy_header::state::incomplete) {
        auto [ec] = co_await socket.async_wait(asio::socket_base::wait_read, no_throw);
        const auto seen = ec ? 0 : socket.receive(asio::buffer(bytes), asio::socket_base::message_peek, ec);
        forgive_would_block(ec);
        const auto mine = header.feed({bytes.data(), seen});
        if (!ec && mine != 0 && socket.receive(asio::buffer(bytes, mine), 0, ec) != mine)
            co_return false;
        if (ec)
            co_return false;
    }
    waits_for_client_ = false;
    co_return true;
}

FANFARE_DECL asio::awaitable<void> http_stream::refuse_peer(request_fault why)
{
    if (stream_.has_tls())
        co_return;
    auto refusing = refuse(std::move(why));
    co_await std::move(refusing);
}

FANFARE_DECL asio::awaitable<error_code> http_stream::handshake()
{
    deadline_.expires_after(limits_.timeout);
    waits_for_client_ = true; // it has asked for nothing yet
    const auto [ec] = co_await stream_.async_handshake(no_throw);
    waits_for_client_ = false;
    if (ec && stream_.engine()->saw_plain_http())
        co_await answer_plain_http();
    co_return ec;
}

FANFARE_DECL asio::awaitable<void> http_stream::answer_plain_http()
{
    auto answer = error_response(400, error::invalid_message, "plain HTTP was sent to a port that speaks TLS", 11);
    answer.keep_alive(false);
    co_await write_response(stream_.next_layer(), answer, false); // the connection ends in any case
}

FANFARE_DECL asio::awaitable<std::optional<http_request>> http_stream::read(bool in_same_time)
{
    parser message;
    message.header_limit(limits_.max_header);
    message.body_limit(limits_.max_body);
    chunk_limit beside_chunks{limits_.max_header, buffer_};
    message.on_chunk_header(beside_chunks);

    http_request request;
    std::optional<request_fault> fault;
    auto ec = co_await read_head(message, in_same_time);
    if (!ec) {
        fault = head_fault(message.get(), stream_.has_tls());
        // Where the body ends is the parser's word: what it has not read as chunked must not be taken for it.
        if (!fault && !message.chunked() && message.get().count(http::field::transfer_encoding) != 0)
            fault.emplace(request_fault{501, "Transfer-Encoding: only chunked is understood here"});
        request.base() = message.get().base(); // before Beast adds what stands in the trailer
    }
    if (!ec && !fault)
        ec = co_await read_body(message);
    if (!ec && !fault) {
        deadline_.expires_never();   // whoever answers has a time of his own
        stream_.refuse_reads(false); // it may have been over in the moment when the request was complete
        request.body() = std::move(message.get().body());
        settle_target(request);
        co_return request;
    }
    if (ec == http::error::bad_chunk_extension && beside_chunks.left == 0)
        fault.emplace(request_fault{431, "chunk extensions and trailer above the limit"});
    else if (is_malformed(ec))
        fault.emplace(fault_of(ec, message));
    if (fault) {
        refused_ = static_cast<unsigned>(fault->status);
        co_await refuse(std::move(*fault), is_head(message));
    } else if (ec == asio::error::timed_out) {
        refused_ = 408;
        co_await refuse_late(message);
    }
    co_return std::nullopt;
}

FANFARE_DECL bool http_stream::has_more()
{
    if (buffer_.size() == 0) {
        const auto to = buffer_.prepare(2048);
        error_code ignored; // a connection that has ended, or failed, has nothing more
        buffer_.commit(stream_.read_now({static_cast<char*>(to.data()), to.size()}, ignored));
    }
    return buffer_.size() != 0;
}

FANFARE_DECL asio::awaitable<error_code> http_stream::read_head(parser& message, bool in_same_time)
{
    if (!in_same_time)
        deadline_.expires_after(limits_.timeout, [](net_stream& stream) { stream.refuse_reads(true); });
    // Empty lines before a request are skipped (RFC 9112 section 2.2).
    for (int lines = 0; lines != 8;) {
        const auto data = read_ahead();
        if (data.starts_with("\r\n")) {
            buffer_.consume(2);
            ++lines;
        } else if (data.empty() || data == "\r") {
            const bool nothing = data.empty();
            if (nothing && stopped_ && !in_same_time && !stream_.has_input())
                co_return error_code{asio::error::eof};
            waits_for_client_ = nothing;
            const auto [ec, n] = co_await stream_.async_read_some(buffer_.prepare(2048), no_throw);
            waits_for_client_ = false;
            if (ec && nothing) { // there is no request to be answered
                if (ec == asio::error::timed_out)
                    stream_.close();
                co_return error_code{asio::error::eof};
            }
            if (ec)
                co_return ec;
            buffer_.commit(n);
        } else {
            break;
        }
    }
    // The parser's own limit is one for what it has not taken yet: a header that comes in pieces could grow without end.
    message.eager(false);
    for (std::size_t taken = 0; !message.is_header_done();) {
        const auto [ec, n] = co_await http::async_read_some(stream_, buffer_, message, no_throw);
        taken += n;
        if (ec)
            co_return ec;
        if (taken > limits_.max_header)
            co_return http::error::header_limit;
    }
    co_return error_code{};
}

FANFARE_DECL asio::awaitable<error_code> http_stream::read_body(parser& message)
{
    if (message.is_done())
        co_return error_code{};
    if (buffer_.size() == 0 && expects_continue(message.get()))
        if (const auto ec = co_await write_continue())
            co_return ec;
    co_return std::get<0>(co_await http::async_read(stream_, buffer_, message, no_throw));
}

FANFARE_DECL request_fault http_stream::fault_of(const error_code& ec, const parser& message) const
{
    const auto rest = read_ahead(); // what could not be parsed
    const bool in_first_line = message.get().target().empty();
    if (ec == http::error::body_limit)
        return {413, "the body is above the limit"};
    if (ec == http::error::header_limit || ec == http::error::buffer_overflow) {
        if (!in_first_line)
            return {431, "the header is above the limit"};
        // RFC 9112 section 3
        return rest.find(' ') == std::string_view::npos ? request_fault{501, "a method that is not known here"}
                                                        : request_fault{414, "the target is above the limit"};
    }
    if (ec == http::error::bad_version && in_first_line && has_other_version(rest.substr(0, rest.find("\r\n"))))
        return {505, "only HTTP/1.0 and HTTP/1.1 are spoken here"};
    return {400, "malformed HTTP: " + ec.message()};
}

// Of a first line that cannot be read the parser knows no method.
FANFARE_DECL bool http_stream::is_head(const parser& message) const
{
    return message.get().method() == http::verb::head ||
           (message.get().target().empty() && read_ahead().starts_with("HEAD "));
}

FANFARE_DECL asio::awaitable<void> http_stream::refuse(request_fault why, bool head_only)
{
    const auto code = why.status == 403 ? error::forbidden : error::invalid_message;
    auto answer = error_response(why.status, code, why.message, 11);
    answer.keep_alive(false);
    co_await write(std::move(answer), head_only);
}

// The client has had its time: the answer must fit into what its socket takes.
FANFARE_DECL asio::awaitable<void> http_stream::refuse_late(const parser& message)
{
    auto answer = error_response(408, error::timed_out, "the request was not complete in time", 11);
    answer.keep_alive(false);
    deadline_.expires_after(std::min<std::chrono::milliseconds>(limits_.timeout, std::chrono::seconds{2}));
    co_await write_response(stream_, answer, is_head(message)); // it ends in any case
}

FANFARE_DECL asio::awaitable<error_code> http_stream::write_continue()
{
    const auto [ec, n] = co_await asio::async_write(stream_, asio::buffer(continue_text), no_throw);
    co_return ec;
}

FANFARE_DECL asio::awaitable<bool> http_stream::write(http_response answer, bool head_only)
{
    deadline_.expires_after(limits_.timeout);
    const auto failed = co_await write_response(stream_, answer, head_only);
    co_return !failed;
}

FANFARE_DECL asio::awaitable<void> http_stream::drain()
{
    co_await linger(stream_, deadline_);
}

FANFARE_DECL std::string_view http_stream::read_ahead() const
{
    const auto bytes = buffer_.data();
    return {static_cast<const char*>(bytes.data()), bytes.size()};
}

FANFARE_DECL net_stream http_stream::release()
{
    deadline_.expires_never();
    return std::move(stream_);
}

} // namespace fanfare::detail

#endif

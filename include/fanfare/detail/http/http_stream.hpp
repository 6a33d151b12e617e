// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_HTTP_STREAM_HPP
#define FANFARE_DETAIL_HTTP_HTTP_STREAM_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/http/connection_deadline.hpp>
#include <fanfare/detail/http/message.hpp>
#include <fanfare/detail/http/request_rules.hpp>
#include <fanfare/detail/net/net_stream.hpp>
#include <fanfare/detail/net/proxy_header.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace fanfare::detail {

struct http_limits {
    /// For reading one request, and for writing one response.
    std::chrono::milliseconds timeout;
    /// In bytes.
    std::uint32_t max_header;
    std::uint64_t max_body;
};

/// HTTP requests and responses over one connection, with TLS or without. Only on its executor.
class http_stream {
public:
    /// `stopped`: once it is true, requests that have come are still read, and none is waited for. It outlives this.
    http_stream(net_stream stream, const http_limits& limits, const std::atomic<bool>& stopped);
    http_stream(const http_stream&) = delete;
    http_stream& operator=(const http_stream&) = delete;

    /// Reads a PROXY header, before all else, and nothing behind it. False: the connection is over. Else it is complete or
    /// malformed.
    asio::awaitable<bool> read_proxy_header(proxy_header& header);
    /// Answers that a request is refused, as the last one. `head_only`: it was HEAD.
    asio::awaitable<void> refuse(request_fault why, bool head_only = false);
    /// Tells a peer that may not speak here why, where that can be told: not where it expects TLS.
    asio::awaitable<void> refuse_peer(request_fault why);
    /// The TLS handshake, if the connection is one with TLS. To a client that speaks plain HTTP instead it answers 400.
    asio::awaitable<error_code> handshake();

    /// Reads one request. Empty if the connection is over: by its end, by an error, or since the request was malformed,
    /// too large, or not complete in time (408; RFC 9110 section 15.5.9), which has been answered then. Where nothing of
    /// a request has come in time, nothing is answered. What stands in a trailer is no part of it (RFC 9110 section
    /// 6.5.1), and its target is a path and a query, or `*`.
    ///
    /// `in_same_time`: it has what is left of the handshake's time, and no answer when that is over.
    asio::awaitable<std::optional<http_request>> read(bool in_same_time = false);
    /// The status of what `read` has answered itself; 0: it has not.
    unsigned refused() const noexcept { return refused_; }
    /// Whether the beginning of another request is here: reads what there is, and waits for nothing. Not before the
    /// handshake.
    bool has_more();

    /// Writes one response, with `Date`; false if that failed. `head_only`: the answer to HEAD, whose body the client would take for
    /// the next answer.
    asio::awaitable<bool> write(http_response answer, bool head_only = false);

    /// Ends the connection so that the peer can still read the last answer: what it sends on is taken and dropped, or TCP
    /// would reset the connection (RFC 9112 section 9.6).
    asio::awaitable<void> drain();

    net_stream& next_layer() noexcept { return stream_; }
    /// Whether it waits for the client to ask for something: in the TLS handshake, and until the first byte of a request.
    const bool& waits_for_client() const noexcept { return waits_for_client_; }
    /// What was read past the last request. Until the next call.
    std::string_view read_ahead() const;
    /// Gives the connection away, without a timeout. This is of no further use.
    net_stream release();

private:
    using parser = http::request_parser<http::string_body>;

    asio::awaitable<error_code> read_head(parser& message, bool in_same_time);
    asio::awaitable<error_code> read_body(parser& message);
    bool is_head(const parser& message) const;
    asio::awaitable<void> refuse_late(const parser& message);
    request_fault fault_of(const error_code& ec, const parser& message) const;
    asio::awaitable<error_code> write_continue();
    asio::awaitable<void> answer_plain_http();

    http_limits limits_;
    const std::atomic<bool>& stopped_;
    net_stream stream_;
    connection_deadline<net_stream> deadline_;
    boost::beast::flat_buffer buffer_;
    bool waits_for_client_ = false;
    unsigned refused_ = 0;
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/http/http_stream.ipp>
#endif

#endif

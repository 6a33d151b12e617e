// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_HTTP_SESSION_HPP
#define FANFARE_DETAIL_HTTP_HTTP_SESSION_HPP

#include <fanfare/auth.hpp>
#include <fanfare/config.hpp>
#include <fanfare/detail/http/http_stream.hpp>
#include <fanfare/detail/http/message.hpp>
#include <fanfare/detail/http/pending_connections.hpp>
#include <fanfare/detail/net/net_stream.hpp>
#include <fanfare/detail/shard/shard.hpp>
#include <fanfare/server.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>

#include <atomic>
#include <exception>
#include <memory>
#include <optional>
#include <string>

namespace fanfare::detail {

/// What all connections of a listener share.
struct http_service {
    std::shared_ptr<hub_core> hub;
    server_options options;
    http_api api{hub, options.api};
    std::atomic<bool> stopped{false};
    mutable pending_connections handshakes{options.max_tls_handshakes}; // TLS handshakes under way
};

/// One TCP connection to a `server`, until it becomes a WebSocket or a stream of events: reads requests and answers them.
/// Only on the shard that the connection will live on. `service` outlives it.
class http_session {
public:
    http_session(const http_service& service, net_stream stream, shard& home);

    /// Until the connection has ended or the hub has it. `pending` is its entry in the listener's list.
    asio::awaitable<void> run(pending_connection& pending);

private:
    /// Whom a request is for: the HTTP API and the application, or the hub, which takes the connection over.
    enum class endpoint { http, websocket, event_stream };
    endpoint endpoint_of(const http_request& request) const;

    /// The TLS handshake, if there is one. False: it has failed.
    asio::awaitable<bool> handshake();
    handshake_request describe_request(const http_request& request) const;
    asio::awaitable<void> accept(const http_request& request, endpoint to);
    asio::awaitable<auth_result> authenticate(const handshake_request& view);
    /// Why the request may not go on to the authenticator: its host or its page's origin.
    std::optional<refusal> gate(const handshake_request& view) const;
    asio::awaitable<void> refuse(const refusal& why, const http_request& request, const std::string& origin);
    /// Ends the connection with this answer. It is counted as a refusal of the hub.
    asio::awaitable<void> end_with(http_response answer, const http_request& request);
    /// The head of the stream of events that a GET would get (RFC 9110 section 9.3.2).
    http_response event_stream_answer(const handshake_request& view, const std::string& origin, unsigned version);

    asio::awaitable<http_response> respond(const http_request& request);
    asio::awaitable<http_response> api_response(const http_request& request);
    /// The application's own answer to what is no path of the API.
    http_response application_response(const http_request& request);
    /// What is answered where neither the API nor the application has anything.
    http_response default_response(const http_request& request) const;
    /// A function of the application threw the current exception: the client is told only that.
    http_response handler_failed_response(unsigned version);
    /// Has an exception of the application counted and told to `hub::on_exception`.
    void report_exception(const std::exception_ptr& cause);

    const http_service& service_;
    shard& home_;
    http_stream stream_;
    const asio::ip::address caller_;
    std::shared_ptr<const tls_peer> tls_{}; // null without TLS
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/http/http_session.ipp>
#endif

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_HTTP_SESSION_HPP
#define FANFARE_DETAIL_HTTP_HTTP_SESSION_HPP

#include <fanfare/any_tls_context.hpp>
#include <fanfare/config.hpp>
#include <fanfare/detail/http/gatekeeper.hpp>
#include <fanfare/detail/http/http_stream.hpp>
#include <fanfare/detail/http/message.hpp>
#include <fanfare/detail/http/pending_connections.hpp>
#include <fanfare/detail/net/net_stream.hpp>
#include <fanfare/detail/shard/shard.hpp>
#include <fanfare/server.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/beast/http/verb.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <string_view>

namespace fanfare::detail {

/// What is spoken where a server listens.
struct connection_kind {
    any_tls_context tls;
    bool proxy_protocol = false;
};

/// What all connections of a listener share.
struct http_service {
    std::shared_ptr<hub_core> hub;
    server_options options;
    http_api api{hub, options.api};
    std::shared_ptr<const gatekeeper> door = std::make_shared<const gatekeeper>(
        hub, endpoint_options{options.path, options.events, options.authenticate, options.origins, options.hosts,
                              options.proxies, options.handshake_timeout});
    std::atomic<bool> stopped{false};
    mutable pending_connections handshakes{options.max_tls_handshakes}; // TLS handshakes under way
};

/// One TCP connection to a `server`, until it becomes a WebSocket or a stream of events: reads requests and answers them.
/// Only on the shard that the connection will live on. `service` outlives it.
class http_session {
public:
    http_session(const http_service& service, net_stream stream, shard& home, bool proxy_protocol);

    /// Until the connection has ended or the hub has it. `pending` is its entry in the listener's list.
    asio::awaitable<void> run(pending_connection& pending);

private:
    /// What comes before HTTP: a PROXY header, then a TLS handshake, if they are to. False: the connection is over.
    asio::awaitable<bool> begin();
    asio::awaitable<bool> read_proxy_header();
    asio::awaitable<bool> handshake();
    /// Settles what proxies have to do with a request: whose it is, and what stands before its path. False: nobody can say
    /// whose.
    bool apply_proxy_rules(http_request& request);
    /// Lets the hub have the connection, or ends it with the reason.
    asio::awaitable<void> accept(http_request request);

    /// The request is moved from if a coroutine of the application is to have it.
    asio::awaitable<http_response> respond(http_request& request, request_purpose purpose);
    asio::awaitable<http_response> api_response(const http_request& request);
    /// The application's own answer to what is no path of the API: at once, or by a coroutine.
    http_response application_response(const http_request& request);
    asio::awaitable<http_response> awaited_response(http_request request);
    /// What is answered where neither the API nor the application has anything.
    http_response default_response(std::string_view target, http::verb method, unsigned version) const;
    /// A function of the application threw the current exception, which is counted and told to `hub::on_exception`.
    http_response failed_response(unsigned version);

    const http_service& service_;
    shard& home_;
    http_stream stream_;
    const bool proxy_protocol_;
    // The other end's address, or the one that a PROXY header tells. Nothing: not known.
    std::optional<asio::ip::address> peer_;
    bool relayed_ = false;                  // by a proxy, as a PROXY header says
    client_address caller_{};               // of the request
    std::shared_ptr<const tls_peer> tls_{}; // null without TLS
};

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/http/http_session.ipp>
#endif

#endif

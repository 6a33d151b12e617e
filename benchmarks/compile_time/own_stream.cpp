// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// A unit of an application's own server, with Asio's TLS, that hands its WebSocket and event stream clients over.
#include <fanfare/fanfare.hpp>
#include <fanfare/sse.hpp>
#include <fanfare/websocket.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <utility>

namespace http = boost::beast::http;
using tls_socket = boost::asio::ssl::stream<boost::asio::ip::tcp::socket>;

void take(fanfare::hub<>& hub, tls_socket stream, const http::request<http::string_body>& request)
{
    if (request[http::field::upgrade].empty())
        hub.accept_events(std::move(stream), request, fanfare::identity{.user_id = "alice"});
    else
        hub.accept(std::move(stream), request, fanfare::identity{.user_id = "alice"});
}

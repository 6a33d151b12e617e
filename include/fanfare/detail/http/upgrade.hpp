// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_UPGRADE_HPP
#define FANFARE_DETAIL_HTTP_UPGRADE_HPP

#include <fanfare/auth.hpp>
#include <fanfare/config.hpp>
#include <fanfare/detail/session/session.hpp>
#include <fanfare/detail/shard/shard.hpp>
#include <fanfare/error.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/option.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace fanfare::detail {

namespace http = boost::beast::http;

/// permessage-deflate without context takeover on either side, so that receivers can share the bytes and an idle
/// connection holds no window (RFC 7692 section 7.1.1).
boost::beast::websocket::permessage_deflate deflate_offer();
/// Sets `Server` and the subprotocol.
void decorate_upgrade(boost::beast::websocket::response_type& answer, std::string_view subprotocol);
/// What the answer to the upgrade settled about compression.
session_settings negotiated(const boost::beast::websocket::response_type& answer);
void equip_with_deflate(shard& home);

/// What an authenticator sees of a request.
template <class Body>
handshake_request describe(const http::request<Body>& request, const asio::ip::address& caller)
{
    handshake_request::header_list headers;
    for (const auto& field : request)
        headers.emplace_back(std::string{field.name_string()}, std::string{field.value()});
    return {std::string{request.method_string()}, std::string{request.target()}, std::move(headers),
            caller.to_string()};
}

/// An HTTP error with the body `{"error":{"code","message"}}`.
http::response<http::string_body> error_response(int status, error code, std::string_view message,
                                                 unsigned version);
/// The status that belongs to a refusal of the hub: 429 for a limit, 503 while shutting down, 400 for a bad user.
http::response<http::string_body> refusal_response(error code, unsigned version);
http::response<http::string_body> refusal_response(const refusal& why, unsigned version);

/// Lets a page of this origin read the answer (Fetch Standard, section 3.2). An empty one: nothing.
template <class Body>
void allow_page(http::response<Body>& answer, std::string_view origin)
{
    if (origin.empty())
        return;
    answer.set(http::field::access_control_allow_origin, origin);
    answer.set(http::field::vary, "Origin");
}

/// The peer's address where the stream ends in an IP socket, else the unspecified one.
template <class Stream>
asio::ip::address peer_address(Stream& stream)
{
    error_code ec;
    if constexpr (requires { stream.remote_endpoint(ec).address(); })
        return stream.remote_endpoint(ec).address();
    else if constexpr (requires { stream.lowest_layer().remote_endpoint(ec).address(); })
        return stream.lowest_layer().remote_endpoint(ec).address();
    else
        return {};
}

template <class Stream>
void close_quietly(Stream& stream)
{
    error_code ignored; // it was refused anyhow
    if constexpr (requires { stream.lowest_layer().close(ignored); })
        stream.lowest_layer().close(ignored);
    else
        stream.close();
}

/// `TCP_NOTSENT_LOWAT`; does nothing for other sockets and systems.
void limit_unsent(int descriptor, std::size_t bytes) noexcept;

/// `TCP_USER_TIMEOUT` (RFC 5482): a peer that does not confirm data for so long is gone. Does nothing for other sockets
/// and systems.
void limit_unconfirmed(int descriptor, std::chrono::milliseconds time) noexcept;

/// The same socket, on the shard's executor, ready for writes that do not block.
template <class Socket>
auto prepared_socket(Socket socket, const asio::any_io_executor& executor, std::size_t unsent_low_water)
{
    using protocol = typename Socket::protocol_type;
    using result = typename protocol::socket;
    error_code ec;
    result moved{executor};
    bool done = false;
    if constexpr (std::is_same_v<Socket, result>) {
        if (socket.get_executor() == executor) {
            moved = std::move(socket);
            done = true;
        }
    }
    if (!done) {
        const auto local = socket.local_endpoint(ec).protocol();
        const auto handle = socket.release(ec);
        if (!ec)
            moved.assign(local, handle, ec);
    }
    moved.non_blocking(true, ec);
    if constexpr (std::is_same_v<protocol, asio::ip::tcp>) {
        moved.set_option(asio::ip::tcp::no_delay{true}, ec);
#if defined(__unix__) || defined(__APPLE__)
        limit_unsent(moved.native_handle(), unsent_low_water);
#endif
    }
    return moved; // one that failed above ends at its first read
}

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/http/upgrade.ipp>
#endif

#endif

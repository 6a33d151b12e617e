// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_HANDSHAKE_HPP
#define FANFARE_HANDSHAKE_HPP

#include <fanfare/auth.hpp>
#include <fanfare/config.hpp>
#include <fanfare/tls_peer.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <memory>
#include <string>
#include <utility>

namespace fanfare {

// For servers that answer handshakes themselves: what an authenticator, an `origin_allow_list` and a `host_allow_list`
// look at, and what a client is answered whom they refuse. `endpoint` does all of it by itself.
//
//     const auto view = fanfare::describe_request(request, socket.remote_endpoint().address());
//     if (const auto why = origins.check(view))
//         return fanfare::refusal_response(*why, request.version());

/// A request of Beast's as authenticators and allow-lists see it. Everything is copied, but for the body, if there is one.
///
/// @param request The request as it was read, or its header. Its target is a path and a query (RFC 9112 section 3.2.1).
/// @param remote_address The client's: the peer's, or what `trusted_proxies::client_of` answers.
/// @param tls What its TLS handshake settled, of `tls_stream::peer()`; null without TLS, or where it is not known.
/// Throws nothing but `std::bad_alloc`. Thread-safe.
template <class Fields>
handshake_request describe_request(const boost::beast::http::header<true, Fields>& request,
                                   const asio::ip::address& remote_address,
                                   std::shared_ptr<const tls_peer> tls = nullptr)
{
    handshake_request::header_list headers;
    for (const auto& field : request)
        headers.emplace_back(std::string{field.name_string()}, std::string{field.value()});
    return {std::string{request.method_string()}, std::string{request.target()}, std::move(headers),
            remote_address.to_string(), std::move(tls)};
}

/// What is answered to a client that may not enter: the refusal's status, `Retry-After` if it has that, with 401 the scheme
/// (RFC 6750 section 3) and, where a credential was seen, `error="invalid_token"`, and the body `{"error":{"code","message"}}`. It never says what an authenticator has thrown.
///
/// It has `Date` and the body's length, and is ready to be written; whether the connection ends with it (`keep_alive`) is
/// left to the caller, and so are the fields of CORS. Not counted in `hub_stats::refused`.
///
/// @param why The refusal: of an allow-list's `check`, or of an `auth_result`.
/// @param version The request's: 10 or 11.
/// Throws nothing but `std::bad_alloc`. Thread-safe.
boost::beast::http::response<boost::beast::http::string_body> refusal_response(const refusal& why,
                                                                               unsigned version);

} // namespace fanfare

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/handshake.ipp>
#endif

#endif

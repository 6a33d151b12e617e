// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_MESSAGE_HPP
#define FANFARE_DETAIL_HTTP_MESSAGE_HPP

#include <fanfare/auth.hpp>
#include <fanfare/config.hpp>
#include <fanfare/error.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace fanfare::detail {

namespace http = boost::beast::http;

using http_request = http::request<http::string_body>;
using http_response = http::response<http::string_body>;

/// The target without its query.
inline std::string_view path_of(std::string_view target) noexcept
{
    return target.substr(0, target.find('?'));
}

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
http_response error_response(int status, error code, std::string_view message, unsigned version);
/// The status that belongs to a refusal of the hub: 429 for a limit, 503 while shutting down, 400 for a bad user.
http_response refusal_response(error code, unsigned version);
http_response refusal_response(const refusal& why, unsigned version);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/http/message.ipp>
#endif

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_MESSAGE_HPP
#define FANFARE_DETAIL_HTTP_MESSAGE_HPP

#include <fanfare/config.hpp>
#include <fanfare/error.hpp>

#include <boost/beast/http/field.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace fanfare::detail {

namespace http = boost::beast::http;

using http_request = http::request<http::string_body>;
using http_response = http::response<http::string_body>;

/// The target without its query.
inline std::string_view path_of(std::string_view target) noexcept
{
    return target.substr(0, target.find('?'));
}

/// A time as HTTP writes it, in GMT (RFC 9110 section 5.6.7).
std::string http_date(std::chrono::system_clock::time_point when);

/// Sets `Date` where there is none: every answer has one (RFC 9110 section 6.6.1).
template <class Fields>
void set_date(Fields& answer)
{
    if (answer.count(http::field::date) == 0)
        answer.set(http::field::date, http_date(std::chrono::system_clock::now()));
}

/// Sets the length of the body. Where the status allows none, the body and its length are left out (RFC 9110 sections 8.6,
/// 15.3.5, 15.3.6 and 15.4.5).
void settle_payload(http_response& answer);

/// The status line, the fields and the empty line, as they are sent. Beast's serializer does the same, and is compiled
/// again for each type of stream, which takes a compiler longer than all else that a stream needs.
std::string head_text(const http::response_header<>& head);

/// "100 Continue": the client may send the body (RFC 9110 section 15.2.1).
inline constexpr std::string_view continue_text = "HTTP/1.1 100 Continue\r\n\r\n";

/// Where event streams are, and where their clients speak.
inline constexpr std::string_view event_path = "/api/v1/sse";

/// The values of `Allow`.
inline constexpr std::string_view read_methods = "GET, HEAD, OPTIONS";
inline constexpr std::string_view write_methods = "POST, OPTIONS";
inline constexpr std::string_view event_methods = "GET, HEAD, POST, OPTIONS";
inline constexpr std::string_view server_methods = event_methods; // of some path or other

/// 405, with the methods that the path has (RFC 9110 section 15.5.6).
http_response wrong_method_response(std::string_view allowed, unsigned version);
/// 426, with the protocol that is wanted (RFC 9110 sections 7.8 and 15.5.22).
http_response upgrade_required(std::string_view why, unsigned version);
/// The answer to OPTIONS (RFC 9110 section 9.3.7): 204, with the methods.
http_response methods_response(std::string_view allowed, unsigned version);

/// An HTTP error with the body `{"error":{"code","message"}}`. 401 names the scheme (RFC 6750 section 3).
http_response error_response(int status, error code, std::string_view message, unsigned version);
/// 500: a function of the application threw. The client is told only that.
http_response handler_failed_response(unsigned version);
/// The status that belongs to a refusal of the hub: 429 for a limit, 503 while shutting down or without a store, 400
/// for a bad user. With `Retry-After`, if it is known when the client may come again. `message`: empty for that of the
/// code.
http_response hub_refusal_response(error code, unsigned version,
                                   std::optional<std::chrono::seconds> retry_after = std::nullopt,
                                   std::string_view message = {});

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/http/message.ipp>
#endif

#endif

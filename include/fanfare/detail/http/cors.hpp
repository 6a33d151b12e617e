// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_CORS_HPP
#define FANFARE_DETAIL_HTTP_CORS_HPP

#include <fanfare/auth.hpp>
#include <fanfare/auth/origin.hpp>
#include <fanfare/config.hpp>
#include <fanfare/detail/http/message.hpp>
#include <fanfare/detail/http/request_rules.hpp>

#include <boost/beast/http/field.hpp>

#include <string>
#include <string_view>

namespace fanfare::detail {

// Cross-origin requests of browsers (CORS; Fetch Standard, section 3.2).

/// Tells caches that another page may be answered otherwise ("CORS protocol and HTTP caches" there).
template <class Body>
void depends_on_origin(http::response<Body>& answer)
{
    if (answer.count(http::field::vary) == 0)
        answer.set(http::field::vary, "Origin");
    else if (!lists(answer, http::field::vary, "Origin"))
        answer.insert(http::field::vary, "Origin");
}

/// Lets a page of this origin read the answer, and when to ask again; does nothing for an empty one.
template <class Body>
void allow_origin(http::response<Body>& answer, std::string_view origin)
{
    if (origin.empty())
        return;
    answer.set(http::field::access_control_allow_origin, origin);
    depends_on_origin(answer);
    if (answer.count(http::field::retry_after) != 0)
        answer.set(http::field::access_control_expose_headers, "Retry-After");
}

/// The origin of the page that asks, if it may read what is answered to it; else empty.
std::string permitted_origin(const handshake_request& request, const origin_allow_list& allowed);

/// The answer to OPTIONS, by which a browser asks before it sends a header of the page's own, or JSON. `methods`: those of
/// the path.
http_response preflight_response(unsigned version, std::string_view methods, std::string_view origin);

} // namespace fanfare::detail

#if defined(FANFARE_HEADER_ONLY)
#include <fanfare/detail/http/cors.ipp>
#endif

#endif

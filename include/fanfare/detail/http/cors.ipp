// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_CORS_IPP
#define FANFARE_DETAIL_HTTP_CORS_IPP

#include <fanfare/detail/http/cors.hpp>

namespace fanfare::detail {

FANFARE_DECL std::string permitted_origin(const handshake_request& request, const origin_allow_list& allowed)
{
    const auto origin = request.header("Origin");
    return !origin.empty() && allowed.allows(request) ? std::string{origin} : std::string{};
}

FANFARE_DECL http_response preflight_response(unsigned version, std::string_view methods, std::string_view origin)
{
    auto answer = methods_response(methods, version);
    allow_origin(answer, origin);
    if (!origin.empty()) {
        answer.set(http::field::access_control_allow_methods, methods);
        answer.set(http::field::access_control_allow_headers,
                   "Authorization, Content-Type, Last-Event-ID, traceparent");
        answer.set(http::field::access_control_max_age, "600");
    }
    return answer;
}

} // namespace fanfare::detail

#endif

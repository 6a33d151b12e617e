// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_HTTP_MESSAGE_IPP
#define FANFARE_DETAIL_HTTP_MESSAGE_IPP

#include <fanfare/detail/http/message.hpp>
#include <fanfare/version.hpp>

#include <boost/beast/http/field.hpp>
#include <boost/json/serialize.hpp>

namespace fanfare::detail {

FANFARE_DECL http_response error_response(int status, error code, std::string_view message, unsigned version)
{
    http_response answer{static_cast<http::status>(status), version};
    answer.set(http::field::server, "fanfare/" FANFARE_VERSION_STRING);
    answer.set(http::field::content_type, "application/json");
    answer.body() = json::serialize(json::value{{"error", {{"code", to_string(code)}, {"message", message}}}});
    answer.prepare_payload();
    return answer;
}

FANFARE_DECL http_response refusal_response(error code, unsigned version)
{
    const int status = code == error::too_many_connections ? 429
                       : code == error::shutting_down      ? 503
                       : code == error::unauthorized       ? 401
                                                           : 400;
    auto answer = error_response(status, code, make_error_code(code).message(), version);
    if (status == 401)
        answer.set(http::field::www_authenticate, "Bearer"); // RFC 9110 section 15.5.2
    answer.keep_alive(false);
    return answer;
}

FANFARE_DECL http_response refusal_response(const refusal& why, unsigned version)
{
    auto answer = error_response(why.status, why.code, why.message, version);
    if (why.retry_after)
        answer.set(http::field::retry_after, std::to_string(why.retry_after->count()));
    if (why.status == 401)
        answer.set(http::field::www_authenticate, "Bearer");
    return answer;
}

} // namespace fanfare::detail

#endif

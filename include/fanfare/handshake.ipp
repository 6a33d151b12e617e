// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_HANDSHAKE_IPP
#define FANFARE_HANDSHAKE_IPP

#include <fanfare/detail/http/message.hpp>
#include <fanfare/handshake.hpp>

#include <boost/beast/http/field.hpp>

namespace fanfare {

FANFARE_DECL boost::beast::http::response<boost::beast::http::string_body> refusal_response(const refusal& why,
                                                                                            unsigned version)
{
    auto answer = detail::error_response(why.status, why.code, why.message, version);
    // RFC 6750 section 3.1: a token was there, and is not good.
    if (why.status == 401 && why.credential_seen && why.code != error::invalid_user)
        answer.set(boost::beast::http::field::www_authenticate,
                   "Bearer realm=\"fanfare\", error=\"invalid_token\"");
    if (why.retry_after)
        answer.set(boost::beast::http::field::retry_after, std::to_string(why.retry_after->count()));
    return answer;
}

} // namespace fanfare

#endif

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
    if (why.retry_after)
        answer.set(boost::beast::http::field::retry_after, std::to_string(why.retry_after->count()));
    return answer;
}

} // namespace fanfare

#endif

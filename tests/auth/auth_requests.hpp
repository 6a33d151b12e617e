// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_TESTS_AUTH_AUTH_REQUESTS_HPP
#define FANFARE_TESTS_AUTH_AUTH_REQUESTS_HPP

#include <fanfare/auth.hpp>

#include <string>
#include <utility>

namespace fanfare::test {

inline handshake_request handshake(std::string target, handshake_request::header_list headers = {})
{
    return {"GET", std::move(target), std::move(headers), "192.0.2.1"};
}

inline handshake_request from_origin(std::string origin, std::string host = "server.example")
{
    return handshake("/", {{"Host", std::move(host)}, {"Origin", std::move(origin)}});
}

} // namespace fanfare::test

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_ENDPOINT_OPTIONS_HPP
#define FANFARE_ENDPOINT_OPTIONS_HPP

#include <fanfare/auth.hpp>
#include <fanfare/auth/host.hpp>
#include <fanfare/auth/origin.hpp>
#include <fanfare/config.hpp>
#include <fanfare/trusted_proxies.hpp>

#include <chrono>
#include <string>

namespace fanfare {

/// Where an `endpoint` is, and who may connect to it.
struct endpoint_options {
    /// The path of the WebSocket upgrade (RFC 6455 section 4.2.1): it begins with `/`, has no query, no fragment and no
    /// white space, and is none of the paths of `http_api` but `/api/v1/ws`.
    std::string path = "/api/v1/ws";
    /// Whether `GET /api/v1/sse` answers with an event stream; see sse.hpp. All that follows holds for it too.
    bool events = true;
    /// Finds out who a client is. Without one, every client is accepted, without a user.
    ///
    /// Called on the executor of the client's stream; it has `timeout` to answer, from any thread. Not asked for HEAD of the
    /// event stream, which connects nobody, nor for what `hosts`, `origins` or RFC 6455 refuse. No answer in time is
    /// refused with 503 (`timed_out`), an exception with 503 (`handler_failed`); the exception is told to
    /// `hub::on_exception`.
    any_authenticator authenticate{};
    /// Pages of which origins may connect (RFC 6454), and may read event streams. By default those of this server's own
    /// host.
    origin_allow_list origins{};
    /// By which names WebSockets and event streams may be asked for (`Host`; RFC 9110 section 7.2); others are refused with
    /// 403. By default any. Where nothing but the way to this server protects it, such as without an authenticator on a
    /// developer's machine, name the hosts: `host_allow_list{}` are those of the loopback interface.
    host_allow_list hosts = host_allow_list::any();
    /// The proxies that are believed when they say, by a header, for which client they ask. By default none: a client's
    /// address is its connection's. The authenticator sees the address that they tell (`handshake_request::remote_address`),
    /// and `hub_options::max_connections_per_address` counts it.
    trusted_proxies proxies{};
    /// For each of: an answer of the authenticator; writing the answer, be it a refusal. At least 0, at most 366 days.
    std::chrono::milliseconds timeout{10'000};
};

} // namespace fanfare

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SESSION_PROTOCOL_HPP
#define FANFARE_DETAIL_SESSION_PROTOCOL_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/base/connection_kind.hpp>
#include <fanfare/detail/wire/frame.hpp>
#include <fanfare/error.hpp>
#include <fanfare/fwd.hpp>

#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>

#include <string_view>

namespace fanfare::detail {

/// The language that a connection speaks with its client: what it reads, and how it writes what the hub has to say. The
/// session does not know it. Without state: what belongs to a connection, the session keeps. Only on the session's
/// shard, but for `encode` and `encode_failure`. A table of functions and not virtual ones: compilers keep whatever a
/// virtual call could reach, and a program that only publishes would compile every language.
struct protocol {
    /// The first that a client is told, once its own rooms are joined. It may close the session.
    void (*greet)(session& s);
    /// One message of the client's, within its rate. The bytes are valid during the call.
    void (*on_message)(session& s, std::string_view data, bool binary);
    /// Answers what the client must not send; a flood of that ends the connection.
    void (*refuse)(session& s, error code, std::string_view message, const json::value* request_id);

    /// A message for one connection; null where this language has none such.
    shared_frame (*encode)(std::string_view type, const json::value* payload, const json::value* request_id);
    shared_frame (*encode_failure)(const error_code& code, std::string_view message,
                                   const json::value* request_id);
    /// What metrics call it.
    language_kind language = language_kind::fanfare;
};

} // namespace fanfare::detail

#endif

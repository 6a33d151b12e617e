// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_DETAIL_SESSION_PROTOCOL_HPP
#define FANFARE_DETAIL_SESSION_PROTOCOL_HPP

#include <fanfare/config.hpp>
#include <fanfare/detail/wire/frame.hpp>
#include <fanfare/error.hpp>
#include <fanfare/fwd.hpp>

#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>

#include <string_view>

namespace fanfare::detail {

/// The language that a connection speaks with its client: what it reads, and how it writes what the hub has to say. The
/// session does not know it. Without state of its own: what belongs to a connection, the session keeps. Only on the
/// session's shard, but for `encode`.
class protocol {
public:
    /// The first that a client is told, once its own rooms are joined. It may close the session.
    virtual void greet(session& s) const = 0;
    /// One message of the client's, within its rate. The bytes are valid during the call.
    virtual void on_message(session& s, std::string_view data, bool binary) const = 0;
    /// Answers what the client must not send; a flood of that ends the connection.
    virtual void refuse(session& s, error code, std::string_view message, const json::value* request_id) const = 0;

    /// A message for one connection; null where this language has none such.
    virtual shared_frame encode(std::string_view type, const json::value* payload,
                                const json::value* request_id) const = 0;
    virtual shared_frame encode_failure(const error_code& code, std::string_view message,
                                        const json::value* request_id) const = 0;

protected:
    ~protocol() = default; // trivial: the languages are never destroyed
};

} // namespace fanfare::detail

#endif

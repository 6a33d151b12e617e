// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_MESSAGE_HPP
#define FANFARE_MESSAGE_HPP

#include <fanfare/config.hpp>
#include <fanfare/position.hpp>

#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace fanfare {

/// Options of one publish.
struct publish_options {
    /// In rooms with `latest_per_key`: a waiting message with the same key is replaced by this one.
    /// Messages without a key are never conflated.
    std::string_view key{};
    /// The id of one connection that does not get the message (its author, say).
    std::string_view except{};
    /// In rooms with history, 1 to 256 bytes: a second message with the same key is not sent, and answered with the
    /// first one's receipt. Known for `room_options::idempotency_window`.
    std::string_view idempotency_key{};
    /// A `traceparent` (W3C Trace Context) of up to 256 bytes, with which the receivers continue the publisher's trace:
    /// it arrives as the envelope's field `trace`. Anything else is refused with `invalid_message`. Empty: no trace.
    std::string_view trace{};
};

/// What a publish answers.
struct receipt {
    /// Why the message was refused, and nobody gets it; from `async_publish` also what failed on the way.
    error_code error{};
    /// Members of the room on this hub when the message was taken.
    std::size_t local_receivers = 0;
    /// The bus took the message for other processes. From `async_publish`: at least one was sent it.
    bool dispatched_to_cluster = false;
    /// How many other processes were sent it, where the bus knows; only from `async_publish`.
    std::optional<std::size_t> nodes{};
    /// In rooms with history, when the store has answered: the message's place.
    fanfare::position position{};
    /// The idempotency key was known: `position` is the first message's, and nothing was sent.
    bool duplicate = false;
    /// Of a notification, where the hub has an inbox: its id there.
    std::string id{};
    /// Of a notification: it is in the user's inbox. With `error` as well: connected devices may not have been told.
    bool stored = false;

    /// Whether the message was taken.
    explicit operator bool() const noexcept { return !error; }
};

/// A notice to a user, on all of the user's connections.
struct notification {
    std::string title;
    std::string message;
    /// Anything more, for the application's clients.
    json::value data = nullptr;
    /// With an inbox, up to 128 bytes: a second notification of this key for the user is not stored, and not sent; it
    /// is answered with the first one's id. Known for as long as the first is kept.
    std::string idempotency_key{};
    /// Instead of `data`, unless it is empty: JSON text (RFC 8259), which is kept and sent as it is written here.
    std::string data_text{};
    /// As `publish_options::trace`. It goes to the devices that are connected, and is not kept in the inbox.
    std::string trace{};
};

} // namespace fanfare

#endif

// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
#ifndef FANFARE_ERROR_IPP
#define FANFARE_ERROR_IPP

#include <fanfare/error.hpp>

namespace fanfare {
namespace detail {

class error_category_impl final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "fanfare"; }
    std::string message(int value) const override
    {
        switch (static_cast<error>(value)) {
        case error::invalid_json: return "the message is not valid JSON";
        case error::invalid_message: return "the message is not a valid envelope";
        case error::unknown_type: return "no handler for this message type";
        case error::invalid_room: return "not a valid room name";
        case error::unknown_room: return "no namespace allows this room";
        case error::forbidden: return "not allowed";
        case error::too_many_rooms: return "too many rooms on this connection";
        case error::not_subscribed: return "not subscribed to this room";
        case error::rate_limited: return "too many messages";
        case error::too_many_requests: return "too many unanswered requests";
        case error::message_too_large: return "the message is too large";
        case error::queue_full: return "too many undelivered publishes; nothing was sent";
        case error::shutting_down: return "the hub is shutting down";
        case error::timed_out: return "no answer in time";
        case error::unauthorized: return "a valid credential is required";
        case error::origin_not_allowed: return "this origin is not allowed";
        case error::ticket_invalid: return "the ticket is unknown, expired or already used";
        case error::too_many_tickets: return "too many unredeemed tickets";
        case error::too_many_connections: return "too many connections";
        case error::invalid_user: return "not a valid user id";
        case error::handler_failed: return "the handler failed";
        case error::invalid_config: return "an option has an invalid value";
        case error::bus_unavailable: return "there is no link to the other processes; nothing was sent";
        case error::delivery_unknown:
            return "the link broke before the message was confirmed; some may have got it";
        case error::redis_failed: return "Redis answered with an error";
        case error::no_history: return "the room keeps no history";
        case error::invalid_position: return "no such position in the history";
        case error::store_failed: return "the store failed";
        case error::store_full: return "the store has as much waiting as it may";
        case error::not_found: return "no such thing";
        case error::no_inbox: return "there is no inbox";
        }
        return "unknown error";
    }
};

} // namespace detail

FANFARE_DECL const boost::system::error_category& error_category() noexcept
{
    static const detail::error_category_impl category;
    return category;
}

FANFARE_DECL error_code make_error_code(error e) noexcept
{
    return {static_cast<int>(e), error_category()};
}

} // namespace fanfare

#endif
